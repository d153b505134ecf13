/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The observed state: the host, its cards and queues, and the devices, as last read from the
 * kernel.
 *
 * daemon/kernel fills it thing by thing.  Each function notes additions, removals and changes, so
 * that no caller has to compare.  Nothing here knows the origin of the facts.
 */
#ifndef APQD_DAEMON_MODEL_OBSERVED_H
#define APQD_DAEMON_MODEL_OBSERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/apqn.h"
#include "common/json.h"
#include "common/macro.h"
#include "common/mask.h"
#include "common/matrix.h"
#include "common/uuid-list.h"
#include "common/uuid.h"

/* Most devices that are kept (the kernel itself allows 65536, real hosts have up to some hundred). */
#define OBSERVED_DEVICES_MAX 4096

/* Most processes that are told of one device; a device has one VMM. */
#define OBSERVED_USERS_MAX 16

/*
 * Size of an identity.  An identity differs from that of a later device with the same UUID, and
 * most other programs change it when they write to the device.
 */
#define OBSERVED_IDENTITY_SIZE 96

struct observed_host {
	char kernel[65];		/* uname release */
	bool ap_bus;			/* /sys/bus/ap is there */
	bool passthrough;		/* vfio_ap's parent device and its mdev type are there */
	bool no_module;			/* they are missing, and this kernel has no vfio_ap that could be loaded */
	char bus_features[160];		/* /sys/bus/ap/features, words; "" before 6.8 */
	char passthrough_features[160];	/* /sys/devices/vfio_ap/matrix/features, words */
	bool has_ap_config;		/* features of vfio_ap name ap_config (6.12+; the attribute is there from 6.10 on) */
	bool has_override;		/* queues have driver_override (6.19+) */
	int max_adapter, max_domain;	/* ap_max_adapter_id, ap_max_domain_id; -1: not known */
	bool configured_known;		/* the machine could tell what follows (QCI) */
	struct matrix configured;	/* ap_adapter_mask, ap_usage_domain_mask, ap_control_domain_mask */
	struct mask apmask, aqmask;
	bool bindings_complete;
	/* ap.apmask= and ap.aqmask= of the kernel's command line, as masks */
	bool has_boot_apmask, has_boot_aqmask;
	struct mask boot_apmask, boot_aqmask;
	bool override_leaked;		/* mask writes answer EINVAL although no override is to be seen */
	bool interrupts;		/* ap_interrupts: for the host's own queues */
	int8_t poll_thread;		/* poll_thread: 1, 0, -1: not readable */
	int64_t poll_timeout;		/* poll_timeout, nanoseconds; JSON_INT_NULL: not readable */
	int8_t gisa;			/* kvm.use_gisa: 1, 0, -1: kvm is not loaded */
	int8_t facility65;		/* KVM offers AQIC to guests: 1, 0, -1: could not be asked */
};

enum card_mode {
	CARD_UNKNOWN,
	CARD_ACCELERATOR,
	CARD_CCA,
	CARD_EP11,
};

struct observed_card {
	uint8_t adapter;
	char type[16];			/* as lszcrypt prints it: "CEX8C" */
	int64_t hardware_type;
	enum card_mode mode;
	bool configured, checkstopped;
	int8_t online;			/* -1: no zcrypt driver has the card */
	int64_t depth;
	int64_t max_message_size;	/* JSON_INT_NULL: not told */
	char functions[16];		/* ap_functions, "0xF8000000" */
	int64_t requests;		/* JSON_INT_NULL: not told */
};

enum queue_status {
	QUEUE_STATUS_NONE,		/* vfio_ap does not have it */
	QUEUE_STATUS_UNASSIGNED,
	QUEUE_STATUS_ASSIGNED,
	QUEUE_STATUS_IN_USE,
};

struct observed_queue {
	struct apqn apqn;
	char driver[24];		/* "vfio_ap", "cex4queue"; "" for none */
	char override[24];		/* driver_override; "" for none */
	enum queue_status status;
	bool configured, checkstopped;
	int8_t online;			/* -1: no zcrypt driver has it */
	int8_t interrupt;		/* -1: not readable */
};

