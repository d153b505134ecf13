# SPDX-License-Identifier: GPL-2.0-or-later
"""Doing: devices from nothing to started, beside a program that does the kernel's writes alone."""
from measure import seconds, text_of, uuid
from table import table, times, verdict

CARDS, DOMAINS = 32, 32
LARGE_CARDS, LARGE_DOMAINS = 256, 256
FEW, MANY = 64, 1000
AIM = 1.25

# Milliseconds of the writes that take long on a machine: a new device brings its group, and a
# device's queues are reset one by one.  No host was measured for them.
DELAYS = (("create", 2), ("ap_config", 10))


def matrix(i, pairs):
    """What device number i has; tests/bench/bare.h gives it the same."""
    return {"adapters": [i % pairs * 2, i % pairs * 2 + 1], "domains": [i // pairs]}


def document(count, pairs):
    return {"version": 1, "devices": [
        {"uuid": uuid(i), "start": "auto", **matrix(i, pairs)} for i in range(count)]}


def by_apply(world, count, pairs):
    with world.client() as client:
        return seconds(lambda: client.call("Apply", {"state": document(count, pairs)}, 300))[0]


def by_calls(world, count, pairs):
    def run(client):
        for i in range(count):
            client.call("Define", {"uuid": uuid(i), "start": "auto",
                                   "matrix": {**matrix(i, pairs), "controlDomains": []}})
            client.call("Start", {"device": uuid(i)})

    with world.client() as client:
        return seconds(lambda: run(client))[0]


def by_commands(world, count, pairs):
    def run():
        for i in range(count):
            has = matrix(i, pairs)
            status, output = world.apqctl(
                "define", uuid(i), "--adapters", ",".join(map(str, has["adapters"])),
                "--domains", str(has["domains"][0]), "--auto", "--start")
            if status != 0:
                raise RuntimeError(output)

    return seconds(run)[0]


def check_started(world, count):
    devices = world.call("ListDevices")["devices"]
    active = [d for d in devices if d["active"] and d["active"]["adapters"]]
    if len(active) != count:
        raise RuntimeError(f"{len(active)} of {count} devices are started")


def delay(world):
    for name, milliseconds in DELAYS:
        world.simctl("delay", name, milliseconds, "times", 0)


def few(bench):
    """64 devices, without delays."""
    pairs = CARDS // 2
    ways = [("one document (`Apply`)", by_apply), (f"{2 * FEW} calls on one connection", by_calls),
            (f"{FEW} `apqctl define --start`", by_commands)]
    with bench.host(CARDS, DOMAINS, start=False) as world:
        bare = bench.tool("bare-writes", world.root, FEW, pairs)[0] / 1e9
    with bench.host(CARDS, DOMAINS, start=False) as world:
        synced = bench.tool("bare-writes", world.root, FEW, pairs, world.root + "/files")[0] / 1e9
    rows = [["the writes alone", text_of(bare), "", "", ""],
            ["the writes, and one small file a device, synced", text_of(synced),
             times(synced, bare), "", ""]]
    for name, way in ways:
        with bench.host(CARDS, DOMAINS) as world:
            cpu = world.cpu()
            taken = way(world, FEW, pairs)
            cpu = world.cpu() - cpu
            check_started(world, FEW)
        rows.append([name, text_of(taken), times(taken, bare), text_of(cpu),
                     verdict(taken <= AIM * bare, f"{AIM} x")])
    return table([f"{FEW} devices from nothing to started", "takes", "beside the writes",
                  "apqd's processor", "aim"], rows)


def many(bench):
    """1,000 devices in one document, with delays and without."""
    rows = []
    pairs = LARGE_CARDS // 2
    for name, prepare in (("at once", lambda world: None),
                          ("delayed as on a machine", delay)):
        with bench.host(LARGE_CARDS, LARGE_DOMAINS, start=False) as world:
            prepare(world)
            bare = bench.tool("bare-writes", world.root, MANY, pairs)[0] / 1e9
        with bench.host(LARGE_CARDS, LARGE_DOMAINS) as world:
            prepare(world)
            cpu = world.cpu()
            taken = by_apply(world, MANY, pairs)
            cpu = world.cpu() - cpu
            check_started(world, MANY)
        rows.append([name, text_of(taken), text_of(bare), times(taken, bare), text_of(cpu),
                     verdict(taken <= AIM * bare, f"{AIM} x")])
    return table([f"{MANY:,} devices in one document, the kernel's writes", "takes",
                  "the writes alone", "beside them", "apqd's processor", "aim"], rows)


def measure(bench):
    told = ", ".join(f"`{name}` {milliseconds} ms" for name, milliseconds in DELAYS)
    return {"doing": few(bench), "apply": many(bench), "delays": told}, []
