# SPDX-License-Identifier: GPL-2.0-or-later
"""Starting, ending, and starting again: everything is as it was."""
import functools
import os
import signal
import socket
import subprocess

from harness import A, B, C, ap_config, check, contains, equal, matrix


def prepared(world):
    world.start()
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=matrix([2], [1, 2], [1]), name="web1", start="auto",
               interrupts="polled")
    world.call("Define", uuid=B, matrix=matrix([3], [4]))
    world.call("Start", device=A)
    world.simctl("write", "create", C)
    world.simctl("write", "assign_adapter", 3, C)
    world.wait_until("C is seen", lambda: len(world.call("ListDevices")["devices"]) == 3)
    world.guest(A)
    world.wait_until("in use", lambda: world.device(A)["inUse"])


def all_of_it(world):
    return (world.call("ListDevices"), world.call("ListQueues"), world.call("ListCards"),
            world.host(),
            world.state())


def test_everything_as_it_was(world):
    prepared(world)
    before = all_of_it(world)
    world.simctl("count", "reset")
    for end in (world.kill, world.terminate, world.kill):
        end()
        world.start()
        equal(all_of_it(world), before, end.__name__)
    equal(world.count("writes"), 0, "writes by the restarts")


def test_files_by_hand_while_it_is_down(world):
    prepared(world)
    world.terminate()
    world.write_definition(B, matrix([3], [5, 6]))
    world.simctl("write", "assign_domain", 7, C)
    world.start()
    equal(world.device(B)["definition"], matrix([3], [5, 6]))
    equal(world.device(C)["active"], matrix([3], [7]))


def test_orderly_end(world):
    world.start()
    client = world.client()
    client.call("GetHost")
    monitor = world.monitor()
    for number in (signal.SIGTERM, signal.SIGINT):
        world.daemon.send_signal(number)
        check(world.wait_note("STOPPING=1"), "the service manager was not told")
        world.wait_end(0)
        check(not os.path.exists(world.socket), "the socket is left over")
        world.start()
    check(client.receive() is None and monitor.receive() is None)
    client.close()
    monitor.close()


def test_reload(world):
    """SIGHUP reads every file again, and ends nothing."""
    prepared(world)
    before = all_of_it(world)
    with world.monitor() as monitor:
        world.daemon.send_signal(signal.SIGHUP)
        equal(all_of_it(world), before)
        equal(world.told(monitor), [], "nothing changed, so nothing is told:")
        with open(world.path(B), "r+", encoding="utf-8") as file:
            text = file.read().replace('"4"', '"6"')
            file.seek(0)
            file.write(text)
        world.daemon.send_signal(signal.SIGHUP)
        monitor.wait("deviceChanged", lambda d: d["definition"] == matrix([3], [6]))
    contains(world.read_log(), "again")


def second(world, *options):
    return subprocess.run([f"{world.build}/apqd-sim", "--root", world.root, *options],
                          capture_output=True, text=True, timeout=world.timeout,
                          env=dict(os.environ, NOTIFY_SOCKET=""))


def test_second_daemon_refuses(world):
    prepared(world)
    before = all_of_it(world)
    done = second(world)
    equal(done.returncode, 1, done.stderr)
    contains(done.stderr, f"process {world.daemon.pid}")
    # one of another state on the same socket
    done = second(world, "--root", world.root + "/other", "--socket", world.socket)
    equal(done.returncode, 1, done.stderr)
    contains(done.stderr, world.socket, "in use")
    equal(all_of_it(world), before)
    check(os.path.exists(world.socket), "the second took the socket away")


def test_socket_of_a_killed_daemon(world):
    world.start()
    world.kill()
    check(os.path.exists(world.socket), "a killed daemon cannot clean up")
    world.start()
    equal(oct(os.stat(world.socket).st_mode & 0o777), "0o666")
    world.host()


