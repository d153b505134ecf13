/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apqd-simctl: a VMM, which has a device open until its time is over or it is told to end, and
 * what its guest asks of it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "tests/sim/holders.h"
#include "tests/sim/interrupts.h"
#include "tests/sim/simctl.h"

/* Waits for SIGTERM or SIGINT, which are blocked, but no longer than that many seconds. */
static void wait_for_end(const sigset_t *signals, bool for_ever, unsigned long seconds)
{
	struct timespec timeout = { .tv_sec = seconds };
	int r;

	do
		r = for_ever ? sigwaitinfo(signals, NULL) : sigtimedwait(signals, NULL, &timeout);
	while (r < 0 && errno == EINTR);
}

static bool read_request(const char *text, enum interrupts_request *ret_request)
{
	bool on;

	if (text && strcmp(text, "bad") == 0) {
		*ret_request = INTERRUPTS_ON_BAD_BYTE;
		return true;
	}
	if (!simctl_on_off(text, &on))
		return false;
	*ret_request = on ? INTERRUPTS_ON : INTERRUPTS_OFF;
	return true;
}

int simctl_aqic(struct sim *sim, char **argv)
{
	enum interrupts_request request;
	const struct sim_device *device;
	unsigned int response = 0;
	struct sim_state *state;
	struct apqn apqn;
	struct uuid uuid;

	if (!argv[1] || uuid_parse(argv[1], &uuid) < 0 || !argv[2] ||
	    apqn_parse(argv[2], &apqn) < 0 || !read_request(argv[3], &request))
		return SIMCTL_USAGE;
	state = sim_begin(sim);
	device = sim_get_device(state, &uuid);
	if (device)
		response = interrupts_aqic(state, device, apqn, request);
	sim_commit(sim);
	if (!device)
		printf("ENOENT\n");
	else if (response == INTERRUPTS_USERSPACE)
		printf("userspace\n");
	else if (response == INTERRUPTS_SPECIFICATION)
		printf("specification exception\n");
	else
		printf("%02x\n", response);
	return device && response == 0 ? SIMCTL_DONE : SIMCTL_REFUSED;
}

int simctl_guest(struct sim *sim, char **argv)
{
	bool for_ever = true;
	unsigned long seconds = 0;
	sigset_t signals;
	struct uuid uuid;
	uint64_t serial;
	int r;

	if (!argv[1] || uuid_parse(argv[1], &uuid) < 0)
		return SIMCTL_USAGE;
	for (argv += 2; argv[0]; argv += 2) {
		if (strcmp(argv[0], "hold") == 0 && simctl_number(argv[1], 1000000, &seconds))
			for_ever = false;
		else if (strcmp(argv[0], "command") == 0 && argv[1])
			prctl(PR_SET_NAME, argv[1]);
		else if (strcmp(argv[0], "machine") == 0 && argv[1])
			continue; /* read from the command line, as a real one is */
		else
			return SIMCTL_USAGE;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);

	r = holders_open(sim_begin(sim), &uuid, &serial);
	sim_commit(sim);
	if (r < 0) {
		printf("%s\n", strerrorname_np(-r));
		return SIMCTL_REFUSED;
	}
	printf("device open\n");
	fflush(stdout);
	wait_for_end(&signals, for_ever, seconds);
	holders_close(sim_begin(sim), serial);
	sim_commit(sim);
	return SIMCTL_DONE;
}
