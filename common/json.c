/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/json.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json-walk.h"

DEFINE_CLEANUP(struct json_tokener *, json_tokener_free);

static int mistake(const char *text, size_t at, const char *reason,
		   struct json_mistake *ret_mistake)
{
	struct json_mistake where = { .line = 1, .column = 1, .reason = reason };

	for (size_t i = 0; i < at; i++) {
		where.column++;
		if (text[i] == '\n') {
			where.line++;
			where.column = 1;
		}
	}
	if (ret_mistake)
		*ret_mistake = where;
	return -EBADMSG;
}

/* True if json-c is of that minor version or later. The oldest one that works is 0.13.1. */
#define JSON_C_IS(minor) (JSON_C_VERSION_NUM >= ((minor) << 8))

#if JSON_C_IS(16)
#define KEY_IS_CONSTANT JSON_C_OBJECT_ADD_CONSTANT_KEY
#else
#define KEY_IS_CONSTANT JSON_C_OBJECT_KEY_IS_CONSTANT
#endif

static size_t parse_end(struct json_tokener *tokener)
{
#if JSON_C_IS(14)
	return json_tokener_get_parse_end(tokener);
#else
	return (size_t)tokener->char_offset;
#endif
}

struct json_object *json_new_list(size_t size)
{
#if JSON_C_IS(15)
	return json_object_new_array_ext((int)size);
#else
	(void)size;
	return json_object_new_array();
#endif
}

/* Counts the members in value and below. */
static size_t count_members(struct json_object *value)
{
	size_t members = 0;

	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			members += count_members(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			members += 1 + count_members(member);
		}
	}
	return members;
}

/* json-c's part of it; flags are those of its tokener. */
static int parse_text(const char *text, size_t length, int flags, struct json_object **ret_value,
		      struct json_mistake *ret_mistake)
{
	CLEANUP(json_tokener_freep) struct json_tokener *tokener = NULL;
	CLEANUP_JSON struct json_object *value = NULL;
	enum json_tokener_error error;

	tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, flags);
	value = json_tokener_parse_ex(tokener, text, (int)length);
	error = json_tokener_get_error(tokener);
	/* A bare number ends only when something follows it: say that nothing does. */
	if (error == json_tokener_continue) {
		size_t end = parse_end(tokener);

		value = json_tokener_parse_ex(tokener, "", 1);
		error = json_tokener_get_error(tokener);
		if (error == json_tokener_continue || error == json_tokener_error_parse_eof)
			return mistake(text, end, "the text ends too early", ret_mistake);
	}
	if (error != json_tokener_success)
		return mistake(text, parse_end(tokener),
			       json_tokener_error_desc(error), ret_mistake);
	*ret_value = TAKE_PTR(value);
	return 0;
}

/* Makes a copy of text with an 'x' for every byte that is not ASCII; NULL if all are. */
static int copy_as_ascii(const char *text, size_t length, char **ret_copy)
{
	char *copy = NULL;

	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)text[i] < 0x80)
			continue;
		if (!copy) {
			copy = malloc(length);
			if (!copy)
				return -ENOMEM;
			memcpy(copy, text, length);
		}
		copy[i] = 'x';
	}
	*ret_copy = copy;
	return 0;
}

/* Also tells how many members are written, of which json-c may have made fewer. */
static int parse(const char *text, size_t length, struct json_object **ret_value, size_t *ret_written,
		 struct json_mistake *ret_mistake)
{
	CLEANUP_JSON struct json_object *value = NULL;
	CLEANUP_FREE char *ascii = NULL;
	struct json_walk walk;
	int r;

	if (length > INT_MAX - 1)
		return mistake(text, 0, "too long", ret_mistake);
	r = json_walk(text, length, &walk);
	if (r < 0)
		return mistake(text, walk.at, walk.reason, ret_mistake);
	/*
	 * Where char is signed, the strict tokener of json-c 0.18 takes what is not ASCII for
	 * control characters (its issue 892).  So it gets a copy without, and the text itself is
	 * read by one that is not strict.
	 */
	r = copy_as_ascii(text, length, &ascii);
	if (r < 0)
		return r;
	r = parse_text(ascii ? ascii : text, length, JSON_TOKENER_STRICT, &value, ret_mistake);
	if (r == 0 && ascii) {
		json_object_put(TAKE_PTR(value));
		r = parse_text(text, length, 0, &value, ret_mistake);
	}
	if (r < 0)
		return r;
	*ret_value = TAKE_PTR(value);
	*ret_written = walk.members;
	return 0;
}

