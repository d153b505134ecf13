# SPDX-License-Identifier: GPL-2.0-or-later
"""Hearing: from another program's write to the event that a subscriber reads."""
import threading

from measure import median, percentile, seconds, text_of
from table import table, verdict

ONE_BY_ONE = (500, 1)   # rounds, devices a round
BURST = (8, 256)
AIM = 0.001
CARDS, DOMAINS = 16, 256


def measure(bench):
    rows, points = [], []
    for name, (rounds, burst) in (("one device at a time", ONE_BY_ONE),
                                  (f"{BURST[1]} devices in a burst", BURST)):
        with bench.host(CARDS, DOMAINS, start=False) as world:
            bare = [n / 1e9 for n in bench.tool("hear", world.root, "-", rounds, burst)]
        with bench.host(CARDS, DOMAINS) as world:
            heard = [n / 1e9 for n in bench.tool("hear", world.root, world.socket, rounds, burst)]
        beyond = percentile(heard, 0.99) - percentile(bare, 0.99)
        rows.append([name, text_of(median(heard)), text_of(percentile(heard, 0.99)),
                     text_of(median(bare)), text_of(percentile(bare, 0.99)),
                     text_of(max(beyond, 0)), verdict(beyond < AIM, "1 ms")])
        points.append((name, heard, bare))
    return {"hearing": table(["", "50th", "99th", "the source: 50th", "99th",
                              "beyond it, 99th", "aim"], rows),
            "storm": storm(bench)}, points


def storm(bench):
    """One write that changes the owner of all queues; a subscriber reads every event."""
    with bench.host(CARDS, DOMAINS) as world, world.monitor() as monitor:
        count = CARDS * DOMAINS

        def listen():
            left = count
            while left > 0:
                left -= monitor.event()["event"] == "queueChanged"

        listener = threading.Thread(target=listen)
        listener.start()
        cpu = world.cpu()
        taken, _ = seconds(lambda: (world.simctl("write", "apmask", "0x" + "f" * 64),
                                    listener.join()))
        cpu = world.cpu() - cpu
    return (f"{count:,} queues that change hands by one write: a subscriber (in Python) has read "
            f"all events after {text_of(taken)}; apqd's processor {text_of(cpu)}, "
            f"{text_of(cpu / count)} an event.")
