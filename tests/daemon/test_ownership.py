# SPDX-License-Identifier: GPL-2.0-or-later
"""The host policy over time: kills, boots, and queues that come and go."""
import os

from harness import A, B, ap_config, check, contains, equal, mask, matrix

OLD = ("--kernel", "6.12")
SMALL = ("--cards", "3", "--domains", "4")
ALL = set(range(256))


def drivers(world):
    """The queues that vfio_ap has."""
    return {q["apqn"] for q in world.call("ListQueues")["queues"] if q["driver"] == "vfio_ap"}


def row(adapter, domains=range(8)):
    return {f"{adapter:02x}.{d:04x}" for d in domains}


def boot(world, *options):
    """Another kernel, and the same /etc; nothing of ours runs yet."""
    if world.is_running():
        world.terminate()
    world.remove_runtime()
    world.init(*options)


# --- kills


def writes_of(reply):
    """(attribute, how many writes to it come before) of every write of a change."""
    seen, writes = {}, []
    for step in reply["steps"]:
        if " > " in step["detail"]:
            name = step["detail"].rsplit("/", 1)[1]
            writes.append((name, seen.get(name, 0)))
            seen[name] = seen.get(name, 0) + 1
    return writes


def state_of(world):
    """What the kernel and the disk say; a host.json that says nothing is as good as none."""
    files = {name: data for name, (_, data) in world.disk().items() if name[-9:] != "host.json"}
    return world.ownership(), world.kernel(), world.policy(), files


def crash_at_each_write(world, method, parameters, back):
    """After a kill at any write the next daemon finishes it, and the way back works as ever."""
    old = state_of(world)
    writes = writes_of(world.call(method, **parameters))
    check(writes, method, "writes nothing")
    new = state_of(world)
    back()
    equal(state_of(world), old, f"{method} {parameters}: and back")
    for name, after in writes:
        for when in ("before", "after"):
            what = f"{method} {parameters} killed {when} {name} {after}"
            world.simctl("crash", name, when, "after", after)
            with world.client() as client:
                client.send(method, parameters)
                check(client.receive() is None, "an answer came")
            world.crashed()
            world.simctl("clear")
            world.start()
            world.nothing_under_way()
            equal(state_of(world), new, what)
            equal(world.host_problems(), {}, what)
            equal(world.call(method, **parameters)["changed"], False, what)
            back()
            equal(state_of(world), old, f"{what}, and back")
    return len(writes)


def undo_reserve(world, method="Release", **parameters):
    return lambda: world.call(method, **parameters)


def test_killed_by_masks(world):
    for options in (OLD, ()):
        world.start(*options, *SMALL)
        crash_at_each_write(world, "Reserve", {"adapters": [1], "mechanism": "masks"},
                            undo_reserve(world, adapters=[1]))
        world.call("Reserve", adapters=[1], mechanism="masks")
        world.call("Reserve", domains=[2])
        # one of each mask at once
        crash_at_each_write(world, "Release", {"adapters": [1], "domains": list(range(4))},
                            lambda: (world.call("Reserve", adapters=[1], mechanism="masks"),
                                     world.call("Reserve", domains=[2])))
        world.call("Release", domains=[0, 1, 2, 3])
        world.terminate()
        world.remove_runtime()


test_killed_by_masks.seconds = 5


def test_killed_by_overrides(world):
    world.start(*SMALL)
    queues = {"queues": ["01.0001-0002"], "mechanism": "overrides"}
    crash_at_each_write(world, "Reserve", queues,
                        undo_reserve(world, queues=["01.0001-0002"]))
    world.call("Reserve", **queues)
    crash_at_each_write(world, "Release", {"queues": ["01.0001-0002"]},
                        undo_reserve(world, "Reserve", **queues))


test_killed_by_overrides.seconds = 5


def test_killed_while_moving(world):
    world.start(*SMALL)
    world.call("Reserve", queues=["01.0001"], mechanism="masks")
    crash_at_each_write(world, "Reserve", {"queues": ["01.0001"], "mechanism": "overrides"},
                        undo_reserve(world, "Reserve", queues=["01.0001"], mechanism="masks"))
    world.call("Reserve", queues=["01.0001"], mechanism="overrides")
    crash_at_each_write(world, "Reserve", {"queues": ["01.0001"], "mechanism": "masks"},
                        undo_reserve(world, "Reserve", queues=["01.0001"], mechanism="overrides"))


