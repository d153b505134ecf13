/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conform - does one list of operations through the kernel seam and prints what came of it
 *
 * Linked with daemon/kernel/ and hardware-apsim.c it is conform-sysfs, which runs in the lab on
 * a real kernel; with tests/sim/ and hardware-sim.c it is conform-sim.  Both print the same text,
 * after every operation what changed in all that can be observed.  expected-6.12 and
 * expected-7.2 are what the real kernels printed (machine.sh); the simulated one must print the
 * same (compare).
 *
 * It needs root and a fresh host with 4 cards and 8 domains that nobody else uses.  Where they
 * differ the real kernel is right.  To add an operation put it into operations.c, run the lab,
 * and look at what the kernel says.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/kernel/kernel.h"
#include "tests/conformance/hardware.h"
#include "tests/conformance/operations.h"
#include "tests/conformance/report.h"

/* The state of the run: what the kernel looks like now. */
struct run {
	struct kernel *kernel;
	struct report report;
};

static void ignore_event(void *userdata, const struct kernel_event *event)
{
	(void)userdata;
	(void)event;
}

/* Prints a value with its odd characters spelled out, so that a line stays a line. */
static void print_value(const char *value)
{
	putchar('"');
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", stdout);
		else
			putchar(*value);
	}
	putchar('"');
}

static int look(struct kernel *kernel, struct report *ret_report)
{
	CLEANUP(observed_done) struct observed observed;
	int r;

	observed_init(&observed);
	hardware_settle();
	r = kernel_scan(kernel, &observed);
	return r < 0 ? r : report_make(&observed, ret_report);
}

/* Looks again and prints what is new. */
static int print_changes(struct run *run)
{
	CLEANUP(report_done) struct report report = { 0 };
	int r = look(run->kernel, &report);

	if (r < 0)
		return r;
	report_print_difference(&run->report, &report);
	report_done(&run->report);
	run->report = report;
	report = (struct report){ 0 };
	return 0;
}

/* Does one operation and prints it with its answer: 0, or what stops the test. */
static int do_operation(struct kernel *kernel, const struct operation *operation)
{
	struct attribute_write write = { .attribute = operation->attribute };
	int r;

	if (operation->hardware) {
		printf("hardware %s\n", operation->value);
		r = hardware_command(operation->value);
		if (r < 0)
			return r;
		write.attribute = ATTRIBUTE_SCANS;
		strcpy(write.value, "1");
		return kernel_write(kernel, &write);
	}
	if (operation->target && attribute_is_of_device(write.attribute))
		r = uuid_parse(operation->target, &write.uuid);
	else
		r = operation->target ? apqn_parse(operation->target, &write.apqn) : 0;
	if (r < 0 || strlen(operation->value) >= sizeof(write.value))
		return -EINVAL;
	strcpy(write.value, operation->value);
	r = kernel_write(kernel, &write);
	printf("%s%s%s ", attribute_name(write.attribute), operation->target ? " " : "",
	       operation->target ? operation->target : "");
	print_value(write.value);
	printf(" %s\n", r < 0 ? strerrorname_np(-r) : "ok");
	return 0;
}

static int do_operations(struct run *run, const struct operation *list, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		r = do_operation(run->kernel, &list[i]);
		if (r == 0)
			r = print_changes(run);
	}
	return r;
}

static bool is_fresh(const struct observed *observed)
{
	const struct observed_host *host = &observed->host;

	return host->passthrough && mask_count(&host->apmask) == APQN_IDS &&
	       mask_count(&host->aqmask) == APQN_IDS && mask_count(&observed->cards) == 4 &&
	       mask_count(&host->configured.domains) == 8 && observed->devices.count == 0;
}

/* Both lists, or only the first one where there is no driver_override. */
static int do_all(struct run *run)
{
	CLEANUP(report_done) struct report first = { 0 };
	CLEANUP(observed_done) struct observed observed;
	int r;

	observed_init(&observed);
	r = kernel_scan(run->kernel, &observed);
	if (r < 0)
		return r;
	if (!is_fresh(&observed)) {
		fprintf(stderr,
			"conform: this needs a fresh host: 4 cards, 8 domains, all masks full, "
			"no devices.\n");
		return -EBUSY;
	}
	r = look(run->kernel, &first);
	if (r == 0)
		r = print_changes(run);
	if (r == 0)
		r = do_operations(run, operations, operations_count);
	if (r < 0)
		return r;
	printf("the end finds the host as it was\n");
	if (report_print_difference(&first, &run->report) > 0)
		return -EBADMSG;
	return observed.host.has_override ?
		       do_operations(run, override_operations, override_operations_count) :
		       0;
}

static int read_options(char **argv, const char **ret_root)
{
	for (; argv[0]; argv += 2) {
		CLEANUP_FREE char *message = NULL;

		if (strcmp(argv[0], "--root") == 0 && argv[1]) {
			*ret_root = argv[1];
		} else if (strncmp(argv[0], "--", 2) != 0 || !argv[1] ||
			   kernel_set_option(argv[0] + 2, argv[1], &message) < 0) {
			fprintf(stderr, "conform: %s\n", message ? message : "give options only.");
			return -EINVAL;
		}
	}
	return 0;
}

DEFINE_CLEANUP(struct kernel *, kernel_close);

int main(int argc, char **argv)
{
	CLEANUP(sd_event_unrefp) sd_event *loop = NULL;
	CLEANUP(kernel_closep) struct kernel *kernel = NULL;
	struct run run = { 0 };
	const char *root = "";
	int r;

	(void)argc;
	if (read_options(argv + 1, &root) < 0)
		return 2;
	r = sd_event_new(&loop);
	if (r >= 0)
		r = kernel_open(root, loop, ignore_event, NULL, &kernel);
	if (r >= 0)
		r = hardware_open(root);
	if (r < 0) {
		fprintf(stderr, "conform: cannot begin: %s\n", strerror(-r));
		return 1;
	}
	run.kernel = kernel;
	r = do_all(&run);
	if (r < 0)
		fprintf(stderr, "conform: stopped: %s\n", strerror(-r));
	report_done(&run.report);
	hardware_close();
	return r < 0;
}
