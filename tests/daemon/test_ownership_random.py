# SPDX-License-Identifier: GPL-2.0-or-later
"""The host policy under random changes: a guest keeps its queues, and a kill leaves no half."""
import contextlib
import time

from harness import A, B, VarlinkError, ap_config, check, equal, mask, matrix

ALL = set(range(256))
M = matrix([1], [1, 2])
OWN = {"01.0001", "01.0002"}


def queue_names(chance, count):
    return [f"{chance.randrange(3):02x}.{chance.randrange(4):04x}" for _ in range(count)]


def wish(chance):
    """Parameters of Reserve or Release: any of what they take, mostly sensible."""
    parameters = {}
    kind = chance.randrange(4)
    if kind in (0, 3):
        parameters["adapters"] = chance.sample(range(3), chance.choice((1, 1, 2)))
    if kind in (1, 3):
        parameters["domains"] = chance.sample(range(4), chance.choice((1, 1, 2, 4)))
    if kind == 2:
        parameters["queues"] = queue_names(chance, chance.choice((1, 2, 3)))
    if chance.random() < 0.2:
        parameters["mechanism"] = chance.choice(("masks", "overrides"))
    return parameters


def forced(method, parameters):
    """Reserves by force: these tests are not about the queues that the host keeps."""
    return {**parameters, "force": True} if method == "Reserve" else parameters


def others(world, chance):
    """Makes one random change as other programs or the machine make it."""
    name = queue_names(chance, 1)[0]
    kind = chance.randrange(6)
    if kind == 0:
        world.simctl("write", "apmask", chance.choice(("-2", "+2", "+0-255")), status=None)
    elif kind == 1:
        world.simctl("write", "aqmask", chance.choice(("-3", "+3", "+0-255")), status=None)
    elif kind == 2 and name not in OWN:
        world.simctl("write", "driver_override", chance.choice(("vfio_ap", "cex4queue", "\n")),
                     name, status=None)
    elif kind == 3:
        world.simctl("plug", 2, "off")
        world.simctl("plug", 2, "on")
    elif kind == 4:
        world.simctl("lose")


def reserved_queues(policy):
    """The queues that host.json reserves, of the 3 x 4 that there are."""
    reserved = policy.get("reserved", {})
    found = {f"{a:02x}.{d:04x}" for a in range(3) for d in range(4)
             if a in reserved.get("adapters", []) or d in reserved.get("domains", [])}
    for run in reserved.get("queues", []):
        first, _, last = run.partition("-")
        adapter, domain = first.split(".")
        for number in range(int(domain, 16), int(last or domain, 16) + 1):
            found.add(f"{adapter}.{number:04x}")
    return found


def agree(world, what):
    """Kernel and host.json say the same, where nobody else takes part."""
    policy, found = world.policy(), world.ownership()
    taken = {name for name, (_, driver) in found["queues"].items() if driver == "vfio_ap"}
    overridden = {name for name, (override, _) in found["queues"].items() if override == "vfio_ap"}
    reserved = reserved_queues(policy)
    if policy.get("ownership") == "overrides":
        equal((taken, overridden), (reserved, reserved), what)
        masks = {"adapters": [], "domains": []}
    else:
        masks = policy.get("masks", {"adapters": [], "domains": []})
        check(reserved <= taken and not overridden, what, policy, taken, overridden)
    equal((found["apmask"], found["aqmask"]),
          (mask(ALL - set(masks["adapters"])), mask(ALL - set(masks["domains"]))), what)
    equal(world.host_problems(), {}, what)


