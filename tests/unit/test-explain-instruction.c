/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/report/explain-instruction.c: which row of the table a question comes to, and what is told
 * besides.  The table itself is tested by test-pqap.
 */
#include "daemon/report/explain-instruction.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static struct observed observed;
static struct instruction instruction;
static struct instruction_answer answer;

/* Device 1 has adapters 05 and 06, domains 0001 and 0002, and a guest that has all interrupts off. */
static void start(void)
{
	host_init(&observed);
	put_device(&observed, 1, matrix_of("5,6", "1,2", ""), true);
	instruction = (struct instruction){ .function = PQAP_AQIC, .apqn = { 5, 1 } };
}

static void done(void)
{
	instruction_answer_done(&answer);
	observed_done(&observed);
}

static void expect(enum pqap_row row, const char *reason)
{
	instruction_answer_done(&answer);
	CHECK_INT(explain_instruction(&observed, &instruction, &answer), 0);
	CHECK_INT(answer.result.row, row);
	CHECK(strncmp(answer.reason, answer.result.reason, strlen(answer.result.reason)) == 0);
	if (reason)
		CHECK_HAS(answer.reason, reason);
	else
		CHECK_STR(answer.reason, answer.result.reason);
}

static void set_interrupt(int8_t on)
{
	struct observed_queue queue = *observed_find_queue(&observed, instruction.apqn);

	queue.interrupt = on;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
}

static void set_kvm(int8_t gisa, int8_t facility65)
{
	struct observed_host host = observed.host;

	host.gisa = gisa;
	host.facility65 = facility65;
	observed_put_host(&observed, &host);
}

static void test_well(void)
{
	start();
	expect(PQAP_ROW_SWITCHED_ON, NULL);
	CHECK_STR(answer.device.text, uuid_of(1).text);
	CHECK(answer.pqap.enable && answer.pqap.nib_good && !answer.pqap.problem_state);
	instruction.disable = true;
	expect(PQAP_ROW_ALREADY_OFF, NULL);
	set_interrupt(1);
	expect(PQAP_ROW_SWITCHED_OFF, NULL);
	instruction.disable = false;
	expect(PQAP_ROW_ALREADY_ON, NULL);
	done();
}

static void test_question(void)
{
	start();
	instruction.function = 4;
	expect(PQAP_ROW_OTHER_FUNCTION, NULL);
	instruction.function = PQAP_AQIC;
	instruction.problem_state = true;
	expect(PQAP_ROW_PROBLEM_STATE, NULL);
	instruction.problem_state = false;
	instruction.reserved_bits = true;
	expect(PQAP_ROW_RESERVED_BITS, NULL);
	instruction.reserved_bits = false;
	instruction.time_bit = true;
	expect(PQAP_ROW_SWITCHED_ON, NULL);
	instruction.without[FEATURE_APFT] = true;
	expect(PQAP_ROW_T_BIT, NULL);
	instruction.time_bit = false;
	expect(PQAP_ROW_SWITCHED_ON, NULL);
	instruction.bad_address = true;
	expect(PQAP_ROW_NIB_BAD, NULL);
	instruction.disable = true;
	expect(PQAP_ROW_ALREADY_OFF, NULL);
	done();
}

static void test_without(void)
{
	static const struct {
		enum instruction_feature feature;
		enum pqap_row row;
		const char *reason;
	} cases[] = {
		{ FEATURE_AP, PQAP_ROW_NOT_INTERPRETED, NULL },
		{ FEATURE_APQCI, PQAP_ROW_SWITCHED_ON,
		  "lacks apqci (facility 12) makes no difference" },
		{ FEATURE_APFT, PQAP_ROW_SWITCHED_ON, NULL },
		{ FEATURE_APQI, PQAP_ROW_NO_FACILITY65, NULL },
		{ FEATURE_APXA, PQAP_ROW_SWITCHED_ON, NULL },
		{ FEATURE_AIV, PQAP_ROW_NO_AIV, NULL },
		{ FEATURE_GISA, PQAP_ROW_NO_GISA, NULL },
	};

	CHECK_INT(ARRAY_SIZE(cases), FEATURES);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start();
		CHECK(instruction_feature_names[cases[i].feature]);
		instruction.without[cases[i].feature] = true;
		expect(cases[i].row, cases[i].reason);
		done();
	}
}

static void test_high_ids(void)
{
	struct observed_host host;

	start();
	instruction.apqn = (struct apqn){ 5, 16 };
	expect(PQAP_ROW_NO_DEVICE, "No device has this queue.");
	instruction.without[FEATURE_APXA] = true;
	expect(PQAP_ROW_ID_TOO_HIGH, NULL);
	instruction.without[FEATURE_APXA] = false;
	host = observed.host;
	/* A word that only contains it is another one. */
	snprintf(host.bus_features, sizeof(host.bus_features), "APSC APXA2 XAPXA");
	observed_put_host(&observed, &host);
	expect(PQAP_ROW_ID_TOO_HIGH, NULL);
	snprintf(host.bus_features, sizeof(host.bus_features), "APSC APXA2 APXA");
	observed_put_host(&observed, &host);
	expect(PQAP_ROW_NO_DEVICE, "No device has this queue.");
	/* An old kernel tells nothing of it. */
	host.bus_features[0] = '\0';
	observed_put_host(&observed, &host);
	expect(PQAP_ROW_NO_DEVICE, "No device has this queue.");
	done();
}

