# SPDX-License-Identifier: GPL-2.0-or-later
"""All that is wanted as one document: export, apply, and what comes of it in the kernel."""
import contextlib
import json
import os
import random
import subprocess

from harness import A, B, C, D, VarlinkError, ap_config, check, contains, equal, matrix

UUIDS = (A, B, C, D)


def device(uuid, adapters=(), domains=(), control=(), **more):
    return {"uuid": uuid, "name": None, "start": "auto", "interrupts": "any",
            "adapters": list(adapters), "domains": list(domains), "controlDomains": list(control),
            **more}


def state(*devices, **host):
    return {"version": 1, "host": host or None, "devices": list(devices)}


def reserved(adapters=(), domains=(), queues=()):
    return {"adapters": list(adapters), "domains": list(domains), "queues": list(queues)}


def apply(world, what, **more):
    return world.call("Apply", state=what, **more)


def export(world):
    return world.call("Export")["state"]


def active(world):
    """What the kernel has, in the words of the document."""
    return {uuid: text for uuid, text in world.kernel().items() if text}


def config(entry):
    return ap_config(matrix(entry["adapters"], entry["domains"], entry["controlDomains"]))


def everything(world):
    return {**world.state(), "ownership": world.ownership()}


# --- out and in


def test_nothing_is_wanted(world):
    world.start()
    empty = export(world)
    equal(empty, {"version": 1, "devices": [], "host": {
        "ownership": None, "enforce": False, "reserved": reserved(),
        "interrupts": {"gisa": None, "pollThread": None, "pollTimeout": None}}})
    before = everything(world)
    for prune in (False, True):
        answer = apply(world, empty, prune=prune)
        equal((answer["changed"], answer["steps"], answer["before"]), (False, [], answer["after"]))
    equal(everything(world), before)


def test_from_nothing_to_started(world):
    """The playbook's job: a host that owns everything, and three guests, in one call."""
    world.start("--cards", "4", "--domains", "4")
    wanted = state(device(A, [1, 2], [0], name="web1"), device(B, [1, 2], [1], [1], interrupts="required"),
                   device(C, [3], [0, 1, 2, 3], start="manual"),
                   reserved=reserved([1, 2]), enforce=True, interrupts={"gisa": True})
    first = everything(world)
    dry = apply(world, wanted, dryRun=True)
    equal(everything(world), first, "after a dry run")
    answer = apply(world, wanted)
    equal((answer["changed"], answer["before"]["devices"]), (True, []))
    equal((dry["steps"], dry["after"], dry["changed"]),
          (answer["steps"], answer["after"], True), "the dry run")
    equal(active(world), {A: ap_config(matrix([1, 2], [0])), B: ap_config(matrix([1, 2], [1], [1]))})
    equal(answer["after"], export(world))
    equal([d["name"] for d in export(world)["devices"]], ["web1", None, None])
    equal(export(world)["host"]["enforce"], True)
    again = apply(world, wanted)
    equal((again["changed"], again["steps"]), (False, []))
    again = apply(world, export(world), prune=True)
    equal((again["changed"], again["steps"]), (False, []))
    world.nothing_under_way()
    world.restart()
    equal(apply(world, wanted, prune=True)["changed"], False, "after a restart")


def test_queues_move_between_devices(world):
    """A ring: each gets what another one has, so no order would do without letting go first."""
    world.start("--cards", "4", "--domains", "2")
    world.give(0, 1, 2, 3)
    apply(world, state(*(device(uuid, [i], [0, 1]) for i, uuid in enumerate(UUIDS))))
    answer = apply(world, state(*(device(uuid, [(i + 1) % 4], [0, 1]) for i, uuid in enumerate(UUIDS))))
    equal(active(world), {uuid: ap_config(matrix([(i + 1) % 4], [0, 1]))
                          for i, uuid in enumerate(UUIDS)})
    writes = [s for s in answer["steps"] if s["action"] == "write"]
    equal(len(writes), 8, "each lets go once and gets once")
    # in a chain the last writes need no step of their own
    answer = apply(world, state(device(A, [], []), device(B, [1, 2], [0, 1])))
    equal(len([s for s in answer["steps"] if s["action"] == "write"]), 2)


