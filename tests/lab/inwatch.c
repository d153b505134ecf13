/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inwatch - prints what inotify tells of files and directories, a line an event, as it comes
 *
 *	inwatch PATH...
 *
 * prints "watching" once all watches are set, then for each event
 *
 *	PATH NAME EVENT[,EVENT...]
 *
 * where NAME is that of the entry in a watched directory, or "-" for the watched file itself. Runs
 * until it is killed. Busybox for s390x has no inotifyd, hence this.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static const struct {
	unsigned int mask;
	const char *name;
} events[] = {
	{ IN_ACCESS, "access" },
	{ IN_ATTRIB, "attrib" },
	{ IN_CLOSE_NOWRITE, "close" },
	{ IN_CLOSE_WRITE, "close_write" },
	{ IN_CREATE, "create" },
	{ IN_DELETE, "delete" },
	{ IN_DELETE_SELF, "delete_self" },
	{ IN_IGNORED, "ignored" },
	{ IN_MODIFY, "modify" },
	{ IN_MOVED_FROM, "moved_from" },
	{ IN_MOVED_TO, "moved_to" },
	{ IN_OPEN, "open" },
	{ IN_Q_OVERFLOW, "overflow" },
};

static void print_event(const struct inotify_event *event, const char *path)
{
	const char *separator = " ";

	printf("%s %s", path, event->len ? event->name : "-");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (!(event->mask & events[i].mask))
			continue;
		printf("%s%s", separator, events[i].name);
		separator = ",";
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	_Alignas(struct inotify_event) char buf[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	const struct inotify_event *event;
	int fd, wd, first = 0;
	ssize_t len;

	fd = inotify_init1(IN_CLOEXEC);
	for (int i = 1; i < argc; i++) {
		wd = fd < 0 ? -1 : inotify_add_watch(fd, argv[i], IN_ALL_EVENTS);
		if (wd < 0) {
			fprintf(stderr, "inwatch: %s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		if (i == 1)
			first = wd;
	}
	setlinebuf(stdout);
	puts("watching");
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + len; p += sizeof(*event) + event->len) {
			/* descriptors count upwards; a path given twice is not worth more here */
			event = (const struct inotify_event *)p;
			wd = event->wd - first + 1;
			print_event(event, wd >= 1 && wd < argc ? argv[wd] : "?");
		}
	return 1;
}
