/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <systemd/sd-id128.h>

int uuid_parse(const char *text, struct uuid *ret_uuid)
{
	struct uuid uuid;
	size_t i;

	for (i = 0; i < UUID_TEXT_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return -EINVAL;
		uuid.text[i] = (char)tolower((unsigned char)text[i]);
	}
	if (text[i] != '\0')
		return -EINVAL;
	uuid.text[i] = '\0';
	*ret_uuid = uuid;
	return 0;
}

int uuid_make(struct uuid *ret_uuid)
{
	char plain[SD_ID128_STRING_MAX];
	sd_id128_t id;
	int r = sd_id128_randomize(&id);

	if (r < 0)
		return r;
	sd_id128_to_string(id, plain);
	for (size_t from = 0, to = 0; from < 32; from++) {
		if (from == 8 || from == 12 || from == 16 || from == 20)
			ret_uuid->text[to++] = '-';
		ret_uuid->text[to++] = plain[from];
	}
	ret_uuid->text[UUID_TEXT_SIZE - 1] = '\0';
	return 0;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return strcmp(a->text, b->text) == 0;
}

int uuid_compare(const struct uuid *a, const struct uuid *b)
{
	return strcmp(a->text, b->text);
}
