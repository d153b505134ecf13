/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What idl.c reads an interface into and idl-check.c walks through.  Nobody else needs it.
 */
#ifndef APQD_COMMON_IDL_TYPE_H
#define APQD_COMMON_IDL_TYPE_H

#include "common/idl.h"

enum idl_type_kind {
	IDL_KIND_BOOL,
	IDL_KIND_INT,
	IDL_KIND_FLOAT,
	IDL_KIND_STRING,
	IDL_KIND_OBJECT,
	IDL_KIND_ARRAY,		/* element is what it holds */
	IDL_KIND_MAP,		/* of strings to element */
	IDL_KIND_STRUCT,	/* fields */
	IDL_KIND_ENUM,		/* fields, of which only the names count */
	IDL_KIND_NAMED,		/* name is that of a type member */
};

struct idl_field;

struct idl_type {
	enum idl_type_kind kind;
	bool nullable;
	char *name;
	struct idl_type *element;
	struct idl_field *fields;
	size_t fields_count;
};

struct idl_field {
	char *name;
	struct idl_type *type;
};

struct idl_member {
	enum idl_member_kind kind;
	char *name;
	struct idl_type *input;		/* also of a type and an error */
	struct idl_type *output;	/* of a method only */
};

struct idl {
	char *name;
	struct idl_member *members;
	size_t members_count;
};

const struct idl_member *idl_find(const struct idl *idl, enum idl_member_kind kind, const char *name,
				  size_t length);

#endif
