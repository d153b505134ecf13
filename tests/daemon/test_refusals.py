# SPDX-License-Identifier: GPL-2.0-or-later
"""Refusals: every queue in the way is named with its reason, and nothing at all has changed."""
import errno
import json
import os

from harness import A, B, C, ap_config, check, contains, equal, in_background, matrix


def prepared(world, *options):
    """A and B are started on adapter 2; B is called web2."""
    world.start(*options)
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=matrix([2], [1, 2]))
    world.call("Define", uuid=B, matrix=matrix([2], [4, 5]), name="web2")
    world.call("Start", device=A)
    world.call("Start", device=B)
    world.simctl("count", "reset")


def refuse(world, short, method, **parameters):
    """The call is refused so, and the kernel and every file are as they were, byte for byte."""
    before, files = world.state(), world.disk("etc", "run/apqd/devices")
    error = world.refused(short, method, **parameters)
    equal(world.state(), before, f"after {method}")
    equal(world.disk("etc", "run/apqd/devices"), files, f"files after {method}")
    world.nothing_under_way()
    return error


def problem(error, code):
    found = [p for p in error.parameters["problems"] if p["code"] == code]
    check(found, f"no {code} in", error)
    return found[0]


def test_hosts_queues(world):
    prepared(world)
    error = refuse(world, "Conflict", "Assign", device=A, matrix=matrix([0, 1], [7]))
    found = problem(error, "queueHostOwned")
    equal(found["queues"], [f"0{a}.{d:04x}" for a in (0, 1) for d in (1, 2, 7)])
    contains(found["message"], "00.0001-0002", "00.0007", "01.0001-0002", "01.0007", "host",
             "apmask",
             "aqmask")
    equal(len(error.parameters["problems"]), 1)
    equal(world.count("writes"), 0, "the plan found it, so nothing was written:")


def test_other_devices_queues(world):
    prepared(world)
    error = refuse(world, "Conflict", "Assign", device=A, matrix=matrix([3], [4, 5]))
    found = problem(error, "queueConflict")
    equal((found["queues"], found["device"]), (["02.0004", "02.0005"], B))
    contains(found["message"], "02.0004-0005", "web2", B)
    error = refuse(world, "Conflict", "Assign", device=B, matrix=matrix([], [2]))
    found = problem(error, "queueConflict")
    equal((found["queues"], found["device"]), (["02.0002"], A))
    contains(found["message"], A)
    with_guest = world.guest(A)
    error = refuse(world, "Conflict", "Assign", device=B, matrix=matrix([], [1, 2]))
    contains(problem(error, "queueConflict")["message"], "which a guest uses")
    world.end_guest(with_guest)


def test_above_maximum(world):
    prepared(world, "--max-adapter", "15", "--max-domain", "31")
    error = refuse(world, "Conflict", "Assign", device=A, matrix=matrix([16, 255], [32], [33]))
    messages = error.messages()
    contains(messages, "adapter 10,ff", "highest is 0f", "domain 0020", "highest is 001f",
             "control domain 0021")
    equal([p["code"] for p in error.parameters["problems"]].count("aboveMaximum"), 3)


def test_queues_that_are_not_there(world):
    prepared(world)
    world.give(9)
    # adapter 9 is a guest's, though nobody has it: that is allowed, and comes up later
    device = world.call("Assign", device=A, matrix=matrix([9], []))["device"]
    contains(world.problems(A)["queueAbsent"], "09.0001-0002")
    equal(device["effective"], matrix([2], [1, 2]))
    error = refuse(world, "Conflict", "Assign", device=A, matrix=matrix([10], []))
    found = problem(error, "queueAbsent")
    contains(found["message"], "0a.0001-0002", "missing")


