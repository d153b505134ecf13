/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is: the host as a whole, all devices, and one device with everything about it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/call.h"
#include "cli/device.h"
#include "cli/output.h"
#include "cli/queue.h"
#include "cli/verbs.h"
#include "common/json.h"
#include "common/list.h"
#include "common/uuid.h"

/* How far the values of a "name: value" listing are indented. */
#define VALUE_COLUMN 16

static void print_name(const char *name)
{
	printf("%s%s:%s%*s", output_style(STYLE_BOLD), name, output_end(STYLE_BOLD),
	       (int)(VALUE_COLUMN - 1 - strlen(name)), "");
}

static void print_line(const char *name, const char *value, enum style style)
{
	print_name(name);
	output_text(value, style);
	putchar('\n');
}

static void print_matrix(const char *name, const struct matrix *matrix)
{
	CLEANUP_FREE char *text = matrix_describe(matrix);

	print_line(name, text, STYLE_PLAIN);
}

static void print_problem_list(struct json_object *problems)
{
	for (size_t i = 0; i < list_length(problems); i++) {
		printf("  %s- ", output_style(STYLE_BAD));
		output_text(problem_message(json_object_array_get_idx(problems, i)), STYLE_PLAIN);
		printf("%s\n", output_end(STYLE_BAD));
	}
}

static void print_problem_count(size_t count)
{
	print_name("Problems");
	if (count == 0)
		puts("none");
	else
		printf("%zu\n", count);
}

/* The type Host, as far as people need it. */
struct host {
	const char *kernel, *reason, *ownership;
	bool ready, bindings_complete;
	int64_t max_adapter, max_domain;
	struct json_object *bus_features, *passthrough_features, *interrupts, *problems;
	struct matrix configured;
	struct mask host_adapters, host_domains;
};

static const struct json_field host_fields[] = {
	JSON_FIELD(struct host, kernel, "kernel", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct host, ready, "ready", JSON_KIND_BOOL, JSON_REQUIRED),
	JSON_FIELD(struct host, reason, "reason", JSON_KIND_STRING, 0),
	JSON_FIELD(struct host, bus_features, "busFeatures", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct host, passthrough_features, "passthroughFeatures", JSON_KIND_OBJECT, 0),
	JSON_FIELD(struct host, max_adapter, "maxAdapter", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct host, max_domain, "maxDomain", JSON_KIND_INT, JSON_REQUIRED),
	JSON_FIELD(struct host, configured, "configured", JSON_KIND_MATRIX, JSON_REQUIRED),
	JSON_FIELD(struct host, host_adapters, "hostAdapters", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct host, host_domains, "hostDomains", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct host, ownership, "ownership", JSON_KIND_STRING, JSON_REQUIRED),
	JSON_FIELD(struct host, bindings_complete, "bindingsComplete", JSON_KIND_BOOL,
		   JSON_REQUIRED),
	JSON_FIELD(struct host, interrupts, "interrupts", JSON_KIND_OBJECT, JSON_REQUIRED),
	JSON_FIELD(struct host, problems, "problems", JSON_KIND_OBJECT, 0),
};

static void print_words(const char *name, struct json_object *words)
{
	print_name(name);
	if (list_length(words) == 0)
		putchar('-');
	for (size_t i = 0; i < list_length(words); i++) {
		if (i > 0)
			putchar(' ');
		output_text(json_object_get_string(json_object_array_get_idx(words, i)),
			    STYLE_PLAIN);
	}
	putchar('\n');
}

static void print_kept(const struct host *host)
{
	const struct matrix kept = { .adapters = host->host_adapters,
				     .domains = host->host_domains };

	if (host->max_adapter < 0)
		print_line("Host keeps", "nothing: it has no queues", STYLE_PLAIN);
	else if (mask_is_empty(&kept.adapters) || mask_is_empty(&kept.domains))
		print_line("Host keeps", "no queues: all of them are for guests", STYLE_PLAIN);
	else
		print_matrix("Host keeps", &kept);
}

static void print_ownership(const char *ownership)
{
	print_line("Ownership",
		   strcmp(ownership, "masks") == 0 ? "by the masks apmask and aqmask" :
		   strcmp(ownership, "overrides") == 0 ?
						     "by driver overrides, queue by queue" :
						     "as the kernel starts: nothing decides it yet",
		   STYLE_PLAIN);
}

static void print_forwarding(struct json_object *interrupts)
{
	struct json_object *forwarding = NULL;
	const char *reason = json_get_string(interrupts, "reason");

	json_object_object_get_ex(interrupts, "forwarding", &forwarding);
	if (json_object_get_boolean(forwarding)) {
		print_line("Interrupts", "can be forwarded to guests", STYLE_GOOD);
		return;
	}
	print_name("Interrupts");
	output_text("cannot be forwarded to guests: ", STYLE_WARN);
	output_text(reason ? reason : "the reason is not known", STYLE_PLAIN);
	putchar('\n');
}

