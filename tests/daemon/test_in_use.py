# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that a guest has open: what is refused, what force does, and who waits for what."""
import threading
import time

from harness import A, B, VarlinkError, ap_config, check, contains, equal, matrix

M = matrix([2], [1, 2])


def prepared(world, *options, **define):
    """A is started on adapter 2 and B defined on adapter 3."""
    world.start(*options)
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=M, name="web1", **define)
    world.call("Define", uuid=B, matrix=matrix([3], [1]))
    world.call("Start", device=A)


def in_use(world, uuid, value=True):
    world.wait_until(f"inUse is {value}", lambda: world.device(uuid)["inUse"] == value)


def begin_stop(world):
    """A client that waits for the forced stop of A."""
    client = world.client()
    client.send("Stop", {"device": A, "force": True})
    world.wait_until("A is being stopped", lambda: "stopping" in world.problems(A))
    return client


def test_users_are_shown(world):
    prepared(world)
    guest = world.guest(A, "command", "qemu-system-s39")
    in_use(world, A)
    equal(world.device(A)["users"],
          [{"pid": guest.pid, "command": "qemu-system-s39", "machine": None}])
    queues = world.call("ListQueues", device=A)["queues"]
    equal([(q["apqn"], q["owner"], q["device"], q["inUse"]) for q in queues],
          [("02.0001", "guest", A, True), ("02.0002", "guest", A, True)])
    world.end_guest(guest)
    in_use(world, A, False)
    equal(world.device(A)["users"], [])
    check(not any(q["inUse"] for q in world.call("ListQueues", device=A)["queues"]))


def test_what_takes_queues_away_is_refused(world):
    prepared(world)
    guest = world.guest(A, "command", "qemu")
    in_use(world, A)
    before = world.state()
    user = {"pid": guest.pid, "command": "qemu", "machine": None}
    for method, more in (("Stop", {}), ("Unassign", {"matrix": matrix([], [2])}),
                         ("Unassign", {"matrix": matrix([2], []), "dryRun": True})):
        error = world.refused("DeviceInUse", method, device="web1", **more)
        equal(error.parameters, {"device": A, "name": "web1", "users": [user]})
        equal(world.state(), before)
    status, text = world.apqctl("stop", "web1")
    check(status != 0)
    contains(text, str(guest.pid), "qemu", "--force")
    # a definition that shrinks takes nothing away, but a start that makes it so does
    world.call("Unassign", device=A, matrix=matrix([], [2]), scope="definition")
    before = world.state()
    world.refused("DeviceInUse", "Start", device=A)
    equal(world.state(), before)
    check(guest.poll() is None, "the guest ended")


def test_growing_is_allowed(world):
    prepared(world)
    world.guest(A)
    in_use(world, A)
    reply = world.call("Assign", device=A, matrix=matrix([3], [4]))
    equal(reply["device"]["active"], matrix([2, 3], [1, 2, 4]))
    equal(reply["device"]["inUse"], True)


def test_forced_unassign_goes_ahead(world):
    prepared(world)
    guest = world.guest(A)
    in_use(world, A)
    device = world.call("Unassign", device=A, matrix=matrix([], [2]), force=True)["device"]
    equal((device["active"], device["inUse"]), (matrix([2], [1]), True))
    world.call("Assign", device=A, matrix=matrix([], [2]), scope="definition")
    world.call("Assign", device=A, matrix=matrix([], [5]), scope="live")
    device = world.call("Start", device=A, force=True)["device"]
    equal(device["active"], M)
    check(guest.poll() is None, "the guest ended")


def test_forced_stop_waits_and_nobody_else_does(world):
    prepared(world)
    guest = world.guest(A)
    in_use(world, A)
    with begin_stop(world) as client:
        for method, parameters in (
                ("GetHost", {}), ("ListDevices", {}), ("ListQueues", {}),
                ("GetDevice", {"device": A}),
                ("Start", {"device": B}), ("Assign", {"device": B, "matrix": matrix([], [5])}),
                ("Stop", {"device": B}), ("Define", {"matrix": matrix([2], [7])})):
            world.call(method, parameters)  # it is answered, and the guest still runs
        # the device itself cannot be changed meanwhile
        error = world.refused("Conflict", "Start", device=A, force=True)
        contains(error.messages(), A, "being removed", "guest has ended")
        world.refused("DeviceInUse", "Stop", device=A, force=True)
        check(client.is_silent(0.1), "the stop was answered while the guest runs")
        world.end_guest(guest)
        equal(client.answer()["changed"], True)
    equal(world.device(A)["active"], None)
    equal(world.problems(A), {})
    equal(world.active(A), None)
    world.nothing_under_way()
    world.call("Start", device=A)


