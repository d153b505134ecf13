/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/guest-names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>

#include "common/cleanup.h"
#include "daemon/kernel/guest-name.h"

enum name_state {
	NAME_WANTED,	/* it waits for a thread */
	NAME_ASKED,
	NAME_KNOWN,	/* perhaps to be none */
};

struct name {
	pid_t pid;
	uint64_t start;
	enum name_state state;
	char machine[sizeof(((struct observed_user *)NULL)->machine)];
};

struct guest_names {
	struct worker *worker;
	guest_names_fn named;
	void *userdata;
	struct name **items;	/* by process */
	size_t count;
	unsigned int asking;	/* threads */
};

struct question {
	struct worker_job job;
	struct guest_names *names;
	pid_t pid;
	uint64_t start;
	char machine[sizeof(((struct observed_user *)NULL)->machine)];
};

/* On a thread. */
static void ask(struct worker_job *job)
{
	struct question *question = (struct question *)job;
	CLEANUP_FREE char *machine = NULL;

	/*
	 * The name in the command line is the one that virsh shows.  systemd-machined has another:
	 * qemu-1-web1.
	 */
	if (guest_name_of_process(question->pid, question->machine, sizeof(question->machine)))
		return;
	if (sd_pid_get_machine_name(question->pid, &machine) >= 0)
		snprintf(question->machine, sizeof(question->machine), "%s", machine);
}

static struct name *find(const struct guest_names *names, pid_t pid, uint64_t start)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (names->items[middle]->pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == names->count || names->items[low]->pid != pid || names->items[low]->start != start)
		return NULL;
	return names->items[low];
}

static void ask_next(struct guest_names *names);

static void on_answer(struct worker_job *job)
{
	struct question *question = (struct question *)job;
	struct guest_names *names = question->names;
	struct name *name = find(names, question->pid, question->start);

	names->asking--;
	if (name) {
		name->state = NAME_KNOWN;
		memcpy(name->machine, question->machine, sizeof(name->machine));
		if (name->machine[0])
			names->named(names->userdata, name->pid);
	}
	free(question);
	ask_next(names);
}

static int begin(struct guest_names *names, struct name *name)
{
	struct question *question = calloc(1, sizeof(*question));
	int r;

	if (!question)
		return -ENOMEM;
	*question = (struct question){
		.job = { .work = ask, .done = on_answer },
		.names = names, .pid = name->pid, .start = name->start,
	};
	r = worker_run(names->worker, &question->job);
	if (r < 0) {
		free(question);
		return r;
	}
	names->asking++;
	name->state = NAME_ASKED;
	return 0;
}

/*
 * Starts threads for processes that wait for a question.  The next look or the next answer starts
 * those that are left.
 */
static void ask_next(struct guest_names *names)
{
	for (size_t i = 0; i < names->count && names->asking < GUEST_NAMES_THREADS_MAX; i++)
		if (names->items[i]->state == NAME_WANTED && begin(names, names->items[i]) < 0)
			return;
}

int guest_names_new(struct worker *worker, guest_names_fn named, void *userdata,
		    struct guest_names **ret_names)
{
	struct guest_names *names = calloc(1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	*names = (struct guest_names){ .worker = worker, .named = named, .userdata = userdata };
	*ret_names = names;
	return 0;
}

void guest_names_free(struct guest_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	free(names);
}

/* Takes the name of an entry's process out of the old ones, from *at on, or makes one; NULL without memory. */
static struct name *take(struct guest_names *names, size_t *at, const struct holders_entry *entry)
{
	struct name *name;

	while (*at < names->count && names->items[*at]->pid < entry->pid)
		free(names->items[(*at)++]);
	if (*at < names->count && names->items[*at]->pid == entry->pid &&
	    names->items[*at]->start == entry->start)
		return names->items[(*at)++];
	name = calloc(1, sizeof(*name));
	if (name)
		*name = (struct name){ .pid = entry->pid, .start = entry->start };
	return name;
}

void guest_names_update(struct guest_names *names, const struct holders *holders)
{
	struct name **items = calloc(holders->count + 1, sizeof(struct name *));
	size_t count = 0, at = 0;

	for (size_t i = 0; items && i < holders->count; i++) {
		struct name *name;

		if (i > 0 && holders->entries[i].pid == holders->entries[i - 1].pid)
			continue;
		name = take(names, &at, &holders->entries[i]);
		if (name)
			items[count++] = name;
	}
	if (!items)
		return;
	for (; at < names->count; at++)
		free(names->items[at]);
	free(names->items);
	names->items = items;
	names->count = count;
	ask_next(names);
}

const char *guest_names_find(const struct guest_names *names, pid_t pid, uint64_t start)
{
	const struct name *name = find(names, pid, start);

	return name ? name->machine : "";
}

bool guest_names_is_asking(const struct guest_names *names)
{
	return names->asking > 0;
}
