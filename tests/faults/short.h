/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out a call that reads or writes with a part of its bytes only, as a kernel may: where a
 * signal comes, a socket's buffer or a disk is full, or a network file system likes to.
 */
#ifndef APQD_TESTS_FAULTS_SHORT_H
#define APQD_TESTS_FAULTS_SHORT_H

#include <linux/seccomp.h>
#include <stdbool.h>

/*
 * Carries out the call that a thread of the program is about to make with half of its bytes; of a
 * read, with half of those that there are.  read, write, pread64 and pwrite64 of files and stream
 * sockets, recvfrom and sendto of the latter.  Returns true, and in *answer what the thread is to
 * get.  False where a kernel would not do so (any other call or object, fewer than 2 bytes) or the
 * call cannot succeed now: then nothing was done, and it is the kernel's to carry out.
 */
bool short_carry_out(int program, const struct seccomp_notif *notice,
		     struct seccomp_notif_resp *answer);

#endif
