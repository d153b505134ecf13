# SPDX-License-Identifier: GPL-2.0-or-later
"""Asking: apqctl from start to end, beside /bin/true."""
from measure import text_of
from table import table, times, verdict

DEVICES = 64
SIZES = ((32, 32), (256, 256))
AIM = 3


def measure(bench):
    rows, points = [], []
    for cards, domains in SIZES:
        queues = cards * domains
        runs = 60 if queues <= 1024 else 9
        with bench.host(cards, domains) as world:
            bench.tool("bare-writes", world.root, DEVICES, cards // 2)
            world.wait_until("devices are seen",
                             lambda w=world: len(w.call("ListDevices")["devices"]) == DEVICES)
            for verb in (["list"], ["queues"], ["queues", "--json"], ["matrix"]):
                # Right before it, so that a machine that becomes slower hits both.
                true = bench.program(runs, "/bin/true")
                version = bench.apqctl(world, runs, "--version")
                cpu = world.cpu()
                taken = bench.apqctl(world, runs, *verb)
                cpu = (world.cpu() - cpu) / runs
                name = "apqctl " + " ".join(verb)
                points.append((name, queues, taken))
                aim = verdict(taken <= AIM * true, f"{AIM} x") if verb[0] in ("list", "queues") \
                    and len(verb) == 1 else ""
                rows.append([f"`{name}`, {queues:,} queues", text_of(taken), text_of(cpu),
                             text_of(version), text_of(true), times(taken, true), aim])
    return {"asking": table(["what", "takes", "of it apqd's processor", "`apqctl --version`",
                             "`/bin/true`", "beside `true`", "aim"], rows),
            "asking_devices": DEVICES}, points
