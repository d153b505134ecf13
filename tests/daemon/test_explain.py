# SPDX-License-Identifier: GPL-2.0-or-later
"""Explain is right about a chain that holds and about each way to break it, and what it advises
mends it; ExplainInstruction agrees with what the simulated guest gets."""
import os
import re

from harness import A, B, check, contains, equal, matrix
from test_access import NOBODY, call_as

M = matrix([2, 3], [1, 2], [1])
QUEUES = ["02.0001", "02.0002", "03.0001", "03.0002"]
LINKS = ["configured", "released", "bound", "assigned", "effective", "guest", "interrupts"]


def explain(world, name="web1"):
    """The links by name; every answer keeps to the shape of all."""
    links = world.call("Explain", device=name)["links"]
    equal([link["link"] for link in links], LINKS)
    for link in links:
        check(link["message"].endswith("."), link)
        check(link["state"] != "broken" or link["remedy"], link)
        check(link["state"] != "ok" or not link["remedy"], link)
    return {link["link"]: link for link in links}


def states(world, name="web1"):
    """One letter a link."""
    return "".join(link["state"][0] for link in explain(world, name).values())


def becomes(world, expected, name="web1"):
    try:
        world.wait_until(f"states {expected}", lambda: states(world, name) == expected)
    except AssertionError:
        equal(explain(world, name), expected)


def advised(world, link, name="web1"):
    """Runs the apqctl commands that a remedy quotes, which must be complete."""
    remedy = explain(world, name)[link]["remedy"]
    commands = re.findall(r"'apqctl ([^']*)'", remedy)
    check(commands, "no command in", remedy)
    status, text = world.apqctl(*commands[0].split())
    equal(status, 0, f"apqctl {commands[0]}: {text}")
    return commands[0]


def shell(world, link):
    """Does by apqd-simctl what a remedy does by echo."""
    remedy = explain(world)[link]["remedy"]
    loop = re.search(r"for queue in ([^;]*); do (.*); done", remedy)
    script = re.search(r"'(.*echo [^']*)'", remedy).group(1)
    lines = [loop.group(2).replace("$queue", q) for q in loop.group(1).split()] if loop else [script]
    for line in lines:
        for value, path in re.findall(r"echo (\S+) > (/sys/\S+?)(?:;|$)", line):
            world.simctl("write", path, value)


def running(world, *options):
    """By two commands from a host that owns everything to a guest with queues and interrupts."""
    world.start(*options)
    world.call("Define", uuid=A, name="web1", matrix=M)
    advised(world, "released")
    advised(world, "assigned")
    world.guest(A)
    world.wait_until("it is in use", lambda: world.device(A)["inUse"])
    for queue in QUEUES:
        world.simctl("aqic", A, queue, "on")
    becomes(world, "ooooooo")


def test_two_commands(world):
    """The host owns everything, and the advice alone leads to the end."""
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M)
    equal(states(world), "obubuuu")
    released = explain(world)["released"]
    contains(released["message"], "own queues 02.0001-0002, 03.0001-0002")
    equal(released["queues"], QUEUES)
    equal(advised(world, "released"), "reserve --queues 02.0001-0002,03.0001-0002")
    equal(states(world), "ooobuuu")
    equal(advised(world, "assigned"), "start web1")
    equal(states(world), "ooooouu")
    contains(explain(world)["guest"]["remedy"], "'apqctl show web1 --libvirt'")
    process = world.guest(A)
    world.wait_until("it is in use", lambda: world.device(A)["inUse"])
    equal(states(world), "ooooooo")
    contains(explain(world)["guest"]["message"], f"process {process.pid} ", "4 queues")
    contains(explain(world)["interrupts"]["message"], "The guest polls queues")
    for queue in QUEUES:
        world.simctl("aqic", A, queue, "on")
    contains(explain(world)["interrupts"]["message"], "interrupts on for all queues")


def test_one_command(world):
    """The other way: start --reserve."""
    world.start("--kernel", "6.12")
    world.call("Define", uuid=A, name="web1", matrix=M)
    contains(explain(world)["assigned"]["remedy"], "'apqctl start web1 --reserve'")
    world.apqctl("start", "web1", "--reserve")
    equal(states(world), "ooooouu")


