/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/wait.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "common/cleanup.h"

#define LOOK_MILLISECONDS 100

/* Returns true if the device is gone; where it is not, *ret_pid is who has it open. */
static bool is_gone(struct sim *sim, uint64_t serial, pid_t *ret_pid)
{
	const struct sim_state *state = sim_lock(sim);
	bool gone = !sim_get_device_by_serial(state, serial);

	*ret_pid = -1;
	for (size_t i = 0; i < SIM_HOLDERS_MAX; i++)
		if (state->holders[i].serial == serial)
			*ret_pid = state->holders[i].pid;
	sim_unlock(sim);
	return gone;
}

int wait_until_gone(struct sim *sim, uint64_t serial)
{
	CLEANUP_CLOSE int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char events[4096];
	pid_t pid;

	if (inotify < 0 || inotify_add_watch(inotify, sim_wake_path(sim), IN_MODIFY) < 0)
		return -errno;
	while (!is_gone(sim, serial, &pid)) {
		/* a holder that is gone already has no pidfd, and the next look closes for it */
		CLEANUP_CLOSE int holder = pidfd_open(pid, 0);
		struct pollfd wait[] = {
			{ .fd = inotify, .events = POLLIN },
			{ .fd = holder, .events = POLLIN },
		};
		int timeout = -1;

		/* valgrind up to 3.20 does not know the call: there the holder is looked at now and then */
		if (holder < 0 && errno == ENOSYS)
			timeout = LOOK_MILLISECONDS;
		else if (holder < 0 && errno != ESRCH)
			return -errno;
		if ((holder >= 0 || timeout > 0) && poll(wait, ARRAY_SIZE(wait), timeout) < 0 &&
		    errno != EINTR)
			return -errno;
		while (read(inotify, events, sizeof(events)) > 0)
			;
	}
	return 0;
}