def test_arguments(world):
    world.start()
    for options, words in ((["x"], "'x'"), (["--idle-timeout", "0"], "1 to 86400"),
                           (["--idle-timeout", "1x"], "'1x'"), (["--cards", "300"], "300"),
                           (["--fly"], "fly"), (["--kernel", "5.4"], "5.4")):
        done = second(world, *options)
        equal(done.returncode, 2, f"{options}: {done.stderr}")
        contains(done.stderr, words)
    for option, words in (("--help", "--root"), ("--version", "apqd ")):
        done = second(world, option)
        equal(done.returncode, 0)
        contains(done.stdout, words)
    world.terminate()
    done = second(world, "--socket", "/" + "x" * 200)
    equal(done.returncode, 1)
    contains(done.stderr, "too long")


def test_folder_that_cannot_be_made(world):
    world.write_file(world.root + "/etc/apqd", "a file")
    done = second(world)
    equal(done.returncode, 1, done.stderr)
    contains(done.stderr, "/etc/apqd", "Not a directory")


def test_socket_of_the_service_manager(world):
    """systemd's socket activation: the first descriptor, and LISTEN_PID."""
    path = world.root + "/activated"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        environment = dict(os.environ, NOTIFY_SOCKET=world.root + "/notify")
        with open(world.log, "ab") as log:
            world.daemon = subprocess.Popen(
                ["sh", "-ec", script, "sh", f"{world.build}/apqd-sim", "--root", world.root],
                preexec_fn=functools.partial(os.dup2, listener.fileno(), 3), pass_fds=[3],
                env=environment, stdout=log, stderr=log)
        world.wait_ready()
        check(not os.path.exists(world.socket), "it listens elsewhere too")
        world.socket = path
        equal(world.host()["ready"], True)
        world.terminate()
        check(os.path.exists(path), "it removed a socket that is not its own")


def test_watchdog(world):
    """Where the service manager asks for it, the daemon shows that it lives."""
    os.environ["WATCHDOG_USEC"] = "400000"
    try:
        world.spawn()
    finally:
        del os.environ["WATCHDOG_USEC"]
    world.wait_ready()
    check(world.wait_note("WATCHDOG=1"), "no sign of life")


def ends_at_once(world, pid, *options):
    """A second daemon must end with a sentence that names the first, and change nothing."""
    first, before = world.daemon, world.disk()
    world.spawn(*options)
    second = world.daemon
    try:
        equal(second.wait(world.timeout), 1, "status of the second")
    finally:
        world.daemon = first
    contains(world.read_log(), f"Another apqd, process {pid}, manages the state in ")
    check(world.disk() == before, "the second has changed files")


def test_one_daemon_on_one_state(world):
    """The state is locked before anything is read or finished for others, by whichever path it is reached."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    with world.client() as client:
        with world.blocked("ap_config") as reached:
            client.send("Start", {"device": A})
            reached()
            ends_at_once(world, world.daemon.pid, "--socket", world.root + "/other")
        client.answer()
    equal(world.active(A), ap_config(matrix([2], [1])))
    link = world.root + "-link"
    os.symlink(world.root, link)
    try:
        ends_at_once(world, world.daemon.pid, "--root", link)
    finally:
        os.unlink(link)
    # the same socket: it goes on listening
    ends_at_once(world, world.daemon.pid)
    equal(world.host()["ready"], True)


def test_state_is_free_after_a_kill(world):
    """Also while a child of the first waits for a guest to end."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    world.call("Start", device=A)
    guest = world.guest(A)
    with world.client() as client:
        client.send("Stop", {"device": A, "force": True})
        world.wait_until("A is being stopped", lambda: "stopping" in world.problems(A))
        world.restart()
    world.end_guest(guest)
    world.wait_until("A is stopped", lambda: not world.device(A)["active"])


def test_lock_of_the_state_that_is_none(world):
    """apqd reports a lock that is no file, and takes the file of an ended daemon, whatever it contains."""
    world.init()
    path = world.root + "/run/apqd/lock"
    world.write_file(path, "1\n")
    world.start()
    with open(path, encoding="ascii") as file:
        equal(file.read(), f"{world.daemon.pid}\n")
    world.terminate()
    os.unlink(path)
    os.mkdir(path)
    world.spawn()
    world.wait_end(1)
    contains(world.read_log(), f"Could not lock the state by {path}: Is a directory.")
