# SPDX-License-Identifier: GPL-2.0-or-later
"""Reload: the answer comes when the files have been read, also those that cannot be."""
import contextlib
import json
import os
import resource
import signal
import subprocess

from harness import A, B, check, contains, equal, matrix


def hide_from_inotify(world, path, text):
    """Replaces a file so that its folder's watch cannot have been read yet: the daemon is stopped."""
    world.daemon.send_signal(signal.SIGSTOP)
    world.write_file(path, text)


def test_answer_comes_after_reading(world):
    """Many times, since it would be right by luck sometimes."""
    world.start()
    for number in range(20):
        hide_from_inotify(world, world.path(A), {
            "mdev_type": "vfio_ap-passthrough", "start": "manual",
            "attrs": [{"assign_adapter": "2"}, {"assign_domain": str(number)}]})
        with world.client() as client:
            client.send("Reload")
            client.send("GetDevice", {"device": A})
            world.daemon.send_signal(signal.SIGCONT)
            equal(client.answer(), {})
            equal(client.answer()["device"]["definition"], matrix([2], [number]))


def test_while_a_change_is_written(world):
    """Then it waits for the end of that, and is answered all the same."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    with world.client() as changer, world.client() as client:
        with world.blocked("ap_config") as reached:
            changer.send("Start", {"device": A})
            reached()
            client.send("Reload")
            check(client.is_silent(0.2), "half a change was read")
        equal(client.answer(), {})
        equal(changer.answer()["changed"], True)


def test_many_at_once(world):
    world.start()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(world.client()) for _ in range(20)]
        for client in clients:
            client.send("Reload")
            client.send("Reload")
        clients[3].close()
        for number, client in enumerate(clients):
            if number != 3:
                equal([client.answer(), client.answer()], [{}, {}])


def test_broken_files(world):
    """They are told as problems, and all else is read."""
    world.start()
    world.write_file(world.path(A), "{ broken")
    world.write_file(world.host_path, "{ \"enforce\": 7 }")
    world.write_definition(B, matrix([3], [4]))
    equal(world.call("Reload"), {})
    contains(world.host_problems()["badHostPolicy"], "enforce")
    check("badDefinition" in world.problems(A))
    equal(world.device(B)["definition"], matrix([3], [4]))
    os.unlink(world.path(A))
    world.write_file(world.host_path, "{ \"enforce\": false }")
    equal(world.call("Reload"), {})
    equal(world.host_problems().get("badHostPolicy"), None)
    equal([d["uuid"] for d in world.call("ListDevices")["devices"]], [B])


def test_who_is_told(world):
    world.start()
    status, text = world.apqctl("reload")
    equal((status, text), (0, "The definitions and the host policy have been read again.\n"))
    status, text = world.apqctl("reload", "--json")
    equal((status, json.loads(text)), (0, {}))
    contains(world.read_log(), "The files have been read again for process")


def test_needs_the_group(world):
    world.start()
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                           f"{world.build}/apqctl", "--socket", world.socket, "reload"],
                          capture_output=True, text=True, timeout=world.timeout, check=False)
    check(done.returncode not in (0, 1), done.returncode)
    contains(done.stderr, "Permission denied")
    check("read again" not in world.read_log(), "they were read again all the same")


test_needs_the_group.needs_users = True


def test_signal(world):
    """SIGHUP does the same without an answer."""
    world.start()
    with world.monitor() as monitor:
        hide_from_inotify(world, world.path(A), {
            "mdev_type": "vfio_ap-passthrough", "start": "manual",
            "attrs": [{"assign_adapter": "2"}, {"assign_domain": "1"}]})
        world.daemon.send_signal(signal.SIGHUP)
        world.daemon.send_signal(signal.SIGCONT)
        monitor.wait("deviceAdded", lambda d: d["definition"] == matrix([2], [1]))


def test_unreadable_for_a_moment(world):
    """Nothing tells when there is a descriptor again: what could not be read is tried by itself."""
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1]))
    with world.client() as client:
        client.call("GetHost")
        pid = world.daemon.pid
        used = set(map(int, os.listdir(f"/proc/{pid}/fd")))
        free = min(set(range(len(used) + 1)) - used)
        old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, old[1]))

        def shown():
            return {d["uuid"]: (d["definition"], d["problems"])
                    for d in client.call("ListDevices")["devices"]}

        world.write_definition(B, matrix([2], [2]))
        world.wait_until("the file cannot be read", lambda: B in shown())
        contains(shown()[B][1][0]["message"], "Too many open files")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
        world.wait_until("it has been read", lambda: shown()[B] == (matrix([2], [2]), []))
    equal(world.host_problems(), {})
