/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What files are to become: what they have now, with our keys set in it.  Each reads what there is
 * (the file's folder and name are set), and says what is to be done with it.  They return 0,
 * -EBADMSG where a file cannot be read and so must not be replaced, or another negative errno.
 */
#ifndef APQD_DAEMON_STORE_COMPOSE_H
#define APQD_DAEMON_STORE_COMPOSE_H

#include "daemon/store/staged.h"

/* What the files of a definition must still say. */
struct compose_was {
	bool is_known;		/* else anything */
	bool is_there;		/* else there must be none */
	struct definition definition;
};

/*
 * A definition lies in two files: mdevctl's, which is shared with it, and our own.  STORE_OVERTAKEN where they
 * do not say any more what they did.
 */
MUST_CHECK int compose_definition(struct store *store, const struct definition *definition,
				  const struct compose_was *was, struct staged_file *own,
				  struct staged_file *shared);

/* A file that cannot be read may go all the same. */
MUST_CHECK int compose_removal(const struct store *store, struct staged_file *own,
			       struct staged_file *shared);

MUST_CHECK int compose_policy(const struct store *store, const struct host_policy *policy,
			      struct staged_file *file);

#endif
