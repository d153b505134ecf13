/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/idl-type.h"
#include "common/utf8.h"

static int check(const struct idl *idl, const struct idl_type *type, struct json_object *value,
		 char path[static IDL_PATH_SIZE]);

/* Puts name before what the path says already; a path that is too long loses its end. */
static int blame(const char *name, char path[static IDL_PATH_SIZE])
{
	char rest[IDL_PATH_SIZE];

	memcpy(rest, path, sizeof(rest));
	snprintf(path, IDL_PATH_SIZE, "%.*s%s%.*s", utf8_fitting(name, 60), name, rest[0] ? "." : "",
		 utf8_fitting(rest, 60), rest);
	return -EINVAL;
}

static const struct idl_type *find_field(const struct idl_type *type, const char *name)
{
	for (size_t i = 0; i < type->fields_count; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return type->fields[i].type;
	return NULL;
}

static int check_struct(const struct idl *idl, const struct idl_type *type, struct json_object *value,
			char path[static IDL_PATH_SIZE])
{
	for (size_t i = 0; i < type->fields_count; i++) {
		const struct idl_field *field = &type->fields[i];
		struct json_object *member = NULL;

		if (value)
			json_object_object_get_ex(value, field->name, &member);
		if (check(idl, field->type, member, path) < 0)
			return blame(field->name, path);
	}
	if (!value)
		return 0;
	json_object_object_foreach(value, key, member) {
		(void)member;
		if (!find_field(type, key))
			return blame(key, path);
	}
	return 0;
}

static int check_elements(const struct idl *idl, const struct idl_type *type,
			  struct json_object *value, char path[static IDL_PATH_SIZE])
{
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (check(idl, type->element, json_object_array_get_idx(value, i), path) < 0)
			return -EINVAL;
	return 0;
}

static int check_map(const struct idl *idl, const struct idl_type *type, struct json_object *value,
		     char path[static IDL_PATH_SIZE])
{
	json_object_object_foreach(value, key, member) {
		if (check(idl, type->element, member, path) < 0)
			return blame(key, path);
	}
	return 0;
}

static int check_enum(const struct idl_type *type, struct json_object *value)
{
	for (size_t i = 0; i < type->fields_count; i++)
		if (strcmp(type->fields[i].name, json_object_get_string(value)) == 0)
			return 0;
	return -EINVAL;
}

static int check(const struct idl *idl, const struct idl_type *type, struct json_object *value,
		 char path[static IDL_PATH_SIZE])
{
	static const enum json_type expected[] = {
		[IDL_KIND_BOOL] = json_type_boolean,  [IDL_KIND_INT] = json_type_int,
		[IDL_KIND_FLOAT] = json_type_double,  [IDL_KIND_STRING] = json_type_string,
		[IDL_KIND_OBJECT] = json_type_object, [IDL_KIND_ARRAY] = json_type_array,
		[IDL_KIND_MAP] = json_type_object,    [IDL_KIND_STRUCT] = json_type_object,
		[IDL_KIND_ENUM] = json_type_string,
	};

	path[0] = '\0';
	if (!value)
		return type->nullable ? 0 : -EINVAL;
	if (type->kind == IDL_KIND_NAMED)
		return check(idl, idl_find(idl, IDL_TYPE, type->name, strlen(type->name))->input, value,
			     path);
	/* A whole number is a fine floating point number. */
	if (!json_object_is_type(value, expected[type->kind]) &&
	    !(type->kind == IDL_KIND_FLOAT && json_object_is_type(value, json_type_int)))
		return -EINVAL;
	switch (type->kind) {
	case IDL_KIND_ARRAY:
		return check_elements(idl, type, value, path);
	case IDL_KIND_MAP:
		return check_map(idl, type, value, path);
	case IDL_KIND_STRUCT:
		return check_struct(idl, type, value, path);
	case IDL_KIND_ENUM:
		return check_enum(type, value);
	default:
		return 0;
	}
}

int idl_check(const struct idl *idl, enum idl_member_kind kind, const char *name, enum idl_part part,
	      struct json_object *value, char ret_path[static IDL_PATH_SIZE])
{
	const struct idl_member *member = idl_find(idl, kind, name, strlen(name));
	const struct idl_type *type = part == IDL_OUTPUT ? member->output : member->input;

	ret_path[0] = '\0';
	if (type->kind != IDL_KIND_STRUCT)
		return check(idl, type, value, ret_path);
	if (value && !json_object_is_type(value, json_type_object))
		return -EINVAL;
	return check_struct(idl, type, value, ret_path);
}
