# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes that succeed: what they do to the kernel and to the disk, and in how many writes."""
import json
import os

from harness import A, B, ap_config, check, contains, equal, matrix

# So small a machine that its kernel without ap_config can list what a device has.
OLD = ("--without", "ap_config", "--max-adapter", "15", "--max-domain", "15")
M = matrix([2, 3], [1, 4], [1])
ETC = "/etc/mdevctl.d/matrix/"
SYS = "/sys/devices/vfio_ap/matrix/"


def prepared(world, *options, **define):
    """A daemon with the definition A, and adapters 2 and 3 free."""
    world.start(*options)
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=M, **define)
    world.simctl("count", "reset")


def writes(world, **expected):
    """The daemon has made exactly these writes since the last reset."""
    total = 0
    for name, number in expected.items():
        equal(world.count(name), number, f"writes of {name}")
        total += number
    equal(world.count("writes"), total, "all writes")


def test_define_writes_only_the_definition(world):
    world.start()
    world.give(2, 3)
    before = world.kernel()
    reply = world.call("Define", uuid=A, matrix=M, name="web1", start="auto", interrupts="polled")
    equal(reply["changed"], True)
    equal(reply["steps"], [{"action": "writeDefinition", "device": A, "detail": ETC + A}])
    device = reply["device"]
    equal((device["uuid"], device["name"], device["definition"]), (A, "web1", M))
    equal((device["start"], device["interrupts"], device["active"]), ("auto", "polled", None))
    with open(world.path(A), encoding="utf-8") as file:
        content = json.load(file)
    equal(content, {"mdev_type": "vfio_ap-passthrough", "start": "auto", "attrs": [
        {"assign_adapter": "2"}, {"assign_adapter": "3"}, {"assign_domain": "1"},
        {"assign_domain": "4"}, {"assign_control_domain": "1"}]})
    with open(world.own_path(A), encoding="utf-8") as file:
        equal(json.load(file), {"version": 1, "name": "web1", "interrupts": "polled"})
    equal(world.kernel(), before, "the kernel")
    writes(world)
    equal(world.device("web1"), device)
    world.nothing_under_way()


def test_define_without_uuid_makes_one(world):
    world.start()
    one = world.call("Define", matrix=M)["device"]["uuid"]
    two = world.call("Define", matrix=M)["device"]["uuid"]
    check(one != two and one[14] == "4", one, two)
    equal(sorted(os.listdir(world.root + ETC)), sorted([one, two]))


def test_define_the_same_changes_nothing(world):
    prepared(world, name="web1")
    before = world.disk()
    reply = world.call("Define", uuid=A, matrix=M, name="web1")
    equal((reply["changed"], reply["steps"]), (False, []))
    for other in ({"matrix": matrix([2], [1])}, {"name": "web2"}, {"start": "auto"},
                  {"name": None}):
        error = world.refused("DeviceExists", "Define",
                              **{"uuid": A, "matrix": M, "name": "web1", **other})
        equal(error.parameters["device"], A)
        contains(error.parameters["reason"], f"Device web1 ({A}) is defined already")
    error = world.refused("DeviceExists", "Define", uuid=B, matrix=M, name="web1")
    equal(error.parameters["device"], "web1")
    contains(error.parameters["reason"], f"The name 'web1' is taken by device web1 ({A})")
    equal(world.disk(), before, "the disk")


def test_live_change_is_one_write(world):
    prepared(world)
    reply = world.call("Start", device=A)
    equal([s["detail"].split(" > ")[1] for s in reply["steps"]],
          ["/sys/devices/vfio_ap/matrix/mdev_supported_types/vfio_ap-passthrough/create",
           SYS + A + "/ap_config"])
    writes(world, create=1, ap_config=1)
    equal(world.active(A), ap_config(M))
    equal((reply["device"]["active"], reply["device"]["effective"]), (M, M))

    for method, value, after in (("Assign", matrix([], [5, 6], [2]),
                                  matrix([2, 3], [1, 4, 5, 6], [1, 2])),
                                 ("Unassign", matrix([3], [4, 5], [1, 7]),
                                  matrix([2], [1, 6], [2]))):
        world.simctl("count", "reset")
        reply = world.call(method, device=A, matrix=value)
        equal(reply["changed"], True)
        equal(reply["steps"], [
            {"action": "write", "device": A, "detail": f"{ap_config(after)} > {SYS}{A}/ap_config"},
            {"action": "writeDefinition", "device": A, "detail": ETC + A}])
        writes(world, ap_config=1)
        equal(world.active(A), ap_config(after))
        equal((reply["device"]["active"], reply["device"]["definition"]), (after, after))
    world.nothing_under_way()


