/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as a list of ids: it is refused in a sentence, or it is a set that its ids make up again.
 */
#include <errno.h>

#include "common/cleanup.h"
#include "common/list.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = fuzz_text(data, size), *message = NULL, *shown = NULL,
			  *again = NULL;
	CLEANUP_FREE char *ids = calloc(APQN_IDS, 5);
	struct mask mask, back;
	int r = list_parse(text, LIST_DOMAINS, &mask, NULL, &message);

	if (r < 0) {
		MUST(r == -EINVAL && message && strlen(message) < 300);
		return 0;
	}
	MUST(!message && ids);
	shown = list_format(&mask, LIST_ADAPTERS);
	MUST(shown && shown[0]);
	MASK_FOR_EACH(id, &mask)
		sprintf(ids + strlen(ids), "%s%u", ids[0] ? "," : "", id);
	MUST(list_parse(ids, LIST_ADAPTERS, &back, NULL, &again) == 0);
	MUST(mask_equal(&mask, &back));
	return 0;
}
