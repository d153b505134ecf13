# SPDX-License-Identifier: GPL-2.0-or-later
"""Every short read and write: each such call of each operation once does half of its bytes only.

No error is a reason for one, and none is answered: the operation is done and whole, what the daemon
shows is what there is, nothing is left over, no descriptor is lost, and the way back works.
"""
import collections
import random

from harness import check, equal
from matrix_faults import Ready, explain
from operations import again, attempt, check_descriptors, leftovers

# What the supervisor can shorten, of a file or a stream socket (tests/faults/short.h).
NAMES = ("read", "write", "pread64", "pwrite64", "recvfrom", "sendto")


def points_of(calls, root):
    """
    (call, with its path below the root; number among those of its name and path) for all that may be
    shortened.  Which of them have bytes enough is found out by trying.
    """
    count, points = collections.Counter(), []
    for call in calls:
        if call.name in NAMES and not call.path.startswith("anon_inode:"):
            call = call._replace(path=call.path.removeprefix(root).split(":[")[0])
            count[call.name, call.path] += 1
            points.append((call, count[call.name, call.path]))
    return points


def try_point(world, ends, point):
    """One call in parts; returns whether it could be shortened."""
    call, number = point
    before = world.descriptors()
    world.injector.short(call, number)
    kind, error = attempt(world, ends.operation)
    _, hit = world.injector.end()
    check(world.is_running(), "the daemon ended with status", world.status())
    check(kind == "done", "it was answered by", error or "nothing")
    if not hit:
        ends.operation.take_back(world)
        return False
    ends.check_new(world, "it")
    ends.check_shown(world, True, "the daemon")
    equal(leftovers(world), [], "left over")
    again(world, ends, True, "it")
    check_descriptors(world, before)
    return True


def run(make_world, operation, share, seed):
    """Tries that share of the points: (how many, list of what failed)."""
    ready = Ready(make_world, operation)
    tried = 0
    try:
        points = points_of(ready.watch(), ready.get()[0].root)
        most = len(points)
        if share < 1:
            random.Random(f"{seed} {operation.name}").shuffle(points)
            most = max(1, int(len(points) * share))
        for point in points:
            if tried == most:
                break
            world, ends = ready.get()
            try:
                tried += try_point(world, ends, point)
            except Exception as error:  # whatever a point stumbles over is its failure
                tried += 1
                ready.failed(explain(operation, (point[0], "SHORT"), error, world))
        # About every second read finds the end of its file, and has nothing to be shortened.
        check(tried >= min(most, len(points) / 4), "only", tried, "of", len(points),
              "points could be shortened")
    finally:
        ready.end()
    return tried, ready.failures
