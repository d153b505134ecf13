/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/varlink/access.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/cleanup.h"

/* Whether group is among the supplementary groups that the peer had when it connected. */
static int has_group(int fd, gid_t group, bool *ret_has)
{
	CLEANUP_FREE gid_t *groups = NULL;
	socklen_t size = 0;

	*ret_has = false;
	/* The first call only tells the size. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE)
		return -errno;
	if (size == 0)
		return 0;
	groups = malloc(size);
	if (!groups)
		return -ENOMEM;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return -errno;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		*ret_has |= groups[i] == group;
	return 0;
}

int access_identify(int fd, gid_t group, struct peer *ret_peer)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);
	bool member = false;
	int r = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return -errno;
	if (group != (gid_t)-1 && credentials.uid != 0) {
		r = has_group(fd, group, &member);
		member |= credentials.gid == group;
	}
	if (r < 0)
		return r;
	*ret_peer = (struct peer){
		.pid = credentials.pid,
		.uid = credentials.uid,
		.may_change = credentials.uid == 0 || member,
	};
	return 0;
}
