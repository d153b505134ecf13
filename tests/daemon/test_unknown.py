# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices of kernels without ap_config: known where that does no harm, and never taken for empty ones."""
import shutil

from harness import A, B, C, check, contains, equal, matrix

OLD = ("--kernel", "6.12", "--without", "ap_config")
OLDER = ("--kernel", "6.12", "--without", "ap_config,hotplug")
# Guests get seven cards, and the host keeps one of each mode.
SIZE = ("--cards", "10", "--domains", "85", "--max-domain", "84")
LARGE = matrix(range(7), range(85))


def large(world, *options):
    """A host of which guests can have more queues than a kernel can list, and A with all of them."""
    world.start(*(options or OLD), *SIZE)
    world.call("Reserve", adapters=list(range(7)))
    world.call("Define", uuid=A, matrix=LARGE, name="web1")
    world.call("Start", device=A)
    known(world, A, LARGE)


def known(world, uuid, value):
    equal(world.device(uuid)["active"], value, "active")
    equal(world.problems(uuid), {}, "problems")


def unknown(world, uuid):
    world.wait_until("it is not known", lambda: "matrixUnknown" in world.problems(uuid))
    device = world.device(uuid)
    equal((device["active"], device["effective"], device["state"] != "defined"), (None, None, True))


def owners(world, *adapters):
    queues = world.call("ListQueues", adapters=list(adapters))["queues"]
    return {q["owner"] for q in queues}, {q["device"] for q in queues}


def test_one_small_device_among_many_free_queues(world):
    world.start(*OLD, "--cards", "7", "--domains", "85", "--max-domain", "84")
    world.give(*range(7))
    world.call("Define", uuid=A, matrix=matrix([3], [7]), start="auto")
    world.call("Start", device=A)
    for again in (None, world.restart, world.restart):
        if again:
            again()
        known(world, A, matrix([3], [7]))
        equal(owners(world, 3), ({"guest", "nobody"}, {A, None}), "owners")
    world.call("Assign", device=A, matrix=matrix([4], [8]))
    known(world, A, matrix([3, 4], [7, 8]))
    # what other programs write is seen too, while it is small
    world.simctl("write", "assign_domain", 9, A)
    world.wait_until("it is seen",
                     lambda: world.device(A)["active"] == matrix([3, 4], [7, 8, 9]))
    world.simctl("write", "create", B)
    world.simctl("write", "assign_adapter", 5, B)
    world.simctl("write", "assign_domain", 5, B)
    world.wait_until("that is too", lambda: world.device(B)["active"] == matrix([5], [5]))
    equal(owners(world, 5), ({"guest", "nobody"}, {B, None}), "owners")


def test_ours_is_known_until_others_write(world):
    large(world)
    for again in (world.restart, lambda: (world.kill(), world.start())):
        again()
        known(world, A, LARGE)
    world.call("Unassign", device=A, matrix=matrix([], [84]))
    known(world, A, matrix(range(7), range(84)))
    world.restart()
    known(world, A, matrix(range(7), range(84)))
    equal(world.count("read-matrix"), 0, "listings that overflow")
    world.simctl("write", "assign_domain", 84, A)
    unknown(world, A)
    equal(owners(world, 3), ({"guest"}, {None}), "owners")
    world.restart()
    unknown(world, A)
    equal(world.count("read-matrix"), 0, "listings that overflow")
    world.call("Stop", device=A)
    world.call("Start", device=A)
    known(world, A, matrix(range(7), range(84)))


def test_a_write_while_the_daemon_is_down(world):
    large(world)
    world.terminate()
    world.simctl("write", "unassign_domain", 1, A)
    world.start()
    unknown(world, A)
    # a device of the same name that another program has made meanwhile
    world.call("Stop", device=A)
    world.call("Start", device=A)
    known(world, A, LARGE)
    world.terminate()
    world.simctl("write", "remove", 1, A)
    world.simctl("write", "create", A)
    world.start()
    world.wait_until("it is another one", lambda: world.device(A)["active"] == matrix([], []))


def killed(world, attribute, when, after, method, **parameters):
    world.simctl("crash", attribute, when, "after", after)
    with world.client() as client:
        client.send(method, {"device": A, **parameters})
        check(client.receive() is None, "an answer came")
    world.crashed()
    world.simctl("clear")


