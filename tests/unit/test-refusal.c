/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of a refusal: the kernel's, with and without an undo that failed, and the disk's.
 */
#include "daemon/report/refusal.h"

#include <errno.h>

#include "tests/unit/check.h"

/* The sentence that apqctl would print of the error. */
static char *describe(const struct error *error)
{
	return error_describe(error->code, NULL, error->parameters);
}

static struct attribute_write make_write(enum attribute attribute, const char *value)
{
	struct attribute_write write = { .attribute = attribute };

	CHECK_INT(uuid_parse("11111111-2222-4333-8444-555555555555", &write.uuid), 0);
	snprintf(write.value, sizeof(write.value), "%s", value);
	return write;
}

static void test_sentences(void)
{
	CHECK_STR(refusal_sentence(ATTRIBUTE_AP_CONFIG, EADDRINUSE), "a queue is in another device.");
	CHECK_STR(refusal_sentence(ATTRIBUTE_CREATE, EEXIST), "a device of this UUID exists already.");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_APMASK, EBUSY), "an adapter");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_AQMASK, EBUSY), "a domain");
	CHECK_HAS(refusal_sentence(ATTRIBUTE_AP_CONFIG, EBUSY), "try again");
	CHECK_STR(refusal_sentence(ATTRIBUTE_AP_CONFIG, EXDEV), "no further reason given.");
}

static void test_kernel(void)
{
	struct attribute_write failed = make_write(ATTRIBUTE_ASSIGN_ADAPTER, "0x05");
	struct attribute_write undo = make_write(ATTRIBUTE_REMOVE, "1");
	CLEANUP_ERROR struct error error = { 0 };
	CLEANUP_FREE char *plain = NULL, *stuck = NULL, *undone = NULL;

	CHECK_INT(refusal_describe(&failed, EADDRNOTAVAIL, false, NULL, 0, &error), -ECANCELED);
	CHECK_INT(error.code, ERROR_KERNEL_REFUSED);
	plain = describe(&error);
	CHECK_STR(plain, "The kernel refused to write '0x05' to /sys/devices/vfio_ap/matrix/"
			 "11111111-2222-4333-8444-555555555555/assign_adapter (EADDRNOTAVAIL): a queue "
			 "belongs to the host's drivers, or, before Linux 6.0, not to vfio_ap. Nothing was "
			 "changed.");
	CHECK_INT(refusal_describe(&failed, EADDRNOTAVAIL, true, &undo, EAGAIN, &error), -ECANCELED);
	stuck = describe(&error);
	CHECK_HAS(stuck, "writing '1' to /sys/devices/vfio_ap/matrix/11111111-2222-4333-8444-555555555555/"
			 "remove was refused (EAGAIN)");
	CHECK(!strstr(stuck, "Nothing was changed"));
	CHECK_INT(refusal_describe(&failed, EADDRNOTAVAIL, true, NULL, 0, &error), -ECANCELED);
	undone = describe(&error);
	CHECK_HAS(undone, "The steps before it were undone. Queues that moved were reset");
	CHECK(!strstr(undone, "Nothing was changed"));
}

static void test_read_back(void)
{
	struct attribute_write undo = make_write(ATTRIBUTE_UNASSIGN_DOMAIN, "6");
	CLEANUP_ERROR struct error error = { 0 };
	CLEANUP_FREE char *undone = NULL, *stuck = NULL, *stays = NULL;

	CHECK_INT(refusal_describe_read_back(0, true, NULL, 0, &error), -ECANCELED);
	CHECK_INT(error.code, ERROR_KERNEL_REFUSED);
	undone = describe(&error);
	CHECK_STR(undone, "The kernel refused to keep what was written: reading back shows something else, "
			  "because another program changed it at the same time. The change was undone. Queues "
			  "that moved were reset meanwhile, and a guest that has them may have lost them for a "
			  "moment.");
	CHECK_INT(refusal_describe_read_back(ENODEV, true, &undo, EIO, &error), -ECANCELED);
	stuck = describe(&error);
	CHECK_HAS(stuck, "it cannot be read back (ENODEV). The change could not all be undone, because");
	CHECK_HAS(stuck, "unassign_domain was refused (EIO)");
	CHECK_INT(refusal_describe_read_back(0, false, NULL, 0, &error), -ECANCELED);
	stays = describe(&error);
	CHECK_HAS(stays, "The change was not undone. To see what there is now, run: 'apqctl list'.");
}

static void test_disk(void)
{
	CLEANUP_ERROR struct error error = { 0 };
	CLEANUP_FREE char *unchanged = NULL, *kept = NULL, *undone = NULL, *stuck = NULL;

	CHECK_INT(refusal_describe_store("write the definition", ENOSPC, NULL, REFUSAL_UNCHANGED, &error),
		  -ECANCELED);
	CHECK_INT(error.code, ERROR_STORE_FAILED);
	unchanged = describe(&error);
	CHECK_STR(unchanged, "Could not write the definition: No space left on device. Nothing was "
			     "changed.");
	refusal_describe_store("write the definition", EBADMSG, NULL, REFUSAL_UNCHANGED, &error);
	kept = describe(&error);
	CHECK_HAS(kept, "a file of it is there that cannot be read, and it is kept.");
	refusal_describe_store("write the definition", EPERM, "/etc/x is immutable.", REFUSAL_UNDONE, &error);
	undone = describe(&error);
	CHECK_HAS(undone, "Could not write the definition: /etc/x is immutable. The change was made in the kernel "
			  "and undone. Queues");
	CHECK(!strstr(undone, "Nothing was changed"));
	refusal_describe_store("write the definition", EROFS, NULL, REFUSAL_STUCK, &error);
	stuck = describe(&error);
	CHECK_HAS(stuck, "The kernel has the change, and did not take it back");
	CHECK(!strstr(stuck, "Nothing was changed"));
}

int main(void)
{
	RUN(test_sentences);
	RUN(test_kernel);
	RUN(test_read_back);
	RUN(test_disk);
	return 0;
}
