/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the device that a client means: by its UUID, its name, a prefix of its UUID, or the name of
 * the virtual machine that has it.
 */
#ifndef APQD_DAEMON_MODEL_RESOLVE_H
#define APQD_DAEMON_MODEL_RESOLVE_H

#include "common/error.h"
#include "common/macro.h"
#include "common/uuid.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

/* An error names at most so many of the devices that a text can mean. */
#define RESOLVE_MATCHES_MAX 8

/*
 * Finds the one device, defined or only in the kernel, that text means.  A whole UUID means its device.
 * Else a text can be a name and a prefix of a UUID; a name of a virtual machine counts only where it is the name
 * of no device.  A text that can mean two devices means none of them: nothing is guessed.
 * Returns 0, -ENOENT where there is none, or -ENOTUNIQ where there are several.
 */
MUST_CHECK int resolve_device(const struct observed *observed, const struct desired *desired,
			      const char *text, struct uuid *ret_uuid);

/* The same; where there is no single device, sets *ret_error, which says so, and returns -ECANCELED or -ENOMEM. */
MUST_CHECK int resolve_or_explain(const struct observed *observed, const struct desired *desired,
				  const char *text, struct uuid *ret_uuid, struct error *ret_error);

/* Calls each() for every device, defined, started or both, in the order of their UUIDs. */
void resolve_each_device(const struct observed *observed, const struct desired *desired,
			 void (*each)(void *userdata, const struct uuid *uuid), void *userdata);

/* The first device after that UUID ("": of all) in that order, or NULL. */
const struct uuid *resolve_next_device(const struct observed *observed,
				       const struct desired *desired, const struct uuid *after);

/* A definition other than of uuid (NULL: any) that has the name, or NULL. */
const struct definition *resolve_name(const struct desired *desired, const char *name,
				      const struct uuid *uuid);

/*
 * Checks that the device of uuid may get the name: no other device has it, and no other device's
 * UUID begins with it.  Returns 0, or -ECANCELED and *ret_error, or -ENOMEM.
 */
MUST_CHECK int resolve_check_new_name(const struct observed *observed, const struct desired *desired,
				      const char *name, const struct uuid *uuid,
				      struct error *ret_error);

/* Checks only that no other device's UUID begins with the name. Returns as above. */
MUST_CHECK int resolve_check_prefix(const struct observed *observed, const struct desired *desired,
				    const char *name, const struct uuid *uuid, struct error *ret_error);

/* Returns true if the UUID begins with the name of a device: that name would then mean both. */
bool resolve_begins_with_name(const struct desired *desired, const struct uuid *uuid);

#endif
