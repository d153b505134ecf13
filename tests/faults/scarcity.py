# SPDX-License-Identifier: GPL-2.0-or-later
"""A full disk, a read-only /etc, no memory, no file descriptors, a clock that jumps, and the like.

While it lasts, changes are refused with a reason and nothing is lost; when it is over, the daemon
goes on by itself.
"""
import errno
import os
import random
import resource
import time
import uuid

from harness import A, B, VarlinkError, ap_config, check, contains, equal
from injector import FaultWorld
from operations import DEFINE, M, OPERATIONS, START, Endpoints, attempt, leftovers, shown

NUMBER = {name: getattr(errno, name) for name in ("ENOSPC", "EROFS", "ENOMEM", "EMFILE", "EDQUOT")}


def refused_by_disk(world, operation, ends, name, *words):
    """The operation is refused with that errno, in words too, and all is as before."""
    kind, error = attempt(world, operation)
    equal((kind, error and error.short), ("error", "StoreFailed"), operation.name)
    equal(error.parameters["errno"], NUMBER[name], operation.name)
    contains(error.parameters["message"], *words)
    world.injector.end()
    ends.check_old(world, operation.name)
    ends.check_shown(world, False, operation.name)
    equal(leftovers(world), [], f"left over by {operation.name}")


def each_operation(build, share, seed, function):
    """Calls function(world, ends) in a new world for that share of operations; (points, failures)."""
    failures = []
    chosen = random.Random(seed).sample(OPERATIONS, int(len(OPERATIONS) * share))
    for operation in chosen:
        world = FaultWorld(build)
        try:
            operation.prepare(world)
            function(world, Endpoints(world, operation))
            wrong = world.close()
        except Exception as error:  # whatever it stumbles over is its failure
            wrong = f"{type(error).__name__}: {error}"
            world.close()
        if wrong:
            failures.append(f"{operation.name}: {wrong}")
        world.remove()
    return len(chosen), failures


def afterwards(world, ends):
    ends.operation.do(world)
    world.injector.end()
    ends.check_new(world, "afterwards it")
    ends.check_shown(world, True, "afterwards the daemon")


def full_disk(build, share, seed):
    """Neither /etc nor /run takes one byte more."""
    def try_it(world, ends):
        for name in ("ENOSPC", "EDQUOT"):
            world.injector.every(name, ["write", "fsync", "mkdir"], ".apqd")
            refused_by_disk(world, ends.operation, ends, name, os.strerror(NUMBER[name]))
        afterwards(world, ends)
    return each_operation(build, share, seed, try_it)


def full_etc(build, share, seed):
    """/run is there, but /etc is full: what the kernel has got already is taken back."""
    def try_it(world, ends):
        if written(ends):
            world.injector.every("ENOSPC", ["write"], "/etc/")
            refused_by_disk(world, ends.operation, ends, "ENOSPC", os.strerror(errno.ENOSPC))
        afterwards(world, ends)
    return each_operation(build, share, seed, try_it)


def files_change(ends):
    return ends.old["disk"] != ends.new["disk"]


def read_only_etc(build, share, seed):
    """No file of /etc can be made, replaced or removed."""
    def try_it(world, ends):
        if files_change(ends):
            # the temporary files of /etc: their names begin with a dot, as no other's does
            world.injector.every("EROFS", ["openat", "unlinkat"],
                                 "/etc/mdevctl.d/matrix/.a" if b"mdev" in written(ends)
                                 else "/etc/apqd/.host")
            if ends.operation.name == "undefine":
                world.injector.every("EROFS", ["openat", "renameat", "unlinkat"], "/etc/apqd/.")
            refused_by_disk(world, ends.operation, ends, "EROFS", os.strerror(errno.EROFS))
        afterwards(world, ends)
    return each_operation(build, share, seed, try_it)


def written(ends):
    """The contents that are new with the operation, joined."""
    return b"".join(data for name, data in ends.new["disk"].items()
                    if ends.old["disk"].get(name) != data)


def one_world(function):
    """A test of one world: (1, failures)."""
    def run(build, _share, _seed):
        world = FaultWorld(build)
        try:
            function(world)
            wrong = world.close()
        except Exception as error:  # whatever it stumbles over is its failure
            world.close()
            log = "".join(f"\n  | {line}" for line in world.read_log().splitlines()[-6:])
            wrong = f"{type(error).__name__}: {error}{log}"
        world.remove()
        return 1, [wrong] if wrong else []
    return run


def prepared(world):
    world.start("--cards", "6")
    world.give(2, 3)
    world.call(*DEFINE)
    return world.client()


