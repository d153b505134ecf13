# SPDX-License-Identifier: GPL-2.0-or-later
"""Define with startNow and reserve: one change, of which all is done or nothing."""
from harness import A, B, C, ap_config, check, contains, equal, matrix

CARDS = ("--cards", "4", "--domains", "8")
M = matrix([1], [2, 3])


def everything(world):
    return {**world.state(), "ownership": world.ownership()}


def test_dry_run_is_the_real_run(world):
    """For each mechanism: the same steps and collateral, and nothing is touched."""
    for kernel in ((), ("--kernel", "6.12")):
        world.start(*CARDS, *kernel)
        for uuid, value, more in ((A, M, {"reserve": True}), (B, matrix([2], [5]), {"reserve": True}),
                                  (C, matrix([3], [6]), {"reserve": True, "start": "auto"})):
            before = everything(world)
            dry = world.call("Define", uuid=uuid, matrix=value, startNow=True, dryRun=True, **more)
            equal(everything(world), before, "a dry run touched something")
            done = world.call("Define", uuid=uuid, matrix=value, startNow=True, **more)
            equal((dry["steps"], dry["collateral"]), (done["steps"], done["collateral"]))
            equal(world.active(uuid), ap_config(value))
            equal(done["device"]["definition"], value)
            equal(done["device"]["problems"], [])
            again = world.call("Define", uuid=uuid, matrix=value, startNow=True, **more)
            equal((again["changed"], again["steps"]), (False, []))
        world.terminate()
        world.clear()


def test_refusals_leave_nothing(world):
    world.start(*CARDS, "--max-domain", "15")
    world.give(2)
    world.call("Define", uuid=B, name="web2", matrix=matrix([2], [1]), startNow=True)
    before = everything(world)
    for dry_run in (True, False):
        for code, value, more in (("queueHostOwned", M, {}),
                                  ("queueConflict", matrix([2], [1, 2]), {}),
                                  ("queueConflict", matrix([1, 2], [1]), {"reserve": True}),
                                  ("aboveMaximum", matrix([2], [200]), {})):
            error = world.refused("Conflict", "Define", matrix=value, startNow=True, dryRun=dry_run,
                                  **more)
            check(code in [p["code"] for p in error.parameters["problems"]], error)
        world.refused("DeviceExists", "Define", name="web2", matrix=matrix([2], [4]), startNow=True,
                      dryRun=dry_run)
        world.refused("DeviceExists", "Define", uuid=B, matrix=matrix([2], [4]), startNow=True,
                      dryRun=dry_run)
        world.simctl("kvm", "off")
        world.wait_until("it is seen", lambda: world.host()["interrupts"]["gisa"] is None)
        world.refused("InterruptsUnavailable", "Define", matrix=matrix([2], [4]), startNow=True,
                      interrupts="required", dryRun=dry_run)
        world.simctl("kvm", "on")
        world.wait_until("it is seen", lambda: world.host()["interrupts"]["gisa"] is not None)
        equal(everything(world), before)


def test_failures_leave_nothing(world):
    """A refusal by the kernel undoes all earlier steps: the reservation, the device, the files."""
    for kernel in ((), ("--kernel", "6.12")):
        world.start(*CARDS, *kernel)
        before = everything(world)
        failing = ("create", "ap_config") + (() if kernel else ("drivers_probe",))
        for attribute in failing:
            world.simctl("fail", attribute, "EIO")
            world.refused("KernelRefused", "Define", uuid=A, matrix=M, startNow=True, reserve=True)
            equal(everything(world), before, attribute)
            world.nothing_under_way()
        world.call("Define", uuid=A, matrix=M, startNow=True, reserve=True)
        world.terminate()
        world.clear()


def test_killed_on_the_way(world):
    """The next start finishes it, or undoes it: never a half."""
    for attribute in ("create", "ap_config", "drivers_probe"):
        for when in ("before", "after"):
            world.start(*CARDS)
            before = everything(world)
            world.simctl("crash", attribute, when)
            with world.client() as client:
                client.send("Define", {"uuid": A, "name": "web1", "matrix": M, "startNow": True,
                                       "reserve": True})
                equal(client.receive(), None)
            world.crashed()
            world.start(*CARDS)
            world.nothing_under_way()
            if everything(world) != before:
                equal(world.active(A), ap_config(M), (attribute, when))
                device = world.device("web1")
                equal((device["definition"], device["active"], device["problems"]), (M, M, []))
            world.terminate()
            world.clear()


def test_of_a_guest(world):
    """A device that a guest has, and that another program changed, loses nothing without force."""
    world.start(*CARDS)
    world.give(1, 2)
    world.call("Define", uuid=A, matrix=M, startNow=True)
    world.simctl("write", "ap_config", ap_config(matrix([1, 2], [2, 3])), A)
    guest = world.guest(A)
    world.wait_until("it is seen", lambda: world.device(A)["inUse"])
    for dry_run in (True, False):
        world.refused("DeviceInUse", "Define", uuid=A, matrix=M, startNow=True, dryRun=dry_run)
    world.call("Define", uuid=A, matrix=M, startNow=True, force=True)
    equal(world.active(A), ap_config(M))
    world.end_guest(guest)


def test_reserved_only(world):
    """Without startNow the queues are reserved for a later start."""
    world.start(*CARDS)
    answer = world.call("Define", uuid=A, matrix=M, start="auto", reserve=True)
    equal((world.active(A), answer["device"]["problems"]), (None, []))
    contains(str(world.policy()["reserved"]["queues"]), "01.000")
    world.call("Start", device=A)


def test_by_name(world):
    """Asking again for what is there is no mistake, whether by UUID or by name."""
    world.start(*CARDS)
    uuid = world.call("Define", name="web1", matrix=M)["device"]["uuid"]
    again = world.call("Define", name="web1", matrix=M)
    equal((again["device"]["uuid"], again["changed"]), (uuid, False))
    contains(str(world.refused("DeviceExists", "Define", name="web1", matrix=matrix([1], [3]))), "web1")
    world.refused("DeviceExists", "Define", uuid=A, name="web1", matrix=M)
    world.give(1)
    started = world.call("Define", name="web1", matrix=M, startNow=True)
    equal((started["device"]["uuid"], started["changed"]), (uuid, True))
    equal(world.active(uuid), ap_config(M))
    # two that another program gave one name: neither is meant
    world.write_definition(B, M)
    world.write_file(world.own_path(B), {"version": 1, "name": "web1"})
    world.call("Reload")
    before = everything(world)
    world.refused("DeviceExists", "Define", name="web1", matrix=matrix([1], [3]))
    equal(everything(world), before)
