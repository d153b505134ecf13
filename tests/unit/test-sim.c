/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated kernel itself: its file, its faults and its blocking.  That its rules are
 * the kernel's is for tests/conformance/ to show.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "tests/sim/faults.h"
#include "tests/unit/sim.h"

static bool has_device(struct fixture *fixture)
{
	bool has = sim_lock(fixture->sim)->devices_count == 1;

	sim_unlock(fixture->sim);
	return has;
}

static void a_fresh_host_is_all_the_hosts(void)
{
	CLEANUP(observed_done) struct observed observed;
	struct fixture fixture;

	start(&fixture);
	observed_init(&observed);
	CHECK_INT(kernel_scan(fixture.kernel, &observed), 0);
	CHECK_INT(mask_count(&observed.cards), 4);
	CHECK_INT(mask_count(&observed.queues[3]), 8);
	CHECK_STR(observed.queue[3][7].driver, "cex4queue");
	CHECK_STR(observed.card[1].type, "CEX7C");
	CHECK_INT(observed.host.bindings_complete, true);
	CHECK_INT(mask_count(&observed.host.apmask), 256);
	done(&fixture);
}

static void a_change_that_is_not_committed_is_none(void)
{
	struct fixture fixture;

	start(&fixture);
	mask_clear(&sim_begin(fixture.sim)->apmask, 3);
	sim_unlock(fixture.sim);
	CHECK(mask_test(&sim_lock(fixture.sim)->apmask, 3));
	sim_unlock(fixture.sim);
	mask_clear(&sim_begin(fixture.sim)->apmask, 3);
	sim_commit(fixture.sim);
	CHECK(!mask_test(&sim_lock(fixture.sim)->apmask, 3));
	sim_unlock(fixture.sim);
	done(&fixture);
}

static void a_writer_that_is_killed_leaves_no_half_change(void)
{
	struct fixture fixture;
	pid_t child;

	start(&fixture);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		mask_clear(&sim_begin(fixture.sim)->apmask, 3);
		kill(getpid(), SIGKILL);
	}
	CHECK(WIFSIGNALED(wait_for(child)));
	CHECK(mask_test(&sim_lock(fixture.sim)->apmask, 3));
	sim_unlock(fixture.sim);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-3"), 0);
	done(&fixture);
}

static void many_writers_lose_nothing(void)
{
	struct fixture fixture;
	pid_t children[4];

	start(&fixture);
	for (unsigned int i = 0; i < ARRAY_SIZE(children); i++) {
		children[i] = fork();
		CHECK(children[i] >= 0);
		for (unsigned int j = 0; children[i] == 0 && j < 50; j++) {
			char uuid[64];

			snprintf(uuid, sizeof(uuid), "aaaaaaaa-0000-4000-8000-%06u%06u", i, j);
			if (write_value(&fixture, ATTRIBUTE_CREATE, uuid) < 0)
				_exit(1);
		}
		if (children[i] == 0)
			_exit(0);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(children); i++)
		CHECK_INT(wait_for(children[i]), 0);
	CHECK_INT(sim_lock(fixture.sim)->devices_count, 200);
	sim_unlock(fixture.sim);
	done(&fixture);
}

static void a_file_of_another_kind_is_refused(void)
{
	CLEANUP_FREE char *message = NULL;
	CLEANUP_FREE char *path = NULL;
	struct fixture fixture;
	struct sim *sim = NULL;
	FILE *file;

	start(&fixture);
	CHECK(asprintf(&path, "%s/run/apqd-sim/state", fixture.root) > 0);
	file = fopen(path, "r+e");
	CHECK(file && fputs("something else", file) >= 0 && fclose(file) == 0);
	CHECK_INT(sim_open(fixture.root, NULL, &sim, &message), -EPROTO);
	CHECK_HAS(message, "remove it");
	CHECK_INT(truncate(path, 100), 0);
	free(TAKE_PTR(message));
	CHECK_INT(sim_open(fixture.root, NULL, &sim, &message), -EPROTO);
	CHECK(!sim);
	/* the fixture's own mappings are without their file now, so it may not use them any more */
	CHECK_INT(truncate(path, 1 << 26), 0);
	kernel_close(TAKE_PTR(fixture.kernel));
	done(&fixture);
}

