/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any file in mdevctl's folder: it is refused in words, or a change of it is read back as what was
 * written, and what others wrote besides is still there.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "daemon/store/internal.h"
#include "tests/fuzz/fuzz.h"

/* A matrix made of the input's own bytes, so that the fuzzer can vary it. */
static struct matrix some_matrix(const uint8_t *data, size_t size)
{
	struct matrix matrix = { 0 };

	for (size_t i = 0; i < size && i < 6; i++)
		mask_set(i % 3 == 0 ? &matrix.adapters :
			 i % 3 == 1 ? &matrix.domains :
				      &matrix.control_domains,
			 data[i]);
	return matrix;
}

static void check_refused(struct json_object *object, char *problem)
{
	struct definition definition = { 0 };
	CLEANUP_FREE char *before = strdup(json_text(object, NULL));
	bool is_new = json_object_object_length(object) == 0;

	MUST(problem && utf8_fitting(problem, strlen(problem)) == (int)strlen(problem));
	MUST(mdevctl_write(object, &definition) == (is_new ? 0 : -EBADMSG));
	MUST(is_new || strcmp(before, json_text(object, NULL)) == 0);
}

static void check_rewrite(struct json_object *object, const struct definition *definition)
{
	struct definition back = { 0 };
	CLEANUP_FREE char *problem = NULL;
	int members = json_object_object_length(object);
	struct json_object *unused;

	members += !json_object_object_get_ex(object, "start", &unused);
	members += !json_object_object_get_ex(object, "attrs", &unused);
	MUST(mdevctl_write(object, definition) == 0);
	MUST(mdevctl_read(object, &back, &problem) == 0);
	MUST(matrix_equal(&back.matrix, &definition->matrix) && back.start == definition->start);
	MUST(json_object_object_length(object) == members);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_JSON struct json_object *object = NULL;
	CLEANUP_FREE char *problem = NULL;
	struct definition definition = { 0 };

	if (json_parse_last((const char *)data, size, &object, NULL) < 0 ||
	    !json_object_is_type(object, json_type_object))
		return 0;
	if (mdevctl_read(object, &definition, &problem) < 0) {
		check_refused(object, problem);
		return 0;
	}
	MUST(!problem);
	check_rewrite(object, &definition);
	definition.start = definition.start == START_AUTO ? START_MANUAL : START_AUTO;
	definition.matrix = some_matrix(data + size / 2, size - size / 2);
	check_rewrite(object, &definition);
	return 0;
}