def test_names_tell_devices(world):
    world.start()
    world.give(1, 2)
    new = apply(world, state({"name": "web1", "adapters": [1], "domains": [0]}))["after"]["devices"][0]
    equal((new["name"], new["start"], new["controlDomains"]), ("web1", "manual", []))
    again = apply(world, state({"name": "web1", "adapters": [1], "domains": [1]}))["after"]["devices"]
    equal([(d["uuid"], d["domains"]) for d in again], [(new["uuid"], [1])])
    # two devices swap their names
    apply(world, state(device(A, name="x"), device(B, name="y")))
    apply(world, state(device(A, name="y"), device(B, name="x")))
    equal(world.call("GetDevice", device="x")["device"]["uuid"], B)


def test_prune(world):
    world.start("--cards", "4", "--domains", "4")
    apply(world, state(device(A, [1], [0]), device(B, [1], [1]), device(C, [2], [0]),
                       reserved=reserved([1, 2], [], ["03.0001"])))
    equal(apply(world, state(device(A, [1], [0]), reserved=reserved([1])))["changed"], False)
    answer = apply(world, state(device(A, [1], [0, 1]), reserved=reserved([1])), prune=True)
    equal([d["uuid"] for d in answer["before"]["devices"]], [A, B, C])
    equal(active(world), {A: ap_config(matrix([1], [0, 1]))})
    equal((export(world)["host"]["reserved"], len(world.disk("etc/mdevctl.d"))), (reserved([1]), 1))
    queues = world.ownership()["queues"]
    equal({n[:2] for n, q in queues.items() if q[1] == "vfio_ap"}, {"01"})
    # another program's device, which nobody has defined, is none of ours
    world.simctl("write", "create", D)
    equal(apply(world, state(), prune=True)["changed"], True)
    equal(active(world), {D: ap_config(matrix())})
    equal(apply(world, state(), prune=True)["changed"], False)


def test_exact_reservation_by_each_mechanism(world):
    for mechanism in ("masks", "overrides"):
        world.start("--cards", "4", "--domains", "4")
        one = state(ownership=mechanism, reserved=reserved([1], [], ["02.0001"]))
        two = state(ownership=mechanism, reserved=reserved([2], [], ["01.0001", "03.0003"]))
        for wanted in (one, two, one, two):
            apply(world, wanted, prune=True)
            again = apply(world, wanted, prune=True)
            equal((again["changed"], again["collateral"]), (False, again["collateral"]), mechanism)
            equal(export(world)["host"]["ownership"], mechanism)
        taken = {n for n, q in world.ownership()["queues"].items() if q[1] == "vfio_ap"}
        check({"02.0000", "01.0001", "03.0003"} <= taken, mechanism, taken)
        check(mechanism == "masks" or len(taken) == 6, taken)
        apply(world, state(reserved=reserved()), prune=True)
        check(not [n for n, q in world.ownership()["queues"].items() if q[1] == "vfio_ap"], mechanism)
        world.terminate()
        world.remove_runtime()


def test_mechanism_alone(world):
    """What is reserved moves to the mechanism that the document names."""
    world.start("--cards", "4", "--domains", "4")
    equal(apply(world, state(ownership="overrides"))["after"]["host"]["ownership"], "overrides")
    equal(apply(world, state(ownership="overrides"), prune=True)["changed"], False)
    apply(world, state(reserved=reserved([1])))
    equal({q[0] for n, q in world.ownership()["queues"].items() if n[:2] == "01"}, {"vfio_ap"})
    answer = apply(world, state(ownership="masks"), prune=True)
    equal(answer["after"]["host"]["reserved"], reserved([1]))
    equal({q for n, q in world.ownership()["queues"].items() if n[:2] == "01"}, {("", "vfio_ap")})
    equal(apply(world, state(ownership="masks"))["changed"], False)
    apply(world, state(ownership="observe"))
    equal(apply(world, state(ownership="observe"))["changed"], False)
    world.refused("Conflict", "Apply", state=state(reserved=reserved([2])))


