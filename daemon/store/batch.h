/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of /etc that change together, all or none, in two halves.  Staging does all that can fail for
 * want of room or rights, beside the files, so that it can come before the kernel is touched; the
 * commit only gives the files their new names.
 *
 * Power may fail at any moment: where more than one file changes, a list of them
 * (/etc/apqd/.commit.json) lies there durably before the first does and goes after the last, and
 * the next start finishes what it names.
 */
#ifndef APQD_DAEMON_STORE_BATCH_H
#define APQD_DAEMON_STORE_BATCH_H

#include <errno.h>

#include "daemon/store/store.h"

struct store_batch;

/* An empty one for up to max changes; the caller frees it, before the store is closed. */
MUST_CHECK int store_batch_new(struct store *store, size_t max, struct store_batch **ret_batch);

/* Files that were staged and not committed go.  Takes NULL too. */
void store_batch_free(struct store_batch *batch);

/*
 * Adds a definition to be written or removed, or the host policy; all are copied.  Every key of the
 * files that is not ours is kept.  Each may be in it once.
 */
void store_batch_write_definition(struct store_batch *batch, const struct definition *definition);
void store_batch_remove_definition(struct store_batch *batch, const struct uuid *uuid);
void store_batch_write_policy(struct store_batch *batch, const struct host_policy *policy);

/*
 * As the first, where the files still say what they did (NULL: nothing, there are none); else staging
 * and commit return STORE_OVERTAKEN, and what another program wrote stays.
 */
#define STORE_OVERTAKEN (-ECANCELED)
void store_batch_replace_definition(struct store_batch *batch, const struct definition *was,
				    const struct definition *definition);

bool store_batch_is_empty(const struct store_batch *batch);

/*
 * Reads what is there, and lays the new files beside it, durably.  It touches nothing but the batch
 * and the disk, so any thread may call it.  Returns 0, -EBADMSG where a file is there that cannot be
 * read and so must not be replaced, or another negative errno.
 */
MUST_CHECK int store_batch_stage(struct store_batch *batch);

/*
 * Puts them in their places, durably; one that somebody else has changed since is staged anew first.
 * Returns as above, and then all files are as they were, unless the last tells that one could not be put
 * back, which is logged too.
 */
MUST_CHECK int store_batch_commit(struct store_batch *batch);
bool store_batch_is_stuck(const struct store_batch *batch);

/* What the last failure was of: "write the definition" or "write the host policy". */
const char *store_batch_failed(const struct store_batch *batch);

/* A sentence about what was in the way of the last failure, and the command that removes it; or NULL. */
const char *store_batch_obstacle(const struct store_batch *batch);

/*
 * Finishes what a power cut has left half committed, and removes what a killed daemon has left lying
 * beside its files.  Returns 1 where files have changed, 0, or a negative errno.
 */
MUST_CHECK int store_finish_commit(struct store *store);

#endif
