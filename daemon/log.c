/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/log.h"

/* Our own wrapper would be the only place that the journal ever names. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"

static bool to_journal;

static log_namer_fn namer;
static const void *namer_userdata;

void log_set_namer(log_namer_fn function, const void *userdata)
{
	namer = function;
	namer_userdata = userdata;
}

static const char *name_of(const struct uuid *device)
{
	return namer && device ? namer(namer_userdata, device) : "";
}

void log_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat stat;

	/* systemd.exec(5): the variable counts only while it names what standard error is now. */
	to_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		     fstat(STDERR_FILENO, &stat) == 0 && stat.st_dev == device &&
		     stat.st_ino == inode;
}

/* What is sent at once: the fixed fields, and those that are repeated. */
#define FIELDS_MAX (11 + 2 * LOG_REPEATED_MAX)

struct record {
	struct iovec fields[FIELDS_MAX];
	int count;
};

/* Adds a field, "NAME=value"; without memory the message goes without it. */
static void add(struct record *record, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct record *record, const char *format, ...)
{
	va_list values;
	char *text;
	int n;

	va_start(values, format);
	n = vasprintf(&text, format, values);
	va_end(values);
	if (n >= 0)
		record->fields[record->count++] = (struct iovec){ text, (size_t)n };
}

static void add_queues(struct record *record, struct json_object *queues)
{
	size_t count = queues ? json_object_array_length(queues) : 0;

	for (size_t i = 0; i < count && i < LOG_REPEATED_MAX; i++)
		add(record, "APQD_QUEUE=%s",
		    json_object_get_string(json_object_array_get_idx(queues, i)));
}

static void add_steps(struct record *record, struct json_object *steps)
{
	size_t count = steps ? json_object_array_length(steps) : 0;

	for (size_t i = 0; i < count && i < LOG_REPEATED_MAX; i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);

		add(record, "APQD_STEP=%s %s", json_get_string(step, "action"),
		    json_get_string(step, "detail"));
	}
}

static void send_record(int level, const struct log_fields *fields, const char *message)
{
	struct record record = { 0 };

	add(&record, "MESSAGE=%s", message);
	add(&record, "PRIORITY=%d", level);
	if (fields->id)
		add(&record, "MESSAGE_ID=%s", fields->id);
	if (fields->device)
		add(&record, "APQD_DEVICE=%s", fields->device->text);
	if (name_of(fields->device)[0])
		add(&record, "APQD_DEVICE_NAME=%s", name_of(fields->device));
	if (fields->operation)
		add(&record, "APQD_OPERATION=%s", fields->operation);
	if (fields->problem)
		add(&record, "APQD_PROBLEM=%s", fields->problem);
	if (fields->error)
		add(&record, "APQD_ERROR=%s", fields->error);
	if (fields->has_caller) {
		add(&record, "APQD_CALLER_PID=%d", (int)fields->caller_pid);
		add(&record, "APQD_CALLER_UID=%u", (unsigned int)fields->caller_uid);
	}
	add_queues(&record, fields->queues);
	add_steps(&record, fields->steps);
	sd_journal_sendv(record.fields, record.count);
	for (int i = 0; i < record.count; i++)
		free(record.fields[i].iov_base);
}

static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

/* The sentence, behind the device where it does not name that itself; NULL: as it is. */
static char *with_subject(const struct uuid *device, const char *sentence)
{
	const char *name = name_of(device);
	char *text;
	int n;

	if (!device || strstr(sentence, device->text))
		return NULL;
	n = name[0] ? asprintf(&text, "Device %s (%s): %s", name, device->text, sentence) :
		      asprintf(&text, "Device %s: %s", device->text, sentence);
	return n < 0 ? NULL : text;
}

static void log_values(int level, const struct log_fields *fields, const char *format,
		       va_list values) PRINTF_LIKE(3, 0);

static void log_values(int level, const struct log_fields *fields, const char *format,
		       va_list values)
{
	CLEANUP_FREE char *sentence = NULL, *message = NULL;

	if (vasprintf(&sentence, format, values) < 0) {
		sentence = NULL;
		return;
	}
	message = with_subject(fields->device, sentence);
	blank_controls(message ? message : sentence);
	if (to_journal)
		send_record(level, fields, message ? message : sentence);
	else if (level < LOG_DEBUG)
		fprintf(stderr, "apqd: %s\n", message ? message : sentence);
}

void log_fields(int level, const struct log_fields *fields, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	log_values(level, fields, format, values);
	va_end(values);
}

void log_message(int level, const struct uuid *device, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	log_values(level, &(struct log_fields){ .device = device }, format, values);
	va_end(values);
}
