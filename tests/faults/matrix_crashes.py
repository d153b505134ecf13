# SPDX-License-Identifier: GPL-2.0-or-later
"""Every crash: the daemon is killed before each system call of each operation, and started again.

When it is ready it has come to the state before or the state after, shows just that, and has left
nothing behind; what was answered is done; and the operation works.
"""
from choice import choose
from harness import Failure, check, equal
from matrix_faults import Ready, keep_quiet
from operations import again, attempt, leftovers


def try_point(world, ends, call):
    """Killed before that call, and started again; returns whether it came to that call this time."""
    world.injector.kill(call)
    kind, error = attempt(world, ends.operation)
    check(kind != "error", "it was answered by", error)
    count, hit = world.injector.end()
    if hit or count is None:
        world.crashed()
        world.start(*ends.operation.options)
        world.injector.end()
    done = ends.find(world, "it")
    check(done or kind != "done", "it was answered as done, and is not")
    equal(leftovers(world), [], "left over")
    ends.check_shown(world, done, "the daemon")
    again(world, ends, done, "it")
    return bool(hit or count is None)


def run(make_world, operation, share, seed, tell=keep_quiet):
    """Tries that share of the points, or EACH_KIND: (how many, list of what failed)."""
    ready = Ready(make_world, operation, tell)
    points, missed = [], 0
    try:
        points = choose(ready.watch(), lambda _: ("KILL",), share, f"{seed} {operation.name}")
        for call, _ in points:
            world, ends = ready.get()
            try:
                missed += not try_point(world, ends, call)
            except Exception as error:  # whatever a point stumbles over is its failure
                text = str(error) if isinstance(error, Failure) else repr(error)
                path = call.path.replace(world.root, "")
                log = "".join(f"\n  | {line}" for line in world.read_log().splitlines()[-6:])
                ready.failed(f"{operation.name}: killed before {call.name} {call.number} {path} "
                             f"KILL: {text}{log}")
        check(missed <= len(points) / 4 + 2, missed, "of", len(points), "calls were not met")
    finally:
        ready.end()
    return len(points) - missed, ready.failures
