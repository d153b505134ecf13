# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fault: each system call of each operation fails once with each errno that it can give.

Afterwards the change is whole, or it is undone and the answer says so; what the daemon shows is
what there is; nothing is left over, no descriptor is lost, and the next attempt works.  A file that
could not be read is told as one that cannot be used, until it is read again.
"""
from choice import choose
from errnos import errnos_of
from harness import Failure, check, equal
from operations import Endpoints, again, attempt, check_descriptors, come_to_rest, leftovers

# How much of the daemon's log goes with a failure.
LOG_LINES = 4

# The errors that a fault may be answered by; each says what could not be done.
ANSWERS = ("StoreFailed", "KernelRefused")

# Of a file that could not be read besides, with what is wrong with the file.
OF_READING = ANSWERS + ("BadDefinition", "Conflict", "DeviceExists")
READS = ("openat", "newfstatat", "fstat", "read", "getdents64", "inotify_add_watch")


def is_reading(call):
    """Whether it only looks at what others may have written."""
    return (call.name in READS and ("/etc/" in call.path or "/udev" in call.path) and
            not call.path.endswith(".apqd"))


def check_answer(kind, error, done, call, alone):
    """alone: nothing else has failed besides."""
    if kind == "error":
        check(not done, "it was done, and answered by", error)
        check(error.short in (OF_READING if is_reading(call) else ANSWERS), "it was answered by", error)
        # so nothing may have kept it from being undone
        check(not alone or "not all be undone" not in str(error), "it was answered by", error)
    if kind == "error" and error.short in ANSWERS:
        check(len(error.parameters["message"]) > 20, "it was answered without a reason:", error)
    if kind == "done":
        check(done, "it was answered as done, and is not")


def try_point(world, ends, point):
    """One fault; returns whether the daemon made that call this time."""
    call, errno = point
    before = world.descriptors()
    world.injector.fail(call, errno)
    kind, error = attempt(world, ends.operation)
    if kind == "lost":
        come_to_rest(world)
    _, hit = world.injector.end()
    if not world.is_running():
        raise Failure(f"the daemon ended with status {world.status()}")
    call = world.injector.hit(call) if hit else call
    done = ends.find(world, "it")
    check_answer(kind, error, done, call, world.injector.hits() <= 1)
    left = leftovers(world)
    # What could not be removed is there still, until the next attempt.
    if hit not in ("unlink", "unlinkat"):
        equal(left, [], "left over")
    if is_reading(call):
        world.call("Reload")
    ends.check_shown(world, done, "the daemon")
    again(world, ends, done, "it")
    if hit != "close":
        check_descriptors(world, before)
    return hit is not None


def explain(operation, point, error, world):
    call, errno = point
    text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
    log = "".join(f"\n  | {line}" for line in world.read_log().splitlines()[-LOG_LINES:])
    path = call.path.replace(world.root, "")
    return f"{operation.name}: {call.name} {call.nth} {path} {errno}: {text}{log}"


def keep_quiet(_):
    """For those who print all failures at the end."""


class Ready:
    """A world that is made anew after each failure, so that one does not cause the next."""

    def __init__(self, make_world, operation, tell=keep_quiet):
        """tell: a function of each failure's text, called as soon as there is one."""
        self.make_world, self.operation, self.tell = make_world, operation, tell
        self.world = self.ends = None
        self.failures = []

    def get(self):
        if self.world is None:
            self.world = self.make_world()
            self.operation.prepare(self.world)
            self.ends = Endpoints(self.world, self.operation)
        return self.world, self.ends

    def watch(self):
        """What the operation calls when nothing fails."""
        world, ends = self.get()
        world.injector.watch()
        ends.operation.do(world)
        world.injector.end()
        calls = world.injector.calls()
        ends.operation.take_back(world)
        world.injector.end()
        return calls

    def drop(self):
        """Ends the world; returns what its daemon did wrong, or None."""
        wrong = None
        if self.world is not None:
            wrong = self.world.close()
            self.world.remove()
        self.world = None
        return wrong

    def failed(self, text):
        self.failures.append(text)
        self.tell(text)
        self.drop()

    def end(self):
        wrong = self.drop()
        if wrong:
            self.failed(f"{self.operation.name}: {wrong}")


def run(make_world, operation, share, seed, tell=keep_quiet):
    """Tries that share of the points, or EACH_KIND: (how many, list of what failed)."""
    ready = Ready(make_world, operation, tell)
    missed = 0
    try:
        points = choose(ready.watch(), errnos_of, share, f"{seed} {operation.name}")
        for point in points:
            world, ends = ready.get()
            try:
                missed += not try_point(world, ends, point)
            except Exception as error:  # whatever a point stumbles over is its failure
                ready.failed(explain(operation, point, error, world))
        # What a thread of its own does, memory, and how events meet differ from time to time.
        check(missed <= len(points) / 4 + 2, missed, "of", len(points), "points were not met")
    finally:
        ready.end()
    return len(points) - missed, ready.failures
