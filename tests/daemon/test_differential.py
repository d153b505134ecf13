# SPDX-License-Identifier: GPL-2.0-or-later
"""Random changes, checked after every step against what must always hold.

Clients, another program, the machine, guests, restarts and kills act one after the other, so each act can
be held against a snapshot of disk and kernel.  SEED=N repeats one sequence, SEEDS=N runs the first N.
"""
import contextlib
import os
import random

import sequence
from harness import VarlinkError, check, equal, in_background
from sequence import DEVICES, REFUSALS, any_change, any_matrix, writes_of


def act_of_a_client(run):
    """A change, often with its dry run first; a refusal must change nothing."""
    method, parameters = run.without_force(any_change(run.chance))
    what = f"{method} {parameters}"
    automatic, before = run.automatic(), run.snapshot()
    planned = run.try_call(method, {**parameters, "dryRun": True})
    after, counts = run.snapshot(), run.counts()
    if run.automatic() == automatic:
        equal(after, before, f"a dry run touches nothing: {what}")
    done = run.try_call(method, parameters)
    after, writes = run.snapshot(), run.counts_since(counts)
    if run.automatic() != automatic:
        return
    if isinstance(done, VarlinkError):
        equal(after, before, f"a refused change changes nothing: {what}: {done}")
        check(isinstance(planned, VarlinkError), f"refused, but not by its dry run: {what}: {done}")
        equal(str(planned), str(done), f"the dry run is refused as the change is: {what}")
        return
    check(not isinstance(planned, VarlinkError), f"done, but its dry run was refused: {what}: {planned}")
    for key in ("changed", "collateral", "steps"):
        equal(done.get(key), planned.get(key), f"{key} of the dry run: {what}")
    if not any(step["action"] == "more" for step in done["steps"]):
        equal(writes, writes_of(done["steps"]), f"the writes of {what}")


def two_clients(run):
    """Two changes at once: each is done or refused, and what always holds is checked afterwards."""
    changes = [run.without_force(any_change(run.chance)) for _ in range(2)]
    for wait in [in_background(run.try_call, *change) for change in changes]:
        wait()


def beside_a_slow_change(run):
    """A change is made while another waits in the kernel: what is under way counts for every check."""
    name = run.chance.choice(("ap_config", "create", "apmask"))
    run.world.simctl("delay", name, 2500, "times", 1)
    slow = in_background(run.try_call, *run.without_force(any_change(run.chance)))
    for _ in range(3):
        run.try_call(*run.without_force(any_change(run.chance)))
    slow()
    run.world.simctl("clear")


def act_of_another_program(run):
    world, chance = run.world, run.chance
    kind = chance.randrange(7)
    if kind == 0:
        run.write_mask(chance.choice(("apmask", "aqmask")), chance.choice("+-"), chance.randrange(4))
    elif kind == 1:
        world.write_definition(chance.choice(DEVICES), any_matrix(chance), chance.choice(("auto", "manual")))
    elif kind == 2:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(world.path(chance.choice(DEVICES)))
    elif kind == 3:
        device = chance.choice(DEVICES)
        if device not in run.guests:
            world.simctl("write", "remove", "1", device, status=None)
    elif kind == 4:
        world.write_file(world.host_path, {**world.policy(), "enforce": chance.random() < 0.5})
    elif kind == 5:
        world.simctl("write", "create", chance.choice(DEVICES), status=None)
    else:
        world.simctl("write", chance.choice(("assign_adapter", "assign_domain", "unassign_domain")),
                     chance.randrange(4), chance.choice([d for d in DEVICES if d not in run.guests]), status=None)


def act_of_the_machine(run):
    world, chance = run.world, run.chance
    adapter = chance.randrange(4)
    kind = chance.randrange(4)
    if kind == 0:
        world.simctl("plug", adapter, chance.choice(("on", "off")), status=None)
    elif kind == 1:
        world.simctl("config", adapter, chance.choice(("on", "off")), status=None)
    elif kind == 2:
        world.simctl("lose")
    else:
        for each in range(4):
            world.simctl("plug", each, "on", status=None)
            world.simctl("config", each, "on", status=None)