test_killed_while_moving.seconds = 4


def test_killed_while_starting(world):
    for options, mechanism in ((OLD, "masks"), ((), "overrides")):
        world.start(*options, *SMALL)
        world.call("Define", uuid=A, matrix=matrix([1], [1]))
        world.call("Define", uuid=B, matrix=matrix([0], [0]))
        world.call("Reserve", queues=["00.0000"], mechanism=mechanism)

        def back():
            world.call("Stop", device=A)
            world.call("Release", queues=["01.0001"])

        crash_at_each_write(world, "Start", {"device": A, "reserve": True}, back)
        world.call("Undefine", device=A)
        world.call("Undefine", device=B)
        world.call("Release", queues=["00.0000"])
        world.terminate()
        world.remove_runtime()


test_killed_while_starting.seconds = 4


def test_what_cannot_be_finished_is_undone(world):
    """Killed in the middle, and what is left to do fails then."""
    for mechanism, attribute, method, parameters in (
            ("masks", "ap_config", "Start", {"device": A, "reserve": True}),
            ("overrides", "ap_config", "Start", {"device": A, "reserve": True}),
            ("overrides", "unbind", "Reserve", {"queues": ["01.0001-0002"]}),
            ("masks", "poll_timeout", "SetInterrupts",
             {"gisa": False, "pollThread": True, "pollTimeout": 7})):
        world.start(*SMALL, "--without", "interrupts")
        world.call("Define", uuid=A, matrix=matrix([1], [1, 2]))
        world.call("Reserve", queues=["02.0003"], mechanism=mechanism)
        before, interrupts = state_of(world), world.host()["interrupts"]
        world.simctl("crash", attribute, "before")
        with world.client() as client:
            client.send(method, parameters)
            world.crashed()
        world.simctl("clear")
        world.simctl("fail", attribute, "EIO", "times", 1)
        world.start()
        what = f"{method} by {mechanism}"
        world.nothing_under_way()
        equal(state_of(world), before, what)
        equal(world.host()["interrupts"], interrupts, what)
        equal((world.problems(A), world.host_problems()), ({}, {}), what)
        equal(world.call(method, **parameters)["changed"], True, what)
        world.terminate()
        world.remove_runtime()
        for path in (world.host_path, world.path(A)):
            os.unlink(path)


def test_undone_as_far_as_it_can_be(world):
    """Killed, and then another program's device has what was reserved: it keeps that."""
    for mechanism in ("masks", "overrides"):
        world.start(*SMALL)
        world.call("Define", uuid=A, matrix=matrix([1], [1]))
        world.call("Reserve", queues=["02.0003"], mechanism=mechanism)
        world.simctl("crash", "ap_config", "before")
        with world.client() as client:
            client.send("Start", {"device": A, "reserve": True})
            world.crashed()
        world.simctl("write", "create", B)
        world.simctl("write", "ap_config", ap_config(matrix([1], [1])), B)
        world.start()
        world.nothing_under_way()
        equal(world.active(B), ap_config(matrix([1], [1])), mechanism)
        equal((world.active(A), world.policy()["reserved"]["queues"]), (None, ["02.0003"]))
        # once it is gone everything works as ever, and what was left is made ours by reserving it
        world.simctl("write", "remove", 1, B)
        world.wait_until("it is gone", lambda: not world.device(A)["active"])
        world.call("Reserve", queues=["01.0001"])
        world.call("Start", device=A)
        equal((world.problems(A), world.host_problems()), ({}, {}), mechanism)
        world.call("Stop", device=A)
        world.call("Release", adapters=[1, 2], domains=[0, 1, 2, 3])
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()


# --- boots


