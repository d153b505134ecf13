# SPDX-License-Identifier: GPL-2.0-or-later
"""Monitor: the present state and then every change, soon, once, and without any polling."""
import os
import select
import time

from harness import A, B, ap_config, check, equal, mask, matrix

M = matrix([2], [1, 2])


def prepared(world, *options):
    world.start(*options)
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=M, name="web1")
    world.call("Start", device=A)
    return world.monitor()


def soon(world, monitor, what, act, name, condition=lambda value: True):
    """Acts, waits for its event, and notes how long that takes."""
    begin = time.monotonic()
    act()
    event = monitor.wait(name, condition)
    taken = time.monotonic() - begin
    world.notices.append(f"{what}: {taken * 1000:.0f} ms, most of it for the act itself")
    return event


def test_present_state_then_ready(world):
    with prepared(world) as monitor:
        equal([(e["event"], e["device"]["uuid"]) for e in monitor.present], [("deviceAdded", A)])
        equal(monitor.present[0]["device"], world.device(A))
        world.call("Define", uuid=B, matrix=matrix([3], [1]))
        with world.monitor() as other:
            equal([e["device"]["uuid"] for e in other.present], [A, B])
        now = time.time() * 1e6
        event = monitor.wait("deviceAdded")
        check(abs(event["time"] - now) < 60e6, "time", event["time"])
        equal(event["device"]["uuid"], B)


def test_without_more_is_refused(world):
    world.start()
    equal(world.refused("ExpectedMore", "Monitor").name, "org.varlink.service.ExpectedMore")


def test_writes_by_other_programs(world):
    with prepared(world) as monitor:
        soon(world, monitor, "a device is made", lambda: world.simctl("write", "create", B),
             "deviceAdded", lambda d: d["uuid"] == B)
        soon(world, monitor, "a device is changed",
             lambda: world.simctl("write", "ap_config", ap_config(matrix([3], [1])), B),
             "deviceChanged", lambda d: d["uuid"] == B and d["active"] == matrix([3], [1]))
        soon(world, monitor, "one more domain",
             lambda: world.simctl("write", "assign_domain", 5, B),
             "deviceChanged", lambda d: d["active"] == matrix([3], [1, 5]))
        soon(world, monitor, "a device is removed", lambda: world.simctl("write", "remove", 1, B),
             "deviceRemoved", lambda d: d["uuid"] == B)
        soon(world, monitor, "a mask", lambda: world.simctl("write", "apmask", "-1"),
             "hostChanged", lambda h: 1 not in h["hostAdapters"])
        soon(world, monitor, "its queues", lambda: world.simctl("write", "aqmask", "-7"),
             "queueChanged", lambda q: q["apqn"] == "00.0007" and q["driver"] == "vfio_ap"
             and q["owner"] == "nobody")
        soon(world, monitor, "kvm.use_gisa", lambda: world.simctl("gisa", "off"),
             "hostChanged", lambda h: h["interrupts"]["gisa"] is False)


def test_files_of_other_programs(world):
    with prepared(world) as monitor:
        soon(world, monitor, "a definition appears",
             lambda: world.write_definition(B, matrix([3], [1])),
             "deviceAdded", lambda d: d["uuid"] == B)
        soon(world, monitor, "a definition changes",
             lambda: world.write_definition(B, matrix([3], [1, 2])),
             "deviceChanged", lambda d: d["definition"] == matrix([3], [1, 2]))
        soon(world, monitor, "a definition goes", lambda: os.unlink(world.path(B)),
             "deviceRemoved", lambda d: d["uuid"] == B)


def test_guest_opens_and_closes(world):
    with prepared(world) as monitor:
        event = soon(world, monitor, "a guest opens", lambda: world.guest(A, "command", "qemu"),
                     "deviceChanged", lambda d: d["inUse"])
        guest = world.guests[-1]
        equal([u["pid"] for u in event["device"]["users"]], [guest.pid])
        soon(world, monitor, "a guest closes", lambda: world.end_guest(guest), "deviceChanged",
             lambda d: not d["inUse"] and d["users"] == [])
        guest = world.guest(A)
        monitor.wait("deviceChanged", lambda d: d["inUse"])
        soon(world, monitor, "a guest is killed", guest.kill, "deviceChanged",
             lambda d: not d["inUse"])


