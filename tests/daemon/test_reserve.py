# SPDX-License-Identifier: GPL-2.0-or-later
"""Queues change hands: reserve, release, and start and assign with it, all of it or nothing."""
import re
import shlex

from harness import A, B, ap_config, check, contains, equal, mask, matrix

OLD = ("--kernel", "6.12")
ALL = set(range(256))
FULL = mask(ALL)
NONE = {"adapters": [], "domains": [], "queues": []}


def given(world):
    """The queues that vfio_ap has, and of them those by an override."""
    queues = world.ownership()["queues"]
    return ({name for name, (_, driver) in queues.items() if driver == "vfio_ap"},
            {name for name, (override, _) in queues.items() if override == "vfio_ap"})


def masks_are(world, adapters=(), domains=()):
    """All bits of both masks are 1 but these."""
    found = world.ownership()
    equal((found["apmask"], found["aqmask"]), (mask(ALL - set(adapters)), mask(ALL - set(domains))))


def row(adapter, domains=range(8)):
    return {f"{adapter:02x}.{d:04x}" for d in domains}


def details(reply):
    return [s["detail"] for s in reply["steps"]]


def test_adapter_by_masks(world):
    for options in (OLD, ()):
        world.start(*options)
        reply = world.call("Reserve", adapters=[1])
        equal((reply["changed"], reply["collateral"], details(reply)),
              (True, [], [f"{mask(ALL - {1})} > /sys/bus/ap/apmask", "/etc/apqd/host.json"]))
        check(all(s["device"] is None for s in reply["steps"]), reply["steps"])
        masks_are(world, {1})
        equal(given(world), (row(1), set()))
        host = reply["host"]
        equal((host["reserved"], host["mechanism"], host["ownership"], host["problems"]),
              ({**NONE, "adapters": [1]}, "masks", "masks", []))
        equal(world.policy(), {"ownership": "masks", "reserved": {**NONE, "adapters": [1]},
                               "masks": {"adapters": [1], "domains": []}})
        reply = world.call("Release", adapters=[1])
        equal((reply["changed"], reply["host"]["reserved"], reply["host"]["mechanism"]),
              (True, NONE, None))
        equal((given(world), world.host()["ownership"]), ((set(), set()), "default"))
        masks_are(world)
        world.nothing_under_way()
        world.terminate()
        world.remove_runtime()


def test_domain_and_crossing_by_masks(world):
    world.start(*OLD)
    equal(world.call("Reserve", domains=[5])["collateral"], [])
    masks_are(world, (), {5})
    # another queue needs its adapter or its domain as a whole
    reply = world.call("Reserve", adapters=[2], domains=[3])
    equal(reply["collateral"], ["00.0003", "01.0003", "03.0003"])
    equal(reply["host"]["reserved"], {"adapters": [], "domains": [5], "queues": ["02.0003"]})
    masks_are(world, (), {3, 5})
    equal(world.call("Reserve", queues=["02.0003", "00.0003-0003"])["changed"], True)
    # it lies in what the masks take already, and only the file learns of it
    equal(world.policy()["reserved"]["queues"], ["00.0003", "02.0003"])
    reply = world.call("Release", queues=["02.0003"])
    equal((reply["collateral"], details(reply)), (["02.0003"], ["/etc/apqd/host.json"]))
    equal(world.call("Release", queues=["00.0003"])["collateral"], [])
    masks_are(world, (), {5})


def test_release_a_part_by_masks(world):
    """A whole adapter less one queue is seven queues, and the masks cannot give the one back."""
    world.start(*OLD)
    world.call("Reserve", adapters=[1])
    reply = world.call("Release", queues=["01.0002"])
    equal((reply["collateral"], reply["host"]["reserved"]["adapters"]), (["01.0002"], []))
    equal(reply["host"]["reserved"]["queues"], sorted(row(1) - {"01.0002"}))
    masks_are(world, {1})
    world.call("Release", domains=list(range(8)))
    masks_are(world)
    equal(world.host()["mechanism"], None)