def test_everything_at_once_is_named(world):
    prepared(world, "--max-adapter", "15")
    error = refuse(world, "Conflict", "Assign", device=A, matrix=matrix([0, 10, 20], [4]))
    equal(sorted(p["code"] for p in error.parameters["problems"]),
          ["aboveMaximum", "queueAbsent", "queueConflict", "queueHostOwned"])
    status, text = world.apqctl("assign", A, "--adapters", "0", "--domains", "4")
    check(status != 0, text)
    contains(text, "00.0001-0002", "web2")


def test_start_of_a_conflicting_definition(world):
    prepared(world)
    world.call("Define", uuid=C, matrix=matrix([2, 0], [2]))
    error = refuse(world, "Conflict", "Start", device=C)
    equal(sorted(p["code"] for p in error.parameters["problems"]),
          ["queueConflict", "queueHostOwned"])


def test_conflicting_automatic_definitions(world):
    prepared(world)
    world.call("Modify", device=A, start="auto")
    error = refuse(world, "Conflict", "Define", uuid=C, matrix=matrix([2], [2, 3]), start="auto")
    found = problem(error, "definitionConflict")
    equal((found["device"], found["queues"]), (A, ["02.0002"]))
    world.call("Define", uuid=C, matrix=matrix([2], [2, 3]))
    refuse(world, "Conflict", "Modify", device=C, start="auto")


def test_kernel_refuses_all_the_same(world):
    prepared(world)
    for name, words in (("EADDRNOTAVAIL", "host"), ("EADDRINUSE", "another device"),
                        ("EBUSY", "try again"),
                        ("ENODEV", "maximum"), ("EINVAL", "value"), ("EIO", "no further reason")):
        world.simctl("fail", "ap_config", name)
        error = refuse(world, "KernelRefused", "Assign", device=A, matrix=matrix([], [6]))
        parameters = error.parameters
        equal(parameters["errno"], getattr(errno, name))
        contains(parameters["operation"], "ap_config", name, ap_config(matrix([2], [1, 2, 6])))
        contains(parameters["message"], words, "Nothing was changed")
    world.simctl("fail", "remove", "EAGAIN")
    contains(refuse(world, "KernelRefused", "Stop", device=A).parameters["message"],
             "removed already")
    world.call("Stop", device=A)
    world.simctl("fail", "create", "ENOSPC")
    contains(refuse(world, "KernelRefused", "Start", device=A).parameters["message"],
             "as many devices")
    world.simctl("fail", "ap_config", "EBUSY")
    refuse(world, "KernelRefused", "Start", device=A)
    equal(world.call("Start", device=A)["changed"], True)


def test_kernel_refuses_and_so_does_the_undo(world):
    prepared(world, "--without", "ap_config", "--max-adapter", "15", "--max-domain", "15")
    world.simctl("fail", "assign_domain", "EBUSY", "after", 1)
    world.simctl("fail", "unassign_domain", "EIO")
    error = world.refused("KernelRefused", "Assign", device=A, matrix=matrix([], [6, 7]))
    contains(error.parameters["message"], "could not all be undone", "unassign_domain", "EIO")
    # what is left is not hidden, but told as drift
    contains(world.problems(A)["drift"], "0006")
    world.call("Start", device=A)
    equal(world.problems(A), {})


def test_overtaken_by_another_program(world):
    """The plan was fine; then another program takes the queue while the daemon writes."""
    prepared(world)
    with world.client() as client:
        with world.blocked("ap_config") as reached:
            client.send("Assign", {"device": A, "matrix": matrix([3], [])})
            reached()
            world.simctl("write", "create", C)
            world.simctl("write", "ap_config", ap_config(matrix([3], [2])), C)
        reply = client.receive()
    equal(reply["error"], "io.apqd.Manager.Conflict")
    found = reply["parameters"]["problems"][0]
    equal((found["code"], found["queues"], found["device"]), ("queueConflict", ["03.0002"], C))
    equal(world.active(A), ap_config(matrix([2], [1, 2])))
    equal(world.device(A)["definition"], matrix([2], [1, 2]))


