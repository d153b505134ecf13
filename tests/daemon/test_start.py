# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts that find something else than they left: what is in the way, what cannot be finished, what was replaced.

Each system call of a start fails in tests/faults/matrix_start.py.
"""
import os
import resource
import socket
import stat

from harness import A, B, Failure, check, contains, equal, matrix

LIST = "/etc/apqd/.commit.json"
M = matrix([1], [1])


def ended(world, *words):
    """The daemon does not start, and says why."""
    try:
        world.start()
    except Failure:
        world.wait_end(1)
        contains(world.read_log(), *words)
        return
    raise Failure("it has started")


def cut_off(world):
    """Power failed when A had been written, and its name was to follow."""
    world.start()
    world.call("Define", uuid=A, matrix=M, name="web1")
    world.terminate()
    os.rename(world.path(A), f"{world.root}/etc/mdevctl.d/matrix/.{A}.apqd")
    world.write_file(world.root + LIST, [{"folder": "definitions", "name": A, "remove": False},
                                         {"folder": "devices", "name": f"{A}.json", "remove": False}])


def test_list_that_cannot_be_finished_yet(world):
    """Nothing changes before what a list tells of has been done: by the next list it would be lost."""
    cut_off(world)
    # what takes the place of a definition cannot be a folder
    os.mkdir(world.path(A))
    world.start()
    contains(world.read_log(), LIST, "could not be finished")
    error = world.refused("StoreFailed", "Define", uuid=B, matrix=M)
    contains(error.parameters["message"], "Nothing was changed")
    check(os.path.exists(world.root + LIST), "the list is gone")
    os.rmdir(world.path(A))
    world.call("Define", uuid=B, matrix=M)
    world.wait_until("both are there", lambda: len(world.call("ListDevices")["devices"]) == 2)
    equal((world.device(A)["name"], world.device(A)["definition"]), ("web1", M))
    check(not os.path.exists(world.root + LIST), "the list stays")


def test_list_that_is_a_folder(world):
    world.start()
    world.terminate()
    os.mkdir(world.root + LIST)
    world.start()
    world.call("Define", uuid=A, matrix=M, name="web1")
    equal(os.listdir(world.root + "/etc/apqd"), ["devices.d"])


def test_socket_path_of_something_else(world):
    """What is no socket stays, and so does the socket of a daemon that has no room for another client."""
    path = world.root + "/run/apqd/io.apqd.Manager"
    world.write_file(path, "mine")
    ended(world, "no socket", path)
    with open(path, encoding="ascii") as file:
        equal(file.read(), "mine")
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other, socket.socket(socket.AF_UNIX) as first, \
            socket.socket(socket.AF_UNIX) as second:
        other.bind(path)
        other.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(path)
        ended(world, "Address already in use")
    check(stat.S_ISSOCK(os.stat(path).st_mode), "it is gone")
    world.start()


def test_folder_that_was_replaced(world):
    """What is written into a folder that nobody looks at any more would be lost."""
    world.start()
    world.call("Define", uuid=A, matrix=M)
    os.rename(world.root + "/etc/mdevctl.d", world.root + "/etc/old")
    os.makedirs(world.root + "/etc/mdevctl.d/matrix")
    world.wait_until("it is noticed", lambda: world.call("ListDevices")["devices"] == [])
    world.call("Define", uuid=B, matrix=M)
    check(os.path.exists(world.path(B)), "it is in the old folder")


def test_limit_of_file_sizes(world):
    world.start()
    resource.prlimit(world.daemon.pid, resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
    error = world.refused("StoreFailed", "Define", uuid=A, matrix=M)
    contains(error.parameters["message"], "File too large")
    resource.prlimit(world.daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    world.call("Define", uuid=A, matrix=M)


def test_what_is_no_file(world):
    """Each is told, and stays."""
    world.start()
    world.terminate()
    for what, words in ((lambda path: os.symlink("/not/there", path), "a link to a missing file"),
                        (os.mkfifo, "no regular file"), (os.mkdir, "no regular file")):
        what(world.host_path)
        what(world.path(A))
        world.start()
        contains(world.host_problems()["badHostPolicy"], world.host_path, words)
        contains(world.problems(A)["badDefinition"], world.path(A), words)
        world.refused("Conflict", "Reserve", adapters=[1])
        world.terminate()
        for path in (world.host_path, world.path(A)):
            (os.rmdir if os.path.isdir(path) else os.unlink)(path)


def test_read_only_etc(world):
    """Without its directories, and the right to make them, it observes, and says what is missing."""
    world.init()
    os.makedirs(world.root + "/etc")
    world.simctl("write", "create", A)
    etc = world.root + "/etc"
    world.spawn(prefix=["unshare", "--mount", "sh", "-c",
                        f'mount --bind {etc} {etc} && mount -o remount,bind,ro {etc} || exit 77; exec "$@"', "sh"])
    if not world.wait_note("READY=1"):
        equal(world.daemon.wait(world.timeout), 77)
        world.daemon = None
        world.notices.append("nothing can be mounted here")
        return
    equal([d["uuid"] for d in world.call("ListDevices")["devices"]], [A])
    for _ in range(2):
        told = [p["message"] for p in world.host()["problems"]]
        for name in ("mdevctl.d/matrix", "apqd", "apqd/devices.d"):
            check(any(f"{etc}/{name} is missing" in message for message in told), name, told)
        world.call("Reload")
    for method, parameters in (("Define", {"uuid": B, "matrix": M}), ("Reserve", {"adapters": [1]}),
                               ("SetInterrupts", {"pollTimeout": 7000})):
        error = world.refused("StoreFailed", method, **parameters)
        contains(error.parameters["message"], "Read-only file system", "Nothing was changed")
    # they are made outside
    os.makedirs(etc + "/mdevctl.d/matrix")
    world.write_definition(B, M)
    world.wait_until("B is seen", lambda: len(world.call("ListDevices")["devices"]) == 2)
