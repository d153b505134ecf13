/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/plan/plan.c and conflict.c: the steps of a change, and all that is in its way.
 * That the kernel agrees is for test-plan-random.c to show.
 */
#include "daemon/plan/plan.h"
#include "daemon/model/under-way.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

#define ZEROES_16 "0000000000000000"
#define ZEROES_48 ZEROES_16 ZEROES_16 ZEROES_16
#define EMPTY_MASK "0x" ZEROES_16 ZEROES_48

static struct change to_start(unsigned int number, struct matrix matrix)
{
	return change_of((struct device_change){
		.uuid = uuid_of(number), .live = true, .started = true, .active = matrix });
}

static struct change to_stop(unsigned int number)
{
	return change_of((struct device_change){ .uuid = uuid_of(number), .live = true });
}

static struct change to_write(unsigned int number, struct matrix matrix, enum start_mode start)
{
	return change_of((struct device_change){
		.uuid = uuid_of(number),
		.definition_action = DEFINITION_WRITE,
		.definition = { .uuid = uuid_of(number), .matrix = matrix, .start = start },
	});
}

static struct plan plan_of(const struct observed *observed, const struct desired *desired,
			   const struct change *change)
{
	struct plan plan;

	plan_make(observed, desired, change, &plan);
	CHECK(!plan.no_memory);
	return plan;
}

/* The steps in one line: "create=UUID ap_config=..."; long values are left out. */
static const char *steps_of(const struct plan *plan)
{
	static char text[1000];
	size_t end = 0;

	text[0] = '\0';
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		const struct attribute_write *write = &step->write;
		bool is_short = strlen(write->value) < 8;

		if (step->kind != STEP_WRITE)
			end += snprintf(text + end, sizeof(text) - end, "%s%s", i ? " " : "",
					step->kind == STEP_WRITE_DEFINITION ? "write" : "forget");
		else
			end += snprintf(text + end, sizeof(text) - end, "%s%s%s%s", i ? " " : "",
					attribute_name(write->attribute), is_short ? "=" : "",
					is_short ? write->value : "");
		if (step->kind == STEP_WRITE && !attribute_is_of_device(write->attribute))
			CHECK_STR(write->value, write->uuid.text);
	}
	return text;
}

static const char *undo_of(const struct plan *plan, size_t i)
{
	static char text[MATRIX_TEXT_SIZE + 40];

	if (!plan->steps[i].has_undo)
		return "";
	CHECK_STR(plan->steps[i].undo.uuid.text, plan->steps[i].write.uuid.text);
	snprintf(text, sizeof(text), "%s=%s", attribute_name(plan->steps[i].undo.attribute),
		 plan->steps[i].undo.value);
	return text;
}

static void test_start_new(void)
{
	struct change change = to_start(1, matrix_of("5", "0,1", "2"));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "create ap_config");
	CHECK_STR(plan.steps[1].write.value,
		  "0x0400000000000000" ZEROES_48 ",0xc000000000000000" ZEROES_48
		  ",0x2000000000000000" ZEROES_48);
	CHECK_STR(undo_of(&plan, 0), "remove=1");
	CHECK_STR(undo_of(&plan, 1), "ap_config=" EMPTY_MASK "," EMPTY_MASK "," EMPTY_MASK);
	CHECK_INT(plan.conflicts.count, 0);
	CHECK(!plan.in_use && !plan.waits);
	plan_done(&plan);
	change.devices->active = (struct matrix){ 0 };
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "create");
	plan_done(&plan);
	observed_done(&observed);
}

static void test_grow_and_shrink(void)
{
	static const struct {
		const char *adapters, *domains;
		bool in_use, force, refused;
		const char *steps;
	} cases[] = {
		{ "5-6", "1-2", false, false, false, "" },
		{ "5-6", "1-2", true, false, false, "" },
		{ "5-7", "1-2", false, false, false, "ap_config" },
		{ "5-7", "1-2", true, false, false, "ap_config" }, /* hot plug harms nobody */
		{ "5", "1-2", false, false, false, "ap_config" },
		{ "5", "1-2", true, false, true, "ap_config" },
		{ "5", "1-2", true, true, false, "ap_config" },
		{ "5,7", "1-3", true, false, true, "ap_config" },
		{ "", "", true, false, true, "ap_config" },
	};
	struct desired desired = DESIRED_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct change change =
			to_start(1, matrix_of(cases[i].adapters, cases[i].domains, ""));
		struct observed observed;
		struct plan plan;

		host_init(&observed);
		put_device(&observed, 1, matrix_of("5-6", "1-2", ""), cases[i].in_use);
		change.force = cases[i].force;
		plan = plan_of(&observed, &desired, &change);
		CHECK_STR(steps_of(&plan), cases[i].steps);
		CHECK_INT(plan.in_use, cases[i].refused);
		CHECK_INT(plan.conflicts.count, 0);
		plan_done(&plan);
		observed_done(&observed);
	}
}

