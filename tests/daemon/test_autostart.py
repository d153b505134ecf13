# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices with start=auto: when they come up, when they do not, and who may be in the way."""
import os
import time

from harness import A, B, ap_config, check, contains, equal, matrix

M = matrix([2], [1, 2])
FULL = ap_config(M)


def prepared(world, *options, given=(2, 3), **definitions):
    """A kernel without a daemon, with adapters that are free, and the automatic definition A."""
    world.init(*options)
    world.give(*given)
    for uuid, value in (definitions or {A: M}).items():
        world.write_definition(uuid, value, start="auto")


def comes_up(world, uuid=A, value=M, timeout=None):
    world.wait_until("the device comes up", lambda: world.device(uuid)["active"] == value, timeout)
    world.wait_until("it has no problem", lambda: not world.problems(uuid))


def test_ready_means_started(world):
    prepared(world, **{A: M, B: matrix([3], [7], [1])})
    world.simctl("delay", "ap_config", 300)
    world.simctl("delay", "create", 300)
    world.start()
    equal((world.active(A), world.active(B)), (FULL, ap_config(matrix([3], [7], [1]))))
    equal((world.problems(A), world.problems(B)), ({}, {}))
    world.nothing_under_way()
    equal(world.count("create"), 2)


def test_manual_ones_stay(world):
    prepared(world)
    world.write_definition(B, matrix([3], [1]))
    world.start()
    equal((world.active(A), world.active(B)), (FULL, None))


def test_ready_although_one_cannot(world):
    prepared(world, given=(3,), **{A: M, B: matrix([3], [7])})
    world.start()
    equal((world.active(A), world.active(B)), (None, ap_config(matrix([3], [7]))))
    contains(world.problems(A)["notStarted"], "02.0001-0002", "host")


def test_when_the_masks_allow_it(world):
    prepared(world, given=(3,))
    world.start()
    equal(world.active(A), None)
    world.simctl("count", "reset")
    world.simctl("domain", "1", "off")
    world.simctl("domain", "1", "on")
    equal(world.count("writes"), 0, "as long as it cannot be, nothing is tried:")
    begin = time.monotonic()
    world.give(2)
    comes_up(world)
    world.notices.append(f"started {time.monotonic() - begin:.2f} s after its queues were given")


def test_when_the_adapter_appears(world):
    """By the masks its queues may be assigned before they are there, and reach the guest later."""
    prepared(world, given=(9,), **{A: matrix([9], [1])})
    world.start()
    contains(world.problems(A)["queueAbsent"], "09.0001")
    equal(world.device(A)["effective"], matrix([], [1]))
    world.simctl("plug", 9, "on")
    world.wait_until("the guest gets it", lambda: world.device(A)["effective"] == matrix([9], [1]))
    equal(world.problems(A), {})


def test_when_the_adapter_appears_with_overrides(world):
    """Where overrides decide, an absent queue cannot be assigned: the device waits for it."""
    prepared(world, given=(), **{A: matrix([9], [1])})
    world.start()
    contains(world.problems(A)["notStarted"], "09.0001")
    world.simctl("plug", 9, "on")
    equal(world.active(A), None)
    world.simctl("write", "driver_override", "vfio_ap", "09.0001")
    world.simctl("write", "unbind", "09.0001", "09.0001")
    world.simctl("write", "drivers_probe", "09.0001")
    comes_up(world, A, matrix([9], [1]))


def test_stopped_by_a_client(world):
    prepared(world)
    world.start()
    world.call("Stop", device=A)
    for _ in range(2):
        world.restart()
        equal(world.active(A), None)
        equal(world.problems(A), {})
    world.call("Start", device=A)
    world.restart()
    equal(world.active(A), FULL)
    world.simctl("write", "remove", 1, A)
    world.restart()


def test_removed_by_another_program(world):
    prepared(world)
    world.start()
    world.simctl("write", "remove", 1, A)
    world.wait_until("it is gone", lambda: world.device(A)["active"] is None)
    world.simctl("write", "create", B)
    world.simctl("write", "remove", 1, B)
    equal(world.active(A), None)
    world.restart()
    equal(world.active(A), None, "whoever removed it meant it:")
    # the same program makes it again: it is nobody's business, and starts again from now on
    world.simctl("write", "create", A)
    world.simctl("write", "ap_config", FULL, A)
    comes_up(world)
    world.restart()
    equal(world.active(A), FULL)


def test_both_want_the_same_queue(world):
    prepared(world, **{A: M, B: matrix([2, 3], [2])})
    world.start()
    contains(world.problems(A)["definitionConflict"], B, "02.0002")
    contains(world.problems(B)["definitionConflict"], A, "02.0002")
    contains(world.problems(B)["notStarted"], A, "02.0002")
    equal((world.active(A), world.active(B)), (FULL, None))
    world.call("Stop", device=A)
    world.wait_until("the other gets its turn", lambda: world.active(B) is not None)


def test_half_made_by_mdevctl_before(world):
    for done in ((), (("assign_adapter", 2),), (("assign_adapter", 2), ("assign_domain", 1))):
        world.init()
        world.simctl("write", "apmask", "-2")
        world.write_definition(A, M, start="auto")
        world.simctl("write", "create", A)
        for attribute, value in done:
            world.simctl("write", attribute, value, A)
        world.simctl("count", "reset")
        world.start()
        equal((world.active(A), world.problems(A)), (FULL, {}))
        equal((world.count("create"), world.count("ap_config"), world.count("remove")), (0, 1, 0))
        world.call("Stop", device=A)
        world.terminate()
        world.remove_runtime()