def limit(world, what, value):
    """The daemon's own limit from now on; returns what it was."""
    old = resource.prlimit(world.daemon.pid, what)
    resource.prlimit(world.daemon.pid, what, (value, old[1]))
    return old[0]


def size_of(world):
    with open(f"/proc/{world.daemon.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def no_descriptors(world):
    """A client that is connected is refused with the reason, one that comes is served later."""
    with prepared(world) as client:
        client.call("GetHost")
        before, was = world.state(), shown(world)
        world.injector.end()
        used = set(map(int, os.listdir(f"/proc/{world.daemon.pid}/fd")))
        free = min(set(range(len(used) + 1)) - used)
        old = limit(world, resource.RLIMIT_NOFILE, free)
        for method, parameters in (START, DEFINE[:1] + ({"uuid": B, "matrix": M},)):
            try:
                client.call(method, parameters)
                check(False, method, "was done without a descriptor")
            except VarlinkError as error:
                equal((error.short, error.parameters["errno"]), ("StoreFailed", errno.EMFILE))
                contains(error.parameters["message"], "Too many open files")
        equal(world.state(), before)
        # what needs none goes on, and so does a client that waits to be let in
        equal(client.call("ListDevices")["devices"][0]["uuid"], A)
        with world.client() as late:
            late.send("ListDevices")
            check(late.is_silent(0.3), "it was let in without a descriptor")
            limit(world, resource.RLIMIT_NOFILE, old)
            equal(late.answer()["devices"][0]["uuid"], A)
        equal(shown(world), was)
        client.call(*START)
    equal(world.active(A), ap_config(M))
    equal(leftovers(world), [])
    log = world.read_log()
    check(log.count("Could not accept") < 20, "the log is full of it:", log.count("Could not accept"))


def no_memory(world):
    """A state that needs more than there is is refused; the daemon lives, and takes it later."""
    wide = [{"uuid": str(uuid.UUID(int=(i << 96) | (4 << 76) | (8 << 60))), "name": f"n{i}",
             "start": "manual", "interrupts": "any", "adapters": list(range(200)),
             "domains": list(range(200)), "controlDomains": []} for i in range(1, 400)]
    state = {"version": 1, "devices": wide}
    with prepared(world) as client:
        world.injector.end()
        before, was = world.state(), shown(world)
        old = limit(world, resource.RLIMIT_AS, size_of(world) + (2 << 20))
        try:
            client.call("Apply", {"state": state})
            check(False, "it was done without memory")
        except VarlinkError as error:
            equal((error.short, error.parameters["errno"]), ("StoreFailed", errno.ENOMEM))
        except ConnectionError:
            pass  # not even the call could be read: its client alone is let go
        equal(world.state(), before)
        limit(world, resource.RLIMIT_AS, old)
        check(world.is_running(), "the daemon ended")
        equal(shown(world), was)
    equal(world.call("Apply", state=state)["changed"], True)
    equal(leftovers(world), [])
    equal(len(world.call("ListDevices")["devices"]), len(wide) + 1)


def clock_jumps(world):
    """Only how old an empty lock is goes by the clock that can be set: a jump must not keep it."""
    with prepared(world):
        path = world.root + "/run/lock/s390apconfig.lock"
        for jump in (-10 * 365 * 86400, 10 * 365 * 86400):
            world.write_file(path, "")
            os.utime(path, (time.time() + jump,) * 2)
            world.call(*START)
            equal(world.active(A), ap_config(M))
            equal(leftovers(world), [], f"after a lock from {jump} seconds")
            world.call("Stop", device=A)


def list_that_stays(world):
    """The list of what a change has removed cannot be removed: later changes are not undone by it."""
    with prepared(world) as client:
        world.injector.every("EIO", ["unlinkat"], "/.commit.json")
        client.call("Undefine", {"device": A})
        equal(world.injector.end()[1], "unlinkat")
        client.call("Define", {"uuid": A, "matrix": M})
        before = world.disk()
        equal(leftovers(world), [])
    world.restart()
    equal(world.disk(), before)
    equal(world.device(A)["definition"], M)


def tests():
    """(name, function of (build, share, seed) that returns (points, failures))."""
    return [("full-disk", full_disk), ("full-etc", full_etc), ("read-only-etc", read_only_etc),
            ("no-descriptors", one_world(no_descriptors)), ("no-memory", one_world(no_memory)),
            ("clock-jumps", one_world(clock_jumps)),
            ("list-that-stays", one_world(list_that_stays))]
