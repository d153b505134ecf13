# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that cannot be replaced: it is known before the kernel is touched, or what was done is said."""
import contextlib
import os
import subprocess

from harness import A, B, ap_config, check, contains, equal, matrix

FULL = matrix([2, 3], [1, 2])
UNDONE = "The change was made in the kernel and undone. Queues that moved were reset"


def run(*command):
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


@contextlib.contextmanager
def attribute(path, letter):
    """chattr(1); yields whether it can be set here."""
    done = run("chattr", "+" + letter, path)
    try:
        yield done
    finally:
        run("chattr", "-" + letter, path)


@contextlib.contextmanager
def mounted(path):
    done = run("mount", "--bind", path, path)
    try:
        yield done
    finally:
        run("umount", path)


@contextlib.contextmanager
def linked(path):
    """The file lies elsewhere, and a link to it in its place."""
    os.rename(path, path + ".real")
    os.symlink(path + ".real", path)
    try:
        yield True
    finally:
        os.rename(path + ".real", path)


def prepared(world):
    world.start("--cards", "6")
    world.call("Reserve", adapters=[2, 3], mechanism="masks")
    world.call("Define", uuid=A, matrix=FULL, name="web1")
    world.call("Start", device=A)
    world.simctl("count", "reset")


def obstacles(world, path):
    folder = os.path.dirname(path)
    return ((lambda: attribute(path, "i"), ("is immutable", f"'chattr -i {path}'")),
            (lambda: attribute(path, "a"), ("is append-only", f"'chattr -a {path}'")),
            (lambda: attribute(folder, "a"), (f"{folder} is append-only", f"'chattr -a {folder}'")),
            (lambda: mounted(path), ("is a mount point", f"'umount {path}'")),
            (lambda: linked(path), ("is a symbolic link to", path + ".real")))


def each_is_known_before(world, path, method, **parameters):
    """The call is refused while there is an obstacle, and the kernel was never written to."""
    for make, words in obstacles(world, path):
        with make() as here:
            if not here:
                world.notices.append(f"not tried here: {words[0]}")
                continue
            world.call("Reload")
            before = world.state(), world.ownership()
            world.simctl("count", "reset")
            error = world.refused("StoreFailed", method, **parameters)
            contains(error.parameters["message"], os.path.dirname(path), *words, "Nothing was changed.")
            equal(world.count("writes"), 0, f"writes to the kernel, {words[0]}")
            equal((world.state(), world.ownership()), before, words[0])
            world.nothing_under_way()


def test_definition(world):
    """A guest that has the device keeps its queues."""
    prepared(world)
    world.guest(A)
    world.wait_until("in use", lambda: world.device(A)["inUse"])
    each_is_known_before(world, world.path(A), "Unassign", device=A, matrix=matrix([], [2]), force=True)
    equal(world.active(A), ap_config(FULL))
    world.call("Unassign", device=A, matrix=matrix([], [2]), force=True)


def test_name_of_a_definition(world):
    prepared(world)
    each_is_known_before(world, world.own_path(A), "Modify", device=A, name="web2")
    each_is_known_before(world, world.own_path(A), "Undefine", device=A)


def test_removal(world):
    prepared(world)
    each_is_known_before(world, world.path(A), "Undefine", device=A)


def test_host_policy(world):
    prepared(world)
    each_is_known_before(world, world.host_path, "Reserve", adapters=[1])
    each_is_known_before(world, world.host_path, "Release", adapters=[4, 3], domains=[9])


def test_many(world):
    """One of many: none changes."""
    prepared(world)
    world.call("Define", uuid=B, matrix=matrix([3], [4]))
    state = world.call("Export")["state"]
    for device in state["devices"]:
        device["domains"] = [5]
    each_is_known_before(world, world.path(B), "Apply", state=state)


def test_undone_is_said(world):
    """apqd undoes a change after an unforeseen failure, and does not claim that nothing was changed."""
    prepared(world)
    before = world.state(), world.ownership()
    for method, parameters in (("Unassign", {"device": A, "matrix": matrix([], [2])}),
                               ("Reserve", {"adapters": [1]})):
        path = world.path(A) if method == "Unassign" else world.host_path
        with world.client() as client:
            with world.blocked("ap_config" if method == "Unassign" else "apmask") as reached:
                client.send(method, parameters)
                reached()
                os.unlink(os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.apqd"))
            message = client.receive()
        equal(message.get("error"), "io.apqd.Manager.StoreFailed", method)
        contains(message["parameters"]["message"], UNDONE)
        check("Nothing was changed" not in message["parameters"]["message"])
        equal((world.state(), world.ownership()), before, method)
        world.simctl("clear")
