# SPDX-License-Identifier: GPL-2.0-or-later
"""A world whose daemon runs under tests/faults/inject, and the orders to that."""
import collections
import errno
import os
import socket

import harness

# One system call of the daemon: the number from 1, the thread, the name, what it is about; and its number
# from 1 among those that an injector cannot tell from it but by counting.
Call = collections.namedtuple("Call", "number thread name path second flags data nth")


class Injector:
    """Gives orders to the process beside a daemon, see supervisor.h."""

    def __init__(self, path, log, timeout):
        self.log = log
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(timeout)
        self.socket.connect(path)

    def close(self):
        self.socket.close()

    def _order(self, text):
        self.socket.send(text.encode())
        return self.socket.recv(512).decode()

    def watch(self, data=False):
        harness.equal(self._order("watch data" if data else "watch"), "ok")

    def fail(self, call, name):
        """The call that comes in the place of this one fails so."""
        harness.equal(self._order(f"fail {call.nth} {getattr(errno, name)} {call.name}"), "ok")

    def every(self, name, calls, path):
        """Each call of these names fails that is about a path with this in it."""
        harness.equal(self._order(f"every {getattr(errno, name)} ,{','.join(calls)}, {path}"), "ok")

    def short(self, call, number):
        """The call of that number among those of its name and path does half of its bytes only."""
        harness.equal(self._order(f"short {number} {call.name} {call.path}"), "ok")

    def kill(self, call):
        """The daemon is killed when it makes the call that comes in the place of this one."""
        harness.equal(self._order(f"kill {call.number}"), "ok")

    def end(self):
        """
        Waits until the daemon rests: (number of calls, the name of the last that was hit or None).
        The number is None where the daemon has ended.
        """
        try:
            count, hits, name = self._order("end").split(" ")
        except (ConnectionError, ValueError):
            return None, None  # who answers ends together with its daemon
        return int(count), name if int(hits) else None

    def hits(self):
        """How many calls were hit, which is one at most."""
        return 1

    def hit(self, call):
        """What fail() has hit: where two threads run, another call may come in its place."""
        return next(c for c in self.calls() if (c.name, c.nth) == (call.name, call.nth))

    def calls(self):
        """What the daemon did since the last order."""
        found, count = [], collections.Counter()
        with open(self.log, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                if len(fields) == 7:
                    number, thread, name, path, second, flags, data = fields
                    count[name] += 1
                    found.append(Call(int(number), int(thread), name, path, second, int(flags, 16),
                                      bytes.fromhex(data), count[name]))
        return found


class FaultWorld(harness.World):
    """A world in which every system call of the daemon can be had to fail."""

    def __init__(self, build):
        super().__init__(build)
        self.timeout = 30
        self.patience = 30  # a watch that could not be set is a problem until the next attempt, a second later
        self.runs = 0
        self.injector = None

    def start(self, *options, prefix=()):
        self.runs += 1
        path = f"{self.root}/inject.{self.runs}"
        super().start(*options, prefix=[*prefix, f"{self.build}/tests/faults/inject", path,
                                        self.root + "/calls"])
        self.injector = Injector(path, self.root + "/calls", self.timeout)
        return self

    def crashed(self):
        super().crashed()
        self.injector.close()

    def close(self):
        if self.injector:
            self.injector.close()
        return super().close()

    def descriptors(self):
        """What the daemon has open when it rests, by what it is."""
        self.injector.end()
        folder = f"/proc/{self.daemon.pid}/fd"
        found = collections.Counter()
        for name in os.listdir(folder):
            found[os.readlink(f"{folder}/{name}").split(":[")[0]] += 1
        return found
