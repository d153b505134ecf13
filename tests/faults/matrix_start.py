# SPDX-License-Identifier: GPL-2.0-or-later
"""Every start: each system call of the daemon's start fails once, or is its last.

It starts at a boot, with a reservation and devices to start, or after a crash, with a change to finish.
If it ends, it says why, and the next one does it all; else it comes to the same by itself: what could
not be read for a moment is read again, and nothing of it is lost meanwhile.
"""
import errno
import os
import shutil
import time

from choice import choose
from errnos import errnos_of
from harness import Failure, check, contains, equal
from operations import AFTER, BEFORE, device, difference, leftovers, shown, stored, whole

# What passes by itself; that a file may not be read at all is another matter.
OF_THE_MOMENT = ("EIO", "ENOMEM", "EMFILE", "ENFILE", "EINTR", "EAGAIN")

# What could not be read is read again after a second, and then after two.
PATIENCE = 8

OPTIONS = ("--cards", "6")
A, B = (d["uuid"] for d in AFTER["devices"])


def auto(adapters, *devices):
    return whole(adapters, *({**d, "start": "auto"} for d in devices))


def prepare_boot(world):
    """Files, and a kernel that has booted; one device was stopped by somebody, which a boot forgets."""
    world.start(*OPTIONS)
    world.call("Apply", state=auto([2, 3], device(A, "web1", [2], [1]), device(B, "web2", [3], [1, 2])))
    world.terminate()
    world.remove_runtime()
    world.init(*OPTIONS)


def prepare_restart(world):
    """One device was stopped by a client, the other by nobody, though it is gone."""
    world.start(*OPTIONS)
    world.call("Apply", state=auto([2, 3], device(A, "web1", [2], [1]), device(B, "web2", [3], [1, 2])))
    world.call("Stop", device=A)
    world.terminate()
    world.simctl("write", "remove", "1", B)


def prepare_crash(world):
    """Cut off in the middle of a change of the host and of both devices."""
    world.start(*OPTIONS)
    world.call("Apply", state=BEFORE)
    world.call("Start", device=A)
    world.call("Start", device=B)
    before = looks(world)
    world.simctl("crash", "ap_config", "after")
    try:
        world.call("Apply", state=AFTER, prune=True)
        raise Failure("it was not cut off")
    except ConnectionError:
        world.crashed()
    return before


PREPARE = {"boot": prepare_boot, "restart": prepare_restart, "crash": prepare_crash}


def looks(world):
    return {**stored(world), **shown(world), "left over": leftovers(world)}


class Ready:
    """A world before its start, as often as it is wanted; it may also come to undone."""

    def __init__(self, make_world, name):
        self.world = make_world()
        self.undone = PREPARE[name](self.world)
        self.kept = self.world.root + ".kept"
        for folder in self.world.folders:
            shutil.copytree(f"{self.world.root}/{folder}", f"{self.kept}/{folder}", symlinks=True,
                            ignore=shutil.ignore_patterns("io.apqd.Manager"))

    def reset(self):
        world = self.world
        for folder in world.folders:
            shutil.rmtree(f"{world.root}/{folder}", ignore_errors=True)
            shutil.copytree(f"{self.kept}/{folder}", f"{world.root}/{folder}", symlinks=True)
        with open(world.log, "w", encoding="ascii"):
            pass
        return world

    def remove(self):
        world = self.world
        if world.is_running():
            world.kill()
        world.close()
        world.remove()
        shutil.rmtree(self.kept)


def begin(world, order):
    """Starts it with that order; whether it has become ready."""
    os.environ["INJECT_ORDER"] = order
    try:
        world.start(*OPTIONS)
        return True
    except Failure:
        check(world.status() is not None, "it neither becomes ready nor ends")
        return False
    finally:
        del os.environ["INJECT_ORDER"]


def wait_same(world, ends, may_leave):
    """Until it looks like one of the ends; where something could not be removed, it may be there still."""
    end = time.monotonic() + PATIENCE
    while True:
        found = looks(world)
        if may_leave:
            found["left over"] = []
        if found in ends:
            return
        check(time.monotonic() < end, "it does not come to what was to be:", difference(found, ends[0]))
        time.sleep(0.05)


def was_met(world):
    """Whether it was killed when it had told already that it is ready."""
    count, hit = world.injector.end()
    return count is None or hit is not None


def try_point(world, order, ends):
    is_ready = begin(world, order)
    if order.startswith("kill"):
        if not is_ready or was_met(world):
            world.crashed()
            world.start(*OPTIONS)
    elif not is_ready:
        log = world.read_log().splitlines()
        world.wait_end(1)
        contains(log[-1] if log else "", ".")
        world.start(*OPTIONS)
    wait_same(world, ends, order.endswith(("unlink", "unlinkat")))


def watch(world):
    """What a start calls when nothing fails, and comes to; not what the loader and the C library do first."""
    check(begin(world, "watch"), "it does not start")
    world.injector.end()
    calls = world.injector.calls()
    first = next(i for i, call in enumerate(calls) if call.path.startswith(world.root))
    expected = looks(world)
    equal(expected["left over"], [], "left over")
    return calls[first:], expected


def variants_of(call):
    return ("KILL", *(e for e in errnos_of(call) if e in OF_THE_MOMENT))


def order_of(call, variant):
    if variant == "KILL":
        return f"kill {call.number}"
    return f"fail {call.nth} {getattr(errno, variant)} {call.name}"


def run(make_world, name, share, seed):
    """Tries that share of the points: (how many, list of what failed)."""
    ready, failures = Ready(make_world, name), []
    try:
        calls, expected = watch(ready.reset())
        points = choose(calls, variants_of, share, f"{seed} {name}")
        for call, variant in points:
            world = ready.world
            if world.is_running():
                world.kill()
            ready.reset()
            try:
                try_point(world, order_of(call, variant), (expected, ready.undone))
            except Exception as error:  # whatever a point stumbles over is its failure
                log = "".join(f"\n  | {line}" for line in world.read_log().splitlines()[-6:])
                failures.append(f"{name}: {call.name} {call.nth} {call.path.replace(world.root, '')} {variant}: "
                                f"{error}{log}")
    finally:
        ready.remove()
    return len(points), failures
