# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that mean it: thousands of them, floods, and all that makes the daemon hold something.

Where other users can be had, the hostile clients are such, and root calls beside them; else all are
root, and the one that calls beside them has connected before.  Memory is looked at in a build
without sanitizers only.
"""
import json
import os
import signal
import subprocess
import sys
import time

from client import Client
from harness import A, MANAGER, check, equal, in_background, mask, matrix

MIB = 1 << 20

# Of daemon/varlink/user.h.
ONE_USER, ALL, READERS = 128, 512, 256
HELD, HELD_CHANGE = 64 * MIB, 128 * MIB

# The bytes that may wait for one subscriber (daemon/api/subscribe.h), and those sent to a user in one turn.
SUBSCRIBER, TURN = 2 * MIB, MIB

# The tree of a call of 128 KiB, see common/json.h.
TREE = 36 * MIB

# The memory that exists only within a call, and the memory that the allocator keeps.
SLACK, LEFT = 24 * MIB, 12 * MIB

# One process of hostile clients.  It does a step for each line that it reads, and tells its end by
# one: "go" connects and sends, "open" counts the connections that are not closed.
CROWD = r"""
import json, select, socket, sys, threading, time
path, plan = sys.argv[1], json.loads(sys.argv[2])
data = plan["first"].encode() + plan["fill"].encode() * plan["times"] + plan["last"].encode()
peers = []

def tell(what):
    print(what, flush=True)

def send_all():
    # All, unless a connection is closed; or what the daemon takes: when nothing has moved for a while
    # (patience, milliseconds), it will not take more.
    left = {peer.fileno(): (peer, memoryview(data)) for peer in peers if data}
    poll = select.poll()
    for number in left:
        poll.register(number, select.POLLOUT)
    while left:
        ready = poll.poll(plan["patience"])
        if not ready:
            return
        for number, _ in ready:
            peer, rest = left[number]
            try:
                rest = rest[peer.send(rest):]
            except BlockingIOError:
                pass
            except OSError:
                rest = b""
            left[number] = (peer, rest)
            if not rest:
                poll.unregister(number)
                del left[number]

def one_byte_each():
    while True:
        for peer in peers:
            try:
                if plan["slowly"] == "write":
                    peer.send(b" ")
                elif plan["slowly"] == "all":
                    peer.recv(1 << 20)
                else:
                    peer.recv(1)
            except OSError:
                pass
        if plan["slowly"] != "all":
            time.sleep(0.01)

def go():
    for _ in range(plan["count"]):
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect(path)
        except OSError:
            pass
        peer.setblocking(False)
        peers.append(peer)
    send_all()
    if plan["slowly"]:
        threading.Thread(target=one_byte_each, daemon=True).start()

def count_open():
    poll = select.poll()
    for peer in peers:
        poll.register(peer, 0)
    return len(peers) - len(poll.poll(0))

tell("ready")
for line in sys.stdin:
    if line == "go\n":
        go()
        tell("done")
    else:
        tell(count_open())
"""

# One process more that asks for what is under way: prints whether it was answered.
ASK = """
import socket, sys
peer = socket.socket(socket.AF_UNIX)
try:
    peer.connect(sys.argv[1])
    peer.sendall(b'{"method":"io.apqd.Manager.GetHost"}\\0')
    print(len(peer.recv(1)))
except (BrokenPipeError, ConnectionResetError):
    print(0)
"""

GROUP = 1  # "daemon", which is everywhere


def become(uid, gid=None):
    """A command's beginning that makes it another user's, of that group too."""
    group = ["--clear-groups"] if gid is None else ["--groups", str(gid)]
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), *group] if uid else []


def have_users():
    return subprocess.run([*become(65534, GROUP), "true"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


class Crowd:
    """Processes of hostile clients; the plan says what each of count connections sends."""

    def __init__(self, world, users, count, processes=1, **plan):
        full = {"count": count, "first": "", "fill": "", "times": 0, "last": "", "slowly": "",
                "patience": -1, **plan}
        self.processes = [
            subprocess.Popen([*user, sys.executable, "-I", "-c", CROWD, world.socket,
                              json.dumps(full)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True) for user in users for _ in range(processes)]
        self.expect("ready")

    def expect(self, word):
        for process in self.processes:
            equal(process.stdout.readline().strip(), word, "a hostile process")

    def step(self, word):
        for process in self.processes:
            process.stdin.write(word + "\n")
            process.stdin.flush()

    def go(self):
        self.step("go")
        self.expect("done")
        return self

    def open(self):
        self.step("open")
        return sum(int(process.stdout.readline()) for process in self.processes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
            process.stdin.close()
            process.stdout.close()


def hostile_users():
    return [become(uid) for uid in (65531, 65532, 65533, 65534)] if have_users() else [[]]


def ask_as(world, user):
    """Whether a new client of that user is served."""
    asked = subprocess.run([*user, sys.executable, "-I", "-c", ASK, world.socket], check=True,
                           capture_output=True, text=True, timeout=world.timeout)
    return asked.stdout.strip() == "1"


def status(world):
    """What the daemon's process has: a dictionary of bytes."""
    with open(f"/proc/{world.daemon.pid}/status", encoding="ascii") as file:
        lines = [line.split() for line in file if line.endswith(" kB\n")]
    return {line[0].rstrip(":"): int(line[1]) << 10 for line in lines}