def test_queues_by_overrides(world):
    world.start()
    reply = world.call("Reserve", queues=["01.0002-0003"])
    equal((reply["changed"], reply["collateral"], reply["host"]["mechanism"]),
          (True, [], "overrides"))
    bus = "/sys/bus/ap"
    equal(details(reply)[:3], [f"vfio_ap > {bus}/devices/01.0002/driver_override",
                               f"01.0002 > {bus}/devices/01.0002/driver/unbind",
                               f"01.0002 > {bus}/drivers_probe"])
    equal(given(world), (row(1, (2, 3)),) * 2)
    masks_are(world)
    equal(world.policy(), {"ownership": "overrides",
                           "reserved": {**NONE, "queues": ["01.0002-0003"]}})
    reply = world.call("Reserve", adapters=[3])
    equal((reply["collateral"], given(world)), ([], (row(1, (2, 3)) | row(3),) * 2))
    reply = world.call("Release", queues=["01.0003", "03.0007"])
    expected = row(1, (2,)) | row(3, range(7))
    equal((reply["collateral"], given(world)), ([], (expected,) * 2))
    equal(reply["host"]["reserved"]["queues"], sorted(expected))
    reply = world.call("Release", domains=list(range(8)))
    equal((given(world), reply["host"]["mechanism"], reply["host"]["reserved"]),
          ((set(), set()), None, NONE))
    world.nothing_under_way()


def test_dry_run_and_idempotence(world):
    world.start()
    guest = {"device": A}
    world.call("Define", uuid=A, matrix=matrix([0], [0]))
    for method, parameters in (
            ("Reserve", {"adapters": [1]}), ("Reserve", {"queues": ["02.0005"]}),
            ("Release", {"queues": ["02.0005"]}), ("Release", {"queues": ["01.0001"]}),
            ("Reserve", {"queues": ["01.0001"], "mechanism": "overrides"}),
            ("Start", {**guest, "reserve": True}),
            ("Assign", {**guest, "matrix": matrix([], [3]), "reserve": True}),
            ("SetInterrupts", {"gisa": False, "pollTimeout": 1000})):
        before, files = world.ownership(), world.disk("etc", "run/apqd", "run/lock")
        world.simctl("count", "reset")
        plan = world.call(method, dryRun=True, **parameters)
        check(plan["changed"] and plan["steps"], method, parameters, plan)
        equal((world.ownership(), world.disk("etc", "run/apqd", "run/lock")), (before, files),
              f"{method} dry")
        equal(world.count("writes"), 0, f"{method} dry: writes")
        done = world.call(method, **parameters)
        for member in ("changed", "steps", "collateral"):
            equal(done.get(member), plan.get(member), f"{method} {parameters}: {member}")
        before, files = world.ownership(), world.disk()
        world.simctl("count", "reset")
        again = world.call(method, **parameters)
        equal((again["changed"], again["steps"]), (False, []), f"{method} {parameters} again")
        equal((world.ownership(), world.disk(), world.count("writes")), (before, files, 0))


def test_mechanism(world):
    world.start()
    # the masks where they say it exactly, overrides where they do not
    equal(world.call("Reserve", adapters=[1], dryRun=True)["host"]["mechanism"], None)
    equal(len(world.call("Reserve", adapters=[1], dryRun=True)["steps"]), 2)
    world.call("Reserve", queues=["01.0001"], mechanism="masks")
    masks_are(world, (), {1})
    world.call("Reserve", adapters=[2])
    equal(world.policy()["ownership"], "masks")
    # moving is a planned change as any, there and back
    reply = world.call("Reserve", queues=["03.0007"], mechanism="overrides")
    expected = row(2) | {"01.0001", "03.0007"}
    equal((reply["collateral"], given(world), world.policy()["ownership"]),
          ([], (expected,) * 2, "overrides"))
    check("masks" not in world.policy(), world.policy())
    masks_are(world)
    reply = world.call("Reserve", queues=["01.0001"], mechanism="masks")
    check(expected <= given(world)[0] and not given(world)[1], given(world))
    equal(world.host()["ownership"], "masks")
    equal(set(reply["collateral"]), given(world)[0] - expected, "collateral of moving")
    equal(world.host_problems(), {})


