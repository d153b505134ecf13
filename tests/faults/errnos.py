# SPDX-License-Identifier: GPL-2.0-or-later
"""Which errors each system call of the daemon can answer with, on the objects that it uses them on."""

PATHS = ("EIO", "ENOMEM", "EACCES")
CHANGES = PATHS + ("ENOSPC", "EROFS", "EDQUOT")
FILES = "file"

# By name; of those that behave differently on files and on what is none, a dictionary by what is
# open.  () is for calls that cannot fail with sound arguments.
ERRNOS = {
    "accept4": ("EMFILE", "ENFILE", "ENOMEM", "ECONNABORTED", "EINTR"),
    "access": PATHS, "faccessat": PATHS, "faccessat2": PATHS, "stat": PATHS, "lstat": PATHS, "newfstatat": PATHS,
    "statx": PATHS, "fstat": ("EIO", "ENOMEM"), "readlink": PATHS, "readlinkat": PATHS, "statfs": PATHS + ("EINTR",),
    "brk": ("ENOMEM",), "mmap": ("ENOMEM",), "mprotect": ("ENOMEM",), "mremap": ("ENOMEM",),
    "munmap": ("ENOMEM",),
    "clone": ("EAGAIN", "ENOMEM"), "clone3": ("EAGAIN", "ENOMEM"),
    "bind": ("EIO", "ENOMEM"), "connect": ("EINTR", "ENOMEM"), "listen": (),
    "chmod": CHANGES, "fchmodat": CHANGES,
    "close_range": (), "dup2": (),
    "close": {FILES: ("EIO", "EINTR", "ENOSPC", "EDQUOT")},
    "epoll_create1": ("EMFILE", "ENFILE", "ENOMEM"),
    "epoll_ctl": ("ENOMEM", "ENOSPC"),
    "epoll_wait": ("EINTR",), "epoll_pwait": ("EINTR",),
    "fchmod": ("EIO", "EROFS", "EPERM", "ENOMEM"),
    "fchown": ("EIO", "EROFS", "EPERM", "EDQUOT", "ENOMEM"),
    "fgetxattr": ("EIO", "ENOMEM", "EACCES"), "flistxattr": ("EIO", "ENOMEM", "EACCES"),
    "fsetxattr": ("EIO", "ENOMEM", "EPERM", "ENOSPC", "EDQUOT", "EROFS"),
    "fremovexattr": ("EIO", "ENOMEM", "EPERM", "EROFS"),
    "fcntl": (), "inotify_rm_watch": (), "uname": (),
    "fstatfs": ("EIO", "ENOMEM"), "fstatfs64": ("EIO", "ENOMEM"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR"),
    "fdatasync": ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR"),
    "syncfs": ("EIO", "ENOSPC", "EDQUOT"),
    "ftruncate": ("EIO", "EINTR", "EROFS", "EPERM"),
    "flock": ("EINTR", "ENOLCK"),
    "getdents64": ("EIO", "ENOMEM", "ENOENT"),
    "getrandom": ("EINTR", "ENOSYS"),
    "getsockopt": ("ENOMEM",), "setsockopt": ("ENOMEM",), "getsockname": ("ENOBUFS",),
    "inotify_init1": ("EMFILE", "ENFILE", "ENOMEM"), "signalfd4": ("EMFILE", "ENFILE", "ENOMEM"),
    "inotify_add_watch": ("ENOSPC", "ENOMEM", "EACCES", "ENOENT"),
    "ioctl": ("EINTR", "EIO"),
    "kill": ("EPERM",),
    "link": CHANGES + ("EPERM", "EMLINK"), "linkat": CHANGES + ("EPERM", "EMLINK"),
    "lseek": (),
    "mkdir": CHANGES, "mkdirat": CHANGES, "rmdir": CHANGES,
    "open": CHANGES + ("EMFILE", "ENFILE", "EINTR"),
    "openat": CHANGES + ("EMFILE", "ENFILE", "EINTR"),
    "poll": ("EINTR", "ENOMEM"),
    "pidfd_open": ("EMFILE", "ENFILE", "ENOMEM"), "prlimit64": (),
    "read": {FILES: ("EIO", "EINTR", "ENOMEM"), "": ("EINTR", "EAGAIN")},
    "pread64": {FILES: ("EIO", "EINTR", "ENOMEM"), "": ("EINTR",)},
    "write": {FILES: ("EIO", "ENOSPC", "EDQUOT", "EINTR"), "": ("EINTR",)},
    "pwrite64": {FILES: ("EIO", "ENOSPC", "EDQUOT", "EINTR"), "": ("EINTR",)},
    "recvfrom": ("EINTR", "EAGAIN", "ENOMEM", "ECONNRESET"),
    "recv": ("EINTR", "EAGAIN", "ENOMEM", "ECONNRESET"),
    "recvmsg": ("EINTR", "EAGAIN", "ENOMEM"),
    "sendto": ("EINTR", "EAGAIN", "ENOBUFS", "ENOMEM", "EPIPE", "ECONNRESET"),
    "send": ("EINTR", "EAGAIN", "ENOBUFS", "ENOMEM", "EPIPE", "ECONNRESET"),
    "sendmsg": ("EINTR", "EAGAIN", "ENOBUFS", "ENOMEM"),
    "rename": CHANGES, "renameat": CHANGES, "renameat2": CHANGES,
    "socket": ("EMFILE", "ENFILE", "ENOMEM"),
    "unlink": CHANGES + ("EBUSY", "EPERM"), "unlinkat": CHANGES + ("EBUSY", "EPERM"),
    "eventfd2": ("EMFILE", "ENFILE", "ENOMEM"), "timerfd_create": ("EMFILE", "ENFILE", "ENOMEM"),
}

# What can be missing when an attribute is looked at; these drivers have no errors of their own for that.
LOOKS = ("ENOMEM", "EMFILE", "ENFILE", "EINTR")

# Flags that make an openat() more than a look (asm-generic values: O_WRONLY, O_RDWR, O_CREAT).
WRITES = 0o1 | 0o2 | 0o100


def errnos_of(call):
    """The errors to try a call with; a call that is not in the table is a mistake of the table."""
    known = ERRNOS[call.name]
    if isinstance(known, dict):
        known = known.get(FILES if call.path.startswith("/") else "", ())
    if call.path.startswith("/sys/") and call.name != "write" and not call.flags & WRITES:
        return tuple(e for e in known if e in LOOKS)
    if call.name in ("open", "openat") and not call.flags & WRITES:
        return tuple(e for e in known if e not in ("ENOSPC", "EROFS", "EDQUOT"))
    return known
