/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of definitions, in order, so that neither a name nor a second one like it has to be
 * searched for among thousands.
 */
#ifndef APQD_DAEMON_MODEL_NAMES_H
#define APQD_DAEMON_MODEL_NAMES_H

#include <stddef.h>

#include "common/macro.h"

struct definition;

struct names {
	const struct definition **items;	/* those that have a name, by name and then by UUID */
	size_t count, size;
};

/* Frees the index, not the definitions. */
void names_done(struct names *names);

/* Makes room for one more; returns 0 or -ENOMEM. */
MUST_CHECK int names_reserve(struct names *names);

/* Puts a definition, for which there is room, or takes it out.  One without a name is left aside. */
void names_add(struct names *names, const struct definition *definition);
void names_remove(struct names *names, const struct definition *definition);

/*
 * Returns how many definitions have the name.  *ret_first is the index of the first; the others
 * follow it.
 */
size_t names_find(const struct names *names, const char *name, size_t *ret_first);

#endif