static void test_host(void)
{
	struct observed_host host;

	start();
	set_kvm(0, 1);
	expect(PQAP_ROW_NO_AIV, "'apqctl interrupts --gisa on'");
	set_kvm(1, 0);
	expect(PQAP_ROW_NO_FACILITY65, "KVM on this host does not offer it");
	instruction.without[FEATURE_APQI] = true;
	set_kvm(1, 1);
	expect(PQAP_ROW_NO_FACILITY65, NULL);
	instruction.without[FEATURE_APQI] = false;
	set_kvm(-1, -1);
	expect(PQAP_ROW_SWITCHED_ON, "could not be asked");
	/* Interrupts that are on prove what the running guest has. */
	set_kvm(0, 0);
	set_interrupt(1);
	expect(PQAP_ROW_ALREADY_ON, NULL);
	instruction.without[FEATURE_AIV] = true;
	expect(PQAP_ROW_NO_AIV, "kvm.use_gisa is off");
	host = observed.host;
	host.ap_bus = false;
	observed_put_host(&observed, &host);
	expect(PQAP_ROW_HOST_WITHOUT_AP, NULL);
	done();
}

static void test_device(void)
{
	start();
	instruction.apqn = (struct apqn){ 7, 1 };
	expect(PQAP_ROW_NO_DEVICE, "No device has this queue.");
	CHECK_STR(answer.device.text, "");
	instruction.has_device = true;
	instruction.device = uuid_of(1);
	expect(PQAP_ROW_NOT_IN_DEVICE, NULL);
	CHECK_STR(answer.device.text, uuid_of(1).text);
	instruction.device = uuid_of(2);
	expect(PQAP_ROW_NO_DEVICE, "The device is not started.");
	CHECK_STR(answer.device.text, uuid_of(2).text);
	put_device(&observed, 2, matrix_of("7", "1", ""), false);
	expect(PQAP_ROW_SWITCHED_ON, "No guest has the device open now");
	/* What the queue has of somebody before counts for nothing. */
	set_interrupt(1);
	expect(PQAP_ROW_SWITCHED_ON, "No guest has the device open now");
	done();
}

static void test_queue(void)
{
	struct observed_queue queue;
	struct observed_card card;

	start();
	card = *observed_find_card(&observed, 5);
	card.checkstopped = true;
	observed_put_card(&observed, &card);
	expect(PQAP_ROW_CHECKSTOPPED, NULL);
	card.configured = false;
	observed_put_card(&observed, &card);
	expect(PQAP_ROW_DECONFIGURED, NULL);
	card.configured = true;
	card.checkstopped = false;
	observed_put_card(&observed, &card);
	queue = *observed_find_queue(&observed, instruction.apqn);
	queue.configured = false;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	expect(PQAP_ROW_DECONFIGURED, NULL);
	queue.configured = true;
	queue.checkstopped = true;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	expect(PQAP_ROW_CHECKSTOPPED, NULL);
	queue.driver[0] = '\0';
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	expect(PQAP_ROW_NOT_BOUND, NULL);
	observed_remove_queue(&observed, instruction.apqn);
	expect(PQAP_ROW_NOT_BOUND, NULL);
	done();
}

/* Of a device whose matrix cannot be read the queue's own status tells. */
static void test_unknown_matrix(void)
{
	struct uuid uuid = uuid_of(1);
	struct observed_device device;
	struct observed_queue queue;

	start();
	device = *observed_find_device(&observed, &uuid);
	device.active_known = false;
	device.active = (struct matrix){ 0 };
	CHECK_INT(observed_put_device(&observed, &device), 0);
	instruction.has_device = true;
	instruction.device = uuid;
	expect(PQAP_ROW_NOT_IN_DEVICE, NULL);
	queue = *observed_find_queue(&observed, instruction.apqn);
	queue.status = QUEUE_STATUS_IN_USE;
	CHECK_INT(observed_put_queue(&observed, &queue), 0);
	expect(PQAP_ROW_SWITCHED_ON, NULL);
	device.leaving = true;
	CHECK_INT(observed_put_device(&observed, &device), 0);
	expect(PQAP_ROW_SWITCHED_ON, "being removed");
	done();
}

int main(void)
{
	RUN(test_well);
	RUN(test_question);
	RUN(test_without);
	RUN(test_high_ids);
	RUN(test_host);
	RUN(test_device);
	RUN(test_queue);
	RUN(test_unknown_matrix);
	return 0;
}