def test_read_back_is_something_else(world):
    """Another program takes an adapter out of the device between our writes."""
    prepared(world, "--without", "ap_config", "--max-adapter", "15", "--max-domain", "15")
    for undo_fails in (False, True):
        if undo_fails:
            world.simctl("fail", "unassign_domain", "EIO")
        with world.client() as client:
            with world.blocked("assign_domain") as reached:
                client.send("Assign", {"device": A, "matrix": matrix([3], [6])})
                reached()
                equal(world.active(A), ap_config(matrix([2, 3], [1, 2])), "the adapter is there")
                world.simctl("write", "unassign_adapter", "3", A)
            reply = client.receive()
        equal(reply["error"], "io.apqd.Manager.KernelRefused")
        contains(reply["parameters"]["message"], "another program changed it",
                 "could not all be undone" if undo_fails else "The change was undone.")
        equal(world.active(A), ap_config(matrix([2], [1, 2, 6] if undo_fails else [1, 2])))
    world.nothing_under_way()


def settled(world):
    """Every file of etc but those that lie ready to take the place of another."""
    return {name: file for name, file in world.disk().items() if not name.endswith(".apqd")}


def test_device_gone_meanwhile(world):
    """Planned anew there is no such device any more: what was written down about it goes, too."""
    world.start()
    world.give(2)
    world.simctl("write", "create", A)
    world.wait_until("the device is seen", lambda: world.call("ListDevices")["devices"])
    with world.client() as client:
        with world.blocked("ap_config") as reached:
            client.send("Assign", {"device": A, "matrix": matrix([2], [1])})
            reached()
            world.simctl("write", "remove", "1", A)
        equal(client.receive()["error"], "io.apqd.Manager.NoSuchDevice")
    world.nothing_under_way()


def test_definition_overtaken_by_another_program(world):
    """mdevctl takes no lock: what it writes while the kernel is at work is not overwritten."""
    def replace():
        # at once: half a file is refused for another reason
        world.write_definition(C, matrix([2], [1]), start="auto")
        os.rename(world.path(C), world.path(A))

    prepared(world)
    for act in (replace, lambda: os.unlink(world.path(A))):
        kernel = world.kernel()
        with world.client() as client:
            with world.blocked("ap_config") as reached:
                client.send("Assign", {"device": A, "matrix": matrix([3], [])})
                reached()
                act()
                theirs = settled(world)
            reply = client.receive()
        equal(reply["error"], "io.apqd.Manager.StoreFailed")
        contains(reply["parameters"]["message"], "another program", "try again")
        equal(settled(world), theirs, "files afterwards")
        equal(world.kernel(), kernel, "the kernel afterwards")
        world.nothing_under_way()
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    equal(world.call("Assign", device=A, matrix=matrix([3], []))["changed"], True)


# A folder in the place of the file that is written before it takes the name of the true one:
# nobody, not even root, can open it for writing.
def blocked(path):
    folder, name = os.path.split(path)
    return f"{folder}/.{name}.apqd"


def disk_fails(world, path, calls):
    os.makedirs(blocked(path))
    for method, parameters in calls:
        error = refuse(world, "StoreFailed", method, **parameters)
        equal(error.parameters["errno"], errno.EISDIR, method)
        check(error.parameters["message"], error)
    os.rmdir(blocked(path))
    for method, parameters in calls:
        equal(world.call(method, **parameters)["changed"], True, method)


def test_definition_cannot_be_written(world):
    """That is found before the kernel is written."""
    prepared(world)
    disk_fails(world, world.path(A), [
        ("Assign", {"device": A, "matrix": matrix([], [6])}),
        ("Unassign", {"device": A, "matrix": matrix([], [1])}),
        ("Modify", {"device": A, "name": "web1", "start": "auto"})])
    disk_fails(world, world.path(C), [("Define",
                                       {"uuid": C, "matrix": matrix([3], [1]), "name": "c"})])
    equal(world.count("writes"), 2, "writes, of Assign and Unassign when they could")


