/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as an interface, and, behind a NUL, any JSON as the parameters of all its members.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/idl.h"
#include "common/json.h"
#include "tests/fuzz/fuzz.h"

static void check_all(const struct idl *idl, enum idl_member_kind kind, struct json_object *value)
{
	const char *name;

	for (size_t i = 0; (name = idl_member(idl, kind, i)) != NULL; i++) {
		char path[IDL_PATH_SIZE];
		int r;

		MUST(idl_has(idl, kind, name));
		r = idl_check(idl, kind, name, kind == IDL_METHOD ? IDL_INPUT : IDL_CONTENT, value,
			      path);
		MUST(r == 0 || r == -EINVAL);
		MUST(strlen(path) < sizeof(path));
		if (kind == IDL_METHOD)
			(void)!idl_check(idl, kind, name, IDL_OUTPUT, value, path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(data, size);
	CLEANUP_JSON struct json_object *value = NULL;
	CLEANUP_IDL struct idl *idl = NULL;
	size_t length = strlen(text);
	unsigned int line = 0;
	int r = idl_parse(text, &idl, &line);

	if (r < 0) {
		MUST(r == -EBADMSG && line >= 1 && line <= length + 1);
		return 0;
	}
	if (length < size && json_parse(text + length + 1, size - length - 1, &value, NULL) < 0)
		value = NULL;
	check_all(idl, IDL_TYPE, value);
	check_all(idl, IDL_METHOD, value);
	check_all(idl, IDL_ERROR, value);
	return 0;
}
