# SPDX-License-Identifier: GPL-2.0-or-later
"""Under a service manager: its socket, its signals, and no call lost between two daemons."""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from harness import A, B, check, contains, equal, in_background, matrix

# What the service manager does between fork() and exec(): descriptors from 3 on, and their names.
LAUNCHER = """
import fcntl, os, sys
names, count = sys.argv[1], int(sys.argv[2])
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD_CLOEXEC, 100) for fd in sys.argv[3:3 + count]]
os.closerange(3, 100)
for place, fd in enumerate(fds):
    os.dup2(fd, 3 + place)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count), LISTEN_FDNAMES=names)
os.execvp(sys.argv[3 + count], sys.argv[3 + count:])
"""


class Socket:
    """A socket unit: it listens as long as the test runs, whichever daemon there is."""

    def __init__(self, world, name="varlink"):
        self.world = world
        self.name = name
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(world.root + "/activated")
        self.listener.listen(64)
        world.socket = world.root + "/activated"

    def spawn(self, *options, others=()):
        """Starts the daemon with the socket, behind others that are (name, socket)."""
        passed = [*others, (self.name, self.listener)]
        fds = [s.fileno() for _, s in passed]
        names = ":".join(name for name, _ in passed)
        self.world.spawn(*options, fds=fds, prefix=[sys.executable, "-c", LAUNCHER, names,
                                                    str(len(fds)), *map(str, fds)])

    def start(self, *options, others=()):
        self.spawn(*options, others=others)
        self.world.wait_ready()


def test_named_socket(world):
    """Of several sockets the one that is called varlink; the others are closed."""
    unit = Socket(world)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(world.root + "/other")
        other.listen()
        unit.start(others=[("other", other)])
    equal(world.host()["ready"], True)
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(world.root + "/other")
        except ConnectionRefusedError:
            return
    check(False, "the other socket is still open")


def refuses(world, words):
    check(not world.wait_note("READY=1"), "it started")
    world.wait_end(1)
    contains(world.read_log(), words)


def test_sockets_without_ours(world):
    unit = Socket(world, name="one")
    with socket.socket(socket.AF_UNIX) as other:
        unit.spawn(others=[("two", other)])
        refuses(world, "FileDescriptorName=varlink")


def test_socket_that_is_none(world):
    unit = Socket(world)
    unit.listener.close()
    unit.listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    unit.spawn()
    refuses(world, "ListenStream=")


def test_nobody_waits_long(world):
    """A client that has gone before it is accepted holds nothing up."""
    unit = Socket(world)
    for _ in range(10):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(world.socket)
    unit.start()
    equal(world.host()["ready"], True)


def test_call_while_away(world):
    """A call to the socket without a daemon is answered by the next one."""
    unit = Socket(world)
    unit.start()
    world.give(2)
    for end in (world.terminate, world.kill):
        end()
        with world.client() as client:
            client.send("Define", {"uuid": A, "matrix": matrix([2], [1])})
            check(client.is_silent(0.2), "somebody answers")
            unit.start()
            equal(client.answer()["device"]["uuid"], A)


def test_no_call_is_lost(world):
    """Clients call all the time, and restarts are nothing that they could notice."""
    unit = Socket(world)
    unit.start()
    stop = threading.Event()

    def caller(number):
        answered = 0
        while not stop.is_set():
            with world.client() as client:
                try:
                    client.send("GetHost")
                except BrokenPipeError:
                    continue  # refused before it was sent, so that it can be sent again
                client.answer()
                answered += 1
        return answered

    waits = [in_background(caller, n) for n in range(4)]
    try:
        for _ in range(2 if world.valgrind else 8):
            time.sleep(0.1)
            world.terminate()
            unit.start()
    finally:
        stop.set()
    for wait in waits:
        check(wait() > 0, "a client was never answered")


def held_lock(world):
    """Another program has the AP configuration lock, so that every change has to wait."""
    path = world.root + "/run/lock/s390apconfig.lock"
    world.write_file(path, str(os.getpid()))
    return path


