/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/verb.h"

#include <string.h>

#include "cli/options.h"
#include "cli/option-value.h"
#include "cli/suggest.h"
#include "cli/usage.h"

const struct verb *verb_find(const struct verb_table *verbs, const char *name)
{
	/* Names that other commands use for the same verb. */
	static const char *const others[][2] = { { "ls", "list" }, { "info", "show" } };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(others[i][0], name) == 0)
			name = others[i][1];
	for (size_t i = 0; i < verbs->count; i++)
		if (strcmp(verbs->items[i].name, name) == 0)
			return &verbs->items[i];
	return NULL;
}

int verb_refuse_unknown(const struct verb_table *verbs, const char *name)
{
	/* Words that are not alike, and mean what a verb does. */
	static const char *const meanings[][2] = {
		{ "create", "define" },	  { "new", "define" },	    { "delete", "undefine" },
		{ "remove", "undefine" }, { "rm", "undefine" },	    { "destroy", "stop" },
		{ "rename", "modify" },	  { "set", "modify" },	    { "attach", "assign" },
		{ "detach", "unassign" }, { "free", "reserve" },    { "watch", "monitor" },
		{ "why", "explain" },	  { "import-all", "import" }, { "dump", "export" },
	};
	struct suggestion meant = { .typed = name };

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (strcmp(meanings[i][0], name) == 0)
			meant.word = meanings[i][1];
	for (size_t i = 0; i < verbs->count; i++)
		suggest_consider(&meant, verbs->items[i].name);
	if (meant.word)
		return options_mistake(NULL, "'%.*s' is not a verb that apqctl knows. Did you mean '%s'?",
				       OPTION_QUOTE_MAX, name, meant.word);
	return options_mistake(NULL, "'%.*s' is not a verb that apqctl knows.", OPTION_QUOTE_MAX, name);
}
