/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes from an apqd, which with --host may be that of another machine, to every verb of apqctl: it
 * ends with one of its exit statuses, its output is UTF-8 without anything that steers a terminal, and
 * with --json it is JSON.
 *
 * The first byte chooses the command, 'A' the first; then follow the replies, each with its NUL, of a
 * first connection and, behind a byte that is 1, of a second.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/call.h"
#include "cli/verbs.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

/* Stands for the document that is applied. */
#define DOCUMENT "DOCUMENT"

#define WORDS_MAX 8

static const char *const commands[][WORDS_MAX] = {
	{ "status" },
	{ "list" },
	{ "list", "--json" },
	{ "show", "web" },
	{ "show", "web", "--json" },
	{ "show", "web", "--libvirt" },
	{ "queues" },
	{ "queues", "--json" },
	{ "cards" },
	{ "matrix" },
	{ "define", "--adapters", "1", "--domains", "1", "--start" },
	{ "undefine", "web", "--dry-run" },
	{ "modify", "web", "--name", "db" },
	{ "start", "web", "--reserve" },
	{ "start", "web", "--dry-run", "--json" },
	{ "stop", "web" },
	{ "assign", "web", "--adapters", "3" },
	{ "reserve", "--adapters", "1" },
	{ "release", "--queues", "01.0001", "--dry-run" },
	{ "import" },
	{ "interrupts" },
	{ "interrupts", "--gisa", "on" },
	{ "export" },
	{ "apply", DOCUMENT, "--json" },
	{ "apply", DOCUMENT, "--dry-run", "--json" },
	{ "explain" },
	{ "explain", "web" },
	{ "explain", "web", "--pqap", "3", "--queue", "01.0001" },
	{ "reload" },
	{ "monitor" },
	{ "monitor", "--initial", "--json" },
	{ "metrics" },
	{ "metrics", "--format", "prometheus" },
	{ "metrics", "--json" },
	{ "wait", "--timeout", "0" },
	{ "wait", "web", "--timeout", "0", "--json" },
	{ "show", "web", "--qemu" },
	{ "status", "--json" },
	{ "queues", "--device", "web" },
	{ "unassign", "web", "--adapters", "3", "--json" },
	{ "reserve", "--adapters", "1", "--json" },
	{ "matrix", "--json" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

/* As much as a socket takes at once, with nobody at its other end to make room. */
#define REPLIES_MAX 100000u

/* monitor has two: one for what changes, one for what there is. */
#define CONNECTIONS 2

/* Ours and apqd's end of each, which has said all that it says; -1 where it is taken. */
static int ours[CONNECTIONS], theirs[CONNECTIONS];

int __wrap_client_connect(struct client *client, const char *path);

/* Whoever comes once more would wait for an apqd that never comes back. */
int __wrap_client_connect(struct client *client, const char *path)
{
	(void)path;
	for (unsigned int i = 0; i < CONNECTIONS; i++)
		if (ours[i] >= 0) {
			client->fd = TAKE_FD(ours[i]);
			return 0;
		}
	return -EBADMSG;
}

/* apqd's end is to be open as long as the command runs: it sends its calls there. */
static void open_connection(unsigned int i, const uint8_t *data, size_t size)
{
	const int room = 2 * REPLIES_MAX;
	int ends[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	MUST(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0);
	MUST(size == 0 || send(ends[1], data, size, 0) == (ssize_t)size);
	MUST(shutdown(ends[1], SHUT_WR) == 0);
	ours[i] = ends[0];
	theirs[i] = ends[1];
}

static void open_connections(const uint8_t *data, size_t size)
{
	const uint8_t *second = size > 0 ? memchr(data, 1, size) : NULL;
	size_t first_size = second ? (size_t)(second - data) : size;

	open_connection(0, data, first_size);
	open_connection(1, second ? second + 1 : data, second ? size - first_size - 1 : 0);
}

static void close_connections(void)
{
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		if (ours[i] >= 0)
			close(ours[i]);
		close(theirs[i]);
	}
}

static const char *document(void)
{
	static const char text[] =
		"{\"version\":1,\"devices\":[{\"uuid\":\"11111111-1111-4111-8111-111111111111\","
		"\"name\":\"web\",\"adapters\":[1],\"domains\":[1]}]}";
	static char path[64];
	int fd;

	if (path[0] == '\0') {
		fd = memfd_create("document", 0);
		MUST(fd >= 0 && write(fd, text, sizeof(text) - 1) == sizeof(text) - 1);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	return path;
}

/* What monitor and wait would wait for has come already: they take what is there, and end. */
static void end_waits(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	MUST(sigprocmask(SIG_BLOCK, &signals, NULL) == 0);
	raise(SIGTERM);
}

static int run_command(const char *const *words)
{
	char *argv[WORDS_MAX + 2] = { (char *)"apqctl" };
	struct options options;
	struct run run = { .options = &options };
	int argc = 1, status;

	for (; argc <= WORDS_MAX && words[argc - 1]; argc++)
		argv[argc] = (char *)(strcmp(words[argc - 1], DOCUMENT) == 0 ? document() : words[argc - 1]);
	MUST(setlocale(LC_CTYPE, "C.UTF-8"));
	MUST(options_parse(argc, argv, &all_verbs, &options) == 0);
	output_init(COLOR_NEVER);
	client_init(&run.client);
	status = options.verb->fn(&run);
	client_done(&run.client);
	MUST(output_finish() == 0);
	return status;
}

/* Characters that turn the direction of what follows, or end a line. */
static bool turns(const char *text)
{
	static const char *const marks[] = {
		"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202c",
		"\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069",
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (strncmp(text, marks[i], strlen(marks[i])) == 0)
			return true;
	return false;
}

/* Nothing in it does anything else to a terminal than to be shown. */
static void check_shown(const char *text, size_t length)
{
	for (size_t i = 0, n; i < length; i += n) {
		n = utf8_length(text + i, length - i);
		MUST(n > 0);
		if (n == 1)
			MUST(text[i] == '\n' || (text[i] >= ' ' && text[i] != 0x7f));
		else
			MUST(!turns(text + i));
		/* C1 */
		MUST(n != 2 || (unsigned char)text[i] != 0xc2 || (unsigned char)text[i + 1] >= 0xa0);
	}
}

/* One value, or with monitor one in each line. */
static void check_json(const char *text, size_t length, bool is_lines)
{
	const char *end = text + length;

	while (text < end) {
		const char *line_end = is_lines ? memchr(text, '\n', (size_t)(end - text)) : end;
		CLEANUP_JSON struct json_object *value = NULL;

		MUST(line_end && json_parse(text, (size_t)(line_end - text), &value, NULL) == 0);
		text = line_end + is_lines;
	}
}

static bool has_word(const char *const *words, const char *word)
{
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *out = NULL, *err = NULL;
	FILE *true_out = stdout, *true_err = stderr;
	const char *const *words;
	size_t out_length, err_length;
	int status;

	if (size == 0 || size > REPLIES_MAX || (size_t)(data[0] - 'A') >= COMMANDS)
		return 0;
	words = commands[data[0] - 'A'];
	open_connections(data + 1, size - 1);
	end_waits();
	stdout = open_memstream(&out, &out_length);
	stderr = open_memstream(&err, &err_length);
	MUST(stdout && stderr);
	status = run_command(words);
	fclose(stdout);
	fclose(stderr);
	stdout = true_out;
	stderr = true_err;
	close_connections();
	MUST(status >= EXIT_STATUS_DONE && status <= EXIT_STATUS_NOT_REACHABLE);
	check_shown(out, out_length);
	check_shown(err, err_length);
	if (has_word(words, "--json"))
		check_json(out, out_length, has_word(words, "monitor"));
	return 0;
}
