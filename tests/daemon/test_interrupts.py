# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupts: the host's settings, what a device requires of them, and what its guest does."""
import time

from harness import A, ap_config, check, contains, equal, matrix

M = matrix([2], [1, 2])
POLLING = ("--without", "interrupts")
NOTHING = {"gisa": None, "pollThread": None, "pollTimeout": None}


def settings(world):
    """gisa, poll thread and poll timeout as the kernel has them, as it writes them."""
    return tuple(world.simctl("read", name, status=None).strip()
                 for name in ("use_gisa", "poll_thread", "poll_timeout"))


def interrupts(world):
    return world.host()["interrupts"]


def device(world, policy, *options, **more):
    world.start(*options)
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=M, interrupts=policy, **more)


# --- the host's settings


def test_set_and_kept(world):
    world.start(*POLLING)
    equal((settings(world), interrupts(world)["wanted"]), (("Y", "0", "250000"), NOTHING))
    reply = world.call("SetInterrupts", gisa=False, pollThread=True, pollTimeout=1000)
    equal([s["detail"].split("/")[-1] for s in reply["steps"]],
          ["use_gisa", "poll_thread", "poll_timeout", "host.json"])
    check(all(s["device"] is None for s in reply["steps"]), reply["steps"])
    wanted = {"gisa": False, "pollThread": True, "pollTimeout": 1000}
    for found in (reply["host"]["interrupts"], interrupts(world)):
        equal({k: found[k] for k in wanted}, wanted)
        equal(found["wanted"], wanted)
    equal((settings(world), world.policy()), (("N", "1", "1000"), {"interrupts": wanted}))
    equal(world.call("SetInterrupts", gisa=False)["changed"], False)
    equal(world.call("SetInterrupts")["changed"], False)
    # one alone leaves the others
    world.call("SetInterrupts", gisa=True)
    equal((settings(world), world.policy()["interrupts"]),
          (("Y", "1", "1000"), {**wanted, "gisa": True}))
    equal(world.host_problems(), {})
    world.nothing_under_way()


def test_restored_at_start(world):
    world.start(*POLLING)
    world.call("SetInterrupts", gisa=False, pollThread=True, pollTimeout=1000)
    for _ in range(2):
        world.terminate()
        world.remove_runtime()
        world.init(*POLLING)
        equal(settings(world), ("Y", "0", "250000"))
        world.start(*POLLING)
        equal((settings(world), world.host_problems()), (("N", "1", "1000"), {}))
        world.nothing_under_way()


def test_kvm_is_loaded_later(world):
    world.start()
    world.call("SetInterrupts", gisa=False)
    world.terminate()
    world.remove_runtime()
    world.init()
    world.simctl("kvm", "off")
    world.simctl("gisa", "on")
    world.start()
    equal((interrupts(world)["gisa"], world.host_problems()), (None, {}))
    world.simctl("kvm", "on")
    world.wait_until("it is set", lambda: settings(world)[0] == "N")
    world.wait_until("it is read back", lambda: interrupts(world)["gisa"] is False)
    equal(world.host_problems(), {})
    # without kvm it is kept for later
    world.simctl("kvm", "off")
    world.wait_until("kvm is gone", lambda: interrupts(world)["gisa"] is None)
    equal(world.call("SetInterrupts", gisa=True)["changed"], True)
    world.simctl("kvm", "on")
    world.wait_until("it is set", lambda: interrupts(world)["gisa"] is True)


def test_changed_by_others(world):
    world.start(*POLLING)
    world.call("SetInterrupts", gisa=True, pollThread=False, pollTimeout=1000)
    world.simctl("count", "reset")
    for attribute, value, option in (("use_gisa", "N", "--gisa on"),
                                     ("poll_thread", "1", "--poll-thread off"),
                                     ("poll_timeout", "5", "--poll-timeout 1000")):
        world.simctl("write", attribute, value)
        # no event tells of poll_thread and poll_timeout: whoever asks is told
        world.wait_until(f"{attribute} is told", lambda: "hostInterrupts" in world.host_problems())
        contains(world.host_problems()["hostInterrupts"], attribute, f"apqctl interrupts {option}")
        equal(world.count("writes"), 0, "not fought:")
        status, text = world.apqctl("interrupts", *option.split())
        equal(status, 0, text)
        equal((world.host_problems(), world.count(attribute)), ({}, 1))
        world.simctl("count", "reset")


