# SPDX-License-Identifier: GPL-2.0-or-later
"""The host keeps a working queue of each mode that it has, unless somebody says force."""
import os

from harness import A, contains, equal, matrix

OLD = ("--kernel", "6.12")
MIXED = ("--modes", "CPA")
STATE = {"version": 1, "devices": []}


def reserved(adapters=(), domains=(), queues=()):
    return {"adapters": list(adapters), "domains": list(domains), "queues": list(queues)}


def refused_and_forced(world, modes, method, **parameters):
    """Refused naming these modes, by a dry run too, with nothing changed; done with force."""
    before = world.ownership(), world.state()
    messages = []
    for more in ({"dryRun": True}, {}):
        world.simctl("count", "reset")
        error = world.refused("Conflict", method, **parameters, **more)
        problems = error.parameters["problems"]
        equal({p["code"] for p in problems}, {"hostLosesMode"})
        equal(len(problems), len(modes), error.messages())
        contains(error.messages(), *(f"of mode {m}," for m in modes), "--force")
        equal((world.ownership(), world.state(), world.count("writes")), (*before, 0), method)
        messages.append(error.messages())
    equal(messages[0], messages[1])
    dry = world.call(method, **parameters, force=True, dryRun=True)
    reply = world.call(method, **parameters, force=True)
    equal((reply["changed"], reply["taken"], reply["collateral"], reply["steps"]),
          (True, dry["taken"], dry["collateral"], dry["steps"]))
    return reply


def again(world):
    world.terminate()
    world.remove_runtime()


def test_every_queue(world):
    """All of a host of one mode: refused the same by each mechanism and kernel."""
    for options, mechanism in ((OLD, "masks"), ((), "masks"), ((), "overrides")):
        for parameters in ({"adapters": [0, 1, 2, 3]}, {"domains": list(range(8))},
                           {"queues": [f"{a:02x}.0000-0007" for a in range(4)]}):
            world.start(*options)
            reply = refused_and_forced(world, ["CCA"], "Reserve", **parameters,
                                       mechanism=mechanism)
            equal((len(reply["taken"]), reply["collateral"]), (32, []))
            equal(reply["host"]["hostQueues"], 0)
            # what the host had lost before is no reason
            equal(world.call("Reserve", **parameters)["changed"], False)
            world.call("Reserve", adapters=[9], mechanism=mechanism)
            # and what is restored at start was asked for
            found = world.ownership()
            again(world)
            world.init(*options)
            world.start()
            equal((world.ownership(), world.host_problems()), (found, {}))
            world.call("Release", adapters=[0, 1, 2, 3, 9], domains=None)
            world.call("Release", domains=list(range(8)))
            equal(world.host()["hostQueues"], 32)
            again(world)


test_every_queue.seconds = 4


def test_each_mode(world):
    """One mode after the other; the last queue of a mode counts, also as collateral."""
    for options in (OLD, ()):
        world.start(*MIXED, *options)
        refused_and_forced(world, ["EP11"], "Reserve", adapters=[1])
        refused_and_forced(world, ["accelerator"], "Reserve", adapters=[2], domains=list(range(8)))
        # of two cards in CCA mode one is left
        world.call("Reserve", adapters=[0])
        refused_and_forced(world, ["CCA"], "Reserve", queues=["03.0000-0007"])
        again(world)
        world.init(*MIXED, *options)
        world.write_file(world.host_path, "{}")
        world.start()
        refused_and_forced(world, ["EP11", "accelerator"], "Reserve", adapters=[1, 2])
        again(world)
        world.write_file(world.host_path, "{}")
    # by the masks the collateral takes what nobody asked for
    world.init(*MIXED, *OLD, "--domains", "1")
    world.start()
    reply = refused_and_forced(world, ["EP11"], "Reserve", queues=["01.0000"])
    equal(reply["taken"], ["01.0000"])
    again(world)
    world.write_file(world.host_path, "{}")
    world.init(*MIXED, *OLD, "--domains", "8")
    world.start()
    reply = refused_and_forced(world, ["EP11"], "Reserve",
                               queues=["01.0000", "01.0001", "01.0002"])
    equal((len(reply["taken"]), len(reply["collateral"])), (8, 5))


def test_working_queues_count(world):
    """A queue that does not work is none for the host's programs."""
    for break_card in ("config", "chkstop"):
        world.start(*MIXED)
        off = "off" if break_card == "config" else "on"
        world.simctl(break_card, 3, off)
        world.simctl("lose")  # no event tells of a checkstop
        world.wait_until("it is seen", lambda: any(
            c["adapter"] == 3 and (not c["configured"] or c["checkstopped"])
            for c in world.call("ListCards")["cards"]))
        refused_and_forced(world, ["CCA"], "Reserve", adapters=[0])
        # of a mode that had none working, nothing can be lost
        world.call("Reserve", adapters=[3])
        again(world)
        world.write_file(world.host_path, "{}")
        world.simctl("init", *MIXED)


def test_every_way(world):
    """Start, Assign, Apply and Import take the same care."""
    for options in (OLD, ()):
        whole = matrix([1], range(8))
        world.start(*MIXED, *options)
        world.call("Define", uuid=A, matrix=whole)
        reply = refused_and_forced(world, ["EP11"], "Start", device=A, reserve=True)
        equal(reply["device"]["active"], whole)
        more = {"device": A, "matrix": matrix([2]), "reserve": True}
        reply = refused_and_forced(world, ["accelerator"], "Assign", **more)
        equal(len(reply["taken"]), 8)
        world.call("Stop", device=A)
        world.call("Undefine", device=A)
        world.call("Release", adapters=[1, 2])
        for prune in (False, True):
            state = {**STATE, "host": {"reserved": reserved([1, 2])}}
            reply = refused_and_forced(world, ["EP11", "accelerator"], "Apply", state=state,
                                       prune=prune)
            # what one change takes and gives back at once is no loss
            state = {**STATE, "host": {"reserved": reserved([2], queues=["01.0000"])}}
            world.call("Apply", state=state, prune=True)
            world.call("Apply", state={**STATE, "host": {"reserved": reserved()}}, prune=True)
        rule = world.root + "/etc/udev/rules.d/41-ap.rules"
        world.write_file(rule, 'ATTR{../../bus/ap/apmask}="-1"\n')
        world.call("Reload")
        reply = refused_and_forced(world, ["EP11"], "Import")
        equal(len(reply["taken"]), 8)
        again(world)
        os.unlink(rule)
        os.unlink(world.host_path)


def test_what_is_lost_is_told(world):
    """The queues that the host loses, in the same words by each mechanism."""
    outputs = []
    for options, mechanism in ((OLD, "--masks"), ((), "--masks"), ((), "--overrides")):
        world.start(*options)
        texts = []
        for more in (("--dry-run",), ()):
            status, output = world.apqctl("reserve", "--adapters", "1", mechanism, *more)
            equal(status, 0, output)
            texts += [line for line in output.splitlines() if "host" in line and "queues" in line]
        outputs.append(texts)
        world.call("Release", adapters=[1])
        again(world)
    # nothing depends on how it is done
    equal(outputs, [["The host would lose 8 queues: 01.0000-0007.",
                     "The host loses 8 queues: 01.0000-0007."]] * 3)
