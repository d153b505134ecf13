# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done while something fails: each operation with the world before it, and the way back."""
import os
import time

from harness import A, B, VarlinkError, check, equal, matrix

M = matrix([2], [1, 2], [1])
MORE = matrix([3], [5], [2])
QUEUES = ["00.0003"]

# How long, in seconds, a change may go on after its client has lost the connection.
REST_MAX = 10


def device(uuid, name, adapters, domains):
    return {"uuid": uuid, "name": name, "start": "manual", "interrupts": "any",
            "adapters": adapters, "domains": domains, "controlDomains": []}


def whole(adapters, *devices):
    return {"version": 1, "devices": list(devices),
            "host": {"ownership": "masks", "enforce": False,
                     "reserved": {"adapters": adapters, "domains": [], "queues": []}}}


BEFORE = whole([2, 3], device(A, "web1", [2], [1]), device(B, "web2", [3], [1, 2]))
AFTER = whole([1, 2, 3], device(A, "web2", [2, 3], [1]), device(B, "web1", [1], [4]))


class Operation:
    """One call, the calls that make what it needs, and those that take it back."""

    def __init__(self, name, method, parameters, before=(), back=(), options=("--cards", "6")):
        self.name = name
        self.method, self.parameters = method, parameters
        self.before, self.back = before, back
        self.options = options

    def prepare(self, world):
        """Starts the daemon and makes what is there before; twice, since the first makes folders."""
        world.start(*self.options)
        for method, parameters in self.before:
            world.call(method, parameters)
        world.call(self.method, self.parameters)
        self.take_back(world)

    def do(self, world):
        return world.call(self.method, self.parameters)

    def take_back(self, world):
        for method, parameters in self.back:
            world.call(method, parameters)


DEFINE = ("Define", {"uuid": A, "matrix": M, "name": "web1", "start": "manual"})
UNDEFINE = ("Undefine", {"device": A})
START, STOP = ("Start", {"device": A}), ("Stop", {"device": A})
RESERVE = ("Reserve", {"adapters": [2, 3], "mechanism": "masks"})
ASSIGN = ("Assign", {"device": A, "matrix": MORE})
UNASSIGN = ("Unassign", {"device": A, "matrix": MORE})
STARTED = (RESERVE, DEFINE, START)

OPERATIONS = [
    Operation("define", *DEFINE, (RESERVE,), (UNDEFINE,)),
    Operation("undefine", *UNDEFINE, (RESERVE, DEFINE), (DEFINE,)),
    Operation("start", *START, (RESERVE, DEFINE), (STOP,)),
    Operation("stop", *STOP, STARTED, (START,)),
    Operation("assign", *ASSIGN, STARTED, (UNASSIGN,)),
    Operation("unassign", *UNASSIGN, (*STARTED, ASSIGN), (ASSIGN,)),
    Operation("modify", "Modify", {"device": A, "name": "db", "start": "auto",
                                   "interrupts": "polled"}, STARTED,
              (("Modify", {"device": A, "name": "web1", "start": "manual", "interrupts": "any"}),)),
    Operation("reserve", "Reserve", {"adapters": [1]}, (RESERVE,),
              (("Release", {"adapters": [1]}),)),
    Operation("release", "Release", {"adapters": [3]}, (RESERVE,), (RESERVE,)),
    Operation("reserve-override", "Reserve", {"queues": QUEUES, "mechanism": "overrides"},
              (("Reserve", {"queues": ["01.0001"], "mechanism": "overrides"}),),
              (("Release", {"queues": QUEUES}),)),
    Operation("start-reserve", "Start", {"device": A, "reserve": True}, (DEFINE,),
              (STOP, ("Release", {"adapters": [2]})), ("--cards", "6", "--without", "override")),
    Operation("apply", "Apply", {"state": AFTER, "prune": True},
              (("Apply", {"state": BEFORE}), START, ("Start", {"device": B})),
              (("Apply", {"state": BEFORE, "prune": True}),)),
    Operation("interrupts", "SetInterrupts", {"pollTimeout": 400000, "gisa": False}, (RESERVE,),
              (("SetInterrupts", {"pollTimeout": 250000, "gisa": True}),)),
]


