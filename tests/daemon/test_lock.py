# SPDX-License-Identifier: GPL-2.0-or-later
"""The AP configuration lock that s390-tools take too: waiting for it, and what is left of it."""
import os
import stat
import subprocess
import time

from harness import A, check, contains, equal, matrix

M = matrix([2], [1])


def lock_path(world):
    return world.root + "/run/lock/s390apconfig.lock"


def prepared(world):
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=M)
    world.simctl("count", "reset")


def other_program(world):
    """A process that lives, with a name of its own."""
    process = subprocess.Popen(["sh", "-c", "printf chzdev >/proc/$$/comm; echo; read x"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    world.guests.append(process)
    return process


def take(world, pid):
    world.write_file(lock_path(world), f"{pid}\n" if pid is not None else "")


def test_waits_and_goes_through(world):
    prepared(world)
    other = other_program(world)
    take(world, other.pid)
    with world.client() as client:
        client.send("Start", {"device": A})
        check(client.is_silent(0.3), "it does not wait")
        os.unlink(lock_path(world))
        equal(client.answer()["changed"], True)
    check(not os.path.exists(lock_path(world)), "the lock is left over")


def test_locked_names_the_holder(world):
    """Meanwhile whoever only looks, or asks what would be done, is not kept waiting."""
    prepared(world)
    other = other_program(world)
    take(world, other.pid)
    before = world.state()
    with world.client() as client:
        begin = time.monotonic()
        client.send("Start", {"device": A})
        check(len(world.call("ListDevices")["devices"]) == 1)
        equal(world.host()["ready"], True)
        # who looks is answered first, unless the machine takes ten seconds for it
        check(client.is_silent(0) or time.monotonic() - begin > 9, "readers had to wait")
        message = client.receive()
        taken = time.monotonic() - begin
    equal(message, {"error": "io.apqd.Manager.Locked",
                    "parameters": {"pid": other.pid, "command": "chzdev"}})
    check(9 < taken, "it took", taken)
    equal((world.state(), world.count("writes")), (before, 0))
    with open(lock_path(world), encoding="ascii") as file:
        equal(file.read(), f"{other.pid}\n", "the other's lock")
    os.unlink(lock_path(world))
    equal(world.call("Start", device=A)["changed"], True)


test_locked_names_the_holder.seconds = 11


def test_dry_run_needs_no_lock(world):
    prepared(world)
    take(world, other_program(world).pid)
    # to wait would end by Locked
    equal(world.call("Start", device=A, dryRun=True)["changed"], True)


def test_stale_locks_are_taken_over(world):
    prepared(world)
    dead = other_program(world)
    dead.stdin.close()
    dead.wait()
    changed = 0
    for text in (f"{dead.pid}\n", f"{dead.pid}", "2147483647\n", f"{world.daemon.pid}\n"):
        world.write_file(lock_path(world), text)
        method = "Start" if changed % 2 == 0 else "Stop"
        # to wait would end by Locked
        equal(world.call(method, device=A)["changed"], True, repr(text))
        check(not os.path.exists(lock_path(world)), "the lock is left over")
        changed += 1
    # one without a pid is being written, unless it is old
    for method, text in (("Start", ""), ("Stop", "4194304999\n"), ("Start", "-1\n"),
                         ("Stop", "x\0\xff")):
        world.write_file(lock_path(world), text)
        os.utime(lock_path(world), (time.time() - 200,) * 2)
        equal(world.call(method, device=A)["changed"], True, repr(text))
    equal([n for n in os.listdir(world.root + "/run/lock") if "s390ap" in n], [], "files left")


def test_empty_lock_is_waited_for(world):
    prepared(world)
    take(world, None)
    with world.client() as client:
        client.send("Start", {"device": A})
        check(client.is_silent(0.3), "an empty lock was taken away")
        os.unlink(lock_path(world))
        equal(client.answer()["changed"], True)


def test_lock_without_a_process(world):
    """A lock file that names no process: the refusal says so, and names the command that removes it."""
    prepared(world)
    take(world, None)
    error = world.refused("Locked", "Start", device=A)
    equal(error.parameters["pid"], 0)
    status, text = world.apqctl("start", A)
    equal(status, 1, text)
    contains(text, "A file that names no process holds the AP configuration lock")
    contains(text, "run: 'rm /run/lock/s390apconfig.lock'")
    os.unlink(lock_path(world))
    equal(world.call("Start", device=A)["changed"], True)


def test_others_see_it_while_we_write(world):
    """It holds our pid, can be read by all, and is there from before the write to after it."""
    prepared(world)
    with world.client() as client:
        with world.blocked("ap_config") as reached:
            client.send("Start", {"device": A})
            reached()
            with open(lock_path(world), encoding="ascii") as file:
                equal(file.read(), f"{world.daemon.pid}\n")
            equal(stat.S_IMODE(os.stat(lock_path(world)).st_mode), 0o644)
        client.answer()
    check(not os.path.exists(lock_path(world)), "the lock is left over")


def test_a_refused_change_lets_go(world):
    prepared(world)
    world.refused("Unsupported", "Assign", device=A, matrix=M, scope="live")
    check(not os.path.exists(lock_path(world)), "the lock is left over")
    world.simctl("fail", "ap_config", "EBUSY")
    world.refused("KernelRefused", "Start", device=A)
    check(not os.path.exists(lock_path(world)), "the lock is left over")


def test_a_forced_stop_does_not_keep_it(world):
    prepared(world)
    world.call("Start", device=A)
    world.guest(A)
    world.wait_until("in use", lambda: world.device(A)["inUse"])
    with world.client() as client:
        client.send("Stop", {"device": A, "force": True})
        world.wait_until("A is being stopped", lambda: "stopping" in world.problems(A))
        check(not os.path.exists(lock_path(world)), "the lock is held while the guest runs")


def of_nobody(path):
    os.chown(path, 65534, 65534, follow_symlinks=False)


def test_no_lock_of_other_users(world):
    """/run/lock may belong to everybody: what another user makes there stops no change."""
    prepared(world)
    os.chmod(os.path.dirname(lock_path(world)), 0o1777)

    def file():
        take(world, 1)

    kinds = {"a regular file": file, "a FIFO": lambda: os.mkfifo(lock_path(world)),
             "a directory": lambda: os.mkdir(lock_path(world)),
             "a symbolic link": lambda: os.symlink("/proc/1/environ", lock_path(world))}
    for count, (kind, make) in enumerate(kinds.items()):
        make()
        of_nobody(lock_path(world))
        os.mkdir(f"{lock_path(world)}.stale-{count}")
        of_nobody(f"{lock_path(world)}.stale-{count}")
        equal(world.call("Stop" if count % 2 else "Start", device=A)["changed"], True, kind)
        check(not os.path.lexists(lock_path(world)), kind, "is left")
        moved = [n for n in os.listdir(os.path.dirname(lock_path(world))) if ".moved-" in n]
        equal(len(moved), count + 1, kind)
        contains(world.read_log(), f"s390apconfig.lock was {kind} of the user nobody (uid 65534)")


test_no_lock_of_other_users.needs_users = True


def test_automatic_start_waits_for_it(world):
    world.init()
    world.give(2)
    world.write_definition(A, M, start="auto")
    take(world, other_program(world).pid)
    world.spawn()
    check(not world.wait_note("READY=1", 0.7), "ready before the lock was free")
    os.unlink(lock_path(world))
    world.wait_ready()
    equal(world.device(A)["active"], M)