int json_parse(const char *text, size_t length, struct json_object **ret_value,
	       struct json_mistake *ret_mistake)
{
	CLEANUP_JSON struct json_object *value = NULL;
	size_t written = 0;
	int r = parse(text, length, &value, &written, ret_mistake);

	if (r < 0)
		return r;
	if (count_members(value) != written)
		return mistake(text, 0, "an object has a member twice", ret_mistake);
	*ret_value = TAKE_PTR(value);
	return 0;
}

int json_parse_last(const char *text, size_t length, struct json_object **ret_value,
		    struct json_mistake *ret_mistake)
{
	size_t written = 0;

	return parse(text, length, ret_value, &written, ret_mistake);
}

static int read_int(struct json_object *value, int64_t min, int64_t max, int64_t *ret_number)
{
	int64_t number;

	if (!json_object_is_type(value, json_type_int))
		return -EINVAL;
	number = json_object_get_int64(value);
	if (number < min || number > max)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

int json_to_mask(struct json_object *value, struct mask *ret_mask)
{
	struct mask mask = { 0 };

	if (!json_object_is_type(value, json_type_array))
		return -EINVAL;
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		int64_t id;

		if (read_int(json_object_array_get_idx(value, i), 0, APQN_IDS - 1, &id) < 0)
			return -EINVAL;
		mask_set(&mask, (unsigned int)id);
	}
	*ret_mask = mask;
	return 0;
}

static const struct json_field matrix_fields[] = {
	JSON_FIELD(struct matrix, adapters, "adapters", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct matrix, domains, "domains", JSON_KIND_MASK, JSON_REQUIRED),
	JSON_FIELD(struct matrix, control_domains, "controlDomains", JSON_KIND_MASK, JSON_REQUIRED),
};

int json_to_matrix(struct json_object *value, struct matrix *ret_matrix)
{
	struct matrix matrix = { 0 };
	const char *bad;

	if (json_read(value, matrix_fields, ARRAY_SIZE(matrix_fields), true, &matrix, &bad) < 0)
		return -EINVAL;
	*ret_matrix = matrix;
	return 0;
}

static int read_field(struct json_object *value, enum json_kind kind, void *field)
{
	int64_t number;

	switch (kind) {
	case JSON_KIND_STRING:
		if (!json_object_is_type(value, json_type_string))
			return -EINVAL;
		*(const char **)field = json_object_get_string(value);
		return 0;
	case JSON_KIND_BOOL:
	case JSON_KIND_TRISTATE:
		if (!json_object_is_type(value, json_type_boolean))
			return -EINVAL;
		if (kind == JSON_KIND_BOOL)
			*(bool *)field = json_object_get_boolean(value);
		else
			*(int8_t *)field = json_object_get_boolean(value) ? 1 : 0;
		return 0;
	case JSON_KIND_BYTE:
		if (read_int(value, 0, UINT8_MAX, &number) < 0)
			return -EINVAL;
		*(uint8_t *)field = (uint8_t)number;
		return 0;
	case JSON_KIND_INT:
		return read_int(value, INT64_MIN + 1, INT64_MAX, field);
	case JSON_KIND_MASK:
		return json_to_mask(value, field);
	case JSON_KIND_MATRIX:
		return json_to_matrix(value, field);
	case JSON_KIND_OBJECT:
		*(struct json_object **)field = value;
		return 0;
	case JSON_KIND_TEXT:
		break;
	}
	return -EINVAL;
}

static int check_known(struct json_object *object, const struct json_field *fields, size_t count,
		       const char **ret_bad)
{
	json_object_object_foreach(object, key, value)
	{
		size_t i = 0;

		(void)value;
		while (i < count && strcmp(fields[i].name, key) != 0)
			i++;
		if (i == count) {
			*ret_bad = key;
			return -EINVAL;
		}
	}
	return 0;
}

