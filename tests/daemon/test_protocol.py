# SPDX-License-Identifier: GPL-2.0-or-later
"""Varlink itself: introspection, errors by name, framing, and clients that do everything wrong."""
import json
import os
import re
import socket

from harness import A, B, MANAGER, SERVICE, check, contains, equal, matrix

M = matrix([2], [1])
HERE = os.path.dirname(os.path.abspath(__file__))


def answer_to(world, call):
    """The whole message that answers a call given as an object or as bytes."""
    with world.client() as client:
        client.raw(call if isinstance(call, bytes) else json.dumps(call).encode() + b"\0")
        return client.receive()


def error_of(world, method, parameters=None, **flags):
    call = {"method": method if "." in method else MANAGER + method, **flags}
    if parameters is not None:
        call["parameters"] = parameters
    message = answer_to(world, call)
    check(message and "error" in message, method, parameters, "is no error:", message)
    return message["error"].rsplit(".", 1)[1], message["parameters"]


def test_get_info(world):
    world.start()
    for parameters in ({}, None):
        with world.client() as client:
            info = client.call(SERVICE + "GetInfo", parameters)
        equal(sorted(info), ["interfaces", "product", "url", "vendor", "version"])
        equal(info["interfaces"], ["org.varlink.service", "io.apqd.Manager"])
        equal((info["vendor"], info["product"]), ("apqd", "apqd"))
        check(re.match(r"\d", info["version"]) and isinstance(info["url"], str), info)


def test_introspection(world):
    world.start()
    text = world.call(SERVICE + "GetInterfaceDescription",
                      interface="io.apqd.Manager")["description"]
    with open(HERE + "/../../common/io.apqd.Manager.varlink", encoding="utf-8") as file:
        equal(text, file.read(), "the interface")
    text = world.call(SERVICE + "GetInterfaceDescription",
                      interface="org.varlink.service")["description"]
    contains(text, "interface org.varlink.service", "method GetInfo()", "error PermissionDenied (group: ?string)")
    equal(error_of(world, SERVICE + "GetInterfaceDescription", {"interface": "a.b"}),
          ("InterfaceNotFound", {"interface": "a.b"}))


def test_every_method_of_the_interface_is_there(world):
    world.start()
    text = world.call(SERVICE + "GetInterfaceDescription",
                      interface="io.apqd.Manager")["description"]
    methods = re.findall(r"^method (\w+)", text, re.M)
    equal(len(methods), 23, methods)
    for method in methods:
        message = answer_to(world, {"method": MANAGER + method, "parameters": {}})
        # there are no masks to take over
        check(message.get("error", "").rsplit(".", 1)[-1] in ("", "InvalidParameter", "ExpectedMore",
                                                              "Unsupported"),
              method, message)


def test_what_is_not_there(world):
    world.start()
    equal(error_of(world, "io.apqd.Manager.Fly"),
          ("MethodNotFound", {"method": "io.apqd.Manager.Fly"}))
    equal(error_of(world, "org.varlink.service.Fly"),
          ("MethodNotFound", {"method": "org.varlink.service.Fly"}))
    equal(error_of(world, "io.apqd.manager.GetHost"),
          ("InterfaceNotFound", {"interface": "io.apqd.manager"}))
    equal(error_of(world, "x.y.Z" * 200)[0], "InterfaceNotFound")
    equal(error_of(world, "io.apqd.Manager."), ("MethodNotFound", {"method": "io.apqd.Manager."}))
    equal(error_of(world, "GetHost", upgrade=True)[0], "MethodNotImplemented")


