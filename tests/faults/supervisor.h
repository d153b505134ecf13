/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches every system call of one program, and has one of them fail, or be done in part only, or
 * the program be killed before it, as it is told over a socket.
 */
#ifndef APQD_TESTS_FAULTS_SUPERVISOR_H
#define APQD_TESTS_FAULTS_SUPERVISOR_H

#include "common/macro.h"

/* Paths with this in them are the simulated kernel's: their calls are no calls of the daemon. */
#define SUPERVISOR_LEFT_OUT "/run/apqd-sim"

/* What the supervisor needs; descriptors are its own. */
struct supervisor {
	int pid;		/* the program */
	int notices;		/* the listener of its filter */
	int listener;		/* a socket for those who give orders, SOCK_SEQPACKET */
	const char *order;	/* the first; or NULL */
	const char *log;	/* the file of what it was seen to do; made anew by each "watch" */
};

/*
 * Works until the program has ended.  Orders, one a packet, each answered by one packet:
 *   watch [data]        from now on calls are counted from 1 and logged, data: also what they write
 *   fail N ERRNO NAME   likewise, and the N-th call of that name fails with that errno, a number
 *   every ERRNO NAMES PATH  likewise, and every call fails that NAMES (",NAME,NAME,") has and whose
 *                       path has PATH in it
 *   short N NAME PATH   likewise, and the N-th call of that name whose path has PATH in it reads or
 *                       writes half of its bytes only; one that cannot (short.h) is no hit
 *   kill N              likewise, and the program is killed when it makes the N-th
 *   end                 answered when the program has come to rest: "COUNT HITS NAME", where NAME is
 *                       the last call that was hit, or "-"; then nothing is counted any more
 * A line of the log is "N<TAB>THREAD<TAB>NAME<TAB>PATH<TAB>SECOND<TAB>FLAGS<TAB>DATA", flags and
 * data in hexadecimal.  Returns 0 or a negative errno.
 */
MUST_CHECK int supervise(const struct supervisor *supervisor);

#endif
