/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/label.h"

#include <stdarg.h>

#include "common/text.h"
#include "daemon/model/resolve.h"

const char *label_argument(const struct observed *observed, const struct desired *desired,
			   const struct uuid *uuid)
{
	const struct definition *definition = desired_find(desired, uuid);
	struct uuid found;

	if (definition && definition->name[0] &&
	    resolve_device(observed, desired, definition->name, &found) == 0 &&
	    uuid_equal(&found, uuid))
		return definition->name;
	return uuid->text;
}

void label_problem(struct problems *problems, const struct desired *desired, const char *code,
		   const struct uuid *uuid, const struct queue_set *queues, const char *format, ...)
{
	CLEANUP_FREE char *name = desired_label(desired, uuid), *sentence = NULL;
	va_list values;

	va_start(values, format);
	sentence = text_format(format, values);
	va_end(values);
	if (!sentence) {
		problems->incomplete = true;
		return;
	}
	problems_add(problems, code, uuid, queues, "Device %s: %s", name ? name : uuid->text, sentence);
}