def test_masks_of_others_stay(world):
    world.start("--cards", "4", "--domains", "4")
    world.give(3)
    wanted = state(reserved=reserved([1]))
    apply(world, wanted, prune=True)
    equal(apply(world, wanted, prune=True)["changed"], False)
    apply(world, state(reserved=reserved()), prune=True)
    queues = world.ownership()["queues"]
    equal({n[:2] for n, q in queues.items() if q[1] == "vfio_ap"}, {"03"})


# --- all or nothing


def test_a_conflict_anywhere_refuses_all(world):
    world.start("--cards", "4", "--domains", "4")
    world.give(1, 2)
    apply(world, state(device(A, [1], [0])))
    before = everything(world)
    error = world.refused("Conflict", "Apply", state=state(device(B, [2], [0]), device(C, [1, 3], [0])))
    contains(str(error.parameters), "01.0000", A, "03.0000", "apqctl reserve")
    equal(everything(world), before)
    # two of the document, one of which is only defined
    error = world.refused("Conflict", "Apply", state=state(device(B, [2], [0]), device(C, [2], [0, 1])))
    contains(str(error.parameters), "02.0000")
    equal(everything(world), before)
    error = world.refused("DeviceExists", "Apply", state=state(device(B, name="x"), device(C, name="x")))
    equal(error.parameters["device"], "x")
    contains(error.parameters["reason"], B, C, "'x'")
    world.refused("DeviceExists", "Apply", state=state(device(B), device(B, [2], [0])))
    equal(everything(world), before)


def test_a_write_that_fails_undoes_all(world):
    world.start("--cards", "4", "--domains", "4")
    world.give(1, 2, 3)
    apply(world, state(device(A, [1], [0]), device(B, [2], [0]), device(C, [3], [0])))
    before = everything(world)
    wanted = state(device(A, [2], [0]), device(B, [1], [0]), device(D, [3], [1]))
    steps = apply(world, wanted, prune=True, dryRun=True)["steps"]
    writes = [s["detail"] for s in steps if s["action"] == "write"]
    check(any(detail.endswith("/remove") for detail in writes), writes)
    for attribute, count in (("ap_config", 5), ("create", 1), ("remove", 1)):
        for n in range(count):
            world.simctl("fail", attribute, "EIO", "after", n)
            error = world.refused("KernelRefused", "Apply", state=wanted, prune=True)
            equal(error.parameters["errno"], 5)
            equal(everything(world), before, f"{attribute} {n}")
            world.nothing_under_way()
    apply(world, wanted, prune=True)
    equal(active(world), {d["uuid"]: config(d) for d in wanted["devices"]})


def test_a_file_that_fails_undoes_all(world):
    """The third of three definitions cannot be written: the first two are as they were."""
    world.start("--cards", "4", "--domains", "4")
    world.give(1, 2, 3)
    apply(world, state(device(A, [1], [0]), device(B, [2], [0])))
    world.simctl("write", "create", C)
    # a file that mdevctl cannot have written is not replaced, whoever asks
    os.makedirs(world.own_path(C))
    before = everything(world)
    error = world.refused("StoreFailed", "Apply", state=state(
        device(A, [2], [0], name="a"), device(B, [1], [0]), device(C, [3], [0], name="c")))
    contains(error.parameters["operation"], "definition")
    equal(everything(world), before)
    world.nothing_under_way()