def size(world):
    """Returns how many queues A really has."""
    return world.simctl("read", "matrix", A).count("\n")


def test_killed_half_way(world):
    """The next one finishes it: what it remembers is from before, and so is the record of the change."""
    large(world)
    less = matrix(range(7), [d for d in range(85) if d not in (1, 2, 3, 4)])
    for after in (0, 2, 3):
        for when in ("before", "after"):
            killed(world, "unassign_domain", when, after, "Unassign", matrix=matrix([], [1, 2, 3, 4]))
            world.start()
            world.nothing_under_way()
            known(world, A, less)
            equal(size(world), 7 * 81)
            killed(world, "assign_domain", when, after, "Assign", matrix=matrix([], [1, 2, 3, 4]))
            world.start()
            known(world, A, LARGE)
            equal(size(world), 7 * 85)
    world.call("Stop", device=A)
    killed(world, "assign_domain", "after", 80, "Start")
    world.start()
    check(world.device(A)["active"] in (LARGE, None), "not what it has")
    equal(world.count("read-matrix"), 0, "listings that overflow")


def test_killed_half_way_and_not_finished(world):
    """After a kill, the result is unknown: apqd reports the device neither as before nor as wanted."""
    large(world)
    world.call("Unassign", device=A, matrix=matrix([], [1, 2]))
    killed(world, "assign_domain", "after", 0, "Assign", matrix=matrix([], [1, 2]))
    world.simctl("write", "create", B)
    world.simctl("write", "assign_adapter", 0, B)
    world.simctl("write", "assign_domain", 2, B)
    world.start()
    world.nothing_under_way()
    unknown(world, A)
    world.restart()
    unknown(world, A)


def unchanged_by(world, method, **parameters):
    """Refused, whether tried or done, and nothing is different."""
    before, devices = world.state(), world.simctl("read", "devices")
    for dry in (True, False):
        error = world.refused("Conflict", method, **parameters, **({"dryRun": True} if dry else {}))
        contains(str(error.parameters), "matrixUnknown", A, f"apqctl stop {A}")
        equal((world.state(), world.simctl("read", "devices")), (before, devices), method)


def nothing_is_taken(world):
    """From A, which a guest has, and which is not known."""
    reserved = {"adapters": [1], "domains": [], "queues": []}
    for method, parameters in (
            ("Release", {"adapters": [0]}),
            ("Release", {"adapters": list(range(7))}),
            ("Assign", {"device": A, "matrix": matrix([], [1])}),
            ("Unassign", {"device": A, "matrix": matrix([0], []), "force": True}),
            ("Apply", {"state": {"version": 1, "host": {"reserved": reserved}, "devices": []}, "prune": True,
                       "force": True})):
        unchanged_by(world, method, **parameters)
    world.refused("DeviceInUse", "Stop", device=A)
    contains(world.simctl("read", "driver", "00.0000"), "vfio_ap")


def test_nothing_is_taken_from_what_others_wrote(world):
    large(world)
    guest = world.guest(A)
    world.wait_until("it is in use", lambda: world.device(A)["inUse"])
    world.simctl("write", "unassign_domain", 1, A)
    unknown(world, A)
    nothing_is_taken(world)
    world.end_guest(guest)
    world.call("Stop", device=A)
    world.call("Release", adapters=[0])


def test_nothing_is_taken_before_linux_6_0(world):
    """There neither status says what a queue is in, nor the kernel refuses a mask."""
    large(world, *OLDER)
    guest = world.guest(A)
    world.wait_until("it is in use", lambda: world.device(A)["inUse"])
    world.terminate()
    shutil.rmtree(world.root + "/run/apqd/devices")
    world.start()
    unknown(world, A)
    nothing_is_taken(world)
    world.end_guest(guest)
    world.call("Stop", device=A)
    world.call("Release", adapters=[0])


def test_release_before_the_kernel_looks_after_devices(world):
    """Up to Linux 5.19 a mask is written whatever devices have, and a guest loses its queue."""
    world.start(*OLDER, "--cards", "8", "--max-adapter", "15", "--max-domain", "15")
    world.call("Reserve", adapters=[1, 2])
    world.call("Define", uuid=A, matrix=matrix([1], [1]), name="web1")
    world.call("Start", device=A)
    guest = world.guest(A)
    world.refused("Conflict", "Release", adapters=[1])
    world.call("Release", adapters=[2])
    contains(world.simctl("read", "driver", "01.0001"), "vfio_ap")
    world.end_guest(guest)