static void print_host(const struct host *host)
{
	print_line("Kernel", host->kernel, STYLE_PLAIN);
	if (host->ready) {
		print_line("Passthrough", "ready", STYLE_GOOD);
	} else {
		print_name("Passthrough");
		output_text("not ready: ", STYLE_BAD);
		output_text(host->reason ? host->reason : "the reason is not known", STYLE_PLAIN);
		putchar('\n');
	}
	print_words("AP bus", host->bus_features);
	print_words("vfio_ap", host->passthrough_features);
	print_name("Highest ids");
	if (host->max_adapter < 0 || host->max_domain < 0)
		puts("not known");
	else
		printf("adapter %02x, domain %04x\n", (unsigned int)host->max_adapter,
		       (unsigned int)host->max_domain);
	print_matrix("Machine has", &host->configured);
	print_kept(host);
	print_ownership(host->ownership);
	print_line("Bindings", host->bindings_complete ? "complete" : "not complete yet",
		   host->bindings_complete ? STYLE_PLAIN : STYLE_WARN);
	print_forwarding(host->interrupts);
}

static void print_device_count(const struct device *devices, size_t count)
{
	size_t in_use = 0, started = 0;

	for (size_t i = 0; i < count; i++) {
		in_use += devices[i].in_use;
		started += devices[i].is_active && !devices[i].in_use;
	}
	print_name("Devices");
	printf("%zu: %zu in use, %zu started, %zu stopped\n", count, in_use, started,
	       count - in_use - started);
}

/* The problems of the host and those of its devices, each once. */
static void print_all_problems(struct json_object *of_host, const struct device *devices,
			       size_t count)
{
	size_t sum = list_length(of_host);

	for (size_t i = 0; i < count; i++)
		sum += device_problem_count(&devices[i]);
	print_problem_count(sum);
	print_problem_list(of_host);
	for (size_t i = 0; i < count; i++)
		print_problem_list(devices[i].problems);
}

