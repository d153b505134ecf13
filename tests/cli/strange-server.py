# SPDX-License-Identifier: GPL-2.0-or-later
"""Listens at a Unix socket and gives every caller the same bytes, whatever it asks.

strange-server.py SOCKET BYTES: BYTES may have escapes; with none the connection is closed.
SOCKET.ready appears when it listens.
"""
import os
import socket
import sys

path, answer = sys.argv[1], sys.argv[2].encode().decode("unicode_escape").encode()
if os.path.exists(path):
    os.unlink(path)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen()
with open(path + ".ready", "w", encoding="ascii"):
    pass
while True:
    client, _ = server.accept()
    client.recv(65536)
    if answer:
        client.sendall(answer)
    client.close()
