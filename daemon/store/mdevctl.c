/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of /etc/mdevctl.d/matrix/UUID, which mdevctl, libvirt and s390-tools' ap-check
 * read and write as well: {"mdev_type": ..., "start": "auto"|"manual", "attrs": [{name: value},
 * ...]}.  mdevctl writes the attributes to sysfs in their order.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/list.h"
#include "common/utf8.h"
#include "daemon/store/internal.h"

#define MDEV_TYPE "vfio_ap-passthrough"

/* A mistake quotes at most this much of the file. */
#define QUOTE_MAX 60

/* Which part of the matrix an attribute is about; NULL for one that is not ours. */
static struct mask *find_part(struct matrix *matrix, const char *name, bool *ret_remove)
{
	*ret_remove = strncmp(name, "un", 2) == 0;
	if (*ret_remove)
		name += 2;
	if (strcmp(name, "assign_adapter") == 0)
		return &matrix->adapters;
	if (strcmp(name, "assign_domain") == 0)
		return &matrix->domains;
	if (strcmp(name, "assign_control_domain") == 0)
		return &matrix->control_domains;
	return NULL;
}

/*
 * Returns true if a number means the same to the kernel and to people.  To the kernel a leading
 * zero is octal.  People write decimal numbers with it, or copy hexadecimal ids from a list.
 */
static bool has_one_meaning(const char *number)
{
	size_t digits = strspn(number, "0123456789"), zeros = strspn(number, "0");

	return zeros == 0 || digits == 1 || zeros == digits ||
	       (zeros + 1 == digits && number[zeros] < '8');
}

/*
 * One number in any base that the kernel takes, or several with commas, as ap-check takes them.
 * *ret_bad is where one stands that is not accepted.
 */
static int read_ids(const char *text, struct mask *part, bool remove, const char **ret_bad)
{
	for (;;) {
		char *end;
		unsigned long id;

		text += strspn(text, " ");
		/* The kernel, which mdevctl hands the text to, takes this sign, and not the other. */
		text += *text == '+';
		*ret_bad = text;
		errno = 0;
		id = strtoul(text, &end, 0);
		/* strtoul() would also take a sign. */
		if (errno || *text < '0' || *text > '9' || id >= APQN_IDS || !has_one_meaning(text))
			return -EINVAL;
		if (remove)
			mask_clear(part, (unsigned int)id);
		else
			mask_set(part, (unsigned int)id);
		end += strspn(end, " \n");
		if (*end == '\0')
			return 0;
		if (*end != ',')
			return -EINVAL;
		text = end + 1;
	}
}

/*
 * Returns advice about a bad number: each way to read it, or the range of numbers.  The caller
 * frees it; NULL without memory.
 */
static char *advise(const char *bad)
{
	CLEANUP_FREE char *number = strndup(bad, strcspn(bad, ", \n"));
	unsigned int decimal, hex;
	char *advice = NULL;
	int n;

	if (!number)
		return NULL;
	if (!list_read_both(number, &decimal, &hex) ||
	    (decimal < APQN_IDS && has_one_meaning(number)))
		n = asprintf(&advice, "numbers from 0 to 255 are accepted");
	else if (decimal < APQN_IDS && hex < APQN_IDS)
		n = asprintf(&advice, "the kernel reads a leading zero as octal: write %u or 0x%x",
			     decimal, hex);
	else
		n = decimal < APQN_IDS ? asprintf(&advice, "write %u", decimal) :
					 asprintf(&advice, "write 0x%x", hex);
	return n < 0 ? NULL : advice;
}

static int read_attribute(struct matrix *matrix, const char *name, struct json_object *value,
			  char **ret_problem)
{
	const char *text = value ? json_object_get_string(value) : "";
	CLEANUP_FREE char *advice = NULL;
	const char *bad = text;
	bool remove;
	struct mask *part = find_part(matrix, name, &remove);
	int r = 0;

	if (strcmp(name, "ap_config") == 0)
		r = matrix_parse(text, matrix);
	else if (part)
		r = read_ids(text, part, remove, &bad);
	if (r == 0)
		return 0;
	advice = part ? advise(bad) :
			strdup("three masks of 0x and up to 64 hexadecimal digits are accepted");
	if (!advice || asprintf(ret_problem, "attribute %s has the value '%.*s': %s", name,
				utf8_fitting(text, QUOTE_MAX), text, advice) < 0)
		*ret_problem = NULL;
	return r;
}