def test_boot(world):
    """What is reserved is taken before the devices that need it start."""
    for options, mechanism in ((OLD, "masks"), ((), "masks"), ((), "overrides")):
        world.start(*options)
        world.call("Define", uuid=A, matrix=matrix([1, 2], [1]), start="auto")
        world.call("Reserve", queues=["01.0001", "02.0001", "03.0006"], mechanism=mechanism)
        world.call("Reserve", adapters=[0])
        found = world.ownership()
        before = world.disk()
        for _ in range(2):
            boot(world, *options)
            world.start(*options)
            equal(world.ownership(), found, mechanism)
            equal(world.active(A), ap_config(matrix([1, 2], [1])))
            equal((world.problems(A), world.host_problems()), ({}, {}))
            world.nothing_under_way()
        world.restart()
        equal((world.ownership(), world.disk()), (found, before))
        world.call("Stop", device=A)
        world.call("Release", adapters=[0, 1, 2, 3])
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()


test_boot.seconds = 4


def test_policy_written_by_hand(world):
    """Without "ownership" and "masks" apqd chooses, and writes down what it chose."""
    world.init()
    world.write_file(world.host_path, {"note": "ours", "reserved": {"queues": ["01.0001-0002"]}})
    world.start()
    equal((drivers(world), world.policy()["ownership"]), (row(1, (1, 2)), "overrides"))
    equal(world.policy()["note"], "ours")
    boot(world, *OLD)
    world.write_file(world.host_path, {"reserved": {"adapters": [1], "domains": [3]}})
    world.start()
    equal(drivers(world), row(1) | {f"{a:02x}.0003" for a in range(4)})
    equal(world.policy()["masks"], {"adapters": [1], "domains": [3]})
    # overrides asked for by the file where the kernel has none: told, and nothing is done
    boot(world, *OLD)
    text = '{"ownership": "overrides", "reserved": {"adapters": [1]}}'
    world.write_file(world.host_path, text)
    world.start()
    check("reservationLost" in world.host_problems(), world.host_problems())
    with open(world.host_path, encoding="utf-8") as file:
        equal(file.read(), text)
    equal((drivers(world), world.count("writes")), (set(), 0))


def test_bits_of_others_are_not_given_back(world):
    for options in (OLD, ()):
        world.init(*options)
        world.simctl("write", "apmask", "-3")
        world.simctl("write", "aqmask", "-7")
        world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [1]},
                                           "masks": {"adapters": [1], "domains": []}})
        world.start(*options)
        taken = mask(ALL - {1, 3}), mask(ALL - {7})
        found = world.ownership()
        equal((found["apmask"], found["aqmask"]), taken)
        reply = world.call("Release", adapters=[1])
        found = world.ownership()
        equal((found["apmask"], found["aqmask"]), (mask(ALL - {3}), taken[1]), reply)
        equal(reply["collateral"], ["01.0007"])
        world.terminate()
        world.remove_runtime()
        os.unlink(world.host_path)


def test_masks_of_others_under_overrides(world):
    """At boot somebody cleared bits: no override goes then, and apqd does not give them back."""
    world.init()
    world.simctl("write", "apmask", "-3")
    world.write_file(world.host_path, {"ownership": "overrides", "reserved": {"adapters": [1]}})
    world.simctl("count", "reset")
    world.start()
    contains(world.host_problems()["otherMechanism"], "apmask", "chzdev")
    check("reservationLost" in world.host_problems())
    found = world.ownership()
    equal((found["apmask"], drivers(world), world.count("writes")), (mask(ALL - {3}), row(3), 0))
    world.simctl("plug", 9, "on")
    world.wait_until("it is there", lambda: any(c["adapter"] == 9 for c in
                                                world.call("ListCards")["cards"]))
    world.settle()
    equal((world.simctl("read", "apmask").strip(), world.count("writes")), (found["apmask"], 0))
    # the other one gives them back, and asked again apqd goes on
    world.simctl("write", "apmask", "+3")
    world.wait_until("the masks are seen", lambda: "otherMechanism" not in world.host_problems())
    world.call("Reserve", adapters=[1])
    equal((drivers(world), world.host_problems()), (row(1), {}))


# --- queues that come and go


