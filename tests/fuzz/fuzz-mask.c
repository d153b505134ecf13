/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as what the kernel tells or people write: a mask, ap_config, a listing of queues, a queue's
 * name or a run of them, a UUID, a number; what is understood is written so that it is understood
 * as the same again.
 */
#include <errno.h>

#include "common/apqn.h"
#include "common/cleanup.h"
#include "common/matrix.h"
#include "common/parse.h"
#include "common/queue-set.h"
#include "common/uuid.h"
#include "tests/fuzz/fuzz.h"

static void check_mask(const char *text, size_t size)
{
	char formatted[MASK_TEXT_SIZE];
	struct mask mask, back;

	if (mask_parse(text, size, &mask) < 0)
		return;
	MUST(mask_count(&mask) <= APQN_IDS);
	mask_format(&mask, formatted);
	MUST(mask_parse(formatted, strlen(formatted), &back) == 0 && mask_equal(&mask, &back));
}

static void check_matrix(const char *text)
{
	char formatted[MATRIX_TEXT_SIZE];
	struct matrix matrix, back;
	char *described;

	if (matrix_parse(text, &matrix) < 0)
		return;
	matrix_format(&matrix, formatted);
	MUST(matrix_parse(formatted, &back) == 0 && matrix_equal(&matrix, &back));
	described = matrix_describe(&matrix);
	MUST(described);
	free(described);
}

static void check_listing(const char *text)
{
	struct matrix matrix, line;
	size_t length;

	if (matrix_parse_listing(text, &matrix) < 0)
		return;
	MUST(mask_is_empty(&matrix.control_domains));
	/* every line by itself is part of the whole */
	for (const char *p = text; *p; p += length + (p[length] == '\n')) {
		char one[16];

		length = strcspn(p, "\n");
		MUST(length < sizeof(one));
		snprintf(one, sizeof(one), "%.*s", (int)length, p);
		MUST(matrix_parse_listing(one, &line) == 0 && matrix_is_subset(&line, &matrix));
	}
}

static void check_apqn(const char *text)
{
	char formatted[APQN_TEXT_SIZE];
	struct apqn apqn, back;
	int r = apqn_parse(text, &apqn);

	MUST(r == 0 || r == -EINVAL || r == -ERANGE);
	if (r < 0)
		return;
	MUST(apqn_parse(apqn_format(apqn, formatted), &back) == 0 && apqn_compare(apqn, back) == 0);
}

static void check_queue_set(const char *text)
{
	CLEANUP_FREE char *list = NULL, *shown = NULL;
	struct queue_set set = { 0 }, back = { 0 };
	char *rest, *part;

	if (queue_set_parse(text, &set) < 0) {
		MUST(queue_set_is_empty(&set));
		return;
	}
	rest = list = queue_set_list(&set);
	shown = queue_set_format(&set);
	MUST(list && shown && queue_set_count(&set) >= 1 && queue_set_count(&set) <= APQN_IDS);
	while ((part = strsep(&rest, ",")) != NULL)
		MUST(queue_set_parse(part, &back) == 0);
	MUST(queue_set_equal(&set, &back));
}

static void check_uuid(const char *text)
{
	struct uuid uuid, back;

	if (uuid_parse(text, &uuid) < 0)
		return;
	MUST(strcasecmp(uuid.text, text) == 0);
	MUST(uuid_parse(uuid.text, &back) == 0 && uuid_equal(&uuid, &back));
}

static void check_number(const char *text)
{
	unsigned long number, back;
	char formatted[24];
	bool flag;
	int r = parse_number(text, &number);

	MUST(r == 0 || r == -EINVAL || r == -ERANGE);
	if (r == 0) {
		snprintf(formatted, sizeof(formatted), "%lu\n", number);
		MUST(parse_number(formatted, &back) == 0 && back == number);
	}
	r = parse_bool(text, &flag);
	MUST(r == 0 || r == -EINVAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(data, size);

	check_mask((const char *)data, size);
	check_matrix(text);
	check_listing(text);
	check_apqn(text);
	check_queue_set(text);
	check_uuid(text);
	check_number(text);
	return 0;
}
