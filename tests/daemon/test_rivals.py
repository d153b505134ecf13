# SPDX-License-Identifier: GPL-2.0-or-later
"""Many that want the same: what is told and kept is bounded by what was sent and what there is."""
import json
import os
import uuid

from harness import check, contains, equal, matrix

CARDS = ("--cards", "4", "--domains", "8")


def named(i):
    return str(uuid.UUID(int=0x1000 + i, version=4))


def state(count, value=None, start="auto", **more):
    value = value or matrix([1], [2])
    return {"version": 1, "devices": [{"uuid": named(i), "start": start, **more, **value}
                                      for i in range(count)]}


def answer_length(world, method, **parameters):
    """The message that answers a call, and how many bytes it has."""
    with world.client() as client:
        client.send(method, parameters)
        message = client.receive()
        check(message is not None, "the connection was closed instead of an answer")
        return message, len(json.dumps(message))


def test_many_in_one_document(world):
    world.init(*CARDS)
    world.give(1)
    world.start()
    before = world.state()
    lengths = []
    for dry_run in (True, False):
        for count in (20, 400):
            message, length = answer_length(world, "Apply", state=state(count), dryRun=dry_run)
            equal(message["error"], "io.apqd.Manager.Conflict")
            problems = message["parameters"]["problems"]
            equal([(p["code"], p["queues"]) for p in problems],
                  [("queueConflict", ["01.0002"]), ("definitionConflict", ["01.0002"])])
            for problem in problems:
                contains(problem["message"], named(0), named(1), f"and {count - 3} more")
            lengths.append(length)
    check(max(lengths) - min(lengths) < 20, lengths)
    equal(world.state(), before, "a refused document changed something")


def test_many_beside_definitions(world):
    """The others are on the disk already, and one comes."""
    world.init(*CARDS)
    world.give(1)
    world.start()
    world.call("Apply", state=state(300, start="manual"))
    world.call("Modify", device=named(0), start="auto")
    for i in range(1, 3):
        error = world.refused("Conflict", "Modify", device=named(i), start="auto")
        equal(len(error.parameters["problems"]), 1)
    for i in range(1, 300):
        world.write_definition(named(i), matrix([1], [2]), start="auto")
    world.call("Reload")
    error = world.refused("Conflict", "Define", matrix=matrix([1], [2, 3]), start="auto")
    equal(len(error.parameters["problems"]), 1)
    contains(error.messages(), "and 297 more", "which start automatically too")


def test_many_on_the_disk(world):
    """At start, each device gets one problem about its rivals, and apqd answers calls."""
    count = 40 if world.valgrind else 400
    world.init(*CARDS)
    world.give(1)
    for i in range(count):
        world.write_definition(named(i), matrix([1], [2, 3]), start="auto")
    world.start()
    message, length = answer_length(world, "ListDevices")
    devices = message["parameters"]["devices"]
    equal(sum(d["active"] is not None for d in devices), 1, "started")
    for device in devices:
        found = [p["message"] for p in device["problems"] if p["code"] == "definitionConflict"]
        equal(len(found), 1)
        contains(found[0], "queues 01.0002-0003", f"and {count - 4} more")
        check(len(json.dumps(device)) < 2500, device)
    for verb in ("list", "status", "matrix"):
        status, text = world.apqctl(verb)
        equal(status, 0, text[-500:])
    check(length < count * 2500, length)


def test_refusals_are_short(world):
    """All queues of a whole machine, for many devices: the list is in queues, once."""
    world.init("--cards", "256", "--domains", "256")
    world.start()
    whole = matrix(range(256), range(256))
    message, length = answer_length(world, "Apply", state=state(10, whole), dryRun=True)
    problems = message["parameters"]["problems"]
    equal([p["code"] for p in problems], ["queueHostOwned", "queueConflict", "definitionConflict"])
    for problem in problems:
        equal(len(problem["queues"]), 65536)
        check(len(problem["message"]) < 1000, problem["message"])
        contains(problem["message"], "00.0000-00ff", "and 63488 more")
    check(length < 4 << 20, length)
    for i in range(10):
        world.call("Define", uuid=named(i), matrix=whole)
        error = world.refused("Conflict", "Start", device=named(i))
        check(len(error.messages()) < 1000, error.messages())
        contains(error.messages(), "Add --reserve")


def test_list_in_parts(world):
    world.init(*CARDS)
    world.start()
    count = 60 if world.valgrind else 600
    world.call("Apply", state=state(count, matrix([1], range(256), range(256)), start="manual"))
    with world.client() as client:
        client.send("ListDevices", more=True)
        found, parts = [], 0
        while True:
            message = client.receive()
            found += [d["uuid"] for d in message["parameters"]["devices"]]
            parts += 1
            if not message.get("continues"):
                break
        equal(found, [named(i) for i in range(count)])
        check(world.valgrind or parts > 2, parts)
        equal([d["uuid"] for d in client.call("ListDevices")["devices"]], found)
        client.send("ListDevices", more=True)
        client.receive()
    check("host" in world.call("GetHost"), "after one who left in the middle")


def test_list_is_always_answered(world):
    """Definitions of whole machines: more than one message may hold."""
    count = 3500
    world.init(*CARDS)
    whole = matrix(range(256), range(256), range(256))
    os.makedirs(os.path.dirname(world.own_path(named(0))), exist_ok=True)
    for i in range(count):
        world.write_definition(named(i), whole)
        world.write_file(world.own_path(named(i)), {"version": 1, "name": f"n{i:063}"})
    world.start()
    world.refused("ExpectedMore", "ListDevices")
    status, text = world.apqctl("list", "--json")
    equal(status, 0, text[-500:])
    equal(text.count('"uuid"'), count)


def test_document_is_always_answered(world):
    """A state before and after that exceeds one message is refused before any change."""
    world.init(*CARDS)
    world.start()
    long = state(4096, matrix(range(256), range(256), range(256)), start="manual")
    for i, device in enumerate(long["devices"]):
        device["name"] = f"n{i:063}"
    before = world.state()
    for dry_run in (True, False):
        call = {"method": "io.apqd.Manager.Apply", "parameters": {"state": long, "dryRun": dry_run}}
        with world.client() as client:
            client.raw(json.dumps(call, separators=(",", ":")).encode() + b"\0")
            message = client.receive()
        equal(message["error"], "io.apqd.Manager.Unsupported")
        contains(message["parameters"]["reason"], "too long", "fewer devices")
    equal(world.state(), before, "a refused document changed something")
