/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "daemon/plan/import.h"
#include "daemon/model/ownership.h"
#include "daemon/plan/reserve.h"
#include "daemon/model/resolve.h"
#include "daemon/model/under-way.h"
#include "daemon/plan/wish.h"

/* What every operation looks at. */
struct view {
	const struct observed *observed;
	const struct desired *desired;
	const struct request *request;
	const struct definition *definition;	/* of the device, or NULL */
	const struct observed_device *device;	/* likewise */
	struct error *error;
};

const char *operation_name(enum operation operation)
{
	static const char *const names[] = {
		[OPERATION_DEFINE] = "define",	   [OPERATION_UNDEFINE] = "undefine",
		[OPERATION_START] = "start",	   [OPERATION_STOP] = "stop",
		[OPERATION_ASSIGN] = "assign",	   [OPERATION_UNASSIGN] = "unassign",
		[OPERATION_MODIFY] = "modify",	   [OPERATION_RESERVE] = "reserve",
		[OPERATION_RELEASE] = "release",   [OPERATION_SET_INTERRUPTS] = "setInterrupts",
		[OPERATION_APPLY] = "apply",	   [OPERATION_IMPORT] = "import",
	};

	return names[operation];
}

bool operation_is_of_host(enum operation operation)
{
	return operation == OPERATION_RESERVE || operation == OPERATION_RELEASE ||
	       operation == OPERATION_SET_INTERRUPTS || operation == OPERATION_IMPORT;
}

/* Refuses with a sentence that begins with the device. */
static int refuse(const struct view *view, enum error_code code, const struct uuid *uuid,
		  const char *format, ...) PRINTF_LIKE(4, 5);

static int refuse(const struct view *view, enum error_code code, const struct uuid *uuid,
		  const char *format, ...)
{
	CLEANUP_FREE char *label = desired_label(view->desired, uuid), *sentence = NULL;
	va_list values;

	va_start(values, format);
	sentence = text_format(format, values);
	va_end(values);
	if (!sentence)
		return -ENOMEM;
	return error_set_reason(view->error, code, "Device %s: %s", label ? label : uuid->text, sentence);
}

/* A definition whose file cannot be used must not be replaced by a guess of what it meant. */
static int check_usable(const struct view *view)
{
	CLEANUP_FREE char *text = NULL;

	if (!view->definition || !view->definition->problem)
		return 0;
	text = definition_describe_problem(view->definition, view->definition->uuid.text);
	return refuse(view, ERROR_BAD_DEFINITION, &view->definition->uuid, "%s",
		      text ? text : view->definition->problem);
}

/* A name that the device has already is no new one, whoever shares it. */
static int check_name(const struct view *view, const struct definition *definition)
{
	const char *name = view->request->name;

	if (!name[0] || (view->definition && strcmp(view->definition->name, name) == 0))
		return 0;
	return resolve_check_new_name(view->observed, view->desired, name, &definition->uuid,
				      view->error);
}

/* Puts name, start and interrupts of the request into the definition. */
static int apply_settings(const struct view *view, struct definition *definition)
{
	const struct request *request = view->request;
	int r;

	if (request->has_name) {
		if (request->name[0] && !device_name_is_valid(request->name))
			return error_set_parameter(view->error, "name");
		r = check_name(view, definition);
		if (r < 0)
			return r;
		memcpy(definition->name, request->name, sizeof(definition->name));
	}
	if (request->has_start)
		definition->start = request->start;
	if (request->has_interrupts)
		definition->interrupts = request->interrupts;
	return 0;
}

/* The device is defined already, and not so. */
static int refuse_other(const struct view *view, const struct device_change *change)
{
	CLEANUP_FREE char *label = desired_label(view->desired, &change->uuid);
	const char *name = label ? label : change->uuid.text, *uuid = change->uuid.text;

	if (view->definition->problem) {
		CLEANUP_FREE char *text = definition_describe_problem(view->definition, uuid);

		return error_set_exists(view->error, uuid, "Device %s has a definition that cannot be used. %s",
					name, text ? text : view->definition->problem);
	}
	return error_set_exists(view->error, uuid,
				"Device %s is defined already, and differently. To see the definition, run: "
				"'apqctl show %s'. To change the definition, use assign, unassign or modify.",
				name, uuid);
}

/*
 * Returns true if the device has this definition already, and the change that is under way keeps
 * it.
 */
static bool is_defined_so(const struct view *view, const struct definition *definition)
{
	const struct device_change *work = under_way_find(view->desired, &definition->uuid);

	if (view->definition->problem || !definition_equal(view->definition, definition))
		return false;
	return !work || work->definition_action == DEFINITION_KEEP ||
	       (work->definition_action == DEFINITION_WRITE &&
		definition_equal(&work->definition, definition));
}