def test_adapter_leaves_the_lpar(world):
    running(world)
    world.simctl("plug", 3, "off")
    world.wait_until("it is told", lambda: states(world)[0] == "b")
    links = explain(world)
    contains(links["configured"]["message"], "The LPAR does not have adapter 03.")
    contains(links["configured"]["remedy"], "'apqctl unassign web1 --adapters 0x03 --force'")
    equal(links["configured"]["queues"], ["03.0001", "03.0002"])
    contains(links["effective"]["message"], "Adapter 03 is kept from the guest")
    contains(links["guest"]["message"], "2 queues reach")
    advised(world, "configured")
    becomes(world, "ooooooo")


def test_every_adapter_leaves_the_lpar(world):
    """Then nothing shows that the kernel has driver overrides: the masks must not be advised."""
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M)
    world.call("Start", device=A, reserve=True)
    for adapter in range(4):
        world.simctl("plug", adapter, "off")
    world.wait_until("it is told", lambda: states(world)[0] == "b" and not world.call("ListQueues")["queues"])
    links = explain(world)
    contains(links["configured"]["message"], "The LPAR does not have adapters 02-03.")
    contains(links["configured"]["remedy"], "or take them out of")
    equal(links["released"]["state"], "unknown")
    contains(links["released"]["message"], "until 'configured' is fixed")
    equal(links["released"]["remedy"], None)


def test_domain_leaves_the_lpar(world):
    running(world, "--kernel", "6.12")
    world.simctl("domain", 2, "off")
    world.wait_until("it is told", lambda: states(world)[0] == "b")
    contains(explain(world)["configured"]["message"], "The LPAR does not have domain 0002.")
    contains(explain(world)["effective"]["message"], "Domain 0002 is kept from the guest")
    advised(world, "configured")
    becomes(world, "ooooooo")


def test_control_domain(world):
    world.start()
    world.simctl("domain", 7, "off")
    world.call("Define", uuid=A, name="web1", matrix=matrix([2], [1], [7]))
    world.apqctl("start", "web1", "--reserve")
    becomes(world, "boooouu")
    contains(explain(world)["configured"]["message"], "does not have control domain 0007.")
    advised(world, "configured")
    equal(states(world), "ooooouu")


def test_deconfigured(world):
    running(world)
    world.simctl("config", 2, "off")
    becomes(world, "boooboo")
    contains(explain(world)["configured"]["message"], "Adapter 02 is deconfigured")
    contains(explain(world)["configured"]["remedy"], "'chzcrypt --config-on 02'")
    contains(explain(world)["effective"]["message"], "Adapter 02 reaches the guest, but")
    world.simctl("config", 2, "on")
    becomes(world, "ooooooo")


def test_checkstopped(world):
    running(world)
    world.simctl("chkstop", 3, "on")
    becomes(world, "boooboo")
    contains(explain(world)["configured"]["message"], "Adapter 03 is checkstopped")
    contains(explain(world)["configured"]["remedy"], "'chzcrypt --config-off 03'")


def test_taken_back_by_an_override(world):
    running(world)
    world.simctl("write", "driver_override", "\n", "03.0002")
    world.simctl("write", "/sys/bus/ap/devices/03.0002/driver/unbind", "03.0002")
    world.simctl("write", "drivers_probe", "03.0002")
    becomes(world, "obuoboo")
    links = explain(world)
    contains(links["released"]["message"], "own queue 03.0002", "somebody has given it back")
    contains(links["effective"]["message"], "Adapter 03 is kept", "queue 03.0002 (the host's")
    equal(links["effective"]["queues"], ["03.0002"])
    equal(advised(world, "released"), "reserve --queues 03.0002")
    world.wait_until("it is mended", lambda: states(world)[:6] == "oooooo")


def test_taken_back_by_the_masks(world):
    """The kernel lets that happen while no device has the queues."""
    world.start("--kernel", "6.12")
    world.call("Define", uuid=A, name="web1", matrix=M)
    advised(world, "released")
    world.simctl("write", "apmask", "+0x0-0xff")
    world.simctl("write", "aqmask", "+0x0-0xff")
    becomes(world, "obubuuu")
    contains(explain(world)["released"]["message"], "apmask has the adapter and aqmask the domain",
             "somebody has given it back")
    advised(world, "released")
    equal(states(world), "ooobuuu")


