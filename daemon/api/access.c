/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/api/access.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"

/* How often the group is looked for where it could not be, and after how many microseconds: a second. */
#define LOOK_AGAIN 20u
#define LOOK_PAUSE 50000u

gid_t access_find_group(const char *name)
{
	const struct group *group = NULL;

	/* Who is not found now is nobody's member for as long as the daemon runs. */
	for (unsigned int i = 0; !group && i < LOOK_AGAIN; i++) {
		errno = 0;
		group = getgrnam(name);
		if (!io_is_of_the_moment(errno) && errno != EIO)
			break;
		usleep(LOOK_PAUSE);
	}
	return group ? group->gr_gid : (gid_t)-1;
}

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
