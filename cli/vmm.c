/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/vmm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "common/cleanup.h"
#include "common/json.h"

/* What a guest with AP queues needs whatever its interrupts are; apqi comes behind. */
static const char *const features[] = { "ap", "apqci", "apft" };

enum vmm_apqi vmm_choose_apqi(const char *policy, int facility65)
{
	if (strcmp(policy, "polled") == 0)
		return VMM_APQI_OFF;
	if (strcmp(policy, "required") != 0 && facility65 == 0)
		return VMM_APQI_LEFT_OUT;
	return VMM_APQI_ON;
}

const char *vmm_reason(const char *policy, enum vmm_apqi apqi)
{
	switch (apqi) {
	case VMM_APQI_OFF:
		return "apqi is off because the interrupts policy is polled: the guest has to poll "
		       "its queues.";
	case VMM_APQI_LEFT_OUT:
		return "apqi is left out because KVM on this host does not offer it, and the "
		       "interrupts policy any does not need it.";
	case VMM_APQI_ON:
		break;
	}
	return strcmp(policy, "required") == 0 ?
		       "apqi is on because the interrupts policy is required: the guest needs "
		       "interrupts of its queues." :
		       "apqi is on because the interrupts policy is any: the guest may use "
		       "interrupts of its queues.";
}

static char *qemu_cpu(enum vmm_apqi apqi)
{
	char *text = NULL;

	if (asprintf(&text, "host,ap=on,apqci=on,apft=on%s",
		     apqi == VMM_APQI_ON  ? ",apqi=on" :
		     apqi == VMM_APQI_OFF ? ",apqi=off" :
					    "") < 0)
		return NULL;
	return text;
}

static char *qemu_device(const char *uuid)
{
	char *text = NULL;

	if (asprintf(&text, "vfio-ap,sysfsdev=/sys/bus/mdev/devices/%s", uuid) < 0)
		return NULL;
	return text;
}

static char *libvirt_cpu(enum vmm_apqi apqi)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("<cpu mode='host-model'>\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		fprintf(out, "  <feature policy='require' name='%s'/>\n", features[i]);
	if (apqi != VMM_APQI_LEFT_OUT)
		fprintf(out, "  <feature policy='%s' name='apqi'/>\n",
			apqi == VMM_APQI_ON ? "require" : "disable");
	fputs("</cpu>", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static char *libvirt_hostdev(const char *uuid)
{
	char *text = NULL;

	if (asprintf(&text,
		     "<hostdev mode='subsystem' type='mdev' model='vfio-ap'>\n"
		     "  <source>\n"
		     "    <address uuid='%s'/>\n"
		     "  </source>\n"
		     "</hostdev>",
		     uuid) < 0)
		return NULL;
	return text;
}

/* In one line, without a comment, so that a shell can also take it by $(...). */
static void print_qemu(const char *uuid, enum vmm_apqi apqi)
{
	CLEANUP_FREE char *cpu = qemu_cpu(apqi);
	CLEANUP_FREE char *device = qemu_device(uuid);

	printf("-cpu %s -device %s\n", cpu ? cpu : "?", device ? device : "?");
}

void vmm_print(enum vmm vmm, const char *uuid, enum vmm_apqi apqi)
{
	CLEANUP_FREE char *text = NULL;

	if (vmm == VMM_QEMU) {
		print_qemu(uuid, apqi);
		return;
	}
	/* One element alone, as a program takes it. */
	text = vmm == VMM_LIBVIRT_CPU ? libvirt_cpu(apqi) : libvirt_hostdev(uuid);
	puts(text ? text : "?");
}

char *vmm_features(enum vmm_apqi apqi)
{
	char *text = NULL;

	if (asprintf(&text, "ap, apqci%s apft%s",
		     apqi == VMM_APQI_LEFT_OUT ? " and" : apqi == VMM_APQI_ON ? "," : " and",
		     apqi == VMM_APQI_ON  ? " and apqi" :
		     apqi == VMM_APQI_OFF ? ", and has to lack apqi" :
					    "") < 0)
		return NULL;
	return text;
}

static int add_qemu(struct json_object *object, const char *uuid, enum vmm_apqi apqi)
{
	CLEANUP_JSON struct json_object *arguments = json_object_new_array();
	CLEANUP_FREE char *cpu = qemu_cpu(apqi);
	CLEANUP_FREE char *device = qemu_device(uuid);
	const char *const words[] = { "-cpu", cpu, "-device", device };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct json_object *word = words[i] ? json_object_new_string(words[i]) : NULL;

		if (!arguments || !word || json_object_array_add(arguments, word) < 0) {
			json_object_put(word);
			return -1;
		}
	}
	return json_add(object, "arguments", TAKE_PTR(arguments));
}

static int add_libvirt(struct json_object *object, const char *uuid, enum vmm_apqi apqi)
{
	CLEANUP_FREE char *cpu = libvirt_cpu(apqi);
	CLEANUP_FREE char *hostdev = libvirt_hostdev(uuid);

	if (!cpu || !hostdev || json_add_string(object, "cpu", cpu) < 0)
		return -1;
	return json_add_string(object, "hostdev", hostdev);
}

struct json_object *vmm_json(enum vmm vmm, const char *uuid, enum vmm_apqi apqi, const char *reason)
{
	CLEANUP_JSON struct json_object *inner = json_object_new_object();
	CLEANUP_JSON struct json_object *outer = json_object_new_object();
	int r = vmm == VMM_QEMU ? add_qemu(inner, uuid, apqi) : add_libvirt(inner, uuid, apqi);

	if (r < 0 || json_add_string(inner, "reason", reason) < 0 ||
	    json_add(outer, vmm == VMM_QEMU ? "qemu" : "libvirt", TAKE_PTR(inner)) < 0)
		return NULL;
	return TAKE_PTR(outer);
}
