/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes and small macros that every part uses.
 */
#ifndef APQD_COMMON_MACRO_H
#define APQD_COMMON_MACRO_H

#include <stddef.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The result must be looked at: it is the only place where a failure shows. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Checked like printf(): the position of the format among the arguments, and of the first value. */
#define PRINTF_LIKE(position, first) __attribute__((format(printf, position, first)))

/* Hands an owned pointer over: its value is returned and the variable forgets it. */
#define TAKE_PTR(pointer)                                  \
	({                                                 \
		__typeof__(pointer) taken_ = (pointer);    \
		(pointer) = NULL;                          \
		taken_;                                    \
	})

/* Hands an owned file descriptor over. */
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

#endif
