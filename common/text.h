/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts made by a format, for functions that take one as printf() does.
 */
#ifndef APQD_COMMON_TEXT_H
#define APQD_COMMON_TEXT_H

#include <stdarg.h>

#include "common/macro.h"

/* Returns the text, which the caller frees, or NULL without memory. */
char *text_format(const char *format, va_list values) PRINTF_LIKE(1, 0);

#endif
