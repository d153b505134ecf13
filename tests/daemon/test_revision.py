# SPDX-License-Identifier: GPL-2.0-or-later
"""Revisions: a document takes away nothing that whoever wrote it has not seen."""
import os

from harness import A, B, C, check, equal, matrix


def apply(world, what, **more):
    return world.call("Apply", state=what, **more)


def export(world):
    return world.call("Export")["state"]


def everything(world):
    return {**world.state(), "ownership": world.ownership()}


def seen(world):
    """A revision, and a state without any device."""
    answer = world.call("Export")
    return answer["revision"], dict(answer["state"], devices=[])


def test_revision(world):
    world.start()
    world.give(1, 2)
    world.call("Define", uuid=A, name="web1", matrix=matrix([1], [1, 2]))
    world.call("Define", uuid=B, matrix=matrix([2], [1]))
    revision, empty = seen(world)
    changes = [
        ("Define", {"uuid": C, "matrix": matrix([2], [5])}, ("Undefine", {"device": C})),
        ("Modify", {"device": A, "name": "web2"}, ("Modify", {"device": A, "name": "web1"})),
        ("Modify", {"device": A, "start": "auto"}, ("Modify", {"device": A, "start": "manual"})),
        ("Start", {"device": B}, ("Stop", {"device": B})),
        ("Assign", {"device": B, "matrix": matrix([], [3])},
         ("Unassign", {"device": B, "matrix": matrix([], [3])})),
        ("SetInterrupts", {"pollTimeout": 1000}, None),
    ]
    for method, parameters, back in changes:
        world.call(method, parameters)
        before = everything(world)
        for dry_run in (True, False):
            error = world.refused("Moved", "Apply", state=empty, prune=True, revision=revision,
                                  dryRun=dry_run)
            equal(error.parameters["expected"], revision)
            equal(error.parameters["revision"], seen(world)[0])
        equal(everything(world), before, method)
        if back:
            world.call(*back[:1], back[1])
            # a revision stands for what there is, and not for how it came to be
            equal(seen(world)[0], revision)
    revision = seen(world)[0]
    world.restart()
    equal(seen(world)[0], revision, "after a restart")
    answer = apply(world, empty, prune=True, revision=revision, dryRun=True)
    equal(answer["revision"], revision)
    apply(world, empty, prune=True, revision=revision)
    equal(export(world)["devices"], [])


def test_revision_of_the_file(world):
    """Another program's change that no event has told of yet is seen, because it is read before."""
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1, 2]))
    revision, empty = seen(world)
    world.write_definition(A, matrix([1], [1, 2, 3]))
    world.refused("Moved", "Apply", state=empty, prune=True, revision=revision)
    world.write_file(world.path(B), "{ this is no definition")
    world.call("Reload")
    revision = seen(world)[0]
    os.unlink(world.path(B))
    world.call("Reload")
    check(seen(world)[0] != revision, "a file that cannot be used counts too")


def test_revision_of_guests(world):
    """Guests count where they could lose something."""
    world.start()
    world.give(1)
    world.call("Define", uuid=A, matrix=matrix([1], [1, 2]))
    world.call("Start", device=A)
    revision, empty = seen(world)
    guest = world.guest(A)
    world.wait_until("the guest is seen", lambda: world.device(A)["inUse"])
    world.refused("Moved", "Apply", state=empty, prune=True, force=True, revision=revision)
    world.refused("DeviceInUse", "Apply", state=empty, prune=True, revision=revision)
    world.end_guest(guest)
    world.wait_until("it has ended", lambda: not world.device(A)["inUse"])
    apply(world, empty, prune=True, force=True, revision=revision)


def test_revision_that_is_none(world):
    world.start()
    _, empty = seen(world)
    for wrong in ("", "1", "0" * 33, "0" * 16 + "-" + "g" * 16, "0" * 16 + "-" + "0" * 17):
        error = world.refused("InvalidParameter", "Apply", state=empty, revision=wrong)
        equal(error.parameters["parameter"], "revision")
    apply(world, empty, revision=None)
