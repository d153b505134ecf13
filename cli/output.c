/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/output.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/layout.h"
#include "common/json.h"
#include "common/utf8.h"

/* A narrower or wider request than this is a mistake rather than a wish. */
#define WIDTH_MIN 20
#define WIDTH_MAX 4096
#define WIDTH_DEFAULT 80

static const char *const sequences[STYLES] = {
	[STYLE_PLAIN] = "",
	[STYLE_BOLD] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_GOOD] = "\033[32m",
	[STYLE_WARN] = "\033[33m",
	[STYLE_BAD] = "\033[1;31m",
};

static bool colored;

void output_init(enum color_mode mode)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	if (mode == COLOR_AUTO)
		colored = isatty(STDOUT_FILENO) && !(none && *none) &&
			  !(term && strcmp(term, "dumb") == 0);
	else
		colored = mode == COLOR_ALWAYS;
}

bool output_is_colored(void)
{
	return colored;
}

const char *output_style(enum style style)
{
	return colored ? sequences[style] : "";
}

const char *output_end(enum style style)
{
	return colored && style != STYLE_PLAIN ? "\033[0m" : "";
}

unsigned int output_limit(void)
{
	const char *wanted = getenv("COLUMNS");
	struct winsize size;

	if (wanted && *wanted) {
		char *end;
		unsigned long width = strtoul(wanted, &end, 10);

		if (*end == '\0' && width >= WIDTH_MIN && width <= WIDTH_MAX)
			return width;
	}
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col >= WIDTH_MIN ? size.ws_col : WIDTH_DEFAULT;
	return 0;
}

unsigned int output_width(void)
{
	unsigned int limit = output_limit();

	return limit ? limit : WIDTH_DEFAULT;
}

/* Reads one UTF-8 character; returns how many bytes it has, or 0 where there is none. */
static size_t read_utf8(const unsigned char *text, uint32_t *ret_character)
{
	size_t length = utf8_length((const char *)text, strnlen((const char *)text, 4));
	uint32_t character = length <= 1 ? text[0] : text[0] & (0x7f >> length);

	for (size_t i = 1; i < length; i++)
		character = character << 6 | (text[i] & 0x3f);
	*ret_character = character;
	return length;
}

/* Returns true if a terminal does something else with it than to show it. */
static bool is_steering(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
	       character == 0x061c || character == 0x200e || character == 0x200f ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069);
}

static bool is_plain(const unsigned char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

char *output_safe(const char *text, bool lines)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "-");
	char *safe = NULL;
	size_t size;
	FILE *out;

	/* As nearly every cell of a table is: a stream for each would be most of its cost. */
	if (is_plain(p))
		return strdup((const char *)p);
	out = open_memstream(&safe, &size);
	if (!out)
		return NULL;
	while (*p) {
		uint32_t character = *p;
		size_t length = read_utf8(p, &character);

		if (length == 0)
			fprintf(out, "\\x%02x", *p);
		else if (lines && character == '\n')
			putc('\n', out);
		else if (is_steering(character))
			fprintf(out, character > 0xff ? "\\u{%04x}" : "\\x%02x", character);
		else
			fwrite(p, 1, length, out);
		p += length ? length : 1;
	}
	if (fclose(out) != 0) {
		free(safe);
		return NULL;
	}
	return safe;
}

/* Returns the number of columns that the text takes: one for each character. */
static unsigned int text_width(const char *text, size_t length)
{
	unsigned int width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* The length of the word at p; a command in quotes that is no wider than max is one word, to be copied. */
static size_t word_length(const char *p, unsigned int max)
{
	const char *close = *p == '\'' ? strchr(p + 1, '\'') : NULL;
	size_t length;

	if (close) {
		length = (size_t)(close - p) + strcspn(close, " ");
		if (text_width(p, length) <= max)
			return length;
	}
	return strcspn(p, " ");
}

void output_wrapped(const char *text, enum style style, unsigned int indent, unsigned int used)
{
	CLEANUP_FREE char *safe = output_safe(text, false);
	unsigned int limit = output_limit();
	const char *word = safe ? safe : "?";

	/* Words in a column that is too narrow for them would only be torn apart. */
	if (limit < indent + WIDTH_MIN) {
		printf("%s%s%s", output_style(style), word, output_end(style));
		return;
	}
	fputs(output_style(style), stdout);
	while (*word) {
		size_t blanks = strspn(word, " ");
		size_t length = word_length(word + blanks, limit - indent);
		unsigned int width = text_width(word + blanks, length);

		if (used + blanks + width > limit && used > indent) {
			printf("\n%*s", (int)indent, "");
			used = indent;
		} else {
			printf("%*s", (int)blanks, "");
			used += (unsigned int)blanks;
		}
		fwrite(word + blanks, 1, length, stdout);
		used += width;
		word += blanks + length;
	}
	fputs(output_end(style), stdout);
}

void output_text(const char *text, enum style style)
{
	CLEANUP_FREE char *safe = output_safe(text, false);

	printf("%s%s%s", output_style(style), safe ? safe : "?", output_end(style));
}

/*
 * The blanks at p, which is behind an opening bracket, if nothing else is before the closing one:
 * json-c breaks the line there, from 0.18 on it does not.
 */
static size_t blanks_in_empty(const unsigned char *p)
{
	size_t blanks = strspn((const char *)p, " \n");

	return *p == '\n' && (p[blanks] == ']' || p[blanks] == '}') ? blanks : 0;
}

/*
 * Prints what begins at p and is more than itself: a bracket, or a character that is not ASCII.  json-c
 * escapes what is below 0x20; what else steers a terminal can occur in strings only, and means the same to
 * a program when it is escaped.  Returns how many bytes it was.
 */
static size_t print_special(FILE *out, const unsigned char *p)
{
	uint32_t character = *p;
	size_t length = read_utf8(p, &character);

	if (is_steering(character))
		fprintf(out, "\\u%04x", character);
	else
		fwrite(p, 1, length, out);
	if (*p == '[' || *p == '{')
		length += blanks_in_empty(p + 1);
	return length ? length : 1;
}

void output_json_text(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "null");

	while (*p) {
		size_t plain = 0;

		while (p[plain] && p[plain] < 0x7f && p[plain] != '[' && p[plain] != '{')
			plain++;
		fwrite(p, 1, plain, out);
		p += plain;
		if (*p)
			p += print_special(out, p);
	}
}

void output_json(struct json_object *value, bool indented)
{
	size_t length;
	const char *text = indented ? json_lines(value) : json_text(value, &length);
	CLEANUP_FREE char *laid = indented && text ? layout_lists(text) : NULL;

	output_json_text(stdout, laid ? laid : text);
	putchar('\n');
}

int output_finish(void)
{
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout))
		return errno ? -errno : -EIO;
	return 0;
}