def is_leftover(name):
    """A temporary file, the list of those that are about to take their places, the lock, a record."""
    folder, name = os.path.split(name)
    return (name.startswith(".") and name.endswith((".apqd", ".commit.json")) or
            name.startswith("s390apconfig.lock") or folder.endswith("/pending"))


def files(world):
    """Every file of the disk's side that is to stay."""
    return {name: data for name, (_, data) in world.disk().items() if not is_leftover(name)}


def stored(world):
    """The kernel and the files, as far as a client cares."""
    return {"kernel": world.kernel(), "ownership": world.ownership(),
            "poll": world.poll_timeout(), "disk": files(world)}


def shown(world):
    """What the daemon tells of them."""
    with world.client() as client:
        return {"devices": client.call("ListDevices")["devices"],
                "host": client.call("GetHost")["host"]}


def leftovers(world):
    """Files that only a change under way has."""
    found = []
    for folder in world.folders:
        for top, _, names in os.walk(f"{world.root}/{folder}"):
            found += [os.path.join(top, name)[len(world.root) + 1:] for name in names]
    return sorted(name for name in found if is_leftover(name))


def come_to_rest(world):
    """Who got no answer does not know when it is over; what is under way has a record, and a lock."""
    end = time.monotonic() + REST_MAX
    while leftovers(world) and time.monotonic() < end:
        time.sleep(0.01)


def check_descriptors(world, before):
    """None is lost; what an event of the kernel has it read just now has others open for a moment."""
    end = time.monotonic() + world.patience
    after = world.descriptors()
    while after != before and time.monotonic() < end:
        time.sleep(0.1)
        after = world.descriptors()
    check(after == before, "other descriptors are open:", after - before, before - after)


def difference(found, expected, path=""):
    """The first place where two values differ, for a message."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted({*found, *expected}):
            if found.get(key) != expected.get(key):
                return difference(found.get(key), expected.get(key), f"{path}/{key}")
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for i, (one, other) in enumerate(zip(found, expected)):
            if one != other:
                return difference(one, other, f"{path}/{i}")
    return f"{path}: {found!r} instead of {expected!r}"


class Endpoints:
    """The world before and after an operation, both as stored and as shown."""

    def __init__(self, world, operation):
        self.operation = operation
        self.old, self.old_shown = stored(world), shown(world)
        operation.do(world)
        world.injector.end()
        self.new, self.new_shown = stored(world), shown(world)
        check(self.old != self.new, "the operation", operation.name, "does nothing")
        operation.take_back(world)
        world.injector.end()
        equal(stored(world), self.old, f"the way back of {operation.name}")

    def check_old(self, world, what):
        found = stored(world)
        check(found == self.old, what, "is not as before:", difference(found, self.old))

    def check_new(self, world, what):
        found = stored(world)
        check(found == self.new, what, "is not done:", difference(found, self.new))

    def find(self, world, what):
        """Whether all of it is done; a half is a failure."""
        found = stored(world)
        check(found in (self.old, self.new), what, "left a half: from before",
              difference(found, self.old), "and from after", difference(found, self.new))
        return found == self.new

    def check_shown(self, world, done, what):
        """What could not be read of the kernel is read again soon, which is waited for."""
        end = time.monotonic() + world.patience
        found, expected = shown(world), self.new_shown if done else self.old_shown
        while found != expected and time.monotonic() < end:
            time.sleep(0.1)
            found = shown(world)
        check(found == expected, what, "shows what is not:", difference(found, expected))


def attempt(world, operation):
    """("done", None), ("error", what was answered) or ("lost", None) where no answer came."""
    try:
        operation.do(world)
    except VarlinkError as error:
        return "error", error
    except ConnectionError:
        return "lost", None
    return "done", None


def again(world, ends, done, what):
    """The next attempt works, leaves nothing over, and so does the way back."""
    operation = ends.operation
    if not done:
        operation.do(world)
        world.injector.end()
        ends.check_new(world, f"the next attempt after {what}")
        ends.check_shown(world, True, f"the next attempt after {what}")
    operation.take_back(world)
    world.injector.end()
    # What the kernel has is looked at by the next point, which costs a dozen processes less.
    equal(files(world), ends.old["disk"], f"the files on the way back after {what}")
    ends.check_shown(world, False, f"the way back after {what}")
    equal(leftovers(world), [], f"left over after {what} and the way back")
