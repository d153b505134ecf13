/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/text.h"

#include <stdio.h>

char *text_format(const char *format, va_list values)
{
	char *text;

	return vasprintf(&text, format, values) < 0 ? NULL : text;
}
