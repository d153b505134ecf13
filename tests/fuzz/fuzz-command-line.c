/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as the kernel's command line, and as the arguments of a guest's VMM.
 */
#include "common/utf8.h"
#include "daemon/kernel/boot.h"
#include "daemon/kernel/guest-name.h"
#include "tests/fuzz/fuzz.h"

static void check_boot(const char *text)
{
	struct boot_masks masks = { 0 }, again = { 0 };

	boot_parse(text, &masks);
	if (!strstr(text, "apmask") && !strchr(text, '"'))
		MUST(!masks.has_apmask);
	if (!strstr(text, "aqmask") && !strchr(text, '"'))
		MUST(!masks.has_aqmask);
	boot_parse(text, &again);
	MUST(masks.has_apmask == again.has_apmask && mask_equal(&masks.apmask, &again.apmask));
	MUST(masks.has_aqmask == again.has_aqmask && mask_equal(&masks.aqmask, &again.aqmask));
}

static void check_name(const uint8_t *data, size_t size, size_t room)
{
	char name[256];

	memset(name, 'x', sizeof(name));
	if (!guest_name_find((const char *)data, size, name, room))
		return;
	MUST(memchr(name, '\0', room));
	MUST(name[0] && utf8_fitting(name, room) == (int)strlen(name));
	for (size_t i = room; i < sizeof(name); i++)
		MUST(name[i] == 'x');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_boot(text);
	check_name(data, size, 65);
	check_name(data, size, 4);
	free(text);
	return 0;
}
