/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One device with everything about it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/device.h"
#include "cli/host.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/queue.h"
#include "cli/reserved.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/vmm.h"
#include "common/json.h"
#include "common/list.h"
#include "common/uuid.h"

static void print_state(const struct device *device)
{
	listing_name("State");
	output_text(device_state(device), device->in_use ? STYLE_GOOD : STYLE_PLAIN);
	for (size_t i = 0; i < list_length(device->users); i++) {
		struct json_object *user = json_object_array_get_idx(device->users, i), *pid = NULL;
		const char *machine = json_get_string(user, "machine");

		json_object_object_get_ex(user, "pid", &pid);
		fputs(i ? ", " : " by ", stdout);
		/* The kernel cuts a process's name at 15 characters; that of a machine is what people know. */
		if (machine) {
			fputs("VM ", stdout);
			output_text(machine, STYLE_PLAIN);
			printf(" (process %lld)", (long long)json_object_get_int64(pid));
		} else {
			printf("process %lld (", (long long)json_object_get_int64(pid));
			output_text(json_get_string(user, "command"), STYLE_PLAIN);
			putchar(')');
		}
	}
	putchar('\n');
}

/* The policy, and what the guest, which decides, has made of it. */
static void print_interrupts(const struct device *device)
{
	struct queue_set on = { 0 };
	unsigned int count;

	listing_name("Interrupts");
	output_text(device->interrupts, STYLE_PLAIN);
	if (device->in_use && reserved_add_queues(device->interrupt_queues, &on) == 0) {
		count = queue_set_count(&on);
		printf("; the guest has them on for %u of %u queue%s", count,
		       matrix_queue_count(&device->effective),
		       matrix_queue_count(&device->effective) == 1 ? "" : "s");
	}
	putchar('\n');
}

static void print_device(const struct device *device)
{
	listing_line("Device", device->uuid, STYLE_PLAIN);
	listing_line("Name", device->name, STYLE_PLAIN);
	print_state(device);
	listing_line("Start",
		     device->is_defined		     ? device->start :
		     device_is_badly_defined(device) ? "unknown" :
						       "no definition",
		     STYLE_PLAIN);
	print_interrupts(device);
	if (device->is_defined)
		listing_matrix("Definition", &device->definition);
	else if (device_is_badly_defined(device))
		listing_line("Definition", "there, but it cannot be used", STYLE_WARN);
	else
		listing_line("Definition", "none: it is in the kernel only, until it is stopped",
			     STYLE_PLAIN);
	if (device_is_unreadable(device))
		listing_line("Kernel", "started; what it has cannot be read", STYLE_WARN);
	else if (device->is_active)
		listing_matrix("Kernel", &device->active);
	else
		listing_line("Kernel", "not started", STYLE_PLAIN);
	if (device->has_effective && !device_is_unreadable(device)) {
		CLEANUP_FREE char *text = matrix_describe(&device->effective);

		listing_name(device->is_active ? "Guest gets" : "Would get");
		output_text(text, STYLE_PLAIN);
		printf(" (%u of %u queues)\n", matrix_queue_count(&device->effective),
		       matrix_queue_count(device_matrix(device)));
	}
	listing_problem_count(device_problem_count(device));
	listing_problems(device->problems);
}

/*
 * The queues where the matrix lies.  Asking for those of the device would leave out what it
 * does not have yet, or what is another's.
 */
static int list_queues(struct run *run, const struct matrix *matrix, struct reply *ret_reply)
{
	struct json_object *parameters = json_object_new_object();

	json_add(parameters, "adapters", json_from_mask(&matrix->adapters));
	json_add(parameters, "domains", json_from_mask(&matrix->domains));
	return call_collect(run, "ListQueues", parameters, "queues", ret_reply);
}

/* Whether KVM offers facility 65 to guests: 1, 0, or -1 where that is not known. */
static int ask_facility65(struct run *run, int *ret_facility65)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	struct host host;
	int r = call(run, "GetHost", NULL, CLIENT_READ_TIMEOUT, &reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	r = host_read(reply.parameters, &host);
	if (r < 0)
		return call_failed(run, r);
	*ret_facility65 = host.interrupts.facility65;
	return EXIT_STATUS_DONE;
}

