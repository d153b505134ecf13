/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/kernel/guest-name.c: command lines of VMMs, as libvirt and people write them.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "common/macro.h"
#include "daemon/kernel/guest-name.h"
#include "tests/unit/check.h"

#define ARGUMENTS(text) text, sizeof(text)

static void test_names(void)
{
	static const struct {
		const char *arguments;
		size_t length;
		const char *name;	/* NULL: there is none */
	} cases[] = {
		{ ARGUMENTS("/usr/bin/qemu-system-s390x\0-name\0guest=web1,debug-threads=on\0-S"), "web1" },
		{ ARGUMENTS("qemu\0-name\0web1"), "web1" },
		{ ARGUMENTS("qemu\0-name\0web1,process=qemu:web1"), "web1" },
		{ ARGUMENTS("qemu\0--name\0process=x,guest=web1"), "web1" },
		{ ARGUMENTS("qemu\0-name\0guest=a,,b,debug-threads=on"), "a,b" },
		{ ARGUMENTS("qemu\0-name\0a,,b"), "a,b" },
		{ ARGUMENTS("qemu\0-name\0guest=x=y"), "x=y" },
		{ ARGUMENTS("qemu\0-name\0guest=my web \303\251"), "my web \303\251" },
		{ ARGUMENTS("qemu\0-m\0" "4G\0-name\0one\0-name\0two"), "one" },
		{ ARGUMENTS("qemu\0-name\0guest=0123456789abcdef0123456789"), "0123456789abcde" },
		{ ARGUMENTS("qemu\0-name\0process=web1"), NULL },
		{ ARGUMENTS("qemu\0-name\0debug-threads=on,web1"), NULL },
		{ ARGUMENTS("qemu\0-name\0guest="), NULL },
		{ ARGUMENTS("qemu\0-name\0"), NULL },
		{ ARGUMENTS("qemu\0-name"), NULL },
		{ ARGUMENTS("qemu\0-names\0web1"), NULL },
		{ ARGUMENTS("guest=web1"), NULL },
		{ "", 0, NULL },
		/* cut off: what it would have been is not known */
		{ "qemu\0-name\0guest=web1", 20, NULL },
		{ "qemu\0-name", 10, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Its own size, so that a checker sees what is read behind it. */
		char *copy = malloc(cases[i].length ? cases[i].length : 1), name[16] = "untouched";
		bool found;

		memcpy(copy, cases[i].arguments, cases[i].length);
		found = guest_name_find(copy, cases[i].length, name, sizeof(name));
		if (found != (cases[i].name != NULL))
			CHECK_FAIL("case %zu: found %d, %s", i, found, name);
		if (found)
			CHECK_STR(name, cases[i].name);
		free(copy);
	}
}

/* A name is what somebody wrote; it must become text that JSON can carry. */
static void test_no_text(void)
{
	char name[16];

	CHECK(guest_name_find(ARGUMENTS("qemu\0-name\0guest=a\377b"), name, sizeof(name)));
	CHECK(strlen(name) == 3 && name[0] == 'a' && name[2] == 'b' && name[1] != '\377');
}

static void test_process(void)
{
	char name[16] = "";
	int input[2], tries = 0;
	pid_t pid;

	CHECK_INT(pipe(input), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(input[0], STDIN_FILENO);
		close(input[0]);
		close(input[1]);
		/* It stays as long as nobody writes, and what follows its script is nothing to it. */
		execl("/bin/sh", "sh", "-c", "read x", "sh", "-name", "guest=web1", NULL);
		_exit(127);
	}
	/* Until it has become the other program it is called as we are. */
	while (!guest_name_of_process(pid, name, sizeof(name)) && tries++ < 1000)
		usleep(10000);
	CHECK_STR(name, "web1");
	close(input[0]);
	close(input[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(!guest_name_of_process(pid, name, sizeof(name)));
}

int main(void)
{
	RUN(test_names);
	RUN(test_no_text);
	RUN(test_process);
	return 0;
}
