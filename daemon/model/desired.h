/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desired state: the definitions of devices and the host policy, as read from the disk, and the
 * notes that apqd keeps of a device until the next boot.
 */
#ifndef APQD_DAEMON_MODEL_DESIRED_H
#define APQD_DAEMON_MODEL_DESIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/matrix.h"
#include "common/uuid-list.h"
#include "common/uuid.h"
#include "daemon/model/claims.h"
#include "daemon/model/names.h"
#include "daemon/model/observed.h"
#include "daemon/model/policy.h"
#include "daemon/model/problem.h"

/* Most definitions that are kept; more files are not read, and reported. */
#define DESIRED_DEFINITIONS_MAX 4096

/* 1 to 64 characters, and the terminating NUL. */
#define DEVICE_NAME_SIZE 65

enum start_mode {
	START_MANUAL,
	START_AUTO,
};

enum interrupts_policy {
	INTERRUPTS_ANY,
	INTERRUPTS_REQUIRED,
	INTERRUPTS_POLLED,
};

/* The interface's words, in the order of the enums. */
extern const char *const start_mode_names[2];
extern const char *const interrupts_policy_names[3];

/* Why a device with start=auto is not to be started again until the next boot. */
enum stopped_by {
	STOPPED_BY_NOBODY,
	STOPPED_BY_CLIENT,	/* by apqctl stop, or another client of ours */
	STOPPED_BY_OTHER,	/* by another program */
};

struct definition {
	struct uuid uuid;
	char name[DEVICE_NAME_SIZE];	/* "" for none */
	struct matrix matrix;
	enum start_mode start;
	enum interrupts_policy interrupts;
	char *problem;			/* owned; why the file cannot be used, or NULL */
	bool has_remedy;		/* problem says how to remove the file; undefine cannot */
};

/* The note that apqd keeps of one device.  A device without anything to remember has none. */
struct device_note {
	struct uuid uuid;
	enum stopped_by stopped;
	bool settled;		/* it has been as it is defined since it was made: what differs is drift */
	bool stopping;		/* a forced stop waits for the VMM to close the device */
	bool waiting;		/* to be brought to its definition as soon as that is possible */
	bool queued;		/* an automatic change of it is on its way */
	unsigned int attempts;	/* automatic ones in a row that did not help */
	uint64_t not_before;	/* CLOCK_MONOTONIC, microseconds: when to try again */
	/* what a device has that cannot be read, and its identity (see observed.h); "" for none */
	struct matrix remembered;
	char identity[OBSERVED_IDENTITY_SIZE];
	char *failure;		/* owned; why the last automatic attempt did not succeed, or NULL */
};

/* The masks that another program sets at boot; absent ones are left as they are then. */
struct boot_masks {
	bool has_apmask, has_aqmask;
	struct mask apmask, aqmask;
};

/* Of desired.c, and of under-way.h. */
struct rivals;
struct under_way;

struct desired {
	struct uuid_list definitions;	/* of struct definition, owned */
	struct names names;		/* of the definitions */
	struct rivals *rivals;		/* owned; see desired_claims(); NULL: nobody has asked yet */
	struct uuid_list notes;		/* of struct device_note, owned */
	struct under_way *under_way;	/* borrowed; what changes at work will bring, see under-way.h */
	struct host_policy policy;	/* host.json */
	bool policy_known;		/* it has been read, or there is none */
	bool policy_bad;		/* it cannot be used: policy wants nothing, and the file stays */
	struct boot_masks rules;	/* of chzdev's 41-ap.rules */
	char *rules_path;		/* owned; that file, or NULL where there is none */
	char *rules_problem;		/* owned; the first thing that is wrong in it, or NULL */
	struct problems problems;	/* of files that belong to no device */
	bool starting;			/* what starts automatically has not been tried yet */
};

/* Nothing is wanted. */
#define DESIRED_NONE ((struct desired){ .policy.interrupts = INTERRUPTS_NO_WISH })

/* Lets go of what it holds, and makes it DESIRED_NONE. */
void desired_done(struct desired *desired);

/* The name of the device of that UUID, "" for none; borrowed. */
const char *desired_name(const struct desired *desired, const struct uuid *uuid);

/* "web1 (UUID)" or the UUID alone, as messages name a device.  The caller frees it; NULL without memory. */
char *desired_label(const struct desired *desired, const struct uuid *uuid);

/* NULL where there is none. */
const struct definition *desired_find(const struct desired *desired, const struct uuid *uuid);

/*
 * Puts a copy, new or in place of the one with that UUID.
 * Returns 0, -ENOMEM, or -E2BIG for one too many.
 */
MUST_CHECK int desired_put(struct desired *desired, const struct definition *definition);

/*
 * The claims of all definitions that start automatically, each by its place in definitions.  They
 * are kept until a definition changes.  Returns 0 and *ret_claims, which is borrowed, or -ENOMEM.
 */
MUST_CHECK int desired_claims(const struct desired *desired, const struct claims **ret_claims);

/* Returns true if the definition has no problem and starts automatically. */
bool definition_is_automatic(const struct definition *definition);

/* Takes one away, if it is there. */
void desired_remove(struct desired *desired, const struct uuid *uuid);

/* Frees the note of a device, if there is one. */
void desired_forget_note(struct desired *desired, const struct uuid *uuid);

/* The note of a device, made on demand; NULL without memory. */
struct device_note *desired_note(struct desired *desired, const struct uuid *uuid);

/* The note of a device if it has one, or NULL. */
const struct device_note *desired_find_note(const struct desired *desired, const struct uuid *uuid);

/* Sets why the last attempt failed; takes failure over, NULL for no failure. */
void device_note_set_failure(struct device_note *note, char *failure);

/*
 * Describes the problem of a definition that has one, with the command that removes its file.
 * argument: the word that commands use for the device.  The caller frees it; NULL without memory.
 */
char *definition_describe_problem(const struct definition *definition, const char *argument);

void definition_done(struct definition *definition);

#define CLEANUP_DEFINITION CLEANUP(definition_done)

/* Returns true if a and b say the same, the problem left aside. */
bool definition_equal(const struct definition *a, const struct definition *b);

/*
 * Returns true if name may be a device's: 1 to 64 letters, digits, '.', '_', '-', ':' or '@', the
 * first a letter or digit, and not of the form of a UUID.
 */
bool device_name_is_valid(const char *name);

#endif
