/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report/refusal.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

/*
 * From vfio_ap_ops.c and ap_bus.c of Linux 6.12 and 7.2; ATTRIBUTES stands for every attribute
 * that has no line of its own for that errno.  The first match counts.
 */
static const struct {
	enum attribute attribute;
	int errnum;
	const char *sentence;
} table[] = {
	{ ATTRIBUTE_CREATE, EEXIST, "a device of this UUID exists already." },
	{ ATTRIBUTE_CREATE, EINVAL, "it does not take this for a UUID." },
	{ ATTRIBUTE_CREATE, ENOSPC, "it has as many devices as it can have." },
	{ ATTRIBUTE_CREATE, EUSERS, "it has as many devices as it can have." },
	{ ATTRIBUTE_REMOVE, EAGAIN, "the device is being removed already." },
	{ ATTRIBUTE_APMASK, EBUSY, "a device has a queue of an adapter that would become the host's." },
	{ ATTRIBUTE_AQMASK, EBUSY, "a device has a queue of a domain that would become the host's." },
	{ ATTRIBUTE_APMASK, EINVAL,
	  "the value is not a valid mask, or a driver_override is set on some queue." },
	{ ATTRIBUTE_AQMASK, EINVAL,
	  "the value is not a valid mask, or a driver_override is set on some queue." },
	{ ATTRIBUTE_DRIVER_OVERRIDE, EBUSY,
	  "a device has the queue, so it is not given back to the host." },
	{ ATTRIBUTE_DRIVER_OVERRIDE, EIO,
	  "the queue was not bound to the expected driver." },
	{ ATTRIBUTE_UNBIND, ENODEV, "the queue has just changed hands." },
	{ ATTRIBUTE_DRIVERS_PROBE, EIO,
	  "the queue was not bound to the expected driver." },
	{ ATTRIBUTE_USE_GISA, ENOENT, "the kernel module kvm is not loaded." },
	{ ATTRIBUTE_POLL_TIMEOUT, EINVAL, "it takes 0 to 120000000000 nanoseconds." },
	{ ATTRIBUTE_DRIVER_OVERRIDE, EINVAL,
	  "driver_override can be set only while apmask and aqmask are all ones." },
	{ ATTRIBUTES, EADDRNOTAVAIL,
	  "a queue belongs to the host's drivers, or, before Linux 6.0, not to vfio_ap." },
	{ ATTRIBUTES, EADDRINUSE, "a queue is in another device." },
	{ ATTRIBUTES, ENODEV, "an id is above the machine's maximum, or the device is going away." },
	{ ATTRIBUTES, EBUSY,
	  "the masks of the AP bus are being changed at this moment: try again. Before Linux 6.0 a guest may "
	  "also have the device." },
	{ ATTRIBUTES, EINVAL, "it does not understand the value." },
	{ ATTRIBUTES, ENOENT, "the device no longer exists." },
	{ ATTRIBUTES, EACCES, "apqd has no permission to write it." },
	{ ATTRIBUTES, EPERM, "apqd has no permission to write it." },
	{ ATTRIBUTES, EROFS, "/sys is mounted read-only for apqd." },
	{ ATTRIBUTES, ENOMEM, "it is out of memory." },
};

const char *refusal_sentence(enum attribute attribute, int errnum)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if ((table[i].attribute == attribute || table[i].attribute == ATTRIBUTES) &&
		    table[i].errnum == errnum)
			return table[i].sentence;
	return "no further reason given.";
}

/* Why, and that steps which were made stay; the caller frees it, and NULL is for want of memory. */
static char *describe_stuck(const char *why, const char *steps, const struct attribute_write *undo_failed,
			    int undo_errnum)
{
	char path[ATTRIBUTE_PATH_SIZE];
	char *message;

	if (asprintf(&message,
		     "%s %s could not all be undone, because writing '%s' to %s was refused (%s). To see what "
		     "there is now, run: 'apqctl %s%s'.",
		     why, steps, undo_failed->value, attribute_path(undo_failed, path),
		     error_errno_name(undo_errnum), undo_failed->uuid.text[0] ? "show " : "status",
		     undo_failed->uuid.text) < 0)
		return NULL;
	return message;
}