def test_bad_parameters_are_named(world):
    world.start()
    for method, parameters, name in (
            ("GetDevice", {}, "device"), ("GetDevice", None, "device"),
            ("GetDevice", {"device": 1}, "device"),
            ("GetDevice", {"device": None}, "device"), ("GetDevice", {"device": A, "x": 1}, "x"),
            ("GetHost", {"a": None}, "a"), ("ListQueues", {"adapters": 1}, "adapters"),
            ("ListQueues", {"adapters": [1.5]}, "adapters"),
            ("ListQueues", {"adapters": [256]}, "adapters"),
            ("ListQueues", {"domains": [-1]}, "domains"),
            ("ListQueues", {"domains": ["1"]}, "domains"),
            ("ListQueues", {"domains": [2 ** 63 - 1]}, "domains"),
            ("Define", {}, "matrix"), ("Define", {"matrix": {}}, "matrix.adapters"),
            ("Define", {"matrix": {**M, "x": 1}}, "matrix.x"),
            ("Define", {"matrix": {**M, "domains": None}}, "matrix.domains"),
            ("Define", {"matrix": matrix([256])}, "matrix"),
            ("Define", {"matrix": M, "uuid": "x"}, "uuid"),
            ("Define", {"matrix": M, "uuid": A + "0"}, "uuid"),
            ("Define", {"matrix": M, "name": " "}, "name"),
            ("Define", {"matrix": M, "start": "no"}, "start"),
            ("Define", {"matrix": M, "start": 1}, "start"),
            ("Define", {"matrix": M, "interrupts": ""}, "interrupts"),
            ("Assign", {"device": A, "matrix": M, "scope": "all"}, "scope"),
            ("Start", {"device": A, "force": "yes"}, "force"),
            ("Stop", {"device": A, "dryRun": 0}, "dryRun"),
            ("Undefine", {"device": A, "force": True}, "force"),
            ("Start", {"device": A, "reserve": "yes"}, "reserve"),
            ("Stop", {"device": A, "reserve": True}, "reserve"),
            ("SetInterrupts", {"gisa": "on"}, "gisa"),
            ("SetInterrupts", {"pollThread": 1}, "pollThread"),
            ("SetInterrupts", {"pollTimeout": -1}, "pollTimeout"),
            ("SetInterrupts", {"pollTimeout": 120000000001}, "pollTimeout"),
            ("SetInterrupts", {"pollTimeout": "1"}, "pollTimeout"),
            ("SetInterrupts", {"poll": 1}, "poll")):
        equal(error_of(world, method, parameters), ("InvalidParameter", {"parameter": name}),
              f"{method} {parameters}")
    equal(world.disk(), {}, "something was written")


def test_ids_may_come_in_any_order_and_twice(world):
    world.start()
    device = world.call("Define", matrix=matrix([3, 2, 3], [1, 0, 1], [5, 5]))["device"]
    equal(device["definition"], matrix([2, 3], [0, 1], [5]))


def test_null_is_as_good_as_missing(world):
    world.start()
    world.call("Define", uuid=A, matrix=M, name=None, start=None, interrupts=None, dryRun=None)
    equal(len(world.call("ListQueues", adapters=None, domains=None, device=None)["queues"]), 32)


def test_list_queues_filters(world):
    world.start()
    equal([q["apqn"] for q in world.call("ListQueues", adapters=[1, 9], domains=[0, 7])["queues"]],
          ["01.0000", "01.0007"])
    equal(world.call("ListQueues", adapters=[])["queues"], [])
    equal(world.refused("NoSuchDevice", "ListQueues", device="x").parameters, {"device": "x"})


def test_oneway_is_silent(world):
    world.start()
    with world.client() as client:
        client.send("Define", {"uuid": A, "matrix": M}, oneway=True)
        client.send("Define", {"uuid": A, "matrix": matrix([3])}, oneway=True)
        client.send("GetDevice", {"device": "nobody"}, oneway=True)
        client.send("GetHost", {"bad": 1}, oneway=True)
        client.send("a.b.C", oneway=True)
        client.send("Monitor", oneway=True)
        equal(client.call("GetDevice", {"device": A})["device"]["definition"], M)
        check(client.is_silent(0.1), "something came after all")
    with world.client() as client:
        client.send("Define", {"uuid": B, "matrix": M}, oneway=True)
    world.wait_until("a call of one who is gone is done", lambda: os.path.exists(world.path(B)))


def test_pipelined_calls_are_answered_in_order(world):
    world.start()
    world.give(2)
    with world.client() as client:
        calls = [client.frame("Define", {"uuid": A, "matrix": M}),
                 client.frame("Start", {"device": A}),
                 client.frame("GetDevice", {"device": A}),
                 client.frame("GetDevice", {"device": "x"}),
                 client.frame("Assign", {"device": A, "matrix": matrix([], [2])}),
                 client.frame("Stop", {"device": A}), client.frame("Undefine", {"device": A}),
                 client.frame("ListDevices"), client.frame(SERVICE + "GetInfo")]
        client.raw(b"".join(calls))
        answers = [client.receive() for _ in calls]
    equal([sorted(a.get("parameters", {})) for a in answers], [
        ["changed", "collateral", "device", "steps", "taken"],
        ["changed", "collateral", "device", "steps", "taken"], ["device"], ["device"],
        ["changed", "collateral", "device", "steps", "taken"], ["changed", "steps"],
        ["changed", "steps"], ["devices"],
        ["interfaces", "product", "url", "vendor", "version"]])
    equal(answers[2]["parameters"]["device"]["active"], M)
    equal(answers[3]["error"], "io.apqd.Manager.NoSuchDevice")
    equal(answers[7]["parameters"]["devices"], [])
    with world.client() as client:
        client.raw(client.frame("ListQueues") * 300)
        for _ in range(300):
            equal(len(client.answer()["queues"]), 32)
        client.raw(client.frame("GetHost") * 3)
        client.socket.shutdown(socket.SHUT_WR)
        for _ in range(3):
            client.answer()
        check(client.receive() is None, "the connection stays open")