def test_hot_plug(world):
    with prepared(world) as monitor:
        soon(world, monitor, "a card comes", lambda: world.simctl("plug", 9, "on"), "cardAdded",
             lambda c: c["adapter"] == 9)
        monitor.wait("queueAdded", lambda q: q["apqn"] == "09.0007")
        soon(world, monitor, "a card goes", lambda: world.simctl("plug", 9, "off"), "cardRemoved",
             lambda c: c["adapter"] == 9)
        soon(world, monitor, "a guest's card goes", lambda: world.simctl("plug", 2, "off"),
             "deviceChanged", lambda d: "queueAbsent" in {p["code"] for p in d["problems"]})
        world.simctl("plug", 2, "on")
        monitor.wait("deviceChanged", lambda d: not d["problems"])
        soon(world, monitor, "a domain goes", lambda: world.simctl("domain", 7, "off"),
             "queueRemoved", lambda q: q["apqn"] == "00.0007")
        soon(world, monitor, "a card is deconfigured", lambda: world.simctl("config", 2, "off"),
             "deviceChanged", lambda d: "queueDeconfigured" in {p["code"] for p in d["problems"]})
        monitor.wait("problem", lambda p: p["code"] == "queueDeconfigured" and p["device"] == A)
        check(any(not c["configured"] for c in world.call("ListCards")["cards"]))


def test_cards_while_masks_are_written(world):
    """A change of the host does not delay the events of cards, and its own state is no problem meanwhile."""
    world.start("--kernel", "6.12")
    with world.monitor() as monitor, world.client() as client:
        with world.blocked("apmask") as reached:
            client.send("Reserve", {"adapters": [1]})
            reached()
            world.simctl("config", 2, "off")
            monitor.wait("cardChanged", lambda c: c["adapter"] == 2 and not c["configured"])
            equal([c["adapter"] for c in world.call("ListCards")["cards"] if not c["configured"]], [2])
            world.simctl("plug", 9, "on")
            monitor.wait("cardAdded", lambda c: c["adapter"] == 9)
            check(client.is_silent(0), "the change was over")
            equal(world.host_problems(), {}, "problems of the masks that are being written")
        equal(client.answer()["changed"], True)
        monitor.wait("queueAdded", lambda q: q["apqn"] == "09.0007")
    equal(world.host_problems(), {})


def test_problems_are_told_once(world):
    with prepared(world) as monitor:
        world.simctl("write", "assign_domain", 5, A)
        event = monitor.wait("problem")
        equal((event["problem"]["code"], event["problem"]["device"]), ("drift", A))
        world.simctl("write", "create", B)
        world.simctl("write", "remove", 1, B)
        again = [e for e in world.told(monitor) if e["event"] == "problem"]
        equal(again, [], "told again")
        world.call("Start", device=A)
        world.told(monitor)
        world.simctl("write", "assign_domain", 5, A)
        monitor.wait("problem", lambda p: p["code"] == "drift")


def test_own_changes_make_no_false_alarm(world):
    """Between the write to the kernel and that to the disk nobody is told of drift."""
    with prepared(world) as monitor:
        for method, more in (("Assign", {"matrix": matrix([], [5])}),
                             ("Unassign", {"matrix": matrix([], [5])}),
                             ("Stop", {}), ("Start", {}), ("Modify", {"start": "auto"}),
                             ("Undefine", {})):
            world.call(method, device=A, **more)
        events = world.told(monitor)
        equal([e["problem"] for e in events if e["event"] == "problem"], [])
        for event in events:
            if event["device"] is not None:
                equal(event["device"]["problems"], [], event["event"])
        check(len([e for e in events if e["event"] == "deviceChanged"]) <= 7, "too many events",
              [e["event"] for e in events])