static void without_a_state_there_is_a_sentence(void)
{
	CLEANUP_FREE char *message = NULL;
	struct sim *sim = NULL;

	CHECK_INT(sim_open("/nonexistent", NULL, &sim, &message), -ENOENT);
	CHECK_HAS(message, "/nonexistent/run/apqd-sim");
}

static void options_are_checked(void)
{
	static const char *const bad[][2] = {
		{ "cards", "257" }, { "cards", "-1" },	{ "cards", "four" },   { "domains", "" },
		{ "kernel", "5.4" }, { "without", "x" }, { "max-domain", "256" }, { "speed", "1" },
		{ "modes", "" }, { "modes", "CX" }, { "modes", "CPAC" },
	};
	struct sim_config config = sim_config_default();
	char *message;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		message = NULL;
		CHECK_INT(sim_config_set(&config, bad[i][0], bad[i][1], &message), -EINVAL);
		CHECK_HAS(message, bad[i][0]);
		free(message);
	}
	CHECK_INT(sim_config_set(&config, "without", "qci,override", &message), 0);
	CHECK(!config.has_qci && !config.has_override && config.has_ap_config);
	CHECK_INT(sim_config_set(&config, "max-adapter", "2", &message), 0);
	CHECK_INT(sim_config_check(&config, &message), -EINVAL);
	CHECK_HAS(message, "4 cards");
	free(message);
}

static void faults_hit_as_ordered(void)
{
	struct sim_fault fault = { .type = SIM_FAULT_FAIL, .attribute = ATTRIBUTE_APMASK,
				   .value = EIO, .after = 1, .times = 2 };
	struct fixture fixture;

	start(&fixture);
	CHECK_INT(faults_add(sim_begin(fixture.sim), &fault), 0);
	sim_commit(fixture.sim);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_AQMASK, "-1"), 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-1"), 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-2"), -EIO);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-2"), -EIO);
	CHECK(mask_test(&sim_lock(fixture.sim)->apmask, 2));
	sim_unlock(fixture.sim);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-2"), 0);
	CHECK_INT(counts_of(&fixture).done[ATTRIBUTE_APMASK], 2);
	CHECK_INT(counts_of(&fixture).refused[ATTRIBUTE_APMASK], 2);
	done(&fixture);
}

/* Writes as a daemon that is to crash; returns whether the write was done all the same. */
static bool crash_at(enum sim_fault_type type)
{
	struct sim_fault fault = { .type = type, .attribute = ATTRIBUTE_APMASK, .times = 1 };
	struct fixture fixture;
	bool written;
	pid_t child;

	start(&fixture);
	CHECK_INT(faults_add(sim_begin(fixture.sim), &fault), 0);
	sim_commit(fixture.sim);
	child = fork();
	CHECK(child >= 0);
	if (child == 0)
		_exit(write_value(&fixture, ATTRIBUTE_APMASK, "-1") == 0);
	CHECK_INT(WTERMSIG(wait_for(child)), SIGKILL);
	written = !mask_test(&sim_lock(fixture.sim)->apmask, 1);
	sim_unlock(fixture.sim);
	/* the fault is used up, and the next daemon can write */
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-1"), 0);
	done(&fixture);
	return written;
}

static void a_crash_is_before_or_after_the_write(void)
{
	CHECK(!crash_at(SIM_FAULT_CRASH_BEFORE));
	CHECK(crash_at(SIM_FAULT_CRASH_AFTER));
}

static void *remove_device(void *fixture)
{
	return (void *)(intptr_t)write_value(fixture, ATTRIBUTE_REMOVE, "1");
}

static bool is_dying(struct fixture *fixture)
{
	bool dying = sim_lock(fixture->sim)->devices[0].dying;

	sim_unlock(fixture->sim);
	return dying;
}

