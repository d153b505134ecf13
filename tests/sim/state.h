/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated kernel as data: the machine below it, the AP bus, vfio_ap with its devices,
 * the programs that hold devices open, the events not yet read, and the faults to make.
 *
 * It is plain data without pointers, since it lives in a file (tests/sim/file.h).
 */
#ifndef APQD_TESTS_SIM_STATE_H
#define APQD_TESTS_SIM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/apqn.h"
#include "common/mask.h"
#include "common/matrix.h"
#include "common/uuid.h"
#include "daemon/kernel/kernel.h"
#include "tests/sim/config.h"

#define SIM_DEVICES_MAX 4096	/* as many as the daemon keeps; the kernel's own limit is 65536 */
#define SIM_HOLDERS_MAX 64
#define SIM_EVENTS_MAX 512	/* more at once, and the reader is told to read everything again */
#define SIM_FAULTS_MAX 16
#define SIM_OVERRIDES_MAX 16	/* different values of driver_override */

enum sim_driver {
	SIM_UNBOUND,
	SIM_CEX4QUEUE,		/* the host's: AP_DRIVER_FLAG_DEFAULT */
	SIM_VFIO_AP,
	SIM_DRIVERS
};

/* The names that sysfs shows; "" for SIM_UNBOUND. */
extern const char *const sim_driver_names[SIM_DRIVERS];

/* The machine, as its firmware would tell; the bus takes it over when it scans. */
struct sim_hardware {
	struct matrix configured;	/* QCI: adapters, usage and control domains of the LPAR */
	struct mask deconfigured, checkstopped;	/* adapters */
};

/* The module kvm. */
struct sim_kvm {
	bool loaded;
	bool use_gisa;			/* its parameter */
	bool facility65;		/* it offers AQIC to guests */
};

/* A card device of the bus. */
struct sim_card {
	bool exists, configured, checkstopped;
};

/* How far the bus has come with a queue: the kernel's enum ap_dev_state. */
enum sim_queue_stage {
	SIM_QUEUE_UNINITIATED,
	SIM_QUEUE_OPERATING,
	SIM_QUEUE_ERROR,
};

/* A queue device of the bus. */
struct sim_queue {
	bool exists, configured, checkstopped;
	uint8_t stage;			/* enum sim_queue_stage */
	bool interrupt;			/* of the hardware: stays when the device goes */
	uint8_t driver;			/* enum sim_driver */
	uint8_t override;		/* 0, or 1 + index of overrides[] */
};

struct sim_device {
	struct uuid uuid;
	uint64_t serial;		/* tells a device from a later one of the same UUID */
	bool dying;			/* remove was written, and waits for the VMM */
	uint64_t writes, own_writes;	/* to its attributes: by all, and by the daemon */
	struct matrix matrix;
	struct matrix shadow;		/* guest_matrix: the kernel's shadow_apcb */
	struct matrix added;		/* came in the scan under way: apm_add and so on */
};

/* A process that has a device open. */
struct sim_holder {
	uint64_t serial;		/* of the device; 0: this place is free */
	int32_t pid;
	uint64_t started;		/* its start time: another process may get its pid */
	bool gisa, facility65;		/* what its virtual machine got when it was made */
};

enum sim_fault_type {
	SIM_FAULT_NONE,
	SIM_FAULT_FAIL,
	SIM_FAULT_DELAY,
	SIM_FAULT_BLOCK,
	SIM_FAULT_CRASH_BEFORE,
	SIM_FAULT_CRASH_AFTER,
};

struct sim_fault {
	uint8_t type;			/* enum sim_fault_type */
	uint8_t attribute;		/* enum attribute */
	int32_t value;			/* errno, or milliseconds */
	uint32_t after;			/* so many writes pass first */
	uint32_t times;			/* so often; 0: until cleared */
};

struct sim_state {
	struct sim_config config;
	struct sim_hardware hardware;
	struct sim_kvm kvm;

	/* the AP bus */
	struct matrix configured;	/* QCI at the last scan */
	struct mask apmask, aqmask;
	uint32_t overrides_active;	/* the kernel's ap_driver_override_ctr */
	bool rebound;			/* since the last "bindings complete" */
	bool poll_thread;
	uint64_t poll_timeout;		/* nanoseconds */
	struct sim_card card[APQN_IDS];
	struct sim_queue queue[APQN_IDS][APQN_IDS];
	char overrides[SIM_OVERRIDES_MAX][MATRIX_TEXT_SIZE];

	struct sim_holder holders[SIM_HOLDERS_MAX];
	struct sim_fault faults[SIM_FAULTS_MAX];

	/* event i is in events[i % SIM_EVENTS_MAX] */
	uint64_t events_count;
	struct kernel_event events[SIM_EVENTS_MAX];
	bool lose_next;			/* the next change's events get lost */


	/* vfio_ap; last, so that a copy of the state need not carry the unused ones */
	uint64_t next_serial;
	uint32_t devices_count;
	struct sim_device devices[SIM_DEVICES_MAX];
};

/*
 * A host at boot: no devices, and all queues are the host's unless the masks of config differ.  Its cards
 * are missing until hotplug_scan() finds them.
 */
void sim_state_init(struct sim_state *state, const struct sim_config *config);

/* Copies all that is in use. */
void sim_state_copy(struct sim_state *to, const struct sim_state *from);

/* Look a device up; NULL where there is none. */
struct sim_device *sim_find_device(struct sim_state *state, const struct uuid *uuid);
const struct sim_device *sim_get_device(const struct sim_state *state, const struct uuid *uuid);
const struct sim_device *sim_get_device_by_serial(const struct sim_state *state, uint64_t serial);

struct sim_queue *sim_find_queue(struct sim_state *state, struct apqn apqn);
const struct sim_queue *sim_get_queue(const struct sim_state *state, struct apqn apqn);

/* The device that has the queue in its matrix; NULL for none. */
struct sim_device *sim_find_owner(struct sim_state *state, struct apqn apqn);

/* The value of driver_override; "" for none. */
const char *sim_override(const struct sim_state *state, const struct sim_queue *queue);

/* Returns true if every queue device has a driver (the text of "bindings" says "complete"). */
bool sim_bindings_complete(const struct sim_state *state, unsigned int *ret_bound,
			   unsigned int *ret_all);

/* Note an event for whoever reads them; sim_note_gap(): some were lost. */
void sim_note_host(struct sim_state *state);
void sim_note_card(struct sim_state *state, unsigned int adapter);
void sim_note_queue(struct sim_state *state, struct apqn apqn);
void sim_note_queue_gone(struct sim_state *state, struct apqn apqn);
void sim_note_device(struct sim_state *state, const struct uuid *uuid);
void sim_note_gap(struct sim_state *state);

#endif
