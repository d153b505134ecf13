# SPDX-License-Identifier: GPL-2.0-or-later
"""Who else decides about the host's queues: other managers, masks at boot, and a bad host.json."""
import os
import time

from harness import A, B, ap_config, check, contains, equal, mask, matrix
from test_ownership import OLD, ALL, drivers, row, boot

RULES = "/etc/udev/rules.d/41-ap.rules"


def taken(world):
    """The ids whose bits are 0 in apmask, and in aqmask."""
    found = world.ownership()
    return tuple([i for i in range(256) if not int(found[name], 16) >> (255 - i) & 1]
                 for name in ("apmask", "aqmask"))


# --- other managers


def test_foreign_overrides(world):
    world.start()
    world.simctl("write", "driver_override", "cex4queue", "01.0001")
    world.simctl("write", "driver_override", "vfio_ap", "01.0002")
    world.wait_until("they are told", lambda: "otherOverrides" in world.host_problems())
    contains(world.host_problems()["otherOverrides"], "01.0001-0002", "'apqctl policy --ownership observe'")
    before = world.ownership()
    # what names a queue of another manager is refused, and all else leaves them alone
    for method, queue in (("Reserve", "01.0001"), ("Release", "01.0002")):
        for mechanism in ("overrides", "masks"):
            wish = {"queues": [queue], "mechanism": mechanism}
            error = world.refused("Conflict", method, **wish)
            contains(error.messages(), "01.000", "driver_override")
            equal(world.ownership(), before, f"{method} {wish}")
    # one that the host has anyway need not be given back
    equal(world.call("Release", queues=["01.0001"])["changed"], False)
    world.refused("Conflict", "Reserve", adapters=[2], mechanism="masks")
    world.call("Reserve", adapters=[2])
    world.call("Release", adapters=[2])
    equal(world.ownership(), before)
    equal(set(world.host_problems()), {"otherOverrides"})


def test_foreign_override_on_a_reserved_queue(world):
    """Another manager takes one of ours for another driver: told, and left alone by all else."""
    world.start()
    world.call("Reserve", queues=["01.0001-0002"])
    world.simctl("write", "driver_override", "cex4queue", "01.0001")
    world.simctl("write", "unbind", "01.0001", "01.0001")
    world.simctl("write", "drivers_probe", "01.0001")
    world.wait_until("it is told", lambda: "otherOverrides" in world.host_problems())
    contains(world.host_problems()["otherOverrides"], "01.0001")
    contains(world.host_problems()["reservationLost"], "01.0001")
    theirs = ("cex4queue", "cex4queue")

    def kept(what, *expected):
        equal((world.ownership()["queues"]["01.0001"], drivers(world)), (theirs, set(expected)),
              what)

    world.call("Reserve", queues=["02.0001"])
    kept("another reservation", "01.0002", "02.0001")
    world.restart()
    kept("a restart", "01.0002", "02.0001")
    world.write_file(world.host_path, {**world.policy(), "enforce": True})
    world.settle()
    kept("enforce", "01.0002", "02.0001")
    world.refused("Conflict", "Reserve", queues=["01.0001"])
    world.call("Release", queues=["01.0002", "02.0001"])
    kept("a release")
    world.simctl("write", "driver_override", "\n", "01.0001")
    world.simctl("write", "unbind", "01.0001", "01.0001", status=None)
    world.simctl("write", "drivers_probe", "01.0001")
    world.wait_until("it is taken again", lambda: drivers(world) == {"01.0001"})
    world.wait_until("it is well", lambda: not world.host_problems())


