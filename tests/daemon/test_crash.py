# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 at any moment: the next daemon finds the old state or makes the new, never a half."""
import contextlib
import time

from harness import A, B, C, VarlinkError, ap_config, check, equal, matrix

M = matrix([2], [1, 2], [1])
OLD = ("--without", "ap_config", "--max-adapter", "15", "--max-domain", "15")


def prepared(world, *options, **define):
    world.start(*options)
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=M, **define)


def contents(world):
    """The state that clients care about: the kernel, and what the files say."""
    kernel = {u: world.simctl("read", "matrix", u) + world.simctl("read", "control_domains", u)
              for u in world.simctl("read", "devices").split()}
    return kernel, {name: data for name, (_, data) in world.disk().items()}


def crash(world, attribute, when, after, method, parameters):
    """The daemon dies at that write; the next one must have finished the change."""
    old = contents(world)
    new_steps = world.call(method, dryRun=True, **parameters)["steps"]
    check(any(attribute in s["detail"] for s in new_steps), attribute, "is not written by", method)
    world.simctl("crash", attribute, when, "after", after)
    with world.client() as client:
        client.send(method, parameters)
        check(client.receive() is None, "an answer came")
    world.crashed()
    world.simctl("clear")
    world.start()
    found = contents(world)
    world.nothing_under_way()
    return old, found


def check_all(world, cases, back):
    """Each case once undisturbed, to see what new is, and then with a crash."""
    for attribute, when, after, method, parameters in cases:
        name = f"{method} killed {when} {attribute} {after}"
        world.call(method, **parameters)
        new = contents(world)
        back()
        old, found = crash(world, attribute, when, after, method, parameters)
        check(found in (old, new), name, "left a half:", found, "neither", old, "nor", new)
        equal(found, new, f"{name}: the recovery could finish it, and so must:")
        equal(world.problems(A), {}, name)
        back()
        equal(contents(world), old, f"{name}: and back")


def test_start_and_stop(world):
    prepared(world)
    check_all(world, [(attribute, when, 0, "Start", {"device": A})
                      for attribute in ("create", "ap_config") for when in ("before", "after")],
              lambda: world.call("Stop", device=A))
    world.call("Start", device=A)
    check_all(world, [("remove", when, 0, "Stop", {"device": A}) for when in ("before", "after")],
              lambda: world.call("Start", device=A))


def test_assign_and_unassign(world):
    prepared(world)
    world.call("Start", device=A)
    more = {"device": A, "matrix": matrix([3], [5], [2])}
    check_all(world, [("ap_config", when, 0, "Assign", more) for when in ("before", "after")],
              lambda: world.call("Unassign", **more))
    less = {"device": A, "matrix": matrix([], [2], [1])}
    check_all(world, [("ap_config", when, 0, "Unassign", less) for when in ("before", "after")],
              lambda: world.call("Assign", **less))


def test_steps_without_ap_config(world):
    prepared(world, *OLD)
    check_all(world, [("assign_domain", "after", after, "Start", {"device": A}) for after in (0,
                                                                                              1)] +
              [("assign_control_domain", "before", 0, "Start", {"device": A})],
              lambda: world.call("Stop", device=A))
    world.call("Start", device=A)
    more = {"device": A, "matrix": matrix([3], [5, 6])}
    check_all(world, [("assign_adapter", "after", 0, "Assign", more),
                      ("assign_domain", "after", 0, "Assign", more),
                      ("assign_domain", "after", 1, "Assign", more)],
              lambda: world.call("Unassign", **more))


def test_automatic_start(world):
    prepared(world, start="auto")
    for attribute in ("create", "ap_config"):
        for when in ("before", "after"):
            world.call("Start", device=A)
            world.simctl("write", "remove", 1, A)
            world.wait_until("it is gone", lambda: world.device(A)["active"] is None)
            world.call("Start", device=A)
            world.terminate()
            world.simctl("write", "remove", 1, A)
            world.simctl("crash", attribute, when)
            world.spawn()
            world.crashed()
            world.start()
            equal((world.active(A), world.problems(A)), (ap_config(M), {}), f"{when} {attribute}")
            world.nothing_under_way()


def test_what_cannot_be_finished_is_undone(world):
    """Another program takes the queue while no daemon runs."""
    prepared(world)
    world.simctl("crash", "ap_config", "before")
    with world.client() as client:
        client.send("Start", {"device": A})
        world.crashed()
    world.simctl("write", "create", B)
    world.simctl("write", "ap_config", ap_config(matrix([2], [2])), B)
    world.start()
    equal((world.active(A), world.device(A)["active"]), (None, None))
    world.simctl("write", "remove", 1, B)
    world.call("Start", device=A)
    world.simctl("crash", "ap_config", "before")
    before = contents(world)
    with world.client() as client:
        client.send("Assign", {"device": A, "matrix": matrix([3], [])})
        world.crashed()
    world.simctl("write", "create", C)
    world.simctl("write", "ap_config", ap_config(matrix([3], [2])), C)
    before[0][C] = "03.0002\n"
    world.start()
    equal(contents(world), before)
    equal(world.problems(A), {})
    world.nothing_under_way()


def test_record_that_cannot_be_used(world):
    prepared(world)
    world.terminate()
    for text in ("", "{", "[]", "{}", '{"live": true}', b"\xff\x00"):
        world.write_file(f"{world.root}/run/apqd/pending/{A}.json", text)
        world.write_file(f"{world.root}/run/apqd/devices/{A}.json", text)
        world.start()
        equal(world.device(A)["definition"], M)
        world.nothing_under_way()
        world.terminate()


def left_to_do(world, method, parameters):
    try:
        return world.call(method, dryRun=True, **parameters)["changed"]
    except VarlinkError as error:
        # without a definition and a device there is nobody any more to be asked about
        return not (error.short == "NoSuchDevice" and method in ("Undefine", "Stop"))


def test_at_random_moments(world):
    """Kills that fall where they may, on changes of the kernel and both files."""
    prepared(world, name="a0", start="auto")
    world.call("Start", device=A)
    chance = world.chance()
    more = matrix([3], [5], [2])
    moments = []
    for i in range(12):
        method, parameters = chance.choice([
            ("Assign", {"device": A, "matrix": more}), ("Unassign", {"device": A, "matrix": more}),
            ("Modify", {"device": A, "name": f"a{i}",
                        "interrupts": chance.choice(["any", "polled"])}),
            ("Stop", {"device": A}), ("Start", {"device": A}), ("Undefine", {"device": A}),
            ("Define", {"uuid": A, "matrix": M, "name": "a", "start": "auto"})])
        old = contents(world)
        delay = chance.uniform(0, 0.012) * (30 if world.valgrind else 1)
        with world.client() as client:
            client.send(method, parameters)
            time.sleep(delay)
            world.kill()
            answered = False
            with contextlib.suppress(TimeoutError):
                message = client.receive(0)
                answered = message is not None and "error" not in message
        cut = contents(world)
        world.start()
        found = contents(world)
        what = f"round {i}: {method} {parameters} after {delay * 1000:.1f} ms"
        world.nothing_under_way()
        # What was done or answered has nothing left to do.
        if found != old or answered:
            equal(left_to_do(world, method, parameters), False, what)
            equal(contents(world), found, what)
        moments.append("new" if found != old else "old")
        if cut not in (old, found):
            moments[-1] = "half way"
    world.notices.append("kills left: " + ", ".join(moments))
