/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a reply is one that its call may get.
 */
#ifndef APQD_TESTS_FUZZ_REPLY_H
#define APQD_TESTS_FUZZ_REPLY_H

#include "common/varlink.h"

/* Ends the program where the reply breaks the interface, or tells or does what the client may not. */
void reply_check(const struct varlink_call *call, const struct varlink_reply *reply, bool may_change);

#endif
