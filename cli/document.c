/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/document.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/document-ids.h"
#include "cli/output.h"
#include "common/cleanup.h"
#include "common/json.h"

extern char **environ;

/* Only values that hold no others: such a list is read best in one line. */
static bool is_flat(struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (json_object_is_type(item, json_type_object) ||
		    json_object_is_type(item, json_type_array))
			return false;
	}
	return true;
}

static void indent(FILE *out, unsigned int depth)
{
	fprintf(out, "%*s", (int)(2 * depth), "");
}

static void print_value(FILE *out, struct json_object *value, unsigned int depth);

static void print_list(FILE *out, struct json_object *list, unsigned int depth)
{
	size_t count = json_object_array_length(list);
	bool flat = is_flat(list);

	fputc('[', out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? flat ? ", " : "," : "", out);
		if (!flat) {
			fputc('\n', out);
			indent(out, depth + 1);
		}
		print_value(out, json_object_array_get_idx(list, i), depth + 1);
	}
	if (!flat) {
		fputc('\n', out);
		indent(out, depth);
	}
	fputc(']', out);
}

static void print_object(FILE *out, struct json_object *object, unsigned int depth)
{
	const char *comma = "";

	fputc('{', out);
	json_object_object_foreach(object, key, value) {
		CLEANUP_JSON struct json_object *name = json_object_new_string(key);

		fprintf(out, "%s\n", comma);
		indent(out, depth + 1);
		output_json_text(out, json_object_to_json_string_ext(name, JSON_C_TO_STRING_NOSLASHESCAPE));
		fputs(": ", out);
		print_value(out, value, depth + 1);
		comma = ",";
	}
	if (*comma) {
		fputc('\n', out);
		indent(out, depth);
	}
	fputc('}', out);
}

/* As deep as json_parse() lets anything be. */
static void print_value(FILE *out, struct json_object *value, unsigned int depth)
{
	if (json_object_is_type(value, json_type_array))
		print_list(out, value, depth);
	else if (json_object_is_type(value, json_type_object))
		print_object(out, value, depth);
	else
		output_json_text(out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE));
}

char *document_format(struct json_object *value)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print_value(out, value, 0);
	fputc('\n', out);
	if (ferror(out) | fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* What stands at a path such as "state.devices[3].start", whose first part is the document itself. */
static struct json_object *find(struct json_object *document, const char *path)
{
	struct json_object *found = document;
	char key[32];

	while (found && (path += strcspn(path, ".["), *path)) {
		if (*path++ == '[') {
			found = json_object_is_type(found, json_type_array) ?
					json_object_array_get_idx(found, strtoul(path, NULL, 10)) :
					NULL;
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)strcspn(path, ".["), path);
		if (!json_object_is_type(found, json_type_object) ||
		    !json_object_object_get_ex(found, key, &found))
			return NULL;
	}
	return found;
}

static const char *accepted(const char *path)
{
	static const struct {
		const char *member, *what;
	} table[] = {
		{ ".version", "1" },
		{ ".uuid", "a UUID that no other device of the document has, or null for a device with a name" },
		{ ".name", "1 to 64 letters, digits and . _ - : @, the first a letter or digit" },
		{ ".start", "auto or manual" },
		{ "].interrupts", "any, required or polled" },
		{ "dapters", "a list of ids from 0 to 255, such as [\"0x04\", \"0x47\"]" },
		{ "omains", "a list of ids from 0 to 255, such as [\"0x0004\", \"0x0047\"]" },
		{ ".queues", "a list of queues such as \"04.0010\" and \"05.0012-0014\"" },
		{ ".ownership", "masks, overrides or observe" },
		{ ".pollTimeout", "nanoseconds, 0 to 120000000000" },
		{ ".devices", "a list of up to 4096 devices" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		size_t whole = strlen(path), length = strlen(table[i].member);

		if (whole >= length && strcmp(path + whole - length, table[i].member) == 0)
			return table[i].what;
	}
	return "what apqctl(1) tells of the document";
}

char *document_explain(struct json_object *document, const char *path)
{
	struct json_object *found = find(document, path);
	CLEANUP_FREE char *quoted =
		found ? strdup(json_object_to_json_string_ext(found, JSON_C_TO_STRING_NOSLASHESCAPE)) :
			NULL;
	CLEANUP_FREE char *place = document_name_place(document, path);
	const char *dot = strchr(path, ']') ? strchr(path, ']') + 1 : path;
	const char *member = *dot == '.' ? dot + 1 : dot;
	char *text;

	/* As much as identifies it. */
	if (quoted && strlen(quoted) > 64)
		snprintf(quoted + 61, 4, "...");
	if (asprintf(&text, "In the document%s%s%s%s is %s, and accepted is %s.",
		     member == path ? " " : ", ", member == path || !place ? "" : place,
		     member == path ? "" : ": ", *member ? member : "it", quoted ? quoted : "wrong",
		     accepted(path)) < 0)
		return NULL;
	return text;
}

/* All that comes from a descriptor; -EFBIG for more than DOCUMENT_MAX. */
static int read_all(int fd, char **ret_text, size_t *ret_length)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0, size = 0;
	ssize_t n;

	do {
		if (size - length < 4096) {
			char *more = realloc(text, size ? 2 * size : 65536);

			if (!more)
				return -ENOMEM;
			text = more;
			size = size ? 2 * size : 65536;
		}
		n = read(fd, text + length, size - length);
		if (n < 0 && errno != EINTR)
			return -errno;
		length += n > 0 ? (size_t)n : 0;
		if (length > DOCUMENT_MAX)
			return -EFBIG;
	} while (n != 0);
	*ret_length = length;
	*ret_text = TAKE_PTR(text);
	return 0;
}

