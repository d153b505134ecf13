/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON that comes from outside and goes there: a strict, limited reader over json-c, and
 * tables that say which member of an object is which field of a struct.
 */
#ifndef APQD_COMMON_JSON_H
#define APQD_COMMON_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"
#include "common/matrix.h"

/* Deep enough for every call and file of ours; deeper input is refused. */
#define JSON_DEPTH_MAX 16

/*
 * The most that the values of one text may take, in bytes: the 16 MiB of a list of short lists would
 * else become gigabytes.  Enough for 16 MiB of ids from 0 to 255.
 */
#define JSON_TREE_MAX (448u << 20)

/* Where a text stops being JSON, for a message. */
struct json_mistake {
	unsigned int line;	/* from 1 */
	unsigned int column;	/* from 1, in bytes */
	const char *reason;	/* a phrase, static */
};

/*
 * Reads one JSON value that must fill all of text.  Refused: what is not strictly JSON
 * or not UTF-8, nesting deeper than JSON_DEPTH_MAX, more than JSON_TREE_MAX, a member that an
 * object has twice, and NUL characters in strings (they would be cut off unseen).
 * Returns 0 and the value (the caller puts it), -ENOMEM, or -EBADMSG and *ret_mistake,
 * which may be NULL.
 */
MUST_CHECK int json_parse(const char *text, size_t length, struct json_object **ret_value,
			  struct json_mistake *ret_mistake);

/* The same for files of programs to which the last counts of a member that is there twice. */
MUST_CHECK int json_parse_last(const char *text, size_t length, struct json_object **ret_value,
			       struct json_mistake *ret_mistake);

enum json_kind {
	JSON_KIND_STRING,	/* const char *, borrowed from the object when read; NULL is null */
	JSON_KIND_TEXT,		/* char[], a NUL-terminated array (written only); "" is null if nullable */
	JSON_KIND_BOOL,		/* bool */
	JSON_KIND_TRISTATE,	/* int8_t: 1, 0, and -1 for null */
	JSON_KIND_BYTE,		/* uint8_t */
	JSON_KIND_INT,		/* int64_t; nullable: JSON_INT_NULL is null */
	JSON_KIND_MASK,		/* struct mask as a list of ids, which must be 0 to 255 */
	JSON_KIND_MATRIX,	/* struct matrix as the interface's type Matrix */
	JSON_KIND_OBJECT,	/* struct json_object *, borrowed when read, another reference when written */
};

#define JSON_INT_NULL INT64_MIN

enum {
	JSON_REQUIRED = 1 << 0,	/* reading: a missing or null member is refused */
	JSON_NULLABLE = 1 << 1,	/* writing: the kind's null value becomes null */
};

struct json_field {
	const char *name;
	enum json_kind kind;
	size_t offset;		/* in the struct */
	unsigned int flags;
};

#define JSON_FIELD(struct_, member, name_, kind_, flags_) \
	{ .name = (name_), .kind = (kind_), .offset = offsetof(struct_, member), .flags = (flags_) }

/*
 * Fills the struct at target from object by the table of count fields.  A member that is
 * missing or null leaves its field as it is, so set the defaults before.  With known_only
 * a member that the table does not name is refused.
 * Returns 0, or -EINVAL and the name of the bad member in *ret_bad (borrowed from the
 * table or the object).
 */
MUST_CHECK int json_read(struct json_object *object, const struct json_field *fields, size_t count,
			 bool known_only, void *target, const char **ret_bad);

/* A new object with every field of the table, in its order; the caller puts it; NULL without memory. */
struct json_object *json_write(const struct json_field *fields, size_t count, const void *source);

/* A new list that is to have so many values; the caller puts it; NULL without memory. */
struct json_object *json_new_list(size_t size);

/*
 * Adds value under key and owns it from then on; a NULL value adds null.  For building by
 * hand: a failed allocation leaves the member out, and returns -ENOMEM.
 */
int json_add(struct json_object *object, const char *key, struct json_object *value);
int json_add_string(struct json_object *object, const char *key, const char *value);
int json_add_int(struct json_object *object, const char *key, int64_t value);
int json_add_bool(struct json_object *object, const char *key, bool value);

/* Appends value to list, which may be NULL for want of memory, and owns it from then on. */
void json_append(struct json_object *list, struct json_object *value);

/* A list of ids, and the interface's type Matrix; the caller puts them; NULL without memory. */
struct json_object *json_from_mask(const struct mask *mask);
struct json_object *json_from_matrix(const struct matrix *matrix);

/* The other way: 0, or -EINVAL for what is not such a list or object with ids from 0 to 255. */
MUST_CHECK int json_to_mask(struct json_object *value, struct mask *ret_mask);
MUST_CHECK int json_to_matrix(struct json_object *value, struct matrix *ret_matrix);

/* A member's string, or NULL where object has none of that name or it is not a string; borrowed. */
const char *json_get_string(struct json_object *object, const char *key);

/*
 * The compact text of value, with its length, and the one in lines, indented by two blanks; borrowed from
 * value until the next of them is asked for; NULL without memory.
 */
const char *json_text(struct json_object *value, size_t *ret_length);
const char *json_lines(struct json_object *value);

#endif