def test_moving_needs_no_device(world):
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1]), name="web1")
    for first, other in (("masks", "overrides"), ("overrides", "masks")):
        world.call("Reserve", adapters=[1], mechanism=first)
        world.call("Start", device=A)
        before = world.ownership(), world.state()
        error = world.refused("Conflict", "Reserve", adapters=[1], mechanism=other)
        contains(error.messages(), "web1", f"To stop the device, run: 'apqctl stop {A}'.")
        equal((world.ownership(), world.state()), before)
        world.call("Stop", device=A)
        world.call("Reserve", adapters=[1], mechanism=other)
        world.call("Release", adapters=[1])


def test_kernel_without_overrides(world):
    world.start(*OLD)
    error = world.refused("Unsupported", "Reserve", queues=["01.0001"], mechanism="overrides")
    contains(error.parameters["reason"], "driver_override", "6.19")
    equal((world.policy(), world.count("writes")), ({}, 0))


def test_bad_input(world):
    world.start()
    for parameters, name in (
            ({}, "queues"), ({"adapters": []}, "queues"), ({"queues": []}, "queues"),
            ({"adapters": [256]}, "adapters"), ({"domains": [-1]}, "domains"),
            ({"adapters": ["1"]}, "adapters"), ({"queues": "01.0001"}, "queues"),
            ({"queues": ["1"]}, "queues"), ({"queues": ["01.0001,02.0001"]}, "queues"),
            ({"queues": ["01.0003-0002"]}, "queues"), ({"queues": ["100.0001"]}, "queues"),
            ({"queues": [""]}, "queues"), ({"queues": ["01.0001", "01.0001\n"]}, "queues"),
            ({"adapters": [1], "mechanism": "observe"}, "mechanism"),
            ({"adapters": [1], "mechanism": ""}, "mechanism"),
            ({"adapters": [1], "mechanism": "Masks"}, "mechanism"),
            ({"adapters": [1], "force": "yes"}, "force"),
            ({"adapters": [1], "dryRun": 1}, "dryRun")):
        for method in ("Reserve", "Release"):
            error = world.refused("InvalidParameter", method, **parameters)
            equal(error.parameters, {"parameter": name}, f"{method} {parameters}")
    error = world.refused("InvalidParameter", "Reserve", queues=[1])
    check(error.parameters["parameter"].startswith("queues"), error)
    equal((world.disk(), world.count("writes")), ({}, 0))


def test_above_the_maximum(world):
    world.start("--max-adapter", "15", "--max-domain", "15")
    error = world.refused("Conflict", "Reserve", adapters=[16])
    contains(error.messages(), "10", "the highest is 0f")
    error = world.refused("Conflict", "Reserve", domains=[200])
    contains(error.messages(), "00c8")
    error = world.refused("Conflict", "Reserve", queues=["10.0001"])
    contains(error.messages(), "10")
    equal((world.disk(), world.count("writes")), ({}, 0))


def test_queues_to_come(world):
    """A whole adapter that is not there yet may be reserved; overrides take it as it comes."""
    for mechanism in ("masks", "overrides"):
        world.start()
        world.call("Reserve", adapters=[9], mechanism=mechanism)
        world.simctl("plug", 9, "on")
        world.wait_until("it is taken", lambda: {q["owner"] for q in world.call(
            "ListQueues", adapters=[9])["queues"]} == {"nobody"})
        equal(world.host_problems(), {})
        world.terminate()
        world.remove_runtime()
        world.simctl("init")


