/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listing "Name:   value" of one thing, line by line, with its problems at the end: what
 * status, show and interrupts print.
 */
#ifndef APQD_CLI_LISTING_H
#define APQD_CLI_LISTING_H

#include <json-c/json.h>
#include <stddef.h>

#include "cli/output.h"
#include "common/matrix.h"

/* Begins a line: the name and what is between it and its value, which the caller prints. */
void listing_name(const char *name);

/* A whole line; value is made safe, NULL is "-". */
void listing_line(const char *name, const char *value, enum style style);

/* A line of adapters, domains and control domains in words. */
void listing_matrix(const char *name, const struct matrix *matrix);

/* A line of words from a list of strings, behind what they are: "features A B"; "no features". */
void listing_words(const char *name, const char *gloss, struct json_object *words);

/* The line that tells how many problems there are, and a list of them, each in a line below. */
void listing_problem_count(size_t count);
void listing_problems(struct json_object *problems);

#endif
