/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/idl.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/idl-type.h"

/* Types nest in types: no true interface comes near this. */
#define DEPTH_MAX 16

struct reader {
	const char *start, *p;
	int failure;		/* 0, -EBADMSG or -ENOMEM: once set, nothing more is read */
};

static void *fail(struct reader *reader, int failure)
{
	if (!reader->failure)
		reader->failure = failure;
	return NULL;
}

static void skip_blanks(struct reader *reader)
{
	for (;;) {
		while (*reader->p && isspace((unsigned char)*reader->p))
			reader->p++;
		if (*reader->p != '#')
			return;
		reader->p += strcspn(reader->p, "\n");
	}
}

/* Takes the given sign, if it is what comes next. */
static bool take(struct reader *reader, const char *sign)
{
	size_t length = strlen(sign);

	skip_blanks(reader);
	if (reader->failure || strncmp(reader->p, sign, length) != 0)
		return false;
	reader->p += length;
	return true;
}

static void expect(struct reader *reader, const char *sign)
{
	if (!take(reader, sign))
		fail(reader, -EBADMSG);
}

/* A name: letters, digits and underscores; in the interface's own also dots and dashes. */
static char *take_name(struct reader *reader, const char *others)
{
	size_t length = 0;
	char *name;

	skip_blanks(reader);
	while (isalnum((unsigned char)reader->p[length]) ||
	       (reader->p[length] && strchr(others, reader->p[length])))
		length++;
	if (reader->failure || length == 0 || !isalpha((unsigned char)reader->p[0]))
		return fail(reader, -EBADMSG);
	name = strndup(reader->p, length);
	if (!name)
		return fail(reader, -ENOMEM);
	reader->p += length;
	return name;
}

static void free_type(struct idl_type *type)
{
	if (!type)
		return;
	for (size_t i = 0; i < type->fields_count; i++) {
		free(type->fields[i].name);
		free_type(type->fields[i].type);
	}
	free(type->fields);
	free_type(type->element);
	free(type->name);
	free(type);
}

static struct idl_type *new_type(struct reader *reader, enum idl_type_kind kind)
{
	struct idl_type *type = calloc(1, sizeof(*type));

	if (!type)
		return fail(reader, -ENOMEM);
	type->kind = kind;
	return type;
}

static struct idl_type *read_type(struct reader *reader, unsigned int depth);

static void add_field(struct reader *reader, struct idl_type *type, char *name,
		      struct idl_type *field)
{
	struct idl_field *more =
		reallocarray(type->fields, type->fields_count + 1, sizeof(*type->fields));

	if (!more) {
		free(name);
		free_type(field);
		fail(reader, -ENOMEM);
		return;
	}
	type->fields = more;
	type->fields[type->fields_count++] = (struct idl_field){ name, field };
}

/* "(a: int, b: string)" or, where the first name is not followed by a colon, "(one, two)". */
static struct idl_type *read_struct(struct reader *reader, unsigned int depth)
{
	struct idl_type *type = new_type(reader, IDL_KIND_STRUCT);

	expect(reader, "(");
	if (reader->failure || take(reader, ")"))
		return type;
	do {
		char *name = take_name(reader, "_");
		struct idl_type *field = NULL;

		if (type->fields_count == 0 && !take(reader, ":"))
			type->kind = IDL_KIND_ENUM;
		else if (type->fields_count > 0 && type->kind == IDL_KIND_STRUCT)
			expect(reader, ":");
		if (type->kind == IDL_KIND_STRUCT)
			field = read_type(reader, depth + 1);
		if (name)
			add_field(reader, type, name, field);
		else
			free_type(field);
	} while (!reader->failure && take(reader, ","));
	expect(reader, ")");
	return type;
}

static struct idl_type *read_plain(struct reader *reader)
{
	static const struct {
		const char *name;
		enum idl_type_kind kind;
	} plain[] = {
		{ "bool", IDL_KIND_BOOL },     { "int", IDL_KIND_INT },	      { "float", IDL_KIND_FLOAT },
		{ "string", IDL_KIND_STRING }, { "object", IDL_KIND_OBJECT },
	};
	CLEANUP_FREE char *name = take_name(reader, "_");
	struct idl_type *type;

	if (!name)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcmp(plain[i].name, name) == 0)
			return new_type(reader, plain[i].kind);
	type = new_type(reader, IDL_KIND_NAMED);
	if (type)
		type->name = TAKE_PTR(name);
	return type;
}

static struct idl_type *read_container(struct reader *reader, enum idl_type_kind kind,
				       unsigned int depth)
{
	struct idl_type *type = new_type(reader, kind);

	if (type)
		type->element = read_type(reader, depth + 1);
	return type;
}

static struct idl_type *read_type(struct reader *reader, unsigned int depth)
{
	struct idl_type *type;
	bool nullable;