def test_a_guest_keeps_its_queues(world):
    chance = world.chance()
    done = refused = 0
    for options in (("--kernel", "6.12"), ()):
        mechanism = chance.choice(("masks", "overrides")) if not options else "masks"
        world.start(*options, "--cards", "3", "--domains", "4")
        world.call("Define", uuid=A, matrix=M)
        world.call("Reserve", queues=sorted(OWN), mechanism=mechanism)
        world.call("Start", device=A)
        if chance.random() < 0.5:
            world.write_file(world.host_path, {**world.policy(), "enforce": True})
        guest = world.guest(A)
        for i in range(40):
            what = f"round {i}"
            if chance.random() < 0.3:
                others(world, chance)
            parameters = wish(chance)
            method = chance.choice(("Reserve", "Release"))
            try:
                changed = world.call(method, **forced(method, parameters))["changed"]
                done += changed
            except VarlinkError as error:
                check(error.short in ("Conflict", "KernelRefused", "Unsupported"), what, error)
                refused += 1
            equal(world.active(A), ap_config(M), f"{what}: {method} {parameters}")
            equal(world.simctl("read", "guest_matrix", A), "01.0001\n01.0002\n",
                  f"{what}: {method} {parameters}")
            check(guest.poll() is None, what, "the guest ended")
            world.nothing_under_way()
        world.end_guest(guest)
        world.call("Stop", device=A)
        world.terminate()
        world.remove_runtime()
    world.notices.append(f"{done} changes beside a guest, {refused} refused")


test_a_guest_keeps_its_queues.seconds = 5


def test_kernel_and_policy_agree(world):
    """Reserve and release alone leave the kernel as host.json says, also after a boot."""
    chance = world.chance()
    for options in (("--kernel", "6.12"), (), ()):
        size = (*options, "--cards", "3", "--domains", "4")
        world.start(*size)
        for i in range(20):
            parameters = wish(chance)
            if options:
                parameters.pop("mechanism", None)
            method = chance.choice(("Reserve", "Reserve", "Release"))
            parameters = forced(method, parameters)
            what = f"round {i}: {method} {parameters}"
            wanted = world.call(method, dryRun=True, **parameters)
            reply = world.call(method, **parameters)
            equal({k: reply[k] for k in ("changed", "collateral", "steps")},
                  {k: wanted[k] for k in ("changed", "collateral", "steps")}, what)
            agree(world, what)
            if i % 5 == 4:
                found = world.ownership()
                world.terminate()
                world.remove_runtime()
                world.init(*size)
                world.start(*size)
                agree(world, f"{what}, booted")
                equal(world.ownership(), found, f"{what}, booted")
        world.call("Release", adapters=[0, 1, 2], domains=None)
        world.call("Release", domains=[0, 1, 2, 3])
        world.terminate()
        world.remove_runtime()


test_kernel_and_policy_agree.seconds = 5


def test_killed_at_random_moments(world):
    chance = world.chance()
    world.start("--cards", "3", "--domains", "4")
    world.call("Define", uuid=A, matrix=M)
    world.call("Define", uuid=B, matrix=matrix([2], [3]))
    names = ("apmask", "aqmask", "driver_override", "unbind", "drivers_probe", "create",
             "ap_config")
    moments = []
    for i in range(24):
        kind = chance.randrange(4)
        device = chance.choice((A, B))
        method, parameters = (
            ("Start", {"device": device, "reserve": True}) if kind == 0 else
            ("Stop", {"device": device}) if kind == 1 else
            (chance.choice(("Reserve", "Release")), wish(chance)))
        parameters = forced(method, parameters)
        before = world.ownership(), world.policy()
        what = f"round {i}: {method} {parameters}"
        with contextlib.suppress(VarlinkError):
            for name in names if chance.random() < 0.7 else ():
                world.simctl("delay", name, chance.choice((5, 20)), "times", 2)
            with world.client() as client:
                client.send(method, parameters)
                time.sleep(chance.uniform(0, 0.03) * (20 if world.valgrind else 1))
                world.kill()
        world.simctl("clear")
        world.start()
        world.nothing_under_way()
        agree(world, what)
        changed = (world.ownership(), world.policy()) != before
        moments.append("new" if changed else "old")
    world.notices.append("kills left: " + ", ".join(moments))


test_killed_at_random_moments.seconds = 4