static int bad(const char *path, const char *why, char **ret_message)
{
	int n = strcmp(path, "-") == 0 ?
			asprintf(ret_message, "Standard input cannot be read: %s.", why) :
			asprintf(ret_message, "The file '%s' cannot be read: %s.", path, why);

	if (n < 0)
		*ret_message = NULL;
	return -EBADMSG;
}

int document_read(const char *path, struct json_object **ret_value, char **ret_message)
{
	bool is_input = strcmp(path, "-") == 0;
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_JSON struct json_object *value = NULL;
	struct json_mistake mistake;
	char why[160];
	size_t length = 0;
	int r;

	fd = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : read_all(fd, &text, &length);
	if (r == -EFBIG)
		return bad(path, "it is longer than the 16 MiB that apqd takes", ret_message);
	if (r < 0)
		return bad(path, strerror(-r), ret_message);
	r = json_parse(text, length, &value, &mistake);
	if (r == -EBADMSG) {
		snprintf(why, sizeof(why), "line %u, column %u: %s", mistake.line, mistake.column,
			 mistake.reason);
		return bad(path, why, ret_message);
	}
	if (r == 0 && !json_object_is_type(value, json_type_object))
		return bad(path, "it is not a JSON object, as 'apqctl export' writes it", ret_message);
	if (r == 0)
		*ret_value = TAKE_PTR(value);
	return r;
}

int document_split(struct json_object *value, struct json_object **ret_state, const char **ret_revision)
{
	struct json_object *state = NULL;

	if (!json_object_object_get_ex(value, "state", &state) ||
	    !json_object_is_type(state, json_type_object))
		state = value;
	else
		*ret_revision = json_get_string(value, "revision");
	*ret_state = json_object_get(state);
	return *ret_state ? 0 : -ENOMEM;
}

/* A file without a name that holds the document's text; its descriptor is inherited. */
static int put_into_memory(struct json_object *document)
{
	CLEANUP_FREE char *text = document_format(document);
	size_t length = text ? strlen(text) : 0, done = 0;
	int fd = text ? memfd_create("apqctl-document", 0) : -1;

	if (fd < 0)
		return text ? -errno : -ENOMEM;
	while (done < length) {
		ssize_t n = write(fd, text + done, length - done);

		if (n < 0) {
			int r = -errno;

			close(fd);
			return r;
		}
		done += (size_t)n;
	}
	return fd;
}

static int run_diff(int before, int after)
{
	char old[40], new[40];
	const char *const arguments[] = { "diff", "-u", "--label", "now", "--label", "then", old, new,
					  NULL };
	pid_t pid;
	int status, r;

	snprintf(old, sizeof(old), "/proc/self/fd/%d", before);
	snprintf(new, sizeof(new), "/proc/self/fd/%d", after);
	fflush(stdout);
	r = posix_spawnp(&pid, "diff", NULL, NULL, (char *const *)arguments, environ);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	/* 1 says that there is a difference. */
	return WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? 0 : -EIO;
}

int document_print_difference(struct json_object *before, struct json_object *after)
{
	CLEANUP_CLOSE int old = -1;
	CLEANUP_CLOSE int new = -1;

	if (document_show_ids(before) < 0 || document_show_ids(after) < 0)
		return -ENOMEM;
	old = put_into_memory(before);
	new = old < 0 ? -1 : put_into_memory(after);

	if (old < 0 || new < 0)
		return old < 0 ? old : new;
	return run_diff(old, new);
}
