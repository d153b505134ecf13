/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/plan/reserve.h"
#include "daemon/model/resolve.h"
#include "daemon/model/under-way.h"
#include "daemon/plan/wish.h"

/* What every step looks at. */
struct view {
	const struct observed *observed;
	const struct desired *desired;
	const struct state *state;
	const struct state_way *way;
	struct error *error;
};

void state_done(struct state *state)
{
	free(state->devices);
	*state = (struct state){ 0 };
}

static int bad_device(const struct view *view, size_t i, const char *member)
{
	char path[64];

	snprintf(path, sizeof(path), "state.devices[%zu].%s", i, member);
	return error_set_parameter(view->error, path);
}

/* Which device is meant: that of the UUID, or that of the name, or a new one. */
static struct uuid uuid_of(const struct view *view, const struct state_device *device)
{
	const struct definition *known;

	if (device->has_uuid)
		return device->definition.uuid;
	known = resolve_name(view->desired, device->definition.name, NULL);
	return known ? known->uuid : device->new_uuid;
}

static int compare_changes(const void *a, const void *b)
{
	return uuid_compare(&((const struct device_change *)a)->uuid,
			    &((const struct device_change *)b)->uuid);
}

/* A name as it will be, and whose: new where the change gives it to the device. */
struct named {
	const char *name;
	const struct uuid *uuid;
	bool is_new;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static int refuse_names(const struct view *view, const struct named *a, const struct named *b)
{
	return error_set_exists(view->error, a->name,
				"Devices %s and %s would both have the name '%s'. Give one of them another name "
				"in the document.", a->uuid->text, b->uuid->text, a->name);
}

/* Two that share a name already, and keep it, are a problem that was there before. */
static bool is_new_name(const struct view *view, const struct device_change *device)
{
	const struct definition *was = desired_find(view->desired, &device->uuid);

	return !was || strcmp(was->name, device->definition.name) != 0;
}

/* The names as they will be, those of definitions that stay among them: the change makes no two the same. */
static int check_names(const struct view *view, const struct change *change)
{
	const struct uuid_list *definitions = &view->desired->definitions;
	CLEANUP_FREE struct named *names =
		calloc(change->count + definitions->count + under_way_count(view->desired) + 1,
		       sizeof(*names));
	struct under_way_walk walk = { 0 };
	const struct device_change *coming;
	size_t count = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < definitions->count; i++) {
		const struct definition *kept = definitions->items[i];

		if (kept->name[0] && !change_find(change, &kept->uuid))
			names[count++] = (struct named){ kept->name, &kept->uuid, false };
	}
	for (size_t i = 0; i < change->count; i++) {
		const struct device_change *device = &change->devices[i];

		if (device->definition_action == DEFINITION_WRITE && device->definition.name[0])
			names[count++] = (struct named){ device->definition.name, &device->uuid,
							 is_new_name(view, device) };
	}
	while ((coming = under_way_next(view->desired, change, &walk))) {
		const struct definition *kept = desired_find(view->desired, &coming->uuid);

		/* A device keeps the old name or gets the new one: where both are alike, it is one. */
		if (coming->definition_action == DEFINITION_WRITE && coming->definition.name[0] &&
		    !(kept && strcmp(kept->name, coming->definition.name) == 0))
			names[count++] = (struct named){ coming->definition.name, &coming->uuid, true };
	}
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; i < count; i++)
		if ((names[i - 1].is_new || names[i].is_new) && compare_names(&names[i - 1], &names[i]) == 0)
			return refuse_names(view, &names[i - 1], &names[i]);
	for (size_t i = 0; i < count; i++) {
		int r = names[i].is_new ? resolve_check_prefix(view->observed, view->desired, names[i].name,
							       names[i].uuid, view->error) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* A file that cannot be used is neither replaced by a guess of what it meant nor thrown away. */
static int check_usable(const struct view *view, const struct uuid *uuid)
{
	const struct definition *definition = desired_find(view->desired, uuid);
	CLEANUP_FREE char *text = NULL;

	if (!definition || !definition->problem)
		return 0;
	text = definition_describe_problem(definition, uuid->text);
	return error_set_reason(view->error, ERROR_BAD_DEFINITION, "Device %s: %s", uuid->text,
				text ? text : definition->problem);
}

static void want_device(const struct view *view, const struct state_device *device,
			struct device_change *change)
{
	change->uuid = uuid_of(view, device);
	change->definition_action = DEFINITION_WRITE;
	change->definition = device->definition;
	change->definition.uuid = change->uuid;
	change->started = change->live = device->definition.start == START_AUTO ||
					 observed_find_device(view->observed, &change->uuid);
	if (change->live)
		change->active = device->definition.matrix;
}

/*
 * A device that a guest has cannot be removed before its guest ends, which may take months: by force
 * it loses its queues and its definition, and what is left is an empty device.
 */
static void want_no_device(const struct view *view, const struct uuid *uuid,
			   struct device_change *change)
{
	const struct observed_device *device = observed_find_device(view->observed, uuid);

	change->uuid = *uuid;
	change->definition_action = DEFINITION_REMOVE;
	change->live = device != NULL;
	change->started = device && device->in_use && view->way->force;
}

/* A name without a UUID means the device that has it: of two that share it, none. */
static int check_single(const struct view *view, const struct state_device *device)
{
	const char *name = device->definition.name;
	const struct definition *one = resolve_name(view->desired, name, NULL);
	const struct definition *other = one ? resolve_name(view->desired, name, &one->uuid) : NULL;

	if (!other)
		return 0;
	return error_set_exists(view->error, name,
				"Devices %s and %s both have the name '%s', so the document must give the UUID of "
				"the one that it means.", one->uuid.text, other->uuid.text, name);
}

static int want_devices(const struct view *view, struct change *change)
{
	const struct state *state = view->state;
	int r = change_set_count(change, state->count);

	for (size_t i = 0; r == 0 && i < state->count; i++) {
		const struct state_device *device = &state->devices[i];

		if (!device->has_uuid && !device->definition.name[0])
			r = bad_device(view, i, "uuid");
		else if (device->definition.name[0] && !device_name_is_valid(device->definition.name))
			r = bad_device(view, i, "name");
		else if (!device->has_uuid)
			r = check_single(view, device);
		if (r == 0)
			want_device(view, device, &change->devices[i]);
		if (r == 0)
			r = check_usable(view, &change->devices[i].uuid);
	}
	if (r < 0)
		return r;
	qsort(change->devices, change->count, sizeof(*change->devices), compare_changes);
	for (size_t i = 1; i < change->count; i++)
		if (uuid_equal(&change->devices[i - 1].uuid, &change->devices[i].uuid))
			return error_set_device(view->error, ERROR_DEVICE_EXISTS,
						change->devices[i].uuid.text);
	return 0;
}

/* Adds every device that is defined and not in the state. */
static int prune(const struct view *view, struct change *change)
{
	const struct uuid_list *definitions = &view->desired->definitions;
	struct change more = { 0 };
	size_t count = change->count;
	int r = change_set_count(&more, change->count + definitions->count);

	if (r < 0)
		return r;
	memcpy(more.devices, change->devices, change->count * sizeof(*more.devices));
	for (size_t i = 0; r == 0 && i < definitions->count; i++) {
		const struct definition *known = definitions->items[i];

		if (change_find(change, &known->uuid))
			continue;
		r = check_usable(view, &known->uuid);
		want_no_device(view, &known->uuid, &more.devices[count++]);
	}
	change_done(change);
	change->devices = more.devices;
	change->count = count;
	qsort(change->devices, change->count, sizeof(*change->devices), compare_changes);
	return r;
}

static bool is_about_host(const struct state *state)
{
	return state->has_ownership || state->has_enforce || state->has_reserved ||
	       state->has_interrupts;
}

static int want_reserved(const struct view *view, const struct desired *desired,
			 struct host_change *host, struct queue_set *collateral,
			 struct problems *conflicts)
{
	CLEANUP_FREE struct reserve_wish *wish = calloc(1, sizeof(*wish));

	if (!wish)
		return -ENOMEM;
	/* Without a word about what is reserved, that moves to the mechanism that is named. */
	wish->exact = view->way->prune && view->state->has_reserved;
	wish->what = view->state->reserved;
	if (view->state->has_ownership)
		wish->mechanism = view->state->ownership;
	return reserve_make(view->observed, desired, wish, host, collateral, conflicts);
}

/* Returns true if there is anything to be taken, given back, or moved to another mechanism. */
static bool wants_reserved(const struct view *view, const struct host_policy *policy, bool observes)
{
	const struct state *state = view->state;

	if (!state->has_reserved)
		return state->has_ownership && !observes && policy->has_reservation;
	if (observes && reservation_equal(&state->reserved, &policy->reserved))
		return false;
	return view->way->prune || !reservation_is_empty(&state->reserved);
}

/* The policy as it will be takes the place of the present one, as a basis for what is reserved. */
static int want_host(const struct view *view, struct host_change *host,
		     struct queue_set *collateral, struct problems *conflicts)
{
	const struct state *state = view->state;
	struct desired desired = *view->desired;
	struct host_policy *policy = &desired.policy;
	bool observes = state->has_ownership ? state->ownership == MECHANISM_OBSERVE :
					       policy->mechanism == MECHANISM_OBSERVE;
	bool had_none = policy->mechanism == MECHANISM_OBSERVE && !observes;
	int r = wish_check(view->observed, view->desired, &state->interrupts,
			   "state.host.interrupts.pollTimeout", view->error);

	if (r == 0 && state->has_ownership && state->ownership == MECHANISM_OVERRIDES &&
	    !view->observed->host.has_override)
		r = error_set_reason(view->error, ERROR_UNSUPPORTED, "%s",
				     reserve_no_override(view->observed));
	if (r < 0)
		return r;
	if (had_none)
		policy->mechanism = MECHANISM_UNDECIDED;
	if (state->has_enforce)
		policy->enforce = state->enforce;
	/* Export names every setting, so without one of them the document asks for no such setting. */
	if (view->way->prune && state->has_interrupts)
		policy->interrupts = INTERRUPTS_NO_WISH;
	wish_merge(&state->interrupts, &policy->interrupts);
	if (state->has_ownership && observes)
		policy->mechanism = MECHANISM_OBSERVE;
	host->policy = *policy;
	if (state->has_ownership && !observes && !policy->has_reservation)
		host->policy.mechanism = state->ownership;
	if (wants_reserved(view, policy, observes))
		r = want_reserved(view, &desired, host, collateral, conflicts);
	host->write_policy = true;
	host->set_interrupts = !interrupts_wish_is_empty(&state->interrupts);
	host->interrupts = state->interrupts;
	return r;
}

int state_to_change(const struct observed *observed, const struct desired *desired,
		    const struct state *state, const struct state_way *way,
		    struct change *ret_change, struct queue_set *collateral,
		    struct problems *conflicts, struct error *ret_error)
{
	struct view view = { .observed = observed, .desired = desired, .state = state, .way = way,
			     .error = ret_error };
	CLEANUP_CHANGE struct change change = { .force = way->force };
	int r;

	host_change_init(&change.host);
	r = want_devices(&view, &change);
	if (r == 0 && way->prune)
		r = prune(&view, &change);
	if (r == 0)
		r = check_names(&view, &change);
	if (r == 0 && is_about_host(state))
		r = want_host(&view, &change.host, collateral, conflicts);
	if (r < 0)
		return r;
	*ret_change = change;
	change.devices = NULL;
	return 0;
}
