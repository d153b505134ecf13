# SPDX-License-Identifier: GPL-2.0-or-later
"""Directories of /etc that others replace, links that they turn elsewhere, and what is not there."""
import contextlib
import json
import os
import shutil
import subprocess

from harness import A, B, C, check, contains, equal, matrix

M = matrix([2], [1])


def definition(value):
    return json.dumps({"mdev_type": "vfio_ap-passthrough", "start": "manual", "attrs": [
        {"assign_adapter": str(value["adapters"][0])}, {"assign_domain": str(value["domains"][0])}]})


def folder(world, path, **files):
    """A directory below etc with files, beside the ones that the daemon looks at."""
    path = world.root + "/etc/" + path
    os.makedirs(path)
    for name, text in files.items():
        world.write_file(f"{path}/{name}", text)
    return path


def devices(world):
    return sorted(d["uuid"] for d in world.call("ListDevices")["devices"])


def shows(world, *uuids):
    world.wait_until(f"{uuids} are shown", lambda: devices(world) == sorted(uuids))


def missing(world, path):
    return any(f"{path} is missing" in p["message"] for p in world.host()["problems"])


def started(world):
    world.start()
    world.call("Define", uuid=A, matrix=M, name="web1")
    return world.root + "/etc/mdevctl.d/matrix"


def test_renamed(world):
    """mv of the old one away, and of a new one into its place."""
    path = started(world)
    new = folder(world, "new", **{B: definition(M)})
    os.rename(path, path + ".old")
    shows(world)
    world.wait_until("it is missing", lambda: missing(world, path))
    os.rename(new, path)
    shows(world, B)
    check(not missing(world, path), "it is there again")
    # and it is watched
    world.write_file(f"{path}/{C}", definition(M))
    shows(world, B, C)
    world.call("Undefine", device=B)
    check(not os.path.exists(f"{path}/{B}"), "the file of B is left")


def test_removed_and_made_again(world):
    path = started(world)
    shutil.rmtree(path)
    shows(world)
    world.wait_until("it is missing", lambda: missing(world, path))
    os.mkdir(path)
    world.write_file(f"{path}/{B}", definition(M))
    shows(world, B)
    world.wait_until("it is not", lambda: not missing(world, path))


def test_its_parent_is_replaced(world):
    path = started(world)
    parent = os.path.dirname(path)
    new = folder(world, "new/matrix", **{B: definition(M)})
    os.rename(parent, parent + ".old")
    os.rename(os.path.dirname(new), parent)
    shows(world, B)


def test_made_by_a_change(world):
    """A definition creates the missing directories."""
    path = started(world)
    shutil.rmtree(os.path.dirname(path))
    shutil.rmtree(world.root + "/etc/apqd")
    shows(world)
    world.call("Define", uuid=B, matrix=M, name="web2")
    equal(world.device("web2")["uuid"], B)
    world.wait_until("nothing is missing", lambda: not world.host_problems())
    check(os.path.exists(world.path(B)) and os.path.exists(world.own_path(B)), "a file is missing")
    world.write_file(world.path(C), definition(M))
    shows(world, B, C)


def test_link_to_the_directory(world):
    """A directory that is a link, and turned to another one."""
    world.init()
    one = folder(world, "one", **{A: definition(M)})
    two = folder(world, "two", **{B: definition(M)})
    os.makedirs(world.root + "/etc/mdevctl.d")
    path = world.root + "/etc/mdevctl.d/matrix"
    os.symlink(one, path)
    world.start()
    shows(world, A)
    os.symlink("../two", path + ".new")
    os.rename(path + ".new", path)
    shows(world, B)
    world.write_file(f"{two}/{C}", definition(M))
    shows(world, B, C)