static void test_stop(void)
{
	struct change change = to_stop(1);
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	plan = plan_of(&observed, &desired, &change);
	CHECK_INT(plan.count, 0);
	plan_done(&plan);
	put_device(&observed, 1, matrix_of("5", "1", ""), false);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "remove=1");
	CHECK(!plan.steps[0].has_undo && !plan.in_use && !plan.waits);
	plan_done(&plan);
	put_device(&observed, 1, matrix_of("5", "1", ""), true);
	plan = plan_of(&observed, &desired, &change);
	CHECK(plan.in_use && plan.waits);
	plan_done(&plan);
	change.force = true;
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "remove=1");
	CHECK(!plan.in_use && plan.waits);
	plan_done(&plan);
	observed_done(&observed);
}

/* Without ap_config: what goes before what comes, one id a write, each with its counterpart. */
static void test_single_steps(void)
{
	static const char *const undo[] = {
		"assign_adapter=0x05",		"assign_domain=0x01",
		"assign_control_domain=0x02",	"unassign_adapter=0x06",
		"unassign_adapter=0x07",	"unassign_domain=0x04",
		"unassign_control_domain=0x03",
	};
	struct change change = to_start(1, matrix_of("6-7", "2,4", "3"));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init_old(&observed);
	put_device(&observed, 1, matrix_of("5", "1-2", "2"), false);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan),
		  "unassign_adapter=0x05 unassign_domain=0x01 unassign_control_domain=0x02 "
		  "assign_adapter=0x06 assign_adapter=0x07 assign_domain=0x04 "
		  "assign_control_domain=0x03");
	CHECK_INT(plan.count, ARRAY_SIZE(undo));
	for (size_t i = 0; i < plan.count; i++)
		CHECK_STR(undo_of(&plan, i), undo[i]);
	plan_done(&plan);
	change = to_start(2, matrix_of("6", "0x10", ""));
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "create assign_adapter=0x06 assign_domain=0x10");
	CHECK_STR(undo_of(&plan, 0), "remove=1");
	plan_done(&plan);
	observed_done(&observed);
}

static void test_unknown_matrix(void)
{
	struct observed_device device = { .uuid = uuid_of(1) };
	struct change change = to_start(1, matrix_of("5", "1", ""));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init_old(&observed);
	CHECK_INT(observed_put_device(&observed, &device), 0);
	plan = plan_of(&observed, &desired, &change);
	CHECK_INT(plan.count, 0);
	CHECK_INT(plan.conflicts.count, 1);
	CHECK_STR(plan.conflicts.items[0].code, PROBLEM_MATRIX_UNKNOWN);
	plan_done(&plan);
	/* stopping it is the way out */
	change = to_stop(1);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "remove=1");
	CHECK_INT(plan.conflicts.count, 0);
	plan_done(&plan);
	observed_done(&observed);
}

static void test_leaving(void)
{
	struct observed_device device = { .uuid = uuid_of(1), .leaving = true, .in_use = true };
	struct change change = to_start(1, matrix_of("5", "1", ""));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	CHECK_INT(observed_put_device(&observed, &device), 0);
	plan = plan_of(&observed, &desired, &change);
	CHECK_INT(plan.count, 0);
	CHECK_INT(plan.conflicts.count, 1);
	CHECK_STR(plan.conflicts.items[0].code, PROBLEM_STOPPING);
	plan_done(&plan);
	observed_done(&observed);
}

static void check_conflict(const struct plan *plan, size_t i, const char *code, const char *message)
{
	CHECK(i < plan->conflicts.count);
	CHECK_STR(plan->conflicts.items[i].code, code);
	CHECK_STR(plan->conflicts.items[i].message, message);
}

