/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel's errno means for the attribute that was written.
 */
#ifndef APQD_DAEMON_MODEL_REFUSAL_H
#define APQD_DAEMON_MODEL_REFUSAL_H

#include "daemon/model/attribute.h"

/* A sentence about a positive errno that a write of the attribute got; static. */
const char *refusal_sentence(enum attribute attribute, int errnum);

#endif