def test_link_to_a_link_to_the_directory(world):
    """Kubernetes replaces one link among others, and all files change at once."""
    world.init()
    for version, uuid, seconds in (("1", A, 1000), ("2", B, 2000)):
        data = folder(world, f"apqd/..{version}/devices.d", **{f"{uuid}.json": {"name": "web" + version}})
        world.write_file(os.path.dirname(data) + "/host.json",
                         {"interrupts": {"pollTimeout": seconds}})
        world.write_file(world.path(uuid), definition(M))
    etc = world.root + "/etc/apqd/"
    os.symlink("..1", etc + "..data")
    os.symlink("..data/devices.d", etc + "devices.d")
    os.symlink("..data/host.json", etc + "host.json")
    world.start()
    equal([world.device(u)["name"] for u in (A, B)], ["web1", None])
    os.symlink("..2", etc + "..new")
    os.rename(etc + "..new", etc + "..data")
    world.wait_until("names", lambda: [world.device(u)["name"] for u in (A, B)] == [None, "web2"])
    error = world.refused("StoreFailed", "SetInterrupts", pollTimeout=7000)
    contains(error.parameters["message"], "host.json is a symbolic link to ..data/host.json",
             "Nothing was changed")
    check(os.path.islink(etc + "host.json"), "the link is replaced")


def test_file_that_is_a_link(world):
    """apqd reads the target of a link, sees changes of the target, and refuses to replace the link."""
    world.init()
    other = folder(world, "other", one=definition(M))
    os.makedirs(os.path.dirname(world.path(A)))
    os.symlink(other + "/one", world.path(A))
    world.start()
    equal(world.device(A)["definition"], M)
    world.write_file(other + "/one", definition(matrix([3], [4])))
    world.wait_until("the change is seen", lambda: world.device(A)["definition"] == matrix([3], [4]))
    world.write_file(other + "/two", definition(matrix([1], [5])))
    os.rename(other + "/two", other + "/one")
    world.wait_until("the other file is", lambda: world.device(A)["definition"] == matrix([1], [5]))
    for method, parameters in (("Assign", {"matrix": matrix([], [6])}), ("Undefine", {})):
        error = world.refused("StoreFailed", method, device=A, **parameters)
        contains(error.parameters["message"], f"{world.path(A)} is a symbolic link to {other}/one")
        check(os.path.islink(world.path(A)), method, "has replaced the link")
    # a link that comes later
    world.write_file(other + "/three", definition(M))
    os.symlink(other + "/three", world.path(B))
    world.wait_until("B is there", lambda: B in devices(world))
    world.write_file(other + "/three", definition(matrix([3], [4])))
    world.wait_until("its change is", lambda: world.device(B)["definition"] == matrix([3], [4]))
    # a loop is no definition
    os.symlink(world.path(C), world.path(C))
    world.wait_until("C is told", lambda: "badDefinition" in world.problems(C))


def test_mount(world):
    """No event tells of it: reload reads what is there, and no change goes into what is hidden."""
    path = started(world)
    new = folder(world, "new", **{B: definition(M)})
    if subprocess.run(["mount", "--bind", new, path], stderr=subprocess.DEVNULL, check=False).returncode:
        world.notices.append("nothing can be mounted here")
        return
    try:
        error = world.refused("StoreFailed", "Define", uuid=C, matrix=M)
        contains(error.parameters["message"], "replaced by another", "try again")
        shows(world, B)
        world.call("Define", uuid=C, matrix=M)
        equal(sorted(os.listdir(new)), [B, C])
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
    world.call("Reload")
    equal(devices(world), [A])


def test_nothing_is_kept_open_or_watched_for_ever(world):
    """A hundred replacements leave as many descriptors and watches as before."""
    def counts():
        fds = f"/proc/{world.daemon.pid}/fdinfo"
        texts = []
        for fd in os.listdir(fds):
            # one that was open for a moment
            with contextlib.suppress(FileNotFoundError), open(f"{fds}/{fd}", encoding="ascii") as file:
                texts.append(file.read())
        return len(texts), sum(text.count("inotify wd:") for text in texts)

    path = started(world)
    shows(world, A)
    before = counts()
    for i in range(100):
        os.rename(path, f"{path}.{i}")
        os.mkdir(path)
    world.write_file(f"{path}/{B}", definition(M))
    shows(world, B)
    # connections that have just ended may be among the first
    world.wait_until(f"{before} or less", lambda: counts() <= before)
    equal(counts()[1], before[1], "watches")


