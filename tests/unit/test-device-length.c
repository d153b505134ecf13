/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli/device.c: how much of their UUIDs tells devices apart, also of UUIDs that are none.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "cli/device.h"
#include "common/uuid.h"
#include "tests/unit/check.h"

#define DEVICES_MAX 4

/* A copy of text that ends where memory that can be read ends. */
static const char *at_the_edge(const char *text)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = strlen(text) + 1;
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(memory != MAP_FAILED && size <= page);
	CHECK_INT(mprotect(memory + page, page, PROT_NONE), 0);
	return strcpy(memory + page - size, text);
}

static void test_length(void)
{
	static const struct {
		const char *uuids[DEVICES_MAX];
		int length;
	} cases[] = {
		{ { NULL }, 8 },
		{ { "11111111-1111-5111-8111-111111111111" }, 8 },
		{ { "11111111-1111-5111-8111-111111111111", "22222222-1111-5111-8111-111111111111" }, 8 },
		{ { "22222222-2222-5222-8222-222222222222", "11111111-1111-5111-8111-111111111111",
		    "22222222-3333-5333-8333-333333333333" }, 10 },
		{ { "11111111-1111-5111-8111-111111111112", "22222222-1111-5111-8111-111111111111",
		    "11111111-1111-5111-8111-111111111111" }, 36 },
		/* of an apqd that sends anything */
		{ { "", "" }, 8 },
		{ { "a", "a" }, 8 },
		{ { "1111111", "1111111", "11111111" }, 8 },
		{ { "11111111", "11111111" }, 9 },
		{ { "111111111", "11111111", "b" }, 9 },
		{ { "11111111-1111-5111-8111-111111111111-and-more",
		    "11111111-1111-5111-8111-111111111111-and-less" }, UUID_TEXT_SIZE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct device devices[DEVICES_MAX] = { 0 };
		size_t count = 0;

		for (; count < DEVICES_MAX && cases[i].uuids[count]; count++)
			devices[count].uuid = at_the_edge(cases[i].uuids[count]);
		CHECK_INT(device_short_length(devices, count), cases[i].length);
	}
}

int main(void)
{
	RUN(test_length);
	return 0;
}
