# SPDX-License-Identifier: GPL-2.0-or-later
"""Varlink from the client's side: calls, subscriptions, and any bytes at all."""
import contextlib
import json
import select
import socket
import time

MANAGER = "io.apqd.Manager."
SERVICE = "org.varlink.service."


class VarlinkError(Exception):
    """An error that the daemon answered with: its short name and its parameters."""

    def __init__(self, message):
        self.name = message["error"]
        self.parameters = message.get("parameters", {})
        super().__init__(f"{self.name} {json.dumps(self.parameters)}")

    @property
    def short(self):
        return self.name.rsplit(".", 1)[1]

    def messages(self):
        """The sentences of a Conflict, one a line."""
        return "\n".join(p["message"] for p in self.parameters.get("problems", []))


class Client:
    """One connection, for calls and for any bytes at all."""

    def __init__(self, path, timeout):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.timeout = timeout
        self.pending = b""
        self.received = 0  # bytes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def raw(self, data):
        self.socket.sendall(data)

    @staticmethod
    def frame(method, parameters=None, **flags):
        call = {"method": method if "." in method else MANAGER + method}
        if parameters is not None:
            call["parameters"] = parameters
        call.update(flags)
        return json.dumps(call).encode() + b"\0"

    def send(self, method, parameters=None, **flags):
        self.raw(self.frame(method, parameters, **flags))

    def receive(self, timeout=None):
        """The next message, or None at the end of the stream; TimeoutError where none comes."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while b"\0" not in self.pending:
            if not select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("no message came")
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.pending += data
            self.received += len(data)
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def answer(self, timeout=None):
        """The parameters of the next reply; an error is raised."""
        message = self.receive(timeout)
        if message is None:
            raise ConnectionError("the connection was closed instead of an answer")
        if "error" in message:
            raise VarlinkError(message)
        return message["parameters"]

    def call(self, method, parameters=None, timeout=None):
        self.send(method, parameters)
        return self.answer(timeout)

    def is_silent(self, seconds):
        try:
            self.receive(seconds)
        except TimeoutError:
            return True
        return False


class Monitor(Client):
    """A subscriber; what came before ready is in .present."""

    def __init__(self, path, timeout):
        super().__init__(path, timeout)
        self.send("Monitor", more=True)
        self.present = []
        while True:
            event = self.event()
            if event["event"] == "ready":
                break
            self.present.append(event)

    def event(self, timeout=None):
        return self.answer(timeout)["event"]

    def wait(self, name, condition=lambda value: True, timeout=None):
        """The first event of that name whose value fits; others before it are passed over."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            event = self.event(max(0, end - time.monotonic()))
            if event["event"] == name and condition(self.value(event)):
                return event

    @staticmethod
    def value(event):
        return next((event[k] for k in ("device", "card", "queue", "host", "problem")
                     if event[k] is not None), None)

    def drain(self, seconds=0.2):
        """All that comes until it is quiet for so long."""
        events = []
        with contextlib.suppress(TimeoutError):
            while True:
                events.append(self.event(seconds))
        return events
