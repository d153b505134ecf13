/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How messages and commands call a device.  Every problem that is a device's begins with it, so
 * that a sentence means something wherever it is read.
 */
#ifndef APQD_DAEMON_MODEL_LABEL_H
#define APQD_DAEMON_MODEL_LABEL_H

#include "common/macro.h"
#include "common/uuid.h"
#include "daemon/model/desired.h"
#include "daemon/model/observed.h"
#include "daemon/model/problem.h"

/*
 * What a command that a message advises calls the device: its name, where that means this device and no other
 * one, else its UUID.  Borrowed from the definition or from *uuid.
 */
const char *label_argument(const struct observed *observed, const struct desired *desired,
			   const struct uuid *uuid);

/* Adds a problem of the device (see problems_add()): "Device web1 (UUID): " and then the sentence. */
void label_problem(struct problems *problems, const struct desired *desired, const char *code,
		   const struct uuid *uuid, const struct queue_set *queues, const char *format, ...)
	PRINTF_LIKE(6, 7);

#endif
