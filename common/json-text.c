/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/json-text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* Room for what is usual; a longer text moves. */
#define USUAL 512

struct buffer {
	char usual[USUAL];
	char *moved;		/* where it is longer */
	size_t length, size;
	int error;
};

static char *data_of(struct buffer *buffer)
{
	return buffer->moved ? buffer->moved : buffer->usual;
}

static void append(struct buffer *buffer, const char *text, size_t length)
{
	if (buffer->length + length > buffer->size) {
		size_t size = 2 * (buffer->length + length);
		char *moved = realloc(buffer->moved, size);

		if (!moved) {
			buffer->error = -ENOMEM;
			return;
		}
		if (!buffer->moved)
			memcpy(moved, buffer->usual, buffer->length);
		buffer->moved = moved;
		buffer->size = size;
	}
	memcpy(data_of(buffer) + buffer->length, text, length);
	buffer->length += length;
}

static void append_word(struct buffer *buffer, const char *word)
{
	append(buffer, word, strlen(word));
}

/* How many bytes at the beginning mean themselves in a string of JSON. */
static size_t plain_length(const char *text)
{
	size_t n = 0;

	while (text[n] >= ' ' && text[n] <= '~' && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

static void append_string(struct buffer *buffer, const char *text)
{
	CLEANUP_JSON struct json_object *string = NULL;
	const char *quoted;
	size_t length = plain_length(text);

	if (text[length] == '\0') {
		append(buffer, "\"", 1);
		append(buffer, text, length);
		append(buffer, "\"", 1);
		return;
	}
	string = json_object_new_string(text);
	quoted = string ? json_text(string, &length) : NULL;
	if (quoted)
		append(buffer, quoted, length);
	else
		buffer->error = -ENOMEM;
}

static void append_number(struct buffer *buffer, int64_t number)
{
	char text[24];

	append(buffer, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, number));
}

static void append_value(struct buffer *buffer, const struct json_field *field, const void *at)
{
	const char *text = at;
	int64_t number;

	switch (field->kind) {
	case JSON_KIND_STRING:
	case JSON_KIND_TEXT:
		if (field->kind == JSON_KIND_STRING)
			text = *(const char *const *)at;
		else if (field->flags & JSON_NULLABLE && !*text)
			text = NULL;
		if (text)
			append_string(buffer, text);
		else
			append_word(buffer, "null");
		return;
	case JSON_KIND_BOOL:
		append_word(buffer, *(const bool *)at ? "true" : "false");
		return;
	case JSON_KIND_TRISTATE:
		number = *(const int8_t *)at;
		append_word(buffer, number < 0 ? "null" : number ? "true" : "false");
		return;
	case JSON_KIND_BYTE:
		append_number(buffer, *(const uint8_t *)at);
		return;
	case JSON_KIND_INT:
		number = *(const int64_t *)at;
		if (number == JSON_INT_NULL)
			append_word(buffer, "null");
		else
			append_number(buffer, number);
		return;
	case JSON_KIND_MASK:
	case JSON_KIND_MATRIX:
	case JSON_KIND_OBJECT:
		break;
	}
	buffer->error = -EINVAL;
}

/* A leaf of json-c that is written as the text, which it owns then; NULL without memory. */
static struct json_object *make_leaf(char *text)
{
	struct json_object *leaf = text ? json_object_new_boolean(false) : NULL;

	if (leaf)
		json_object_set_serializer(leaf, json_object_userdata_to_json_string, text,
					   json_object_free_userdata);
	else
		free(text);
	return leaf;
}

struct json_object *json_write_text(const struct json_field *fields, size_t count, const void *source)
{
	struct buffer buffer = { .size = USUAL };
	struct json_object *leaf = NULL;

	append(&buffer, "{", 1);
	for (size_t i = 0; i < count; i++) {
		append_word(&buffer, i > 0 ? ",\"" : "\"");
		append_word(&buffer, fields[i].name);
		append(&buffer, "\":", 2);
		append_value(&buffer, &fields[i], (const char *)source + fields[i].offset);
	}
	append(&buffer, "}", 2);
	if (buffer.error == 0)
		leaf = make_leaf(strdup(data_of(&buffer)));
	free(buffer.moved);
	return leaf;
}

struct json_object *json_of_text(const char *text)
{
	return make_leaf(strdup(text));
}

struct json_object *json_as_text(struct json_object *value)
{
	const char *text = value ? json_text(value, NULL) : NULL;
	struct json_object *leaf = text ? json_of_text(text) : NULL;

	json_object_put(value);
	return leaf;
}
