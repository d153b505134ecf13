/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/mask.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t bit(unsigned int id)
{
	return UINT64_C(1) << (63 - id % 64);
}

void mask_set(struct mask *mask, unsigned int id)
{
	mask->word[id / 64] |= bit(id);
}

void mask_clear(struct mask *mask, unsigned int id)
{
	mask->word[id / 64] &= ~bit(id);
}

bool mask_test(const struct mask *mask, unsigned int id)
{
	return id < APQN_IDS && mask->word[id / 64] & bit(id);
}

bool mask_is_empty(const struct mask *mask)
{
	return mask_next(mask, 0) == APQN_IDS;
}

bool mask_equal(const struct mask *a, const struct mask *b)
{
	for (size_t i = 0; i < MASK_WORDS; i++)
		if (a->word[i] != b->word[i])
			return false;
	return true;
}

bool mask_is_subset(const struct mask *inner, const struct mask *outer)
{
	struct mask rest = mask_minus(inner, outer);

	return mask_is_empty(&rest);
}

unsigned int mask_count(const struct mask *mask)
{
	unsigned int n = 0;

	for (size_t i = 0; i < MASK_WORDS; i++)
		n += __builtin_popcountll(mask->word[i]);
	return n;
}

struct mask mask_and(const struct mask *a, const struct mask *b)
{
	struct mask result;

	for (size_t i = 0; i < MASK_WORDS; i++)
		result.word[i] = a->word[i] & b->word[i];
	return result;
}

struct mask mask_or(const struct mask *a, const struct mask *b)
{
	struct mask result;

	for (size_t i = 0; i < MASK_WORDS; i++)
		result.word[i] = a->word[i] | b->word[i];
	return result;
}

struct mask mask_minus(const struct mask *a, const struct mask *b)
{
	struct mask result;

	for (size_t i = 0; i < MASK_WORDS; i++)
		result.word[i] = a->word[i] & ~b->word[i];
	return result;
}

struct mask mask_complement(const struct mask *mask)
{
	struct mask result;

	for (size_t i = 0; i < MASK_WORDS; i++)
		result.word[i] = ~mask->word[i];
	return result;
}

unsigned int mask_next(const struct mask *mask, unsigned int from)
{
	while (from < APQN_IDS) {
		/* Ids before from are the high bits of its word: shift them out. */
		uint64_t rest = mask->word[from / 64] << from % 64;

		if (rest)
			return from + __builtin_clzll(rest);
		from = (from / 64 + 1) * 64;
	}
	return APQN_IDS;
}

const char *mask_format(const struct mask *mask, char text[static MASK_TEXT_SIZE])
{
	snprintf(text, MASK_TEXT_SIZE, "0x%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
		 mask->word[0], mask->word[1], mask->word[2], mask->word[3]);
	return text;
}

struct mask mask_format_change(const struct mask *from, const struct mask *to, char *text, size_t size)
{
	struct mask reached = *from, sets = mask_minus(to, from), clears = mask_minus(from, to);
	struct mask both = mask_or(&sets, &clears);
	size_t length = 0;

	text[0] = '\0';
	for (unsigned int id = mask_next(&both, 0); id < APQN_IDS; id = mask_next(&both, id)) {
		const struct mask *way = mask_test(&sets, id) ? &sets : &clears;
		char run[sizeof(",+000-000")];
		unsigned int first = id;
		int n;

		while (mask_test(way, id))
			id++;
		n = snprintf(run, sizeof(run), id - first > 1 ? "%s%c%u-%u" : "%s%c%u",
			     length ? "," : "", way == &sets ? '+' : '-', first, id - 1);
		if (length + (size_t)n >= size)
			break;
		memcpy(text + length, run, (size_t)n + 1);
		length += (size_t)n;
		for (unsigned int i = first; i < id; i++)
			way == &sets ? mask_set(&reached, i) : mask_clear(&reached, i);
	}
	return reached;
}

char *mask_give_back_command(const struct mask *adapters, const struct mask *domains)
{
	static const struct mask none;
	char apmask[5 * APQN_IDS], aqmask[5 * APQN_IDS];
	char *text;

	mask_format_change(&none, adapters, apmask, sizeof(apmask));
	mask_format_change(&none, domains, aqmask, sizeof(aqmask));
	if (asprintf(&text, "chzdev -t ap%s%s%s%s", apmask[0] ? " apmask=" : "", apmask,
		     aqmask[0] ? " aqmask=" : "", aqmask) < 0)
		return NULL;
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int mask_parse(const char *text, size_t length, struct mask *ret_mask)
{
	struct mask mask = { 0 };

	if (length < 3 || length > 2 + APQN_IDS / 4 || text[0] != '0' || text[1] != 'x')
		return -EINVAL;
	for (size_t i = 0; i < length - 2; i++) {
		int digit = hex_digit(text[i + 2]);

		if (digit < 0)
			return -EINVAL;
		mask.word[i / 16] |= (uint64_t)digit << (60 - i % 16 * 4);
	}
	*ret_mask = mask;
	return 0;
}