static int read_attributes(struct json_object *attributes, struct matrix *matrix,
			   char **ret_problem)
{
	if (!json_object_is_type(attributes, json_type_array)) {
		*ret_problem = strdup("'attrs' is not a list");
		return -EINVAL;
	}
	for (size_t i = 0; i < json_object_array_length(attributes); i++) {
		struct json_object *entry = json_object_array_get_idx(attributes, i);

		if (!json_object_is_type(entry, json_type_object)) {
			*ret_problem = strdup("'attrs' holds something that is not {name: value}");
			return -EINVAL;
		}
		json_object_object_foreach(entry, name, value) {
			if (read_attribute(matrix, name, value, ret_problem) < 0)
				return -EINVAL;
		}
	}
	return 0;
}

int mdevctl_read(struct json_object *object, struct definition *definition, char **ret_problem)
{
	const char *type = json_get_string(object, "mdev_type");
	const char *start = json_get_string(object, "start");
	struct json_object *attributes = NULL;

	if (!type || strcmp(type, MDEV_TYPE) != 0) {
		type = type ? type : "";
		if (asprintf(ret_problem, "'mdev_type' is '%.*s', and only '%s' is accepted",
			     utf8_fitting(type, QUOTE_MAX), type, MDEV_TYPE) < 0)
			*ret_problem = NULL;
		return -EINVAL;
	}
	/* mdevctl takes everything but this very word for a device that is started by hand. */
	definition->start = start && strcmp(start, "auto") == 0 ? START_AUTO : START_MANUAL;
	if (!json_object_object_get_ex(object, "attrs", &attributes) || !attributes)
		return 0;
	return read_attributes(attributes, &definition->matrix, ret_problem);
}

/* The members of an entry that are not about the matrix, which we write anew; *ret_rest may get NULL. */
static int strip_entry(struct json_object *entry, struct json_object **ret_rest)
{
	CLEANUP_JSON struct json_object *rest = NULL;
	struct matrix unused;
	bool remove;

	json_object_object_foreach(entry, name, value) {
		if (strcmp(name, "ap_config") == 0 || find_part(&unused, name, &remove))
			continue;
		rest = rest ? rest : json_object_new_object();
		if (json_add(rest, name, json_object_get(value)) < 0)
			return -ENOMEM;
	}
	*ret_rest = TAKE_PTR(rest);
	return 0;
}

static int add_ids(struct json_object *attributes, const char *name, const struct mask *ids)
{
	MASK_FOR_EACH(id, ids) {
		struct json_object *entry = json_object_new_object();
		char number[8];

		snprintf(number, sizeof(number), "%u", id);
		if (json_add_string(entry, name, number) < 0 ||
		    json_object_array_add(attributes, entry) < 0) {
			json_object_put(entry);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Our attributes in the order in which they can be assigned, and behind them those of others. */
static struct json_object *make_attributes(struct json_object *old, const struct matrix *matrix)
{
	CLEANUP_JSON struct json_object *attributes = json_object_new_array();

	if (!attributes || add_ids(attributes, "assign_adapter", &matrix->adapters) < 0 ||
	    add_ids(attributes, "assign_domain", &matrix->domains) < 0 ||
	    add_ids(attributes, "assign_control_domain", &matrix->control_domains) < 0)
		return NULL;
	for (size_t i = 0; old && i < json_object_array_length(old); i++) {
		CLEANUP_JSON struct json_object *rest = NULL;

		if (strip_entry(json_object_array_get_idx(old, i), &rest) < 0)
			return NULL;
		if (rest && json_object_array_add(attributes, rest) < 0)
			return NULL;
		rest = NULL;
	}
	return TAKE_PTR(attributes);
}

int mdevctl_write(struct json_object *object, const struct definition *definition)
{
	struct definition old = { 0 };
	CLEANUP_FREE char *problem = NULL;
	struct json_object *attributes = NULL;

	/* What cannot be read must not be replaced by a guess of what it meant. */
	if (json_object_object_length(object) > 0 && mdevctl_read(object, &old, &problem) < 0)
		return -EBADMSG;
	if (json_add_string(object, "mdev_type", MDEV_TYPE) < 0 ||
	    json_add_string(object, "start", start_mode_names[definition->start]) < 0)
		return -ENOMEM;
	json_object_object_get_ex(object, "attrs", &attributes);
	/* What somebody wrote in a way of their own stays so as long as it says the same. */
	if (attributes && matrix_equal(&old.matrix, &definition->matrix))
		return 0;
	attributes = make_attributes(attributes, &definition->matrix);
	return attributes ? json_add(object, "attrs", attributes) : -ENOMEM;
}
