# SPDX-License-Identifier: GPL-2.0-or-later
"""Idle: how often a daemon wakes up that nobody asks anything; it waits while others measure."""
import time

from table import table, verdict

SECONDS = 60
SETTLE = 3


class Idle:
    """Daemons with a subscriber, without devices and with some, left alone until end()."""

    def __init__(self, bench):
        self.kept = [self.begin(bench, devices) for devices in (0, 64)]
        time.sleep(SETTLE)
        self.begun = time.monotonic()
        self.before = [(world.wakeups(), world.cpu()) for _, _, world, _ in self.kept]

    @staticmethod
    def begin(bench, devices):
        host = bench.host(256, 256)
        world = host.__enter__()
        if devices:
            bench.tool("bare-writes", world.root, devices, 128)
        return devices, host, world, world.monitor()

    def end(self):
        time.sleep(max(0, SECONDS - (time.monotonic() - self.begun)))
        waited = time.monotonic() - self.begun
        rows = []
        for (devices, host, world, monitor), (wakeups, cpu) in zip(self.kept, self.before):
            wakeups = (world.wakeups() - wakeups) * 60 / waited
            cpu = (world.cpu() - cpu) * 60 / waited
            rows.append([f"65,536 queues, {devices} devices, a subscriber", f"{wakeups:.1f}",
                         f"{cpu * 1e3:.3f} ms", verdict(wakeups == 0, "none")])
            monitor.close()
            host.__exit__(None, None, None)
        return {"idle": table([f"in {waited:.0f} seconds", "wakeups a minute",
                               "processor a minute", "aim"], rows)}
