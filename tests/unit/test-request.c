/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/plan/request.c: what a request comes to, and why one comes to nothing.
 *
 * Device 1 is defined ("one") and started, with drift; 2 is defined; 3 is started by
 * another program; the file of 4 cannot be used.
 */
#include <errno.h>

#include "common/json.h"
#include "daemon/plan/request.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static struct observed observed;
static struct desired desired = { .policy.interrupts = INTERRUPTS_NO_WISH };

static void start(void)
{
	host_init(&observed);
	put_definition(&desired, 1, "one", matrix_of("5", "1-2", "1"), START_AUTO);
	put_definition(&desired, 2, "two", matrix_of("6", "1-2", ""), START_MANUAL);
	put_bad_definition(&desired, 4);
	put_device(&observed, 1, matrix_of("5", "1-3", "1"), false);
	put_device(&observed, 3, matrix_of("7", "1", ""), false);
}

static void done(void)
{
	observed_done(&observed);
	desired_done(&desired);
}

static struct request request_of(enum operation operation, const char *device)
{
	struct request request = { .operation = operation };

	snprintf(request.device, sizeof(request.device), "%s", device);
	return request;
}

/* The number of a device as people would give its UUID. */
static struct request request_for(enum operation operation, unsigned int number)
{
	return request_of(operation, uuid_of(number).text);
}

/* Of reservations; test-reserve.c looks into them. */
static struct queue_set collateral;
static struct problems conflicts;

static struct change accept(const struct request *request)
{
	CLEANUP_ERROR struct error error = { 0 };
	struct uuid new_uuid = uuid_of(99);
	struct change change;

	if (request_to_change(&observed, &desired, request, &new_uuid, &change, &collateral, &conflicts,
			      &error) != 0)
		CHECK_FAIL("refused: %s", json_text(error.parameters, NULL));
	if (change.count > 0) {
		struct change copy = change_of(*change.devices);

		CHECK(!change.devices->definition.problem);
		change_done(&change);
		change.devices = copy.devices;
		change.count = 1;
	}
	return change;
}

static void refuse(const struct request *request, enum error_code code, const char *parameters)
{
	CLEANUP_ERROR struct error error = { 0 };
	struct change change = { .count = 99 };
	struct uuid new_uuid = uuid_of(99);

	CHECK_INT(request_to_change(&observed, &desired, request, &new_uuid, &change, &collateral,
				    &conflicts, &error),
		  -ECANCELED);
	CHECK_STR(error_name(error.code), error_name(code));
	CHECK_HAS(json_text(error.parameters, NULL), parameters);
	CHECK_INT(change.count, 99);
}

static void expect_matrix(const struct matrix *matrix, const char *expected)
{
	CLEANUP_FREE char *text = matrix_describe(matrix);

	CHECK_STR(text, expected);
}

static void test_names_of_operations(void)
{
	static const char *const names[] = { "define", "undefine", "start", "stop",
					     "assign", "unassign", "modify" };

	for (int i = OPERATION_DEFINE; i <= OPERATION_MODIFY; i++)
		CHECK_STR(operation_name(i), names[i]);
}

static void test_define(void)
{
	struct request request = request_of(OPERATION_DEFINE, "");
	struct change change;

	start();
	request.matrix = matrix_of("5", "4", "");
	change = accept(&request);
	CHECK_STR(change.devices->uuid.text, uuid_of(99).text);
	CHECK_STR(change.devices->definition.uuid.text, uuid_of(99).text);
	CHECK(!change.devices->live);
	CHECK_INT(change.devices->definition_action, DEFINITION_WRITE);
	CHECK_INT(change.devices->definition.start, START_MANUAL);
	CHECK_INT(change.devices->definition.interrupts, INTERRUPTS_ANY);
	request = request_for(OPERATION_DEFINE, 8);
	request.has_name = request.has_start = request.has_interrupts = true;
	strcpy(request.name, "eight");
	request.start = START_AUTO;
	request.interrupts = INTERRUPTS_REQUIRED;
	change = accept(&request);
	CHECK_STR(change.devices->uuid.text, uuid_of(8).text);
	CHECK_STR(change.devices->definition.name, "eight");
	CHECK_INT(change.devices->definition.start, START_AUTO);
	CHECK_INT(change.devices->definition.interrupts, INTERRUPTS_REQUIRED);
	/* one that is started may be defined */
	request = request_for(OPERATION_DEFINE, 3);
	change = accept(&request);
	CHECK(!change.devices->live);
	/* the very same again is no mistake */
	request = request_for(OPERATION_DEFINE, 2);
	request.matrix = matrix_of("6", "1-2", "");
	request.has_name = true;
	strcpy(request.name, "two");
	accept(&request);
	done();
}

