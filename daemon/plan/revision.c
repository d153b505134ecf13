/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/revision.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "daemon/plan/document.h"

#define HALF 16

/* FNV-1a, 64 bits: what it tells apart are states that nobody made to be mistaken for each other. */
static void mix(uint64_t *hash, const char *text)
{
	do {
		*hash = (*hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	} while (*text++);
}

int revision_make(const struct observed *observed, const struct desired *desired,
		  char text[static REVISION_SIZE])
{
	CLEANUP_JSON struct json_object *state = state_describe(desired, NULL);
	const char *written = state ? json_text(state, NULL) : NULL;
	uint64_t hash = UINT64_C(0xcbf29ce484222325), guests = hash;
	char matrix[MATRIX_TEXT_SIZE];

	if (!written)
		return -ENOMEM;
	mix(&hash, written);
	for (size_t i = 0; i < desired->definitions.count; i++) {
		const struct definition *definition = desired->definitions.items[i];

		if (definition->problem)
			mix(&hash, definition->uuid.text);
	}
	for (size_t i = 0; i < observed->devices.count; i++) {
		const struct observed_device *device = observed_device_at(observed, i);

		mix(&hash, device->uuid.text);
		mix(&hash, matrix_format(&device->active, matrix));
		if (device->in_use)
			mix(&guests, device->uuid.text);
	}
	snprintf(text, REVISION_SIZE, "%016" PRIx64 "-%016" PRIx64, hash, guests);
	return 0;
}

bool revision_is_valid(const char *text)
{
	return strlen(text) == REVISION_SIZE - 1 && text[HALF] == '-' &&
	       strspn(text, "0123456789abcdefABCDEF") == HALF &&
	       strspn(text + HALF + 1, "0123456789abcdefABCDEF") == HALF;
}

bool revision_is_same(const char *a, const char *b, bool with_guests)
{
	return strncasecmp(a, b, with_guests ? REVISION_SIZE - 1 : HALF) == 0;
}
