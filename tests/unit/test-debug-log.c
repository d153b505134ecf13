/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/report/debug-log.c: which lines are about a queue or a device, how they are shown, and what
 * they mean.  The texts are those of Linux 6.12 and 7.2.
 */
#include "daemon/report/debug-log.h"
#include "tests/unit/check.h"

#define HEAD "00 01795362493:228004 4 - 0001 000003ff601106f6  "
#define AQIC                                                                                            \
	HEAD "vfio_ap_irq_enable: PQAP(AQIC) failed with status=%s: zone=0x0, ir=0x1, gisc=0x3, f=0x0," \
	     "gisa=0x1c0d90, isc=0x5, apqn=0x447\n"

static const struct uuid device = { "a1111111-1111-4111-8111-11111111abcd" };

static struct debug_log picked;

static void pick(const char *text)
{
	struct queue_set queues = { 0 };

	queue_set_add(&queues, (struct apqn){ 4, 0x47 });
	queue_set_add(&queues, (struct apqn){ 0, 1 });
	memset(&picked, 'x', sizeof(picked));
	debug_log_pick(text, &queues, &device, &picked);
}

static void test_which(void)
{
	static const struct {
		const char *line;
		unsigned int count;
	} cases[] = {
		{ "apqn=0x0447", 1 },
		{ "x, apqn=0x447\n", 1 },
		{ "apqn=0x01", 1 },
		{ "apqn=0x1", 1 },
		{ "apqn=0001", 1 },
		{ "apqn=0x00000447", 1 },
		{ "apqn=0x0448", 0 },
		{ "apqn=0x10447", 0 },
		{ "apqn=0x100000447", 0 },
		{ "apqn=0x00000000000000447", 0 },
		{ "apqn=0x", 0 },
		{ "apqn=", 0 },
		{ "apqn=\nfoo 0x447", 0 },
		{ "Queue 04.0047 not bound", 1 },
		{ "Queue 00.0001", 1 },
		{ "04.0047", 1 },
		{ "(04.0047)", 1 },
		{ "Queue 05.0047", 0 },
		{ "Queue 104.0047", 0 },
		{ "Queue 04.00470", 0 },
		{ "Queue 04.047", 0 },
		{ "Queue 04.1047", 0 },
		{ "Queue 04.0047.0", 1 },
		{ "4.0047", 0 },
		{ ".0047", 0 },
		{ "05.0047 04.0047", 1 },
		{ "mdev a1111111-1111-4111-8111-11111111abcd not", 1 },
		{ "mdev A1111111-1111-4111-8111-11111111ABCD not", 1 },
		{ "mdev a1111111-1111-4111-8111-11111111abc not", 0 },
		{ "mdev a1111111-1111-4111-8111-11111111abce not", 0 },
		{ "", 0 },
		{ "\n\n\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pick(cases[i].line);
		if (picked.count != cases[i].count)
			CHECK_FAIL("\"%s\" gives %u lines", cases[i].line, picked.count);
	}
}

static void test_without_device(void)
{
	struct queue_set none = { 0 };

	debug_log_pick("mdev a1111111-1111-4111-8111-11111111abcd apqn=0x1\n", &none, NULL,
		       &picked);
	CHECK_INT(picked.count, 0);
}

static void test_meanings(void)
{
	static const struct {
		const char *line, *meaning;
	} cases[] = {
		{ HEAD "handle_pqap: AIV facility not installed: apqn=0x0001, eca=0x1002008",
		  "use_gisa was off" },
		{ HEAD "handle_pqap: Queue 04.0047 not bound to the vfio_ap driver",
		  "not in the guest's device, or" },
		{ HEAD "vfio_ap_irq_enable: invalid NIB address: nib=0x0000000002e63af0, apqn=0x01",
		  "0 or not in its memory" },
		{ HEAD
		  "vfio_ap_irq_enable: vfio_pin_pages failed: rc=-22,nib=0x00000000000, apqn=0x01",
		  "limit of locked memory" },
		{ HEAD "vfio_ap_irq_enable: gisc registration failed: nisc=-19, isc=3, apqn=0x01",
		  "(GISA)" },
		{ HEAD "vfio_ap_irq_enable: kvm_s390_gisc_unregister: rc=-22 isc=3, apqn=0x01",
		  "did not release" },
		{ HEAD
		  "handle_pqap: PQAP(AQIC) hook not registered with the vfio_ap driver: apqn=0x0001",
		  "no vfio_ap device was attached" },
		{ HEAD
		  "handle_pqap: mdev a1111111-1111-4111-8111-11111111abcd not in use: apqn=0x0909",
		  "not attached to a guest any more" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[DEBUG_LOG_LINE_SIZE + 64];

		pick(cases[i].line);
		CHECK_INT(picked.count, 1);
		snprintf(line, sizeof(line), "%s; that is: ", cases[i].line);
		CHECK(strncmp(picked.lines[0], line, strlen(line)) == 0);
		CHECK_HAS(picked.lines[0] + strlen(line), cases[i].meaning);
	}
	pick(HEAD "something new: apqn=0x0001");
	CHECK_STR(picked.lines[0], HEAD "something new: apqn=0x0001");
}

static void test_responses(void)
{
	static const struct {
		const char *status, *meaning;
	} cases[] = {
		{ "0x1", "not available" }, { "0x2", "being reset" }, { "0x3", "deconfigured" },
		{ "0x4", "checkstopped" },  { "0x5", "busy" },	      { "0x6", "did not accept" },
		{ "0x7", "on already" },    { "0x70", NULL },	      { "0x9", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[DEBUG_LOG_LINE_SIZE];

		snprintf(line, sizeof(line), AQIC, cases[i].status);
		pick(line);
		CHECK_INT(picked.count, 1);
		if (cases[i].meaning)
			CHECK_HAS(strstr(picked.lines[0], "; that is: "), cases[i].meaning);
		else
			CHECK(!strstr(picked.lines[0], "; that is: "));
	}
}

static void test_newest(void)
{
	char text[8192] = "";
	size_t length = 0;

	for (unsigned int i = 0; i < 3 * DEBUG_LOG_LINES; i++) {
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "number %u apqn=0x0001\nnot for us apqn=0x0002\n", i);
		if (i < DEBUG_LOG_LINES) {
			pick(text);
			CHECK_INT(picked.count, i + 1);
			CHECK_STR(picked.lines[0], "number 0 apqn=0x0001");
		}
	}
	pick(text);
	CHECK_INT(picked.count, DEBUG_LOG_LINES);
	CHECK_STR(picked.lines[0], "number 40 apqn=0x0001");
	CHECK_STR(picked.lines[DEBUG_LOG_LINES - 1], "number 59 apqn=0x0001");
}

static void test_safe(void)
{
	char text[4096];

	pick("a\tb\x1b[31mc\x7f\xc3\xa4\r apqn=0x0001");
	CHECK_STR(picked.lines[0], "a b?[31mc???? apqn=0x0001");
	memset(text, 'y', sizeof(text));
	memcpy(text, "apqn=0x0001 gisc registration failed", 36);
	text[sizeof(text) - 1] = '\0';
	pick(text);
	CHECK_INT(picked.count, 1);
	CHECK(strlen(picked.lines[0]) < DEBUG_LOG_LINE_SIZE);
	CHECK_HAS(picked.lines[0], "yyy...; that is: the guest has no interruption area");
	CHECK_HAS(picked.lines[0], "when it was started");
}

int main(void)
{
	RUN(test_which);
	RUN(test_without_device);
	RUN(test_meanings);
	RUN(test_responses);
	RUN(test_newest);
	RUN(test_safe);
	return 0;
}
