# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages on the stream: cut anywhere, garbage, floods, and clients that do everything wrong."""
import contextlib
import os
import threading
import signal
import time

from client import Client
from harness import A, check, equal, matrix

M = matrix([2], [1])


def answer_to(world, data):
    with world.client() as client:
        client.raw(data)
        return client.answer()


def test_messages_cut_anywhere(world):
    world.start()
    calls = Client.frame("GetDevice", {"device": "é"}) + Client.frame("GetHost")
    for i in range(len(calls) + 1):
        with world.client() as client:
            client.raw(calls[:i])
            time.sleep(0.002)
            client.raw(calls[i:])
            equal(client.receive()["error"], "io.apqd.Manager.NoSuchDevice", f"cut at {i}")
            check("host" in client.answer(), "cut at", i)
    with world.client() as client:
        for byte in calls:
            client.raw(bytes([byte]))
        equal(client.receive()["parameters"], {"device": "é"})
        client.answer()


HOST = b'{"method":"io.apqd.Manager.GetHost"'

GARBAGE = {
    "nothing": b"\0",
    "blank": b" \0",
    "text": b"hello\0",
    "http": b"GET / HTTP/1.1\r\n\r\n\0",
    "too large a number": HOST + b',"a.b":9223372036854775808}\0',
    "bytes": bytes(range(1, 256)) + b"\0",
    "list": b"[]\0",
    "number": b"1\0",
    "null": b"null\0",
    "two": HOST + b"}{}\0",
    "no method": b"{}\0",
    "method is no text": b'{"method":1}\0',
    "unknown member": HOST + b',"x":1}\0',
    "member twice": HOST + HOST.replace(b"{", b",") + b"}\0",
    "parameter twice": HOST + b',"parameters":{"device":"a","device":"b"}}\0',
    "parameters are a list": HOST + b',"parameters":[]}\0',
    "more is no bool": HOST + b',"more":1}\0',
    "more and oneway": HOST + b',"more":true,"oneway":true}\0',
    "comma": HOST + b",}\0",
    "comment": HOST + b"}/**/\0",
    "single quotes": HOST.replace(b'"', b"'") + b"}\0",
    "NaN": HOST + b',"a.b":NaN}\0',
    "cut off": HOST + b"\0",
    "bad UTF-8": HOST + b',"a.b":"\xff\xfe"}\0',
    "overlong UTF-8": HOST + b',"a.b":"\xc0\x80"}\0',
    "surrogate": HOST + b',"a.b":"\xed\xa0\x80"}\0',
    "control character": HOST + b',"a.b":"\n"}\0',
    "NUL": HOST + b',"a.b":"\\u0000"}\0',
    "deep": HOST + b',"a.b":' + b"[" * 500 + b"]" * 500 + b"}\0",
    "very deep": HOST + b',"a.b":' + b'{"a":' * 20000 + b"1" + b"}" * 20000 + b"}\0",
    "too long": HOST + b" " * ((16 << 20) - len(HOST)) + b"}\0",
    "far too long": HOST + b" " * (20 << 20),
}


def test_garbage_ends_its_own_connection(world):
    world.start()
    with world.monitor() as monitor, world.client() as other:
        for name, data in GARBAGE.items():
            with world.client() as client:
                try:
                    client.raw(data)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                message = client.receive()
                check(message is None, name, "was answered:", message)
            check("host" in other.call("GetHost"), name)
            with world.client() as client:
                # what came before the garbage is answered
                client.raw(Client.frame("GetHost") + data[:1000].rstrip(b"\0") + b"\0")
                check("host" in client.answer(), name)
        world.simctl("plug", 9, "on")
        monitor.wait("cardAdded")


def test_longest_call(world):
    world.start()
    longest = HOST + b" " * ((128 << 10) - len(HOST) - 1) + b"}\0"
    check("host" in answer_to(world, longest))


def test_members_of_vendors_are_passed_over(world):
    world.start()
    for call in (HOST + b',"com.example.trace":{"a":[1]}}\0',
                 HOST + b',"parameters":null,"more":null}\0',
                 b'\n { "method" : "io.apqd.Manager.GetHost" , "more" : false } \t\0',
                 HOST.replace(b"GetHost", b"Get\\u0048ost") + b"}\0"):
        check("host" in answer_to(world, call), call)


def test_silence_ends_a_connection(world):
    """Nothing at all or half a message ends it; a client that has called may rest."""
    world.start("--idle-timeout", "1")
    begin = time.monotonic()
    with world.client() as nothing, world.client() as half, world.client() as rests, \
            world.client() as subscriber:
        # their time begins when all that they say is there
        world.daemon.send_signal(signal.SIGSTOP)
        half.raw(HOST)
        rests.send("GetHost")
        subscriber.send("Monitor", more=True)
        world.daemon.send_signal(signal.SIGCONT)
        check("host" in rests.answer())
        equal(subscriber.answer()["event"]["event"], "ready")
        check(nothing.receive() is None, "it was answered")
        check(half.receive() is None, "it was answered")
        taken = time.monotonic() - begin
        check(0.8 < taken, "closed after", taken)
        time.sleep(0.7)
        check("host" in rests.call("GetHost"))
        world.simctl("plug", 9, "on")
        while subscriber.answer()["event"]["event"] != "cardAdded":
            pass


test_silence_ends_a_connection.seconds = 2


def test_a_call_in_single_bytes(world):
    world.start("--idle-timeout", "600")
    with world.client() as client:
        for byte in HOST + b"}\0":
            client.raw(bytes([byte]))
        check("host" in client.answer())


