/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/short.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"

#define DATA_MAX (16u << 20)

/* With any other flag (MSG_PEEK, MSG_WAITALL) a part is not what the caller has to expect. */
#define FLAGS_KNOWN (MSG_DONTWAIT | MSG_NOSIGNAL)

/* The place of a read or write that has none of its own: where the file is. */
#define HERE ((off_t)-1)

/* One read or write; the descriptor is ours, of the same open file as the program's. */
struct transfer {
	int fd;
	bool writes;
	bool is_socket;
	int flags;		/* of a socket */
	off_t at;
	unsigned char *data;
	size_t length;
};

/* What the call asks for but for its descriptor; false where it is none of those known. */
static bool read_call(const struct seccomp_data *call, struct transfer *transfer)
{
	transfer->length = call->args[2] < DATA_MAX ? (size_t)call->args[2] : DATA_MAX;
	transfer->at = HERE;
	transfer->flags = 0;
	transfer->writes = call->nr == SYS_write || call->nr == SYS_pwrite64 ||
			   call->nr == SYS_sendto;
	switch (call->nr) {
	case SYS_read:
	case SYS_write:
		return true;
	case SYS_pread64:
	case SYS_pwrite64:
		transfer->at = (off_t)call->args[3];
		return transfer->at >= 0;
	case SYS_recvfrom:
	case SYS_sendto:
		transfer->flags = (int)call->args[3];
		/* On a stream there is no address to be told or to be asked for. */
		return call->args[4] == 0 && (transfer->flags & ~FLAGS_KNOWN) == 0;
	default:
		return false;
	}
}

/* A descriptor for what the thread has open there, or -1. */
static int take_descriptor(int program, int thread, int number)
{
	CLEANUP_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, thread, 0);

	/* A process that it forked has descriptors of its own, a thread has those of the program. */
	if (pidfd < 0)
		pidfd = (int)syscall(SYS_pidfd_open, program, 0);
	return pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
}

/*
 * A directory has no bytes; a datagram, an event of inotify, or the number of an eventfd comes whole
 * or not at all.
 */
static bool has_parts(struct transfer *transfer)
{
	struct stat stat;
	socklen_t size = sizeof(int);
	int type;

	if (fstat(transfer->fd, &stat) < 0)
		return false;
	transfer->is_socket = S_ISSOCK(stat.st_mode);
	if (!transfer->is_socket)
		return S_ISREG(stat.st_mode);
	return getsockopt(transfer->fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       type == SOCK_STREAM;
}

/* How many bytes a read would get; they stay where they are. */
static ssize_t look(const struct transfer *transfer)
{
	off_t at = transfer->at;

	if (transfer->is_socket)
		return recv(transfer->fd, transfer->data, transfer->length,
			    MSG_PEEK | MSG_DONTWAIT);
	/* What fstat() tells of a file of /proc is not its size. */
	if (at == HERE)
		at = lseek(transfer->fd, 0, SEEK_CUR);
	return at < 0 ? -1 : pread(transfer->fd, transfer->data, transfer->length, at);
}

/* Whoever has to wait does so in the call of its own: our waiting would hold all its threads up. */
static ssize_t carry_out(const struct transfer *transfer, size_t length)
{
	int flags = transfer->flags | MSG_DONTWAIT | MSG_NOSIGNAL;

	if (transfer->is_socket && transfer->writes)
		return send(transfer->fd, transfer->data, length, flags);
	if (transfer->is_socket)
		return recv(transfer->fd, transfer->data, length, flags);
	if (transfer->at == HERE && transfer->writes)
		return write(transfer->fd, transfer->data, length);
	if (transfer->at == HERE)
		return read(transfer->fd, transfer->data, length);
	if (transfer->writes)
		return pwrite(transfer->fd, transfer->data, length, transfer->at);
	return pread(transfer->fd, transfer->data, length, transfer->at);
}

bool short_carry_out(int program, const struct seccomp_notif *notice,
		     struct seccomp_notif_resp *answer)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE unsigned char *data = NULL;
	struct transfer transfer;
	struct iovec local, remote;
	ssize_t n;

	if (!read_call(&notice->data, &transfer) || transfer.length < 2)
		return false;
	transfer.fd = fd = take_descriptor(program, (int)notice->pid, (int)notice->data.args[0]);
	transfer.data = data = malloc(transfer.length);
	if (fd < 0 || !data || !has_parts(&transfer))
		return false;
	n = transfer.writes ? (ssize_t)transfer.length : look(&transfer);
	if (n < 2)
		return false;
	local = (struct iovec){ .iov_base = data, .iov_len = (size_t)n / 2 };
	remote = (struct iovec){ .iov_base = (void *)notice->data.args[1],
				 .iov_len = local.iov_len };
	if (transfer.writes &&
	    process_vm_readv((int)notice->pid, &local, 1, &remote, 1, 0) != (ssize_t)local.iov_len)
		return false;
	n = carry_out(&transfer, local.iov_len);
	if (n <= 0)
		return false;
	answer->flags = 0;
	answer->val = n;
	local.iov_len = remote.iov_len = (size_t)n;
	if (!transfer.writes && process_vm_writev((int)notice->pid, &local, 1, &remote, 1, 0) != n)
		answer->error = -EFAULT;
	return true;
}
