/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disk: definitions of devices, the host policy, and what must outlive the daemon.
 * Everything is written atomically and durably (the files of /etc by batch.h), and read tolerantly:
 * a file that cannot be used is reported and kept, and stops nothing else.
 *
 *   /etc/mdevctl.d/matrix/UUID     a definition, in mdevctl's form: shared with it and libvirt
 *   /etc/apqd/devices.d/UUID.json  what mdevctl has no place for: name, interrupts policy
 *   /etc/apqd/host.json            the host policy
 *   /run/apqd/devices/UUID.json    what to remember until the next boot
 *   /run/apqd/pending/UUID.json    a change that is under way; host.json: of the host alone;
 *                                  devices.json: of many devices
 *   /etc/udev/rules.d/41-ap.rules  the masks that chzdev sets at boot, or in udev's other directories (read only)
 */
#ifndef APQD_DAEMON_STORE_STORE_H
#define APQD_DAEMON_STORE_STORE_H

#include <systemd/sd-event.h>

#include "common/macro.h"
#include "daemon/model/desired.h"
#include "daemon/model/change.h"

struct store;

/* A change under way, and what was there before it: of its devices in themselves, and of the host. */
struct pending {
	struct change change;
	struct host_change was_host;	/* what takes the host back */
};

/*
 * Opens the directories below root ("" for none), and makes those that are missing; without the right to
 * make one in /etc, it is a problem and empty.
 * Returns 0 or a negative errno, and then the folder it is about in *ret_path (freed by the caller).
 */
MUST_CHECK int store_open(const char *root, struct store **ret_store, char **ret_path);

/* Takes NULL too. */
void store_close(struct store *store);

/* Reads the definitions, the policy and the notes into an empty desired; 0 or a negative errno. */
MUST_CHECK int store_load(struct store *store, struct desired *desired);

/* Reads one definition again (both its files): put, or removed where there is none any more. */
MUST_CHECK int store_read_definition(struct store *store, struct desired *desired,
				     const struct uuid *uuid);

/* Reads again all that belongs to no device: the policy, the boot rules, and the strange files. */
MUST_CHECK int store_read_shared(struct store *store, struct desired *desired);

/*
 * Whether, since this was last asked, a file of /etc could not be read for want of something (memory,
 * a descriptor) or because its disk failed: nothing tells when that is over, so it is tried again.
 */
bool store_has_unread(struct store *store);

/* The path of a device's definition, as messages name it; the caller frees it; NULL without memory. */
char *store_definition_path(const struct store *store, const struct uuid *uuid);

/* Keeps what the note says until the next boot. */
MUST_CHECK int store_write_note(struct store *store, const struct device_note *note);

/*
 * Keeps until the next boot that the kernel has lost count of the driver overrides, which it does not
 * show; and whether that was kept.
 */
MUST_CHECK int store_keep_leak(struct store *store);
bool store_knows_leak(const struct store *store);

/* Keep, forget and find changes under way. */
MUST_CHECK int store_write_pending(struct store *store, const struct pending *pending);
MUST_CHECK int store_remove_pending(struct store *store, const struct change *change);

/*
 * Calls found() for each change that a killed daemon left, and whose devices it may keep: then it
 * leaves none in pending.  A file that cannot be read is removed.
 */
typedef void (*store_pending_fn)(void *userdata, struct pending *pending);
MUST_CHECK int store_load_pending(struct store *store, store_pending_fn found, void *userdata);

/* Calls each() for every definition that has a file; ends early with what it returns below 0. */
MUST_CHECK int store_each_definition(struct store *store,
				     int (*each)(void *userdata, const struct uuid *uuid),
				     void *userdata);

/*
 * Opens the directories again whose paths lead elsewhere now, and watches these paths.  Called
 * before everything is read.
 */
void store_reopen(struct store *store);

/* Whether, since this was last asked, a change was refused because a directory has been replaced. */
bool store_has_replaced(struct store *store);

/* What changed on the disk: one device's definition, or (NULL) the policy or any of the files. */
typedef void (*store_event_fn)(void *userdata, const struct uuid *uuid);

/*
 * Reports changes of the directories in /etc on the loop, also our own, and of what leads to them; 0 or a
 * negative errno.
 */
MUST_CHECK int store_watch(struct store *store, sd_event *loop, store_event_fn event,
			   void *userdata);

#endif
