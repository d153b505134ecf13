# SPDX-License-Identifier: GPL-2.0-or-later
"""Orders as those of injector.py, carried out by strace on a daemon that runs already.

strace counts the calls of each thread by itself, and those on one path if it is told so; so a call is
found again by its name, its path where it has one, and its number among those of its thread.  Of a
call, "second" is the path that strace selects it by: of a name in an open folder, that folder.
"""
import collections
import contextlib
import os
import re
import signal
import subprocess
import time

from harness import Failure, check
from injector import Call

# A line of the log: the thread and the call, which may be cut in two by another thread's.
LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?:\((.*)| resumed>(.*))$")
FOLDER = re.compile(r'^\w+<(/[^<>]*)>, (?:0x\w+, )?"([^"/][^"]*)"')
ABSOLUTE = re.compile(r'"(/[^"]*)"')
OPEN = re.compile(r"^\d+<(/[^<>]*)>")

# The numbers of epoll_wait, epoll_pwait and epoll_pwait2, by machine: in one of them a daemon rests.
WAITS = {"s390x": {251, 312, 441}, "x86_64": {232, 281, 441}}
REST = 0.05  # seconds for which it has done so
POLL = 0.02  # between two looks: it may have no other processor to work on

# What the daemon of faults/calls.c is not failed in either: calls that tell who or when it is, or wait.
LEFT_OUT = tuple("""
    futex getpid gettid getuid geteuid getgid getegid rt_sigprocmask rt_sigaction rt_sigreturn
    sigaltstack restart_syscall clock_gettime clock_nanosleep nanosleep madvise rseq
    set_robust_list sched_yield timerfd_settime exit exit_group gettimeofday getcpu sysinfo
    sched_getaffinity prctl epoll_wait epoll_pwait epoll_pwait2 wait4 rt_sigtimedwait
""".split())

# open() flags in the words of strace, with their values on all machines that matter here.
FLAGS = {"O_WRONLY": 0o1, "O_RDWR": 0o2, "O_CREAT": 0o100, "O_TRUNC": 0o1000}


def paths_of(text):
    """What a call is about, and by what path strace can select it; "" for nothing."""
    for pattern in (FOLDER, ABSOLUTE, OPEN):
        found = pattern.search(text)
        if found:
            # a name within an open folder is not selected by its whole path
            return "/".join(found.groups()), found.group(1)
    return "", ""


def calls_of(lines):
    """The calls of a log, in the order of their beginnings."""
    found, count = [], collections.Counter()
    for line in lines:
        match = LINE.match(line.rstrip("\n"))
        if not match or match.group(3) is None:  # a signal, the end of a thread, a second half
            continue
        thread, name, text = int(match.group(1)), match.group(2), match.group(3)
        path, selected = paths_of(text)
        # what has no path is counted among all of its name
        for key in {(thread, name, selected), (thread, name, "")}:
            count[key] += 1
        flags = sum(value for word, value in FLAGS.items() if re.search(rf"\b{word}\b", text))
        found.append(Call(len(found) + 1, thread, name, path, selected, flags, b"",
                          count[(thread, name, selected)]))
    return found


def read_raw(path):
    """A file of /proc; what io.open() does besides takes most of the time under emulation."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 4096)
    finally:
        os.close(fd)


class Strace:
    """Injects into one process."""

    def __init__(self, pid, log):
        self.pid, self.log = pid, log
        self.process = None
        self.waits = WAITS[os.uname().machine]

    def close(self):
        self._detach()

    def _attach(self, *options):
        self._detach()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.log)
        self.process = subprocess.Popen(
            ["strace", "-f", "-y", "-s", "0", "-o", self.log, *options, "-p", str(self.pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        while "resolved into" in line:  # the path of -P leads over a link
            line = self.process.stderr.readline()
        check("attached" in line, "strace says", line)

    def _detach(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.process.stderr.close()
        self.process = None

    def watch(self):
        self._attach("-e", "trace=!" + ",".join("?" + name for name in LEFT_OUT))

    def _inject(self, call, what):
        where = ["-P", call.second] if call.second else []
        self._attach(*where, "-e", f"trace={call.name}", "-e",
                     f"inject={call.name}:{what}:when={call.nth}")

    def fail(self, call, name):
        """The call that comes in the place of this one fails so."""
        # A brk() that is refused answers where the heap ends, and no errno.
        self._inject(call, "retval=0" if call.name == "brk" else f"error={name}")

    def kill(self, call):
        """The daemon is killed when it makes the call that comes in the place of this one."""
        self._inject(call, "signal=KILL")

    def _rests(self):
        """Whether it waits for events, and nothing else is under way; None where it has ended."""
        try:
            # proc_pid_stat(5); after the name in parentheses, which may have any characters
            fields = read_raw(f"/proc/{self.pid}/stat").rpartition(b")")[2].split()
            if fields[0] in b"ZX":
                return None
            if fields[0] != b"S" or fields[17] != b"1":  # its state, and how many threads it has
                return False
            number = read_raw(f"/proc/{self.pid}/syscall").split(b" ")[0]
        except (FileNotFoundError, ProcessLookupError):
            return None
        return number.isdigit() and int(number) in self.waits

    def settle(self):
        """Waits until the daemon rests; False where it has ended."""
        since, end = None, time.monotonic() + 20
        while since is None or time.monotonic() < since + REST:
            rests = self._rests()
            if rests is None:
                return False
            if not rests:
                since = None
            elif since is None:
                since = time.monotonic()
            if time.monotonic() > end:
                raise Failure("the daemon does not come to rest")
            time.sleep(POLL)
        return True

    def end(self):
        """As Injector.end(): (number of calls, the name of the last that was hit or None)."""
        runs = self.settle()
        self._detach()
        hits = [line for line in self._lines() if "(INJECTED)" in line]
        name = LINE.match(hits[-1]).group(2) if hits else None
        return (len(self.calls()) if runs else None), name

    def hits(self):
        """How many calls were hit: each thread has one of that number."""
        return sum("(INJECTED)" in line for line in self._lines())

    def hit(self, call):
        return call

    def _lines(self):
        with contextlib.suppress(FileNotFoundError):
            with open(self.log, encoding="utf-8", errors="surrogateescape") as file:
                return file.readlines()
        return []

    def calls(self):
        """What the daemon did since the last order."""
        return calls_of(self._lines())
