# SPDX-License-Identifier: GPL-2.0-or-later
"""Drift: told with both sides, left as it is, and undone where somebody says so."""
import time

from harness import A, B, ap_config, check, contains, equal, matrix

M = matrix([2], [1, 2])
OTHER = matrix([2], [1, 5], [3])


def prepared(world, enforce=None, **define):
    if enforce is not None:
        world.write_file(world.root + "/etc/apqd/host.json", {"version": 1, "enforce": enforce})
    world.start()
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=M, name="web1", **define)
    world.call("Start", device=A)
    world.simctl("count", "reset")


def drift(world, value=OTHER):
    world.simctl("write", "ap_config", ap_config(value), A)


def seen(world):
    world.wait_until("the drift is seen", lambda: "drift" in world.problems(A))
    return world.problems(A)["drift"]


def test_both_sides_are_named(world):
    prepared(world)
    drift(world)
    contains(seen(world), "adapters 02", "domains 0001,0005", "0003", "domains 0001-0002",
             "'apqctl start web1'", "'apqctl modify web1 --adopt'")
    device = world.device(A)
    equal((device["active"], device["definition"]), (OTHER, M))


def test_not_undone_by_itself(world):
    for start in ("manual", "auto"):
        if start == "manual":
            prepared(world)
        else:
            world.call("Start", device=A)
            world.call("Modify", device=A, start="auto")
        before = world.disk()
        world.simctl("count", "reset")
        drift(world)
        seen(world)
        world.simctl("plug", 9, "on" if start == "manual" else "off")
        world.restart()
        equal(world.active(A), ap_config(OTHER), start)
        equal((world.count("writes"), world.disk()), (0, before), start)
        # less than defined is drift as well, once it has been whole
        drift(world, matrix([2], [1]))
        seen(world)
        world.restart()
        equal(world.active(A), ap_config(matrix([2], [1])), start)


def test_start_follows_the_definition(world):
    prepared(world)
    drift(world)
    seen(world)
    reply = world.call("Start", device=A)
    equal((reply["changed"], reply["device"]["active"], reply["device"]["problems"]), (True, M, []))
    equal((world.count("ap_config"), world.count("writes")), (1, 1))


def test_adopt_follows_the_kernel(world):
    prepared(world)
    drift(world)
    seen(world)
    before = world.kernel()
    device = world.call("Modify", device=A, adopt=True)["device"]
    equal((device["definition"], device["name"], device["problems"]), (OTHER, "web1", []))
    equal((world.kernel(), world.count("writes")), (before, 0))


def test_adopt_a_foreign_device(world):
    prepared(world)
    world.simctl("write", "create", B)
    world.simctl("write", "ap_config", ap_config(matrix([3], [1])), B)
    world.wait_until("it is seen", lambda: len(world.call("ListDevices")["devices"]) == 2)
    device = world.device(B)
    equal((device["definition"], device["active"], device["problems"]),
          (None, matrix([3], [1]), []))
    world.refused("Unsupported", "Modify", device=B, start="auto")
    device = world.call("Modify", device=B, adopt=True, start="auto", name="b")["device"]
    equal((device["definition"], device["start"], device["name"]), (matrix([3], [1]), "auto", "b"))


def test_definition_changes_under_a_device(world):
    """The other way round: a file is edited while the device runs."""
    prepared(world)
    world.write_definition(A, OTHER)
    contains(seen(world), "0005")
    equal(world.active(A), ap_config(M))
    world.call("Start", device=A)
    equal(world.active(A), ap_config(OTHER))


def test_enforce_undoes_it(world):
    prepared(world, enforce=True)
    for value in (OTHER, matrix([2, 3], [1, 2, 3]), matrix()):
        drift(world, value)
        world.wait_until("it is undone", lambda: world.active(A) == ap_config(M))
    world.wait_until("no problem is left", lambda: not world.problems(A))
    equal(world.count("remove"), 0)


def test_enforce_switched_on_later(world):
    prepared(world)
    drift(world)
    seen(world)
    world.write_file(world.root + "/etc/apqd/host.json", {"enforce": True})
    world.wait_until("it is undone", lambda: world.active(A) == ap_config(M))
    world.write_file(world.root + "/etc/apqd/host.json", {"enforce": False})
    world.call("Reload")
    drift(world)
    seen(world)
    world.settle()
    equal(world.active(A), ap_config(OTHER))


def test_enforce_never_costs_a_guest_its_queues(world):
    prepared(world, enforce=True)
    guest = world.guest(A)
    world.wait_until("in use", lambda: world.device(A)["inUse"])
    more = matrix([2], [1, 2, 5])
    drift(world, more)
    seen(world)
    contains(world.problems(A).get("notStarted", ""), "running guest")
    equal((world.active(A), world.count("writes")), (ap_config(more), 0))
    world.end_guest(guest)
    world.wait_until("it is undone now", lambda: world.active(A) == ap_config(M))
    world.wait_until("no problem is left", lambda: not world.problems(A))


def test_enforce_gives_back_to_a_guest(world):
    """What only adds queues takes nothing from the guest."""
    prepared(world, enforce=True)
    guest = world.guest(A)
    world.wait_until("in use", lambda: world.device(A)["inUse"])
    drift(world, matrix([2], [1]))
    world.wait_until("it is undone", lambda: world.active(A) == ap_config(M))
    check(guest.poll() is None, "the guest ended")


def test_enforce_does_not_fight_without_a_pause(world):
    """Another program that undoes it every time does not make the daemon run in circles."""
    prepared(world, enforce=True)
    begin = time.monotonic()
    while time.monotonic() < begin + 1.5:
        drift(world)
    world.wait_until("it is undone", lambda: world.count("ap_config") >= 1)
    # so many in the time that it has taken, however long that was
    most = 8 * (time.monotonic() - begin) / 1.5
    check(world.count("ap_config") <= most, "writes:", world.count("ap_config"))


test_enforce_does_not_fight_without_a_pause.seconds = 2


def test_enforce_that_cannot(world):
    """What stands in the way is told, and tried again when it may have gone."""
    prepared(world, enforce=True)
    world.simctl("write", "create", B)
    world.simctl("fail", "ap_config", "EBUSY")
    drift(world, matrix([2], [1]))
    contains(seen(world), "0002")
    world.simctl("write", "ap_config", ap_config(matrix([2], [2])), B)
    world.wait_until("it is told", lambda: B in world.problems(A).get("notStarted", ""))
    world.simctl("write", "remove", 1, B)
    world.wait_until("it is undone", lambda: world.active(A) == ap_config(M))


def test_undefined_devices_do_not_drift(world):
    prepared(world, enforce=True)
    world.call("Undefine", device=A)
    drift(world)
    world.wait_until("it is seen", lambda: world.device(A)["active"] == OTHER)
    equal((world.problems(A), world.active(A)), ({}, ap_config(OTHER)))
