/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reserved.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/change.h"
#include "cli/crossing.h"
#include "cli/device.h"
#include "cli/output.h"
#include "common/json.h"
#include "common/list.h"

/* The type Reservation. */
struct raw {
	struct reserved reserved;
	struct json_object *queues;
};

static const struct json_field fields[] = {
	JSON_FIELD(struct raw, reserved.adapters, "adapters", JSON_KIND_MASK, 0),
	JSON_FIELD(struct raw, reserved.domains, "domains", JSON_KIND_MASK, 0),
	JSON_FIELD(struct raw, queues, "queues", JSON_KIND_OBJECT, 0),
};

int reserved_add_queues(struct json_object *list, struct queue_set *set)
{
	for (size_t i = 0; i < list_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (!json_object_is_type(item, json_type_string) ||
		    queue_set_parse(json_object_get_string(item), set) < 0)
			return -EBADMSG;
	}
	return 0;
}

int reserved_read(struct json_object *object, struct reserved *ret_reserved)
{
	struct raw raw = { 0 };
	const char *bad;

	if (object && json_read(object, fields, ARRAY_SIZE(fields), false, &raw, &bad) < 0)
		return -EBADMSG;
	if (reserved_add_queues(raw.queues, &raw.reserved.queues) < 0)
		return -EBADMSG;
	*ret_reserved = raw.reserved;
	return 0;
}

bool reserved_is_empty(const struct reserved *reserved)
{
	return mask_is_empty(&reserved->adapters) && mask_is_empty(&reserved->domains) &&
	       queue_set_is_empty(&reserved->queues);
}

static void print_queues(FILE *out, const struct queue_set *set)
{
	CLEANUP_FREE char *names = crossing_names(set);

	fputs(names ? names : "?", out);
}

static void print_mask(FILE *out, const char *name, const struct mask *mask, enum list_kind kind)
{
	CLEANUP_FREE char *list = mask_is_empty(mask) ? NULL : list_format(mask, kind);

	if (list)
		fprintf(out, "%s%s %s", ftell(out) > 0 ? ", " : "", name, list);
}

char *reserved_describe(const struct reserved *reserved)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_mask(out, "adapters", &reserved->adapters, LIST_ADAPTERS);
	print_mask(out, "domains", &reserved->domains, LIST_DOMAINS);
	if (!queue_set_is_empty(&reserved->queues)) {
		fprintf(out, "%squeue%s ", ftell(out) > 0 ? ", " : "",
			queue_set_count(&reserved->queues) == 1 ? "" : "s");
		print_queues(out, &reserved->queues);
	}
	if (reserved_is_empty(reserved))
		fputs("nothing", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

const char *reserved_mechanism(const char *mechanism)
{
	if (mechanism && strcmp(mechanism, "masks") == 0)
		return "by the masks";
	if (mechanism && strcmp(mechanism, "overrides") == 0)
		return "by driver overrides";
	return "by nothing yet";
}

/* Reads a list of queues of a reply; false where there is none. */
static bool read_queues(const struct reply *reply, const char *name, struct queue_set *ret_queues)
{
	struct json_object *list = NULL;

	*ret_queues = (struct queue_set){ 0 };
	json_object_object_get_ex(reply->parameters, name, &list);
	return reserved_add_queues(list, ret_queues) == 0 && !queue_set_is_empty(ret_queues);
}

/* "The host loses 3 queues: 01.0000-0002.", or nothing where the reply names none. */
static void print_moved(const struct run *run, const struct reply *reply, const char *member,
			const char *done, const char *would)
{
	bool dry_run = option_given(run->options, OPTION_DRY_RUN);
	struct queue_set queues;
	unsigned int count;

	if (option_given(run->options, OPTION_JSON) || !read_queues(reply, member, &queues))
		return;
	count = queue_set_count(&queues);
	printf("The host %s %u queue%s: ", dry_run ? would : done, count, count == 1 ? "" : "s");
	print_queues(stdout, &queues);
	puts(".");
}

void reserved_print_given(const struct run *run, const struct reply *reply)
{
	print_moved(run, reply, "given", "gets", "would get");
}

void reserved_print_taken(const struct run *run, const struct reply *reply)
{
	struct queue_set queues;
	unsigned int count;

	if (option_given(run->options, OPTION_JSON))
		return;
	print_moved(run, reply, "taken", "loses", "would lose");
	if (read_queues(reply, "collateral", &queues)) {
		count = queue_set_count(&queues);
		printf("Nobody asked for %u of these, but the masks know whole adapters and domains only: ",
		       count);
		print_queues(stdout, &queues);
		puts(".");
	}
}

/* Of the queues, moves those that another program's bits keep into ret_kept. */
static void split_others(const struct matrix *others, struct queue_set *queues,
			 struct queue_set *ret_kept)
{
	*ret_kept = (struct queue_set){ 0 };
	for (unsigned int adapter = 0; adapter < APQN_IDS; adapter++)
		ret_kept->domains[adapter] =
			mask_test(&others->adapters, adapter) ?
				queues->domains[adapter] :
				mask_and(&queues->domains[adapter], &others->domains);
	queue_set_remove_all(queues, ret_kept);
}

void reserved_print_kept(const struct run *run, const struct reply *reply, const struct matrix *others)
{
	const char *what = option_given(run->options, OPTION_DRY_RUN) ? "Would still be" : "Still";
	CLEANUP_FREE char *command = mask_give_back_command(&others->adapters, &others->domains);
	struct queue_set queues, kept;

	if (option_given(run->options, OPTION_JSON) || !read_queues(reply, "collateral", &queues))
		return;
	split_others(others, &queues, &kept);
	if (!queue_set_is_empty(&queues)) {
		printf("%s kept from the host: ", what);
		print_queues(stdout, &queues);
		puts(". The masks know whole adapters and domains only.");
	}
	if (!queue_set_is_empty(&kept)) {
		printf("%s kept from the host: ", what);
		print_queues(stdout, &kept);
		printf(". Another program cleared bits of the masks for them. To give all of these bits "
		       "back, run: %s\n",
		       command ? command : "chzdev");
	}
}
