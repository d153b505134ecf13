/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as what the kernel tells: a mask, ap_config, a listing of queues, a queue's name; what
 * is understood is written so that it is understood as the same again.
 */
#include <errno.h>

#include "common/apqn.h"
#include "common/cleanup.h"
#include "common/matrix.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(data, size);

	check_mask((const char *)data, size);
	check_matrix(text);
	check_listing(text);
	check_apqn(text);
	return 0;
}