def test_foreign_overrides_beside_masks(world):
    """Reserved by the masks; then somebody gives the masks back and overrides: apqd keeps off."""
    world.start()
    world.call("Reserve", adapters=[1])
    world.simctl("write", "apmask", "+1")
    world.simctl("write", "driver_override", "vfio_ap", "01.0002")
    world.wait_until("it is told", lambda: "otherMechanism" in world.host_problems())
    contains(world.host_problems()["otherMechanism"], "driver_override")
    check("otherOverrides" in world.host_problems() and
          "reservationLost" in world.host_problems(), world.host_problems())
    before = world.ownership()
    for method in ("Reserve", "Release"):
        error = world.refused("Conflict", method, adapters=[1])
        contains(error.messages(), "01.0002")
    world.restart()
    equal(world.ownership(), before)
    world.write_file(world.host_path, {**world.policy(), "enforce": True})
    world.settle()
    equal(world.ownership(), before)


def test_bits_that_others_took_stay_theirs(world):
    """Taken after ours; whatever is reserved and released beside them, they stay."""
    for options in (OLD, ()):
        world.start(*options)
        world.call("Reserve", adapters=[0], mechanism="masks")
        world.simctl("write", "apmask", "-3")
        world.simctl("write", "aqmask", "-7")
        world.call("Reserve", adapters=[2])
        equal(world.policy()["masks"], {"adapters": [0, 2], "domains": []})
        for adapter, left in ((2, [0, 3]), (0, [3])):
            world.call("Release", adapters=[adapter])
            equal(taken(world), (left, [7]), f"{options} {adapter}")
        equal(world.policy(), {})
        # of what somebody reserved by hand, without "masks", nothing is known to be ours
        world.simctl("write", "apmask", "-1")
        world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [1]}})
        world.wait_until("it is read", lambda: world.host()["reserved"]["adapters"] == [1])
        world.call("Release", adapters=[1])
        equal(taken(world), ([1, 3], [7]))
        world.terminate()
        world.remove_runtime()


def test_overrides_beside_bits_of_others(world):
    """The first override would give them to the host: refused, also where host.json asks for it."""
    world.start()
    world.call("Reserve", adapters=[0], mechanism="masks")
    world.simctl("write", "apmask", "-3")
    error = world.refused("Conflict", "Reserve", adapters=[1], mechanism="overrides")
    equal(error.parameters["problems"][0]["code"], "otherMechanism")
    contains(error.messages(), "adapters 03")
    equal((taken(world), world.policy()["reserved"]["adapters"]), (([0, 3], []), [0]))
    # also with what is theirs reserved, for the bit is not apqd's to set; once it is given back, it goes
    world.refused("Conflict", "Reserve", adapters=[1, 3], mechanism="overrides")
    equal(taken(world), ([0, 3], []))
    world.simctl("write", "apmask", "+3")
    world.call("Reserve", adapters=[1, 3], mechanism="overrides")
    equal((taken(world), drivers(world)), (([], []), row(0) | row(1) | row(3)))
    world.terminate()
    world.remove_runtime()
    world.write_file(world.host_path, {"ownership": "overrides", "reserved": {"adapters": [1]}})
    world.init()
    world.simctl("write", "apmask", "-3")
    world.start()
    error = world.refused("Conflict", "Reserve", queues=["02.0001"])
    equal(error.parameters["problems"][0]["code"], "otherMechanism")
    equal((taken(world), drivers(world)), (([3], []), row(3)))


def test_bits_set_at_boot_are_ours(world):
    """Somebody had given a reserved queue's bit back for good; what a boot sets again is not his."""
    world.write_file(world.host_path, {"ownership": "masks", "reserved": {"queues": ["01.0001", "02.0002"]},
                                       "masks": {"adapters": [1], "domains": []}})
    world.start()
    equal(taken(world), ([1], [2]))
    equal(world.policy()["masks"], {"adapters": [1], "domains": [2]})
    world.call("Reserve", queues=["01.0002"], mechanism="overrides")
    equal((taken(world), drivers(world)), (([], []), {"01.0001", "01.0002", "02.0002"}))


