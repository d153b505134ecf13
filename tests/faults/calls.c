/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"

/* No argument of that kind. */
#define NONE (-1)

/* A folder that is not an argument: the present one. */
#define HERE (-2)

#define DATA_MAX (16u << 20)

/* Which arguments of a call are what, counted from 0. */
struct form {
	const char *name;
	int nr;
	signed char fd;			/* a file descriptor that it is about */
	signed char dir, path;		/* a folder and a name in it */
	signed char dir2, path2;
	signed char flags;
	signed char data;		/* an address, and a length behind it */
};

#define FORM(call, ...) { #call, SYS_##call, __VA_ARGS__ }
#define OF_FD(call, flags, data) FORM(call, 0, NONE, NONE, NONE, NONE, flags, data)
#define OF_PATH(call, flags) FORM(call, NONE, HERE, 0, NONE, NONE, flags, NONE)
#define OF_DIR(call, flags) FORM(call, NONE, 0, 1, NONE, NONE, flags, NONE)
#define OF_NOTHING(call) FORM(call, NONE, NONE, NONE, NONE, NONE, NONE, NONE)

static const struct form forms[] = {
	OF_DIR(openat, 2),
	OF_DIR(unlinkat, 2),
	OF_DIR(mkdirat, NONE),
	OF_DIR(faccessat, NONE),
	OF_DIR(faccessat2, NONE),
	OF_DIR(fchmodat, NONE),
	OF_DIR(newfstatat, 3),
	OF_DIR(statx, 2),
	OF_DIR(readlinkat, NONE),
	FORM(renameat, NONE, 0, 1, 2, 3, NONE, NONE),
	FORM(renameat2, NONE, 0, 1, 2, 3, 4, NONE),
	FORM(linkat, NONE, 0, 1, 2, 3, 4, NONE),
#ifdef SYS_open
	OF_PATH(open, 1),
	OF_PATH(unlink, NONE),
	OF_PATH(chmod, NONE),
	OF_PATH(mkdir, NONE),
	OF_PATH(rmdir, NONE),
	OF_PATH(access, NONE),
	OF_PATH(stat, NONE),
	OF_PATH(lstat, NONE),
	OF_PATH(readlink, NONE),
	FORM(rename, NONE, HERE, 0, HERE, 1, NONE, NONE),
	FORM(link, NONE, HERE, 0, HERE, 1, NONE, NONE),
	OF_FD(epoll_wait, NONE, NONE),
	OF_NOTHING(poll),
#endif
	OF_PATH(statfs, NONE),
	FORM(inotify_add_watch, NONE, HERE, 1, NONE, NONE, 2, NONE),
	OF_FD(read, NONE, NONE),
	OF_FD(write, NONE, 1),
	OF_FD(pread64, NONE, NONE),
	OF_FD(pwrite64, NONE, 1),
	OF_FD(lseek, NONE, NONE),
	OF_FD(fstat, NONE, NONE),
	OF_FD(fchmod, 1, NONE),
	OF_FD(fchown, NONE, NONE),
	OF_FD(fgetxattr, NONE, NONE),
	OF_FD(fsetxattr, NONE, NONE),
	OF_FD(flistxattr, NONE, NONE),
	OF_FD(fremovexattr, NONE, NONE),
	OF_FD(fsync, NONE, NONE),
	OF_FD(fdatasync, NONE, NONE),
	OF_FD(syncfs, NONE, NONE),
	OF_FD(ftruncate, 1, NONE),
	OF_FD(close, NONE, NONE),
	OF_FD(fcntl, 1, NONE),
	OF_FD(flock, 1, NONE),
	OF_FD(getdents64, NONE, NONE),
	OF_FD(accept4, NONE, NONE),
	OF_FD(recvfrom, NONE, NONE),
	OF_FD(recvmsg, NONE, NONE),
	OF_FD(sendto, NONE, NONE),
	OF_FD(sendmsg, NONE, NONE),
	OF_FD(getsockopt, 2, NONE),
	OF_FD(setsockopt, 2, NONE),
	OF_FD(bind, NONE, NONE),
	OF_FD(listen, NONE, NONE),
	OF_FD(connect, NONE, NONE),
	OF_FD(getsockname, NONE, NONE),
	OF_FD(epoll_ctl, 1, NONE),
	OF_FD(epoll_pwait, NONE, NONE),
	OF_FD(ioctl, 1, NONE),
	OF_NOTHING(socket),
	OF_NOTHING(mmap),
	OF_NOTHING(munmap),
	OF_NOTHING(mprotect),
	OF_NOTHING(mremap),
	OF_NOTHING(brk),
	OF_NOTHING(clone3),
	OF_NOTHING(clone),
	OF_NOTHING(getrandom),
	OF_NOTHING(kill),
	OF_NOTHING(prlimit64),
	OF_NOTHING(pidfd_open),
	OF_NOTHING(timerfd_create),
	OF_NOTHING(eventfd2),
	OF_NOTHING(epoll_create1),
	OF_NOTHING(inotify_init1),
	OF_NOTHING(signalfd4),
};