def test_half_made_and_in_use_is_left_alone(world):
    prepared(world)
    world.simctl("write", "create", A)
    world.simctl("write", "assign_adapter", 2, A)
    world.guest(A)
    world.simctl("count", "reset")
    world.start()
    contains(world.problems(A)["drift"], "0001-0002")
    equal(world.count("writes"), 0, "writes")


def test_other_queues_are_not_taken_away(world):
    """A device that has something else than defined is drift, and no half of anything."""
    prepared(world)
    world.simctl("write", "create", A)
    world.simctl("write", "ap_config", ap_config(matrix([3], [1])), A)
    world.start()
    equal(world.active(A), ap_config(matrix([3], [1])))
    check("drift" in world.problems(A))


def test_made_by_mdevctl_at_the_same_moment(world):
    """Its create comes between the daemon's plan and the daemon's create."""
    prepared(world)
    with world.blocked("create") as reached:
        world.spawn()
        reached()
        world.simctl("write", "create", A)
        world.simctl("write", "assign_adapter", 2, A)
    world.wait_ready()
    comes_up(world)
    equal(world.active(A), FULL)
    equal(world.count("remove"), 0, "nothing was removed:")


def test_client_start_meets_mdevctl(world):
    prepared(world)
    world.start()
    world.call("Stop", device=A)
    with world.client() as client:
        with world.blocked("create") as reached:
            client.send("Start", {"device": A})
            reached()
            world.simctl("write", "create", A)
            world.simctl("write", "assign_adapter", 2, A)
        reply = client.answer()
    equal((reply["changed"], reply["device"]["active"]), (True, M))


def test_tries_again_after_a_failure(world):
    prepared(world)
    world.simctl("fail", "ap_config", "EBUSY")
    world.start()
    contains(world.problems(A)["notStarted"], "EBUSY")
    equal(world.active(A), None)
    comes_up(world)
    equal(world.count("create"), 2)


test_tries_again_after_a_failure.seconds = 2


def test_definition_made_later_waits_for_the_next_start(world):
    """A file that appears is no order to start: mdevctl does not take it for one either."""
    world.start()
    world.give(2)
    world.write_definition(A, M, start="auto")
    world.wait_until("it is seen", lambda: world.call("ListDevices")["devices"])
    equal(world.active(A), None)
    world.restart()
    equal(world.active(A), FULL)


def notes(world):
    return sorted(os.listdir(world.root + "/run/apqd/devices"))


def test_notes_end_with_their_devices(world):
    """Notes of a removed device do not count for a later device with the same UUID."""
    world.start()
    world.give(2)

    def undefine_first():
        world.call("Undefine", device=A)
        equal(world.device(A)["definition"], None)
        world.call("Stop", device=A)

    def stop_first():
        world.call("Stop", device=A)
        world.call("Undefine", device=A)

    def file_removed():
        os.unlink(world.path(A))
        world.call("Reload")
        world.call("Stop", device=A)

    def removed_by_another():
        world.call("Undefine", device=A)
        world.simctl("write", "remove", 1, A)
        world.wait_until("it is gone", lambda: not world.call("ListDevices")["devices"])

    for way in (undefine_first, stop_first, file_removed, removed_by_another):
        world.call("Define", uuid=A, matrix=matrix([2], [1]), start="auto", name="web1")
        world.call("Start", device=A)
        way()
        equal((world.active(A), notes(world)), (None, []), way.__name__)
        # one of that UUID starts by itself
        world.call("Define", uuid=A, matrix=matrix([2], [1]), start="auto")
        world.restart()
        check(world.active(A), way.__name__, "keeps another device from starting")
        world.call("Stop", device=A)
        world.call("Undefine", device=A)


def test_notes_do_not_pile_up(world):
    world.start()
    world.give(2)
    for i in range(300):
        uuid = f"{i:08x}-1111-4111-8111-111111111111"
        world.call("Define", uuid=uuid, matrix=matrix([2], [1]))
        world.call("Start", device=uuid)
        if i % 2:
            world.call("Stop", device=uuid)
            world.call("Undefine", device=uuid)
        else:
            world.call("Undefine", device=uuid)
            world.call("Stop", device=uuid)
    equal(notes(world), [])


def test_notes_of_files_that_others_remove(world):
    """An editor writes a file anew: what was stopped stays so.  But they are no more than some hundred."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]), start="auto")
    world.call("Start", device=A)
    world.call("Stop", device=A)
    os.rename(world.path(A), world.path(A) + "~")
    world.call("Reload")
    world.write_definition(A, matrix([2], [1]), start="auto")
    world.call("Reload")
    equal((world.active(A), notes(world)), (None, [A + ".json"]))
    for i in range(300):
        uuid = f"{i:08x}-1111-4111-8111-111111111111"
        world.call("Define", uuid=uuid, matrix=matrix([2], [1]))
        world.call("Start", device=uuid)
        world.call("Stop", device=uuid)
        os.unlink(world.path(uuid))
    world.call("Reload")
    check(len(notes(world)) < 260, len(notes(world)), "notes")
    equal(world.active(A), None)
    world.restart()
    equal(notes(world), [A + ".json"], "after a restart")
    equal(world.active(A), None)