def test_enforced(world):
    world.start()
    world.call("SetInterrupts", gisa=True)
    world.write_file(world.host_path, {**world.policy(), "enforce": True})
    world.call("Reload")
    world.simctl("count", "reset")
    world.simctl("gisa", "off")
    world.wait_until("it is undone", lambda: settings(world)[0] == "Y")
    begin = time.monotonic()
    while time.monotonic() < begin + 2:
        world.simctl("gisa", "off")
        time.sleep(0.02)
    # so many in the time that it has taken, however long that was
    most = 5 * (time.monotonic() - begin) / 2
    check(1 <= world.count("use_gisa") <= most, "writes:", world.count("use_gisa"))
    world.wait_until("it is undone at last", lambda: settings(world)[0] == "Y")


test_enforced.seconds = 3


def test_undone_as_a_whole(world):
    world.start(*POLLING)
    before = settings(world), world.disk()
    for attribute in ("use_gisa", "poll_thread", "poll_timeout"):
        world.simctl("fail", attribute, "EIO")
        error = world.refused("KernelRefused", "SetInterrupts", gisa=False, pollThread=True,
                              pollTimeout=7)
        contains(error.parameters["operation"], attribute)
        contains(error.parameters["message"], "Nothing was changed")
        equal((settings(world), world.disk()), before)
        world.nothing_under_way()


def test_poll_thread_beside_interrupts(world):
    """Where the host's bus takes interrupts the kernel takes the write and starts no thread."""
    world.start()
    before = settings(world), world.disk()
    error = world.refused("Unsupported", "SetInterrupts", pollThread=True)
    contains(error.parameters["reason"], "ap_interrupts", "nothing was changed")
    equal((settings(world), world.disk()), before)


def test_killed(world):
    world.start(*POLLING)
    wish = {"gisa": False, "pollThread": True, "pollTimeout": 7}
    for attribute in ("use_gisa", "poll_thread", "poll_timeout"):
        for when in ("before", "after"):
            world.simctl("crash", attribute, when)
            with world.client() as client:
                client.send("SetInterrupts", wish)
                world.crashed()
            world.simctl("clear")
            world.start()
            equal((settings(world), world.policy()), (("N", "1", "7"), {"interrupts": wish}))
            equal((interrupts(world)["wanted"], world.host_problems()), (wish, {}))
            world.nothing_under_way()
            world.call("SetInterrupts", gisa=True, pollThread=False, pollTimeout=250000)


def test_other_keys_survive(world):
    world.write_file(world.host_path, {"note": 1, "interrupts": {"pollTimeout": 9}})
    world.start()
    equal(settings(world)[2], "9")
    world.call("SetInterrupts", gisa=False)
    equal(world.policy(), {"note": 1, "interrupts": {"gisa": False, "pollTimeout": 9}})


# --- what a device requires


def test_required(world):
    device(world, "required")
    for off, on, words in ((("gisa", "off"), ("gisa", "on"), "use_gisa"),
                           (("facility65", "off"), ("facility65", "on"), "65"),
                           (("kvm", "off"), ("kvm", "on"), "kvm")):
        world.simctl(*off)
        before = world.state()
        world.wait_until("it is seen", lambda: not interrupts(world)["forwarding"])
        reason = interrupts(world)["reason"]
        contains(reason, words)
        error = world.refused("InterruptsUnavailable", "Start", device=A)
        equal(error.parameters, {"reason": reason, "device": A, "name": None})
        equal(world.state(), before)
        world.simctl(*on)
        world.wait_until("it is seen", lambda: interrupts(world)["forwarding"])
        world.call("Start", device=A)
        equal(world.problems(A), {})
        # it is started: when it stops being met, that is told and nothing is taken away
        world.simctl(*off)
        world.wait_until("it is told", lambda: "interruptsUnavailable" in world.problems(A))
        contains(world.problems(A)["interruptsUnavailable"], words)
        equal(world.active(A), ap_config(M))
        equal(world.call("Start", device=A)["changed"], False)
        world.simctl(*on)
        world.wait_until("it is well again", lambda: not world.problems(A))
        world.call("Stop", device=A)


