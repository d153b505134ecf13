# SPDX-License-Identifier: GPL-2.0-or-later
"""Bits of the masks that another program clears: apqd never sets them, whatever way is taken."""
from harness import A, B, check, contains, equal, mask, matrix
from harness import in_background

OLD = ("--kernel", "6.12")
ALL = set(range(256))


def masks_are(world, adapters=(), domains=(), what=""):
    """All bits of both masks are 1 but these."""
    found = world.ownership()
    equal((found["apmask"], found["aqmask"]), (mask(ALL - set(adapters)), mask(ALL - set(domains))),
          what)


def others_write(world, name, value):
    """Another program writes a mask, and apqd has seen it."""
    world.simctl("write", name, value)
    member = "hostAdapters" if name == "apmask" else "hostDomains"
    written = world.simctl("read", name).strip()
    world.wait_until("the mask is seen", lambda: mask(world.host()[member]) == written)


def three_queues(world, **more):
    return world.call("Reserve", queues=["01.0000", "01.0001", "01.0002"], **more)


def restart(world):
    world.restart()


def kill(world):
    world.kill()
    world.start()


def again(world):
    three_queues(world)


def start_another(world):
    world.call("Define", uuid=B, matrix=matrix([2], [4]))
    world.call("Start", device=B, reserve=True)
    world.call("Stop", device=B)
    world.call("Undefine", device=B)
    world.call("Release", queues=["02.0004"])


def assign_another(world):
    world.call("Define", uuid=B, matrix=matrix([1], [0]))
    world.call("Assign", device=B, matrix=matrix([1], [1]), reserve=True)
    world.call("Undefine", device=B)


def export_and_apply(world):
    equal(world.call("Apply", state=world.call("Export")["state"])["steps"], [])


def export_and_prune(world):
    equal(world.call("Apply", state=world.call("Export")["state"], prune=True)["steps"], [])


def release_another(world):
    world.call("Reserve", adapters=[2])
    world.call("Release", adapters=[2])


def boot(world):
    """A boot at which the other program is there before apqd."""
    found = world.ownership()
    world.terminate()
    world.remove_runtime()
    world.init(*OLD)
    for name in ("apmask", "aqmask"):
        world.simctl("write", name, found[name])
    world.start()


WAYS = (restart, kill, again, start_another, assign_another, export_and_apply, export_and_prune,
        release_another, boot)


def test_over_every_way(world):
    """Bits that another program clears beside a reservation stay cleared after its release."""
    for way in WAYS:
        world.start(*OLD)
        three_queues(world)
        masks_are(world, {1})
        own = world.policy()["masks"]
        others_write(world, "aqmask", "-0-2")
        way(world)
        masks_are(world, {1}, {0, 1, 2}, way.__name__)
        equal(world.policy()["masks"], own, way.__name__)
        equal(world.host()["otherDomains"], [0, 1, 2], way.__name__)
        world.call("Release", adapters=[1], domains=[0, 1, 2])
        masks_are(world, (), {0, 1, 2}, f"{way.__name__}, and released")
        equal(world.policy().get("reserved"), None, way.__name__)
        world.terminate()
        world.remove_runtime()


test_over_every_way.seconds = 4


def test_a_restart_rewrites_nothing(world):
    """Neither a mask nor host.json, whoever cleared which bit, and whatever rests on it."""
    for name, value in (("aqmask", "-0-2"), ("apmask", "-2-3"), ("aqmask", "-7-7")):
        for first in (True, False):
            world.start(*OLD)
            if first:
                three_queues(world)
            others_write(world, name, value)
            three_queues(world)
            before = world.ownership(), world.disk()
            for end in (world.terminate, world.kill):
                end()
                world.simctl("count", "reset")
                world.start()
                equal((world.ownership(), world.disk(), world.count("writes")), (*before, 0),
                      f"{name} {value} {first}")
            world.call("Release", adapters=[1, 2, 3])
            taken = mask(ALL - set(range(int(value[1]), int(value[-1]) + 1)))
            equal(world.ownership()[name], taken, f"{name} {value} {first}")
            world.terminate()
            world.remove_runtime()


