/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/desired.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const start_mode_names[2] = { "manual", "auto" };
const char *const interrupts_policy_names[3] = { "any", "required", "polled" };

void definition_done(struct definition *definition)
{
	free(definition->problem);
	definition->problem = NULL;
}

static struct definition *free_definition(struct definition *definition)
{
	if (definition)
		definition_done(definition);
	free(definition);
	return NULL;
}

DEFINE_CLEANUP(struct definition *, free_definition);

static void free_note(struct device_note *note)
{
	free(note->failure);
	free(note);
}

void desired_done(struct desired *desired)
{
	for (size_t i = 0; i < desired->definitions.count; i++)
		free_definition(desired->definitions.items[i]);
	uuid_list_done(&desired->definitions);
	free(desired->claims);
	for (size_t i = 0; i < desired->notes.count; i++)
		free_note(desired->notes.items[i]);
	uuid_list_done(&desired->notes);
	free(desired->rules_path);
	free(desired->rules_problem);
	problems_done(&desired->problems);
	*desired = DESIRED_NONE;
}

const struct definition *desired_find(const struct desired *desired, const struct uuid *uuid)
{
	return uuid_list_find(&desired->definitions, uuid);
}

static bool starts_by_itself(const struct definition *definition)
{
	return !definition->problem && definition->start == START_AUTO;
}

static uint16_t *claims_of(const struct desired *desired, unsigned int adapter, unsigned int domain)
{
	return &desired->claims[adapter * APQN_IDS + domain];
}

/* Counts the definition's queues in (1) or out (-1). */
static void count_claims(struct desired *desired, const struct definition *definition, int change)
{
	if (!desired->claims || !starts_by_itself(definition))
		return;
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &definition->matrix)
		*claims_of(desired, adapter, domain) += change;
}

bool desired_is_contested(const struct desired *desired, const struct definition *definition)
{
	unsigned int own = starts_by_itself(definition);

	if (!desired->claims)
		return false;
	MATRIX_FOR_EACH_QUEUE(adapter, domain, &definition->matrix)
		if (*claims_of(desired, adapter, domain) > own)
			return true;
	return false;
}

static struct definition *copy_definition(const struct definition *definition)
{
	CLEANUP(free_definitionp) struct definition *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *definition;
	copy->problem = NULL;
	if (definition->problem) {
		copy->problem = strdup(definition->problem);
		if (!copy->problem)
			return NULL;
	}
	return TAKE_PTR(copy);
}

int desired_put(struct desired *desired, const struct definition *definition)
{
	CLEANUP(free_definitionp) struct definition *copy = copy_definition(definition);
	struct definition *old = uuid_list_find(&desired->definitions, &definition->uuid), swap;
	int r;

	if (copy && !desired->claims && starts_by_itself(copy))
		desired->claims = calloc(APQN_IDS * APQN_IDS, sizeof(*desired->claims));
	if (!copy || (!desired->claims && starts_by_itself(copy)))
		return -ENOMEM;
	if (old) {
		count_claims(desired, old, -1);
		count_claims(desired, copy, 1);
		swap = *old;
		*old = *copy;
		*copy = swap;
		return 0;
	}
	if (desired->definitions.count == DESIRED_DEFINITIONS_MAX)
		return -E2BIG;
	r = uuid_list_insert(&desired->definitions, copy);
	if (r < 0)
		return r;
	count_claims(desired, copy, 1);
	copy = NULL;
	return 0;
}

void desired_remove(struct desired *desired, const struct uuid *uuid)
{
	struct definition *definition = uuid_list_remove(&desired->definitions, uuid);

	if (definition)
		count_claims(desired, definition, -1);
	free_definition(definition);
}

const struct device_note *desired_find_note(const struct desired *desired, const struct uuid *uuid)
{
	return uuid_list_find(&desired->notes, uuid);
}

struct device_note *desired_note(struct desired *desired, const struct uuid *uuid)
{
	struct device_note *note = uuid_list_find(&desired->notes, uuid);

	if (note)
		return note;
	note = calloc(1, sizeof(*note));
	if (!note)
		return NULL;
	note->uuid = *uuid;
	if (uuid_list_insert(&desired->notes, note) < 0) {
		free(note);
		return NULL;
	}
	return note;
}

void device_note_set_failure(struct device_note *note, char *failure)
{
	free(note->failure);
	note->failure = failure;
}

bool definition_equal(const struct definition *a, const struct definition *b)
{
	return uuid_equal(&a->uuid, &b->uuid) && strcmp(a->name, b->name) == 0 &&
	       matrix_equal(&a->matrix, &b->matrix) && a->start == b->start &&
	       a->interrupts == b->interrupts;
}

bool device_name_is_valid(const char *name)
{
	size_t length = strlen(name);
	struct uuid uuid;

	if (length == 0 || length >= DEVICE_NAME_SIZE || !isalnum((unsigned char)name[0]) ||
	    uuid_parse(name, &uuid) == 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-:@", name[i]))
			return false;
	return true;
}