def test_required_starts_by_itself(world):
    world.init()
    world.give(2)
    world.write_definition(A, M, start="auto")
    world.write_file(world.own_path(A), {"version": 1, "interrupts": "required"})
    world.simctl("gisa", "off")
    world.simctl("count", "reset")
    world.start()
    contains(world.problems(A)["notStarted"], "requires interrupts", "use_gisa")
    equal((world.active(A), world.count("writes")), (None, 0))
    world.simctl("gisa", "on")
    world.wait_until("it starts", lambda: world.active(A) == ap_config(M))
    world.wait_until("it is well", lambda: not world.problems(A))


def test_required_with_the_policy_that_makes_it_so(world):
    """At boot use_gisa is off; host.json wants it on, and then the device may start."""
    world.init()
    world.give(2)
    world.simctl("gisa", "off")
    world.write_definition(A, M, start="auto")
    world.write_file(world.own_path(A), {"version": 1, "interrupts": "required"})
    world.write_file(world.host_path, {"interrupts": {"gisa": True}})
    world.start()
    equal((world.active(A), world.problems(A), world.host_problems()), (ap_config(M), {}, {}))


def test_required_goes_with_gisa(world):
    """Whoever switches it off is told by every device that requires it."""
    device(world, "required")
    world.call("Start", device=A)
    with world.monitor() as monitor:
        world.call("SetInterrupts", gisa=False)
        monitor.wait("problem", lambda p: p["code"] == "interruptsUnavailable")
        world.call("SetInterrupts", gisa=True)
        monitor.wait("deviceChanged", lambda d: not d["problems"])


# --- what the guest does


def switches(world, policy):
    """A guest that has interrupts on for one queue, and what its device then says."""
    device(world, policy)
    world.call("Start", device=A)
    guest = world.guest(A)
    world.wait_until("in use", lambda: world.device(A)["inUse"])
    equal((world.device(A)["interruptQueues"], world.problems(A)), ([], {}))
    world.simctl("aqic", A, "02.0001", "on")
    found = world.device(A)
    equal(found["interruptQueues"], ["02.0001"])
    queues = world.call("ListQueues", device=A)["queues"]
    equal({q["apqn"]: q["interrupt"] for q in queues}, {"02.0001": True, "02.0002": False})
    return guest, {p["code"]: p for p in found["problems"]}


def test_polled(world):
    guest, problems = switches(world, "polled")
    equal((list(problems), problems["interruptsOn"]["queues"]), (["interruptsOn"], ["02.0001"]))
    contains(problems["interruptsOn"]["message"], "02.0001")
    world.simctl("aqic", A, "02.0001", "off")
    equal((world.device(A)["interruptQueues"], world.problems(A)), ([], {}))
    world.simctl("irq", "02.0002", "on")
    check("interruptsOn" in world.problems(A))
    check(guest.poll() is None, "the guest ended")
    world.end_guest(guest)
    world.wait_until("with the guest it ends", lambda: not world.problems(A))


def test_any_and_required_do_not_mind(world):
    for policy in ("any", "required"):
        guest, problems = switches(world, policy)
        equal(problems, {}, policy)
        world.end_guest(guest)
        world.call("Stop", device=A)
        world.call("Undefine", device=A)
        world.terminate()
        world.remove_runtime()


def test_polled_needs_nothing(world):
    device(world, "polled")
    world.simctl("gisa", "off")
    world.wait_until("it is seen", lambda: not interrupts(world)["forwarding"])
    world.call("Start", device=A)
    equal(world.problems(A), {})