def no_namespace(world, status):
    """True where the system lets nobody have a user namespace, or set its limits."""
    return status == 77 or "unshare failed" in world.read_log()


def test_limits_of_inotify(world):
    """They are no 'Too many open files', and no full disk."""
    world.init()
    for limit, value, words in (("instances", 0, "Raise fs.inotify.max_user_instances"),
                                ("watches", 3, "Raise fs.inotify.max_user_watches")):
        # a user namespace has limits of its own
        world.spawn(prefix=["unshare", "--user", "--map-root-user", "sh", "-c",
                            f'echo {value} >/proc/sys/user/max_inotify_{limit} || exit 77; exec "$@"', "sh"])
        status = world.daemon.wait(world.timeout)
        world.daemon = None
        if no_namespace(world, status):
            world.notices.append("no user namespace can be had here")
            return
        equal(status, 1, limit)
        contains(world.read_log(), words)


def test_limit_of_inotify_later(world):
    """A directory that apqd cannot watch any more is a problem until apqd can watch it again."""
    world.init()
    limit = "/proc/sys/user/max_inotify_watches"
    world.spawn(prefix=["unshare", "--user", "--map-root-user", "sh", "-c",
                        f'echo 30 >{limit} || exit 77; exec "$@"', "sh"])
    if not world.wait_note("READY=1"):
        check(no_namespace(world, world.daemon.wait(world.timeout)), "it ended unasked")
        world.daemon = None
        world.notices.append("no user namespace can be had here")
        return
    names = []
    for i in range(40):
        uuid = f"{i:08x}-1111-4111-8111-111111111111"
        names.append(world.path(uuid))
        other = folder(world, f"other/{i}", one=definition(matrix([2], [i])))
        os.makedirs(os.path.dirname(names[-1]), exist_ok=True)
        os.symlink(other + "/one", names[-1])
    world.wait_until("it is told", lambda: any("fs.inotify.max_user_watches" in p["message"]
                                               for p in world.host()["problems"]))
    for name in names:
        os.unlink(name)
    world.wait_until("it is over", lambda: not world.host()["problems"])


def remedy(world, path):
    """The command that the problem of the missing directory names."""
    text = next(p["message"] for p in world.host()["problems"] if f"{path} is missing" in p["message"])
    return text, text.partition("un: '")[2].rpartition("'")[0]


def test_link_to_nowhere(world):
    """The command that the problem names makes the directory where the link, or one above it, leads to."""
    path = started(world)
    for link in (path, os.path.dirname(path)):
        os.rename(link, link + ".old")
        os.symlink("nowhere/at/all", link)
        world.wait_until("it is missing", lambda: missing(world, path))
        subprocess.run(remedy(world, path)[1], shell=True, check=True)
        world.wait_until("it is not", lambda: not missing(world, path))
        world.call("Define", uuid=B, matrix=M)
        world.call("Undefine", device=B)
        os.unlink(link)
        shutil.rmtree(os.path.dirname(link) + "/nowhere")
        os.rename(link + ".old", link)
        shows(world, A)


def test_something_else_in_its_place(world):
    """No directory was replaced by another, and mkdir alone would fail."""
    path = started(world)
    for place in (path, os.path.dirname(path)):
        for make in (lambda p: open(p, "w", encoding="ascii").close(), os.mkfifo):
            os.rename(place, place + ".old")
            make(place)
            world.wait_until("it is missing", lambda: missing(world, path))
            for _ in range(2):
                error = world.refused("StoreFailed", "Define", uuid=B, matrix=M)
                contains(error.parameters["message"], "Not a directory")
            text, command = remedy(world, path)
            contains(text, "Move that file away")
            os.unlink(place)
            subprocess.run(command, shell=True, check=True)
            world.wait_until("it is not", lambda: not missing(world, path))
            world.call("Define", uuid=B, matrix=M)
            shutil.rmtree(place)
            os.rename(place + ".old", place)
            shows(world, A)