def command_of(world, text):
    """Runs the apqctl command that a message names."""
    command = re.search(r"'apqctl ([^']*)'", text).group(1)
    check(command.startswith("reserve --queues "), command)
    status, output = world.apqctl(*shlex.split(command))
    equal(status, 0, output)


def test_the_command_that_a_refusal_names(world):
    for options in (OLD, ()):
        world.start(*options)
        world.call("Define", uuid=A, matrix=matrix([1, 2], [1, 2, 4]))
        before = world.state()
        error = world.refused("Conflict", "Start", device=A)
        contains(error.messages(), "'apqctl reserve --queues 01.0001-0002,01.0004,02.0001-0002,"
                                   "02.0004'", "--reserve")
        equal([p["code"] for p in error.parameters["problems"]], ["queueHostOwned"])
        equal(world.state(), before)
        command_of(world, error.messages())
        world.call("Start", device=A)
        more = matrix([3], [6])
        error = world.refused("Conflict", "Assign", device=A, matrix=more)
        command_of(world, error.messages())
        world.call("Assign", device=A, matrix=more)
        equal(world.active(A), ap_config(matrix([1, 2, 3], [1, 2, 4, 6])))
        equal((world.problems(A), world.host_problems()), ({}, {}))
        world.call("Stop", device=A)
        world.call("Release", domains=[1, 2, 4, 6])
        equal(given(world)[0], set())
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()


def test_start_and_assign_with_reserve(world):
    for options in (OLD, ()):
        world.start(*options)
        world.call("Define", uuid=A, matrix=matrix([1], [1]))
        reply = world.call("Start", device=A, reserve=True)
        # one queue is one domain of all four adapters, or just itself
        equal(reply["collateral"], ["00.0001", "02.0001", "03.0001"] if options else [])
        equal((reply["device"]["active"], reply["device"]["problems"]), (matrix([1], [1]), []))
        reply = world.call("Assign", device=A, matrix=matrix([2], [3]), reserve=True)
        equal((reply["device"]["active"], reply["device"]["definition"]),
              (matrix([1, 2], [1, 3]),) * 2)
        equal(world.policy()["ownership"], "masks" if options else "overrides")
        equal((world.problems(A), world.host_problems()), ({}, {}))
        check({"01.0001", "02.0001", "01.0003", "02.0003"} <= given(world)[0], given(world))
        world.call("Stop", device=A)
        world.call("Release", domains=[1, 3])
        world.call("Undefine", device=A)
        equal((given(world)[0], world.policy().get("ownership")), (set(), None))
        world.terminate()
        world.remove_runtime()


def test_reserve_of_what_is_another_devices(world):
    """Reserving does not help where a device has the queue, and then nothing is reserved."""
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1]))
    world.call("Define", uuid=B, matrix=matrix([1], [1, 2]))
    world.call("Start", device=A, reserve=True)
    before = world.ownership(), world.state()
    error = world.refused("Conflict", "Start", device=B, reserve=True)
    contains(error.messages(), A, "01.0001")
    equal((world.ownership(), world.state()), before)


def writes_of(world, method, parameters):
    """(attribute, how many writes to it come before) of every write of a change."""
    seen, writes = {}, []
    for detail in details(world.call(method, dryRun=True, **parameters)):
        if " > " in detail:
            name = detail.rsplit("/", 1)[1]
            writes.append((name, seen.get(name, 0)))
            seen[name] = seen.get(name, 0) + 1
    return writes


def each_write_fails(world, method, parameters):
    before = world.ownership(), world.state()
    writes = writes_of(world, method, parameters)
    for place, (name, after) in enumerate(writes):
        world.simctl("fail", name, "EIO", "after", after)
        error = world.refused("KernelRefused", method, **parameters)
        moved = {"apmask", "aqmask"} & {one for one, _ in writes[:place]}
        contains(error.parameters["message"],
                 "were undone" if moved else "")
        check(moved or place or "Nothing was changed" in error.parameters["message"], error)
        contains(error.parameters["operation"], name)
        equal((world.ownership(), world.state()), before, f"{method} without {name} {after}")
        world.nothing_under_way()
        world.simctl("clear")
    return len(writes)