def test_release_takes_nothing(world):
    """What somebody gave to the host meanwhile stays there while something else is released."""
    world.start(*OLD)
    world.call("Reserve", queues=["01.0001"])
    world.call("Reserve", adapters=[2])
    equal(taken(world), ([2], [1]))
    world.simctl("write", "aqmask", "+1")
    world.call("Release", adapters=[2])
    equal((taken(world), drivers(world)), (([], []), set()))
    equal(world.policy()["reserved"]["queues"], ["01.0001"])
    contains(world.host_problems()["reservationLost"], "01.0001")
    world.terminate()
    world.remove_runtime()
    os.unlink(world.host_path)
    world.start()
    world.call("Reserve", queues=["01.0001", "02.0001"], mechanism="overrides")
    world.simctl("write", "driver_override", "\n", "01.0001")
    world.simctl("write", "unbind", "01.0001", "01.0001")
    world.simctl("write", "drivers_probe", "01.0001")
    world.call("Release", queues=["02.0001"])
    equal((drivers(world), world.policy()["reserved"]["queues"]), (set(), ["01.0001"]))


def test_release_of_what_is_not_reserved(world):
    for options in (OLD, ()):
        for policy in (None, {"ownership": "overrides"}, {"ownership": "masks", "note": "ours"}):
            world.init(*options)
            if policy:
                world.write_file(world.host_path, policy)
            world.simctl("write", "apmask", "-3")
            world.start(*options)
            world.simctl("count", "reset")
            disk = world.disk()
            for what in ({"adapters": [2]}, {"queues": ["01.0003"]}):
                equal(world.call("Release", **what)["changed"], False, f"{policy} {what}")
            equal((taken(world), world.disk(), world.count("writes")), (([3], []), disk, 0))
            world.terminate()
            world.remove_runtime()
            if policy:
                os.unlink(world.host_path)


def test_release_of_another_managers_queue(world):
    """It is overridden for vfio_ap, as apqd would; but apqd did not do it."""
    world.init()
    world.simctl("write", "driver_override", "vfio_ap", "01.0001")
    world.simctl("write", "unbind", "01.0001", "01.0001")
    world.simctl("write", "drivers_probe", "01.0001")
    world.start()
    world.simctl("count", "reset")
    before = world.ownership()
    for what in ({"queues": ["01.0001"]}, {"adapters": [1]}, {"domains": [1]}):
        error = world.refused("Conflict", "Release", **what)
        equal(error.parameters["problems"][0]["code"], "otherOverrides")
        equal(error.parameters["problems"][0]["queues"], ["01.0001"])
    equal((world.ownership(), world.policy(), world.count("writes")), (before, {}, 0))


def test_overrides_wanted_of_a_kernel_without(world):
    world.init(*OLD)
    world.write_file(world.host_path, {"ownership": "overrides", "reserved": {"adapters": [1]}})
    world.start(*OLD)
    equal(set(world.host_problems()), {"otherMechanism", "reservationLost"})
    contains(world.host_problems()["otherMechanism"], "this kernel does not have",
             "'apqctl reserve --masks'")
    error = world.refused("Conflict", "Reserve", adapters=[2])
    equal(error.parameters["problems"][0]["code"], "otherMechanism")
    equal(taken(world), ([], []))
    # the way out that it names
    world.call("Reserve", adapters=[2], mechanism="masks")
    equal((taken(world), world.host_problems()), (([1, 2], []), {}))
    world.call("Release", adapters=[1, 2])
    equal((taken(world), world.policy()), (([], []), {}))


def test_masks_changed_by_others(world):
    for options in (OLD, ()):
        world.start(*options)
        world.call("Reserve", adapters=[1, 2], mechanism="masks")
        world.simctl("count", "reset")
        world.simctl("write", "apmask", "+1")
        world.wait_until("it is told", lambda: "reservationLost" in world.host_problems())
        contains(world.host_problems()["reservationLost"], "01.0000-0007",
                 "'apqctl reserve --queues 01.0000-0007'")
        world.simctl("plug", 9, "on")
        world.settle()
        equal((world.count("writes"), drivers(world)), (0, row(2) | set()), "not fought:")
        equal(world.call("Reserve", adapters=[1])["changed"], True)
        equal((drivers(world), world.host_problems()), (row(1) | row(2), {}))
        world.call("Release", adapters=[1, 2])
        world.terminate()
        world.remove_runtime()


