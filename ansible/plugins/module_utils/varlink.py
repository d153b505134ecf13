# SPDX-License-Identifier: GPL-2.0-or-later
"""Varlink from the client's side: calls over a Unix socket, each within a time and a size."""
import json
import socket
import time

# No answer is longer; a daemon that sends more is none.
ANSWER_MAX = 64 << 20
CHUNK = 1 << 16


class CallFailed(Exception):
    """No answer could be had; the message is a sentence that says why and what to do."""


class VarlinkError(Exception):
    """The service answered with an error: its whole name, and its parameters."""

    def __init__(self, name, parameters):
        super().__init__(name)
        self.name = name
        self.parameters = parameters

    @property
    def short(self):
        """The name without the interface."""
        return self.name.rpartition(".")[2]


class Client:
    """One connection.  Each call has timeout seconds for all of its answer."""

    def __init__(self, path, timeout):
        self.path = path
        self.timeout = timeout
        self.pending = bytearray()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
        except OSError as error:
            self.socket.close()
            raise CallFailed(self._unreachable(error))

    def _unreachable(self, error):
        if isinstance(error, FileNotFoundError):
            return ("There is no socket '%s'. Install and start apqd ('systemctl enable --now "
                    "apqd'), or give the right path as socket." % self.path)
        if isinstance(error, ConnectionRefusedError):
            return ("Nobody listens on the socket '%s'. Start apqd: 'systemctl start apqd'."
                    % self.path)
        if isinstance(error, PermissionError):
            return ("The socket '%s' may not be opened by this user. Use become, or a user of the "
                    "group apqd." % self.path)
        return "The socket '%s' cannot be connected to: %s." % (self.path, error)

    def close(self):
        self.socket.close()

    def call(self, method, parameters=None):
        """The parameters of the answer; raises VarlinkError or CallFailed."""
        answers = list(self._answers(method, parameters, False))
        return answers[0]

    def call_more(self, method, parameters=None):
        """The parameters of every part of an answer that comes in parts."""
        return list(self._answers(method, parameters, True))

    def _answers(self, method, parameters, more):
        end = time.monotonic() + self.timeout
        call = {"method": method, "parameters": parameters or {}}
        if more:
            call["more"] = True
        self._send(json.dumps(call).encode() + b"\0", method, end)
        continues = True
        while continues:
            message = self._receive(method, end)
            error = message.get("error")
            answer = message.get("parameters", {})
            if not isinstance(answer, dict) or not isinstance(error, (str, type(None))):
                raise CallFailed("The answer to %s from '%s' is not Varlink. See that it is "
                                 "apqd's socket." % (method, self.path))
            if error is not None:
                raise VarlinkError(error, answer)
            continues = more and message.get("continues") is True
            yield answer

    def _left(self, method, end):
        left = end - time.monotonic()
        if left <= 0:
            raise CallFailed(
                "apqd did not answer %s within %g seconds; the change may still be carried out. "
                "Look with 'apqctl status', and give it a longer timeout." % (method, self.timeout))
        return left

    def _send(self, data, method, end):
        try:
            self.socket.settimeout(self._left(method, end))
            self.socket.sendall(data)
        except socket.timeout:
            self._left(method, time.monotonic())
        except OSError as error:
            raise CallFailed("apqd closed the connection while %s was sent: %s. Its log "
                             "('journalctl -u apqd') says why." % (method, error))

    def _receive(self, method, end):
        """The next message, as a dictionary."""
        looked = 0
        while True:
            length = self.pending.find(b"\0", looked)
            if length >= 0:
                break
            looked = len(self.pending)
            if looked > ANSWER_MAX:
                raise CallFailed("The answer to %s is longer than %d bytes. See that '%s' is "
                                 "apqd's socket." % (method, ANSWER_MAX, self.path))
            self.pending += self._chunk(method, end)
        text = bytes(self.pending[:length])
        del self.pending[:length + 1]
        try:
            message = json.loads(text.decode())
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise CallFailed("The answer to %s from '%s' is not Varlink. See that it is apqd's "
                             "socket." % (method, self.path))
        return message

    def _chunk(self, method, end):
        try:
            self.socket.settimeout(self._left(method, end))
            data = self.socket.recv(CHUNK)
        except socket.timeout:
            self._left(method, time.monotonic())
        except OSError as error:
            raise CallFailed("The connection to apqd broke while %s was answered: %s. Its log "
                             "('journalctl -u apqd') says why." % (method, error))
        if not data:
            raise CallFailed("apqd closed the connection instead of an answer to %s. Its log "
                             "('journalctl -u apqd') says why." % method)
        return data