def test_stop_and_undefine(world):
    prepared(world)
    world.call("Start", device=A)
    world.simctl("count", "reset")
    reply = world.call("Stop", device=A)
    equal(reply, {"changed": True, "steps": [
        {"action": "write", "device": A, "detail": f"1 > {SYS}{A}/remove"}]})
    writes(world, remove=1)
    equal(world.device(A)["active"], None)
    reply = world.call("Undefine", device=A)
    equal(reply["steps"], [{"action": "removeDefinition", "device": A, "detail": ETC + A}])
    check(not os.path.exists(world.path(A)), "the definition is still there")
    writes(world, remove=1)
    world.refused("NoSuchDevice", "GetDevice", device=A)
    equal(world.call("ListDevices"), {"devices": []})


def test_undefine_removes_both_files_and_leaves_running(world):
    prepared(world, name="web1", interrupts="polled")
    world.call("Start", device=A)
    world.call("Undefine", device="web1")
    equal(world.disk(), {}, "files left")
    device = world.device(A)
    equal((device["definition"], device["active"], device["name"]), (None, M, None))
    equal(world.call("Undefine", device=A), {"changed": False, "steps": []})
    world.call("Stop", device=A)
    world.refused("NoSuchDevice", "GetDevice", device=A)


def test_nothing_to_change(world):
    prepared(world)
    world.call("Start", device=A)
    before = world.state()
    world.simctl("count", "reset")
    for method, more in (("Start", {}), ("Assign", {"matrix": matrix([2], [4])}),
                         ("Unassign", {"matrix": matrix([7], [7])}),
                         ("Assign", {"matrix": matrix()}),
                         ("Modify", {}), ("Modify", {"start": "manual", "name": ""}),
                         ("Modify", {"adopt": True})):
        reply = world.call(method, device=A, **more)
        equal((reply["changed"], reply["steps"]), (False, []), f"{method} {more}")
    writes(world)
    equal(world.state(), before)
    world.call("Stop", device=A)
    equal(world.call("Stop", device=A), {"changed": False, "steps": []})
    status, text = world.apqctl("stop", A)
    equal(status, 0)
    contains(text.lower(), "nothing")


def test_without_ap_config_step_by_step(world):
    prepared(world, *OLD)
    reply = world.call("Start", device=A)
    writes(world, create=1, assign_adapter=2, assign_domain=2, assign_control_domain=1)
    equal(reply["device"]["active"], M)
    world.simctl("count", "reset")
    reply = world.call("Unassign", device=A, matrix=matrix([3], [4], [1]))
    equal([s["detail"] for s in reply["steps"]], [
        f"0x03 > {SYS}{A}/unassign_adapter", f"0x04 > {SYS}{A}/unassign_domain",
        f"0x01 > {SYS}{A}/unassign_control_domain", ETC + A])
    writes(world, unassign_adapter=1, unassign_domain=1, unassign_control_domain=1)
    equal(world.device(A)["active"], matrix([2], [1]))
    equal(world.simctl("read", "matrix", A), "02.0001\n")


def test_without_ap_config_undoes_what_it_did(world):
    prepared(world, *OLD)
    world.call("Start", device=A)
    before = world.state()
    listing = world.simctl("read", "matrix", A) + world.simctl("read", "control_domains", A)
    for attribute, after in (("assign_domain", 2), ("assign_control_domain", 0)):
        world.simctl("fail", attribute, "EBUSY", "after", after)
        error = world.refused("KernelRefused", "Assign", device=A,
                              matrix=matrix([], [5, 6, 7], [3]))
        contains(error.parameters["operation"], attribute, "EBUSY")
        contains(error.parameters["message"], "The steps before it were undone. Queues that moved were reset")
        equal(world.simctl("read", "matrix", A) + world.simctl("read", "control_domains", A),
              listing)
        equal(world.state(), before)
    world.call("Stop", device=A)
    world.simctl("fail", "assign_domain", "EBUSY")
    world.refused("KernelRefused", "Start", device=A)
    equal(world.simctl("read", "devices"), "", "devices left")
    world.nothing_under_way()


def test_dry_run_touches_nothing(world):
    prepared(world)
    world.call("Start", device=A)
    world.call("Define", uuid=B, matrix=matrix([2], [6]), name="b")
    before, files = world.state(), world.disk("etc", "run/apqd", "run/lock")
    world.simctl("count", "reset")
    for method, more in (("Define", {"matrix": M}), ("Undefine", {"device": A}),
                         ("Start", {"device": B}), ("Stop", {"device": A}),
                         ("Assign", {"device": A, "matrix": matrix([], [5])}),
                         ("Unassign", {"device": A, "matrix": matrix([2], [])}),
                         ("Modify", {"device": A, "name": "other", "start": "auto"})):
        reply = world.call(method, dryRun=True, **more)
        check(reply["changed"] and reply["steps"], method, reply)
        equal(world.state(), before, method)
        equal(world.disk("etc", "run/apqd", "run/lock"), files, method)
        writes(world)
        if method == "Define":
            continue
        # then for real: the very steps that were announced
        steps = world.call(method, **more)["steps"]
        equal(steps, reply["steps"], method)
        before, files = world.state(), world.disk("etc", "run/apqd", "run/lock")
        world.simctl("count", "reset")
        if method == "Undefine":
            world.call("Modify", device=A, adopt=True)
            before, files = world.state(), world.disk("etc", "run/apqd", "run/lock")
        if method == "Stop":
            world.call("Start", device=A)
            before, files = world.state(), world.disk("etc", "run/apqd", "run/lock")
            world.simctl("count", "reset")


