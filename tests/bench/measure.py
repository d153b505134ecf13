# SPDX-License-Identifier: GPL-2.0-or-later
"""What every measurement needs: hosts with a daemon, times, processor time, memory."""
import contextlib
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from harness import MANAGER, World  # noqa: E402

__all__ = ["MANAGER", "Bench", "call_text", "median", "percentile", "seconds", "text_of", "uuid"]


def percentile(values, part):
    """The value that this part (0 to 1) of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def median(values):
    return percentile(values, 0.5)


def text_of(value):
    """A time in seconds, for people: three digits and a unit."""
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1 or unit == "µs":
            scaled = value * factor
            digits = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
            return f"{scaled:.{digits}f} {unit}"
    return None


def seconds(function):
    """How long it takes, and what it returns."""
    begin = time.monotonic()
    result = function()
    return time.monotonic() - begin, result


def uuid(i):
    """The UUID of device number i; tests/bench/bare.h names it likewise."""
    return f"{i:08x}-1111-4111-8111-111111111111"


def call_text(method, **parameters):
    return json.dumps({"method": method, "parameters": parameters})


class Host(World):
    """A simulated host that measures the daemon on it."""

    def cpu(self, pid=None):
        """Processor time of all its threads so far, in seconds."""
        pid = pid or self.daemon.pid
        total = 0
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def memory(self):
        """KiB of what /proc tells in its own words: VmRSS, VmHWM, RssAnon, RssFile, RssShmem."""
        found = {}
        with open(f"/proc/{self.daemon.pid}/status", encoding="ascii") as file:
            for line in file:
                key, value = line.split(":", 1)
                if value.endswith(" kB\n"):
                    found[key] = int(value.split()[0])
        return found

    def wakeups(self):
        """How often its threads went to sleep by themselves so far, so were woken."""
        total = 0
        for thread in os.listdir(f"/proc/{self.daemon.pid}/task"):
            with open(f"/proc/{self.daemon.pid}/task/{thread}/status", encoding="ascii") as file:
                total += next(int(line.split()[1]) for line in file
                              if line.startswith("voluntary_ctxt_switches"))
        return total

    def give_all(self):
        """All queues for guests."""
        self.simctl("write", "apmask", "0x" + "0" * 64)


class Bench:
    """Where the programs are, and how they are run; prints what it does to stderr."""

    def __init__(self, build):
        self.build = os.path.abspath(build)

    @staticmethod
    def say(text):
        print(f"bench: {text}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def host(self, cards, domains, start=True):
        """A host of that size, gone afterwards; with start, all its queues are for guests."""
        world = Host(self.build)
        world.timeout = 120
        try:
            world.init("--cards", str(cards), "--domains", str(domains))
            world.give_all()
            if start:
                world.start()
            yield world
        finally:
            wrong = world.close()
            world.remove()
        if wrong:
            sys.exit(f"bench: {wrong}")

    def tool(self, name, *arguments):
        """Runs one of our small programs; the numbers that it prints."""
        done = subprocess.run([f"{self.build}/tests/bench/{name}", *map(str, arguments)],
                              capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: {name} {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return [int(word) for word in done.stdout.split()]

    def program(self, runs, *command):
        """The median of the times from start to end of a program, in seconds."""
        return median(self.tool("stopwatch", runs, *command)) / 1e9

    def apqctl(self, world, runs, *arguments):
        return self.program(runs, f"{self.build}/apqctl", "--socket", world.socket, *arguments)
