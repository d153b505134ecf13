/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Varlink's interface definition language: reads an interface file, and checks JSON against
 * the types in it.  The daemon checks every call with it before a handler sees the call;
 * the tests check every reply.
 */
#ifndef APQD_COMMON_IDL_H
#define APQD_COMMON_IDL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "common/macro.h"

struct idl;

enum idl_member_kind {
	IDL_TYPE,
	IDL_METHOD,
	IDL_ERROR,
};

/*
 * Reads the interface in text.  Returns 0 and the interface (the caller frees it),
 * -ENOMEM, or -EBADMSG and the line of the mistake, from 1.
 */
MUST_CHECK int idl_parse(const char *text, struct idl **ret_idl, unsigned int *ret_line);

/* Takes NULL too; returns NULL. */
struct idl *idl_free(struct idl *idl);

#define CLEANUP_IDL CLEANUP(idl_freep)
DEFINE_CLEANUP(struct idl *, idl_free);

/* The interface's name, for example "io.apqd.Manager"; borrowed. */
const char *idl_name(const struct idl *idl);

/* Returns true if it has a member of that kind and (short) name. */
bool idl_has(const struct idl *idl, enum idl_member_kind kind, const char *name);

/* The name of the index'th member of that kind, or NULL behind the last; borrowed. */
const char *idl_member(const struct idl *idl, enum idl_member_kind kind, size_t index);

enum idl_part {
	IDL_INPUT,	/* a method's parameters */
	IDL_OUTPUT,	/* a method's reply */
	IDL_CONTENT,	/* an error's parameters, a type's fields */
};

/* Long enough for the path of a bad member, for example "matrix.adapters". */
#define IDL_PATH_SIZE 128

/*
 * Checks value against a part of a member that must exist; NULL stands for no members.
 * Returns 0, or -EINVAL and where the first mistake lies: the name of the member at the
 * top, and what is below it after a dot.
 */
MUST_CHECK int idl_check(const struct idl *idl, enum idl_member_kind kind, const char *name,
			 enum idl_part part, struct json_object *value,
			 char ret_path[static IDL_PATH_SIZE]);

#endif
