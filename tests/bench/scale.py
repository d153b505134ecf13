# SPDX-License-Identifier: GPL-2.0-or-later
"""Scale: time and memory as queues and devices grow."""
from doing import matrix
from measure import MANAGER, call_text, seconds, text_of, uuid
from table import table, times, verdict

SIZES = ((8, 8), (32, 32), (64, 64), (128, 128), (256, 256))
DEVICES = (1, 16, 256, 1024, 4096)
MEMORY_AIM = 16 * 1024  # KiB
SCANS = 5


def own(memory):
    """What is the daemon's: without the file in which the simulated kernel lives."""
    return memory["RssAnon"]


def mib(kib):
    return f"{kib / 1024:.1f} MiB"


def spent(bench, world, method, count, **parameters):
    """Processor time of apqd for one such call."""
    text = call_text(MANAGER + method, **parameters)
    bench.tool("load", world.socket, max(1, count // 10), 1, text, "answer")
    before = world.cpu()
    bench.tool("load", world.socket, count, 1, text, "answer")
    return (world.cpu() - before) / count


def spent_by(world, function):
    before = world.cpu()
    function()
    return world.cpu() - before


def collect(world):
    """All queues, in parts."""
    with world.client() as client:
        client.send("ListQueues", {}, more=True)
        while client.receive().get("continues"):
            pass


def by_queues(bench):
    rows, points = [], []
    for cards, domains in SIZES:
        queues = cards * domains
        with bench.host(cards, domains, start=False) as world:
            scan = min(bench.tool("bare-scan", world.root)[0] for _ in range(SCANS)) / 1e9
            start, _ = seconds(world.start)
            first = world.cpu()
            idle = world.memory()
            bench.tool("bare-writes", world.root, 1, cards // 2)
            world.wait_until("it is seen", lambda w=world: w.call("ListDevices")["devices"])
            one = {"device": uuid(0)}
            costs = {
                "GetDevice": spent(bench, world, "GetDevice", 300, **one),
                "ListQueues of a device": spent(bench, world, "ListQueues", 300, **one),
                "ListDevices": spent(bench, world, "ListDevices", 300),
                "GetHost": spent(bench, world, "GetHost", 300),
                "ListCards": spent(bench, world, "ListCards", 100),
                "GetMetrics": spent(bench, world, "GetMetrics", 20),
                "Explain": spent(bench, world, "Explain", 100, **one),
                "ListQueues": spent_by(world, lambda w=world: collect(w)),
                "Assign": spent_by(world, lambda w=world: w.call(
                    "Assign", device=uuid(0), scope="live",
                    matrix={"adapters": [], "domains": [1], "controlDomains": []})),
            }
            rows.append((queues, scan, start, first, idle, world.memory(), costs))
        points.append((queues, costs))
    return rows, points


def by_devices(bench):
    rows, points = [], []
    for count in DEVICES:
        with bench.host(256, 256, start=False) as world:
            bench.tool("bare-writes", world.root, count, 128)
            for i in range(count):
                world.write_definition(uuid(i), {**matrix(i, 128), "controlDomains": []},
                                       start="auto")
            start, _ = seconds(world.start)
            idle = world.memory()
            one = {"device": uuid(count // 2)}
            costs = {
                "GetDevice": spent(bench, world, "GetDevice", 300, **one),
                "ListQueues of a device": spent(bench, world, "ListQueues", 100, **one),
                "ListDevices": spent(bench, world, "ListDevices", 2 if count > 1000 else 20),
                "GetHost": spent(bench, world, "GetHost", 300),
                "GetMetrics": spent(bench, world, "GetMetrics", 3),
                "Explain": spent(bench, world, "Explain", 20, **one),
                "ListQueues": spent_by(world, lambda w=world: collect(w)),
                "Assign": spent_by(world, lambda w=world, one=one: w.call(
                    "Assign", device=one["device"], scope="live",
                    matrix={"adapters": [], "domains": [255], "controlDomains": []})),
            }
            rows.append((count, start, idle, world.memory(), costs))
        points.append((count, costs))
    return rows, points


def cost_table(what, points):
    """A line a call, a column a size; the last tells how the cost grew from the size before."""
    sizes = [size for size, _ in points]
    rows = []
    for name in points[0][1]:
        costs = [cost[name] for _, cost in points]
        rows.append([name, *map(text_of, costs), times(costs[-1], costs[-2])])
    last = f"last step ({times(sizes[-1], sizes[-2])})"
    return table([what, *(f"{size:,}" for size in sizes), last], rows)


def measure(bench):
    queue_rows, queue_points = by_queues(bench)
    device_rows, device_points = by_devices(bench)
    start = [[f"{queues:,} queues", text_of(scan), text_of(begin), text_of(first),
              mib(own(idle)), mib(own(then)), mib(then["VmHWM"]),
              verdict(then["VmHWM"] <= MEMORY_AIM, "16 MiB")]
             for queues, scan, begin, first, idle, then, _ in queue_rows]
    memory = [["1 device" if count == 1 else f"{count:,} devices", "", text_of(begin), "",
               mib(own(idle)), mib(own(then)), mib(then["VmHWM"]), verdict(then["VmHWM"] <= MEMORY_AIM, "16 MiB")]
              for count, begin, idle, then, _ in device_rows]
    return {
        "start": table(["", "the same scan, nothing else", "start to ready",
                        "apqd's processor till then", "own memory then",
                        "own memory after all calls", "highest, all of it", "aim"],
                       start + memory),
        "queues": cost_table("processor time of apqd; queues", queue_points),
        "devices": cost_table("processor time of apqd; devices", device_points),
    }, (queue_points, device_points)