static void remove_waits_for_the_vmm(void)
{
	struct fixture fixture;
	pthread_t thread, second;
	void *result;
	pid_t guest;

	start(&fixture);
	make_device(&fixture);
	guest = start_guest(&fixture);
	CHECK_INT(pthread_create(&thread, NULL, remove_device, &fixture), 0);
	while (!is_dying(&fixture))
		usleep(1000);
	CHECK_INT(pthread_create(&second, NULL, remove_device, &fixture), 0);
	usleep(50000);
	CHECK_INT(pthread_tryjoin_np(thread, &result), EBUSY);
	/* Its attribute is gone, and still it ends no sooner than the first. */
	CHECK_INT(pthread_tryjoin_np(second, &result), EBUSY);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_CREATE, UUID_A), -EEXIST);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "+1"), -EBUSY);
	CHECK(has_device(&fixture));
	/* nobody waits for this child: dead, it counts as gone */
	kill(guest, SIGKILL);
	CHECK_INT(pthread_join(thread, &result), 0);
	CHECK_INT((intptr_t)result, 0);
	CHECK_INT(pthread_join(second, &result), 0);
	CHECK_INT((intptr_t)result, 0);
	CHECK(!has_device(&fixture));
	wait_for(guest);
	done(&fixture);
}

static void a_remove_goes_on_without_its_writer(void)
{
	struct fixture fixture;
	pid_t guest, writer;

	start(&fixture);
	make_device(&fixture);
	guest = start_guest(&fixture);
	writer = fork();
	CHECK(writer >= 0);
	if (writer == 0)
		_exit(write_value(&fixture, ATTRIBUTE_REMOVE, "1") == 0);
	while (!is_dying(&fixture))
		usleep(1000);
	kill(writer, SIGKILL);
	wait_for(writer);
	CHECK(has_device(&fixture));
	kill(guest, SIGKILL);
	wait_for(guest);
	CHECK(!has_device(&fixture));
	done(&fixture);
}

static void a_guest_is_seen_and_missed(void)
{
	const struct observed_device *device;
	CLEANUP(observed_done) struct observed observed;
	struct fixture fixture;
	struct uuid uuid;
	pid_t guest;

	start(&fixture);
	make_device(&fixture);
	guest = start_guest(&fixture);
	run_loop(&fixture);
	observed_init(&observed);
	CHECK_INT(kernel_scan(fixture.kernel, &observed), 0);
	CHECK_INT(uuid_parse(UUID_A, &uuid), 0);
	device = observed_find_device(&observed, &uuid);
	CHECK(device && device->in_use);
	CHECK_INT(device->users_count, 1);
	CHECK_INT(device->users[0].pid, guest);
	CHECK_STR(device->users[0].command, "a-vmm");
	CHECK_INT(observed.queue[1][1].status, QUEUE_STATUS_IN_USE);

	fixture.events[KERNEL_EVENT_DEVICE] = 0;
	kill(guest, SIGKILL);
	while (fixture.events[KERNEL_EVENT_DEVICE] == 0)
		CHECK(sd_event_run(fixture.loop, 10 * 1000 * 1000) > 0);
	CHECK_INT(kernel_read_device(fixture.kernel, &observed, &uuid), 0);
	CHECK(!observed_find_device(&observed, &uuid)->in_use);
	wait_for(guest);
	done(&fixture);
}

static void events_come_on_the_loop(void)
{
	struct fixture fixture;

	start(&fixture);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-1"), 0);
	CHECK_INT(fixture.events[KERNEL_EVENT_HOST], 0);
	run_loop(&fixture);
	CHECK(fixture.events[KERNEL_EVENT_HOST] >= 1);
	CHECK(fixture.events[KERNEL_EVENT_QUEUE] >= 8);
	CHECK_INT(fixture.events[KERNEL_EVENT_RESCAN], 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "nonsense"), -EINVAL);
	fixture.events[KERNEL_EVENT_HOST] = 0;
	run_loop(&fixture);
	CHECK_INT(fixture.events[KERNEL_EVENT_HOST], 0);
	done(&fixture);
}

static void lost_events_become_one_rescan(void)
{
	struct fixture fixture;
	struct sim_state *state;

	start(&fixture);
	/* more at once than are kept */
	state = sim_begin(fixture.sim);
	for (unsigned int i = 0; i <= SIM_EVENTS_MAX; i++)
		sim_note_card(state, 0);
	sim_commit(fixture.sim);
	run_loop(&fixture);
	CHECK_INT(fixture.events[KERNEL_EVENT_RESCAN], 1);
	CHECK_INT(fixture.events[KERNEL_EVENT_CARD], 0);
	/* the next change's */
	sim_begin(fixture.sim)->lose_next = true;
	sim_commit(fixture.sim);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "-1"), 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_CREATE, UUID_A), 0);
	run_loop(&fixture);
	CHECK_INT(fixture.events[KERNEL_EVENT_RESCAN], 2);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_REMOVE, "1"), 0);
	run_loop(&fixture);
	CHECK_INT(fixture.events[KERNEL_EVENT_RESCAN], 2);
	CHECK_INT(fixture.events[KERNEL_EVENT_DEVICE], 1);
	done(&fixture);
}

