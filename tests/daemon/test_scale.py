# SPDX-License-Identifier: GPL-2.0-or-later
"""Large machines: 65536 queues, hundreds of devices, thousands of definitions."""
import os
import time

from harness import A, B, ap_config, check, equal, matrix



def side(world):
    """How many adapters and domains; valgrind takes fifty times as long for each queue."""
    return 64 if world.valgrind else 256


def uuid(i):
    return f"{i:08x}-1111-4111-8111-111111111111"


def note(world, what, begin):
    world.notices.append(f"{what}: {time.monotonic() - begin:.2f} s")


def processor_time(world):
    """Returns the processor time of the daemon's threads so far, in nanoseconds."""
    total = 0
    for thread in os.listdir(f"/proc/{world.daemon.pid}/task"):
        with open(f"/proc/{world.daemon.pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def test_a_device_of_all_queues(world):
    """More than 511 queues: matrix is never read, and what is shown is right."""
    n = side(world)
    ids = list(range(n))
    world.start("--cards", str(n), "--domains", str(n))
    world.simctl("write", "apmask", "0x" + "0" * 64)
    whole = matrix(ids, ids, ids)
    begin = time.monotonic()
    world.call("Define", uuid=A, matrix=whole, start="auto")
    reply = world.call("Start", device=A)
    note(world, "define and start of a device of all queues", begin)
    equal((reply["device"]["active"], reply["device"]["effective"]), (whole, whole))
    equal(world.problems(A), {})
    begin = time.monotonic()
    reply = world.call("Unassign", device=A, matrix=matrix([n - 1], [0]))
    note(world, "unassign", begin)
    less = matrix(ids[:-1], ids[1:], ids)
    equal((reply["device"]["active"], world.active(A)), (less, ap_config(less)))
    equal((world.count("read-matrix"), world.count("read-guest_matrix") <= 1), (0, True))
    begin = time.monotonic()
    error = world.refused("Conflict", "Define", uuid=B, matrix=whole, start="auto")
    equal(len(error.parameters["problems"][0]["queues"]), (n - 1) * (n - 1))
    note(world, "a conflict of as many", begin)
    world.restart()
    equal(world.device(A)["active"], less)
    equal(world.count("read-matrix"), 0)


test_a_device_of_all_queues.seconds = 6


def test_more_queues_than_may_be_read_without_ap_config(world):
    """Such a device may exist there only by other programs: it is not read, and not touched."""
    world.start("--cards", "32", "--domains", "64", "--without", "ap_config")
    world.give(*range(16, 32))
    world.call("Define", uuid=A, matrix=matrix([16], [1]))
    world.simctl("write", "create", B)
    for i in range(17, 32):
        world.simctl("write", "assign_adapter", i, B)
    for i in range(40):
        world.simctl("write", "assign_domain", i, B)
    world.wait_until("it is told", lambda: "matrixUnknown" in world.problems(B))
    equal(world.count("read-matrix"), 0)
    world.refused("Conflict", "Assign", device=B, matrix=matrix([16]))
    world.call("Stop", device=B)


def test_many_devices(world):
    world.init("--cards", "16", "--domains", "256")
    world.give(*range(16))
    n = side(world)
    for i in range(n):
        world.write_definition(uuid(i), matrix([i % 16], [i]), start="auto")
        world.write_file(world.own_path(uuid(i)), {"version": 1, "name": f"guest{i}"})
    begin = time.monotonic()
    world.start()
    note(world, f"{n} devices started", begin)
    begin = time.monotonic()
    devices = world.call("ListDevices")["devices"]
    note(world, "listing them", begin)
    equal([(d["uuid"], d["active"]["domains"]) for d in devices],
          [(uuid(i), [i]) for i in range(n)])
    check(not any(d["problems"] for d in devices), "problems")

    world.simctl("count", "reset")
    begin = time.monotonic()
    for i in range(10):
        world.call("Assign", device=f"guest{i}", matrix=matrix([], [], [7]))
    note(world, f"10 changes among {n} devices", begin)
    reads = world.count("read-ap_config")
    world.notices.append(f"{reads} reads of ap_config for 10 changes")
    check(reads <= 10 * 8, "a change reads more than its own device:", reads)

    with world.monitor() as monitor:
        equal(len(monitor.present), n)
        world.simctl("write", "remove", 1, uuid(n // 2))
        monitor.wait("deviceChanged", lambda d: d["uuid"] == uuid(n // 2) and d["active"] is None)
    begin = time.monotonic()
    world.restart()
    note(world, f"restart with {n} devices", begin)
    world.simctl("count", "reset")
    world.kill()
    for i in range(0, n, 2):
        world.simctl("write", "remove", 1, uuid(i)) if i < 20 else None
    begin = time.monotonic()
    world.start()
    note(world, "start with 10 devices to start", begin)
    equal(world.count("create"), 10)


test_many_devices.seconds = 6


def test_limit_of_definitions(world):
    """4096 are kept; the next is refused, and a file too many is told."""
    for i in range(1024):
        world.write_definition(uuid(i), matrix([1], [i % 256]))
    world.start()
    few = processor_time(world)
    world.terminate()
    for i in range(1024, 4096):
        world.write_definition(uuid(i), matrix([1], [i % 256]))
    world.start()
    many = processor_time(world)
    world.notices.append(f"{few / 1e6:.0f} ms of a processor for 1024 definitions, "
                         f"{many / 1e6:.0f} ms for 4096")
    # four times as much, not sixteen times
    check(many < 10 * few, "not linear:", few, many)
    equal(len(world.call("ListDevices")["devices"]), 4096)
    error = world.refused("LimitReached", "Define", uuid=A, matrix=matrix([1], [1]))
    equal(error.parameters, {"what": "definitions", "limit": 4096})
    begin = time.monotonic()
    world.call("Modify", device=uuid(5), name="five")
    note(world, "a change among 4096 definitions", begin)
    world.call("Undefine", device="five")
    world.call("Define", uuid=A, matrix=matrix([1], [1]))
    world.write_definition(B, matrix([1], [1]))
    world.restart()
    check(any("4096" in p["message"] for p in world.host()["problems"]), "it is not told")
    equal(len(world.call("ListDevices")["devices"]), 4096)


test_limit_of_definitions.seconds = 5


def test_a_storm_of_events(world):
    """Many events make few readings, and nobody waits for long."""
    world.start("--cards", "64", "--domains", "256")
    begin = time.monotonic()
    world.simctl("domain", 200, "off")
    world.simctl("write", "aqmask", "0x" + "0" * 64)
    world.simctl("write", "aqmask", "0x" + "f" * 64)
    world.simctl("domain", 200, "on")
    world.wait_until("the last is seen",
                     lambda: len(world.call("ListQueues", domains=[200])["queues"]) == 64)
    note(world, "four changes of 16384 queues", begin)
    equal(world.host()["ownership"], "default")


def test_a_storm_reaches_a_subscriber(world):
    """One who reads gets every event of a mask that turns 4096 queues over at once."""
    world.start("--cards", "16", "--domains", "256")
    with world.monitor() as monitor:
        for value, driver in (("0", "vfio_ap"), ("f", "cex4queue")):
            world.simctl("write", "aqmask", "0x" + value * 64)
            missing = {f"{a:02x}.{d:04x}" for a in range(16) for d in range(256)}
            while missing:
                event = monitor.event()
                if event["event"] == "queueChanged" and event["queue"]["driver"] == driver:
                    missing.remove(event["queue"]["apqn"])


def test_present_state_of_many(world):
    """A subscriber that is slow to read is told every device once, as it is then, whatever happens meanwhile."""
    count = 200 if world.valgrind else 2000
    value = matrix(range(100), range(256))
    uuids = [uuid(i) for i in range(count)]
    for name in uuids:
        world.write_definition(name, {**value, "controlDomains": []})
    world.start()
    with world.client() as client:
        client.send("Monitor", more=True)
        shown = {uuids[0]: client.answer()["event"]["device"]}
        for name in (uuids[0], uuids[-1]):
            world.call("Modify", device=name, name=f"n{name[:8]}")
        for name in (uuids[1], uuids[-2]):
            world.call("Undefine", device=name)
        world.call("Define", uuid=A, matrix=matrix([0], [0]))
        world.call("Define", uuid="00000001-0000-4000-8000-000000000000", matrix=matrix([0], [0]))
        for state in ("off", "on"):
            world.simctl("plug", 0, state)
        expected = {d["uuid"]: d for d in world.call("ListDevices")["devices"]}
        is_ready = False
        while not is_ready or shown != expected:
            event = client.answer()["event"]
            is_ready |= event["event"] == "ready"
            device = event["device"]
            if device:
                check((device["uuid"] in shown) != (event["event"] == "deviceAdded"), event)
                shown[device["uuid"]] = device
            if event["event"] == "deviceRemoved":
                del shown[device["uuid"]]
