/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any file as chzdev's udev rules: what is wrong is told in text, and each line says by itself what
 * it says among others.
 */
#include "common/utf8.h"
#include "daemon/store/rules.h"
#include "tests/fuzz/fuzz.h"

static void check_problems(const struct problems *problems)
{
	MUST(problems->count <= 16);
	for (size_t i = 0; i < problems->count; i++) {
		const char *message = problems->items[i].message;

		MUST(strlen(message) < 500);
		MUST(utf8_fitting(message, strlen(message)) == (int)strlen(message));
		MUST(!strpbrk(message, "\n\r\t"));
	}
}

/* One line after the other; the last that sets a mask wins. */
static struct boot_masks read_by_lines(const char *text, size_t size)
{
	struct boot_masks all = { 0 };

	for (size_t at = 0; at < size;) {
		CLEANUP_PROBLEMS struct problems problems = { 0 };
		const char *newline = memchr(text + at, '\n', size - at);
		size_t length = newline ? (size_t)(newline - text) - at + 1 : size - at;
		struct boot_masks masks;

		rules_read(text + at, length, "/x", &masks, &problems);
		MUST(!(masks.has_apmask && masks.has_aqmask));
		MUST(problems.count + masks.has_apmask + masks.has_aqmask <= 1);
		if (masks.has_apmask)
			all.apmask = masks.apmask;
		if (masks.has_aqmask)
			all.aqmask = masks.aqmask;
		all.has_apmask |= masks.has_apmask;
		all.has_aqmask |= masks.has_aqmask;
		at += length;
	}
	return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_PROBLEMS struct problems problems = { 0 };
	struct boot_masks masks, by_lines;

	rules_read((const char *)data, size, "/etc/x", &masks, &problems);
	check_problems(&problems);
	by_lines = read_by_lines((const char *)data, size);
	MUST(masks.has_apmask == by_lines.has_apmask && masks.has_aqmask == by_lines.has_aqmask);
	MUST(mask_equal(&masks.apmask, &by_lines.apmask));
	MUST(mask_equal(&masks.aqmask, &by_lines.aqmask));
	return 0;
}
