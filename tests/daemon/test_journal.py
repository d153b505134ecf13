# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes to the journal: who changed what, by fields, and nothing as a client sent it."""
import contextlib
import os
import re
import select
import socket
import struct
import time

from harness import A, B, check, contains, equal, matrix

HERE = os.path.dirname(os.path.abspath(__file__))

# libsystemd knows one path only, so the daemon gets a /run of its own there.
IN_A_RUN_OF_ITS_OWN = """
mount -t tmpfs apqd-test /run
mkdir -p /run/systemd/journal
mount --bind "$1" /run/systemd/journal
shift
exec "$@"
"""


def message_ids():
    """The names of daemon/log.h by their ids."""
    with open(HERE + "/../../daemon/log.h", encoding="utf-8") as file:
        return {i: n for n, i in re.findall(r'^#define MESSAGE_(\w+) "(\w+)"', file.read(), re.M)}


def parse(data):
    """One record of journald's protocol: lists of values by field."""
    fields = {}
    while data:
        line, data = data.split(b"\n", 1)
        if b"=" in line:
            name, value = line.split(b"=", 1)
        else:
            name, size = line, struct.unpack("<Q", data[:8])[0]
            value, data = data[8:8 + size], data[8 + size + 1:]
        fields.setdefault(name.decode(), []).append(value.decode())
    return fields


class Journal:
    """Takes journald's place for one daemon."""

    def __init__(self, world, *options):
        self.world = world
        self.records = []
        folder = world.root + "/journal"
        os.mkdir(folder)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(folder + "/socket")
        with open(world.log, "ab") as log:
            stat = os.fstat(log.fileno())
        world.spawn(*options, prefix=["unshare", "--mount", "env",
                                      f"JOURNAL_STREAM={stat.st_dev}:{stat.st_ino}", "sh", "-ec",
                                      IN_A_RUN_OF_ITS_OWN, "sh", folder])
        world.wait_ready()

    def wait(self, what, condition):
        """The next record that fits; all that came before are kept in .records."""
        end = time.monotonic() + self.world.timeout
        seen = 0
        while True:
            for record in self.records[seen:]:
                if condition(record):
                    return record
            seen = len(self.records)
            check(select.select([self.socket], [], [], max(0, end - time.monotonic()))[0],
                  f"the journal never got {what}: {self.records}")
            self.records.append(parse(self.socket.recv(1 << 20)))

    def wait_id(self, name, **fields):
        ids = message_ids()
        return self.wait((name, fields), lambda record: (
            ids.get(record.get("MESSAGE_ID", [""])[0]) == name and
            all(record.get(f) == [v] for f, v in fields.items())))

    def close(self):
        self.socket.close()


def test_who_changed_what(world):
    journal = Journal(world)
    world.give(2)
    with world.client() as client:
        client.call("Define", {"uuid": A, "matrix": matrix([2], [1]), "name": "web1"})
        client.call("Start", {"device": "web1", "dryRun": True})
        client.call("Start", {"device": "web1"})
    record = journal.wait_id("CHANGED", APQD_OPERATION="start")
    equal(record["APQD_DEVICE"], [A])
    equal(record["APQD_CALLER_PID"], [str(os.getpid())])
    equal(record["APQD_CALLER_UID"], ["0"])
    equal(record["PRIORITY"], ["5"])
    equal(record["APQD_DEVICE_NAME"], ["web1"])
    equal(record["MESSAGE"], [f"start of device web1 ({A}) by process {os.getpid()} (uid 0) done. Name: web1. "
                              "Definition: adapters 02 domains 0001, start manual. "
                              "Started with: adapters 02 domains 0001."])
    contains("\n".join(record["APQD_STEP"]), f"write {A} > ", "ap_config")
    define = journal.wait_id("CHANGED", APQD_OPERATION="define")
    contains(define["APQD_STEP"][0], "writeDefinition", A)
    equal(sum(r.get("APQD_OPERATION") == ["start"] for r in journal.records), 1, "a dry run is told")
    journal.close()


def test_who_was_refused(world):
    journal = Journal(world)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    world.refused("Conflict", "Start", device=A)
    record = journal.wait_id("REFUSED", APQD_OPERATION="start", APQD_DEVICE=A)
    equal(record["APQD_ERROR"], ["io.apqd.Manager.Conflict"])
    equal(record["APQD_CALLER_UID"], ["0"])
    contains(record["MESSAGE"][0], f"start of device {A} by process")
    world.refused("InvalidParameter", "Modify", device=A, name="-")
    record = journal.wait_id("REFUSED", APQD_OPERATION="modify")
    contains(record["MESSAGE"][0], f"modify of device {A} by process")
    journal.close()