/* Prints on standard error what a person needs to know to use the printed text. */
static void advise(enum vmm vmm, const struct device *device, enum vmm_apqi apqi, const char *reason)
{
	CLEANUP_FREE char *safe = output_safe(device_label(device), false);
	CLEANUP_FREE char *features = vmm_features(apqi);
	const char *label = safe ? safe : "?";

	if (vmm == VMM_LIBVIRT) {
		fprintf(stderr,
			"# Attach it: 'apqctl show %s --libvirt >%s.xml', then\n"
			"# 'virsh attach-device GUEST %s.xml --config --live' (without --live if GUEST is shut off).\n"
			"# The guest's CPU model needs the features %s: 'apqctl show %s --libvirt-cpu'\n"
			"# prints the element <cpu>. A guest can have one such device.\n",
			label, label, label, features ? features : "?", label);
	} else if (vmm == VMM_LIBVIRT_CPU) {
		fputs("# Merge the features into the element <cpu> of the guest: 'virsh edit GUEST'.\n", stderr);
	}
	fprintf(stderr, "# %s\n", reason);
	if (!device->is_active)
		fprintf(stderr, "# %s is not started: 'apqctl start %s' before the guest.\n", label,
			label);
}

static enum vmm chosen_vmm(const struct options *options)
{
	return option_given(options, OPTION_QEMU)    ? VMM_QEMU :
	       option_given(options, OPTION_LIBVIRT) ? VMM_LIBVIRT :
						       VMM_LIBVIRT_CPU;
}

/* What goes to a VMM; standard output has nothing else, so that it can be pasted or piped. */
static int show_for_vmm(struct run *run, const struct device *device)
{
	enum vmm vmm = chosen_vmm(run->options);
	CLEANUP_JSON struct json_object *object = NULL;
	enum vmm_apqi apqi;
	const char *reason;
	struct uuid uuid;
	int facility65, r;

	if (uuid_parse(device->uuid, &uuid) < 0)
		return call_failed(run, -EBADMSG);
	r = ask_facility65(run, &facility65);
	if (r != EXIT_STATUS_DONE)
		return r;
	apqi = vmm_choose_apqi(device->interrupts, facility65);
	reason = vmm_reason(device->interrupts, apqi);
	if (option_given(run->options, OPTION_JSON)) {
		object = vmm_json(vmm, device->uuid, apqi, reason);
		if (!object)
			return call_broken(-ENOMEM);
		output_json(object, true);
		return EXIT_STATUS_DONE;
	}
	vmm_print(vmm, device->uuid, apqi);
	advise(vmm, device, apqi, reason);
	return EXIT_STATUS_DONE;
}

/* Prints the device and its queues as JSON. Returns an exit status. */
static int print_json(const struct device *device, struct json_object *queues,
		      const struct device *devices, size_t count)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();
	struct json_object *list = NULL;

	json_object_object_get_ex(queues, "queues", &list);
	if (json_add(object, "device", json_object_get(device->object)) < 0 ||
	    queue_name_devices(list, devices, count) < 0 ||
	    json_add(object, "queues", json_object_get(list)) < 0 ||
	    json_add(object, "missingQueues", queue_find_missing(list, device)) < 0)
		return call_broken(-ENOMEM);
	output_json(object, true);
	return EXIT_STATUS_DONE;
}

/* The device, its queues, and for these the names of all devices. */
static int show_device(struct run *run, const struct device *device)
{
	REPLY_TO_THE_END struct reply queues = { 0 };
	REPLY_TO_THE_END struct reply devices_reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	size_t count;
	int r;

	r = list_queues(run, device_matrix(device), &queues);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = call_collect(run, "ListDevices", NULL, "devices", &devices_reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = device_read_list(devices_reply.parameters, &devices, &count);
	if (r < 0)
		return call_failed(run, r);
	if (option_given(run->options, OPTION_JSON))
		return print_json(device, queues.parameters, devices, count);
	if (run->options->host)
		listing_line("Host", run->options->host, STYLE_BOLD);
	print_device(device);
	r = queue_print_of_device(queues.parameters, device, devices, count);
	return r < 0 ? call_failed(run, r) : EXIT_STATUS_DONE;
}

int verb_show(struct run *run)
{
	const uint64_t for_vmm = OPTION_BIT(OPTION_QEMU) | OPTION_BIT(OPTION_LIBVIRT) |
				 OPTION_BIT(OPTION_LIBVIRT_CPU);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct json_object *object = NULL;
	struct device device;
	int r;

	r = call(run, "GetDevice", call_device_parameters(run->options->arguments[0]),
		 CLIENT_READ_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	json_object_object_get_ex(reply.parameters, "device", &object);
	r = device_read(object, &device);
	if (r < 0)
		return call_failed(run, r);
	return run->options->given & for_vmm ? show_for_vmm(run, &device) : show_device(run, &device);
}
