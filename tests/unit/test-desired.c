/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/model/desired.c: definitions, notes, and names that a device may have.
 */
#include <errno.h>

#include "daemon/model/desired.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static void test_put_and_remove(void)
{
	struct desired desired = DESIRED_NONE;
	struct uuid one = uuid_of(1), two = uuid_of(2);
	const struct definition *found;

	CHECK(!desired_find(&desired, &one));
	put_definition(&desired, 2, "b", matrix_of("5", "1", ""), START_AUTO);
	put_definition(&desired, 1, "a", matrix_of("5", "2", ""), START_MANUAL);
	CHECK_INT(desired.definitions.count, 2);
	found = desired_find(&desired, &two);
	CHECK(found && found->start == START_AUTO);
	put_definition(&desired, 2, "c", matrix_of("5", "1", ""), START_MANUAL);
	CHECK_INT(desired.definitions.count, 2);
	/* who holds the definition sees the new one: the place is the same */
	CHECK(desired_find(&desired, &two) == found);
	CHECK_STR(found->name, "c");
	desired_remove(&desired, &two);
	desired_remove(&desired, &two);
	CHECK(!desired_find(&desired, &two) && desired_find(&desired, &one));
	desired_done(&desired);
	CHECK_INT(desired.definitions.count, 0);
}

static bool is_contested(const struct desired *desired, unsigned int number)
{
	struct uuid uuid = uuid_of(number);

	const struct definition *definition = desired_find(desired, &uuid);
	const struct claims *claims = NULL;

	CHECK_INT(desired_claims(desired, &claims), 0);
	return claims_has_more(claims, &definition->matrix, definition_is_automatic(definition));
}

/* Only those count that start by themselves, and they do so as long as they are there like this. */
static void test_contested(void)
{
	struct desired desired = DESIRED_NONE;
	struct definition broken = { .start = START_AUTO, .matrix = matrix_of("5,6", "2", "") };
	struct uuid two = uuid_of(2);

	put_definition(&desired, 1, "", matrix_of("5", "1,2", ""), START_MANUAL);
	CHECK(!is_contested(&desired, 1));
	put_definition(&desired, 2, "", matrix_of("5,6", "2", ""), START_AUTO);
	CHECK(is_contested(&desired, 1) && !is_contested(&desired, 2));
	put_definition(&desired, 1, "", matrix_of("5", "1,2", ""), START_AUTO);
	CHECK(is_contested(&desired, 1) && is_contested(&desired, 2));
	put_definition(&desired, 2, "", matrix_of("6", "1,2", ""), START_AUTO);
	CHECK(!is_contested(&desired, 1) && !is_contested(&desired, 2));
	put_definition(&desired, 2, "", matrix_of("5", "1", ""), START_AUTO);
	CHECK(is_contested(&desired, 1));
	broken.uuid = two;
	broken.problem = strdup("bad");
	CHECK_INT(desired_put(&desired, &broken), 0);
	CHECK(!is_contested(&desired, 1));
	definition_done(&broken);
	CHECK_INT(desired_put(&desired, &broken), 0);
	CHECK(is_contested(&desired, 1));
	desired_remove(&desired, &two);
	CHECK(!is_contested(&desired, 1));
	desired_done(&desired);
}

/* A copy is put: the caller keeps what it has, also the problem. */
static void test_problem_is_copied(void)
{
	CLEANUP_DEFINITION struct definition definition = { .uuid = uuid_of(1) };
	struct desired desired = DESIRED_NONE;
	const struct definition *found;

	definition.problem = strdup("bad");
	CHECK_INT(desired_put(&desired, &definition), 0);
	definition.problem[0] = 'm';
	found = desired_find(&desired, &definition.uuid);
	CHECK_STR(found->problem, "bad");
	definition_done(&definition);
	CHECK_INT(desired_put(&desired, &definition), 0);
	CHECK(!found->problem);
	desired_done(&desired);
}

static void test_limit(void)
{
	struct definition definition = { .uuid = uuid_of(DESIRED_DEFINITIONS_MAX) };
	struct desired desired = DESIRED_NONE;

	for (unsigned int i = 0; i < DESIRED_DEFINITIONS_MAX; i++)
		put_definition(&desired, i, "", (struct matrix){ 0 }, START_MANUAL);
	CHECK_INT(desired_put(&desired, &definition), -E2BIG);
	definition.uuid = uuid_of(0);
	CHECK_INT(desired_put(&desired, &definition), 0);
	CHECK_INT(desired.definitions.count, DESIRED_DEFINITIONS_MAX);
	desired_done(&desired);
}

static void test_notes(void)
{
	struct desired desired = DESIRED_NONE;
	struct uuid uuid = uuid_of(1);
	struct device_note *note;

	CHECK(!desired_find_note(&desired, &uuid));
	note = desired_note(&desired, &uuid);
	CHECK(note && note->stopped == STOPPED_BY_NOBODY && !note->settled && !note->failure);
	CHECK(desired_note(&desired, &uuid) == note);
	CHECK(desired_find_note(&desired, &uuid) == note);
	device_note_set_failure(note, strdup("one"));
	device_note_set_failure(note, strdup("two"));
	CHECK_STR(note->failure, "two");
	device_note_set_failure(note, NULL);
	CHECK(!note->failure);
	device_note_set_failure(note, strdup("three"));
	desired_done(&desired);
}

static void test_equal(void)
{
	struct definition a = { .uuid = uuid_of(1),
				.name = "x",
				.matrix = matrix_of("1", "2", "3") };
	struct definition b = a;
	char problem[] = "does not count";

	b.problem = problem;
	CHECK(definition_equal(&a, &b));
	b.uuid = uuid_of(2);
	CHECK(!definition_equal(&a, &b));
	b = a;
	b.name[0] = 'y';
	CHECK(!definition_equal(&a, &b));
	b = a;
	mask_set(&b.matrix.control_domains, 9);
	CHECK(!definition_equal(&a, &b));
	b = a;
	b.start = START_AUTO;
	CHECK(!definition_equal(&a, &b));
	b = a;
	b.interrupts = INTERRUPTS_POLLED;
	CHECK(!definition_equal(&a, &b));
}

static void test_names(void)
{
	static const char *const good[] = {
		"a",	    "0",
		"web1",	    "Web.1_x-y:z@host",
		"deadbeef", "1234567890123456789012345678901234567890123456789012345678901234",
	};
	static const char *const bad[] = {
		"",
		"-a",
		".a",
		"_a",
		"@",
		"a b",
		"a/b",
		"a\n",
		"a\"",
		"\303\251",
		"a\303\251",
		"a,b",
		"a%b",
		"12345678901234567890123456789012345678901234567890123456789012345",
		/* a UUID, in either case */
		"0123abcd-0123-4567-89ab-0123456789ab",
		"0123ABCD-0123-4567-89AB-0123456789AB",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!device_name_is_valid(good[i]))
			CHECK_FAIL("'%s' is refused", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (device_name_is_valid(bad[i]))
			CHECK_FAIL("'%s' is accepted", bad[i]);
}

int main(void)
{
	RUN(test_put_and_remove);
	RUN(test_contested);
	RUN(test_problem_is_copied);
	RUN(test_limit);
	RUN(test_notes);
	RUN(test_equal);
	RUN(test_names);
	return 0;
}
