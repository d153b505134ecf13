# SPDX-License-Identifier: GPL-2.0-or-later
"""A word means a device by its name, a prefix of its UUID or its virtual machine, and is never a guess."""
import re

from harness import A, B, C, check, contains, equal, matrix

M = matrix([2], [1])
N = matrix([2], [2])
DEAD = "deadbeef-1111-4111-8111-111111111111"


def name_file(world, uuid, name):
    """A name as somebody copies it by hand: nobody looks whether another device has it."""
    world.write_file(world.own_path(uuid), {"version": 1, "name": name})
    world.wait_until("the name is read", lambda: any(
        d["uuid"] == uuid and d["name"] == name for d in world.call("ListDevices")["devices"]))


def command(message):
    """The words of the first command that the message names."""
    return re.search(r"'apqctl ([^']+)'", message).group(1).split()


def test_name_that_is_a_short_uuid(world):
    """'stop deadbeef' stopped the device of that name, and not the one that 'list' shows so."""
    world.start()
    world.give(2)
    world.call("Define", uuid=DEAD, matrix=M)
    world.call("Define", uuid=A, matrix=N, name="web1")
    for uuid in (DEAD, A):
        world.call("Start", device=uuid)
    state = world.state()
    for name in ("deadbeef", "DEADBEEF", "dead"):
        for method, more in (("Modify", {"device": A}), ("Define", {"uuid": B, "matrix": M})):
            error = world.refused("DeviceExists", method, **{"name": name, **more})
            contains(error.parameters["reason"], f"'{name}'", "prefix", DEAD)
    error = world.refused("DeviceExists", "Apply", state={"version": 1, "devices": [
        {"uuid": A, "name": "deadbeef", "adapters": [2], "domains": [2]}]})
    contains(error.parameters["reason"], "'deadbeef'", DEAD)
    equal(world.state(), state)
    name_file(world, A, "deadbeef")
    for method in ("Stop", "Undefine", "Start", "GetDevice", "Explain"):
        error = world.refused("AmbiguousDevice", method, device="deadbeef")
        equal(error.parameters["matches"], [f"deadbeef ({A})", DEAD])
    # The prefix that 'list' prints of the other device means only that device.
    _, text = world.apqctl("list", "--no-headings")
    equal(sorted(line.split()[0] for line in text.splitlines()), [A[:9], DEAD[:9]])
    equal(world.device(DEAD[:9])["uuid"], DEAD)
    status, text = world.apqctl("stop", "deadbeef")
    equal(status, 3)
    contains(text, "'deadbeef' can mean more than one device", f"deadbeef ({A})", DEAD)
    equal(world.kernel(), state["kernel"])
    world.call("Stop", device=DEAD)
    equal(world.active(DEAD), None)


def test_new_uuid_begins_with_no_name(world):
    world.start()
    for number, name in enumerate("012"):
        world.call("Define", uuid=f"ffffffff-0000-4000-8000-{number:012x}", matrix=M, name=name)
    uuids = [world.call("Define", matrix=M)["device"]["uuid"] for _ in range(40)]
    check(not any(u[0] in "012" for u in uuids), uuids)


def test_two_definitions_with_one_name(world):
    """Both are told of it, by a command that mends it, and what is so can be exported and applied."""
    world.start()
    world.give(2)
    for uuid, queues in ((A, M), (B, N)):
        world.call("Define", uuid=uuid, matrix=queues)
        name_file(world, uuid, "web1")
    for uuid, other in ((A, B), (B, A)):
        contains(world.problems(uuid)["nameConflict"], f"Device web1 ({uuid}): device {other} has")
    equal(world.refused("AmbiguousDevice", "Start", device="web1").parameters["matches"],
          [f"web1 ({A})", f"web1 ({B})"])
    state = world.call("Export")["state"]
    equal(world.call("Apply", state=state, prune=True)["changed"], False)
    # A document that means one of them by the name is refused, and so is a third one of that name.
    document = {"version": 1, "devices": [{"name": "web1", "adapters": [2], "domains": [1]}]}
    contains(world.refused("DeviceExists", "Apply", state=document).parameters["reason"],
             A, B, "must give the UUID")
    document["devices"][0]["uuid"] = C
    contains(world.refused("DeviceExists", "Apply", state=document).parameters["reason"],
             "would both have the name 'web1'")
    status, text = world.apqctl(*command(world.problems(A)["nameConflict"]))
    equal(status, 0, text)
    equal((world.problems(A), world.problems(B)), ({}, {}))
    equal(world.device("web1")["uuid"], B)


def test_machine(world):
    """A virtual machine's name means its device, unless a device has the name."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=M, name="web1")
    world.call("Define", uuid=B, matrix=N, name="db")
    world.call("Start", device=A)
    world.call("Start", device=B)
    first = world.guest(A, "machine", "vm-web")
    world.wait_until("its guest is seen", lambda: world.device(A)["users"])
    equal(world.device("vm-web")["uuid"], A)
    status, text = world.apqctl("explain", "vm-web")
    equal(status, 0, text)
    contains(world.apqctl("show", "vm-web")[1], f"in use by VM vm-web (process {first.pid})")
    equal(world.refused("DeviceInUse", "Stop", device="vm-web").parameters["name"], "web1")
    # A machine cannot take a word away from a device.
    second = world.guest(B, "machine", "web1")
    world.wait_until("its guest is seen", lambda: world.device(B)["users"])
    equal(world.device("web1")["uuid"], A)
    world.end_guest(second)
    # Nor mean a device that another one's UUID begins like.
    third = world.guest(B, "machine", A[:8])
    world.wait_until("its guest is seen", lambda: world.device(B)["users"])
    equal(world.refused("AmbiguousDevice", "Stop", device=A[:8]).parameters["matches"],
          [f"web1 ({A})", f"db ({B})"])
    world.end_guest(third)
    fourth = world.guest(B, "machine", "vm-web")
    world.wait_until("its guest is seen", lambda: world.device(B)["users"])
    world.refused("AmbiguousDevice", "GetDevice", device="vm-web")
    world.end_guest(fourth)
    world.end_guest(first)
    world.wait_until("they are gone", lambda: not world.device(A)["users"])
    world.refused("NoSuchDevice", "GetDevice", device="vm-web")


def test_names_of_others_are_one_line(world):
    """Whoever starts a machine names it, also with what breaks a line or steers a terminal."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=M)
    world.call("Start", device=A)
    guest = world.guest(A, "command", "qe\nmu\x7f", "machine", "web\nDone.\x1b[2Jx\ty")
    world.wait_until("its guest is seen", lambda: world.device(A)["users"])
    user = world.device(A)["users"][0]
    equal((user["command"][:2], user["machine"]), ("qe", "web?Done.?[2Jx?y"))
    check(user["command"].isprintable(), user)
    for arguments in (("stop", A), ("show", A), ("list",), ("explain", A)):
        _, text = world.apqctl(*arguments)
        check("\nDone." not in text and "\x1b" not in text, text)
    world.end_guest(guest)


def test_undefined_and_started(world):
    """The name goes with the definition, so the message has the UUID, complete to paste."""
    world.start()
    world.give(2)
    for uuid, name in ((A, "web1"), (B, None)):
        world.call("Define", uuid=uuid, name=name, matrix=M if name else N)
        world.call("Start", device=uuid)
        status, text = world.apqctl("undefine", name or uuid)
        equal(status, 0, text)
        contains(text, "stays started")
        equal(world.apqctl(*command(text))[0], 0, text)
        equal(world.active(uuid), None)