def test_a_byte_now_and_then_is_no_call(world):
    """Nobody keeps a connection by sending a little of a call again and again."""
    world.start("--idle-timeout", "1")
    begin = time.monotonic()
    with world.client() as client:
        closed = False
        while not closed and time.monotonic() < begin + world.timeout:
            try:
                client.raw(b" ")
                closed = not client.is_silent(0.2)
            except (BrokenPipeError, ConnectionResetError):
                closed = True
        check(closed, "it is let go on")
        taken = time.monotonic() - begin
        check(0.8 < taken, "closed after", taken)


test_a_byte_now_and_then_is_no_call.seconds = 2


def test_what_was_sent_in_time_is_answered(world):
    """A daemon that was kept from running for longer than the timeout takes what has come meanwhile."""
    world.start("--idle-timeout", "1")
    clients = []
    while not clients:
        clients = [world.client() for _ in range(8)]
        try:
            for client in clients:
                client.raw(HOST)
            world.call("GetHost")
            world.daemon.send_signal(signal.SIGSTOP)
            for client in clients:
                client.raw(b"}\0")
        except (BrokenPipeError, ConnectionResetError):
            # the time of one was over before the daemon was stopped: once more
            world.daemon.send_signal(signal.SIGCONT)
            for client in clients:
                client.close()
            clients = []
    time.sleep(2)
    world.daemon.send_signal(signal.SIGCONT)
    for client in clients:
        check("host" in client.answer())
        client.close()


test_what_was_sent_in_time_is_answered.seconds = 2


def test_limit_of_connections(world):
    world.start()
    clients = [world.client() for _ in range(128)]
    for client in (clients[0], clients[127]):
        check("host" in client.call("GetHost"))
    with world.client() as client:
        try:
            client.send("GetHost")
            check(client.receive() is None, "one client too many was answered")
        except (BrokenPipeError, ConnectionResetError):
            pass
    clients.pop().close()
    world.wait_until("there is room again", lambda: room(world))
    for client in clients:
        client.close()
    check("host" in world.call("GetHost"))


def room(world):
    with world.client() as client:
        try:
            client.send("GetHost")
            return client.receive() is not None
        except (BrokenPipeError, ConnectionResetError):
            return False


def test_clients_that_come_and_go(world):
    world.start()
    for i in range(300):
        # as long as a slow daemon has not noticed that they went, they count
        with world.client() as client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if i % 3 == 0:
                client.send("ListQueues")
            elif i % 3 == 1:
                client.raw(HOST)
    world.wait_until("they are gone", lambda: room(world))
    with open(f"/proc/{world.daemon.pid}/status", encoding="ascii") as file:
        check("State" in file.read())
    world.wait_until("no descriptor is left over",
                     lambda: len(os.listdir(f"/proc/{world.daemon.pid}/fd")) < 40)


def test_client_that_does_not_read(world):
    """It waits with its calls unanswered; the others are served, and it may go on to read."""
    world.start("--cards", "16", "--domains", "256")
    with world.client() as slow:
        slow.socket.setblocking(False)
        sent = 0
        try:
            for _ in range(2000):
                slow.raw(Client.frame("ListQueues"))
                sent += 1
        except BlockingIOError:
            pass
        check("host" in world.call("GetHost"))
        with open(f"/proc/{world.daemon.pid}/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * 4096
        world.notices.append(f"{sent} calls sent, daemon has {resident >> 20} MiB")
        slow.socket.setblocking(True)
        for _ in range(3):
            equal(len(slow.answer()["queues"]), 4096)


def flood(world, stop):
    with world.client() as client:
        calls = client.frame("ListQueues") * 50
        while not stop.is_set():
            client.raw(calls)
            for _ in range(50):
                client.receive()


def test_flood_of_calls_holds_nothing_up(world):
    """Clients that call without a pause delay neither the kernel's events nor a change."""
    world.start()
    world.give(2)
    stop = threading.Event()
    threads = [threading.Thread(target=flood, args=(world, stop)) for _ in range(3)]
    with world.monitor() as monitor:
        for thread in threads:
            thread.start()
        try:
            for state in ("on", "off", "on"):
                begin = time.monotonic()
                world.simctl("plug", 9, state)
                monitor.wait("cardAdded" if state == "on" else "cardRemoved")
                world.notices.append(f"event in {(time.monotonic() - begin) * 1000:.0f} ms")
            world.call("Define", uuid=A, matrix=M)
            equal(world.call("Start", device=A)["changed"], True)
        finally:
            stop.set()
            for thread in threads:
                thread.join(world.timeout)


def test_list_queues_in_parts(world):
    n = 80 if world.valgrind else 256   # either way more than are told in one part
    world.start("--cards", str(n), "--domains", str(n))
    world.refused("ExpectedMore", "ListQueues")
    begin = time.monotonic()
    with world.client() as client:
        client.send("ListQueues", more=True)
        found, parts = [], 0
        while True:
            message = client.receive()
            found += [q["apqn"] for q in message["parameters"]["queues"]]
            parts += 1
            if parts == 3:
                check("host" in world.call("GetHost"), "another client in between")
            if not message.get("continues"):
                break
        equal(found, [f"{a:02x}.{d:04x}" for a in range(n) for d in range(n)])
        world.notices.append(f"{n * n} queues in {parts} parts, {time.monotonic() - begin:.1f} s")
        check(parts >= n * n / 512, parts, "parts")
        equal(len(client.call("ListQueues", {"adapters": [7]})["queues"]), n)
        client.send("ListQueues", {"adapters": []}, more=True)
        equal(client.receive(), {"parameters": {"queues": []}})
        client.send("ListQueues", more=True)
        client.receive()
    check("host" in world.call("GetHost"), "after one who left in the middle")


test_list_queues_in_parts.seconds = 5
