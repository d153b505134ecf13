# SPDX-License-Identifier: GPL-2.0-or-later
"""The result of a slow change counts in every check of the changes that run at the same time."""
import contextlib

from harness import A, B, C, D, VarlinkError, ap_config, check, contains, equal, matrix

Q = matrix([1], [2])


def prepared(world, *options):
    world.init("--cards", "4", "--domains", "8", *options)
    world.give(1, 2)
    world.start()


def document(uuid, value, **more):
    return {"version": 1, "devices": [{"uuid": uuid, **value, **more}]}


@contextlib.contextmanager
def slow_apply(world, client, uuid, value, **more):
    """A change of one device that goes on until the block has ended, and is answered then."""
    with world.blocked("ap_config") as reached:
        client.send("Apply", {"state": document(uuid, value, **more)})
        reached()
        yield


def test_names(world):
    prepared(world)
    with world.client() as slow:
        with slow_apply(world, slow, A, Q, start="auto", name="web1"):
            # a dry run does not even wait
            world.refused("DeviceExists", "Define", name="web1", matrix=Q, dryRun=True)
            world.refused("DeviceExists", "Define", name="web1", matrix=Q)
            world.refused("DeviceExists", "Apply", state=document(B, matrix([2], [2]), name="web1"))
            world.call("Define", uuid=C, matrix=Q)
            world.refused("DeviceExists", "Modify", device=C, name="web1")
        equal(slow.answer()["changed"], True)
    equal([d["name"] for d in world.call("ListDevices")["devices"]], ["web1", None])


def test_renamed_meanwhile(world):
    """Neither the name that it has nor the one that it gets is free."""
    prepared(world)
    world.call("Define", uuid=A, matrix=Q, name="old")
    with world.client() as slow:
        with slow_apply(world, slow, A, Q, start="auto", name="new"):
            for name in ("old", "new"):
                world.refused("DeviceExists", "Define", name=name, matrix=Q)
                world.refused("DeviceExists", "Define", uuid=B, name=name, matrix=Q)
                world.refused("DeviceExists", "Apply", state=document(B, matrix([2], [2]), name=name))
        slow.answer()
    world.call("Define", name="old", matrix=Q)


def test_automatic_definitions(world):
    prepared(world)
    with world.client() as slow:
        with slow_apply(world, slow, A, Q, start="auto"):
            for method, more in (("Define", {"uuid": B, "matrix": Q, "start": "auto"}),
                                 ("Apply", {"state": {"version": 1, "devices": [
                                     {"uuid": B, "start": "auto", **Q}, {"uuid": C, **Q}]}})):
                problems = world.refused("Conflict", method, **more).parameters["problems"]
                check("definitionConflict" in {p["code"] for p in problems}, problems)
                contains(" ".join(p["message"] for p in problems), A)
        slow.answer()
    equal([d["uuid"] for d in world.call("ListDevices")["devices"]], [A])


def test_queues(world):
    prepared(world)
    for uuid, value in ((B, Q), (C, matrix([1, 2], [2])), (D, matrix([2], [5]))):
        world.call("Define", uuid=uuid, matrix=value)
    with world.client() as slow:
        with slow_apply(world, slow, A, Q, start="auto", name="web1"):
            for uuid in (B, C):
                error = world.refused("Conflict", "Start", device=uuid)
                contains(error.messages(), "01.0002", A)
            # of many devices too
            both = {"version": 1, "devices": [{"uuid": uuid, "start": "auto", **value} for uuid, value
                                              in ((B, Q), (D, matrix([2], [5])))]}
            contains(world.refused("Conflict", "Apply", state=both).messages(), "01.0002", A, B)
            world.call("Start", device=D)
        equal(slow.answer()["changed"], True)
    equal((world.active(A), world.active(B), world.active(C)), (ap_config(Q), None, None))


def test_queues_of_a_device_that_grows(world):
    world.init("--cards", "4", "--domains", "8")
    world.start()
    # force: no other adapter has these modes
    world.call("Reserve", adapters=[1, 2], force=True)
    world.call("Define", uuid=A, matrix=Q)
    world.call("Start", device=A)
    world.call("Define", uuid=B, matrix=matrix([2], [3]))
    with world.client() as slow:
        with world.blocked("ap_config") as reached:
            slow.send("Assign", {"device": A, "matrix": matrix([2], [3])})
            reached()
            contains(world.refused("Conflict", "Start", device=B).messages(), "02.0003", A)
            # and they do not go back to the host either
            contains(world.refused("Conflict", "Release", adapters=[2]).messages(), "02.000", A)
        slow.answer()
    equal(world.active(A), ap_config(matrix([1, 2], [2, 3])))


def test_that_fails(world):
    """The queues and the name of a failed change are free again."""
    prepared(world)
    world.simctl("fail", "ap_config", "EIO")
    with world.client() as slow:
        with slow_apply(world, slow, A, Q, start="auto", name="web1"):
            world.refused("DeviceExists", "Define", uuid=B, name="web1", matrix=Q)
        try:
            slow.answer()
            check(False, "it did not fail")
        except VarlinkError as error:
            equal(error.short, "KernelRefused")
    world.call("Define", uuid=B, name="web1", matrix=Q, start="auto")
    world.call("Start", device=B)


def test_half_of_it_is_no_drift(world):
    """A kernel that takes one number a write: in between the device is neither what it was nor will be."""
    prepared(world, "--without", "ap_config", "--max-adapter", "15", "--max-domain", "15")
    world.call("Define", uuid=A, matrix=Q)
    world.call("Start", device=A)
    world.call("Define", uuid=B, matrix=matrix([1], [7]))
    with world.monitor() as monitor, world.client() as slow:
        # behind the first of three
        with world.blocked("assign_domain", "after", 1) as reached:
            slow.send("Assign", {"device": A, "matrix": matrix([], [3, 4, 5])})
            reached()
            # it goes on beside others, one of which has many devices read
            world.call("Start", device=B)
            for start in ("auto", "manual"):
                world.call("Modify", device=B, start=start)
        slow.answer()
        world.call("Modify", device=B, name="last")
        while True:
            event = monitor.event()
            device = event.get("device") or {}
            problem = event.get("problem") or {}
            check("drift" not in [p["code"] for p in device.get("problems", [])] + [problem.get("code")],
                  event)
            if device.get("name") == "last":
                break
    equal(world.device(A)["problems"], [])
    # what another program does to it is drift all the same
    world.simctl("write", "unassign_domain", 3, A)
    world.wait_until("the drift is seen", lambda: "drift" in world.problems(A))