	if (depth > DEPTH_MAX)
		return fail(reader, -EBADMSG);
	nullable = take(reader, "?");
	skip_blanks(reader);
	if (take(reader, "[]"))
		type = read_container(reader, IDL_KIND_ARRAY, depth);
	else if (take(reader, "[string]"))
		type = read_container(reader, IDL_KIND_MAP, depth);
	else if (*reader->p == '(')
		type = read_struct(reader, depth);
	else
		type = read_plain(reader);
	if (type)
		type->nullable = nullable;
	return type;
}

static bool read_member(struct reader *reader, struct idl *idl)
{
	struct idl_member member = { 0 }, *more;

	if (take(reader, "type "))
		member.kind = IDL_TYPE;
	else if (take(reader, "method "))
		member.kind = IDL_METHOD;
	else if (take(reader, "error "))
		member.kind = IDL_ERROR;
	else
		return false;
	member.name = take_name(reader, "");
	member.input = read_struct(reader, 0);
	if (member.kind == IDL_METHOD) {
		expect(reader, "->");
		member.output = read_struct(reader, 0);
	}
	if (!reader->failure && idl_find(idl, member.kind, member.name, strlen(member.name)))
		fail(reader, -EBADMSG);
	/* Only a type can be an enumeration; a call's parameters are an object. */
	if (!reader->failure && member.kind != IDL_TYPE &&
	    (member.input->kind != IDL_KIND_STRUCT ||
	     (member.output && member.output->kind != IDL_KIND_STRUCT)))
		fail(reader, -EBADMSG);
	more = reallocarray(idl->members, idl->members_count + 1, sizeof(*more));
	if (!more)
		fail(reader, -ENOMEM);
	else
		idl->members = more;
	if (!more) {
		free(member.name);
		free_type(member.input);
		free_type(member.output);
		return false;
	}
	idl->members[idl->members_count++] = member;
	return !reader->failure;
}

/* Every name of a type must be one of this interface. */
static bool names_are_known(const struct idl *idl, const struct idl_type *type)
{
	if (!type)
		return true;
	if (type->kind == IDL_KIND_NAMED)
		return idl_find(idl, IDL_TYPE, type->name, strlen(type->name)) != NULL;
	for (size_t i = 0; i < type->fields_count; i++)
		if (!names_are_known(idl, type->fields[i].type))
			return false;
	return names_are_known(idl, type->element);
}

static void check_names(struct reader *reader, const struct idl *idl)
{
	for (size_t i = 0; i < idl->members_count; i++)
		if (!names_are_known(idl, idl->members[i].input) ||
		    !names_are_known(idl, idl->members[i].output))
			fail(reader, -EBADMSG);
}

int idl_parse(const char *text, struct idl **ret_idl, unsigned int *ret_line)
{
	struct reader reader = { .start = text, .p = text };
	CLEANUP_IDL struct idl *idl = calloc(1, sizeof(*idl));

	if (!idl)
		return -ENOMEM;
	expect(&reader, "interface ");
	idl->name = take_name(&reader, ".-");
	while (!reader.failure && read_member(&reader, idl))
		;
	if (!reader.failure)
		skip_blanks(&reader);
	if (*reader.p != '\0')
		fail(&reader, -EBADMSG);
	if (!reader.failure)
		check_names(&reader, idl);
	if (!reader.failure) {
		*ret_idl = TAKE_PTR(idl);
		return 0;
	}
	*ret_line = 1;
	for (const char *p = reader.start; p < reader.p; p++)
		*ret_line += *p == '\n';
	return reader.failure;
}

struct idl *idl_free(struct idl *idl)
{
	if (!idl)
		return NULL;
	for (size_t i = 0; i < idl->members_count; i++) {
		free(idl->members[i].name);
		free_type(idl->members[i].input);
		free_type(idl->members[i].output);
	}
	free(idl->members);
	free(idl->name);
	free(idl);
	return NULL;
}

const char *idl_name(const struct idl *idl)
{
	return idl->name;
}

const struct idl_member *idl_find(const struct idl *idl, enum idl_member_kind kind, const char *name,
				  size_t length)
{
	for (size_t i = 0; i < idl->members_count; i++)
		if (idl->members[i].kind == kind && strlen(idl->members[i].name) == length &&
		    memcmp(idl->members[i].name, name, length) == 0)
			return &idl->members[i];
	return NULL;
}

bool idl_has(const struct idl *idl, enum idl_member_kind kind, const char *name)
{
	return idl_find(idl, kind, name, strlen(name)) != NULL;
}

const char *idl_member(const struct idl *idl, enum idl_member_kind kind, size_t index)
{
	for (size_t i = 0; i < idl->members_count; i++)
		if (idl->members[i].kind == kind && index-- == 0)
			return idl->members[i].name;
	return NULL;
}