int refusal_describe(const struct attribute_write *failed, int errnum, bool moved,
		     const struct attribute_write *undo_failed, int undo_errnum,
		     struct error *ret_error)
{
	CLEANUP_FREE char *operation = NULL, *message = NULL;
	char path[ATTRIBUTE_PATH_SIZE];
	const char *why = refusal_sentence(failed->attribute, errnum);

	if (asprintf(&operation, "write '%s' to %s (%s)", failed->value, attribute_path(failed, path),
		     error_errno_name(errnum)) < 0)
		operation = NULL;
	if (undo_failed)
		message = describe_stuck(why, "Steps before it", undo_failed, undo_errnum);
	else if (asprintf(&message, "%s %s", why,
			  moved ? "The steps before it were undone. " REFUSAL_MOVED : "Nothing was changed.") < 0)
		message = NULL;
	return error_set_errno(ret_error, ERROR_KERNEL_REFUSED, operation ? operation : "write", errnum,
			       message ? message : why);
}

int refusal_describe_read_back(int read_errnum, bool undone, const struct attribute_write *undo_failed,
			       int undo_errnum, struct error *ret_error)
{
	CLEANUP_FREE char *message = NULL, *unread = NULL;
	const char *why = "reading back shows something else, because another program changed it at the "
			  "same time.";

	if (read_errnum) {
		why = "it cannot be read back.";
		if (asprintf(&unread, "it cannot be read back (%s).", error_errno_name(read_errnum)) < 0)
			unread = NULL;
	}
	why = unread ? unread : why;
	if (undo_failed)
		message = describe_stuck(why, "The change", undo_failed, undo_errnum);
	else if (asprintf(&message, "%s %s", why,
			  undone ? "The change was undone. " REFUSAL_MOVED :
				   "The change was not undone. To see what there is now, run: 'apqctl list'.") < 0)
		message = NULL;
	return error_set_errno(ret_error, ERROR_KERNEL_REFUSED, "keep what was written",
			       read_errnum ? read_errnum : EIO, message ? message : why);
}

int refusal_describe_overtaken_file(enum refusal_state state, struct error *ret_error)
{
	return error_set_errno(ret_error, ERROR_STORE_FAILED, "write the definition", EAGAIN,
			       state == REFUSAL_UNDONE ?
				       "another program changed the definition at the same time, and what it wrote "
				       "is kept. The change was made in the kernel and undone: try again. " REFUSAL_MOVED :
				       "another program changed the definition at the same time, and what it "
				       "wrote is kept. Nothing else was changed: try again.");
}

int refusal_describe_store(const char *operation, int errnum, const char *reason, enum refusal_state state,
			   struct error *ret_error)
{
	static const char *const states[] = {
		[REFUSAL_UNCHANGED] = "Nothing was changed.",
		[REFUSAL_UNDONE] = "The change was made in the kernel and undone. " REFUSAL_MOVED,
		[REFUSAL_STUCK] = "The kernel has the change, and did not take it back. To see what there is now, "
				  "run: 'apqctl list'.",
		[REFUSAL_FILE_STUCK] = "A file has the change, and could not be put back. To see what there is "
				       "now, run: 'apqctl list'.",
	};
	CLEANUP_FREE char *message = NULL;
	const char *why = errnum == EBADMSG ? "a file of it is there that cannot be read, and it is kept" :
			  errnum == ESTALE ? "a directory has been replaced by another, which apqd reads now: try again" :
					      strerror(errnum);
	int n = reason ? asprintf(&message, "%s %s", reason, states[state]) :
			 asprintf(&message, "%s. %s", why, states[state]);

	if (n < 0)
		message = NULL;
	return error_set_errno(ret_error, ERROR_STORE_FAILED, operation, errnum, message ? message : why);
}
