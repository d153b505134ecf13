/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * common/pqap.c: each case there is, against the same decisions told in another way: by registers,
 * and one body after the other that has a say, as the machine, KVM, vfio_ap and the queue would.
 */
#include "common/pqap.h"
#include "tests/unit/check.h"

/* What a guest sees: the program interruption, or else cc and the response code. */
struct seen {
	bool answered;		/* false: left to user space */
	unsigned int pgm;
	int cc;
	unsigned int response;
};

#define LEFT ((struct seen){ .answered = false, .cc = -1 })

static struct seen interrupted(unsigned int pgm)
{
	return (struct seen){ .answered = true, .pgm = pgm, .cc = -1 };
}

static struct seen answered(unsigned int response)
{
	return (struct seen){ .answered = true, .cc = response ? 3 : 0, .response = response };
}

static uint32_t gr0(const struct pqap_case *c)
{
	return (uint32_t)c->function << 24 | (c->t_bit ? 1u << 23 : 0) |
	       (c->reserved_bits ? 0x7fu << 16 : 0) | c->apqn.adapter << 8 | c->apqn.domain;
}

/* The queue itself: the state of its adapter counts before what it is told to do. */
static struct seen queue_says(const struct pqap_case *c)
{
	if (c->configured && c->operational)
		return answered(c->enable == c->enabled_now ? 7 : 0);
	return answered(c->configured ? 4 : 3);
}

static struct seen vfio_ap_says(const struct pqap_case *c)
{
	if (!c->aiv)
		return LEFT;
	if (!(c->in_device && c->bound))
		return answered(1);
	if (!c->enable || (c->nib_good && c->nib_shared && c->gisa))
		return queue_says(c);
	return answered(6);
}

static struct seen kvm_says(const struct pqap_case *c)
{
	uint32_t reg = gr0(c), forbidden = 0x007f0000;

	if (!(c->host_ap && c->interpreted) || reg >> 24 != 3)
		return LEFT;
	if (c->problem_state)
		return interrupted(2);
	if (!c->facility15)
		forbidden |= 0x00800000;
	if (!c->apxa)
		forbidden |= 0x0000c0f0;
	if (reg & forbidden || !c->facility65)
		return interrupted(6);
	return c->attached ? vfio_ap_says(c) : answered(1);
}

static void check_case(const struct pqap_case *c, unsigned int reached[PQAP_ROWS + 1])
{
	struct pqap_result got = pqap_decide(c);
	struct seen expected = kvm_says(c);
	enum pqap_outcome outcome = !expected.answered ? PQAP_USERSPACE :
				    expected.pgm       ? PQAP_EXCEPTION :
							 PQAP_STATUS;
	unsigned int code = expected.pgm ? expected.pgm : expected.response;

	if (got.outcome != outcome || got.code != code || got.cc != expected.cc)
		CHECK_FAIL("GR0 %08x: row %d says %s %u, cc %d, not %s %u, cc %d", gr0(c), got.row,
			   pqap_outcome_names[got.outcome], got.code, got.cc,
			   pqap_outcome_names[outcome], code, expected.cc);
	if (got.row < 1 || got.row > PQAP_ROWS)
		CHECK_FAIL("GR0 %08x: there is no row %d", gr0(c), got.row);
	reached[got.row]++;
}

