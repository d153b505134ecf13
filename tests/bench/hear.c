/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hear - is another program that makes and removes devices, and one that hears of it; prints for
 * each device how long it took from the write's end until it was heard of, in nanoseconds
 *
 * ROUNDS rounds make BURST devices one right after the other, and then remove them likewise.  With
 * a socket, who hears is a subscriber of apqd that reads its event.  Without (-), it is a bare
 * program that is woken by the kernel as apqd is and reads the device: the source itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/bench/bare.h"
#include "tests/sim/file.h"
#include "tests/sim/rules.h"

#define BURST_MAX 256		/* the simulated kernel remembers 512 events */
#define PATIENCE 20000		/* milliseconds */
#define MONITOR "{\"method\":\"io.apqd.Manager.Monitor\",\"more\":true}"
#define DEVICE_MARK "-1111-4111-8111-111111111111\",\"name\""

struct hearing {
	const char *root, *path;		/* path: of apqd's socket, or "-" */
	struct sim *sim;
	int subscriber;
	struct kernel *kernel;			/* the bare listener's */
	struct observed observed;
	unsigned int burst;
	int64_t written[BURST_MAX];		/* by the writer */
	int64_t heard[BURST_MAX];		/* by the listener */
	_Atomic unsigned int count;		/* of heard */
	_Atomic bool ready, failed;
	char buffer[1 << 20];
	size_t kept;
};

static int write_one(struct hearing *hearing, unsigned int i, bool make)
{
	struct attribute_write write = { .attribute = make ? ATTRIBUTE_CREATE : ATTRIBUTE_REMOVE };
	struct sim_state *state = sim_begin(hearing->sim);
	int r;

	bare_uuid(i, &write.uuid);
	strcpy(write.value, make ? write.uuid.text : "1");
	r = rules_write(state, &write);
	if (r < 0) {
		sim_unlock(hearing->sim);
		return r;
	}
	sim_commit(hearing->sim);
	hearing->written[i] = bare_now();
	return 0;
}

/* One event, NUL-terminated. */
static void take_event(struct hearing *hearing, const char *text, int64_t time)
{
	const char *mark = strstr(text, DEVICE_MARK);
	unsigned int i;

	if (strstr(text, "\"event\":\"ready\""))
		hearing->ready = true;
	if (!mark || mark - text < 8 || sscanf(mark - 8, "%8x", &i) != 1 || i >= hearing->burst)
		return;
	if (strstr(text, "\"event\":\"deviceAdded\"") ||
	    strstr(text, "\"event\":\"deviceRemoved\"")) {
		hearing->heard[i] = time;
		hearing->count++;
	}
}

static bool take_events(struct hearing *hearing)
{
	char *start = hearing->buffer, *end;
	ssize_t n = recv(hearing->subscriber, hearing->buffer + hearing->kept,
			 sizeof(hearing->buffer) - hearing->kept, 0);
	int64_t time = bare_now();
	size_t left;

	if (n <= 0)
		return false;
	left = hearing->kept + (size_t)n;
	while ((end = memchr(start, '\0', left))) {
		take_event(hearing, start, time);
		left -= (size_t)(end + 1 - start);
		start = end + 1;
	}
	memmove(hearing->buffer, start, left);
	hearing->kept = left;
	return true;
}

static void *listen_to_apqd(void *userdata)
{
	struct hearing *hearing = userdata;

	while (take_events(hearing))
		;
	hearing->failed = true;
	return NULL;
}

/* As daemon/engine/refresh.c begins, and there it ends. */
static void read_device(void *userdata, const struct kernel_event *event)
{
	struct hearing *hearing = userdata;
	unsigned int i;

	if (event->type != KERNEL_EVENT_DEVICE || sscanf(event->uuid.text, "%8x-1111", &i) != 1 ||
	    i >= hearing->burst)
		return;
	if (kernel_read_device(hearing->kernel, &hearing->observed, &event->uuid) < 0)
		hearing->failed = true;
	hearing->heard[i] = bare_now();
	hearing->count++;
}

static void *listen_to_kernel(void *userdata)
{
	struct hearing *hearing = userdata;
	sd_event *loop = NULL;

	observed_init(&hearing->observed);
	if (sd_event_new(&loop) >= 0 &&
	    kernel_open(hearing->root, loop, read_device, hearing, &hearing->kernel) >= 0) {
		hearing->ready = true;
		(void)sd_event_loop(loop);
	}
	hearing->failed = true;
	return NULL;
}

static void pause_for(int milliseconds)
{
	(void)poll(NULL, 0, milliseconds);
}

static bool wait_for(struct hearing *hearing, unsigned int count)
{
	int64_t end = bare_now() + (int64_t)PATIENCE * 1000000;

	while (hearing->count < count && !hearing->failed && bare_now() < end)
		pause_for(1);
	return hearing->count >= count;
}

static int run_round(struct hearing *hearing, bool make)
{
	hearing->count = 0;
	for (unsigned int i = 0; i < hearing->burst; i++) {
		int r = write_one(hearing, i, make);

		if (r < 0)
			return r;
	}
	if (!wait_for(hearing, hearing->burst))
		return -ETIMEDOUT;
	/* until everybody sleeps again */
	pause_for(2);
	for (unsigned int i = 0; i < hearing->burst; i++)
		printf("%" PRId64 "\n", hearing->heard[i] - hearing->written[i]);
	return 0;
}

static int subscribe(struct hearing *hearing)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(hearing->path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, hearing->path);
	hearing->subscriber = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (hearing->subscriber < 0 ||
	    connect(hearing->subscriber, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    send(hearing->subscriber, MONITOR, sizeof(MONITOR), MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static int start_listening(struct hearing *hearing)
{
	bool bare = strcmp(hearing->path, "-") == 0;
	CLEANUP_FREE char *message = NULL;
	pthread_t thread;
	int r = sim_open(hearing->root, NULL, &hearing->sim, &message);

	if (r == 0 && !bare)
		r = subscribe(hearing);
	if (r == 0)
		r = -pthread_create(&thread, NULL, bare ? listen_to_kernel : listen_to_apqd,
				    hearing);
	for (int waited = 0; r == 0 && !hearing->ready && waited < PATIENCE; waited++)
		pause_for(1);
	return r == 0 && !hearing->ready ? -ETIMEDOUT : r;
}

int main(int argc, char **argv)
{
	static struct hearing hearing;
	unsigned long rounds = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	int r;

	hearing.burst = argc == 5 ? (unsigned int)strtoul(argv[4], NULL, 10) : 0;
	if (rounds < 1 || hearing.burst < 1 || hearing.burst > BURST_MAX) {
		fprintf(stderr, "Usage: hear ROOT SOCKET|- ROUNDS BURST\nBURST is 1 to %d.\n",
			BURST_MAX);
		return 2;
	}
	hearing.root = argv[1];
	hearing.path = argv[2];
	r = start_listening(&hearing);
	for (unsigned long i = 0; i < 2 * rounds && r == 0; i++)
		r = run_round(&hearing, i % 2 == 0);
	if (r < 0)
		fprintf(stderr, "hear: %s.\n", strerror(-r));
	return r < 0;
}