def test_every_line_names_its_device(world):
    """By name and UUID, also where the name goes with the change."""
    world.write_definition(A, matrix([2], [1]), start="auto")
    world.write_file(world.own_path(A), {"version": 1, "name": "web1"})
    world.init()
    world.give(2)
    journal = Journal(world)
    label = f"Device web1 ({A}): "
    record = journal.wait("its start", lambda r: "brought it" in r["MESSAGE"][0])
    equal(record["MESSAGE"], [label + "apqd brought it to its definition."])
    world.simctl("write", "unassign_domain", 1, A)
    record = journal.wait_id("PROBLEM", APQD_PROBLEM="drift")
    contains(record["MESSAGE"][0], label)
    world.call("Undefine", device="web1")
    record = journal.wait_id("CHANGED", APQD_OPERATION="undefine")
    contains(record["MESSAGE"][0], f"undefine of device web1 ({A}) by process")
    world.call("Stop", device=A)
    record = journal.wait_id("CHANGED", APQD_OPERATION="stop")
    contains(record["MESSAGE"][0], f"stop of device {A} by process", "It is gone.")
    for record in journal.records:
        check("APQD_DEVICE" not in record or A in record["MESSAGE"][0], record)
    journal.close()


def test_reload_and_reserve(world):
    journal = Journal(world)
    world.call("Reload")
    record = journal.wait("the reload", lambda r: r.get("APQD_OPERATION") == ["reload"])
    equal(record["APQD_CALLER_PID"], [str(os.getpid())])
    world.call("Reserve", adapters=[2])
    record = journal.wait_id("CHANGED", APQD_OPERATION="reserve")
    check("APQD_DEVICE" not in record, record)
    contains("\n".join(record["APQD_STEP"]), "writePolicy")
    journal.close()


def test_problems(world):
    """Each has an id that the catalog explains, its code, its device and its queues."""
    journal = Journal(world)
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1, 2]))
    world.call("Start", device=A)
    world.simctl("write", "unassign_domain", 2, A)
    record = journal.wait_id("PROBLEM", APQD_PROBLEM="drift")
    equal((record["APQD_DEVICE"], record["PRIORITY"]), ([A], ["4"]))
    world.simctl("chkstop", 2, "on")
    world.device(A)     # nothing tells of a checkstop, so it is seen when somebody asks
    record = journal.wait_id("CHECKSTOPPED", APQD_PROBLEM="queueCheckstopped")
    equal(record["APQD_QUEUE"], ["02.0001"])
    world.write_file(world.host_path, "{ broken")
    record = journal.wait_id("BAD_POLICY")
    check("APQD_DEVICE" not in record, record)
    world.write_file(world.path(B), "{ broken")
    journal.wait_id("BAD_DEFINITION", APQD_DEVICE=B)
    journal.close()


def test_not_started(world):
    world.write_definition(A, matrix([3], [1]), start="auto")
    journal = Journal(world)
    record = journal.wait_id("NOT_STARTED", APQD_DEVICE=A)
    equal(record["APQD_PROBLEM"], ["notStarted"])
    contains(record["MESSAGE"][0], "03.0001")
    world.call("Reload")
    journal.wait("the end of it", lambda r: r.get("APQD_OPERATION") == ["reload"])
    warnings = [r for r in journal.records
                if r.get("APQD_DEVICE") == [A] and r["PRIORITY"] == ["4"]]
    equal(warnings, [record], "it is told once")
    journal.close()


def test_nothing_raw(world):
    """Whatever a client sends, the journal gets only what apqd made of it."""
    journal = Journal(world)
    evil = "x\nMESSAGE_ID=ffffffffffffffffffffffffffffffff\n\x1b[2J\u0085evil"
    calls = [("Define", {"uuid": evil, "matrix": matrix([2], [1])}),
             ("Define", {"uuid": A, "name": evil, "matrix": matrix([2], [1])}),
             ("Start", {"device": evil}), ("Modify", {"device": evil, "name": evil}),
             ("Reserve", {"queues": [evil]}), ("Reserve", {"adapters": [1], "mechanism": evil}),
             ("GetDevice", {"device": evil}), (evil, {}), ("Explain", {"device": evil}),
             ("Define", {evil: evil})]
    for method, parameters in calls:
        with world.client() as client:
            client.send(method, parameters)
            client.receive()
    with world.client() as client, contextlib.suppress(OSError):
        client.raw(evil.encode() + b"\0")
        client.receive()
    world.call("Reload")
    journal.wait("the last one", lambda r: r.get("APQD_OPERATION") == ["reload"])
    for record in journal.records:
        text = repr(record)
        check("evil" not in text and "ffffffff" not in text and "\\x1b" not in text, text)
    journal.close()


def test_one_line_each(world):
    """A file may hold control characters; a message that quotes it has none."""
    journal = Journal(world)
    world.write_file(world.host_path, '{ "owner\\u001b[2J\\nship": 7, "ownership": "\\n\\u001bx" }')
    record = journal.wait_id("BAD_POLICY")
    check(not re.search(r"[\x00-\x1f\x7f]", record["MESSAGE"][0]), record)
    journal.close()
