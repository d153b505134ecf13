/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/report/diagnose.c and problem.c: what is wrong, in words and with which queues.
 */
#include "daemon/model/readiness.h"
#include "daemon/report/diagnose.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

#define ONE "00000000-0000-0000-0000-000000000001"
#define LABEL "Device " ONE ": "
#define EXPLAIN " For the remedy, run: 'apqctl explain " ONE "'."

static struct observed observed;
static struct desired desired = { .policy.interrupts = INTERRUPTS_NO_WISH };

static void start(void)
{
	host_init(&observed);
}

static void done(void)
{
	observed_done(&observed);
	desired_done(&desired);
}

/* Checks that device 1 has exactly this problem (NULL: none). */
static void expect(const char *code, const char *message)
{
	CLEANUP_PROBLEMS struct problems problems = { 0 };
	struct uuid uuid = uuid_of(1);

	diagnose_device(&observed, &desired, &uuid, &problems);
	CHECK_INT(problems.count, code ? 1 : 0);
	if (!code)
		return;
	CHECK_STR(problems.items[0].code, code);
	CHECK_STR(problems.items[0].message, message);
	CHECK(problems.items[0].has_device);
	CHECK_STR(problems.items[0].device.text, uuid.text);
	CHECK(problems_has(&problems, code, message));
	CHECK(!problems_has(&problems, code, "another") && !problems_has(&problems, "x", message));
}

static void test_ready(void)
{
	struct observed_host host;
	const char *reason = "untouched";

	start();
	CHECK(readiness_of_host(&observed, &reason) && !reason);
	host = observed.host;
	host.passthrough = false;
	observed_put_host(&observed, &host);
	CHECK(!readiness_of_host(&observed, &reason));
	CHECK_HAS(reason, "modprobe vfio_ap");
	host.ap_bus = false;
	observed_put_host(&observed, &host);
	CHECK(!readiness_of_host(&observed, &reason));
	CHECK_HAS(reason, "no AP bus");
	done();
}

