# SPDX-License-Identifier: GPL-2.0-or-later
"""A card that is pulled: each refusal on the way back names a command, and that command helps."""
import os
import re
import shlex
import subprocess

from harness import A, B, check, contains, equal, matrix

OLD = ("--kernel", "6.12")


def run_named(world, text):
    """Runs the apqctl command that a message says to run."""
    command = re.search(r"Run: 'apqctl ([^']*)'", text).group(1)
    status, output = world.apqctl(*shlex.split(command))
    equal(status, 0, f"{command}: {output}")
    return command


def pull(world, adapter):
    world.simctl("plug", adapter, "off")
    world.wait_until("the loss is seen", lambda: "queueAbsent" in world.problems(A))


def again(world):
    world.call("Stop", device=A)
    world.call("Undefine", device=A)
    world.terminate()
    world.remove_runtime()
    world.write_file(world.host_path, "{}")


def test_pulled_card(world):
    """The repair on a host of overrides, beside a guest, without force."""
    for name in ("web1", None):
        world.start()
        world.call("Define", uuid=A, matrix=matrix([0, 3], [5]), **({"name": name} if name else {}))
        world.call("Start", device=A, reserve=True)
        guest = world.guest(A)
        world.wait_until("in use", lambda: world.device(A)["inUse"])
        pull(world, 3)
        more = {"device": A, "matrix": matrix([1]), "reserve": True}
        before = world.ownership(), world.state()
        error = world.refused("Conflict", "Assign", **more)
        contains(error.messages(), "03.0005", "not present",
                 f"Run: 'apqctl unassign {name or A} --adapters 0x03'.")
        equal((world.ownership(), world.state()), before)
        # the dead adapter never reached the guest, so no force is needed
        run_named(world, error.messages())
        world.call("Assign", **more)
        equal(world.device(A)["effective"], matrix([0, 1], [5]))
        check(guest.poll() is None, "the guest ended")
        # what the guest has is still not taken without force
        world.refused("DeviceInUse", "Unassign", device=A, matrix=matrix([1]))
        world.end_guest(guest)
        again(world)


def test_absent_domain(world):
    world.start()
    world.call("Define", uuid=A, matrix=matrix([0], [4, 5]), name="web1")
    world.call("Start", device=A, reserve=True)
    world.simctl("domain", 5, "off")
    world.wait_until("the loss is seen", lambda: "queueAbsent" in world.problems(A))
    error = world.refused("Conflict", "Assign", device=A, matrix=matrix([1]), reserve=True)
    contains(error.messages(), "Run: 'apqctl unassign web1 --domains 0x0005'.")
    run_named(world, error.messages())
    world.call("Assign", device=A, matrix=matrix([1]), reserve=True)
    # of what nobody has yet, nothing can be taken out
    error = world.refused("Conflict", "Assign", device=A, matrix=matrix([9]), reserve=True)
    contains(error.messages(), "not present", "Leave it out, or repeat the command when it is present.")


def test_what_did_not_reach_the_guest(world):
    """Taking it away needs no force, by each kernel and way."""
    for options in (OLD, ()):
        world.start(*options)
        world.call("Define", uuid=A, matrix=matrix([0, 3], [5, 6]), name="web1")
        world.call("Start", device=A, reserve=True)
        guest = world.guest(A)
        world.wait_until("in use", lambda: world.device(A)["inUse"])
        world.refused("DeviceInUse", "Unassign", device=A, matrix=matrix([0]))
        world.refused("DeviceInUse", "Unassign", device=A, matrix=matrix((), [5]))
        pull(world, 3)
        world.call("Unassign", device=A, matrix=matrix([3]))
        equal(world.problems(A), {})
        world.end_guest(guest)
        again(world)


def test_no_driver_override_is_one_error(world):
    """By whatever way it is asked for."""
    world.start(*OLD)
    reserved = {"adapters": [1], "domains": [], "queues": []}
    reasons = [world.refused("Unsupported", "Reserve", adapters=[1], mechanism="overrides"),
               world.refused("Unsupported", "Apply", state={
                   "version": 1, "devices": [],
                   "host": {"ownership": "overrides", "reserved": reserved}}),
               world.refused("Unsupported", "Apply", state={
                   "version": 1, "devices": [], "host": {"ownership": "overrides"}}, prune=True)]
    equal(len({e.parameters["reason"] for e in reasons}), 1)
    equal((world.policy(), world.count("writes")), ({}, 0))