static void the_state_outlives_the_daemon(void)
{
	struct fixture fixture;

	start(&fixture);
	make_device(&fixture);
	kernel_close(TAKE_PTR(fixture.kernel));
	CHECK_INT(kernel_open(fixture.root, fixture.loop, count_event, &fixture, &fixture.kernel),
		  0);
	CHECK(has_device(&fixture));
	CHECK_INT(write_value(&fixture, ATTRIBUTE_CREATE, UUID_A), -EEXIST);
	done(&fixture);
}

static void a_large_matrix_has_no_guest_listing(void)
{
	CLEANUP(observed_done) struct observed observed;
	struct fixture fixture;
	struct matrix matrix;
	struct uuid uuid;

	start(&fixture);
	CHECK_INT(uuid_parse(UUID_A, &uuid), 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_APMASK, "0x0"), 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_CREATE, UUID_A), 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_AP_CONFIG, "0xffffffff,0xffff,0x"), 0);
	CHECK_INT(kernel_read_matrix(fixture.kernel, &uuid, &matrix), 0);
	CHECK_INT(matrix_queue_count(&matrix), 512);
	observed_init(&observed);
	CHECK_INT(kernel_read_device(fixture.kernel, &observed, &uuid), 0);
	CHECK(observed_find_device(&observed, &uuid)->active_known);
	CHECK(!observed_find_device(&observed, &uuid)->guest_known);
	CHECK_INT(counts_of(&fixture).guest_matrix, 0);
	CHECK_INT(write_value(&fixture, ATTRIBUTE_UNASSIGN_ADAPTER, "31"), 0);
	CHECK_INT(kernel_read_device(fixture.kernel, &observed, &uuid), 0);
	CHECK(observed_find_device(&observed, &uuid)->guest_known);
	CHECK_INT(matrix_queue_count(&observed_find_device(&observed, &uuid)->guest), 4 * 8);
	done(&fixture);
}

static void a_binding_is_read_back(void)
{
	struct apqn apqn = { 1, 1 };
	struct kernel_binding binding;
	struct fixture fixture;

	start(&fixture);
	CHECK_INT(kernel_read_binding(fixture.kernel, apqn, &binding), 0);
	CHECK_STR(binding.driver, "cex4queue");
	CHECK_INT(binding.status, QUEUE_STATUS_NONE);
	make_device(&fixture);
	CHECK_INT(kernel_read_binding(fixture.kernel, apqn, &binding), 0);
	CHECK_STR(binding.driver, "vfio_ap");
	CHECK_INT(binding.status, QUEUE_STATUS_ASSIGNED);
	apqn.adapter = 9;
	CHECK_INT(kernel_read_binding(fixture.kernel, apqn, &binding), -ENOENT);
	done(&fixture);
}

int main(void)
{
	RUN(a_fresh_host_is_all_the_hosts);
	RUN(a_change_that_is_not_committed_is_none);
	RUN(a_writer_that_is_killed_leaves_no_half_change);
	RUN(many_writers_lose_nothing);
	RUN(a_file_of_another_kind_is_refused);
	RUN(without_a_state_there_is_a_sentence);
	RUN(options_are_checked);
	RUN(faults_hit_as_ordered);
	RUN(a_crash_is_before_or_after_the_write);
	RUN(remove_waits_for_the_vmm);
	RUN(a_remove_goes_on_without_its_writer);
	RUN(a_guest_is_seen_and_missed);
	RUN(events_come_on_the_loop);
	RUN(lost_events_become_one_rescan);
	RUN(the_state_outlives_the_daemon);
	RUN(a_large_matrix_has_no_guest_listing);
	RUN(a_binding_is_read_back);
	return 0;
}