def test_enforce(world):
    for mechanism in ("masks", "overrides"):
        world.start()
        world.call("Reserve", adapters=[1], mechanism=mechanism)
        world.write_file(world.host_path, {**world.policy(), "enforce": True})
        world.wait_until("the policy is read", lambda: world.host()["mechanism"] == mechanism)

        def undo():
            if mechanism == "masks":
                world.simctl("write", "apmask", "+1", status=None)
            else:
                world.simctl("write", "driver_override", "\n", "01.0001", status=None)
                world.simctl("write", "unbind", "01.0001", "01.0001", status=None)
                world.simctl("write", "drivers_probe", "01.0001", status=None)

        for _ in range(2):
            undo()
            world.wait_until("it is taken again", lambda: drivers(world) == row(1))
        world.wait_until("nothing is lost", lambda: not world.host_problems())
        # not without a pause
        attribute = "apmask" if mechanism == "masks" else "driver_override"
        world.simctl("count", "reset")
        begin = time.monotonic()
        while time.monotonic() < begin + 2.5:
            undo()
            time.sleep(0.01)
        world.wait_until("it is taken again", lambda: world.count(attribute) >= 1)
        # so many in the time that it has taken, however long that was
        most = 5 * (time.monotonic() - begin) / 2.5
        check(world.count(attribute) <= most, mechanism, "writes:", world.count(attribute))
        world.wait_until("it is taken at last", lambda: drivers(world) == row(1))
        world.terminate()
        world.remove_runtime()
        os.unlink(world.host_path)


test_enforce.seconds = 9


def test_enforce_does_not_keep_a_start_waiting(world):
    """The pause is for drift: after what a start itself has to do, nobody waits for it."""
    shortest = {}
    world.start()
    world.call("Reserve", adapters=[1], mechanism="masks")
    policy = world.policy()
    # whatever else takes time, of many starts one shows that it does not wait for the pause
    for enforce in (False, True) * 10:
        if len(shortest) == 2 and shortest[True] < shortest[False] + 0.9:
            return
        world.terminate()
        world.write_file(world.host_path, {**policy, "enforce": enforce})
        world.simctl("write", "apmask", "+1")
        begin = time.monotonic()
        world.start()
        seconds = time.monotonic() - begin
        equal(drivers(world), row(1))
        shortest[enforce] = min(shortest.get(enforce, seconds), seconds)
    check(False, shortest)


def test_masks_at_boot(world):
    """chzdev's rule and the command line, which say something else than host.json."""
    other = f"{mask(ALL - {3})}"
    for line, rule in ((False, True), (True, False), (True, True)):
        options = ("--boot-apmask", other[2:]) if line else ()
        world.init(*options)
        if rule:
            world.write_file(world.root + RULES, 'ACTION=="add", SUBSYSTEM=="ap", KERNEL=="ap", '
                             f'\nATTR{{../../bus/ap/apmask}}="{other}"\n')
        world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [1]},
                                           "masks": {"adapters": [1], "domains": []}})
        world.start(*options)
        message = world.host_problems().get("bootMasksDisagree")
        check(message, world.host_problems())
        contains(message, "41-ap.rules" if rule else "command line", other, mask(ALL - {1}),
                 "host.json")
        if rule:
            os.unlink(world.root + RULES)
        if not line:
            world.wait_until("it is well", lambda: not world.host_problems())
        world.terminate()
        world.remove_runtime()
        os.unlink(world.host_path)


