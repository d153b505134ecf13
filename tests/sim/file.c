/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/file.h"

#include "tests/sim/hotplug.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "tests/sim/holders.h"

#define STATE_MAGIC "apqd-sim state"

/* Raised by every change of struct layout that keeps its size. */
#define STATE_VERSION 3

/* What the file is, byte by byte. */
struct layout {
	char magic[16];
	uint32_t version;
	uint64_t size;			/* of all of it */
	_Atomic uint32_t valid;		/* which of the copies */
	pthread_mutex_t mutex;		/* robust, shared between processes */
	struct sim_counts counts;
	struct sim_state copies[2];
};

struct sim {
	struct layout *layout;
	int wake;			/* the file that is written after a change */
	char *wake_path;
};

static PRINTF_LIKE(2, 3) void say(char **ret_message, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_message, format, arguments) < 0)
		*ret_message = NULL;
	va_end(arguments);
}

static int init_mutex(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;
	int r = pthread_mutexattr_init(&attributes);

	if (r != 0)
		return -r;
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	r = pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return -r;
}

static int map(int fd, struct layout **ret_layout)
{
	void *address =
		mmap(NULL, sizeof(struct layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (address == MAP_FAILED)
		return -errno;
	*ret_layout = address;
	return 0;
}

/* Fills a new file that has no name yet. */
static int fill(int fd, const struct sim_config *config)
{
	struct layout *layout = NULL;
	int r;

	if (ftruncate(fd, sizeof(struct layout)) < 0)
		return -errno;
	r = map(fd, &layout);
	if (r < 0)
		return r;
	strcpy(layout->magic, STATE_MAGIC);
	layout->version = STATE_VERSION;
	layout->size = sizeof(*layout);
	sim_state_init(&layout->copies[0], config);
	hotplug_scan(&layout->copies[0]);
	r = init_mutex(&layout->mutex);
	munmap(layout, sizeof(*layout));
	return r;
}

/*
 * Makes the file under another name and links it, so that nobody sees it half made.
 * Returns 1, or 0 where another program was faster.
 */
static int create(int folder, const struct sim_config *config)
{
	char name[32];
	CLEANUP_CLOSE int fd = -1;
	int r;

	snprintf(name, sizeof(name), ".state.%d", (int)getpid());
	unlinkat(folder, name, 0);
	fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, config);
	if (r == 0 && linkat(folder, name, folder, "state", 0) == 0)
		r = 1;
	else if (r == 0 && errno != EEXIST)
		r = -errno;
	unlinkat(folder, name, 0);
	return r;
}

static void say_missing(char **ret_message, const char *path, int error)
{
	say(ret_message, "No simulated kernel can be opened in %s (%s): start apqd-sim, or run "
	    "apqd-simctl init.", path, strerror(-error));
}

static int open_state(int folder, const char *path, struct layout **ret_layout, char **ret_message)
{
	CLEANUP_CLOSE int fd = openat(folder, "state", O_RDWR | O_CLOEXEC);
	struct layout *layout = NULL;
	struct stat status;
	int r;

	if (fd < 0) {
		r = -errno;
		say_missing(ret_message, path, r);
		return r;
	}
	if (fstat(fd, &status) < 0)
		return -errno;
	r = status.st_size == sizeof(*layout) ? map(fd, &layout) : -EPROTO;
	if (r == 0 && (strcmp(layout->magic, STATE_MAGIC) != 0 ||
		       layout->version != STATE_VERSION || layout->size != sizeof(*layout))) {
		munmap(layout, sizeof(*layout));
		r = -EPROTO;
	}
	if (r == -EPROTO)
		say(ret_message,
		    "%s/state is not the state of this apqd-sim, but of another version or "
		    "another program: remove it, and a new one is made.",
		    path);
	if (r < 0)
		return r;
	*ret_layout = layout;
	return 0;
}

/* Both files of an open folder; created tells whether the state is new. */
static int open_files(struct sim *sim, int folder, const char *path,
		      const struct sim_config *config, char **ret_message)
{
	int created = 0;
	int r;

	if (config) {
		r = sim_config_check(config, ret_message);
		if (r < 0)
			return r;
		if (faccessat(folder, "state", F_OK, 0) < 0)
			created = create(folder, config);
		if (created < 0) {
			say(ret_message, "The simulated kernel could not be made in %s: %s.", path,
			    strerror(-created));
			return created;
		}
	}
	r = open_state(folder, path, &sim->layout, ret_message);
	if (r < 0)
		return r;
	sim->wake = openat(folder, "wake", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (sim->wake < 0)
		return -errno;
	return created;
}

int sim_open(const char *root, const struct sim_config *config, struct sim **ret_sim,
	     char **ret_message)
{
	CLEANUP(sim_closep) struct sim *sim = calloc(1, sizeof(*sim));
	CLEANUP_CLOSE int folder = -1;
	CLEANUP_FREE char *path = NULL;
	int r;

	*ret_message = NULL;
	if (!sim)
		return -ENOMEM;
	sim->wake = -1;
	if (asprintf(&path, "%s/run/apqd-sim", root) < 0 ||
	    asprintf(&sim->wake_path, "%s/wake", path) < 0)
		return -ENOMEM;
	folder = config ? io_open_folder(path, 0755) :
			  open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (folder < 0) {
		r = config ? folder : -errno;
		say_missing(ret_message, path, r);
		return r;
	}
	r = open_files(sim, folder, path, config, ret_message);
	if (r < 0)
		return r;
	*ret_sim = TAKE_PTR(sim);
	return r;
}

void sim_close(struct sim *sim)
{
	if (!sim)
		return;
	if (sim->layout)
		munmap(sim->layout, sizeof(*sim->layout));
	if (sim->wake >= 0)
		close(sim->wake);
	free(sim->wake_path);
	free(sim);
}

const char *sim_wake_path(const struct sim *sim)
{
	return sim->wake_path;
}

static struct sim_state *copy_of(struct sim *sim, unsigned int which)
{
	return &sim->layout->copies[which];
}

static unsigned int valid(struct sim *sim)
{
	return atomic_load(&sim->layout->valid) & 1;
}

/* Makes the spare copy the valid one; still locked. */
static void flip(struct sim *sim)
{
	uint64_t known = copy_of(sim, valid(sim))->events_count;
	struct sim_state *state = copy_of(sim, !valid(sim));
	bool events = state->events_count != known;

	if (state->lose_next && events) {
		state->lose_next = false;
		state->events_count = known;
		sim_note_gap(state);
	}
	atomic_store(&sim->layout->valid, !valid(sim));
	/* written under the lock, so that who is woken and locks finds the change */
	if (events && pwrite(sim->wake, "", 1, 0) < 0)
		fprintf(stderr, "apqd-sim: %s cannot be written: %m\n", sim->wake_path);
}

static void take_lock(struct sim *sim)
{
	int r = pthread_mutex_lock(&sim->layout->mutex);

	/* its owner was killed; the valid copy is whole all the same */
	if (r == EOWNERDEAD)
		r = pthread_mutex_consistent(&sim->layout->mutex);
	if (r != 0) {
		fprintf(stderr, "apqd-sim: the state cannot be locked: %s\n", strerror(r));
		abort();
	}
}

const struct sim_state *sim_lock(struct sim *sim)
{
	take_lock(sim);
	if (holders_any_dead(copy_of(sim, valid(sim)))) {
		sim_state_copy(copy_of(sim, !valid(sim)), copy_of(sim, valid(sim)));
		holders_reap(copy_of(sim, !valid(sim)));
		flip(sim);
	}
	return copy_of(sim, valid(sim));
}

void sim_unlock(struct sim *sim)
{
	pthread_mutex_unlock(&sim->layout->mutex);
}

struct sim_counts *sim_counts(struct sim *sim)
{
	return &sim->layout->counts;
}

struct sim_state *sim_begin(struct sim *sim)
{
	const struct sim_state *state = sim_lock(sim);
	struct sim_state *spare = copy_of(sim, !valid(sim));

	sim_state_copy(spare, state);
	return spare;
}

void sim_commit(struct sim *sim)
{
	flip(sim);
	sim_unlock(sim);
}
