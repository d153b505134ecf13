/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host on which the tests of reservations make wishes, and what they come to.  For one program each.
 */
#ifndef APQD_TESTS_UNIT_RESERVE_H
#define APQD_TESTS_UNIT_RESERVE_H


#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"
#include "tests/unit/check.h"
#include "tests/unit/model.h"

static struct observed observed;
static struct desired desired;
static struct host_change host;
static struct queue_set collateral;
static struct problems conflicts;

/* A host that owns everything: adapters 04 to 07, domains 0000 to 0007. */
static void begin(bool has_override)
{
	struct observed_host new;

	problems_done(&conflicts);
	observed_done(&observed);
	desired_done(&desired);
	host_init(&observed);
	new = observed.host;
	new.has_override = has_override;
	memset(&new.apmask, 0xff, sizeof(new.apmask));
	memset(&new.aqmask, 0xff, sizeof(new.aqmask));
	observed_put_host(&observed, &new);
	for (unsigned int adapter = 4; adapter < 8; adapter++)
		for (unsigned int domain = 0; domain < 8; domain++)
			put_queue(&observed, adapter, domain, "cex4queue", "");
}

static void set_masks(const char *taken_adapters, const char *taken_domains)
{
	struct mask adapters = mask_of(taken_adapters), domains = mask_of(taken_domains), all;
	struct observed_host new = observed.host;

	memset(&all, 0xff, sizeof(all));
	new.apmask = mask_minus(&all, &adapters);
	new.aqmask = mask_minus(&all, &domains);
	observed_put_host(&observed, &new);
}

static struct reserve_wish wish_of(bool release, const char *adapters, const char *domains,
				   const char *queues)
{
	struct reserve_wish wish = { .release = release };
	char runs[100];

	wish.what.adapters = mask_of(adapters);
	wish.what.domains = mask_of(domains);
	snprintf(runs, sizeof(runs), "%s", queues);
	for (char *run = strtok(runs, ","); run; run = strtok(NULL, ","))
		CHECK_INT(queue_set_parse(run, &wish.what.queues), 0);
	return wish;
}

static void make(const struct reserve_wish *wish)
{
	problems_done(&conflicts);
	memset(&collateral, 0, sizeof(collateral));
	CHECK_INT(reserve_make(&observed, &desired, wish, &host, &collateral, &conflicts), 0);
}

static void accept(const struct reserve_wish *wish)
{
	make(wish);
	if (conflicts.count)
		CHECK_FAIL("refused: %s", conflicts.items[0].message);
}

static void refuse(const struct reserve_wish *wish, const char *code, const char *part)
{
	make(wish);
	CHECK(conflicts.count > 0);
	CHECK_STR(conflicts.items[0].code, code);
	CHECK_HAS(conflicts.items[0].message, part);
}

static void expect_set(const struct queue_set *set, const char *expected)
{
	CLEANUP_FREE char *text = queue_set_list(set);

	CHECK_STR(text, expected);
}

static void expect_ids(const struct mask *mask, const char *expected)
{
	CLEANUP_FREE char *text = list_format(mask, LIST_ADAPTERS);

	CHECK_STR(text, *expected ? expected : "-");
}

/* The bits of the masks that would be 0. */
static void expect_taken(const char *adapters, const char *domains)
{
	struct mask all, taken;

	memset(&all, 0xff, sizeof(all));
	taken = mask_minus(&all, &host.apmask);
	expect_ids(&taken, adapters);
	taken = mask_minus(&all, &host.aqmask);
	expect_ids(&taken, domains);
}

/* The steps of the kernel as one line: "apmask aqmask +04.0001 -05.0002 use_gisa=1". */
static const char *steps(void)
{
	static char text[4000];
	struct change change = { .host = host };
	CLEANUP_PLAN struct plan plan = { 0 };
	char apqn[APQN_TEXT_SIZE];
	size_t end = 0;

	text[0] = '\0';
	plan_make(&observed, &desired, &change, &plan);
	CHECK(!plan.no_memory);
	for (size_t i = 0; i < plan.conflicts.count; i++)
		end += snprintf(text + end, sizeof(text) - end, "!%s ", plan.conflicts.items[i].message);
	for (size_t i = 0; i < plan.count; i++) {
		const struct step *step = &plan.steps[i];

		if (step->kind == STEP_HAND_OVER)
			end += snprintf(text + end, sizeof(text) - end, "%s%s%s ",
					step->to_guests ? "+" : "-", apqn_format(step->apqn, apqn),
					step->rebind ? "" : "(stays)");
		else if (step->kind == STEP_WRITE)
			end += snprintf(text + end, sizeof(text) - end, "%s%s%s ",
					attribute_name(step->write.attribute),
					step->write.value[1] == 'x' ? "" : "=",
					step->write.value[1] == 'x' ? "" : step->write.value);
		else if (step->kind == STEP_WRITE_POLICY)
			end += snprintf(text + end, sizeof(text) - end, "policy ");
	}
	if (end)
		text[end - 1] = '\0';
	return text;
}

static void restore(void)
{
	problems_done(&conflicts);
	CHECK_INT(reserve_restore(&observed, &desired, &host, &conflicts), 0);
}

#endif