/* Everything at once: all of it is named, not only the first. */
static void test_conflicts(void)
{
	struct change change = to_start(1, matrix_of("4-5,0x40-0x41", "0-2,4,0x55", "0x60"));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	observed_remove_queue(&observed, (struct apqn){ 4, 2 });
	put_device(&observed, 2, matrix_of("5-6", "1-2", ""), false);
	put_device(&observed, 3, matrix_of("5", "4", ""), true);
	put_definition(&desired, 3, "web3", matrix_of("5", "4", ""), START_MANUAL);
	plan = plan_of(&observed, &desired, &change);
	check_conflict(&plan, 0, PROBLEM_ABOVE_MAXIMUM,
		       "This machine has no adapter 40-41: the highest is 3f.");
	check_conflict(&plan, 1, PROBLEM_ABOVE_MAXIMUM,
		       "This machine has no domain 0055: the highest is 0054.");
	check_conflict(&plan, 2, PROBLEM_ABOVE_MAXIMUM,
		       "This machine has no control domain 0060: the highest is 0054.");
	check_conflict(&plan, 3, PROBLEM_HOST_OWNED,
		       "Queues 04.0000-0001: owned by the host, because apmask has the adapter and aqmask "
		       "the domain. To reserve them, run: 'apqctl reserve --queues 04.0000-0001'.");
	CHECK_INT(mask_count(&plan.conflicts.items[3].queues->domains[4]), 2);
	check_conflict(&plan, 4, PROBLEM_ABSENT,
		       "Queue 04.0002: missing, and kept for the host by apmask and aqmask. To reserve it, run: "
		       "'apqctl reserve --queues 04.0002'.");
	check_conflict(&plan, 5, PROBLEM_CONFLICT,
		       "Queues 05.0001-0002: in device 00000000-0000-0000-0000-000000000002. Run first: "
		       "'apqctl unassign 00000000-0000-0000-0000-000000000002 --adapters 0x05'.");
	CHECK_STR(plan.conflicts.items[5].device.text, uuid_of(2).text);
	check_conflict(&plan, 6, PROBLEM_CONFLICT,
		       "Queue 05.0004: in device web3 (00000000-0000-0000-0000-000000000003), which a guest "
		       "uses. Run first: 'apqctl unassign web3 --domains 0x0004 --force'.");
	CHECK_INT(plan.conflicts.count, 7);
	/* the steps say what would be done otherwise */
	CHECK_STR(steps_of(&plan), "create ap_config");
	plan_done(&plan);
	observed_done(&observed);
	desired_done(&desired);
}

static void test_override_conflicts(void)
{
	struct change change = to_start(1, matrix_of("5,9", "0-3", ""));
	struct desired desired = DESIRED_NONE;
	struct observed_host host;
	struct observed observed;
	struct plan plan;

	change.can_reserve = true;
	host_init(&observed);
	host = observed.host;
	host.apmask = host.aqmask = mask_of("0-255");
	observed_put_host(&observed, &host);
	put_queue(&observed, 5, 0, "vfio_ap", "vfio_ap");
	put_queue(&observed, 5, 1, "", "vfio_ap");
	put_queue(&observed, 5, 2, "cex4queue", "");
	put_queue(&observed, 5, 3, "cex4queue", "cex4queue");
	plan = plan_of(&observed, &desired, &change);
	check_conflict(&plan, 0, PROBLEM_HOST_OWNED,
		       "Queues 05.0001-0003: owned by the host, because no driver_override gives it to "
		       "vfio_ap. "
		       "To reserve them, run: 'apqctl reserve --queues 05.0001-0003', or add --reserve.");
	check_conflict(&plan, 1, PROBLEM_ABSENT,
		       "Queues 09.0000-0003: not present, and an absent queue counts as the host's where "
		       "driver_override decides. Leave them out, or repeat the command when they are present.");
	CHECK_INT(plan.conflicts.count, 2);
	plan_done(&plan);
	observed_done(&observed);
}

/* A device is never in its own way, and a device that stays as it is has no conflicts. */
static void test_no_conflict_with_itself(void)
{
	struct change change = to_start(1, matrix_of("5-6", "1-3", ""));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	put_device(&observed, 1, matrix_of("5", "1-2", ""), false);
	plan = plan_of(&observed, &desired, &change);
	CHECK_INT(plan.conflicts.count, 0);
	plan_done(&plan);
	observed_done(&observed);
}

static void test_definitions(void)
{
	struct matrix matrix = matrix_of("5", "1", "");
	struct change change = to_write(1, matrix, START_MANUAL);
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "write");
	plan_done(&plan);
	put_definition(&desired, 1, "", matrix, START_MANUAL);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "");
	plan_done(&plan);
	put_bad_definition(&desired, 1);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "write");
	plan_done(&plan);
	change.devices->definition_action = DEFINITION_REMOVE;
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "forget");
	plan_done(&plan);
	desired_remove(&desired, &change.devices->uuid);
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "");
	plan_done(&plan);
	/* kernel first, then disk: a refusal of the kernel leaves the definition alone */
	change = to_write(1, matrix, START_MANUAL);
	change.devices->live = change.devices->started = true;
	change.devices->active = matrix;
	plan = plan_of(&observed, &desired, &change);
	CHECK_STR(steps_of(&plan), "create ap_config write");
	plan_done(&plan);
	observed_done(&observed);
	desired_done(&desired);
}