def has_sanitizers(world):
    with open(f"{world.build}/apqd-sim", "rb") as file:
        return b"__asan_init" in file.read()


def sized(world, usual, slow):
    """How many of something: fewer where each takes ten or fifty times as long."""
    return slow if world.valgrind or has_sanitizers(world) else usual


class Memory:
    """The most that the daemon takes meanwhile beyond what it had, in bytes."""

    def __init__(self, world):
        self.world = world
        self.counts = sized(world, True, False)
        self.before = status(world)
        with open(f"/proc/{world.daemon.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    def check_most(self, bound, at_least=0):
        most = status(self.world)["VmHWM"] - self.before["VmRSS"]
        if not self.counts:
            return
        self.world.notices.append(f"{most / MIB:.1f} MiB at most, the bound is {bound // MIB} MiB")
        check(at_least <= most < bound, most, "bytes are not from", at_least, "to", bound)

    def left(self):
        return status(self.world)["RssAnon"] - self.before["RssAnon"]

    def check_back(self):
        """All comes back but a little."""
        if self.counts:
            self.world.wait_until("the memory comes back", lambda: self.left() < LEFT)
            self.world.notices.append(f"{self.left() / MIB:.1f} MiB are left")


def descriptors(world):
    return len(os.listdir(f"/proc/{world.daemon.pid}/fd"))


def calls(client, count):
    """How long each of some calls takes, in milliseconds."""
    times = []
    for _ in range(count):
        begin = time.monotonic()
        check("host" in client.call("GetHost"))
        times.append((time.monotonic() - begin) * 1000)
    return times


def tell(world, what, times):
    times = sorted(times)
    world.notices.append(f"{what}: {len(times)} calls, median {times[len(times) // 2]:.2f} ms, "
                         f"longest {times[-1]:.1f} ms")


def metrics(client):
    return client.call("GetMetrics")["metrics"]


def count(numbers, method):
    """Returns how many calls of a method the numbers count as answered."""
    return sum(c["count"] for c in numbers["calls"]
               if c["method"] == method and c["outcome"] == "done")


def done(client, method):
    """Returns how many calls of a method apqd has answered by now."""
    return count(metrics(client), method)


def beside(world, crowd, friend):
    """Calls of another client while the crowd is at it; by new ones too, where there is room."""
    crowd.step("go")
    wait = in_background(crowd.expect, "done")
    times = calls(friend, 20)
    if have_users():
        for _ in range(20):
            check("host" in world.call("GetHost"))
    times += calls(friend, 20)
    wait()
    tell(world, "beside them", times + calls(friend, 20))


def test_thousands_at_once(world):
    """Those beyond the limits are closed at once, nobody else notices, and nothing stays."""
    world.start("--group", "daemon", "--idle-timeout", "600")
    users = hostile_users()
    with world.client() as friend:
        tell(world, "on a quiet daemon", calls(friend, 60))
        memory, before = Memory(world), descriptors(world)
        room = READERS if have_users() else ONE_USER - 1
        with Crowd(world, users, 256, processes=16 // len(users)) as crowd:
            beside(world, crowd, friend)
            world.wait_until("those beyond the limits are closed", lambda: crowd.open() == room)
            numbers = metrics(friend)
            equal((numbers["connections"], numbers["connectionsRefused"]), (room + 1, 4096 - room))
            if have_users():
                equal([ask_as(world, user) for user in
                       (become(65530), become(65530, GROUP), become(0))], [False, True, True])
            check(descriptors(world) < before + room + 8, descriptors(world), "descriptors")
        world.wait_until("they are gone", lambda: metrics(friend)["connections"] == 1)
        equal(ask_as(world, users[0]), True, "there is room again")
        world.wait_until("descriptors are back", lambda: descriptors(world) <= before)
        memory.check_most(8 * MIB)
        memory.check_back()


def test_places_are_kept(world):
    """Many users together cannot keep those out who may change things, nor these root."""
    world.start("--group", "daemon")
    with Crowd(world, hostile_users(), ONE_USER) as readers, \
            Crowd(world, [become(65531, GROUP), become(65530, GROUP)], ONE_USER) as members, \
            Crowd(world, [[]], 2 * ONE_USER) as root:
        readers.go()
        world.wait_until("readers have their part", lambda: readers.open() == READERS)
        members.go()
        world.wait_until("so has the group", lambda: members.open() == ONE_USER)
        equal(ask_as(world, become(65530)), False, "one more")
        with world.client() as friend:
            root.go()
            world.wait_until("root has its own", lambda: root.open() == ONE_USER - 1)
            equal(metrics(friend)["connections"], ALL)
            check("host" in friend.call("GetHost"))


test_places_are_kept.needs_users = True


def call_text(method, **more):
    return Client.frame(method, **more).decode()


def test_one_that_has_sent_much_waits(world):
    """A client's calls that lie there are not all answered before another client's one."""
    world.start("--cards", "4", "--domains", "256")
    number = sized(world, 200, 40)  # fewer than one read takes, else nothing is shown
    with world.client() as friend, world.client() as flood:
        friend.call("GetHost")
        # both are there before either is answered
        world.daemon.send_signal(signal.SIGSTOP)
        flood.raw(call_text("ListQueues", oneway=True).encode() * number)
        friend.send("GetMetrics")
        world.daemon.send_signal(signal.SIGCONT)
        found = count(friend.answer()["metrics"], "ListQueues")
        world.notices.append(f"one call was answered behind {found} of {number}")
        check(found < number / 2, found, "calls of one client came before that of another")


def answers(client, number):
    """So many answers of GetMetrics, all asked for at once: what is between two of them is the daemon's
    doing, however slow this client is.  They must fit into a quarter of what a socket takes, for
    behind that the daemon waits for this client.  Between them two calls of ListQueues are worth
    some time, so that the answers are in different turns."""
    one = call_text("ListQueues", oneway=True) * 2 + call_text("GetMetrics")
    client.raw(one.encode() * number)
    return [client.answer()["metrics"] for _ in range(number)]


def test_one_with_many_connections_waits(world):
    """A hundred connections of one user have no more turns than the single one of another."""
    world.start("--cards", "4", "--domains", "256")
    number = sized(world, 100, 40)
    with world.client() as friend, \
            Crowd(world, [become(65534)], number,
                  first=call_text("ListQueues", oneway=True) * 3) as crowd:
        wait = in_background(crowd.go)
        found, between = [0], []
        while found[-1] < 2 * number:
            found = [count(m, "ListQueues") for m in answers(friend, 5)]
            between += [now - before - 2 for before, now in zip(found, found[1:])]
        wait()
        worst = max(between)
        world.notices.append(f"between two answers {worst} calls of the other user at most")
        check(worst < number / 2, worst, "calls of one user came between two of another")


test_one_with_many_connections_waits.needs_users = True


def test_those_sent_away_hold_nobody_up(world):
    """A thousand clients, most beyond the limit, stand in the line before another user's one."""
    world.start("--cards", str(sized(world, 16, 4)), "--domains", "256")
    number = 400  # the line alone decides how many of them are answered, about 110
    users = hostile_users()
    with world.client() as busy, Crowd(world, users[:1], 500, processes=2) as line:
        busy.call("GetHost")
        # a line forms; these are answered meanwhile, each in a turn of its own
        world.daemon.send_signal(signal.SIGSTOP)
        busy.raw(call_text("ListQueues", oneway=True).encode() * number)
        line.go()
        with world.client() as late:
            late.send("GetMetrics")
            world.daemon.send_signal(signal.SIGCONT)
            found = count(late.answer()["metrics"], "ListQueues")
        world.notices.append(f"let in behind {found} calls")
        check(found < number / 2, found, "calls were answered before it was let in")


test_those_sent_away_hold_nobody_up.needs_users = True


def test_slow_writers(world):
    """Hundreds begin a call each as long as they may, and go on with a byte now and then."""
    world.start("--group", "daemon", "--idle-timeout", "600")
    first = '{"method":"' + MANAGER
    with world.client() as friend:
        memory = Memory(world)
        with Crowd(world, hostile_users(), ONE_USER, first=first, fill="x", times=100 << 10,
                   slowly="write") as readers, \
                Crowd(world, [become(65530, GROUP) if have_users() else []], 10, first=first,
                      fill="x", times=15 * MIB, slowly="write") as members:
            # each is done when all of it was taken, or it had to give way
            beside(world, readers, friend)
            beside(world, members, friend)
            world.wait_until("one has to give way", lambda: members.open() < 10)
            tell(world, "slowly", calls(friend, 20))
            memory.check_most(HELD + HELD_CHANGE + SLACK)
        world.wait_until("they are gone", lambda: metrics(friend)["connections"] == 1)
        memory.check_back()


test_slow_writers.seconds = 5


def test_slow_readers(world):
    """Hundreds ask for all queues of a large host, and read a byte at a time or nothing."""
    n = sized(world, 256, 64)
    world.start("--cards", str(n), "--domains", str(n), "--idle-timeout", "600")
    users = hostile_users()
    with world.client() as friend:
        tell(world, "on a quiet daemon", calls(friend, 20))
        memory = Memory(world)
        with Crowd(world, users[:1], 100, first=call_text("ListQueues", more=True),
                   slowly="read") as slow, \
                Crowd(world, users[-1:], 20,
                      first=call_text("ListQueues", more=True) * 1000, patience=400) as never:
            beside(world, slow, friend)
            beside(world, never, friend)
            tell(world, "slowly", calls(friend, 20))
            equal((slow.open(), never.open()), (100, 20), "those that are only slow")
        memory.check_most(HELD + SLACK)
        world.wait_until("they are gone", lambda: metrics(friend)["connections"] == 1)
        memory.check_back()


test_slow_readers.seconds = 5


def test_floods_that_nobody_reads(world):
    """Calls without end and no answer read: none is answered that would only lie there."""
    world.start("--idle-timeout", "600")
    # so few that the bound allows each its 256 KiB, an answer beyond them, and the calls that wait: how
    # much of it lies in the kernel differs
    number = sized(world, 65, 20)
    with world.client() as friend:
        memory = Memory(world)
        with Crowd(world, hostile_users()[:2], number - 1,
                   fill=call_text("org.varlink.service.GetInterfaceDescription",
                                  parameters={"interface": MANAGER[:-1]}), times=2000,
                   patience=400) as crowd:
            beside(world, crowd, friend)
            equal(crowd.open(), (number - 1) * len(crowd.processes), "those who do not read")
            memory.check_most(HELD + SLACK)
        world.wait_until("they are gone", lambda: metrics(friend)["connections"] == 1)
        memory.check_back()


def test_subscribers_that_never_read(world):
    """Thousands of events: who reads hears all of them, and who does not has to give way."""
    world.start("--cards", "4", "--domains", "256", "--idle-timeout", "600")
    with world.client() as friend, world.monitor() as monitor:
        memory = Memory(world)
        with Crowd(world, hostile_users()[:2], sized(world, 60, 8),
                   first=call_text("Monitor", more=True)) as crowd:
            beside(world, crowd, friend)
            world.wait_until("all subscribe",
                             lambda: metrics(friend)["subscribers"] > len(crowd.processes) * 7)
            events = 0
            while crowd.open() > 0:
                for state, name in (("off", "cardRemoved"), ("on", "cardAdded")):
                    world.simctl("plug", 3, state)
                    monitor.wait(name)
                events = monitor.event()["sequence"]
                check(metrics(friend)["eventBytesSent"] < 1 << 32, "they are never dropped")
            tell(world, f"with {events} events", calls(friend, 20))
            # events are kept once for all of them
            memory.check_most(2 * SUBSCRIBER + SLACK)
        world.wait_until("they are gone", lambda: metrics(friend)["connections"] == 2)
        equal(metrics(friend)["subscribers"], 1)
        memory.check_back()


test_subscribers_that_never_read.seconds = 5


def test_readers_of_events_pay_for_them(world):
    """A mask write moves thousands of queues, and hundreds read of it: root's calls are between them."""
    cards = sized(world, 8, 2)
    queues, subscribers = cards * 248, sized(world, 125, 25)
    world.start("--cards", str(cards), "--domains", "256", "--idle-timeout", "600")
    users = hostile_users()[:2]
    number = len(users) * subscribers
    with world.client() as friend, world.monitor() as one, \
            Crowd(world, users, subscribers, first=call_text("Monitor", more=True),
                  slowly="all") as crowd:
        crowd.go()
        world.wait_until("all subscribe", lambda: metrics(friend)["subscribers"] == number + 1)
        before, received = metrics(friend), one.received
        world.simctl("write", "aqmask", mask(range(8)))
        world.wait_until("it is told", lambda: metrics(friend)["eventBytesSent"] >
                         before["eventBytesSent"] + TURN)
        last, between = before, []

        def all_is_told():
            nonlocal last
            found = answers(friend, 5)
            sent = [m["eventBytesSent"] for m in found]
            between.extend(now - then for then, now in zip(sent, sent[1:]))
            last = found[-1]
            one.drain(0)
            return last["eventsMade"] >= before["eventsMade"] + queues and \
                sent[-1] - before["eventBytesSent"] == (one.received - received) * (number + 1)

        world.wait_until("all is told", all_is_told)
        made, sent = (last[k] - before[k] for k in ("eventsMade", "eventBytesSent"))
        worst = max(between)
        world.notices.append(f"{made} events, {sent / MIB:.0f} MiB sent, at most {worst / MIB:.1f} MiB "
                             f"between two answers")
        check(queues <= made < queues + 50, made, "events were made of", queues)
        equal(crowd.open(), number, "those who read")
        check(worst <= 4 * TURN, worst, "bytes of events came between two answers")


test_readers_of_events_pay_for_them.needs_users = True


def test_calls_that_wait_take_no_stack(world):
    """Changes that have nothing to do, of many clients at once: one is answered, and then the next."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    number = sized(world, 100, 20)
    with world.client() as friend:
        before = status(world)["VmStk"]
        lock = world.root + "/run/lock/s390apconfig.lock"
        world.write_file(lock, f"{os.getpid()}\n")  # all wait for the first
        with Crowd(world, [[]], number, last=call_text("Modify", parameters={
                "device": A, "start": "manual"}) * 20) as crowd:
            crowd.go()
            calls(friend, 20)
            os.unlink(lock)
            world.wait_until("all are answered", lambda: 20 * number == sum(
                c["count"] for c in metrics(friend)["calls"] if c["method"] == "Modify"))
            equal(crowd.open(), number)
        grown = status(world)["VmStk"] - before
        world.notices.append(f"the stack has grown by {grown >> 10} KiB")
        check(grown <= 128 << 10, grown, "bytes of stack")


def test_trees_of_calls_do_not_stay(world):
    """What a call is made of may be large as a tree: none is kept for as long as it is answered."""
    world.start()
    filled = {"first": call_text("Monitor", more=True)[:-2] + ',"a.b":[', "fill": "{},",
              "times": 40000, "last": "{}]}\0"}
    with world.client() as friend:
        memory = Memory(world)
        number = sized(world, 20, 4)
        with Crowd(world, hostile_users()[:1], number, **filled) as crowd:
            beside(world, crowd, friend)
            equal(crowd.open(), number)
            memory.check_most(TREE + SLACK, at_least=TREE // 2)
            memory.check_back()


def test_longest_calls(world):
    """Sixteen megabytes: refused from who may not change things, and never gigabytes in memory."""
    world.start()
    host = call_text("GetHost")[:-2]
    tail = 100 + len(host)
    with world.client() as friend:
        memory = Memory(world)
        with Crowd(world, [become(65534) if have_users() else []], 10, first=host + ',"a.b":"',
                   fill="x", times=17 * MIB, last='"}\0') as crowd:
            beside(world, crowd, friend)
            world.wait_until("they are closed", lambda: crowd.open() == 0)
        for fill in ("{},", "[],", "1,"):
            with world.client() as client:
                client.raw(b"%s,\"a.b\":[%s1]}\0" % (host.encode(), fill.encode() *
                                                       ((16 * MIB - tail) // len(fill))))
                check(client.receive() is None, "a tree of gigabytes was made of", fill)
        with world.client() as client:
            client.raw(b'%s,"a.b":"%s"}\0' % (host.encode(), b"x" * (16 * MIB - tail)))
            check("host" in client.answer(), "the longest call")
            memory.check_most(HELD + HELD_CHANGE + SLACK)
            memory.check_back()


test_longest_calls.seconds = 5