def test_what_others_have_says_more(world):
    """C is known as soon as A, which could have its queues as well, is."""
    large(world)
    world.call("Unassign", device=A, matrix=matrix([], [83, 84]))
    world.simctl("write", "create", C)
    world.simctl("write", "assign_adapter", 0, C)
    world.simctl("write", "assign_domain", 84, C)
    world.wait_until("it is known", lambda: world.device(C)["active"] == matrix([0], [84]))
    world.terminate()
    world.simctl("write", "unassign_domain", 0, A)
    world.start()
    unknown(world, A)
    world.call("Stop", device=A)
    world.wait_until("it is known again", lambda: world.device(C)["active"] == matrix([0], [84]))


def old_guest(world):
    """Before Linux 6.0: A with a queue of adapter 1 and one of adapter 2, which a guest has."""
    world.start(*OLDER, "--cards", "8", "--max-adapter", "15", "--max-domain", "15")
    world.call("Reserve", adapters=[1, 2])
    world.call("Define", uuid=A, matrix=matrix([1, 2], [1]), name="web1")
    world.call("Start", device=A)
    guest = world.guest(A)
    world.wait_until("it is in use", lambda: world.device(A)["inUse"])
    return guest


def test_no_hot_plug_before_linux_6_0(world):
    """apqd foresees an EBUSY of the kernel and refuses the change, with force as well."""
    guest = old_guest(world)
    before = world.state()
    for method, what in (("Assign", matrix([], [2])), ("Unassign", matrix([2], [])),
                         ("Assign", matrix([], [], [3]))):
        for force in ({}, {"force": True}):
            error = world.refused("Conflict", method, device=A, matrix=what, **force)
            contains(str(error.parameters), "before Linux 6.0", "in use")
    equal(world.state(), before)
    world.end_guest(guest)
    world.wait_until("it has ended", lambda: not world.device(A)["inUse"])
    world.call("Assign", device=A, matrix=matrix([], [2]))


def test_no_queue_that_is_missing_before_linux_6_0(world):
    """Nothing belongs to the host there, and the device starts as soon as the card comes."""
    world.start(*OLDER, "--cards", "8", "--max-adapter", "15", "--max-domain", "15")
    world.call("Reserve", adapters=[1, 2])
    world.simctl("plug", 2, "off")
    world.call("Define", uuid=A, matrix=matrix([1, 2], [1]), start="auto")
    error = world.refused("Conflict", "Start", device=A)
    contains(str(error.parameters), "queueNotBound", "02.0001", "before Linux 6.0")
    world.restart()
    contains(str(world.problems(A)), "02.0001")
    world.simctl("plug", 2, "on")
    world.wait_until("it is started", lambda: world.device(A)["active"] is not None)


def test_both_have_it_before_linux_6_0(world):
    """Another program gives a guest's queue to the host, and the kernel lets it."""
    guest = old_guest(world)
    for mask in ("+1", "+2"):
        world.simctl("write", "apmask", mask)
        world.wait_until("it is told", lambda: "still ha" in str(world.problems(A)))
        check("keeps" not in str(world.problems(A)), world.problems(A))
    world.end_guest(guest)


def test_no_reservation_for_a_driver_that_is_missing(world):
    for options, word in (("passthrough", "modprobe vfio_ap"),
                          ("passthrough,module", "no module vfio_ap")):
        world.start("--cards", "8", "--without", options)
        before = world.state()
        for dry in ({"dryRun": True}, {}):
            error = world.refused("Conflict", "Reserve", adapters=[1], **dry)
            contains(str(error.parameters), word, "notReady")
        world.refused("Conflict", "Reserve", queues=["01.0001"], mechanism="masks")
        world.refused("Conflict", "Apply", state={"version": 1, "host": {
            "ownership": "masks", "reserved": {"adapters": [1], "domains": [], "queues": []}},
            "devices": []})
        equal(world.state(), before)
        contains(str(world.host()["reason"]), word)
        world.terminate()
        shutil.rmtree(world.root + "/run")
