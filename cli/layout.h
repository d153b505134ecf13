/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of indented JSON: lists of numbers and of strings share lines, where json-c gives each
 * item a line of its own.
 */
#ifndef APQD_CLI_LAYOUT_H
#define APQD_CLI_LAYOUT_H

/*
 * Returns a copy of text, which is from json_lines(), with such lists in lines of at most
 * LAYOUT_WIDTH columns.  The copy has the same JSON value.  The caller frees it; NULL without
 * memory.
 */
char *layout_lists(const char *text);

#define LAYOUT_WIDTH 80

#endif
