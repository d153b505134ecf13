/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/desired.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rivals {
	struct claims *claims;	/* owned */
	bool stale;		/* a definition has changed since they were made */
};

const char *const start_mode_names[2] = { "manual", "auto" };
const char *const interrupts_policy_names[3] = { "any", "required", "polled" };

char *definition_describe_problem(const struct definition *definition, const char *argument)
{
	char *text;

	if (definition->has_remedy)
		return strdup(definition->problem);
	return asprintf(&text, "%s To remove the definition with its file, run: 'apqctl undefine %s'.",
			definition->problem, argument) < 0 ? NULL : text;
}

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
	if (desired->rivals)
		claims_free(desired->rivals->claims);
	free(desired->rivals);
	names_done(&desired->names);
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

char *desired_label(const struct desired *desired, const struct uuid *uuid)
{
	const struct definition *definition = desired_find(desired, uuid);
	char *text;

	if (!definition || !definition->name[0])
		return strdup(uuid->text);
	return asprintf(&text, "%s (%s)", definition->name, uuid->text) < 0 ? NULL : text;
}

const char *desired_name(const struct desired *desired, const struct uuid *uuid)
{
	const struct definition *definition = desired_find(desired, uuid);

	return definition ? definition->name : "";
}

bool definition_is_automatic(const struct definition *definition)
{
	return !definition->problem && definition->start == START_AUTO;
}

/* They follow the definitions when somebody asks: many may have changed by then. */
static void forget_claims(struct desired *desired)
{
	if (desired->rivals)
		desired->rivals->stale = true;
}

static int build_claims(const struct uuid_list *definitions, struct rivals *rivals)
{
	struct claims *claims = claims_new();

	if (!claims)
		return -ENOMEM;
	for (size_t i = 0; i < definitions->count; i++) {
		const struct definition *definition = definitions->items[i];

		if (definition_is_automatic(definition))
			claims_add(claims, &definition->matrix, (unsigned int)i);
	}
	claims_free(rivals->claims);
	rivals->claims = claims;
	rivals->stale = false;
	return 0;
}

int desired_claims(const struct desired *desired, const struct claims **ret_claims)
{
	struct rivals *rivals = desired->rivals;
	int r = rivals ? 0 : -ENOMEM;

	if (r == 0 && (rivals->stale || !rivals->claims))
		r = build_claims(&desired->definitions, rivals);
	if (r == 0)
		*ret_claims = rivals->claims;
	return r;
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

	if (copy && !desired->rivals)
		desired->rivals = calloc(1, sizeof(*desired->rivals));
	if (!copy || !desired->rivals || names_reserve(&desired->names) < 0)
		return -ENOMEM;
	if (old) {
		forget_claims(desired);
		names_remove(&desired->names, old);
		swap = *old;
		*old = *copy;
		*copy = swap;
		names_add(&desired->names, old);
		return 0;
	}
	if (desired->definitions.count == DESIRED_DEFINITIONS_MAX)
		return -E2BIG;
	r = uuid_list_insert(&desired->definitions, copy);
	if (r < 0)
		return r;
	forget_claims(desired);
	names_add(&desired->names, copy);
	copy = NULL;
	return 0;
}

void desired_remove(struct desired *desired, const struct uuid *uuid)
{
	struct definition *definition = uuid_list_remove(&desired->definitions, uuid);

	forget_claims(desired);
	if (definition)
		names_remove(&desired->names, definition);
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

void desired_forget_note(struct desired *desired, const struct uuid *uuid)
{
	struct device_note *note = uuid_list_remove(&desired->notes, uuid);

	if (note)
		free_note(note);
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
