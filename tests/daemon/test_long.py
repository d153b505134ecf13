# SPDX-License-Identifier: GPL-2.0-or-later
"""A long run: clients, other programs, the machine and guests at full speed, all at random.

MINUTES=60 makes it an hour; without, it takes some seconds.  SEED=N repeats what is chosen, though not
the order in which it meets.
"""
import contextlib
import itertools
import os
import random
import threading
import time

from harness import Failure, Monitor, VarlinkError, ap_config, check, equal, in_background, matrix

ADAPTERS, DOMAINS = range(6), range(6)
DEVICES = [f"{i:08x}-1111-4111-8111-111111111111" for i in range(10)]
NAMES = ["web1", "web2", "db", None]

# What a call may be answered with where others are at work too; anything else is a defect.
REFUSALS = {"BadDefinition", "Conflict", "DeviceExists", "DeviceInUse", "KernelRefused", "NoSuchDevice",
            "StoreFailed", "Unsupported"}
CLIENTS = 3
ROUND = 4  # seconds between two comparisons


def some(chance, ids, most=3):
    return sorted(chance.sample(ids, chance.randrange(1, most + 1)))


def any_matrix(chance):
    return matrix(some(chance, ADAPTERS), some(chance, DOMAINS),
                  some(chance, DOMAINS) if chance.random() < 0.2 else [])


def any_call(chance):
    """A method and its parameters."""
    device = chance.choice(DEVICES)
    part = matrix(some(chance, ADAPTERS, 1), some(chance, DOMAINS, 1))
    calls = (
        ("Define", {"uuid": device, "matrix": any_matrix(chance), "name": chance.choice(NAMES),
                    "start": chance.choice(("auto", "manual"))}),
        ("Undefine", {"device": device}),
        ("Start", {"device": device, "reserve": chance.random() < 0.5}),
        ("Stop", {"device": device}),
        ("Assign", {"device": device, "matrix": part}),
        ("Unassign", {"device": device, "matrix": part}),
        ("Modify", {"device": device, "start": chance.choice(("auto", "manual"))}),
        ("Reserve", {"adapters": some(chance, ADAPTERS)}),
        ("Reserve", {"queues": [f"{chance.choice(ADAPTERS):02x}.{chance.choice(DOMAINS):04x}"]}),
        ("Release", {"adapters": some(chance, ADAPTERS, 1)}),
        ("ListDevices", {}), ("ListCards", {}), ("GetHost", {}), ("GetDevice", {"device": device}),
        ("Explain", {"device": device}), ("Export", {}), ("GetMetrics", {}))
    method, parameters = chance.choice(calls)
    if method[0] in "DUSAMR" and chance.random() < 0.1:  # of those that change something
        parameters["dryRun"] = True
    return method, parameters


def be_client(world, chance, until, done):
    """Calls on one connection until the time is over."""
    with world.client() as client:
        while time.monotonic() < until:
            method, parameters = any_call(chance)
            try:
                client.call(method, parameters)
            except VarlinkError as error:
                check(error.short in REFUSALS, f"{method} {parameters}: {error}")
            done[method] = done.get(method, 0) + 1


def other_programs(world, chance):
    """One act of another program, of the machine, or of a guest."""
    device = chance.choice(DEVICES)
    act = chance.randrange(8)
    if act == 0:
        adapter = chance.choice(ADAPTERS)
        world.simctl("plug", adapter, "off", status=None)
        world.simctl("plug", adapter, "on", status=None)
    elif act == 1:
        world.simctl("write", chance.choice(("apmask", "aqmask")), chance.choice(("-1", "+1", "-3")),
                     status=None)
    elif act == 2:
        world.simctl("write", "create", device, status=None)
    elif act == 3:
        world.simctl("write", "remove", "1", device, status=None)
    elif act == 4:
        world.simctl("write", "assign_adapter", chance.choice(ADAPTERS), device, status=None)
    elif act == 5:
        world.write_definition(device, any_matrix(chance))
    elif act == 6:
        world.simctl("lose")
    else:
        world.simctl("guest", device, "hold", f"{chance.uniform(0.01, 0.3):.2f}", status=None)


def be_others(world, chance, until, done):
    while time.monotonic() < until:
        other_programs(world, chance)
        done["others"] = done.get("others", 0) + 1
    for adapter in ADAPTERS:
        world.simctl("plug", adapter, "on", status=None)