def test_undone_as_a_whole(world):
    value = matrix([1], [1, 3])
    for options, mechanism in ((OLD, "masks"), ((), "masks"), ((), "overrides")):
        world.start(*options, "--cards", "3", "--domains", "4")
        world.call("Define", uuid=A, matrix=value)
        world.call("Reserve", queues=["01.0001"], mechanism=mechanism)
        check(each_write_fails(world, "Start", {"device": A, "reserve": True}) >= 3)
        world.call("Start", device=A, reserve=True)
        more = {"device": A, "matrix": matrix([2], [2]), "reserve": True}
        check(each_write_fails(world, "Assign", more) >= 2)
        world.call("Assign", **more)
        world.call("Stop", device=A)
        each_write_fails(world, "Release", {"adapters": [1, 2]})
        each_write_fails(world, "Reserve", {"adapters": [0], "domains": [0]})
        if not options:
            other = "masks" if mechanism == "overrides" else "overrides"
            move = {"queues": ["00.0000"], "mechanism": other}
            each_write_fails(world, "Reserve", move)
            world.call("Reserve", **move)
        world.call("Release", adapters=[0, 1, 2])
        equal(given(world)[0], set())
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()


test_undone_as_a_whole.seconds = 6


def test_undone_where_a_file_cannot_be_written(world):
    """What the kernel has goes back when the disk refuses what follows."""
    for mechanism in ("masks", "overrides"):
        world.start()
        world.call("Define", uuid=A, matrix=matrix([1], [1]))
        before = world.ownership(), world.state()
        attribute = "apmask" if mechanism == "masks" else "drivers_probe"
        with world.client() as client:
            with world.blocked(attribute) as reached:
                client.send("Reserve", {"adapters": [1], "mechanism": mechanism})
                reached()
                world.write_file(world.host_path, "{")
            message = client.receive()
        equal(message.get("error", "").rsplit(".", 1)[-1], "StoreFailed", message)
        contains(message["parameters"]["operation"], "host policy")
        with open(world.host_path, encoding="utf-8") as file:
            equal(file.read(), "{")
        equal(world.ownership(), before[0], mechanism)
        world.write_file(world.host_path, "{}")
        world.nothing_under_way()
        world.terminate()
        world.remove_runtime()


def test_release_of_a_devices_queues(world):
    """The kernel would answer EBUSY; it is foreseen, and told by queue and device."""
    for options, mechanism in ((OLD, "masks"), ((), "masks"), ((), "overrides")):
        world.start(*options)
        world.call("Define", uuid=A, matrix=matrix([1], [1, 2]), name="web1")
        world.call("Reserve", adapters=[1], mechanism=mechanism)
        world.call("Start", device=A)
        for used in (False, True):
            if used:
                guest = world.guest(A)
                world.wait_until("in use", lambda: world.device(A)["inUse"])
            before = world.ownership(), world.state()
            world.simctl("count", "reset")
            for parameters in ({"adapters": [1]}, {"domains": [2]}, {"queues": ["01.0002"]}):
                error = world.refused("Conflict", "Release", **parameters)
                contains(error.messages(), "web1", A)
                found = error.parameters["problems"][0]
                equal((found["device"], found["queues"][-1]), (A, "01.0002"))
                equal((world.ownership(), world.state(), world.count("writes")), (*before, 0))
        # what the device does not have may go, as far as the mechanism can
        reply = world.call("Release", queues=["01.0005"])
        equal(reply["collateral"], ["01.0005"] if mechanism == "masks" else [])
        equal(world.device(A)["effective"], matrix([1], [1, 2]))
        check(guest.poll() is None, "the guest ended")
        world.end_guest(guest)
        world.call("Stop", device=A)
        world.call("Release", adapters=[1])
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()


