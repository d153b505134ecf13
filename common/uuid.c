/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/uuid.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

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
	unsigned char id[16];
	ssize_t n;

	do
		n = getrandom(id, sizeof(id), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* RFC 9562: version 4, and the variant that all of these UUIDs have. */
	id[6] = (id[6] & 0x0f) | 0x40;
	id[8] = (id[8] & 0x3f) | 0x80;
	for (size_t from = 0, to = 0; from < sizeof(id); from++) {
		if (from == 4 || from == 6 || from == 8 || from == 10)
			ret_uuid->text[to++] = '-';
		ret_uuid->text[to++] = "0123456789abcdef"[id[from] >> 4];
		ret_uuid->text[to++] = "0123456789abcdef"[id[from] & 0x0f];
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