def test_dry_run_finds_conflicts_too(world):
    prepared(world)
    world.call("Start", device=A)
    before = world.state()
    world.refused("Conflict", "Assign", device=A, matrix=matrix([0], []), dryRun=True)
    equal(world.state(), before)


def test_scopes(world):
    prepared(world)
    world.refused("Unsupported", "Assign", device=A, matrix=matrix([], [5]), scope="live")
    world.call("Start", device=A)
    live = world.call("Assign", device=A, matrix=matrix([], [5]), scope="live")["device"]
    equal((live["active"], live["definition"]), (matrix([2, 3], [1, 4, 5], [1]), M))
    defined = world.call("Assign", device=A, matrix=matrix([], [6]), scope="definition")["device"]
    equal((defined["active"], defined["definition"]),
          (matrix([2, 3], [1, 4, 5], [1]), matrix([2, 3], [1, 4, 6], [1])))
    both = world.call("Assign", device=A, matrix=matrix([], [7]), scope="both")["device"]
    equal((both["active"], both["definition"]),
          (matrix([2, 3], [1, 4, 5, 7], [1]), matrix([2, 3], [1, 4, 6, 7], [1])))
    world.call("Undefine", device=A)
    world.refused("Unsupported", "Assign", device=A, matrix=matrix([], [6]), scope="definition")
    only = world.call("Unassign", device=A, matrix=matrix([], [1]))["device"]
    equal((only["active"], only["definition"]), (matrix([2, 3], [4, 5, 7], [1]), None))


def test_modify(world):
    prepared(world)
    device = world.call("Modify", device=A, name="web1", start="auto",
                        interrupts="required")["device"]
    equal((device["name"], device["start"], device["interrupts"]), ("web1", "auto", "required"))
    device = world.call("Modify", device="web1", name="")["device"]
    equal((device["name"], device["start"], device["interrupts"]), (None, "auto", "required"))
    for parameter, value in (("name", "-bad"), ("name", "a" * 65), ("name", A), ("start", "never"),
                             ("interrupts", "no")):
        error = world.refused("InvalidParameter", "Modify", **{"device": A, parameter: value})
        equal(error.parameters, {"parameter": parameter})
    world.refused("Unsupported", "Modify", device=A, adopt=True)


def test_device_by_name_and_beginning(world):
    prepared(world, name="web1")
    world.call("Define", uuid=B, matrix=matrix([2], [7]))
    for text in ("web1", A, A.upper(), A[:4], "a"):
        equal(world.device(text)["uuid"], A, text)
    world.call("Define", uuid="a1111111-2222-4222-8222-222222222222", matrix=matrix([2], [7]))
    for text in ("a", "a1111111"):
        error = world.refused("AmbiguousDevice", "Start", device=text)
        equal(error.parameters, {"device": text, "matches": [
            f"web1 ({A})", "a1111111-2222-4222-8222-222222222222"]})
    for text in ("", "nobody", "web", "x" * 300):
        equal(world.refused("NoSuchDevice", "GetDevice", device=text).parameters, {"device": text})
        world.refused("NoSuchDevice", "Start", device=text)
    equal(world.device("a1111111-2")["uuid"], "a1111111-2222-4222-8222-222222222222")


def test_foreign_keys_and_spelling_survive(world):
    world.start()
    world.give(2, 3)
    text = ('{"mdev_type": "vfio_ap-passthrough", "x-note": {"deep": [1, 2]}, "start": "manual",\n'
            ' "attrs": [{"assign_adapter": "0x2,3"}, {"assign_domain": "1"}, {"other_attr": "9"}]}')
    world.write_file(world.path(A), text)
    world.wait_until("the definition is seen", lambda: world.call("ListDevices")["devices"])
    equal(world.device(A)["definition"], matrix([2, 3], [1]))
    world.call("Modify", device=A, start="auto")
    with open(world.path(A), encoding="utf-8") as file:
        content = json.load(file)
    equal(content["attrs"], [{"assign_adapter": "0x2,3"}, {"assign_domain": "1"},
                             {"other_attr": "9"}])
    world.call("Assign", device=A, matrix=matrix([], [4]))
    with open(world.path(A), encoding="utf-8") as file:
        content = json.load(file)
    equal((content["x-note"], content["start"]), ({"deep": [1, 2]}, "auto"))
    equal(content["attrs"], [{"assign_adapter": "2"}, {"assign_adapter": "3"},
                             {"assign_domain": "1"},
                             {"assign_domain": "4"}, {"other_attr": "9"}])
    world.write_file(world.own_path(A), {"version": 1, "name": "web1", "colour": "red"})
    world.wait_until("the name is seen", lambda: world.device(A)["name"] == "web1")
    world.call("Modify", device=A, name="web2")
    with open(world.own_path(A), encoding="utf-8") as file:
        equal(json.load(file)["colour"], "red")
