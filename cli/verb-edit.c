/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of export in the user's editor, and then applied as apply does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/apply.h"
#include "cli/call.h"
#include "cli/change.h"
#include "cli/document.h"
#include "cli/document-ids.h"
#include "cli/editor.h"
#include "cli/option-value.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/json.h"

/* The document in the editor. */
struct subject {
	struct json_object *state;	/* the document as apqd exported it; borrowed */
	const char *revision;		/* of the host at that time; borrowed */
	const char *uuid, *label;	/* of the one device; NULL: everything */
	char *text;			/* owned: the document as it was given to the editor */
};

static struct json_object *get_devices(struct json_object *state)
{
	struct json_object *devices = NULL;

	json_object_object_get_ex(state, "devices", &devices);
	return json_object_is_type(devices, json_type_array) ? devices : NULL;
}

/* Returns true if a and b, of two documents, mean the same device. */
static bool is_same_device(struct json_object *a, struct json_object *b)
{
	const char *uuid = json_get_string(a, "uuid"), *other = json_get_string(b, "uuid");
	const char *name = json_get_string(a, "name"), *other_name = json_get_string(b, "name");

	if (uuid && other)
		return strcasecmp(uuid, other) == 0;
	return name && other_name && strcmp(name, other_name) == 0;
}

static struct json_object *find_device(struct json_object *state, struct json_object *wanted)
{
	struct json_object *devices = get_devices(state);

	for (size_t i = 0; devices && i < json_object_array_length(devices); i++) {
		struct json_object *device = json_object_array_get_idx(devices, i);

		if (is_same_device(device, wanted))
			return device;
	}
	return NULL;
}

/* The document of one device: what else there is stays as it is when that is applied.  NULL without memory. */
static struct json_object *take_alone(struct json_object *state, struct json_object *device)
{
	CLEANUP_JSON struct json_object *alone = json_object_new_object();
	CLEANUP_JSON struct json_object *devices = json_object_new_array();
	struct json_object *version = NULL;

	json_object_object_get_ex(state, "version", &version);
	if (!devices || json_object_array_add(devices, json_object_get(device)) < 0 ||
	    json_add(alone, "version", json_object_get(version)) < 0 ||
	    json_add(alone, "devices", TAKE_PTR(devices)) < 0)
		return NULL;
	return TAKE_PTR(alone);
}

/* Without a definition that can be used there is nothing to edit. */
static int refuse_undefined(const struct run *run, const struct device *device)
{
	if (device_is_badly_defined(device))
		return options_mistake(run->options->verb,
				       "Device %s has a definition that cannot be used. To see why, run: "
				       "apqctl show %s", device_label(device),
				       device_label(device));
	return options_mistake(run->options->verb,
			       "Device %s has no definition to edit. To define what the device has in the "
			       "kernel, run: apqctl modify %s --adopt", device_label(device), device_label(device));
}

/* An editor of one device changes this device, and makes no other one. */
static int check_alone(const struct subject *subject, struct json_object *state, char **ret_message)
{
	struct json_object *devices = get_devices(state), *host = NULL;
	const char *uuid = NULL;

	if (!subject->uuid)
		return 0;
	if (devices && json_object_array_length(devices) == 1)
		uuid = json_get_string(json_object_array_get_idx(devices, 0), "uuid");
	if (uuid && strcasecmp(uuid, subject->uuid) == 0 &&
	    !json_object_object_get_ex(state, "host", &host))
		return 0;
	if (asprintf(ret_message,
		     "Device %s: The document must have this device alone, with the uuid %s. To edit "
		     "everything, run: apqctl edit", subject->label, subject->uuid) < 0) {
		*ret_message = NULL;
		return -ENOMEM;
	}
	return -EINVAL;
}

/* Says that what the user has removed from the document is still there. */
static void print_missing(const struct run *run, struct json_object *before, struct json_object *after)
{
	struct json_object *devices = get_devices(before);
	size_t count = 0;

	if (option_given(run->options, OPTION_JSON) || option_given(run->options, OPTION_PRUNE))
		return;
	for (size_t i = 0; devices && i < json_object_array_length(devices); i++) {
		struct json_object *device = json_object_array_get_idx(devices, i);
		const char *name = json_get_string(device, "name");

		if (find_device(after, device))
			continue;
		if (count++ == 0)
			fputs("Devices that are missing in the document stay. To remove their definitions, run: "
			      "apqctl undefine", stdout);
		putchar(' ');
		output_text(name ? name : json_get_string(device, "uuid"), STYLE_PLAIN);
	}
	if (count > 0)
		putchar('\n');
}

static int apply_text(struct run *run, const struct subject *subject, const char *path,
		      struct apply_result *ret_result)
{
	CLEANUP_JSON struct json_object *document = NULL;
	CLEANUP_JSON struct json_object *state = NULL;
	CLEANUP_FREE char *message = NULL;
	const char *ignored = NULL;
	int r = document_read(path, &document, &message);

	if (r == 0)
		r = document_split(document, &state, &ignored);
	if (r == 0)
		r = document_take_ids(state, &message);
	if (r == 0)
		r = check_alone(subject, state, &message);
	if (r == -ENOMEM)
		return call_broken(r);
	if (r < 0)
		return options_mistake(run->options->verb, "%s", message ? message : strerror(-r));
	r = apply_state(run, state, subject->revision, path, ret_result);
	if (r == EXIT_STATUS_DONE && !subject->uuid)
		print_missing(run, subject->state, state);
	return r;
}