struct observed_user {
	pid_t pid;
	char command[32];		/* /proc/PID/comm */
	char machine[80];		/* QEMU's -name, else of systemd-machined; "" for none */
};

struct observed_device {
	struct uuid uuid;
	bool active_known;		/* false: its matrix cannot be read without harm (see kernel/) */
	bool remembered;		/* it cannot be read either, but nobody wrote to it since it was known */
	struct matrix active;
	char identity[OBSERVED_IDENTITY_SIZE];	/* of what is remembered: see kernel_recall() */
	bool guest_known;		/* guest_matrix and ap_config let it be read; else it is computed */
	struct matrix guest;		/* adapters and domains of guest_matrix */
	bool in_use;			/* a VMM has it open */
	bool leaving;			/* it is being removed, and goes when the VMM closes it */
	size_t users_count;
	struct observed_user users[OBSERVED_USERS_MAX];
};

/* Additions, removals and changes since observed_forget_changes(). */
struct observed_changes {
	bool any;
	bool host;
	struct mask cards;
	struct mask queues[APQN_IDS];	/* by adapter */
	struct uuid *devices;		/* each once; also those that are gone */
	size_t devices_count, devices_size;
};

struct observed {
	struct observed_host host;
	struct mask cards;			/* which adapters have a card device */
	struct observed_card card[APQN_IDS];
	struct mask queues[APQN_IDS];		/* by adapter: which domains have a queue device */
	struct observed_queue *queue[APQN_IDS];	/* by adapter: NULL, or APQN_IDS of them */
	unsigned int overrides;			/* how many queues have a driver_override */
	struct uuid_list devices;		/* of struct observed_device, owned */
	unsigned int unknown;			/* how many of them are not active_known */
	unsigned int with_vfio_ap, with_status;	/* how many queues are vfio_ap's, and say how they are used */
	bool no_status;				/* when vfio_ap last had a queue, none of them did */
	struct observed_changes changes;
};

/* Nothing is known yet.  About 40 KiB; the queues come on demand. */
void observed_init(struct observed *observed);
void observed_done(struct observed *observed);

/* Returns true if the host has a queue.  Only a queue shows if the kernel has driver_override. */
bool observed_has_queues(const struct observed *observed);

/* Look one thing up.  Return NULL if it is missing. */
const struct observed_card *observed_find_card(const struct observed *observed, unsigned int adapter);
const struct observed_queue *observed_find_queue(const struct observed *observed, struct apqn apqn);
const struct observed_device *observed_find_device(const struct observed *observed,
						   const struct uuid *uuid);

/* The index'th of observed->devices.count devices, in the order of their UUIDs. */
const struct observed_device *observed_device_at(const struct observed *observed, size_t index);

/*
 * Put what was read, new or known.  Return 0, -ENOMEM, or -E2BIG for one device too many.
 * An equal value is no change.
 */
void observed_put_host(struct observed *observed, const struct observed_host *host);
void observed_put_card(struct observed *observed, const struct observed_card *card);
MUST_CHECK int observed_put_queue(struct observed *observed, const struct observed_queue *queue);
MUST_CHECK int observed_put_device(struct observed *observed, const struct observed_device *device);

/* Remove one thing.  If it is missing already, that is no change. */
void observed_remove_card(struct observed *observed, unsigned int adapter);
void observed_remove_queue(struct observed *observed, struct apqn apqn);
MUST_CHECK int observed_remove_device(struct observed *observed, const struct uuid *uuid);

void observed_forget_changes(struct observed *observed);

/*
 * Returns true if the drivers are those of Linux 6.0 or later.  Then a device can change while a
 * guest runs, missing queues can be assigned, and a write of the masks respects devices.  The sign
 * is the status of the queues that vfio_ap has.  As long as it has had none, the answer is true.
 */
bool observed_has_hotplug(const struct observed *observed);

/* Returns true if the queue device is there and vfio_ap has it. */
bool observed_queue_is_bound(const struct observed *observed, struct apqn apqn);

#endif