def test_observed_only(world):
    world.write_file(world.root + "/etc/apqd/host.json", {"ownership": "observe"})
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M)
    contains(explain(world)["released"]["remedy"], '"ownership": "observe"', "/etc/apqd/host.json")
    check("--reserve" not in explain(world)["assigned"]["remedy"])


def test_unbound_by_hand(world):
    """One queue keeps its whole adapter from the guest."""
    running(world)
    world.simctl("write", "/sys/bus/ap/devices/02.0001/driver/unbind", "02.0001")
    becomes(world, "ooboboo")
    links = explain(world)
    equal(links["bound"]["queues"], ["02.0001"])
    contains(links["effective"]["message"], "Adapter 02 is kept from the guest", "queue 02.0001")
    shell(world, "bound")
    becomes(world, "ooooooo")
    contains(explain(world)["interrupts"]["message"], "The guest polls queues 02.0001-0002")


def test_another_device_has_it(world):
    world.start()
    world.call("Define", uuid=B, name="web2", matrix=matrix([3], [1]))
    world.call("Start", device=B, reserve=True)
    world.call("Define", uuid=A, name="web1", matrix=M)
    advised(world, "released")
    equal(states(world), "ooobuuu")
    assigned = explain(world)["assigned"]
    contains(assigned["message"], f"Queue 03.0001: in device web2 ({B})")
    equal(assigned["queues"], ["03.0001"])
    equal(advised(world, "assigned"), "stop web2")
    equal(advised(world, "assigned"), "start web1")
    equal(states(world), "ooooouu")


def test_drift(world):
    running(world)
    world.simctl("write", "assign_domain", "5", A, status=None)
    world.simctl("write", "unassign_domain", "2", A)
    world.wait_until("it is told", lambda: states(world)[3] == "b")
    contains(explain(world)["assigned"]["message"], "the definition says adapters 02-03")
    equal(explain(world)["assigned"]["queues"], ["02.0002", "03.0002"])


def test_no_vfio_ap(world):
    world.start("--without", "passthrough")
    world.call("Define", uuid=A, name="web1", matrix=M)
    found = explain(world)
    equal((found["bound"]["state"], found["assigned"]["state"]), ("broken", "unknown"))
    contains(found["bound"]["remedy"], "'modprobe vfio_ap'")


def test_no_bus(world):
    world.start("--without", "ap_bus,passthrough")
    world.call("Define", uuid=A, name="web1", matrix=M)
    equal(states(world), "buuuuuu")
    contains(explain(world)["configured"]["remedy"], "'modprobe ap'")


def test_bad_definition(world):
    world.write_file(world.path(A), "{")
    world.start()
    found = explain(world, A)
    equal(found["assigned"]["state"], "broken")
    contains(found["assigned"]["message"], world.path(A))
    equal(states(world, A)[:3], "uuu")


def test_guest_ends(world):
    running(world)
    world.end_guest(world.guests[0])
    becomes(world, "ooooouu")
    contains(explain(world)["guest"]["message"], "No guest has the device open.")


def test_gisa(world):
    running(world)
    world.simctl("gisa", "off")
    becomes(world, "oooooob")
    contains(explain(world)["interrupts"]["message"], "but the next one", "use_gisa is off")
    equal(advised(world, "interrupts"), "interrupts --gisa on")
    becomes(world, "ooooooo")


def test_required(world):
    """No start without forwarding: the link says why, before and after."""
    world.start()
    world.simctl("gisa", "off")
    world.call("Define", uuid=A, name="web1", matrix=M, interrupts="required")
    advised(world, "released")
    world.wait_until("it is told", lambda: explain(world)["interrupts"]["state"] == "broken")
    contains(explain(world)["interrupts"]["message"], "so it cannot be started")
    world.refused("InterruptsUnavailable", "Start", device=A)
    advised(world, "interrupts")
    advised(world, "assigned")
    world.guest(A)
    world.wait_until("the guest polls", lambda: states(world) == "oooooob")
    contains(explain(world)["interrupts"]["message"], "lacks apqi")
    equal(explain(world)["interrupts"]["queues"], QUEUES)
    for queue in QUEUES:
        world.simctl("aqic", A, queue, "on")
    becomes(world, "ooooooo")