static bool is_unchanged(const struct subject *subject, const char *path)
{
	CLEANUP_FREE char *text = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");
	ssize_t length = file ? getdelim(&text, &size, '\0', file) : -1;

	if (file)
		(void)fclose(file);
	return length >= 0 && strcmp(text, subject->text) == 0;
}

static int tell_unchanged(const struct run *run)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();

	if (!option_given(run->options, OPTION_JSON)) {
		puts("Nothing to change.");
		return EXIT_STATUS_DONE;
	}
	if (json_add_bool(object, "changed", false) < 0 ||
	    json_add(object, "steps", json_object_new_array()) < 0)
		return call_broken(-ENOMEM);
	output_json(object, true);
	return EXIT_STATUS_DONE;
}

/*
 * Asks on a terminal whether to edit again after a refusal.  Returns true for yes, and false
 * without a terminal or with --json.
 */
static bool ask_again(const struct run *run)
{
	CLEANUP_FREE char *line = NULL;
	size_t size = 0;

	if (option_given(run->options, OPTION_JSON) || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	do {
		fflush(stdout);
		fputs("Edit the text again? [y/n] ", stderr);
		if (getline(&line, &size, stdin) < 0) {
			fputc('\n', stderr);
			return false;
		}
		line[strcspn(line, "\n")] = '\0';
		if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
			return true;
	} while (strcasecmp(line, "n") != 0 && strcasecmp(line, "no") != 0);
	return false;
}

static void keep(struct editor *editor)
{
	CLEANUP_FREE char *safe = output_safe(editor->path, false);

	fflush(stdout);
	fprintf(stderr, "apqctl: The text is kept in the file '%s'.\n", safe ? safe : "?");
	editor_keep(editor);
}

/* Edits until the text is applied, or the user gives up; then it is kept. */
static int edit(struct run *run, const struct subject *subject)
{
	CLEANUP_EDITOR struct editor editor = { .path = "" };
	struct apply_result result;
	int status, r = editor_init(&editor, subject->text);

	if (r < 0) {
		fprintf(stderr, "apqctl: Nothing was changed. A temporary file for the editor could not be "
				"written: %s.\n", strerror(-r));
		return EXIT_STATUS_FAILED;
	}
	do {
		result = (struct apply_result){ 0 };
		r = editor_run(&editor);
		if (r == 0 && is_unchanged(subject, editor.path))
			return tell_unchanged(run);
		status = r == -ECANCELED ? EXIT_STATUS_FAILED :
			 r < 0 ? call_broken(r) :
				 apply_text(run, subject, editor.path, &result);
	} while (r == 0 && status != EXIT_STATUS_DONE && !result.has_moved && ask_again(run));
	/* The command that a dry run advises needs the file. */
	if ((status != EXIT_STATUS_DONE && editor_was_saved(&editor)) ||
	    (result.was_changed && option_given(run->options, OPTION_DRY_RUN)))
		keep(&editor);
	return status;
}

/* Makes the text for the editor.  Returns EXIT_STATUS_DONE or what to exit with. */
static int format(const struct run *run, struct subject *subject)
{
	CLEANUP_JSON struct json_object *wanted = json_object_new_object();
	CLEANUP_JSON struct json_object *alone = NULL;
	struct json_object *device;

	if (document_show_ids(subject->state) < 0)
		return call_broken(-ENOMEM);
	if (subject->uuid) {
		if (json_add_string(wanted, "uuid", subject->uuid) < 0)
			return call_broken(-ENOMEM);
		device = find_device(subject->state, wanted);
		/* The device has gone between two calls. */
		if (!device)
			return call_no_such_device(run, subject->label);
		alone = take_alone(subject->state, device);
		if (!alone)
			return call_broken(-ENOMEM);
	}
	subject->text = document_format(alone ? alone : subject->state);
	return subject->text ? EXIT_STATUS_DONE : call_broken(-ENOMEM);
}

/* Fetches what is edited into *subject; *ret_reply holds it. */
static int fetch(struct run *run, struct subject *subject, struct reply *ret_reply)
{
	int r = call(run, "Export", NULL, CLIENT_READ_TIMEOUT, ret_reply);

	if (r != EXIT_STATUS_DONE)
		return r;
	subject->revision = json_get_string(ret_reply->parameters, "revision");
	if (!json_object_object_get_ex(ret_reply->parameters, "state", &subject->state) ||
	    !subject->revision)
		return call_failed(run, -EBADMSG);
	return format(run, subject);
}

int verb_edit(struct run *run)
{
	const struct options *options = run->options;
	CLEANUP_REPLY struct reply of_device = { 0 }, of_export = { 0 };
	struct subject subject = { 0 };
	struct device device;
	int r = EXIT_STATUS_DONE;

	if (options->arguments_count > 0 && option_given(options, OPTION_PRUNE))
		return options_mistake(options->verb,
				       "'%.*s' and --prune contradict each other: what one device's document "
				       "does not have stays. Give one of them.", OPTION_QUOTE_MAX,
				       options->arguments[0]);
	if (options->arguments_count > 0) {
		r = change_find_device(run, options->arguments[0], &of_device, &device);
		if (r == EXIT_STATUS_DONE && (!device.is_defined || device_is_badly_defined(&device)))
			return refuse_undefined(run, &device);
		if (r == EXIT_STATUS_DONE) {
			subject.uuid = device.uuid;
			subject.label = device_label(&device);
		}
	}
	if (r == EXIT_STATUS_DONE)
		r = fetch(run, &subject, &of_export);
	if (r == EXIT_STATUS_DONE) {
		/* An editor is open for long, and apqd or ssh need not wait for it. */
		client_done(&run->client);
		client_init(&run->client);
		r = edit(run, &subject);
	}
	free(subject.text);
	return r;
}