int verb_status(struct run *run)
{
	CLEANUP_REPLY struct reply host_reply = { 0 };
	CLEANUP_REPLY struct reply devices_reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	struct json_object *object = NULL;
	struct host host = { 0 };
	const char *bad;
	size_t count;
	int r;

	r = call(run, "GetHost", NULL, CLIENT_READ_TIMEOUT, &host_reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON)) {
		output_json(host_reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	r = call(run, "ListDevices", NULL, CLIENT_READ_TIMEOUT, &devices_reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	json_object_object_get_ex(host_reply.parameters, "host", &object);
	if (json_read(object, host_fields, ARRAY_SIZE(host_fields), false, &host, &bad) < 0)
		return call_failed(run, -EBADMSG);
	r = device_read_list(devices_reply.parameters, &devices, &count);
	if (r < 0)
		return call_failed(run, r);
	print_host(&host);
	print_device_count(devices, count);
	print_all_problems(host.problems, devices, count);
	return EXIT_STATUS_DONE;
}

/* How many queues the guest gets, or would get, of those that are assigned. */
static void cell_guest(struct table *table, const struct device *device)
{
	unsigned int assigned = matrix_queue_count(device_matrix(device));
	unsigned int effective = matrix_queue_count(&device->effective);

	if (device_is_unreadable(device))
		table_cell(table, "?", STYLE_PLAIN);
	else if (!device->has_effective)
		table_format(table, STYLE_PLAIN, "-/%u", assigned);
	else
		table_format(table, effective < assigned ? STYLE_WARN : STYLE_PLAIN, "%u/%u",
			     effective, assigned);
}

static bool is_first_of_code(struct json_object *problems, size_t index)
{
	const char *code = problem_code(json_object_array_get_idx(problems, index));

	for (size_t i = 0; i < index; i++)
		if (strcmp(problem_code(json_object_array_get_idx(problems, i)), code) == 0)
			return false;
	return true;
}

/* The codes of its problems, each once. */
static void cell_problems(struct table *table, const struct device *device)
{
	CLEANUP_FREE char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		table->failed = true;
		return;
	}
	for (size_t i = 0; i < device_problem_count(device); i++)
		if (is_first_of_code(device->problems, i))
			fprintf(out, "%s%s", i ? "," : "",
				problem_code(json_object_array_get_idx(device->problems, i)));
	if (fclose(out) != 0)
		table->failed = true;
	table_cell(table, text, STYLE_BAD);
}

static void row_device(struct table *table, const struct device *device, int uuid_length)
{
	const struct matrix *matrix = device_matrix(device);
	CLEANUP_FREE char *adapters = list_format(&matrix->adapters, LIST_ADAPTERS);
	CLEANUP_FREE char *domains = list_format(&matrix->domains, LIST_DOMAINS);

	table_row(table);
	table_format(table, STYLE_PLAIN, "%.*s", uuid_length, device->uuid);
	table_cell(table, device->name, STYLE_BOLD);
	table_cell(table, device_state(device),
		   device->in_use ? STYLE_GOOD : device->is_active ? STYLE_PLAIN : STYLE_DIM);
	table_cell(table, device->is_defined ? device->start : NULL, STYLE_PLAIN);
	table_cell(table, device_is_unreadable(device) ? "?" : adapters, STYLE_PLAIN);
	table_cell(table, device_is_unreadable(device) ? "?" : domains, STYLE_PLAIN);
	cell_guest(table, device);
	cell_problems(table, device);
}

int verb_list(struct run *run)
{
	static const struct column columns[] = {
		{ "DEVICE", 0 },	     { "NAME", 0 },
		{ "STATE", 0 },		     { "START", 0 },
		{ "ADAPTERS", COLUMN_LIST }, { "DOMAINS", COLUMN_LIST },
		{ "GUEST", COLUMN_RIGHT },   { "PROBLEMS", COLUMN_LIST },
	};
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_FREE struct device *devices = NULL;
	CLEANUP_TABLE struct table table = { 0 };
	int uuid_length;
	size_t count;
	int r;

	r = call(run, "ListDevices", NULL, CLIENT_READ_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON)) {
		output_json(reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	r = device_read_list(reply.parameters, &devices, &count);
	if (r < 0)
		return call_failed(run, r);
	if (count == 0) {
		if (!option_given(run->options, OPTION_NO_HEADINGS))
			puts("There are no devices.");
		return EXIT_STATUS_DONE;
	}
	uuid_length = option_given(run->options, OPTION_FULL) ? UUID_TEXT_SIZE :
								device_short_length(devices, count);
	table_init(&table, columns, ARRAY_SIZE(columns),
		   !option_given(run->options, OPTION_NO_HEADINGS));
	for (size_t i = 0; i < count; i++)
		row_device(&table, &devices[i], uuid_length);
	r = table_print(&table);
	return r < 0 ? call_broken(r) : EXIT_STATUS_DONE;
}

static void print_state(const struct device *device)
{
	print_name("State");
	output_text(device_state(device), device->in_use ? STYLE_GOOD : STYLE_PLAIN);
	for (size_t i = 0; i < list_length(device->users); i++) {
		struct json_object *user = json_object_array_get_idx(device->users, i), *pid = NULL;
		const char *machine = json_get_string(user, "machine");

		json_object_object_get_ex(user, "pid", &pid);
		printf("%s process %lld (", i ? "," : " by", (long long)json_object_get_int64(pid));
		output_text(json_get_string(user, "command"), STYLE_PLAIN);
		putchar(')');
		if (machine) {
			fputs(", machine ", stdout);
			output_text(machine, STYLE_PLAIN);
		}
	}
	putchar('\n');
}

static void print_device(const struct device *device)
{
	print_line("Device", device->uuid, STYLE_PLAIN);
	print_line("Name", device->name, STYLE_PLAIN);
	print_state(device);
	print_line("Start",
		   device->is_defined		    ? device->start :
		   device_is_badly_defined(device) ? "unknown" :
						      "no definition",
		   STYLE_PLAIN);
	print_line("Interrupts", device->interrupts, STYLE_PLAIN);
	if (device->is_defined)
		print_matrix("Definition", &device->definition);
	else if (device_is_badly_defined(device))
		print_line("Definition", "there, but it cannot be used", STYLE_WARN);
	else
		print_line("Definition", "none: it is in the kernel only, until it is stopped",
			   STYLE_PLAIN);
	if (device_is_unreadable(device))
		print_line("Kernel", "started; what it has cannot be read", STYLE_WARN);
	else if (device->is_active)
		print_matrix("Kernel", &device->active);
	else
		print_line("Kernel", "not started", STYLE_PLAIN);
	if (device->has_effective && !device_is_unreadable(device)) {
		CLEANUP_FREE char *text = matrix_describe(&device->effective);

		print_name(device->is_active ? "Guest gets" : "Would get");
		output_text(text, STYLE_PLAIN);
		printf(" (%u of %u queues)\n", matrix_queue_count(&device->effective),
		       matrix_queue_count(device_matrix(device)));
	}
	print_problem_count(device_problem_count(device));
	print_problem_list(device->problems);
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

int verb_show(struct run *run)
{
	CLEANUP_REPLY struct reply reply = { 0 };
	CLEANUP_REPLY struct reply queues = { 0 };
	struct json_object *object = NULL;
	struct device device;
	int r;

	r = call(run, "GetDevice", call_device_parameters(run->options->arguments[0]),
		 CLIENT_READ_TIMEOUT, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	if (option_given(run->options, OPTION_JSON)) {
		output_json(reply.parameters, true);
		return EXIT_STATUS_DONE;
	}
	json_object_object_get_ex(reply.parameters, "device", &object);
	r = device_read(object, &device);
	if (r < 0)
		return call_failed(run, r);
	r = list_queues(run, device_matrix(&device), &queues);
	if (r != EXIT_STATUS_DONE)
		return r;
	print_device(&device);
	r = queue_print_of_device(queues.parameters, &device);
	return r < 0 ? call_failed(run, r) : EXIT_STATUS_DONE;
}
