# SPDX-License-Identifier: GPL-2.0-or-later
"""A world whose daemon runs under tests/faults/inject, and the orders to that."""
import collections
import errno
import os
import socket

import harness

# One system call of the daemon: the number from 1, the thread, the name, what it is about.
Call = collections.namedtuple("Call", "number thread name path second flags data")


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

    def fail(self, call, number, name):
        """The call of that name and that number among those of its name fails so."""
        harness.equal(self._order(f"fail {number} {getattr(errno, name)} {call}"), "ok")

    def every(self, name, calls, path):
        """Each call of these names fails that is about a path with this in it."""
        harness.equal(self._order(f"every {getattr(errno, name)} ,{','.join(calls)}, {path}"), "ok")

    def kill(self, number):
        harness.equal(self._order(f"kill {number}"), "ok")

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

    def calls(self):
        """What the daemon did since the last order."""
        found = []
        with open(self.log, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                if len(fields) == 7:
                    number, thread, name, path, second, flags, data = fields
                    found.append(Call(int(number), int(thread), name, path, second, int(flags, 16),
                                      bytes.fromhex(data)))
        return found


class FaultWorld(harness.World):
    """A world in which every system call of the daemon can be had to fail."""

    def __init__(self, build):
        super().__init__(build)
        self.timeout = 30
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