def test_masks_at_boot_that_agree(world):
    same = mask(ALL - {1})
    world.init("--boot-apmask", same[2:])
    world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [1]},
                                       "masks": {"adapters": [1], "domains": []}})
    world.start()
    equal((world.host_problems(), drivers(world), world.count("writes") <= 1), ({}, row(1), True))


def test_observe(world):
    """apqd never touches ownership, and complains about nothing of it."""
    for reserved in (None, {"adapters": [1]}):
        world.init()
        world.simctl("write", "driver_override", "cex4queue", "01.0001")
        world.simctl("write", "driver_override", "vfio_ap", "02.0001")
        world.simctl("write", "unbind", "02.0001", "02.0001")
        world.simctl("write", "drivers_probe", "02.0001")
        policy = {"ownership": "observe", "enforce": True}
        if reserved:
            policy["reserved"] = reserved
        world.write_file(world.host_path, policy)
        world.write_definition(A, matrix([2], [1]), start="auto")
        world.simctl("count", "reset")
        world.start()
        equal((world.host()["mechanism"], world.host_problems()), ("observe", {}))
        before = world.ownership()
        world.simctl("plug", 1, "off")
        world.simctl("plug", 1, "on")
        for method in ("Reserve", "Release"):
            for more in ({}, {"mechanism": "masks"}, {"mechanism": "overrides"}):
                error = world.refused("Conflict", method, adapters=[1], **more)
                contains(error.messages(), '"observe"')
        world.call("Define", uuid=B, matrix=matrix([3], [3]))
        error = world.refused("Conflict", "Start", device=B, reserve=True)
        contains(error.messages(), '"observe"')
        # devices go on: their queues are somebody else's business
        equal(world.active(A), ap_config(matrix([2], [1])))
        for attribute in ("apmask", "aqmask", "driver_override", "unbind", "drivers_probe"):
            equal(world.count(attribute), 0, attribute)
        equal(world.policy(), policy)
        equal(world.host_problems(), {})
        equal(world.ownership()["apmask"], before["apmask"])
        world.call("Undefine", device=B)
        world.terminate()
        world.remove_runtime()


def test_enforce_switched_on_later(world):
    world.start()
    world.call("Reserve", adapters=[1], mechanism="masks")
    world.simctl("write", "apmask", "+1")
    world.wait_until("it is told", lambda: "reservationLost" in world.host_problems())
    policy = world.policy()
    world.write_file(world.host_path, {**policy, "enforce": True})
    world.wait_until("it is taken again", lambda: drivers(world) == row(1))
    world.wait_until("nothing is lost", lambda: not world.host_problems())
    world.write_file(world.host_path, policy)
    world.call("Reload")
    world.simctl("write", "apmask", "+1")
    time.sleep(1.3)
    equal((drivers(world), list(world.host_problems())), (set(), ["reservationLost"]))


test_enforce_switched_on_later.seconds = 2


def test_enforce_beside_a_device_of_the_host(world):
    """What was given to the host while a device of another program waits for it is no circle."""
    world.start()
    world.call("Reserve", adapters=[1], mechanism="masks")
    world.write_file(world.host_path, {**world.policy(), "enforce": True})
    world.call("Reload")
    world.simctl("fail", "apmask", "EBUSY", "times", 0)
    world.simctl("count", "reset")
    world.simctl("write", "apmask", "+1")
    world.wait_until("it is told", lambda: "reservationLost" in world.host_problems())
    begin = time.monotonic()
    while time.monotonic() < begin + 1.5:
        world.simctl("domain", 7, "off")
        world.simctl("domain", 7, "on")
    most = 3 * (time.monotonic() - begin) / 1.5
    check(world.count("writes") <= most, "writes:", world.count("writes"))
    world.simctl("clear")
    world.wait_until("it is taken again", lambda: drivers(world) == row(1))


test_enforce_beside_a_device_of_the_host.seconds = 3


# --- a bad host.json