class Listener(threading.Thread):
    """A subscriber that keeps the devices as its events tell them."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.monitor = Monitor(world.socket, world.timeout)
        self.devices, self.lock, self.error = {}, threading.Lock(), None
        for event in self.monitor.present:
            self.take(event)
        self.events = 0
        self.start()

    def take(self, event):
        device = event["device"]
        if not device:
            return
        with self.lock:
            if event["event"] == "deviceRemoved":
                self.devices.pop(device["uuid"], None)
            else:
                self.devices[device["uuid"]] = device

    def run(self):
        with contextlib.suppress(OSError, ConnectionError):
            while True:
                with contextlib.suppress(TimeoutError):
                    self.take(self.monitor.event(3600))
                    self.events += 1

    def told(self):
        with self.lock:
            return dict(self.devices)


def devices_of(world):
    return {d["uuid"]: d for d in world.call("ListDevices")["devices"]}


def agree(world, listener, what):
    """apqd, the kernel and the subscriber have the same devices."""
    def same():
        devices = devices_of(world)
        active = {uuid: ap_config(d["active"]) for uuid, d in devices.items() if d["active"]}
        return active == world.kernel() and listener.told() == devices

    try:
        world.wait_until(what, same)
    except Failure:
        world.notices.append(f"{what}: apqd {devices_of(world)}, kernel {world.kernel()}, told {listener.told()}")
        raise


def known(world):
    queues = world.call("ListQueues")["queues"]
    for queue in queues:
        # A device that came and went between two looks has reset its queues, and nothing tells of that.
        if queue["owner"] == "nobody":
            del queue["interrupt"]
    return {"devices": devices_of(world), "cards": world.call("ListCards")["cards"],
            "host": world.host(), "queues": queues}


def as_after_a_restart(world, what):
    """What apqd knows is what it would find if it looked for the first time."""
    for _ in range(20):
        writes, before = world.count("writes"), known(world)
        world.simctl("lose")  # so it scans everything
        time.sleep(0.3)
        after = known(world)
        if before == after:
            return
        # a device that starts by itself may have done so just now
        if world.count("writes") == writes:
            for key, value in before.items():
                equal(after[key], value, f"{what}: {key}, after a scan and before")
    check(False, what, "apqd does not come to rest")


def used(world):
    """Memory in KiB, and descriptors."""
    with open(f"/proc/{world.daemon.pid}/status", encoding="ascii") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
    return memory, len(os.listdir(f"/proc/{world.daemon.pid}/fd"))


def test_at_random(world):
    seconds = 60 * float(os.environ.get("MINUTES", 0)) or 3 * ROUND
    chance = world.chance()
    world.start("--cards", str(len(ADAPTERS)), "--domains", str(len(DOMAINS)))
    listener = Listener(world)
    deaf = world.monitor()  # it never reads again
    done, first = {}, None
    end = time.monotonic() + seconds
    for number in itertools.count():
        what = f"round {number}"
        until = time.monotonic() + ROUND
        workers = [in_background(be_client, world, random.Random(chance.random()), until, done)
                   for _ in range(CLIENTS)]
        workers += [in_background(be_others, world, random.Random(chance.random()), until, done)]
        for wait in workers:
            wait()
        world.wait_until("nothing is under way", lambda: not [
            n for n in os.listdir(world.root + "/run/apqd/pending") if n[0] != "."])
        agree(world, listener, what)
        as_after_a_restart(world, what)
        memory, descriptors = used(world)
        # the first rounds fill what is kept for good: notes, durations, the C library's arenas
        if number == 2:
            first = memory, descriptors
        if number > 2:
            check(memory <= first[0] + 4096, what, "memory", memory, "KiB, at first", first[0])
            # a few belong to connections whose clients have just gone
            check(descriptors <= first[1] + 4, what, "descriptors", descriptors, "at first", first[1])
        if time.monotonic() > end:
            break
    deaf.close()
    listener.monitor.close()
    world.notices.append(f"{sum(done.values())} acts in {number + 1} rounds, {listener.events} events; "
                         f"{memory} KiB and {descriptors} descriptors at the end")


test_at_random.seconds = 15