def test_queue_comes_back(world):
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1]), start="auto")
    world.call("Reserve", queues=["01.0001"], mechanism="overrides")
    world.simctl("plug", 1, "off")
    world.wait_until("the loss is told", lambda: "overrideLeaked" in world.host_problems())
    world.simctl("plug", 1, "on")
    world.wait_until("it is taken again", lambda: drivers(world) == {"01.0001"})
    equal(set(world.host_problems()), {"overrideLeaked"})
    world.nothing_under_way()


def test_queue_comes_back_with_its_device(world):
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1, 2]))
    world.call("Start", device=A, reserve=True)
    guest = world.guest(A)
    for _ in range(3):
        world.simctl("plug", 1, "off")
        world.wait_until("it is told", lambda: "queueAbsent" in world.problems(A))
        world.simctl("plug", 1, "on")
        world.wait_until("it is well again", lambda: not world.problems(A))
        equal(drivers(world), row(1, (1, 2)))
        world.wait_until("the guest has them", lambda: world.device(A)["effective"] ==
                         matrix([1], [1, 2]))
    check(guest.poll() is None, "the guest ended")


def test_leaked_override(world):
    """A card that goes while overridden leaves the kernel's count: no mask can be changed."""
    world.start()
    world.call("Reserve", queues=["01.0001"], mechanism="overrides")
    world.simctl("plug", 1, "off")
    world.wait_until("it is told", lambda: "overrideLeaked" in world.host_problems())
    contains(world.host_problems()["overrideLeaked"], "until the next boot", "EINVAL")
    error = world.refused("Conflict", "Reserve", adapters=[2], mechanism="masks")
    contains(error.messages(), "until the next boot", "--overrides")
    equal([p["code"] for p in error.parameters["problems"]], ["overrideLeaked"])
    # overrides go on
    world.call("Reserve", adapters=[2])
    equal(drivers(world), row(2))
    world.call("Release", adapters=[1, 2])
    equal(drivers(world), set())


def test_leak_is_found_at_start(world):
    world.start()
    world.call("Reserve", queues=["01.0001"], mechanism="overrides")
    world.call("Reserve", adapters=[9])
    world.terminate()
    world.simctl("plug", 1, "off")
    world.start()
    check("overrideLeaked" in world.host_problems(), world.host_problems())
    boot(world)
    world.start()
    equal((world.host_problems(), drivers(world)), ({}, {"01.0001"}))


def test_leak_outlives_a_restart(world):
    """The kernel shows it only while nothing is overridden, and then the card is back."""
    for reserved in (True, False):
        world.start()
        world.call("Reserve", queues=["01.0001"], mechanism="overrides")
        world.simctl("plug", 1, "off")
        world.wait_until("it is told", lambda: "overrideLeaked" in world.host_problems())
        world.simctl("plug", 1, "on")
        world.wait_until("it is taken again", lambda: drivers(world) == {"01.0001"})
        if not reserved:
            world.call("Release", queues=["01.0001"])
        for end in (world.terminate, world.kill):
            end()
            world.start()
            equal(set(world.host_problems()), {"overrideLeaked"}, end.__name__)
            contains(world.refused("Conflict", "Reserve", adapters=[2], mechanism="masks").messages(),
                     "until the next boot")
        boot(world)
        world.start()
        equal(world.host_problems(), {})
        world.call("Release", queues=["01.0001"])
        world.terminate()
        world.remove_runtime()
        world.init()


def test_leak_that_nobody_saw(world):
    """Without a reservation apqd does not probe, and finds it out when the kernel refuses."""
    world.init()
    world.simctl("write", "driver_override", "vfio_ap", "01.0001")
    world.simctl("plug", 1, "off")
    world.start()
    equal(world.host_problems(), {})
    error = world.refused("KernelRefused", "Reserve", adapters=[2], mechanism="masks")
    contains(error.parameters["message"], "Nothing was changed")
    world.wait_until("it is told", lambda: "overrideLeaked" in world.host_problems())
    error = world.refused("Conflict", "Reserve", adapters=[2], mechanism="masks")
    contains(error.messages(), "until the next boot")
    equal((drivers(world), world.policy()), (set(), {}))
