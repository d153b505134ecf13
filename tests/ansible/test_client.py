# SPDX-License-Identifier: GPL-2.0-or-later
"""The client of the modules, against servers that are not as they should be."""
import json
import os
import socket
import threading
import time

from harness import check
from plays import task

GOOD = json.dumps({"parameters": {"host": {"kernel": "7.2"}}}).encode() + b"\0"


class Server:
    """Answers each connection with these bytes, one piece after the other, and a pause."""

    def __init__(self, path, pieces, stays):
        self.pieces, self.stays = pieces, stays
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        self.socket.listen(1)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.recv(1 << 16)
            for piece in self.pieces:
                connection.sendall(piece)
                time.sleep(0.05)
            if self.stays:
                connection.recv(1)


def test_strange_servers(fleet):
    cases = [
        ([GOOD[i:i + 7] for i in range(0, len(GOOD), 7)], True, None),
        ([GOOD], False, None),
        ([], True, "did not answer io.apqd.Manager.GetHost within 1 seconds"),
        ([GOOD[:-1]], True, "did not answer"),
        ([GOOD[:-1]], False, "closed the connection instead of an answer"),
        ([], False, "closed the connection instead of an answer"),
        ([b"220 mail.example ESMTP\0"], True, "is not Varlink"),
        ([b"[1]\0"], True, "is not Varlink"),
        ([b"\xff\xfe\0"], True, "is not Varlink"),
        ([b'{"parameters": 1}\0'], True, "is not Varlink"),
        ([b'{"error": "com.example.Odd", "parameters": {"a": 1}}\0'], True,
         'apqd answered com.example.Odd {"a": 1}.'),
        ([b'{"error": "org.varlink.service.PermissionDenied"}\0'], True, "the group apqd"),
    ]
    tasks = []
    for number, (pieces, stays, _) in enumerate(cases):
        path = f"{fleet.path}/server{number}"
        Server(path, pieces, stays)
        tasks.append(task("ap_info", {"gather": "host", "socket": path, "timeout": 1}))
    dead = fleet.path + "/dead"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(dead)
    check(os.path.exists(dead), "a socket without a server")
    tasks.append(task("ap_info", {"socket": dead}))
    cases.append(([], False, "Nobody listens"))
    for (pieces, _, words), result in zip(cases, fleet.tasks(tasks)):
        if words is None:
            check(result.get("host") == {"kernel": "7.2"}, pieces, result)
        else:
            check(result["failed"] and words in result["msg"], pieces, words, "not in", result)
