/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject - runs a program so that each of its system calls can be failed, or be its last
 *
 *   inject SOCKET LOG PROGRAM [ARGUMENT...]
 *
 * The program takes the place of this process; another one stays beside it, hears of each system call
 * by a seccomp filter (which needs no privilege, and no ptrace), and takes orders over SOCKET, see
 * supervisor.h; the first may stand in the environment variable INJECT_ORDER, and holds from the
 * program's very first call.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tests/faults/calls.h"
#include "tests/faults/supervisor.h"

#define STACK_SIZE (256u << 10)

/* In memory that both processes see; they also share their descriptors until the program is executed. */
struct shared {
	struct supervisor supervisor;
	_Atomic int ready;		/* the supervisor listens; below 0: it cannot */
	_Atomic int notices;		/* the filter's listener, below 0 until there is one */
	char socket[108];
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "inject: %s: %m\n", what);
	exit(125);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* The process that stays beside the program. */
static int stay(void *argument)
{
	struct shared *shared = argument;
	int fd = listen_at(shared->socket);

	/* Out of the group of the terminal, or of the test: it ends with the program, and no sooner. */
	setsid();
	shared->supervisor.listener = fd;
	shared->ready = fd < 0 ? fd : 1;
	while (fd >= 0 && shared->notices < 0)
		usleep(100);
	shared->supervisor.notices = shared->notices;
	_exit(fd < 0 || supervise(&shared->supervisor) < 0);
}

/* Not a child of the program, which might wait for its children: a grandchild that is left alone. */
static int leave_behind(void *argument)
{
	char *stack = malloc(STACK_SIZE);

	_exit(!stack || clone(stay, stack + STACK_SIZE, CLONE_FILES | SIGCHLD, argument) < 0);
}

static void start_supervisor(struct shared *shared)
{
	char *stack = malloc(STACK_SIZE);
	int pid = stack ? clone(leave_behind, stack + STACK_SIZE, CLONE_FILES | SIGCHLD, shared) : -1;
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		fail("no second process can be made");
	free(stack);
	while (shared->ready == 0)
		usleep(100);
	if (shared->ready < 0) {
		errno = -shared->ready;
		fail(shared->socket);
	}
}

/* Every system call is told to the supervisor, but for those that are let through. */
static int add_filter(void)
{
	static struct sock_filter code[256];
	struct sock_fprog program = { .filter = code };
	size_t count, at = 0;
	const int *let_through = calls_let_through(&count);

	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++)
		code[at++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)let_through[i],
			(unsigned char)(count - i), 0);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)at;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

int main(int argc, char **argv)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (argc < 4) {
		fputs("Usage: inject SOCKET LOG PROGRAM [ARGUMENT...]\n", stderr);
		return 2;
	}
	if (shared == MAP_FAILED)
		fail("no memory");
	shared->supervisor.pid = getpid();
	shared->supervisor.log = argv[2];
	shared->supervisor.order = getenv("INJECT_ORDER");
	shared->notices = -1;
	snprintf(shared->socket, sizeof(shared->socket), "%s", argv[1]);
	start_supervisor(shared);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("no filter can be used");
	/* With a security module, only ancestors may look into a process, and those that it names. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	shared->notices = add_filter();
	if (shared->notices < 0)
		fail("the kernel does not let a process filter its system calls");
	execvp(argv[3], argv + 3);
	fail(argv[3]);
}
