/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/usage.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/output.h"
#include "common/error.h"
#include "common/json.h"
#include "common/text.h"

/* True if the command line asks for JSON. */
static bool is_json;

void usage_set_json(bool json)
{
	is_json = json;
}

/* Programs get a mistake on standard output, as they get what apqd refuses. */
static void print_json(const struct verb *verb, const char *reason)
{
	CLEANUP_JSON struct json_object *object = json_object_new_object();
	CLEANUP_JSON struct json_object *parameters = json_object_new_object();

	if (json_add_string(parameters, "reason", reason) < 0 ||
	    json_add_string(object, "error", "usage") < 0 ||
	    json_add(object, "parameters", TAKE_PTR(parameters)) < 0)
		return;
	output_json(object, !verb || !verb->json_lines);
}

int options_mistake(const struct verb *verb, const char *format, ...)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *safe = NULL;
	va_list values;

	va_start(values, format);
	text = text_format(format, values);
	va_end(values);
	safe = output_safe(text, false);
	if (is_json)
		print_json(verb, safe ? safe : "bad usage");
	fprintf(stderr, "apqctl: %s\n", safe ? safe : "bad usage");
	if (verb)
		fprintf(stderr, "Try 'apqctl %s --help'.\n", verb->name);
	else
		fputs("Try 'apqctl --help'.\n", stderr);
	return EXIT_STATUS_USAGE;
}