BAD = (("{\n\n", "line 3", ""), ('{"ownership": "mine"}', "line 1", "ownership"),
       ('{"ownership": "masks",\n "reserved": {"adapters": [4, 256]}}', "line 2",
        "reserved.adapters"),
       ('{"reserved": {"queue": ["01.0001"]}}', "line 1", "queue"),
       ('{\n"reserved": {\n"queues": ["1.1", "x"]}}', "line 3", "reserved.queues"),
       ('{"reserved": [1]}', "line 1", "reserved"),
       ('{"masks": {"adapters": [1]}}', "line 1", "masks"),
       ('{"interrupts": {"gisa": "on"}}', "line 1", "interrupts.gisa"),
       ('{"interrupts": {\n"pollTimeout": -1}}', "line 2", "interrupts.pollTimeout"),
       ('{"enforce": "yes",\n "reserved": {"adapters": [1]}}', "line 1", "enforce"))


def test_bad_policy(world):
    world.init()
    world.write_definition(A, matrix([2], [1]), start="auto")
    world.give(2)
    kernel = None
    for text, line, key in BAD:
        world.write_file(world.host_path, text)
        world.simctl("count", "reset")
        world.start()
        kernel = kernel or world.ownership()
        contains(world.host_problems()["badHostPolicy"], line, key, "host.json")
        equal(world.active(A), ap_config(matrix([2], [1])), "devices start:")
        for method, parameters in (("Reserve", {"adapters": [1]}), ("Release", {"adapters": [2]}),
                                   ("Start", {"device": B, "reserve": True})):
            if method == "Start":
                world.call("Define", uuid=B, matrix=matrix([1], [1]))
            error = world.refused("Conflict", method, **parameters)
            contains(error.messages(), "host.json", "apqctl status")
        error = world.refused("BadDefinition", "SetInterrupts", gisa=False)
        contains(error.parameters["reason"], "host.json")
        with open(world.host_path, encoding="utf-8") as file:
            equal(file.read(), text)
        equal(world.ownership(), kernel, text)
        for attribute in ("apmask", "aqmask", "driver_override", "unbind", "use_gisa",
                          "poll_thread", "poll_timeout"):
            equal(world.count(attribute), 0, attribute)
        world.call("Undefine", device=B)
        world.terminate()


def test_bad_policy_repaired(world):
    world.start()
    world.call("Reserve", adapters=[1])
    good = world.policy()
    found = world.ownership()
    for repair in ("live", "restart"):
        world.write_file(world.host_path, '{"ownership": "masks" "reserved"')
        world.wait_until("it is told", lambda: "badHostPolicy" in world.host_problems())
        equal(set(world.host_problems()), {"badHostPolicy"})
        equal(world.ownership(), found)
        if repair == "restart":
            world.restart()
            equal((set(world.host_problems()), world.ownership()), ({"badHostPolicy"}, found))
            world.terminate()
        world.write_file(world.host_path, good)
        if repair == "restart":
            world.start()
        world.wait_until("it is well again", lambda: not world.host_problems())
        equal(world.host()["reserved"]["adapters"], [1])
        equal(world.ownership(), found)
        equal(world.call("Reserve", adapters=[1])["changed"], False)
    world.call("Reserve", adapters=[2])
    equal(drivers(world), row(1) | row(2))


def test_policy_that_appears_bad_at_boot_is_no_order(world):
    """With a bad file a fresh kernel stays as it is; once it is good, a start carries it out."""
    world.init()
    world.write_file(world.host_path, '{"reserved": {"adapters": [1]},}')
    world.start()
    equal((drivers(world), world.count("writes")), (set(), 0))
    world.write_file(world.host_path, '{"reserved": {"adapters": [1]}}')
    world.wait_until("it is read", lambda: "badHostPolicy" not in world.host_problems())
    world.restart()
    equal((drivers(world), world.host_problems()), (row(1), {}))
