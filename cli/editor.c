/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/editor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/output.h"
#include "common/cleanup.h"

extern char **environ;

#define SUFFIX ".json"

/*
 * Exit statuses of the shell: a missing program, and the base to which it adds the number of a
 * signal.
 */
#define STATUS_NOT_FOUND 127
#define STATUS_SIGNAL 128

static const int ending_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

/* The file for the handler of signals, and how it was when it was written. */
static const char *volatile present;
static struct stat written;

static bool was_saved(const char *path)
{
	struct stat now;

	return stat(path, &now) == 0 &&
	       (now.st_ino != written.st_ino || now.st_size != written.st_size ||
		now.st_mtim.tv_sec != written.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != written.st_mtim.tv_nsec);
}

static void write_text(const char *text)
{
	(void)!write(STDERR_FILENO, text, strlen(text));
}

/* A text that somebody has saved is not thrown away. */
static void on_end(int signal)
{
	const char *path = present;

	if (path && was_saved(path)) {
		write_text("\napqctl: The text is kept in the file '");
		write_text(path);
		write_text("'.\n");
	} else if (path) {
		(void)!unlink(path);
	}
	/* SA_RESETHAND: this time it does what it would have done. */
	raise(signal);
}

static void watch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_end, .sa_flags = SA_RESETHAND | SA_NODEFER };
	struct sigaction before;

	for (size_t i = 0; i < ARRAY_SIZE(ending_signals); i++)
		/* One that is ignored, as by nohup, stays so. */
		if (sigaction(ending_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)sigaction(ending_signals[i], &action, NULL);
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text), done = 0;

	while (done < length) {
		ssize_t n = write(fd, text + done, length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return fstat(fd, &written) < 0 ? -errno : 0;
}

int editor_init(struct editor *editor, const char *text)
{
	const char *directory = getenv("TMPDIR");
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (!directory || *directory != '/')
		directory = "/tmp";
	if (snprintf(editor->path, sizeof(editor->path), "%s/apqctl-edit-XXXXXX" SUFFIX, directory) >=
	    (int)sizeof(editor->path))
		r = -ENAMETOOLONG;
	else
		r = fd = mkostemps(editor->path, sizeof(SUFFIX) - 1, O_CLOEXEC);
	if (fd < 0) {
		r = r == -ENAMETOOLONG ? r : -errno;
		editor->path[0] = '\0';
		return r;
	}
	r = write_all(fd, text);
	if (r < 0) {
		editor_done(editor);
		return r;
	}
	present = editor->path;
	watch_signals();
	return 0;
}

static const char *find_editor(void)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");

	if (visual && *visual)
		return visual;
	return editor && *editor ? editor : "vi";
}

/* An editor needs the terminal, also where what apqctl prints goes to a file or another program. */
static int choose_output(posix_spawn_file_actions_t *actions)
{
	if (isatty(STDOUT_FILENO))
		return 0;
	return posix_spawn_file_actions_adddup2(actions, isatty(STDIN_FILENO) ? STDIN_FILENO : STDERR_FILENO,
						STDOUT_FILENO);
}

/* Starts it by the shell, for its name may have options behind it. */
static int start(const char *name, const char *path, pid_t *ret_pid)
{
	CLEANUP_FREE char *command = NULL;
	const char *arguments[] = { "sh", "-c", NULL, name, path, NULL };
	posix_spawn_file_actions_t actions;
	int r;

	if (asprintf(&command, "%s \"$@\"", name) < 0) {
		command = NULL;
		return -ENOMEM;
	}
	arguments[2] = command;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	fflush(stdout);
	r = choose_output(&actions);
	if (r == 0)
		r = posix_spawn(ret_pid, "/bin/sh", &actions, NULL, (char *const *)arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Ctrl-C at the terminal is for the editor alone. */
static int wait_for(pid_t pid, int *ret_status)
{
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	struct sigaction interrupt, quit;
	int r = 0;

	(void)sigaction(SIGINT, &ignored, &interrupt);
	(void)sigaction(SIGQUIT, &ignored, &quit);
	while (r == 0 && waitpid(pid, ret_status, 0) < 0)
		r = errno == EINTR ? 0 : -errno;
	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGQUIT, &quit, NULL);
	return r;
}

static void tell_failure(const char *name, int status)
{
	CLEANUP_FREE char *safe = output_safe(name, false);
	int code = WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);

	fprintf(stderr, "apqctl: Nothing was changed. The editor '%s' ", safe ? safe : "?");
	if (code == STATUS_NOT_FOUND)
		fputs("is missing. Name another one by the variable VISUAL or EDITOR.\n", stderr);
	else if (code > STATUS_SIGNAL && code < STATUS_SIGNAL + NSIG)
		fprintf(stderr, "was ended by signal %d (%s).\n", code - STATUS_SIGNAL,
			strsignal(code - STATUS_SIGNAL));
	else
		fprintf(stderr, "failed with exit status %d.\n", code);
}

int editor_run(const struct editor *editor)
{
	const char *name = find_editor();
	pid_t pid;
	int status = 0, r;

	r = start(name, editor->path, &pid);
	if (r == 0)
		r = wait_for(pid, &status);
	if (r < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return r;
	tell_failure(name, status);
	return -ECANCELED;
}

bool editor_was_saved(const struct editor *editor)
{
	return was_saved(editor->path);
}

void editor_keep(struct editor *editor)
{
	present = NULL;
	editor->path[0] = '\0';
}

void editor_done(struct editor *editor)
{
	if (editor->path[0])
		(void)!unlink(editor->path);
	editor_keep(editor);
}