static int define(const struct view *view, struct device_change *change)
{
	struct definition *definition = &change->definition;
	int r;

	change->definition_action = DEFINITION_WRITE;
	*definition = (struct definition){ .uuid = change->uuid, .matrix = view->request->matrix };
	r = apply_settings(view, definition);
	if (r < 0)
		return r;
	/* Asking again for what is there is no mistake; asking for something else under its name is. */
	if (view->definition && !is_defined_so(view, definition))
		return refuse_other(view, change);
	if (view->request->start_now) {
		change->live = change->started = true;
		change->active = definition->matrix;
	}
	return 0;
}

static int undefine(const struct view *view, struct device_change *change)
{
	(void)view;
	change->definition_action = DEFINITION_REMOVE;
	return 0;
}

static int start(const struct view *view, struct device_change *change)
{
	int r = check_usable(view);

	if (r < 0)
		return r;
	change->live = change->started = true;
	/* A device that nobody defined is already all that it can be. */
	change->active = view->definition ? view->definition->matrix : view->device->active;
	return 0;
}

static int stop(const struct view *view, struct device_change *change)
{
	(void)view;
	change->live = true;
	change->started = false;
	return 0;
}

static int refuse_undefined(const struct view *view, const struct device_change *change)
{
	return refuse(view, ERROR_UNSUPPORTED, &change->uuid,
		      "the device has no definition to change. To write one of what the kernel has, run: "
		      "'apqctl modify %s --adopt'.", change->uuid.text);
}

/* Assign and unassign: the same for the definition and for what is active, each on its own. */
static int assign(const struct view *view, struct device_change *change)
{
	const struct request *request = view->request;
	struct matrix (*combine)(const struct matrix *a, const struct matrix *b) =
		request->operation == OPERATION_ASSIGN ? matrix_or : matrix_minus;
	int r;

	if (request->scope == SCOPE_LIVE && !view->device)
		return refuse(view, ERROR_UNSUPPORTED, &change->uuid,
			      "the device is not started, so there is nothing live to change.");
	if (request->scope == SCOPE_DEFINITION && !view->definition)
		return refuse_undefined(view, change);
	if (request->scope != SCOPE_LIVE && view->definition) {
		r = check_usable(view);
		if (r < 0)
			return r;
		change->definition_action = DEFINITION_WRITE;
		change->definition = *view->definition;
		change->definition.matrix = combine(&view->definition->matrix, &request->matrix);
	}
	if (request->scope != SCOPE_DEFINITION && view->device) {
		change->live = change->started = true;
		change->active = combine(&view->device->active, &request->matrix);
	}
	return 0;
}

static int modify(const struct view *view, struct device_change *change)
{
	struct definition *definition = &change->definition;
	int r;

	if (view->request->adopt && !view->device)
		return refuse(view, ERROR_UNSUPPORTED, &change->uuid,
			      "the device is not started, so there is nothing that its definition could "
			      "follow.");
	if (view->request->adopt && !view->device->active_known)
		return refuse(view, ERROR_UNSUPPORTED, &change->uuid,
			      "this kernel cannot list what the device has without harm, so its definition "
			      "cannot follow it.");
	if (!view->request->adopt && !view->definition)
		return refuse_undefined(view, change);
	r = check_usable(view);
	if (r < 0)
		return r;
	change->definition_action = DEFINITION_WRITE;
	*definition = view->definition ? *view->definition :
					 (struct definition){ .uuid = change->uuid };
	if (view->request->adopt)
		definition->matrix = view->device->active;
	return apply_settings(view, definition);
}

static int find_device(const struct view *view, const struct uuid *new_uuid, struct uuid *ret_uuid)
{
	const struct request *request = view->request;
	const struct definition *known;

	if (request->operation == OPERATION_DEFINE) {
		if (!request->device[0]) {
			known = request->name[0] ? resolve_name(view->desired, request->name, NULL) : NULL;
			*ret_uuid = known && !known->problem ? known->uuid : *new_uuid;
			return 0;
		}
		return uuid_parse(request->device, ret_uuid) < 0 ?
			       error_set_parameter(view->error, "uuid") :
			       0;
	}
	return resolve_or_explain(view->observed, view->desired, request->device, ret_uuid, view->error);
}

static int set_interrupts(const struct view *view, struct change *change)
{
	const struct interrupts_wish *wish = &view->request->wish;
	struct host_change *host = &change->host;
	int r = wish_check(view->observed, view->desired, wish, "pollTimeout", view->error);

	if (r < 0)
		return r;
	host->set_interrupts = true;
	host->interrupts = *wish;
	host->policy = view->desired->policy;
	host->write_policy = true;
	wish_merge(wish, &host->policy.interrupts);
	return 0;
}