int json_read(struct json_object *object, const struct json_field *fields, size_t count,
	      bool known_only, void *target, const char **ret_bad)
{
	if (!json_object_is_type(object, json_type_object)) {
		*ret_bad = "";
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++) {
		struct json_object *value = NULL;

		json_object_object_get_ex(object, fields[i].name, &value);
		if (!value && !(fields[i].flags & JSON_REQUIRED))
			continue;
		if (!value ||
		    read_field(value, fields[i].kind, (char *)target + fields[i].offset) < 0) {
			*ret_bad = fields[i].name;
			return -EINVAL;
		}
	}
	return known_only ? check_known(object, fields, count, ret_bad) : 0;
}

static struct json_object *write_text(const char *text, bool empty_is_null)
{
	return text && !(empty_is_null && !*text) ? json_object_new_string(text) : NULL;
}

/* The value of one field; NULL is null. */
static struct json_object *write_field(const struct json_field *field, const void *at)
{
	switch (field->kind) {
	case JSON_KIND_STRING:
		return write_text(*(const char *const *)at, false);
	case JSON_KIND_TEXT:
		return write_text(at, field->flags & JSON_NULLABLE);
	case JSON_KIND_BOOL:
		return json_object_new_boolean(*(const bool *)at);
	case JSON_KIND_TRISTATE:
		return *(const int8_t *)at < 0 ? NULL :
						 json_object_new_boolean(*(const int8_t *)at);
	case JSON_KIND_BYTE:
		return json_object_new_int(*(const uint8_t *)at);
	case JSON_KIND_INT:
		return *(const int64_t *)at == JSON_INT_NULL ?
			       NULL :
			       json_object_new_int64(*(const int64_t *)at);
	case JSON_KIND_MASK:
		return json_from_mask(at);
	case JSON_KIND_MATRIX:
		return json_from_matrix(at);
	case JSON_KIND_OBJECT:
		return json_object_get(*(struct json_object *const *)at);
	}
	return NULL;
}

/*
 * Adds a member that is not there yet, whose key lasts as long as the program: it is neither copied nor
 * looked for, which takes half the time away from making an object.
 */
static int add_constant(struct json_object *object, const char *key, struct json_object *value)
{
	if (!object ||
	    json_object_object_add_ex(object, key, value,
				      JSON_C_OBJECT_ADD_KEY_IS_NEW | KEY_IS_CONSTANT) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

struct json_object *json_write(const struct json_field *fields, size_t count, const void *source)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < count; i++)
		if (add_constant(object, fields[i].name,
				 write_field(&fields[i], (const char *)source + fields[i].offset)) < 0)
			return NULL;
	return TAKE_PTR(object);
}

int json_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (!object || json_object_object_add(object, key, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int json_add_string(struct json_object *object, const char *key, const char *value)
{
	return json_add(object, key, write_text(value, false));
}

int json_add_int(struct json_object *object, const char *key, int64_t value)
{
	return json_add(object, key, json_object_new_int64(value));
}

int json_add_bool(struct json_object *object, const char *key, bool value)
{
	return json_add(object, key, json_object_new_boolean(value));
}

void json_append(struct json_object *list, struct json_object *value)
{
	if (!list || json_object_array_add(list, value) < 0)
		json_object_put(value);
}

struct json_object *json_from_mask(const struct mask *mask)
{
	struct json_object *list = json_new_list(mask_count(mask));

	if (list)
		MASK_FOR_EACH(id, mask)
			json_object_array_add(list, json_object_new_int((int)id));
	return list;
}

struct json_object *json_from_matrix(const struct matrix *matrix)
{
	return json_write(matrix_fields, ARRAY_SIZE(matrix_fields), matrix);
}

const char *json_get_string(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

const char *json_text(struct json_object *value, size_t *ret_length)
{
	return json_object_to_json_string_length(value,
						 JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE,
						 ret_length);
}

/* Up to json-c 0.13 each line but the first is indented by one blank too many. */
static void correct_lines(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		*to++ = *from;
		if (from[0] == '\n' && from[1] == ' ')
			from++;
	}
	*to = '\0';
}

const char *json_lines(struct json_object *value)
{
	/*
	 * json-c owns the text in a buffer of the value.  Nobody else sees the buffer until json-c
	 * writes it again.
	 */
	char *text = (char *)json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_SPACED |
								   JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text && !JSON_C_IS(14))
		correct_lines(text);
	return text;
}
