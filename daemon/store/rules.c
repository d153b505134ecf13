/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/store/rules.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/parse.h"
#include "daemon/store/internal.h"

/* chzdev writes a dozen lines of up to 130 characters. */
#define RULES_FILE_MAX (64u << 10)
#define RULES_LINE_MAX 1024u

/* More bad lines than these are not told. */
#define RULES_PROBLEMS_MAX 16u

/* A mistake quotes at most this much of a line. */
#define QUOTE_MAX 80

struct reader {
	const char *path;
	unsigned int line;	/* from 1 */
	unsigned int told;	/* how many bad lines */
	struct boot_masks masks;
	struct problems *problems;
};

static char *skip_blanks(char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* Which mask the key at p is about, "apmask" or "aqmask", and where it ends; NULL: neither. */
static const char *find_mask(char *p, char **ret_end)
{
	char *end, *name;

	if (strncmp(p, "ATTR{", 5) != 0)
		return NULL;
	p += 5;
	end = p + strcspn(p, "}");
	for (name = p; name + 6 <= end; name++) {
		bool adapters = strncmp(name, "apmask", 6) == 0;

		if (!adapters && strncmp(name, "aqmask", 6) != 0)
			continue;
		*ret_end = end + (*end == '}');
		return adapters ? "apmask" : "aqmask";
	}
	return NULL;
}

/* The operators of udev: to chzdev they are all the same. */
static char *skip_operator(char *p)
{
	static const char *const operators[] = { "==", "!=", "=", "+=", ":=" };

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (strncmp(p, operators[i], strlen(operators[i])) == 0)
			return p + strlen(operators[i]);
	return NULL;
}

/* Cuts the value at p off from the next entry, and takes its quotes away; NULL: they do not fit. */
static char *cut_value(char *p)
{
	char quote = *p == '"' || *p == '\'' ? *p : '\0', *end;

	if (quote) {
		end = strchr(++p, quote);
		if (!end || !strchr(",", *skip_blanks(end + 1)))
			return NULL;
	} else {
		end = p + strcspn(p, ",");
		while (end > p && isspace((unsigned char)end[-1]))
			end--;
	}
	*end = '\0';
	return p;
}

/* Reads the rest of a line behind its key.  Returns 0 or -EINVAL. */
static int read_value(char *p, struct mask *ret_mask)
{
	struct mask all;

	p = skip_operator(skip_blanks(p));
	if (!p)
		return -EINVAL;
	p = cut_value(skip_blanks(p));
	if (!p || !*p)
		return -EINVAL;
	/* At boot the kernel starts from masks of ones, and changes such as "-4" start from these. */
	memset(&all, 0xff, sizeof(all));
	return parse_mask(p, &all, ret_mask);
}

static void complain(struct reader *reader, const char *line)
{
	char shown[QUOTE_MAX + 1];
	size_t i;

	if (reader->told++ >= RULES_PROBLEMS_MAX)
		return;
	for (i = 0; line[i] && i < QUOTE_MAX; i++)
		shown[i] = line[i] >= ' ' && line[i] < 0x7f ? line[i] : '?';
	shown[i] = '\0';
	problems_add(reader->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
		     "Line %u of the file %s, \"%s%s\", sets no mask: a value of 0x and up to 64 hexadecimal "
		     "digits, or of changes such as +4,-0x10-0x12, is accepted; 'chzdev --type ap' writes the "
		     "file anew.",
		     reader->line, reader->path, shown, line[i] ? "..." : "");
}

static void read_line(struct reader *reader, const char *text, size_t length)
{
	char line[RULES_LINE_MAX + 1];
	const char *name;
	struct mask mask;
	char *p;

	/* The beginning of one that is too long is enough to see whether it matters. */
	memcpy(line, text, length < RULES_LINE_MAX ? length : RULES_LINE_MAX);
	line[length < RULES_LINE_MAX ? length : RULES_LINE_MAX] = '\0';
	p = skip_blanks(line);
	name = find_mask(p, &p);
	if (!name)
		return;
	/* Shorter: it was cut, or has a NUL. */
	if (strlen(line) < length || read_value(p, &mask) < 0) {
		/* read_value() has cut the line in pieces. */
		memcpy(line, text, length < RULES_LINE_MAX ? length : RULES_LINE_MAX);
		complain(reader, line);
		return;
	}
	if (strcmp(name, "apmask") == 0) {
		reader->masks.has_apmask = true;
		reader->masks.apmask = mask;
	} else {
		reader->masks.has_aqmask = true;
		reader->masks.aqmask = mask;
	}
}

void rules_read(const char *text, size_t length, const char *path, struct boot_masks *ret_masks,
		struct problems *problems)
{
	struct reader reader = { .path = path, .problems = problems };
	const char *end = text + length;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;

		reader.line++;
		read_line(&reader, text, (size_t)(line_end - text));
		text = newline ? newline + 1 : end;
	}
	*ret_masks = reader.masks;
}

/*
 * Returns true if the file is /dev/null: udev then ignores files of this name in later directories,
 * too.
 */
static bool is_masked(const char *path)
{
	struct stat stat_buffer;

	return stat(path, &stat_buffer) == 0 && S_ISCHR(stat_buffer.st_mode) &&
	       major(stat_buffer.st_rdev) == 1 && minor(stat_buffer.st_rdev) == 3;
}

/*
 * Loads one of the files.  Returns 0, also if the file is masked, or bad and reported as a problem.
 * Returns 1 if it is missing, or -ENOMEM.
 */
static int load_file(struct store *store, const char *path, struct desired *desired)
{
	CLEANUP_FREE char *text = NULL, *copy = NULL;
	size_t length;
	size_t problems = desired->problems.count;
	int r = io_read_file(AT_FDCWD, path, RULES_FILE_MAX, &text, &length);

	store_note_failure(store, r);
	if (r == -ENOENT || r == -ENOTDIR)
		return 1;
	if (r == -EINVAL && is_masked(path))
		return 0;
	copy = strdup(path);
	if (r == -ENOMEM || !copy)
		return -ENOMEM;
	if (r < 0)
		problems_add(&desired->problems, PROBLEM_STRANGE_FILE, NULL, NULL,
			     "The file %s cannot be read: %s. Which masks it sets at boot is not known.",
			     path, r == -EFBIG ? "it is too long" : strerror(-r));
	else
		rules_read(text, length, path, &desired->rules, &desired->problems);
	if (desired->problems.count > problems) {
		desired->rules_problem = strdup(desired->problems.items[problems].message);
		if (!desired->rules_problem)
			return -ENOMEM;
	}
	desired->rules_path = TAKE_PTR(copy);
	return desired->problems.incomplete ? -ENOMEM : 0;
}

int rules_load(struct store *store, struct desired *desired)
{
	int r = 1;

	desired->rules = (struct boot_masks){ 0 };
	free(TAKE_PTR(desired->rules_path));
	free(TAKE_PTR(desired->rules_problem));
	for (size_t i = 0; r > 0 && i < ARRAY_SIZE(store->rules); i++)
		r = load_file(store, store->rules[i], desired);
	return r < 0 ? r : 0;
}