def test_facility(world):
    running(world)
    world.simctl("facility65", "off")
    world.wait_until("it is told", lambda: "facility 65" in
                     explain(world)["interrupts"]["message"])


def test_polled(world):
    running(world)
    world.call("Modify", device=A, interrupts="polled")
    becomes(world, "oooooob")
    interrupts = explain(world)["interrupts"]
    contains(interrupts["message"], "is polled, but its guest has interrupts on")
    equal(interrupts["queues"], QUEUES)
    contains(interrupts["remedy"], "apqi=off")
    equal(advised(world, "interrupts"), "show web1 --libvirt-cpu")


def ask(world, **more):
    return world.call("ExplainInstruction", {"function": 3, "queue": "02.0001", **more})


def outcome(world, **more):
    answer = ask(world, **more)
    check(answer["reason"].endswith("."), answer)
    return answer["outcome"], answer["code"], answer["cc"]


def test_instruction(world):
    running(world)
    equal(outcome(world), ("status", 7, 3))
    equal(outcome(world, disable=True), ("status", 0, 0))
    equal(outcome(world, badAddress=True), ("status", 6, 3))
    equal(outcome(world, queue="00.0001"), ("status", 1, 3))
    equal(outcome(world, queue="00.0001", device="web1"), ("status", 1, 3))
    equal(outcome(world, queue="2.1"), ("status", 7, 3))
    equal(outcome(world, problemState=True), ("exception", 2, None))
    equal(outcome(world, reservedBits=True), ("exception", 6, None))
    equal(outcome(world, timeBit=True), ("status", 7, 3))
    equal(outcome(world, timeBit=True, without=["apft"]), ("exception", 6, None))
    equal(outcome(world, function=4), ("userspace", 0, None))
    equal(outcome(world, function=255), ("userspace", 0, None))
    for word, expected in (("ap", ("userspace", 0, None)), ("apqci", ("status", 7, 3)),
                           ("apqi", ("exception", 6, None)), ("apxa", ("status", 7, 3)),
                           ("aiv", ("userspace", 0, None)), ("gisa", ("status", 6, 3))):
        equal(outcome(world, without=[word]), expected, word)
    equal(outcome(world, queue="02.0011", device="web1", without=["apxa"]), ("exception", 6, None))
    world.simctl("aqic", A, "02.0001", "off")
    equal(outcome(world), ("status", 0, 0))
    world.simctl("config", 2, "off")
    world.wait_until("deconfigured", lambda: outcome(world) == ("status", 3, 3))
    world.simctl("config", 2, "on")
    world.simctl("chkstop", 2, "on")
    world.wait_until("checkstopped", lambda: outcome(world) == ("status", 4, 3))


def test_instruction_before_the_guest(world):
    world.start()
    equal(outcome(world), ("status", 1, 3))
    contains(ask(world)["reason"], "No device has this queue.")
    world.call("Define", uuid=A, name="web1", matrix=M)
    contains(ask(world, device="web1")["reason"], "The device is not started.")
    world.call("Start", device=A, reserve=True)
    contains(ask(world)["reason"], "No guest has the device open now")
    world.simctl("gisa", "off")
    world.wait_until("use_gisa off", lambda: outcome(world) == ("userspace", 0, None))
    contains(ask(world)["reason"], "'apqctl interrupts --gisa on'")


def test_bad_parameters(world):
    world.start()
    for name, more in (("function", {"function": 256}), ("function", {"function": -1}),
                       ("queue", {"queue": "2"}), ("queue", {"queue": ""}),
                       ("queue", {"queue": "02.0100"}), ("queue", {"queue": "02.0001-0002"}),
                       ("without", {"without": ["apqi", "x"]}), ("without", {"without": [""]})):
        error = world.refused("InvalidParameter", "ExplainInstruction",
                              **{"function": 3, "queue": "02.0001", **more})
        equal(error.parameters["parameter"], name, more)
    world.refused("NoSuchDevice", "ExplainInstruction", function=3, queue="02.0001", device="web1")
    world.refused("NoSuchDevice", "Explain", device="web1")
