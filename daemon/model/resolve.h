/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device a client means: a UUID, a beginning of one, or a name.
 */
#ifndef APQD_DAEMON_MODEL_RESOLVE_H
#define APQD_DAEMON_MODEL_RESOLVE_H

#include "common/macro.h"
#include "common/uuid.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"

/*
 * Finds the one device, defined or only in the kernel, that text means: a whole UUID, else a
 * name, else the beginning of exactly one UUID.
 * Returns 0, -ENOENT where there is none, or -ENOTUNIQ where there are several.
 */
MUST_CHECK int resolve_device(const struct observed *observed, const struct desired *desired,
			      const char *text, struct uuid *ret_uuid);

/* Calls each() for every device, defined, started or both, in the order of their UUIDs. */
void resolve_each_device(const struct observed *observed, const struct desired *desired,
			 void (*each)(void *userdata, const struct uuid *uuid), void *userdata);

/* The first device after that UUID ("": of all) in that order, or NULL. */
const struct uuid *resolve_next_device(const struct observed *observed,
				       const struct desired *desired, const struct uuid *after);

/* The definition other than of uuid that has the name, or NULL. */
const struct definition *resolve_name(const struct desired *desired, const char *name,
				      const struct uuid *uuid);

#endif
