/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as one of the files that a daemon finds when it starts, as others or a power cut could
 * leave them.  What is loaded once is loaded the same again, a file of /etc that cannot be used is
 * kept as it is, whatever is asked for then, and the daemon starts.
 */
#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/store/lock.h"
#include "tests/fuzz/client.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/stored.h"
#include "tests/fuzz/world.h"

#define RUN "/run/apqd/"
#define LOCK "/run/lock/s390apconfig.lock"

/* By the lower half of the first byte: "0" is the first one. */
static const char *const paths[] = {
	WORLD_OWN WORLD_DEVICE_2 ".json",
	WORLD_DEFINITIONS WORLD_DEVICE_1,
	"/etc/apqd/host.json",
	"/etc/udev/rules.d/41-ap.rules",
	RUN "pending/" WORLD_DEVICE_1 ".json",
	RUN "pending/host.json",
	RUN "pending/devices.json",
	RUN "devices/" WORLD_DEVICE_1 ".json",
	"/etc/apqd/.commit.json",
	LOCK,
};

#define OF_ETC 4u	/* how many of them belong to the administrator */

/* Made there by the upper half, where "0" is a file with the rest as its bytes. */
enum node {
	NODE_FOLDER = 4,
	NODE_LOOP = 5,	/* a symbolic link to itself */
	NODE_FIFO = 6,
};

static bool is_special(enum node node)
{
	return node == NODE_FOLDER || node == NODE_LOOP || node == NODE_FIFO;
}

static void put_node(const char *root, const char *path, enum node node, const void *bytes,
		     size_t length)
{
	char whole[2 * FOLDER_PATH_SIZE];

	/* It also makes the folders above. */
	folder_put(root, path, bytes, length);
	snprintf(whole, sizeof(whole), "%s%s", root, path);
	if (!is_special(node))
		return;
	MUST(unlink(whole) == 0);
	MUST((node == NODE_FOLDER ? mkdir(whole, 0755) :
	      node == NODE_LOOP	  ? symlink(whole, whole) :
				    mkfifo(whole, 0600)) == 0);
}

/* Whether it is no object by any reading, so that it has to be told as a problem. */
static bool is_hopeless(size_t which, enum node node, const char *bytes, size_t length)
{
	if (which >= OF_ETC || is_special(node))
		return which < OF_ETC;
	while (length > 0 && isspace((unsigned char)bytes[length - 1]))
		length--;
	return strstr(paths[which], ".json") && (length == 0 || bytes[length - 1] != '}');
}

static void check_kept(const char *root, const char *path, enum node node, const void *bytes,
		       size_t length)
{
	char whole[2 * FOLDER_PATH_SIZE];
	CLEANUP_FREE char *text = NULL;
	struct stat stat;
	size_t now;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	MUST(lstat(whole, &stat) == 0);
	if (is_special(node)) {
		MUST((stat.st_mode & S_IFMT) == (node == NODE_FOLDER ? S_IFDIR :
						 node == NODE_LOOP   ? S_IFLNK :
								       S_IFIFO));
		return;
	}
	text = folder_get(root, path, &now);
	MUST(text && now == length && memcmp(text, bytes, length) == 0);
}

/* What lies beside the files that a list in .commit.json may name. */
static void put_staged(const char *root)
{
	static const char policy[] = "{\"enforce\":true}\n", own[] = "{\"name\":\"web3\"}\n";

	folder_put(root, "/etc/apqd/.host.json.apqd", policy, sizeof(policy) - 1);
	folder_put(root, "/etc/apqd/devices.d/." WORLD_DEVICE_2 ".json.apqd", own, sizeof(own) - 1);
}

/* Whether another program holds the lock for all that can be told. */
static bool is_locked(const char *root, const char *bytes, size_t length)
{
	struct lock *lock = NULL;
	struct lock_holder holder;
	CLEANUP_FREE char *text = NULL;
	size_t now;
	int r;

	MUST(lock_new(root, &lock) == 0);
	r = lock_try(lock, &holder);
	text = folder_get(root, LOCK, &now);
	if (r == 0)
		MUST(text && strtol(text, NULL, 10) == getpid());
	else if (text)
		MUST(now == length && memcmp(text, bytes, length) == 0);
	if (r == 0)
		lock_release(lock);
	lock_free(lock);
	return r == -EBUSY;
}

/* Each may be refused; none may spoil a file. */
static void ask_for_changes(struct world *world)
{
	static const char *const asked[][2] = {
		{ "Modify", "{\"device\":\"" WORLD_DEVICE_1 "\",\"start\":\"manual\"}" },
		{ "Modify", "{\"device\":\"" WORLD_DEVICE_2 "\",\"name\":\"web5\"}" },
		{ "Start", "{\"device\":\"" WORLD_DEVICE_1 "\",\"reserve\":true}" },
		{ "SetInterrupts", "{\"pollThread\":true}" },
		{ "Import", "{}" },
		{ "ListDevices", "{}" },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		struct json_object *parameters = NULL, *reply = NULL;
		char method[64];

		MUST(json_parse(asked[i][1], strlen(asked[i][1]), &parameters, NULL) == 0);
		snprintf(method, sizeof(method), VARLINK_INTERFACE ".%s", asked[i][0]);
		(void)client_ask(world, true, method, parameters, &reply);
		json_object_put(reply);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sim_config config = sim_config_default();
	const char *bytes = (const char *)data + 1, *path;
	struct world world;
	enum node node;
	size_t which;
	bool bad;

	if (size < 1)
		return 0;
	which = (data[0] & 15u) % (sizeof(paths) / sizeof(*paths));
	node = (enum node)(data[0] >> 4);
	path = paths[which];
	world_make(&world, &config);
	world_put_devices(&world);
	put_staged(world.root);
	put_node(world.root, path, node, bytes, size - 1);
	bad = stored_check(world.root, path) && which < OF_ETC;
	MUST(bad || !is_hopeless(which, node, bytes, size - 1));
	if (strcmp(path, LOCK) != 0 || !is_locked(world.root, bytes, size - 1)) {
		world_start(&world);
		ask_for_changes(&world);
		world_check(&world);
	}
	if (bad)
		check_kept(world.root, path, node, bytes, size - 1);
	world_end(&world);
	return 0;
}