static const int let_through[] = {
	SYS_futex,	   SYS_getpid,		SYS_gettid,	   SYS_getuid,
	SYS_geteuid,	   SYS_getgid,		SYS_getegid,	   SYS_rt_sigprocmask,
	SYS_rt_sigaction,  SYS_rt_sigreturn,	SYS_sigaltstack,   SYS_restart_syscall,
	SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep,	   SYS_madvise,
	SYS_rseq,	   SYS_set_robust_list, SYS_sched_yield,   SYS_timerfd_settime,
	SYS_exit,	   SYS_exit_group,	SYS_gettimeofday,
};

const int *calls_let_through(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(let_through);
	return let_through;
}

static void name_fd(int pid, int fd, char path[static PATH_MAX])
{
	char link[64];
	ssize_t length;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	length = readlink(link, path, PATH_MAX - 1);
	path[length < 0 ? 0 : length] = '\0';
}

static size_t read_memory(int pid, unsigned long address, void *to, size_t size)
{
	struct iovec local = { .iov_base = to, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)address, .iov_len = size };
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	return n < 0 ? 0 : (size_t)n;
}

/* Page by page: behind the string nothing may be mapped. */
static void read_string(int pid, unsigned long address, char text[static PATH_MAX])
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), length = 0;

	memset(text, 0, PATH_MAX);
	while (length < PATH_MAX - 1 && !memchr(text, '\0', length)) {
		size_t part = page - (address + length) % page;
		size_t left = PATH_MAX - 1 - length;

		part = part < left ? part : left;
		if (read_memory(pid, address + length, text + length, part) < part)
			break;
		length += part;
	}
}

static void name_path(const struct seccomp_notif *notice, int dir, int path,
		      char to[static PATH_MAX])
{
	int pid = (int)notice->pid;
	char name[PATH_MAX], folder[PATH_MAX] = "";

	read_string(pid, notice->data.args[path], name);
	if (name[0] != '/')
		name_fd(pid, dir == HERE ? AT_FDCWD : (int)notice->data.args[dir], folder);
	if ((size_t)snprintf(to, PATH_MAX, "%s%s%s", folder, folder[0] && name[0] ? "/" : "", name) >=
	    PATH_MAX)
		to[0] = '\0';
}

static void read_data(const struct seccomp_notif *notice, int argument, struct call *call)
{
	size_t length = notice->data.args[argument + 1];

	if (length == 0 || length > DATA_MAX)
		return;
	call->data = malloc(length);
	if (call->data)
		call->length = read_memory((int)notice->pid, notice->data.args[argument], call->data,
					   length);
}

void call_describe(const struct seccomp_notif *notice, bool with_data, struct call *ret_call)
{
	const struct form *form = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(forms) && !form; i++)
		form = forms[i].nr == notice->data.nr ? &forms[i] : NULL;
	ret_call->path[0] = ret_call->second[0] = '\0';
	ret_call->flags = 0;
	ret_call->data = NULL;
	ret_call->length = 0;
	if (!form) {
		snprintf(ret_call->name, sizeof(ret_call->name), "nr%d", notice->data.nr);
		return;
	}
	snprintf(ret_call->name, sizeof(ret_call->name), "%s", form->name);
	if (form->fd != NONE)
		name_fd((int)notice->pid, (int)notice->data.args[form->fd], ret_call->path);
	if (form->path != NONE)
		name_path(notice, form->dir, form->path, ret_call->path);
	if (form->path2 != NONE)
		name_path(notice, form->dir2, form->path2, ret_call->second);
	if (form->flags != NONE)
		ret_call->flags = notice->data.args[form->flags];
	if (with_data && form->data != NONE)
		read_data(notice, form->data, ret_call);
}

void call_done(struct call *call)
{
	free(call->data);
	call->data = NULL;
}

unsigned long call_heap_end(int pid)
{
	CLEANUP(fclosep) FILE *maps = NULL;
	unsigned long begin, end;
	char path[64], line[PATH_MAX + 128];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[heap]") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
			return end;
	return 0;
}
