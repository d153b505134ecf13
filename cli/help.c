/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/help.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/usage.h"
#include "cli/verbs.h"
#include "common/error.h"

#define WIDTH 80

/* Columns at which the descriptions of options and verbs begin. */
#define OPTION_COLUMN 29
#define VERB_COLUMN 13

/*
 * Prints words from column on, on lines that are indented by indent, and a newline.  A word in brackets
 * is not broken.
 */
static void print_wrapped(const char *text, size_t column, size_t indent)
{
	bool is_first = true;

	while (*text) {
		int depth = 0;
		size_t length = 0;

		while (text[length] && text[length] != '\n' && (text[length] != ' ' || depth > 0)) {
			depth += text[length] == '[' ? 1 : text[length] == ']' ? -1 : 0;
			length++;
		}
		if (!is_first && column + 1 + length > WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
			is_first = true;
		}
		printf("%s%.*s", is_first ? "" : " ", (int)length, text);
		column += length + !is_first;
		is_first = false;
		text += length;
		text += *text == ' ' || *text == '\n';
	}
	putchar('\n');
}

/* Prints a text whose lines are broken already. */
static void print_lines(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		printf("%.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void print_options(uint64_t which)
{
	for (int i = 0; i < OPTIONS; i++) {
		struct option_text text = option_text((enum option_id)i);
		char letter[5] = "    ";
		int column;

		if (!(which & OPTION_BIT(i)))
			continue;
		if (text.letter)
			snprintf(letter, sizeof(letter), "-%c, ", text.letter);
		column = printf("  %s--%s%s%s", letter, text.name, text.value ? " " : "",
				text.value ? text.value : "");
		column += printf("%*s", column < OPTION_COLUMN ? OPTION_COLUMN - column : 1, "");
		print_wrapped(text.help, (size_t)column, OPTION_COLUMN);
	}
}

void help_print(const struct verb_table *verbs)
{
	puts("Usage: apqctl [OPTION...] VERB [ARGUMENT...]\n"
	     "Gives crypto adapter queues (AP queues) to KVM guests, by way of apqd.\n\n"
	     "Verbs:");
	for (size_t i = 0; i < verbs->count; i++) {
		printf("  %-10s ", verbs->items[i].name);
		print_wrapped(verbs->items[i].help, VERB_COLUMN, VERB_COLUMN);
	}
	puts("\nOptions of every verb; they may stand before or behind it:");
	print_options(OPTIONS_GLOBAL);
	puts("\n'apqctl VERB --help' or 'apqctl help VERB' shows more of a verb.\n\n"
	     "DEVICE is a name, a UUID, a unique prefix of one, or the VM that has the device.\n"
	     "LIST is numbers and ranges, decimal or with 0x hexadecimal: 4,6,0x10-0x12.\n"
	     "Ids are printed as the kernel writes them, in hexadecimal: adapter 0a,\n"
	     "domain 0047, queue 0a.0047.\n\n"
	     "Exit status: 0 done (also if nothing had to change), 1 failed, 2 wrong usage,\n"
	     "3 no such device, 4 conflict or in use, 5 not permitted, 6 apqd is not\n"
	     "reachable.");
}

void help_print_verb(const struct verb *verb)
{
	char usage[300];
	int column = printf("Usage: apqctl %s", verb->name);

	if (*verb->args) {
		putchar(' ');
		print_wrapped(verb->args, (size_t)column + 1, 14);
	} else {
		putchar('\n');
	}
	snprintf(usage, sizeof(usage), "%c%s.", toupper((unsigned char)verb->help[0]), verb->help + 1);
	print_wrapped(usage, 0, 0);
	if (verb->details) {
		putchar('\n');
		print_lines(verb->details);
	}
	if (verb->options) {
		puts("\nOptions:");
		print_options(verb->options);
	}
	if (verb->columns) {
		fputs("\nColumns: ", stdout);
		print_wrapped(verb->columns, 9, 9);
	}
	puts("\nOptions of every verb:");
	print_options(OPTIONS_GLOBAL);
	if (verb->example) {
		puts("\nExamples:");
		print_lines(verb->example);
	}
}

int verb_help(struct run *run)
{
	const struct verb *verb;

	if (run->options->arguments_count == 0) {
		help_print(run->options->verbs);
		return EXIT_STATUS_DONE;
	}
	verb = verb_find(run->options->verbs, run->options->arguments[0]);
	if (!verb)
		return verb_refuse_unknown(run->options->verbs, run->options->arguments[0]);
	help_print_verb(verb);
	return EXIT_STATUS_DONE;
}