/* The members that are true or false: bit n of bits is the nth of them. */
static void set_members(struct pqap_case *c, unsigned int bits)
{
	bool *const members[] = {
		&c->t_bit, &c->reserved_bits, &c->problem_state, &c->enable, &c->host_ap,
		&c->interpreted, &c->facility15, &c->facility65, &c->apxa, &c->aiv, &c->attached,
		&c->in_device, &c->bound, &c->configured, &c->operational, &c->enabled_now,
		&c->nib_good, &c->nib_shared, &c->gisa,
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		*members[i] = bits >> i & 1;
}

#define MEMBERS 19

static void test_all_members(void)
{
	static const struct apqn apqns[] = { { 63, 15 }, { 64, 0 }, { 0, 16 }, { 255, 255 } };
	unsigned int reached[PQAP_ROWS + 1] = { 0 };
	struct pqap_case c = { .function = PQAP_AQIC };

	for (size_t i = 0; i < ARRAY_SIZE(apqns); i++) {
		c.apqn = apqns[i];
		for (unsigned int bits = 0; bits < 1u << MEMBERS; bits++) {
			set_members(&c, bits);
			check_case(&c, reached);
		}
	}
	for (unsigned int row = 1; row <= PQAP_ROWS; row++) {
		if (!reached[row] && row != PQAP_ROW_OTHER_FUNCTION)
			CHECK_FAIL("no case comes to row %u", row);
	}
}

static void test_all_functions(void)
{
	unsigned int reached[PQAP_ROWS + 1] = { 0 };

	for (unsigned int function = 0; function < 256; function++) {
		for (unsigned int bits = 0; bits < 1u << 10; bits++) {
			struct pqap_case c = { 0 };

			set_members(&c, bits | 0x3ffu << 10);
			c.function = function;
			check_case(&c, reached);
		}
	}
	CHECK_INT(reached[PQAP_ROW_OTHER_FUNCTION], 255 * (1 << 8));
}

static void test_all_queues(void)
{
	unsigned int reached[PQAP_ROWS + 1] = { 0 };
	struct pqap_case c = pqap_all_well;

	c.apxa = false;
	for (unsigned int apqn = 0; apqn < APQN_IDS * APQN_IDS; apqn++) {
		c.apqn = (struct apqn){ apqn >> 8, apqn & 0xff };
		check_case(&c, reached);
	}
	CHECK_INT(reached[PQAP_ROW_SWITCHED_ON], 64 * 16);
	CHECK_INT(reached[PQAP_ROW_ID_TOO_HIGH], APQN_IDS * APQN_IDS - 64 * 16);
}

/* One thing at a time that is not well, and the row that says so. */
static void test_rows(void)
{
	static const struct {
		size_t member;
		bool value;
		enum pqap_row enable, disable;
	} cases[] = {
#define NOT_WELL(name, value, row) { offsetof(struct pqap_case, name), value, row, row }
		NOT_WELL(host_ap, false, PQAP_ROW_HOST_WITHOUT_AP),
		NOT_WELL(interpreted, false, PQAP_ROW_NOT_INTERPRETED),
		NOT_WELL(problem_state, true, PQAP_ROW_PROBLEM_STATE),
		NOT_WELL(reserved_bits, true, PQAP_ROW_RESERVED_BITS),
		NOT_WELL(facility65, false, PQAP_ROW_NO_FACILITY65),
		NOT_WELL(attached, false, PQAP_ROW_NO_DEVICE),
		NOT_WELL(aiv, false, PQAP_ROW_NO_AIV),
		NOT_WELL(in_device, false, PQAP_ROW_NOT_IN_DEVICE),
		NOT_WELL(bound, false, PQAP_ROW_NOT_BOUND),
		NOT_WELL(configured, false, PQAP_ROW_DECONFIGURED),
		NOT_WELL(operational, false, PQAP_ROW_CHECKSTOPPED),
#undef NOT_WELL
#define FOR_BOTH(name, value, enable, disable) \
	{ offsetof(struct pqap_case, name), value, enable, disable }
		FOR_BOTH(nib_good, false, PQAP_ROW_NIB_BAD, PQAP_ROW_ALREADY_OFF),
		FOR_BOTH(nib_shared, false, PQAP_ROW_NIB_NOT_SHARED, PQAP_ROW_ALREADY_OFF),
		FOR_BOTH(gisa, false, PQAP_ROW_NO_GISA, PQAP_ROW_ALREADY_OFF),
		FOR_BOTH(enabled_now, true, PQAP_ROW_ALREADY_ON, PQAP_ROW_SWITCHED_OFF),
		FOR_BOTH(enabled_now, false, PQAP_ROW_SWITCHED_ON, PQAP_ROW_ALREADY_OFF),
		/* with the facilities there, these are no errors */
		FOR_BOTH(t_bit, true, PQAP_ROW_SWITCHED_ON, PQAP_ROW_ALREADY_OFF),
		FOR_BOTH(facility15, false, PQAP_ROW_SWITCHED_ON, PQAP_ROW_ALREADY_OFF),
		FOR_BOTH(apxa, false, PQAP_ROW_SWITCHED_ON, PQAP_ROW_ALREADY_OFF),
#undef FOR_BOTH
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pqap_case c = pqap_all_well;

		*(bool *)((char *)&c + cases[i].member) = cases[i].value;
		if (pqap_decide(&c).row != cases[i].enable)
			CHECK_FAIL("case %zu, enable, comes to row %d", i, pqap_decide(&c).row);
		c.enable = false;
		if (pqap_decide(&c).row != cases[i].disable)
			CHECK_FAIL("case %zu, disable, comes to row %d", i, pqap_decide(&c).row);
	}
}

/* Of two things that are not well the first row counts, also where their outcomes are alike. */
static void test_order(void)
{
	struct pqap_case c = { .apqn = { 64, 16 }, .t_bit = true, .reserved_bits = true,
			       .problem_state = true, .enable = true, .enabled_now = true };
	enum pqap_row row = 0;

#define NEXT(expected, mend)                                                       \
	do {                                                                       \
		CHECK_INT(pqap_decide(&c).row, expected);                          \
		if (pqap_decide(&c).row <= row)                                    \
			CHECK_FAIL("row %d does not come after %d", expected, row); \
		row = expected;                                                    \
		mend;                                                              \
	} while (0)

	NEXT(PQAP_ROW_HOST_WITHOUT_AP, c.host_ap = true);
	NEXT(PQAP_ROW_NOT_INTERPRETED, c.interpreted = true);
	NEXT(PQAP_ROW_OTHER_FUNCTION, c.function = PQAP_AQIC);
	NEXT(PQAP_ROW_PROBLEM_STATE, c.problem_state = false);
	NEXT(PQAP_ROW_RESERVED_BITS, c.reserved_bits = false);
	NEXT(PQAP_ROW_T_BIT, c.facility15 = true);
	NEXT(PQAP_ROW_ID_TOO_HIGH, c.apxa = true);
	NEXT(PQAP_ROW_NO_FACILITY65, c.facility65 = true);
	NEXT(PQAP_ROW_NO_DEVICE, c.attached = true);
	NEXT(PQAP_ROW_NO_AIV, c.aiv = true);
	NEXT(PQAP_ROW_NOT_IN_DEVICE, c.in_device = true);
	NEXT(PQAP_ROW_NOT_BOUND, c.bound = true);
	NEXT(PQAP_ROW_NIB_BAD, c.nib_good = true);
	NEXT(PQAP_ROW_NIB_NOT_SHARED, c.nib_shared = true);
	NEXT(PQAP_ROW_NO_GISA, c.gisa = true);
	NEXT(PQAP_ROW_DECONFIGURED, c.configured = true);
	NEXT(PQAP_ROW_CHECKSTOPPED, c.operational = true);
	NEXT(PQAP_ROW_ALREADY_ON, c.enabled_now = false);
	NEXT(PQAP_ROW_SWITCHED_ON, c.enable = false);
	CHECK_INT(pqap_decide(&c).row, PQAP_ROW_ALREADY_OFF);
	c.enabled_now = true;
	CHECK_INT(pqap_decide(&c).row, PQAP_ROW_SWITCHED_OFF);
#undef NEXT
}

/* An administrator gets whole sentences, and for each outcome another. */
static void test_reasons(void)
{
	const char *reasons[PQAP_ROWS + 1] = { NULL };
	struct pqap_case c = { .function = PQAP_AQIC, .apqn = { 64, 16 } };

	for (unsigned int bits = 0; bits < 1u << MEMBERS; bits++) {
		struct pqap_result result;

		set_members(&c, bits);
		result = pqap_decide(&c);
		reasons[result.row] = result.reason;
	}
	c = pqap_all_well;
	c.function = 4;
	reasons[PQAP_ROW_OTHER_FUNCTION] = pqap_decide(&c).reason;
	for (unsigned int row = 1; row <= PQAP_ROWS; row++) {
		const char *reason = reasons[row];

		CHECK(reason && strlen(reason) > 40);
		if (reason[strlen(reason) - 1] != '.' || strstr(reason, "  ") ||
		    reason[0] < 'A' || reason[0] > 'Z')
			CHECK_FAIL("row %u has no whole sentences: %s", row, reason);
		for (unsigned int other = 1; other < row; other++)
			CHECK(strcmp(reason, reasons[other]) != 0);
	}
	CHECK_HAS(reasons[PQAP_ROW_NOT_INTERPRETED], "ap=on");
	CHECK_HAS(reasons[PQAP_ROW_T_BIT], "apft=on");
	CHECK_HAS(reasons[PQAP_ROW_NO_FACILITY65], "apqi=on");
	CHECK_HAS(reasons[PQAP_ROW_NO_AIV], "kvm.use_gisa");
	CHECK_STR(pqap_outcome_names[PQAP_USERSPACE], "userspace");
	CHECK_STR(pqap_outcome_names[PQAP_EXCEPTION], "exception");
	CHECK_STR(pqap_outcome_names[PQAP_STATUS], "status");
}

int main(void)
{
	RUN(test_all_members);
	RUN(test_all_functions);
	RUN(test_all_queues);
	RUN(test_rows);
	RUN(test_order);
	RUN(test_reasons);
	return 0;
}