def test_bits_that_a_device_names(world):
    """From 6.19 on the kernel gives back no adapter or domain of a device; before, no queue."""
    for options, kept in ((OLD, False), ((), True)):
        world.start(*options)
        world.call("Define", uuid=A, matrix=matrix([1], [1]))
        world.call("Reserve", domains=[1], mechanism="masks")
        world.call("Reserve", adapters=[1])
        world.call("Start", device=A)
        # either mask alone would keep the device's queue from the host
        reply = world.call("Release", queues=[f"01.{d:04x}" for d in (0, 2, 3, 4, 5, 6, 7)])
        equal(reply["collateral"] != [], kept, reply["collateral"])
        masks_are(world, {1} if kept else (), {1})
        equal(world.active(A), ap_config(matrix([1], [1])))
        equal(world.problems(A), {})
        world.call("Stop", device=A)
        world.call("Release", domains=[1])
        if kept:
            world.call("Release", adapters=[1])
        masks_are(world)
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()


def test_race_with_another_programs_device(world):
    """A device that takes the queue between plan and write: explained, and undone."""
    for mechanism, attribute in (("masks", "apmask"), ("overrides", "driver_override")):
        world.start()
        world.call("Reserve", adapters=[1, 2], mechanism=mechanism)
        before = world.ownership()
        files = world.disk()
        with world.client() as client:
            with world.blocked(attribute) as reached:
                client.send("Release", {"adapters": [1]})
                reached()
                world.simctl("write", "create", B)
                world.simctl("write", "ap_config", ap_config(matrix([1], [1])), B)
            message = client.receive()
        equal(message.get("error", "").rsplit(".", 1)[-1], "Conflict", message)
        problem = message["parameters"]["problems"][0]
        equal((problem["device"], problem["queues"]), (B, ["01.0001"]))
        equal((world.ownership(), world.disk()), (before, files), mechanism)
        equal(world.active(B), ap_config(matrix([1], [1])))
        world.simctl("write", "remove", 1, B)
        world.wait_until("it is gone", lambda: not world.call("ListDevices")["devices"])
        world.call("Release", adapters=[1, 2])
        world.terminate()
        world.remove_runtime()


test_race_with_another_programs_device.seconds = 4


def test_no_problem_on_the_way(world):
    """A subscriber sees the new state, and no problem that was none."""
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1, 2]))
    with world.monitor() as monitor:
        for method, parameters in (
                ("Reserve", {"adapters": [2]}), ("Start", {"device": A, "reserve": True}),
                ("Stop", {"device": A}), ("Release", {"adapters": [1]}),
                ("Release", {"adapters": [2]}), ("Reserve", {"queues": ["01.0001-0002"]}),
                ("Start", {"device": A}),
                ("Assign", {"device": A, "matrix": matrix([3], []), "reserve": True}),
                ("Stop", {"device": A}),
                ("Reserve", {"adapters": [1], "mechanism": "masks"}),
                ("Reserve", {"adapters": [1], "mechanism": "overrides"}),
                ("Release", {"adapters": [1]}), ("Release", {"queues": ["03.0001-0002"]})):
            world.simctl("delay", "drivers_probe", 20)
            equal(world.call(method, **parameters)["changed"], True, f"{method} {parameters}")
            events = world.told(monitor)
            kinds = {e["event"] for e in events}
            check("hostChanged" in kinds or method in ("Start", "Stop"), method, kinds)
            for event in events:
                equal(event["problem"], None, f"{method} {parameters}")
                for what in ("host", "device"):
                    if event[what] is not None:
                        equal(event[what]["problems"], [], f"{method} {parameters}: {what}")


test_no_problem_on_the_way.seconds = 3
