/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest is called, from the arguments that its VMM was started with: libvirt and people give
 * QEMU the name of the domain by -name.
 */
#ifndef APQD_DAEMON_KERNEL_GUEST_NAME_H
#define APQD_DAEMON_KERNEL_GUEST_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Finds the name in length bytes of arguments, each ended by a NUL; one that is cut off does not
 * count.  Returns whether there is one, and then the name, cut to size bytes with its NUL and made
 * UTF-8.
 */
bool guest_name_find(const char *arguments, size_t length, char *ret_name, size_t size);

/* The same for a process; false also where it is gone. */
bool guest_name_of_process(pid_t pid, char *ret_name, size_t size);

#endif
