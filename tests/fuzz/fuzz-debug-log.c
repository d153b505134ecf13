/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as vfio_ap's debug log: no more lines are picked than there may be, each is printable and
 * complete, and none where there is no queue or device to look for.
 */
#include "common/cleanup.h"
#include "daemon/report/debug-log.h"
#include "tests/fuzz/fuzz.h"

static const struct uuid device = { "a1111111-1111-4111-8111-11111111abcd" };

static void check_line(const char line[static DEBUG_LOG_LINE_SIZE])
{
	size_t length = strnlen(line, DEBUG_LOG_LINE_SIZE);

	MUST(length > 0 && length < DEBUG_LOG_LINE_SIZE);
	for (size_t i = 0; i < length; i++)
		MUST(line[i] >= ' ' && line[i] <= '~');
}

static unsigned int count_lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n' || !text[1];
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(data, size);
	CLEANUP_FREE struct queue_set *queues = calloc(1, sizeof(*queues));
	CLEANUP_FREE struct debug_log *log = calloc(1, sizeof(*log));
	CLEANUP_FREE struct debug_log *none = calloc(1, sizeof(*none));

	MUST(queues && log && none);
	debug_log_pick(text, queues, NULL, none);
	MUST(none->count == 0);
	for (unsigned int domain = 0; domain < APQN_IDS; domain += 2)
		queue_set_add(queues, (struct apqn){ domain % 5, (uint8_t)domain });
	debug_log_pick(text, queues, &device, log);
	MUST(log->count <= DEBUG_LOG_LINES && log->count <= count_lines(text));
	for (unsigned int i = 0; i < log->count; i++)
		check_line(log->lines[i]);
	return 0;
}
