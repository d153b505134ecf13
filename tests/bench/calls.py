# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls a second, beside a Varlink service of systemd's that is started for it."""
import contextlib
import os
import subprocess
import tempfile
import time

from measure import MANAGER, Host, call_text, text_of, uuid
from table import table, times, verdict

CALLS = 20000
DEPTH = 64
JOURNALD = "/usr/lib/systemd/systemd-journald"
JOURNAL_SOCKET = "/run/systemd/journal/io.systemd.journal"

# A journald of its own: nothing of the machine's journal is seen or touched.
ALONE = """set -eu
mount -t tmpfs none /run
mount -t tmpfs none /var/log
mkdir -p /run/systemd/journal /run/log
exec "$1"
"""


def rate(bench, socket, text, cpu, answer="answer"):
    """Wall time and processor time of the server a call: one by one, then with many on the way."""
    found = []
    for depth in (1, DEPTH):
        bench.tool("load", socket, CALLS // 20, depth, text, answer)
        before = cpu()
        taken = bench.tool("load", socket, CALLS, depth, text, answer)[0] / 1e9
        found.append((taken / CALLS, (cpu() - before) / CALLS))
    return found


@contextlib.contextmanager
def journald(bench):
    """A journald in a mount namespace: its pid and the path of its socket; None without."""
    if not os.access(JOURNALD, os.X_OK) or os.geteuid() != 0:
        yield None
        return
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                    ALONE, "sh", JOURNALD], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
        socket = f"/proc/{process.pid}/root{JOURNAL_SOCKET}"
        end = time.monotonic() + 10
        try:
            while not os.path.exists(socket) and process.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            yield (process.pid, socket) if os.path.exists(socket) else None
        finally:
            process.terminate()
            process.wait()


def row(name, found):
    (one, one_cpu), (many, many_cpu) = found
    return [name, f"{1 / one:,.0f}", f"{1 / many:,.0f}", text_of(one_cpu), text_of(many_cpu),
            f"{1 / many_cpu:,.0f}"]


def measure(bench):
    info = call_text("org.varlink.service.GetInfo")
    unknown = call_text("io.systemd.Journal.NoSuchMethod")
    rows = []
    with bench.host(32, 32) as world:
        bench.tool("bare-writes", world.root, 64, 16)
        world.wait_until("devices are seen", lambda: len(world.call("ListDevices")["devices"]) == 64)
        device = rate(bench, world.socket, call_text(MANAGER + "GetDevice", device=uuid(5)), world.cpu)
        rows.append(row("apqd: `GetInfo`", rate(bench, world.socket, info, world.cpu)))
        ours = rate(bench, world.socket, unknown, world.cpu, "error")
    rows = [row("apqd: `GetDevice`", device), *rows, row("apqd: no such method", ours)]
    with journald(bench) as peer:
        if peer:
            pid, socket = peer
            theirs = rate(bench, socket, unknown, lambda: Host.cpu(None, pid), "error")
            rows.append(row("systemd-journald: no such method", theirs))
    if not peer:
        text = ("There is no peer in this run: systemd-journald is not there, or could not be "
                "started in a namespace of its own, which needs root.")
    else:
        pairs = [(f"{name}, {way}", our[i], theirs[i])
                 for name, our in (("no such method", ours), ("`GetDevice`", device))
                 for i, way in enumerate(("one by one", "pipelined"))]
        text = table(["apqd beside systemd-journald's \"no such method\"", "a second of a core, apqd",
                      "journald", "apqd's time", "aim"],
                     [[name, f"{1 / our[1]:,.0f}", f"{1 / peer_time[1]:,.0f}",
                       times(our[1], peer_time[1]), verdict(our[1] <= peer_time[1], "ahead")]
                      for name, our, peer_time in pairs])
    return {"calls": table(["", "a second, one by one", f"a second, {DEPTH} on the way",
                            "processor a call, one by one", "pipelined",
                            "a second of a core, pipelined"], rows),
            "calls_peer": text}, []