def test_killed_at_every_write(world):
    """At each write of the kernel, before and after it: the next daemon finishes all, or undoes all."""
    old = state(device(A, [1], [0]), device(B, [2], [0]), device(C, [3], [0]), reserved=reserved([1, 2, 3]))
    new = state(device(A, [2], [0]), device(B, [1], [0]), device(D, [3], [1]),
                reserved=reserved([1, 2, 3], [3]))
    world.start("--cards", "4", "--domains", "4")
    for attribute, count in (("ap_config", 5), ("create", 1), ("remove", 1), ("aqmask", 1)):
        for n in range(count):
            for when in ("before", "after"):
                apply(world, old, prune=True)
                world.simctl("crash", attribute, when, "after", n)
                with world.client() as client:
                    client.send("Apply", {"state": new, "prune": True})
                    world.crashed()
                world.start()
                equal(active(world), {d["uuid"]: config(d) for d in new["devices"]}, f"{attribute} {n}")
                equal(apply(world, new, prune=True)["changed"], False)
                world.nothing_under_way()


test_killed_at_every_write.seconds = 8


def test_cut_off_and_impossible_to_finish(world):
    """Another program took a queue meanwhile: then all that was begun is undone, and nothing else."""
    old = state(device(A, [1], [0]), device(B, [2], [0]), device(C, [0], [], start="manual"))
    new = state(device(A, [2], [0], name="a"), device(B, [1], [0]), device(C, [3], [1]))
    for attribute, when, n in (("ap_config", "after", 1), ("ap_config", "after", 3), ("create", "before", 0)):
        world.start("--cards", "4", "--domains", "4")
        world.give(1, 2, 3)
        apply(world, old, prune=True)
        before = world.state()
        world.simctl("crash", attribute, when, "after", n)
        with world.client() as client:
            client.send("Apply", {"state": new})
            world.crashed()
        world.simctl("write", "create", D)
        world.simctl("write", "ap_config", ap_config(matrix([3], [1])), D)
        world.start()
        equal(world.kernel(), {**before["kernel"], D: ap_config(matrix([3], [1]))}, f"{attribute} {n}")
        equal(world.disk(), before["disk"], f"{attribute} {n}")
        world.nothing_under_way()
        world.terminate()
        world.remove_runtime()


def test_a_running_guest_keeps_its_queues(world):
    world.start("--cards", "4", "--domains", "4")
    world.give(1, 2)
    apply(world, state(device(A, [1], [0, 1]), device(B, [2], [0])))
    guest = world.guest(A)
    before = everything(world)
    for wanted, prune in ((state(device(A, [1], [0]), device(B, [1], [1])), False),
                          (state(device(B, [1], [0])), True)):
        error = world.refused("DeviceInUse", "Apply", state=wanted, prune=prune)
        equal(error.parameters["device"], A)
        equal(everything(world), before)
    # more than it has is no harm
    apply(world, state(device(A, [1], [0, 1, 2])))
    apply(world, state(device(A, [1], [0]), device(B, [1], [1])), force=True)
    equal(active(world), {A: ap_config(matrix([1], [0])), B: ap_config(matrix([1], [1]))})
    # one that is to go loses its queues, and is left for its guest's end
    apply(world, state(device(B, [1], [0, 1])), prune=True, force=True)
    equal(active(world), {A: ap_config(matrix()), B: ap_config(matrix([1], [0, 1]))})
    equal([d["uuid"] for d in export(world)["devices"]], [B])
    equal(apply(world, state(device(B, [1], [0, 1])), prune=True)["changed"], False)
    world.end_guest(guest)


# --- what cannot be meant


GOOD = device(A, [1], [0])
WRONG = (
    ({"version": 2, "devices": []}, "state.version"),
    ({"version": 1}, "state.devices"),
    (state({**GOOD, "uuid": "web1"}), "state.devices[0].uuid"),
    (state(device(B), {**GOOD, "start": "always"}), "state.devices[1].start"),
    (state({**GOOD, "interrupts": "yes"}), "state.devices[0].interrupts"),
    (state({**GOOD, "name": "a b"}), "state.devices[0].name"),
    (state({**GOOD, "name": "x" * 65}), "state.devices[0].name"),
    (state({**GOOD, "adapters": [256]}), "state.devices[0].adapters"),
    (state({**GOOD, "adapters": ["1"]}), "state.devices.adapters"),
    (state({"adapters": [1], "domains": [1]}), "state.devices[0].uuid"),
    (state({**GOOD, "colour": 1}), "state.devices.colour"),
    (state(ownership="mine"), "state.host.ownership"),
    (state(ownership=""), "state.host.ownership"),
    (state(reserved={"adapters": [1]}), "state.host.reserved.domains"),
    (state(reserved=reserved(queues=["1.x"])), "state.host.reserved.queues"),
    (state(interrupts={"pollTimeout": -1}), "state.host.interrupts.pollTimeout"),
    (state(*(device(f"{i:08x}-1111-4111-8111-111111111111") for i in range(4097))), "state.devices"),
)


