/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices that 'apqctl wait' waits for, as apqd describes them: which these are, whether
 * each is there, and if not, why.  It prints nothing and asks nobody.
 */
#ifndef APQD_CLI_AWAITED_H
#define APQD_CLI_AWAITED_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/device.h"
#include "cli/state.h"
#include "common/macro.h"

/* One that was asked for. */
struct awaited_item {
	char *uuid;		/* owned */
	const char *argument;	/* as the user called it; borrowed */
};

struct awaited {
	struct awaited_item *items;	/* owned; none: all with start=auto */
	size_t count;
	bool is_all;
	struct state state;		/* of all devices, as far as they have been told */
};

/* Empty; is_all: all devices with start=auto are awaited.  Returns 0 or -ENOMEM. */
MUST_CHECK int awaited_init(struct awaited *awaited, bool is_all);
void awaited_done(struct awaited *awaited);

#define CLEANUP_AWAITED CLEANUP(awaited_done)

/*
 * Adds the device of a UUID (copied), which the user called argument (borrowed); one that has been
 * added before counts once.  Returns 0 or -ENOMEM.
 */
MUST_CHECK int awaited_add(struct awaited *awaited, const char *uuid, const char *argument);

/* Forgets what was told of the devices, before they are all told again.  Returns 0 or -ENOMEM. */
MUST_CHECK int awaited_forget(struct awaited *awaited);

/* Takes in what an event says of a device, if it does.  Returns 0, -EBADMSG or -ENOMEM. */
MUST_CHECK int awaited_take(struct awaited *awaited, struct json_object *event);

/*
 * Returns true if a device is there: started with what it is defined with (if it has a
 * definition), not being removed, and with nothing of that kept from its guest.
 */
bool awaited_is_there(const struct device *device);

/* Returns true if all are there.  A description that is no Device counts as one that is not. */
bool awaited_is_complete(const struct awaited *awaited);

/* What the user called a device that was asked for and is gone; NULL if none is. */
const char *awaited_find_gone(const struct awaited *awaited);

/*
 * Calls tell for each awaited device, in the order in which they were asked for, or in which apqd
 * told them.  It stops, and returns false, when tell does.
 */
bool awaited_each(const struct awaited *awaited,
		  bool (*tell)(void *context, const struct device *device), void *context);

/*
 * Why a device is not there, as a sentence: "web1 is not started: ...".  Not safe for a terminal yet.
 * The caller frees it; NULL without memory.
 */
char *awaited_explain(const struct device *device);

#endif