static void test_define_refused(void)
{
	struct request request = request_of(OPERATION_DEFINE, "nonsense");

	start();
	refuse(&request, ERROR_INVALID_PARAMETER, "\"uuid\"");
	request = request_of(OPERATION_DEFINE, "");
	request.has_name = true;
	strcpy(request.name, "no good");
	refuse(&request, ERROR_INVALID_PARAMETER, "\"name\"");
	strcpy(request.name, "one");
	refuse(&request, ERROR_DEVICE_EXISTS, "Device one (");
	strcpy(request.device, uuid_of(9).text);
	refuse(&request, ERROR_DEVICE_EXISTS, "\"one\"");
	request = request_for(OPERATION_DEFINE, 2);
	request.matrix = matrix_of("6", "1-3", "");
	refuse(&request, ERROR_DEVICE_EXISTS, uuid_of(2).text);
	request = request_for(OPERATION_DEFINE, 4);
	refuse(&request, ERROR_DEVICE_EXISTS, uuid_of(4).text);
	done();
}

static void test_undefine_and_stop(void)
{
	struct request request = request_of(OPERATION_UNDEFINE, "one");
	struct change change;

	start();
	change = accept(&request);
	CHECK_STR(change.devices->uuid.text, uuid_of(1).text);
	CHECK_INT(change.devices->definition_action, DEFINITION_REMOVE);
	CHECK(!change.devices->live);
	/* a file that cannot be used can be removed */
	request = request_for(OPERATION_UNDEFINE, 4);
	accept(&request);
	request = request_of(OPERATION_STOP, "one");
	request.force = true;
	change = accept(&request);
	CHECK(change.devices->live && !change.devices->started && change.force);
	CHECK_INT(change.devices->definition_action, DEFINITION_KEEP);
	done();
}

static void test_start(void)
{
	struct request request = request_of(OPERATION_START, "one");
	struct change change;

	start();
	change = accept(&request);
	CHECK(change.devices->live && change.devices->started && !change.force);
	CHECK_INT(change.devices->definition_action, DEFINITION_KEEP);
	expect_matrix(&change.devices->active, "adapters 05 domains 0001-0002 control domains 0001");
	/* one that nobody defined stays as it is */
	request = request_for(OPERATION_START, 3);
	change = accept(&request);
	expect_matrix(&change.devices->active, "adapters 07 domains 0001");
	request = request_for(OPERATION_START, 4);
	refuse(&request, ERROR_BAD_DEFINITION, "The file /x cannot be used.");
	done();
}

static void test_assign(void)
{
	static const struct {
		enum operation operation;
		enum scope scope;
		const char *definition, *active; /* NULL: left alone */
	} cases[] = {
		{ OPERATION_ASSIGN, SCOPE_BOTH,
		  "adapters 05-06 domains 0001-0003 control domains 0001",
		  "adapters 05-06 domains 0001-0003 control domains 0001" },
		{ OPERATION_ASSIGN, SCOPE_LIVE, NULL,
		  "adapters 05-06 domains 0001-0003 control domains 0001" },
		{ OPERATION_ASSIGN, SCOPE_DEFINITION,
		  "adapters 05-06 domains 0001-0003 control domains 0001", NULL },
		{ OPERATION_UNASSIGN, SCOPE_BOTH,
		  "adapters 05 domains 0001-0002 control domains 0001",
		  "adapters 05 domains 0001-0002 control domains 0001" },
		{ OPERATION_UNASSIGN, SCOPE_LIVE, NULL,
		  "adapters 05 domains 0001-0002 control domains 0001" },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request request = request_of(cases[i].operation, "one");
		struct change change;

		request.scope = cases[i].scope;
		request.matrix = matrix_of("6", "3", "");
		change = accept(&request);
		CHECK_INT(change.devices->definition_action,
			  cases[i].definition ? DEFINITION_WRITE : DEFINITION_KEEP);
		if (cases[i].definition) {
			expect_matrix(&change.devices->definition.matrix, cases[i].definition);
			/* all else of the definition stays */
			CHECK_STR(change.devices->definition.name, "one");
			CHECK_INT(change.devices->definition.start, START_AUTO);
		}
		CHECK_INT(change.devices->live, cases[i].active != NULL);
		if (cases[i].active) {
			CHECK(change.devices->started);
			expect_matrix(&change.devices->active, cases[i].active);
		}
	}
	done();
}