def test_own_file_cannot_be_written(world):
    prepared(world)
    disk_fails(world, world.own_path(A), [
        ("Modify", {"device": A, "name": "web1", "start": "auto"}),
        ("Modify", {"device": A, "interrupts": "polled"})])


def fails_in_between(world, path, *calls):
    """The disk fails when the kernel has been written already: all of it goes back."""
    for method, parameters in calls:
        world.simctl("count", "reset")
        before, files = world.state(), world.disk("etc", "run/apqd/devices")
        with world.blocked("ap_config") as reached:
            wait = in_background(world.refused, "StoreFailed", method, **parameters)
            reached()
            os.unlink(blocked(path))
        wait()
        check(world.count("writes") >= 2, "the kernel was not written, and not rolled back")
        equal(world.kernel(), before["kernel"], method)
        world.nothing_under_way()
        equal(world.disk("etc", "run/apqd/devices"), files, method)


def test_definition_cannot_take_its_place(world):
    """What lay ready is gone when it is wanted."""
    prepared(world)
    fails_in_between(world, world.path(A),
                     ("Assign", {"device": A, "matrix": matrix([], [6])}),
                     ("Unassign", {"device": A, "matrix": matrix([], [1])}))


def test_one_of_many_cannot_take_its_place(world):
    """The first device's file has changed already when that of the second cannot."""
    prepared(world)
    wish = {"version": 1, "devices": [{"uuid": A, "adapters": [2], "domains": [1, 6]},
                                      {"uuid": B, "adapters": [2], "domains": [4, 7]}]}
    fails_in_between(world, world.path(B), ("Apply", {"state": wish}))


def test_keys_of_another_program_in_between(world):
    """What mdevctl writes beside what a definition says is kept, whenever it does."""
    prepared(world)
    with world.blocked("ap_config") as reached:
        wait = in_background(world.call, "Assign", device=A, matrix=matrix([], [6]))
        reached()
        world.write_definition(A, matrix([2], [1, 2]), theirs={"x": [1]})
    wait()
    with open(world.path(A), encoding="utf-8") as file:
        equal(json.load(file)["theirs"], {"x": [1]})
    equal(world.device(A)["definition"], matrix([2], [1, 2, 6]))


def test_pending_cannot_be_written(world):
    prepared(world)
    world.simctl("count", "reset")
    disk_fails(world, f"{world.root}/run/apqd/pending/{A}.json", [
        ("Assign", {"device": A, "matrix": matrix([], [6])}), ("Stop", {"device": A}),
        ("Undefine", {"device": A})])
    equal(world.count("writes"), 2, "writes")


def test_disk_is_full(world):
    """The folder of the definitions lies on a file system of two pages."""
    folder = world.root + "/etc/mdevctl.d/matrix"
    os.makedirs(folder)
    script = f"mount -t tmpfs -o size=8k,mode=755 tmpfs {folder} && exec \"$@\""
    world.start(prefix=["unshare", "--mount", "sh", "-ec", script, "sh"])
    inside = f"/proc/{world.daemon.pid}/root{folder}"
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    world.call("Start", device=A)
    with open(f"{inside}/{A}", "rb") as file:
        before = file.read()
    with open(inside + "/.filler", "wb") as file:
        file.write(b"x" * 4096)
    error = world.refused("StoreFailed", "Assign", device=A, matrix=matrix([], [2]))
    equal(error.parameters["errno"], errno.ENOSPC)
    with open(f"{inside}/{A}", "rb") as file:
        equal(file.read(), before, "the definition")
    equal(sorted(os.listdir(inside)), [".filler", A], "files")
    equal(world.active(A), ap_config(matrix([2], [1])))
    os.unlink(inside + "/.filler")
    world.call("Assign", device=A, matrix=matrix([], [2]))
    equal(world.active(A), ap_config(matrix([2], [1, 2])))
