/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report/chain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* Appends a sentence, after a space where there is one already. */
static void append(struct walk *walk, char **text, const char *format, va_list values)
{
	CLEANUP_FREE char *sentence = text_format(format, values);
	char *whole;

	if (!sentence) {
		walk->no_memory = true;
		return;
	}
	if (asprintf(&whole, "%s%s%s", *text ? *text : "", *text ? " " : "", sentence) < 0) {
		walk->no_memory = true;
		return;
	}
	free(*text);
	*text = whole;
}

void walk_say(struct walk *walk, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	append(walk, &walk->link->message, format, values);
	va_end(values);
}

void walk_advise(struct walk *walk, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	append(walk, &walk->link->remedy, format, values);
	va_end(values);
}

void walk_break(struct walk *walk, const struct queue_set *queues)
{
	walk->link->state = LINK_BROKEN;
	if (queues)
		queue_set_add_all(&walk->link->queues, queues);
}

void walk_leave_open(struct walk *walk)
{
	if (walk->link->state == LINK_OK)
		walk->link->state = LINK_UNKNOWN;
}

/* Without memory the text is empty, and the walk is thrown away at its end. */
static char *text_or_fail(struct walk *walk, char *text)
{
	walk->no_memory |= !text;
	return text ? text : strdup("");
}

char *walk_queues(struct walk *walk, const struct queue_set *set)
{
	return text_or_fail(walk, queue_set_format(set));
}

char *walk_ids(struct walk *walk, const struct mask *ids, enum list_kind kind)
{
	return text_or_fail(walk, list_format(ids, kind));
}

char *walk_arguments(struct walk *walk, const struct mask *ids, enum list_kind kind)
{
	return text_or_fail(walk, list_format_option(ids, kind));
}

const char *walk_problem(const struct problems *problems, const char *code)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strcmp(problems->items[i].code, code) == 0)
			return problems->items[i].message;
	return NULL;
}

bool walk_has_nothing(struct walk *walk)
{
	if (!walk->wanted_known) {
		walk_leave_open(walk);
		walk_say(walk, "The queues that the device is to have are not known.");
	} else if (!walk->observed->host.ap_bus) {
		walk_leave_open(walk);
		walk_say(walk, "Without an AP bus there are no queues.");
	} else {
		return false;
	}
	return true;
}