def act_of_a_guest(run):
    if run.guests and run.chance.random() < 0.5:
        run.end_guest(run.chance.choice(sorted(run.guests)))
        return
    started = sorted(set(run.world.kernel()) - set(run.guests))
    if started:
        run.begin_guest(run.chance.choice(started))


def restart(run):
    """A restart alone rewrites nothing in /etc."""
    files = run.world.disk()
    run.world.terminate()
    run.restarted()
    equal(run.world.disk(), files, "a restart rewrites nothing")


def boot(run):
    """After a boot nothing is left but /etc."""
    for device in sorted(run.guests):
        run.end_guest(device)
    run.world.terminate()
    run.world.remove_runtime()
    run.world.init(*run.options)
    run.cleared.clear()
    run.restarted()


def kill_in_a_change(run):
    """The daemon dies at one of its writes; the next one finishes the change or undoes it."""
    method, parameters = run.without_force(any_change(run.chance))
    name = run.chance.choice(("apmask", "aqmask", "driver_override", "create", "ap_config", "unbind"))
    run.world.simctl("crash", name, run.chance.choice(("before", "after")), "after", run.chance.randrange(2))
    try:
        run.world.call(method, parameters)
        run.world.simctl("clear")
        run.world.kill()
    except VarlinkError:
        run.world.simctl("clear")
        run.world.kill()
    except ConnectionError:
        run.world.crashed()
        run.world.simctl("clear")
    run.restarted()
    run.world.nothing_under_way()


def keep_or_restore(run):
    """Apply restores an exported state, or says why not and changes nothing."""
    if run.kept is None or run.chance.random() < 0.3:
        run.kept = run.export()
        return
    automatic, before = run.automatic(), run.snapshot()
    done = run.try_call("Apply", {"state": run.kept, "prune": True})
    if isinstance(done, VarlinkError):
        after = run.snapshot()
        if run.automatic() == automatic:
            equal(after, before, f"a refused Apply changes nothing: {done}")
        check(done.short in REFUSALS, f"Apply says why not: {done}")
        return
    equal(run.export(), run.kept, "Export after Apply of what was exported")


ACTS = ((act_of_a_client, 10), (two_clients, 2), (beside_a_slow_change, 0.3), (act_of_another_program, 5), (act_of_the_machine, 2),
        (act_of_a_guest, 3), (restart, 1), (boot, 1),
        (kill_in_a_change, 2), (keep_or_restore, 2))


def sequence_of(world, seed, rounds):
    chance = random.Random(seed)
    options = ("--kernel", chance.choice(("6.12", "7.2", "7.2")), "--cards", "4", "--domains", "4",
               *chance.choice(((), ("--modes", "CP"))))
    world.start(*options)
    run = sequence.Run(world, chance, options)
    functions, weights = zip(*ACTS)
    for number in range(rounds):
        act = chance.choices(functions, weights)[0]
        run.begin(f"seed {seed}, step {number}, {act.__name__}", act in (act_of_another_program, act_of_the_machine))
        act(run)
        run.check_what_always_holds()
    run.close()
    return run.done, run.refused


def test_differential(world):
    if "SEED" in os.environ:
        seeds = [int(os.environ["SEED"])]
    else:
        seeds = range(1, 1 + int(os.environ.get("SEEDS", 3)))
    done = refused = 0
    for seed in seeds:
        try:
            more = sequence_of(world, seed, int(os.environ.get("STEPS", 60)))
        except Exception:
            world.notices.append(f"SEED={seed}")
            raise
        done, refused = done + more[0], refused + more[1]
        world.terminate()
        world.clear()
    world.notices.append(f"{done} changes done, {refused} refused")


test_differential.seconds = 20