static void test_assign_one_side(void)
{
	struct request request = request_of(OPERATION_ASSIGN, "two");
	struct change change;

	start();
	change = accept(&request);
	CHECK(!change.devices->live && change.devices->definition_action == DEFINITION_WRITE);
	request.scope = SCOPE_LIVE;
	refuse(&request, ERROR_UNSUPPORTED, "not started, so there is nothing live to change");
	request = request_for(OPERATION_UNASSIGN, 3);
	change = accept(&request);
	CHECK(change.devices->live && change.devices->definition_action == DEFINITION_KEEP);
	request.scope = SCOPE_DEFINITION;
	refuse(&request, ERROR_UNSUPPORTED, "has no definition to change");
	request = request_for(OPERATION_ASSIGN, 4);
	refuse(&request, ERROR_BAD_DEFINITION, "/x");
	done();
}

static void test_modify(void)
{
	struct request request = request_of(OPERATION_MODIFY, "one");
	struct change change;

	start();
	request.has_name = request.has_interrupts = true;
	request.interrupts = INTERRUPTS_POLLED;
	change = accept(&request);
	CHECK_STR(change.devices->definition.name, ""); /* an empty name takes the name away */
	CHECK_INT(change.devices->definition.interrupts, INTERRUPTS_POLLED);
	CHECK_INT(change.devices->definition.start, START_AUTO);
	expect_matrix(&change.devices->definition.matrix,
		      "adapters 05 domains 0001-0002 control domains 0001");
	CHECK(!change.devices->live);
	/* its own name is no other's */
	strcpy(request.name, "one");
	accept(&request);
	strcpy(request.name, "two");
	refuse(&request, ERROR_DEVICE_EXISTS, "two");
	request = request_of(OPERATION_MODIFY, "one");
	request.adopt = true;
	change = accept(&request);
	expect_matrix(&change.devices->definition.matrix,
		      "adapters 05 domains 0001-0003 control domains 0001");
	CHECK_STR(change.devices->definition.name, "one");
	request = request_for(OPERATION_MODIFY, 3);
	refuse(&request, ERROR_UNSUPPORTED, "has no definition to change");
	request.adopt = true;
	change = accept(&request);
	CHECK_STR(change.devices->definition.uuid.text, uuid_of(3).text);
	expect_matrix(&change.devices->definition.matrix, "adapters 07 domains 0001");
	request = request_of(OPERATION_MODIFY, "two");
	request.adopt = true;
	refuse(&request, ERROR_UNSUPPORTED, "nothing that its definition could follow");
	request = request_for(OPERATION_MODIFY, 4);
	refuse(&request, ERROR_BAD_DEFINITION, "/x");
	done();
}

/* What a device has that cannot be read must never become a definition or a plan by mistake. */
static void test_unknown_matrix(void)
{
	struct observed_device device = { .uuid = uuid_of(5) };
	struct request request = request_for(OPERATION_MODIFY, 5);

	start();
	CHECK_INT(observed_put_device(&observed, &device), 0);
	request.adopt = true;
	refuse(&request, ERROR_UNSUPPORTED, "cannot list");
	done();
}

static void test_no_such_device(void)
{
	start();
	for (int operation = OPERATION_UNDEFINE; operation <= OPERATION_MODIFY; operation++) {
		struct request request = request_of(operation, "nobody");

		refuse(&request, ERROR_NO_SUCH_DEVICE, "\"nobody\"");
		request = request_of(operation, "0000");
		refuse(&request, ERROR_AMBIGUOUS_DEVICE, "\"0000\"");
	}
	done();
}

/* The masks that a rule leaves to the host when it takes these ids; NULL: it does not set that mask. */
static struct boot_masks rule_of(const char *adapters, const char *domains)
{
	struct boot_masks rule = { .has_apmask = adapters, .has_aqmask = domains };
	struct mask taken;

	taken = mask_of(adapters ? adapters : "");
	rule.apmask = mask_complement(&taken);
	taken = mask_of(domains ? domains : "");
	rule.aqmask = mask_complement(&taken);
	return rule;
}