def test_waiting_client_may_go(world):
    prepared(world)
    guest = world.guest(A)
    in_use(world, A)
    begin_stop(world).close()
    world.call("Start", device=B)
    world.end_guest(guest)
    world.wait_until("A is gone", lambda: world.device(A)["active"] is None)
    world.wait_until("nothing is under way", lambda: not world.problems(A))
    world.nothing_under_way()


def test_killed_while_waiting(world):
    """The stop is finished by the next daemon, whether or not the guest still runs then."""
    prepared(world, start="auto")
    for still_there in (True, False):
        guest = world.guest(A)
        in_use(world, A)
        begin_stop(world).close()
        world.wait_until("the kernel has been asked", lambda: world.active(A) is None)
        world.kill()
        if not still_there:
            world.end_guest(guest)
        world.start()
        if still_there:
            world.call("Start", device=B)
            world.end_guest(guest)
        world.wait_until("A is gone", lambda: world.device(A)["active"] is None)
        world.wait_until("nothing is under way", lambda: not world.problems(A))
        equal(world.active(A), None)
        world.nothing_under_way()
        world.restart()
        equal(world.device(A)["active"], None, "a client stopped it, so it stays stopped:")
        world.call("Start", device=A)


def test_killed_before_the_kernel_was_asked(world):
    prepared(world, start="auto")
    guest = world.guest(A)
    in_use(world, A)
    world.simctl("crash", "remove", "before")
    with world.client() as client:
        client.send("Stop", {"device": A, "force": True})
        world.crashed()
    world.start()
    contains(world.problems(A).get("stopping", ""), "guest has ended")
    world.call("Start", device=B)
    world.end_guest(guest)
    world.wait_until("A is gone", lambda: not world.problems(A))
    world.restart()
    equal((world.device(A)["active"], world.active(A)), (None, None))


def test_terminated_while_waiting(world):
    prepared(world)
    guest = world.guest(A)
    in_use(world, A)
    begin_stop(world).close()
    world.terminate()
    check("unanswered" not in world.read_log(), "it waited for the guest until its time was over")
    world.start()
    world.end_guest(guest)
    world.wait_until("A is gone", lambda: world.device(A)["active"] is None)


def test_guest_dies_hard(world):
    prepared(world)
    guest = world.guest(A)
    in_use(world, A)
    with begin_stop(world) as client:
        guest.kill()
        equal(client.answer()["changed"], True)
    equal(world.active(A), None)


def test_slow_change_lets_others_pass(world):
    """Queues that do not come to rest keep one device busy, not the daemon."""
    prepared(world)
    with world.client() as client:
        with world.blocked("ap_config") as reached:
            client.send("Assign", {"device": A, "matrix": matrix([], [5])})
            reached()
            world.call("GetHost")
            world.call("Start", device=B)
            check(client.is_silent(0), "it was not under way")
        equal(client.answer()["device"]["active"], matrix([2], [1, 2, 5]))
    world.nothing_under_way()


test_slow_change_lets_others_pass.seconds = 4


def test_many_waiting_stops(world):
    """Each waits on a thread of its own, and none keeps the others or anybody else waiting."""
    world.start("--cards", "2", "--domains", "24")
    world.give(0)
    uuids = [f"{i:08x}-1111-4111-8111-111111111111" for i in range(24)]
    with world.client() as client:
        for i, uuid in enumerate(uuids):
            client.call("Define", {"uuid": uuid, "matrix": matrix([0], [i])})
            client.call("Start", {"device": uuid})
    for uuid in uuids[:12]:
        world.guest(uuid)
    for uuid in uuids[:12]:
        in_use(world, uuid)
    answers = []

    def stop(uuid):
        try:
            answers.append(world.call("Stop", device=uuid, force=True)["changed"])
        except VarlinkError as error:
            answers.append(error.short)

    threads = [threading.Thread(target=stop, args=(uuid,)) for uuid in uuids[:12]]
    for thread in threads:
        thread.start()
    for uuid in uuids[:12]:
        world.wait_until("it is being stopped", lambda u=uuid: "stopping" in world.problems(u))
    equal(world.call("Stop", device=uuids[20])["changed"], True)
    for guest in world.guests:
        guest.terminate()
    for thread in threads:
        thread.join(world.timeout)
    equal(answers, [True] * 12)
    equal(len(world.simctl("read", "devices").split()), 11)


def test_two_guests_in_turn(world):
    """A guest that opens, ends and opens again is seen each time."""
    prepared(world)
    for _ in range(3):
        guest = world.guest(A)
        in_use(world, A)
        world.end_guest(guest)
        in_use(world, A, False)
    equal(world.active(A), ap_config(M))
