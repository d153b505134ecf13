/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of devices in messages and commands.  Every problem of a device begins with its name,
 * so that the sentence is clear wherever somebody reads it.
 */
#ifndef APQD_DAEMON_MODEL_LABEL_H
#define APQD_DAEMON_MODEL_LABEL_H

#include "common/macro.h"
#include "common/uuid.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/model/problem.h"

/*
 * Returns the word that an advised command uses for the device: the name if it means only this
 * device, else the UUID.  Borrowed from the definition or from *uuid.
 */
const char *label_argument(const struct observed *observed, const struct desired *desired,
			   const struct uuid *uuid);

/* Adds a problem of the device (see problems_add()): "Device web1 (UUID): " and then the sentence. */
void label_problem(struct problems *problems, const struct desired *desired, const char *code,
		   const struct uuid *uuid, const struct queue_set *queues, const char *format, ...)
	PRINTF_LIKE(6, 7);

#endif
