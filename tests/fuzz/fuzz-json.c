/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as JSON: what is accepted is written so that it is accepted again, and says the same;
 * what is refused is refused at a place that is there.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_JSON struct json_object *value = NULL, *again = NULL;
	struct json_mistake mistake = { 0 };
	CLEANUP_FREE char *first = NULL;
	const char *second;
	struct matrix matrix;
	size_t length;
	int r = json_parse((const char *)data, size, &value, &mistake);

	if (r < 0) {
		MUST(r == -EBADMSG && mistake.reason);
		MUST(mistake.line >= 1 && mistake.column >= 1 && mistake.column <= size + 1);
		return 0;
	}
	first = strdup(json_text(value, &length));
	MUST(first && strlen(first) == length);
	MUST(json_parse(first, length, &again, NULL) == 0);
	second = json_text(again, &length);
	MUST(strcmp(first, second) == 0);
	if (json_to_matrix(value, &matrix) == 0) {
		struct json_object *made = json_from_matrix(&matrix);
		struct matrix back;

		MUST(json_to_matrix(made, &back) == 0 && matrix_equal(&matrix, &back));
		json_object_put(made);
	}
	return 0;
}