def test_lost_reservation_names_a_command_that_helps(world):
    """Also where host.json was written on a kernel that has driver_override."""
    for policy, options in (({"ownership": "overrides", "reserved": {"queues": ["01.0001"]}}, OLD),
                            ({"ownership": "overrides", "reserved": {"adapters": [1]}}, OLD),
                            ({"ownership": "masks", "reserved": {"adapters": [1]}}, OLD)):
        world.init(*options)
        world.write_file(world.host_path, policy)
        world.start()
        if policy["ownership"] == "masks":
            world.simctl("write", "apmask", "+1")
            world.wait_until("it is lost", lambda: "reservationLost" in world.host_problems())
        text = world.host_problems()["reservationLost"]
        command = re.search(r"'apqctl ([^']*)'", text).group(1)
        status, output = world.apqctl(*shlex.split(command))
        equal(status, 0, f"{command}: {output}")
        equal(world.host_problems(), {}, command)
        world.terminate()
        world.remove_runtime()


def test_steps_are_what_is_written(world):
    """No unbind of a queue that no driver has, or that vfio_ap has already."""
    world.start()
    world.simctl("write", "unbind", "01.0001", "01.0001")
    world.wait_until("it is seen", lambda: any(
        q["apqn"] == "01.0001" and not q["driver"] for q in world.call("ListQueues")["queues"]))
    world.simctl("count", "reset")
    reply = world.call("Reserve", queues=["01.0001"], mechanism="overrides")
    written = [s["detail"].rsplit("/", 1)[1] for s in reply["steps"] if s["action"] == "write"]
    equal(written, ["driver_override", "drivers_probe"])
    equal(world.count("writes"), len(written))
    # an override that somebody cleared without rebinding
    world.simctl("write", "driver_override", "\n", "01.0001")
    world.wait_until("it is lost", lambda: "reservationLost" in world.host_problems())
    world.simctl("count", "reset")
    reply = world.call("Reserve", queues=["01.0001"])
    equal(len([s for s in reply["steps"] if s["action"] == "write"]), world.count("writes"), reply["steps"])
    equal(world.host_problems(), {})
    world.call("Define", uuid=B, matrix=matrix([1], [1]))
    world.call("Start", device=B)


def test_what_is_no_file(world):
    """A directory or a broken link in the place of a file: the advice names rm, which helps."""
    def directory(path):
        os.mkdir(path)

    def link_to_itself(path):
        os.symlink(os.path.basename(path), path)

    def broken_link(path):
        os.symlink("/nowhere", path)

    world.start()
    for make in (directory, link_to_itself, broken_link):
        for path, find in ((world.path(A), lambda: world.device(A)["problems"]),
                           (world.host_path, lambda: world.call("GetHost")["host"]["problems"])):
            if os.path.lexists(path):
                os.unlink(path)
            make(path)
            world.call("Reload")
            text = find()[0]["message"]
            check("undefine" not in text, text)
            command = re.search(r"run: '(rm [^']*)'", text).group(1)
            if path != world.host_path:
                contains(world.refused("BadDefinition", "Start", device=A).parameters["reason"], command)
            subprocess.run(shlex.split(command), check=True)
            world.call("Reload")
            check(not os.path.lexists(path), command)
    equal(world.call("GetHost")["host"]["problems"], [])
    world.refused("NoSuchDevice", "GetDevice", device=A)


def test_queue_without_a_driver(world):
    """An override keeps a queue from the host, also while no driver has it."""
    world.start()
    world.call("Reserve", queues=["01.0001"], mechanism="overrides")
    world.simctl("write", "unbind", "01.0001", "01.0001")

    def queue():
        found = world.call("ListQueues", adapters=[1], domains=[1])["queues"]
        return found[0]

    world.wait_until("unbound", lambda: queue()["driver"] is None)
    equal(queue()["owner"], "nobody")


def test_stop_with_a_bad_file(world):
    """A definition that cannot be used is still there after the stop, and nothing says otherwise."""
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=matrix([1], [1]))
    world.call("Start", device=A, reserve=True)
    world.write_file(world.path(A), "")
    world.wait_until("seen", lambda: "badDefinition" in world.problems(A))
    status, text = world.apqctl("stop", A)
    equal((status, text), (0, "web1 stopped.\n"))
    contains(world.problems(A)["badDefinition"], world.path(A))