def test_wrong_input(world):
    world.start()
    before = everything(world)
    for document, parameter in WRONG:
        error = world.refused("InvalidParameter", "Apply", state=document)
        equal(error.parameters, {"parameter": parameter}, str(document)[:100])
    equal(everything(world), before)


HERE = os.path.dirname(os.path.abspath(__file__))


def fit_schema(documents):
    """Whether each of them is what the schema says."""
    done = subprocess.run([HERE + "/schema.py", HERE + "/../../common/state.schema.json"],
                          input="".join(json.dumps(d) + "\n" for d in documents),
                          capture_output=True, text=True, check=False)
    equal((done.returncode, done.stderr), (0, ""), "the schema's judge")
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_accepted(world, document):
    try:
        apply(world, document, dryRun=True)
    except VarlinkError as error:
        return error.short != "InvalidParameter"
    return True


def with_numbers(value, key=None):
    """As apqctl sends a document: numbers in place of ids that are texts."""
    if isinstance(value, dict):
        return {k: with_numbers(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [with_numbers(v, key) for v in value]
    if isinstance(value, str) and key in ("adapters", "domains", "controlDomains"):
        with contextlib.suppress(ValueError):
            return int(value, 0)
    return value


def test_schema_says_the_same(world):
    """Documents that the daemon accepts fit the schema, and it refuses all others; ids may be texts."""
    world.start("--cards", "4", "--domains", "4")
    apply(world, state(device(A, [1], [0], [3], name="web1"), device(B, [2], [1], interrupts="polled"),
                       ownership="masks", enforce=True, reserved=reserved([1, 2], [], ["03.0000-0002"]),
                       interrupts={"gisa": True, "pollTimeout": 100}))
    exported = export(world)
    # each value, somewhere, left out or replaced by what it must not be
    chance = random.Random(1)
    documents = [exported, state({"name": "x", "adapters": [], "domains": []})]
    documents += [document for document, _ in WRONG] + [spoiled(chance, exported) for _ in range(400)]
    fits = fit_schema(documents)
    texts = [with_numbers(document) != document for document, _ in WRONG]
    equal(fits[:2 + len(WRONG)], [True, True] + texts)
    for document, fit in zip(documents, fits):
        equal(is_accepted(world, with_numbers(document)), fit, document)
    check(50 < fits.count(True) < 300, fits.count(True))


def spoiled(chance, document):
    """A copy with one value, somewhere, removed or replaced."""
    copy = json.loads(json.dumps(document))
    place = copy
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = chance.choice(list(keys))
        if isinstance(place[key], (dict, list)) and place[key] and chance.random() < 0.8:
            place = place[key]
            continue
        if chance.random() < 0.3:
            del place[key]
        else:
            place[key] = chance.choice((None, True, 7, 256, -1, "x", "auto", [], {}, [1], 1.5))
        return copy


def test_bad_files_stay(world):
    world.start()
    world.write_file(world.path(A), "{")
    world.wait_until("it is seen", lambda: world.problems(A))
    before = everything(world)
    contains(str(world.refused("BadDefinition", "Apply", state=state(device(A, [1], [0])))), "line 1")
    world.refused("BadDefinition", "Apply", state=state(), prune=True)
    equal(everything(world), before)
    equal(export(world)["devices"], [])


# --- at random


def random_state(chance):
    """Mostly possible, of four devices on 4 x 4 queues."""
    host = {}
    if chance.random() < 0.5:
        host["reserved"] = reserved(chance.sample(range(4), chance.randrange(4)),
                                    chance.sample(range(4), chance.choice((0, 0, 1))),
                                    [f"{chance.randrange(4):02x}.{chance.randrange(4):04x}"
                                     for _ in range(chance.choice((0, 0, 1)))])
    if chance.random() < 0.1:
        host["enforce"] = chance.random() < 0.5
    domains = chance.sample(range(4), 4)
    devices = []
    for i, uuid in enumerate(UUIDS):
        if chance.random() < 0.3:
            continue
        own = [domains[i]] if chance.random() < 0.8 else chance.sample(range(4), 2)
        devices.append(device(uuid, chance.sample(range(4), chance.randrange(1, 4)), own,
                              chance.sample(range(4), chance.randrange(2)),
                              start=chance.choice(("auto", "auto", "manual")),
                              name=chance.choice((None, "abcd"[i], "abcd"[i], "abcd"[i - 1]))))
    chance.shuffle(devices)
    return state(*devices, **host)


def live_as_wanted(world, wanted):
    """Every device of the document that is started has what it is defined with; auto ones are."""
    found = active(world)
    for entry in wanted["devices"]:
        if entry["start"] == "auto":
            check(entry["uuid"] in found, "an automatic device is not started", entry)
        if entry["uuid"] in found:
            equal(found[entry["uuid"]], config(entry), entry["uuid"])


def test_random_states(world):
    """Reached, or refused with everything as it was.  STATES=10000 tries so many."""
    chance = world.chance(20261122)
    rounds = int(os.environ.get("STATES", 50 if world.valgrind else 1000))
    reached = refused = 0
    world.start("--cards", "4", "--domains", "4")
    with world.client() as client:
        for n in range(rounds):
            wanted, prune = random_state(chance), chance.random() < 0.6
            # what it was is looked at where it is to stay, as told by what would be done
            before = everything(world) if n % 8 == 0 else None
            try:
                answer = client.call("Apply", {"state": wanted, "prune": prune, "force": True})
            except VarlinkError as error:
                check(error.short in ("Conflict", "DeviceExists"), n, error)
                if before:
                    equal(everything(world), before, f"{n}: {error}")
                refused += 1
                continue
            reached += 1
            again = client.call("Apply", {"state": wanted, "prune": prune, "force": True})
            equal((again["changed"], again["before"]), (False, answer["after"]), n)
            if n % 8 == 0:
                live_as_wanted(world, wanted)
                # the order of devices never matters
                wanted["devices"].reverse()
                equal(client.call("Apply", {"state": wanted, "prune": prune, "force": True})["changed"], False)
    world.nothing_under_way()
    check(reached > rounds / 10 and refused > rounds / 20, reached, refused)
    world.notices.append(f"{rounds} states: {reached} reached, {refused} refused")


test_random_states.seconds = 60


def test_prune_drops_interrupt_settings(world):
    """An export restores that nothing was wanted; the kernel keeps the value that it has."""
    world.start()
    before = export(world)
    for settings in ({"gisa": False}, {"pollTimeout": 1000}, {"gisa": True, "pollTimeout": 250000}):
        world.call("SetInterrupts", **settings)
        found = world.poll_timeout()
        equal(apply(world, before)["changed"], False, "without prune nothing is dropped")
        answer = apply(world, before, prune=True)
        equal((answer["changed"], export(world)), (True, before), f"after {settings}")
        equal(world.poll_timeout(), found, "the kernel's value")
        equal(apply(world, before, prune=True)["changed"], False, "again")


def test_prune_without_interrupts_leaves_them(world):
    """A document that does not speak of interrupts says nothing about them."""
    world.start()
    world.call("SetInterrupts", gisa=True)
    before = export(world)
    for host in ({"enforce": False}, {"enforce": False, "interrupts": None}):
        apply(world, state(**host), prune=True)
        equal(export(world), before, f"{host}")