def test_calls_under_way(world):
    """Told to end, the daemon first does and answers what it has been asked for."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    lock = held_lock(world)
    with world.client() as first, world.client() as second, world.client() as idle, \
            world.monitor() as monitor:
        first.send("Start", {"device": A})
        first.send("GetDevice", {"device": A})      # behind it, on the same connection
        second.send("Modify", {"device": A, "name": "web1"})
        world.wait_until("both were read", lambda: world.host() is not None)
        world.daemon.terminate()
        check(world.wait_note("STOPPING=1"), "the service manager was not told")
        check(idle.receive() is None and monitor.receive() is None, "who wants nothing is kept")
        check(not os.path.exists(world.socket), "new clients still find the socket")
        check(world.is_running(), "it has ended with calls unanswered")
        os.unlink(lock)
        equal(first.answer()["changed"], True)
        equal(first.answer()["device"]["active"], matrix([2], [1]))
        equal(second.answer()["device"]["name"], "web1")
        equal([first.receive(), second.receive()], [None, None])
    world.wait_end(0)
    equal(world.active(A) is not None, True, "the device")


def test_nothing_is_taken_after_the_end(world):
    """What is sent too late is refused at the sending: it can be sent to the next one."""
    world.start()
    lock = held_lock(world)
    with world.client() as client:
        client.send("Define", {"uuid": A, "matrix": matrix([2], [1])})
        world.host()
        world.daemon.terminate()
        check(world.wait_note("STOPPING=1"))
        with contextlib.suppress(BrokenPipeError):
            client.send("Define", {"uuid": B, "matrix": matrix([2], [1])})
            check(False, "it could still be sent")
        os.unlink(lock)
        equal(client.answer()["changed"], True)
        check(client.receive() is None)
    world.wait_end(0)
    check(not os.path.exists(world.path(B)), "a call was carried out that could not be sent")


def test_guest_is_not_waited_for(world):
    """A removal that a guest holds up may take months; the next daemon sees to it."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    world.call("Start", device=A)
    guest = world.guest(A)
    world.wait_until("in use", lambda: world.device(A)["inUse"])
    with world.client() as client:
        client.send("Stop", {"device": A, "force": True})
        world.wait_until("it waits", lambda: "stopping" in world.problems(A))
        world.terminate()
        check("unanswered" not in world.read_log(), "it waited for the guest until its time was over")
        check(client.receive() is None)
    world.end_guest(guest)


def test_second_signal(world):
    """Who cannot wait says it twice."""
    world.start()
    held_lock(world)
    with world.client() as client:
        client.send("Define", {"uuid": A, "matrix": matrix([2], [1])})
        world.host()
        world.daemon.terminate()
        check(world.wait_note("STOPPING=1"))
        time.sleep(0.2)
        check(world.is_running())
        world.daemon.send_signal(signal.SIGINT)
        world.wait_end(0)
        check(client.receive() is None)
    world.start()
    equal(world.call("ListDevices")["devices"], [], "devices")


def test_apqctl_over_a_restart(world):
    """apqctl asked while there is no daemon waits for one."""
    unit = Socket(world)
    unit.start()
    world.terminate()
    wait = in_background(world.apqctl, "status", "--json")
    time.sleep(0.2)
    unit.start()
    status, text = wait()
    equal(status, 0, text)


def test_watchdog_in_time(world):
    """A sign of life again and again, and not all the time."""
    begin = time.monotonic()
    world.start(prefix=["env", "WATCHDOG_USEC=2000000"])
    for _ in range(4):
        world.notes = [n for n in world.notes if "WATCHDOG=1" not in n]
        check(world.wait_note("WATCHDOG=1"), "no sign of life")
    seconds = time.monotonic() - begin
    check(seconds > 4 * 0.2, f"four within {seconds} seconds")


def test_watchdog_of_a_stopped_daemon(world):
    world.start(prefix=["env", "WATCHDOG_USEC=1000000"])
    world.daemon.send_signal(signal.SIGSTOP)
    time.sleep(1)
    while world.wait_note("WATCHDOG=1", 0.1):
        world.notes = [n for n in world.notes if "WATCHDOG=1" not in n]
    check(not world.wait_note("WATCHDOG=1", 1.5), "a stopped daemon shows life")
    world.daemon.send_signal(signal.SIGCONT)
    check(world.wait_note("WATCHDOG=1"), "no sign of life afterwards")


def test_notes(world):
    """What systemctl status shows: what it does now."""
    world.start()
    contains("\n".join(world.notes), "STATUS=", "READY=1")
    world.daemon.terminate()
    check(world.wait_note("STOPPING=1"))
    world.wait_end(0)


CPU = {min(os.sched_getaffinity(0))}


def end_before_the_call(listener, path, real):
    """A daemon that ends between a client's connect and its call; False where the call was faster."""
    os.sched_setaffinity(0, CPU)
    client, _ = listener.accept()
    client.shutdown(socket.SHUT_RD)
    os.unlink(path)
    os.symlink(real, path)
    with client:
        return client.recv(1) == b""


def give_way():
    """On one processor with its server, a client goes on only when the server has nothing to do."""
    os.sched_setaffinity(0, CPU)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def test_apqctl_sends_again(world):
    """A daemon ends between connect and call: nobody took the call, so apqctl asks the next one."""
    unit = Socket(world)
    unit.start()
    won = 0
    for number in range(100):
        path = f"{world.root}/ends{number}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            listener.settimeout(world.timeout)
            wait = in_background(end_before_the_call, listener, path, world.socket)
            done = subprocess.run([f"{world.build}/apqctl", "--socket", path, "status", "--json"],
                                  capture_output=True, text=True, timeout=world.timeout, check=False,
                                  preexec_fn=give_way)
            if wait():
                won += 1
                equal(done.returncode, 0, done.stdout + done.stderr)
            else:
                contains(done.stderr, "closed the connection before it answered")
        if won == 3:
            return
    check(False, f"apqctl was faster than the end of the daemon {100 - won} times of 100")
