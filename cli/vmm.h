/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a VMM must be told so that its guest gets a device: options for QEMU's command line and
 * elements for libvirt's domain XML, ready to be pasted.
 *
 * The names are those of QEMU's documentation (docs/system/s390x/vfio-ap.rst) and of its table of
 * CPU features, which libvirt uses too: ap, apqci (query of the configuration), apft (facility
 * test) and apqi (facility 65: queue interruption control).
 */
#ifndef APQD_CLI_VMM_H
#define APQD_CLI_VMM_H

#include <json-c/json.h>

#include "cli/device.h"
#include "common/macro.h"

enum vmm {
	VMM_QEMU,
	VMM_LIBVIRT,		/* the device: an element <hostdev> */
	VMM_LIBVIRT_CPU,	/* the CPU model: an element <cpu> */
};

/* What is said of apqi. */
enum vmm_apqi {
	VMM_APQI_ON,
	VMM_APQI_OFF,
	VMM_APQI_LEFT_OUT,	/* the host has none, and a VMM that is told "on" would not start */
};

/*
 * What the interrupts policy of a device asks for: on for any and required, off for polled; but
 * for any nothing is said where the host has no facility 65 to offer (facility65: 1, 0, -1: not
 * known).
 */
enum vmm_apqi vmm_choose_apqi(const char *policy, int facility65);

/* Why, as one sentence; static. */
const char *vmm_reason(const char *policy, enum vmm_apqi apqi);

/* Prints the text for a VMM on standard output, and nothing else: uuid is the device's. */
void vmm_print(enum vmm vmm, const char *uuid, enum vmm_apqi apqi);

/*
 * Returns the CPU features that the guest needs, as the end of a sentence: "ap, apqci, apft and
 * apqi".  The caller frees it; NULL without memory.
 */
char *vmm_features(enum vmm_apqi apqi);

/*
 * The same for programs: { "qemu": { "arguments": [...], "reason": ... } } or
 * { "libvirt": { "cpu": "<cpu ...", "hostdev": "<hostdev ...", "reason": ... } }.  The caller
 * puts it; NULL without memory.
 */
struct json_object *vmm_json(enum vmm vmm, const char *uuid, enum vmm_apqi apqi,
			     const char *reason);

#endif