def test_sequence_and_every_subscriber(world):
    with prepared(world) as one, world.monitor() as two:
        for domain in (3, 4, 5):
            world.call("Assign", device=A, matrix=matrix([], [domain]))
        ones = world.told(one)
        twos = [two.event() for _ in ones]
        equal(ones, twos, "two subscribers")
        numbers = [e["sequence"] for e in ones]
        equal(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "sequence")
        equal([e["device"]["active"]["domains"] for e in ones if e["event"] == "deviceChanged"],
              [[1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]])


def test_lost_events_are_made_good(world):
    with prepared(world) as monitor:
        world.simctl("lose", "next")
        world.simctl("write", "create", B)
        monitor.wait("deviceAdded", lambda d: d["uuid"] == B)
        world.simctl("lose", "next")
        world.simctl("plug", 9, "on")
        monitor.wait("cardAdded", lambda c: c["adapter"] == 9)
        world.simctl("lose", "next")
        world.simctl("write", "remove", 1, B)
        monitor.wait("deviceRemoved", lambda d: d["uuid"] == B)
        world.simctl("lose")
        equal([e["event"] for e in world.told(monitor)], [], "nothing changed, so nothing is told:")


def wakeups(world):
    total = 0
    for thread in os.listdir(f"/proc/{world.daemon.pid}/task"):
        with open(f"/proc/{world.daemon.pid}/task/{thread}/status", encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
    return total


def test_sleeps_when_nothing_happens(world):
    """A device, a guest, a subscriber and a drift are there, and still no timer runs."""
    with prepared(world) as monitor:
        if not world.valgrind:  # there the simulated kernel has to look after a guest
            world.guest(A)
        world.simctl("write", "assign_domain", 5, A)
        monitor.wait("problem")

        def sleeps():
            before = wakeups(world)
            time.sleep(2)
            return wakeups(world) == before

        # what is still to be done after the last event may take its time
        world.wait_until("two seconds without a context switch", sleeps)


test_sleeps_when_nothing_happens.seconds = 3


def test_slow_reader_is_dropped(world):
    """A subscriber that does not read loses its connection; the others lose nothing."""
    prepared(world, "--cards", "8", "--domains", "256", "--idle-timeout", "600").close()
    with world.client() as slow, world.monitor() as fast:
        slow.send("Monitor", more=True)
        for i in range(20):
            world.simctl("write", "aqmask", mask([] if i % 2 == 0 else range(8, 256)))
            left = 6 * 248  # adapters 2 and 3 are the guests' anyway
            while left > 0:
                left -= fast.event()["event"] == "queueChanged"
            if is_closed(slow):
                return
    raise AssertionError("the slow reader was never dropped")


def is_closed(client):
    """Whether the daemon has shut the connection, without reading what waits in it."""
    poll = select.poll()
    poll.register(client.socket, select.POLLRDHUP)
    return any(event & (select.POLLRDHUP | select.POLLHUP) for _, event in poll.poll(0))


def test_what_keeps_a_device_from_its_start_is_told(world):
    """Of a device that is not started: when only the policy changes, and nothing of the kernel."""
    world.start()
    world.call("Reserve", queues=["01.0002"], mechanism="overrides")
    world.call("Define", uuid=A, matrix=matrix([1], [2]), start="auto")
    world.simctl("write", "driver_override", "\n", "01.0002")
    world.simctl("write", "unbind", "01.0002", "01.0002", status=None)
    world.simctl("write", "drivers_probe", "01.0002", status=None)
    world.wait_until("the host has it", lambda: "reservationLost" in world.host_problems())
    equal(world.problems(A), {})
    with world.monitor() as monitor:
        world.call("Release", queues=["01.0002"])
        monitor.wait("deviceChanged", lambda d: [p["code"] for p in d["problems"]] == ["cannotStart"])