/* The queues of the device that are the host's now are reserved with it. */
static int reserve_too(const struct view *view, struct change *change, struct queue_set *collateral,
		       struct problems *conflicts)
{
	CLEANUP_FREE struct reserve_wish *wish = calloc(1, sizeof(*wish));
	const struct device_change *device = change->devices;

	if (!wish)
		return -ENOMEM;
	MATRIX_FOR_EACH_QUEUE(adapter, domain, device->live ? &device->active :
							     &device->definition.matrix) {
		struct apqn apqn = { adapter, domain };

		if (ownership_is_hosts(view->observed, apqn))
			queue_set_add(&wish->what.queues, apqn);
	}
	if (queue_set_is_empty(&wish->what.queues))
		return 0;
	return reserve_make(view->observed, view->desired, wish, &change->host, collateral, conflicts);
}

static int change_ownership(const struct view *view, struct change *change,
			    struct queue_set *collateral, struct problems *conflicts)
{
	CLEANUP_FREE struct reserve_wish *wish = calloc(1, sizeof(*wish));

	if (!wish)
		return -ENOMEM;
	if (view->request->operation == OPERATION_IMPORT)
		return import_make(view->observed, view->desired, &change->host, collateral, conflicts,
				   view->error);
	if (view->request->mechanism == MECHANISM_OVERRIDES && !view->observed->host.has_override)
		return error_set_reason(view->error, ERROR_UNSUPPORTED, "%s",
					reserve_no_override(view->observed));
	wish->release = view->request->operation == OPERATION_RELEASE;
	wish->what = view->request->what;
	wish->mechanism = view->request->mechanism;
	return reserve_make(view->observed, view->desired, wish, &change->host, collateral, conflicts);
}

/* Everything but the host: what is wanted of the one device that the request names. */
static int change_device(struct view *view, const struct uuid *new_uuid, struct change *change)
{
	static int (*const make[OPERATIONS])(const struct view *view, struct device_change *change) = {
		[OPERATION_DEFINE] = define, [OPERATION_UNDEFINE] = undefine,
		[OPERATION_START] = start,   [OPERATION_STOP] = stop,
		[OPERATION_ASSIGN] = assign, [OPERATION_UNASSIGN] = assign,
		[OPERATION_MODIFY] = modify,
	};
	struct device_change *device;
	int r = change_set_count(change, 1);

	if (r < 0)
		return r;
	device = change->devices;
	r = find_device(view, new_uuid, &device->uuid);
	if (r < 0)
		return r;
	view->definition = desired_find(view->desired, &device->uuid);
	view->device = observed_find_device(view->observed, &device->uuid);
	r = make[view->request->operation](view, device);
	/* The problem of a file belongs to desired; a definition that is written has none. */
	device->definition.problem = NULL;
	return r;
}

/* Refuses to replace a state that the client has not seen. Returns 0, or a negative errno. */
static int check_revision(const struct view *view)
{
	const struct request *request = view->request;
	char now[REVISION_SIZE];

	if (!request->revision[0])
		return 0;
	if (revision_make(view->observed, view->desired, now) < 0)
		return -ENOMEM;
	if (revision_is_same(request->revision, now, request->force))
		return 0;
	return error_set_moved(view->error, request->revision, now);
}

int request_to_change(const struct observed *observed, const struct desired *desired,
		      const struct request *request, const struct uuid *new_uuid,
		      struct change *ret_change, struct queue_set *collateral,
		      struct problems *conflicts, struct error *ret_error)
{
	struct view view = { .observed = observed, .desired = desired, .request = request,
			     .error = ret_error };
	CLEANUP_CHANGE struct change change = { .force = request->force };
	struct state_way way = { .prune = request->prune, .force = request->force };
	int r;

	r = check_revision(&view);
	if (r < 0)
		return r;
	if (request->operation == OPERATION_APPLY)
		return state_to_change(observed, desired, request->state, &way, ret_change, collateral,
				       conflicts, ret_error);
	host_change_init(&change.host);
	change.can_reserve = request->operation == OPERATION_DEFINE || request->operation == OPERATION_START ||
			     request->operation == OPERATION_ASSIGN;
	if (request->operation == OPERATION_SET_INTERRUPTS)
		r = set_interrupts(&view, &change);
	else if (operation_is_of_host(request->operation))
		r = change_ownership(&view, &change, collateral, conflicts);
	else
		r = change_device(&view, new_uuid, &change);
	if (r == 0 && request->reserve)
		r = reserve_too(&view, &change, collateral, conflicts);
	if (r < 0)
		return r;
	*ret_change = change;
	change.devices = NULL;
	return 0;
}