def test_reserved_and_cleared_by_others(world):
    """A reservation of what another program took is kept, and its release gives nothing back."""
    for options, parameters in ((OLD, {"adapters": [3]}), (OLD, {"queues": ["03.0001"]}),
                                ((), {"adapters": [3]}), ((), {"adapters": [3], "domains": [1]})):
        world.init(*options)
        world.simctl("write", "apmask", "-3")
        world.start(*options)
        reply = world.call("Reserve", **parameters)
        equal(([s["action"] for s in reply["steps"]], reply["collateral"]), (["writePolicy"], []))
        equal(world.policy()["masks"], {"adapters": [], "domains": []})
        reply = world.call("Release", **parameters)
        masks_are(world, {3}, (), parameters)
        check("03.0001" in reply["collateral"], reply)
        equal((reply["host"]["otherAdapters"], world.policy()), ([3], {}))
        # where nothing is reserved either
        reply = world.call("Release", adapters=[3])
        equal((reply["changed"], reply["steps"]), (False, []))
        check("03.0001" in reply["collateral"], reply)
        masks_are(world, {3}, (), parameters)
        world.terminate()
        world.remove_runtime()


def test_what_it_clears_itself_at_a_boot_is_its_own(world):
    """Another program took it before the boot, and is gone: then apqd clears it, and gives it back."""
    world.init(*OLD)
    world.simctl("write", "apmask", "-3")
    world.start()
    world.call("Reserve", adapters=[3])
    world.terminate()
    world.remove_runtime()
    world.init(*OLD)
    world.start()
    masks_are(world, {3})
    equal(world.policy()["masks"], {"adapters": [3], "domains": []})
    world.call("Release", adapters=[3])
    masks_are(world)


def test_written_at_the_same_time(world):
    """A bit that is cleared while a change is at work is left alone by the change and its undo."""
    for fails in (False, True):
        world.start(*OLD)
        world.call("Define", uuid=A, matrix=matrix([1], [1]))
        world.call("Reserve", domains=[2])
        if fails:
            world.simctl("fail", "ap_config", "EIO")
        with world.blocked("apmask") as reached:
            wait = in_background(world.call if not fails else world.refused,
                                 *(() if not fails else ("KernelRefused",)), "Apply", state={
                "version": 1,
                "host": {"reserved": {"adapters": [1], "domains": [3], "queues": []}},
                "devices": [{"uuid": A, "name": None, "start": "auto", "adapters": [1],
                             "domains": [1]}]}, prune=True)
            reached()
            world.simctl("write", "aqmask", "-9")
        wait()
        world.simctl("clear")
        masks_are(world, () if fails else {1}, {2, 9} if fails else {3, 9}, fails)
        if not fails:
            world.call("Stop", device=A)
        world.call("Release", adapters=[1], domains=None)
        world.call("Release", domains=[2, 3])
        masks_are(world, (), {9}, fails)
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()
        world.simctl("init", *OLD)


def test_overrides_need_all_bits(world):
    """They are not set for a move: it is refused, with the command that gives them back."""
    world.init()
    world.simctl("write", "apmask", "-3")
    world.start()
    for parameters in ({"queues": ["01.0001"]}, {"adapters": [3]}):
        error = world.refused("Conflict", "Reserve", mechanism="overrides", **parameters)
        contains(error.messages(), "adapters 03", "chzdev -t ap apmask=+3")
        masks_are(world, {3})
    error = world.refused("Conflict", "Apply", state={
        "version": 1, "devices": [], "host": {"ownership": "overrides", "reserved": {
            "adapters": [3], "domains": [], "queues": []}}})
    contains(error.messages(), "chzdev -t ap apmask=+3")
    equal((world.policy(), world.count("writes")), ({}, 0))


def test_enforce_leaves_others_alone(world):
    world.start(*OLD)
    three_queues(world)
    world.write_file(world.host_path, {**world.policy(), "enforce": True})
    others_write(world, "aqmask", "-0-2")
    others_write(world, "apmask", "-2")
    # what is reserved is taken again, and what is not stays another program's
    world.simctl("write", "apmask", "+1-2")
    world.wait_until("it is taken again", lambda: 1 not in world.host()["hostAdapters"])
    masks_are(world, {1}, {0, 1, 2})
    equal(world.policy()["masks"], {"adapters": [1], "domains": []})
    world.call("Release", adapters=[1], domains=[0, 1, 2])
    masks_are(world, (), {0, 1, 2})
