/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/boot.h"

#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/parse.h"

/* The kernel's own limit is a matter of its configuration, on s390x up to 1 MiB. */
#define COMMAND_LINE_MAX (1u << 20)

/* A longer value is refused by the kernel: param_set_charp() in kernel/params.c. */
#define VALUE_MAX 1024

/* isspace() of the kernel, for what is ASCII. */
#define BLANKS " \t\n\v\f\r"

/* A part of the command line. */
struct word {
	const char *text;
	size_t length;
};

/* Takes the quotes off; a second one need not be there. */
static struct word unquoted(struct word word)
{
	if (word.length == 0 || word.text[0] != '"')
		return word;
	word.text++;
	word.length--;
	if (word.length > 0 && word.text[word.length - 1] == '"')
		word.length--;
	return word;
}

/* Takes the next word off the beginning of *text; false at the end. */
static bool next_word(const char **text, struct word *ret_word)
{
	const char *start = *text + strspn(*text, BLANKS), *end = start;
	bool quoted = false;

	if (!*start)
		return false;
	for (; *end && (quoted || !strchr(BLANKS, *end)); end++)
		quoted ^= *end == '"';
	*text = end;
	*ret_word = unquoted((struct word){ start, end - start });
	return true;
}

/* If the word gives a value to the parameter, sets mask to it. */
static void take(struct word word, const char *parameter, bool *has_mask, struct mask *mask)
{
	size_t length = strlen(parameter);
	char text[VALUE_MAX + 1];
	struct mask none = { 0 };
	struct word value;

	if (word.length <= length || strncmp(word.text, parameter, length) != 0 ||
	    word.text[length] != '=')
		return;
	value = unquoted((struct word){ word.text + length + 1, word.length - length - 1 });
	if (value.length > VALUE_MAX)
		return;
	memcpy(text, value.text, value.length);
	text[value.length] = '\0';
	*has_mask = true;
	if (parse_mask(text, &none, mask) < 0)
		*mask = none;
}

void boot_parse(const char *command_line, struct boot_masks *ret_masks)
{
	struct boot_masks masks = { 0 };
	struct word word;

	while (next_word(&command_line, &word)) {
		if (word.length == 2 && strncmp(word.text, "--", 2) == 0)
			break;
		take(word, "ap.apmask", &masks.has_apmask, &masks.apmask);
		take(word, "ap.aqmask", &masks.has_aqmask, &masks.aqmask);
	}
	*ret_masks = masks;
}

int boot_read(struct boot_masks *ret_masks)
{
	CLEANUP_FREE char *text = NULL;
	size_t length;
	int r = io_read_file(AT_FDCWD, "/proc/cmdline", COMMAND_LINE_MAX, &text, &length);

	if (r == 0)
		boot_parse(text, ret_masks);
	return r;
}