static void test_forwarding(void)
{
	static const struct {
		int8_t gisa, facility65;
		const char *reason;
	} cases[] = {
		{ 1, 1, NULL },
		{ -1, -1, "kvm is not loaded" },
		{ 0, 1, "use_gisa is off" },
		{ 1, -1, "could not be asked" },
		{ 1, 0, "does not offer" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct observed_host host;
		const char *reason = "untouched";

		start();
		host = observed.host;
		host.gisa = cases[i].gisa;
		host.facility65 = cases[i].facility65;
		observed_put_host(&observed, &host);
		CHECK_INT(readiness_of_interrupts(&observed, &reason), !cases[i].reason);
		if (cases[i].reason)
			CHECK_HAS(reason, cases[i].reason);
		else
			CHECK(!reason);
		done();
	}
}

static void test_host(void)
{
	CLEANUP_PROBLEMS struct problems problems = { 0 };
	struct observed_host host;

	start();
	diagnose_host(&observed, &desired, &problems);
	CHECK_INT(problems.count, 0);
	host = observed.host;
	host.passthrough = false;
	observed_put_host(&observed, &host);
	problems_add(&desired.problems, PROBLEM_STRANGE_FILE, NULL, NULL, "%d%% strange", 100);
	diagnose_host(&observed, &desired, &problems);
	CHECK_INT(problems.count, 2);
	CHECK_STR(problems.items[0].code, PROBLEM_NOT_READY);
	CHECK_STR(problems.items[1].code, PROBLEM_STRANGE_FILE);
	CHECK_STR(problems.items[1].message, "100% strange");
	done();
}

static void test_drift(void)
{
	struct uuid uuid = uuid_of(1);

	start();
	expect(NULL, NULL);
	put_definition(&desired, 1, "", matrix_of("5", "1", ""), START_MANUAL);
	CHECK(!diagnose_has_drift(&observed, &desired, &uuid));
	put_device(&observed, 1, matrix_of("5", "1", ""), false);
	CHECK(!diagnose_has_drift(&observed, &desired, &uuid));
	expect(NULL, NULL);
	put_device(&observed, 1, matrix_of("5", "1-2", "2"), false);
	CHECK(diagnose_has_drift(&observed, &desired, &uuid));
	expect(PROBLEM_DRIFT,
	       LABEL "the kernel has adapters 05 domains 0001-0002 control domains 0002, but the definition says "
	       "adapters 05 domains 0001. To restore the definition, run: 'apqctl start " ONE "'. To keep what "
	       "the kernel has, run: 'apqctl modify " ONE " --adopt'.");
	/* without a definition, or with one that cannot be used, nothing can differ from it */
	put_bad_definition(&desired, 1);
	CHECK(!diagnose_has_drift(&observed, &desired, &uuid));
	expect(PROBLEM_BAD_DEFINITION,
	       LABEL "The file /x cannot be used. To remove the definition with its file, run: 'apqctl undefine "
	       ONE "'.");
	desired_remove(&desired, &uuid);
	CHECK(!diagnose_has_drift(&observed, &desired, &uuid));
	expect(NULL, NULL);
	done();
}

static void change_queue(uint8_t adapter, uint8_t domain, bool configured, bool checkstopped)
{
	struct observed_queue queue =
		*observed_find_queue(&observed, (struct apqn){ adapter, domain });

	queue.configured = configured;
	queue.checkstopped = checkstopped;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
}

static void test_queues(void)
{
	start();
	put_device(&observed, 1, matrix_of("5-6", "1-3", ""), false);
	expect(NULL, NULL);
	observed_remove_queue(&observed, (struct apqn){ 5, 1 });
	observed_remove_queue(&observed, (struct apqn){ 6, 3 });
	expect(PROBLEM_ABSENT,
	       LABEL "queues 05.0001, 06.0003 are missing, so the kernel keeps their whole adapters from the "
	       "guest." EXPLAIN);
	put_device(&observed, 1, matrix_of("6", "1-2", ""), false);
	put_queue(&observed, 6, 2, "cex4queue", "");
	expect(PROBLEM_NOT_BOUND,
	       LABEL "queue 06.0002 is not bound to vfio_ap, so the kernel keeps its whole adapter from the "
	       "guest." EXPLAIN);
	put_queue(&observed, 6, 2, "vfio_ap", "");
	change_queue(6, 1, false, false);
	change_queue(6, 2, false, false);
	expect(PROBLEM_DECONFIGURED,
	       LABEL "queues 06.0001-0002 are deconfigured: no request gets through until the adapter is "
	       "configured again." EXPLAIN);
	change_queue(6, 1, true, false);
	change_queue(6, 2, true, true);
	expect(PROBLEM_CHECKSTOPPED,
	       LABEL "queue 06.0002 is checkstopped: the adapter has failed and needs service.");
	done();
}

static void test_several_at_once(void)
{
	CLEANUP_PROBLEMS struct problems problems = { 0 };
	struct uuid uuid = uuid_of(1);

	start();
	put_definition(&desired, 1, "", matrix_of("5", "1", ""), START_MANUAL);
	put_device(&observed, 1, matrix_of("5,9", "1-2", "9"), false);
	change_queue(5, 2, true, true);
	diagnose_device(&observed, &desired, &uuid, &problems);
	CHECK_INT(problems.count, 4);
	CHECK_STR(problems.items[0].code, PROBLEM_DRIFT);
	CHECK_STR(problems.items[1].code, PROBLEM_ABSENT);
	CHECK_INT(mask_count(&problems.items[1].queues->domains[9]), 2);
	CHECK(mask_is_empty(&problems.items[1].queues->domains[5]));
	CHECK_STR(problems.items[2].code, PROBLEM_CHECKSTOPPED);
	CHECK_STR(problems.items[3].code, PROBLEM_CONTROL_DOMAIN);
	CHECK_HAS(problems.items[3].message, "control domain 0009");
	done();
}

static void test_unknown_matrix(void)
{
	struct observed_device device = { .uuid = uuid_of(1) };
	struct uuid uuid = uuid_of(1);

	start();
	put_definition(&desired, 1, "", matrix_of("5", "1", ""), START_MANUAL);
	CHECK_INT(observed_put_device(&observed, &device), 0);
	CHECK(!diagnose_has_drift(&observed, &desired, &uuid));
	expect(PROBLEM_MATRIX_UNKNOWN,
	       LABEL "the device may have more queues than this kernel can list without overwriting its own "
	       "memory, so apqd does not read them. To have them known, run: 'apqctl stop " ONE "', then "
	       "'apqctl start " ONE "'.");
	done();
}

static void test_definitions(void)
{
	start();
	put_definition(&desired, 1, "", matrix_of("5", "1-2", ""), START_AUTO);
	put_definition(&desired, 2, "db", matrix_of("5", "2-3", ""), START_MANUAL);
	expect(NULL, NULL);
	put_definition(&desired, 2, "db", matrix_of("5", "2-3", ""), START_AUTO);
	expect(PROBLEM_DEFINITION_CONFLICT,
	       LABEL "queue 05.0002 is also in the definition of device db (00000000-0000-0000-0000-000000000002). "
	       "All of them start automatically, and only one can have it. To start this one by hand only, run: "
	       "'apqctl modify " ONE " --manual'.");
	put_definition(&desired, 3, "db", matrix_of("5", "1-3", ""), START_AUTO);
	put_definition(&desired, 2, "web", matrix_of("5", "2-3", ""), START_AUTO);
	put_definition(&desired, 1, "web", matrix_of("6", "2-3", ""), START_MANUAL);
	expect(PROBLEM_NAME_CONFLICT,
	       "Device web (" ONE "): device 00000000-0000-0000-0000-000000000002 has the name 'web' too, so that "
	       "name means neither of them. To give this one another name, run: 'apqctl modify " ONE
	       " --name web-00000000'.");
	put_definition(&desired, 2, "", matrix_of("5", "2-3", ""), START_AUTO);
	put_definition(&desired, 3, "", matrix_of("5", "1-3", ""), START_MANUAL);
	put_definition(&desired, 1, "", matrix_of("5", "1-2", ""), START_MANUAL);
	expect(NULL, NULL);
	done();
}

/* A definition that could not start at the next boot has a problem at once. */
static void test_cannot_start(void)
{
	struct observed_host host;

	start();
	put_definition(&desired, 1, "web", matrix_of("5", "1", ""), START_AUTO);
	expect(NULL, NULL);
	host = observed.host;
	mask_set(&host.apmask, 5);
	mask_set(&host.aqmask, 1);
	observed_put_host(&observed, &host);
	expect(PROBLEM_CANNOT_START,
	       "Device web (" ONE "): apqd cannot start the device automatically, because the host owns queue "
	       "05.0001. To reserve it and start the device, run: 'apqctl start web --reserve'.");
	/* A reserved queue leaves the host before the start, so there is no problem. */
	queue_set_add(&desired.policy.reserved.queues, (struct apqn){ 5, 1 });
	expect(NULL, NULL);
	queue_set_remove(&desired.policy.reserved.queues, (struct apqn){ 5, 1 });
	desired.policy.mechanism = MECHANISM_OBSERVE;
	expect(PROBLEM_CANNOT_START,
	       "Device web (" ONE "): apqd cannot start the device automatically, because the host owns queue "
	       "05.0001. Have the program that manages ownership on this host give them to guests.");
	desired.policy.mechanism = MECHANISM_UNDECIDED;
	put_definition(&desired, 1, "web", matrix_of("5", "1", ""), START_MANUAL);
	expect(NULL, NULL);
	put_definition(&desired, 1, "", matrix_of("200", "1", ""), START_AUTO);
	expect(PROBLEM_CANNOT_START,
	       LABEL "apqd cannot start the device automatically, because this machine has no adapter c8. To "
	       "take it out of the device, run: 'apqctl unassign " ONE " --adapters 0xc8'.");
	put_definition(&desired, 1, "", matrix_of("6", "2", ""), START_AUTO);
	((struct definition *)desired.definitions.items[0])->interrupts = INTERRUPTS_REQUIRED;
	host.gisa = 0;
	observed_put_host(&observed, &host);
	expect(PROBLEM_CANNOT_START,
	       LABEL "apqd cannot start the device automatically, because the device requires interrupts, and "
	       "the host cannot forward them. KVM may not use the guest interruption state area: "
	       "/sys/module/kvm/parameters/use_gisa is off. To switch it on, run: 'apqctl interrupts --gisa on'.");
	done();
}

static void test_notes(void)
{
	struct device_note *note;
	struct uuid uuid = uuid_of(1);

	start();
	note = desired_note(&desired, &uuid);
	expect(NULL, NULL);
	note->stopping = true;
	expect(PROBLEM_STOPPING,
	       LABEL "the device is being removed, and goes as soon as its guest has ended.");
	note->stopping = false;
	device_note_set_failure(note, strdup("Because."));
	expect(PROBLEM_NOT_STARTED,
	       LABEL "apqd could not bring the device to its definition. Because.");
	done();
}

/* What a device that is on its way out has, or has not, is nobody's problem any more. */
static void test_leaving(void)
{
	struct observed_device device = { .uuid = uuid_of(1),
					  .active_known = true,
					  .leaving = true,
					  .active = matrix_of("9", "9", "9") };

	start();
	put_definition(&desired, 1, "", matrix_of("5", "1", ""), START_MANUAL);
	CHECK_INT(observed_put_device(&observed, &device), 0);
	expect(PROBLEM_STOPPING,
	       LABEL "the device is being removed, and goes as soon as its guest has ended.");
	done();
}

static void test_queue_sets(void)
{
	static struct queue_set set;
	CLEANUP_FREE char *one = NULL, *several = NULL;

	CHECK(queue_set_is_empty(&set));
	queue_set_add(&set, (struct apqn){ 255, 255 });
	CHECK(!queue_set_is_empty(&set));
	one = queue_set_format(&set);
	CHECK_STR(one, "queue ff.00ff");
	queue_set_add(&set, (struct apqn){ 4, 0x10 });
	queue_set_add(&set, (struct apqn){ 4, 0x11 });
	queue_set_add(&set, (struct apqn){ 4, 0x13 });
	queue_set_add(&set, (struct apqn){ 255, 254 });
	several = queue_set_format(&set);
	CHECK_STR(several, "queues 04.0010-0011, 04.0013, ff.00fe-00ff");
}

int main(void)
{
	RUN(test_ready);
	RUN(test_forwarding);
	RUN(test_host);
	RUN(test_drift);
	RUN(test_queues);
	RUN(test_several_at_once);
	RUN(test_unknown_matrix);
	RUN(test_definitions);
	RUN(test_cannot_start);
	RUN(test_notes);
	RUN(test_leaving);
	RUN(test_queue_sets);
	return 0;
}