static void test_definition_conflicts(void)
{
	static const struct {
		enum start_mode own, other;
		const char *before, *after; /* domains of the definition to write; NULL: new */
		bool conflict;
	} cases[] = {
		{ START_AUTO, START_AUTO, NULL, "1-3", true },
		{ START_MANUAL, START_AUTO, NULL, "1-3", false },
		{ START_AUTO, START_MANUAL, NULL, "1-3", false },
		{ START_AUTO, START_AUTO, NULL, "4", false },
		{ START_AUTO, START_AUTO, "1", "1-3", true },
		/* it was there before, and gets no worse: a problem, but nothing to refuse */
		{ START_AUTO, START_AUTO, "1-3", "1-2", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct change change =
			to_write(1, matrix_of("5", cases[i].after, ""), cases[i].own);
		struct desired desired = DESIRED_NONE;
		struct observed observed;
		struct plan plan;

		host_init(&observed);
		put_definition(&desired, 2, "db", matrix_of("5-6", "2-3", ""), cases[i].other);
		put_bad_definition(&desired, 3);
		if (cases[i].before)
			put_definition(&desired, 1, "", matrix_of("5", cases[i].before, ""),
				       cases[i].own);
		plan = plan_of(&observed, &desired, &change);
		CHECK_INT(plan.conflicts.count, cases[i].conflict);
		if (cases[i].conflict)
			check_conflict(
				&plan, 0, PROBLEM_DEFINITION_CONFLICT,
				"Queues 05.0002-0003 are in the definition of device db "
				"(00000000-0000-0000-0000-000000000002), which starts automatically too: "
				"only one of the two could be started.");
		plan_done(&plan);
		observed_done(&observed);
		desired_done(&desired);
	}
}

/* All devices of a document want one queue, or many: definitions, started devices, and the host's queues. */
static struct change all_alike(size_t count, struct matrix matrix)
{
	struct change change;

	change_init(&change);
	CHECK_INT(change_set_count(&change, count), 0);
	for (size_t i = 0; i < count; i++)
		change.devices[i] = (struct device_change){
			.uuid = uuid_of((unsigned int)i + 1), .live = true, .started = true, .active = matrix,
			.definition_action = DEFINITION_WRITE,
			.definition = { .uuid = uuid_of((unsigned int)i + 1), .matrix = matrix,
					.start = START_AUTO },
		};
	return change;
}

#define ALIKE_NAMES(more)                                                                  \
	"00000000-0000-0000-0000-000000000001, 00000000-0000-0000-0000-000000000002, "     \
	"00000000-0000-0000-0000-000000000003 and " more " more"

/* The problems and the work grow as the number of devices, not as its square. */
static void test_many_rivals(void)
{
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	uint64_t work[2];

	host_init(&observed);
	for (size_t i = 0; i < 2; i++) {
		CLEANUP_CHANGE struct change change =
			all_alike(i ? 4000 : 400, matrix_of("5", "4", ""));
		struct plan plan;

		work[i] = claims_work();
		plan = plan_of(&observed, &desired, &change);
		work[i] = claims_work() - work[i];
		CHECK_INT(plan.conflicts.count, 2);
		check_conflict(&plan, 0, PROBLEM_CONFLICT,
			       i ? "Queue 05.0004: devices " ALIKE_NAMES("3997") " are to have it, and only one "
				   "device can." :
				   "Queue 05.0004: devices " ALIKE_NAMES("397") " are to have it, and only one "
				   "device can.");
		check_conflict(&plan, 1, PROBLEM_DEFINITION_CONFLICT,
			       i ? "Queue 05.0004 is in the definitions of devices " ALIKE_NAMES("3997")
				   ", which start automatically: only one of them could be started." :
				   "Queue 05.0004 is in the definitions of devices " ALIKE_NAMES("397")
				   ", which start automatically: only one of them could be started.");
		plan_done(&plan);
	}
	CHECK(work[1] <= 10 * work[0]);
	observed_done(&observed);
}

static void set_matrix(struct change *change, size_t i, struct matrix matrix)
{
	change->devices[i].active = change->devices[i].definition.matrix = matrix;
}

/* A checkerboard, shared by pairs: neither messages nor their number grow without limit. */
static void test_endless_rivals(void)
{
	CLEANUP_CHANGE struct change change = all_alike(300, matrix_of("0", "0", ""));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	for (unsigned int i = 0; i < 300; i++) {
		struct matrix matrix = { 0 };

		/* Each with two neighbours, on every other adapter and every other domain. */
		for (unsigned int id = 0; id < 256; id += 2)
			mask_set(&matrix.domains, id);
		mask_set(&matrix.adapters, i / 2 % 128 * 2);
		set_matrix(&change, i, matrix);
	}
	plan = plan_of(&observed, &desired, &change);
	CHECK(plan.conflicts.count < 2 * CLAIMS_GROUPS_MAX + 10);
	for (size_t i = 0; i < plan.conflicts.count; i++)
		CHECK(strlen(plan.conflicts.items[i].message) < 1000);
	CHECK_STR(plan.conflicts.items[plan.conflicts.count - 1].message,
		  "8192 more queues are in several definitions of devices that start automatically.");
	plan_done(&plan);
	observed_done(&observed);
}

/* The host has all of it: one problem for all devices. */
static void test_many_of_the_host(void)
{
	CLEANUP_CHANGE struct change change = all_alike(256, matrix_of("4", "0-3", ""));
	struct desired desired = DESIRED_NONE;
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	for (unsigned int i = 0; i < 256; i++)
		change.devices[i].definition.start = START_MANUAL;
	plan = plan_of(&observed, &desired, &change);
	CHECK_INT(plan.conflicts.count, 2);
	check_conflict(&plan, 0, PROBLEM_HOST_OWNED,
		       "Queues 04.0000-0003: owned by the host, because apmask has the adapter and aqmask "
		       "the domain. To reserve them, run: 'apqctl reserve --queues 04.0000-0003'.");
	plan_done(&plan);
	observed_done(&observed);
}

/*
 * The result of a change under way counts as present, and so does the state before it until it has
 * ended.
 */
static void test_under_way(void)
{
	struct device_change coming = {
		.uuid = uuid_of(2), .live = true, .started = true, .active = matrix_of("5", "4-5", ""),
		.definition_action = DEFINITION_WRITE,
		.definition = { .uuid = uuid_of(2), .name = "two", .start = START_AUTO,
				.matrix = matrix_of("5", "4-5", "") },
	};
	struct change work = change_of(coming), start = to_start(1, matrix_of("5", "5-6", ""));
	struct change write = to_write(1, matrix_of("5", "5-6", ""), START_AUTO);
	struct desired desired = DESIRED_NONE;
	struct under_way under_way = { 0 };
	struct observed observed;
	struct plan plan;

	host_init(&observed);
	under_way_begin(&desired, &under_way, &work);
	plan = plan_of(&observed, &desired, &start);
	check_conflict(&plan, 0, PROBLEM_CONFLICT,
		       "Queue 05.0005: in device 00000000-0000-0000-0000-000000000002.");
	plan_done(&plan);
	plan = plan_of(&observed, &desired, &write);
	check_conflict(&plan, 0, PROBLEM_DEFINITION_CONFLICT,
		       "Queue 05.0005 is in the definition of device two (00000000-0000-0000-0000-000000000002), "
		       "which starts automatically too: only one of the two could be started.");
	plan_done(&plan);
	CHECK(under_way_find_name(&desired, "two", NULL) && !under_way_find_name(&desired, "one", NULL));
	CHECK(!under_way_find_name(&desired, "two", &coming.uuid));
	CHECK_INT(under_way_count_new(&desired, NULL), 1);
	CHECK_INT(under_way_count_new(&desired, &work), 0);
	/* one that takes its place is about the same device */
	plan = plan_of(&observed, &desired, &work);
	CHECK_INT(plan.conflicts.count, 0);
	plan_done(&plan);
	put_definition(&desired, 2, "two", matrix_of("6", "4", ""), START_AUTO);
	CHECK_INT(under_way_count_new(&desired, NULL), 0);
	under_way_end(&desired, &under_way);
	under_way_end(&desired, &under_way);
	plan = plan_of(&observed, &desired, &start);
	CHECK_INT(plan.conflicts.count, 0);
	plan_done(&plan);
	observed_done(&observed);
	desired_done(&desired);
}

int main(void)
{
	RUN(test_start_new);
	RUN(test_grow_and_shrink);
	RUN(test_stop);
	RUN(test_single_steps);
	RUN(test_unknown_matrix);
	RUN(test_leaving);
	RUN(test_conflicts);
	RUN(test_many_rivals);
	RUN(test_under_way);
	RUN(test_endless_rivals);
	RUN(test_many_of_the_host);
	RUN(test_override_conflicts);
	RUN(test_no_conflict_with_itself);
	RUN(test_definitions);
	RUN(test_definition_conflicts);
	return 0;
}