static void test_import(void)
{
	static const struct {
		const char *adapters, *domains;	/* what the rule takes */
		const char *now;		/* adapters that the masks in force take */
		const char *reserved;		/* adapters that are reserved already, by the masks */
		const char *result, *masks;	/* the policy afterwards; NULL: nothing is to be done */
		const char *taken;		/* adapters that the masks in force take afterwards */
	} cases[] = {
		{ "5", "7", "", NULL, "adapters 05 domains 0007", "adapters 05 domains 0007", "5" },
		{ "5", "7", "5", NULL, "adapters 05 domains 0007", "adapters 05 domains 0007", "5" },
		/* what is in force besides stays, and is not ours */
		{ "5", NULL, "5-6", NULL, "adapters 05", "adapters 05", "5-6" },
		{ "5", "", "6", NULL, "adapters 05", "adapters 05", "5-6" },
		{ NULL, "7", "6", NULL, "domains 0007", "domains 0007", "6" },
		/* what is reserved stays so, also where somebody gave it back */
		{ "5", "", "6", "6", "adapters 05-06", "adapters 05-06", "5-6" },
		{ "5", "", "", "6", "adapters 05-06", "adapters 05-06", "5-6" },
		{ "6", "", "6-7", "6", "adapters 06", "adapters 06", "6-7" },
		{ "0-255", "", "", NULL, "adapters 00-ff", "adapters 00-ff", "0-255" },
		{ "", "", "6", NULL, NULL, NULL, NULL },
		{ "", NULL, "6", "6", NULL, NULL, NULL },
	};
	const struct request request = { .operation = OPERATION_IMPORT };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mask now = mask_of(cases[i].now), taken;
		struct host_policy *policy = &desired.policy;
		struct change change;

		start();
		observed.host.has_override = false;
		observed.host.apmask = mask_complement(&now);
		memset(&observed.host.aqmask, 0xff, sizeof(observed.host.aqmask));
		desired.rules = rule_of(cases[i].adapters, cases[i].domains);
		desired.rules_path = strdup("/r");
		if (cases[i].reserved) {
			policy->mechanism = MECHANISM_MASKS;
			policy->has_reservation = policy->has_masks = true;
			policy->reserved.adapters = policy->masks.adapters = mask_of(cases[i].reserved);
		}
		change = accept(&request);
		CHECK_INT(conflicts.count, 0);
		CHECK(change.host.ownership == (cases[i].result != NULL));
		CHECK(change.host.write_policy == (cases[i].result != NULL));
		if (cases[i].result) {
			struct matrix reserved = { .adapters = change.host.policy.reserved.adapters,
						   .domains = change.host.policy.reserved.domains };
			struct matrix masks = { .adapters = change.host.policy.masks.adapters,
						.domains = change.host.policy.masks.domains };

			expect_matrix(&reserved, cases[i].result);
			expect_matrix(&masks, cases[i].masks);
			CHECK_INT(change.host.policy.mechanism, MECHANISM_MASKS);
			taken = mask_of(cases[i].taken);
			taken = mask_complement(&taken);
			CHECK(mask_equal(&change.host.apmask, &taken));
		}
		done();
	}
}

static void test_import_refused(void)
{
	const struct request request = { .operation = OPERATION_IMPORT };

	start();
	refuse(&request, ERROR_UNSUPPORTED, "neither /etc/udev/rules.d/41-ap.rules nor /run/udev/rules.d/41-ap");
	desired.rules_path = strdup("/r");
	refuse(&request, ERROR_UNSUPPORTED, "/r sets neither");
	desired.rules = rule_of("5", NULL);
	desired.rules_problem = strdup("Line 3 of /r is bad.");
	refuse(&request, ERROR_BAD_DEFINITION, "Line 3 of /r is bad. Nothing was taken over.");
	free(TAKE_PTR(desired.rules_problem));
	desired.policy.mechanism = MECHANISM_OVERRIDES;
	accept(&request);
	CHECK_INT(conflicts.count, 1);
	CHECK_STR(conflicts.items[0].code, PROBLEM_OTHER_MECHANISM);
	CHECK_HAS(conflicts.items[0].message, "/r takes adapters 05 from the host by the masks");
	problems_done(&conflicts);
	/* nothing that could stand in the way of anything */
	desired.rules = rule_of("", "");
	accept(&request);
	CHECK_INT(conflicts.count, 0);
	desired.policy.mechanism = MECHANISM_OBSERVE;
	accept(&request);
	CHECK_INT(conflicts.count, 1);
	problems_done(&conflicts);
	done();
}

int main(void)
{
	RUN(test_names_of_operations);
	RUN(test_define);
	RUN(test_define_refused);
	RUN(test_undefine_and_stop);
	RUN(test_start);
	RUN(test_assign);
	RUN(test_assign_one_side);
	RUN(test_modify);
	RUN(test_unknown_matrix);
	RUN(test_no_such_device);
	RUN(test_import);
	RUN(test_import_refused);
	return 0;
}
