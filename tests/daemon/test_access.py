# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may change anything: root and the group; everybody may look."""
import json
import os
import subprocess
import sys

from harness import A, MANAGER, SERVICE, check, contains, equal, matrix

M = matrix([2], [1])

READS = [(SERVICE + "GetInfo", {}), (SERVICE + "GetInterfaceDescription",
                                     {"interface": MANAGER[:-1]}),
         ("GetHost", {}), ("ListCards", {}), ("ListQueues", {}), ("ListDevices", {}),
         ("GetDevice", {"device": A}), ("Explain", {"device": A}), ("Export", {})]
CHANGES = [("Define", {"matrix": M}), ("Undefine", {"device": A}), ("Start", {"device": A}),
           ("Stop", {"device": A}), ("Assign", {"device": A, "matrix": M}),
           ("Unassign", {"device": A, "matrix": M}), ("Reserve", {"adapters": [1]}),
           ("Release", {"adapters": [2]}), ("Import", {}),
           ("SetInterrupts", {"gisa": False}),
           ("Modify", {"device": A, "name": "x"}),
           ("Apply", {"state": {"version": 1, "devices": []}})]

# Another user's client: prints the answer to each call, one a line.
CLIENT = """
import json, socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
for call in json.loads(sys.argv[2]):
    peer.sendall(json.dumps(call).encode() + b"\\0")
    text = b""
    while not text.endswith(b"\\0"):
        data = peer.recv(65536)
        if not data:
            sys.exit("closed")
        text += data
    print(text[:-1].decode())
"""


def call_as(world, user, calls):
    """The answers that a process gets which setpriv made with those options."""
    full = [{"method": m if "." in m else MANAGER + m, "parameters": p} for m, p in calls]
    done = subprocess.run(["setpriv", *user, sys.executable, "-I", "-c", CLIENT, world.socket,
                           json.dumps(full)], capture_output=True, text=True, timeout=world.timeout)
    equal((done.returncode, done.stderr), (0, ""), f"the client {user}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def prepared(world, *options):
    world.start(*options)
    world.give(2)
    world.call("Define", uuid=A, matrix=M)


NOBODY = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]


def test_nobody_may_look_and_not_change(world):
    prepared(world)
    for (method, _), answer in zip(READS, call_as(world, NOBODY, READS)):
        check("error" not in answer, method, answer)
    before = world.state()
    for (method, _), answer in zip(CHANGES, call_as(world, NOBODY, CHANGES)):
        equal((answer.get("error"), answer["parameters"]),
              ("org.varlink.service.PermissionDenied", {"group": "apqd"}), method)
    dry = [(method, {**parameters, "dryRun": True}) for method, parameters in CHANGES]
    for (method, _), answer in zip(dry, call_as(world, NOBODY, dry)):
        equal(answer.get("error"), "org.varlink.service.PermissionDenied", f"dry run of {method}")
    equal(world.state(), before)


def test_nobody_may_not_send_much(world):
    """What only looks is short: longer calls are for those who may apply a whole state."""
    world.start()
    text = "x" * (100 << 10)
    call_as(world, NOBODY, [("GetDevice", {"device": text})])
    world.refused("NoSuchDevice", "GetDevice", device=100 * text)
    done = subprocess.run(["setpriv", *NOBODY, sys.executable, "-I", "-c", """
import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
try:
    peer.sendall(b'{"method":"' + b"x" * (129 << 10) + b'"}\\0')
    print(len(peer.recv(1)))
except (BrokenPipeError, ConnectionResetError):
    print(0)
""", world.socket], capture_output=True, text=True, timeout=world.timeout)
    equal((done.returncode, done.stdout), (0, "0\n"), done.stderr)


def test_nobody_may_monitor(world):
    prepared(world)
    call = [{"method": MANAGER + "Monitor", "more": True}]
    done = subprocess.run(["setpriv", *NOBODY, sys.executable, "-I", "-c", CLIENT, world.socket,
                           json.dumps(call)], capture_output=True, text=True, timeout=world.timeout)
    contains(done.stdout, "deviceAdded")


def test_members_of_the_group_may_change(world):
    """By their first group or by a supplementary one, as they were when they connected."""
    prepared(world, "--group", "daemon")
    change = [("Modify", {"device": A, "start": "auto"}),
              ("Modify", {"device": A, "start": "manual"})]
    for user, allowed in ((["--reuid", "65534", "--regid", "65534", "--groups", "7,1,9"], True),
                          (["--reuid", "65534", "--regid", "1", "--clear-groups"], True),
                          (["--reuid", "65534", "--regid", "65534", "--groups", "7,9"], False),
                          (["--reuid", "1", "--regid", "65534", "--clear-groups"], False),
                          (["--reuid", "0", "--regid", "65534", "--clear-groups"], True)):
        for answer in call_as(world, user, change):
            if allowed:
                equal(answer["parameters"].get("changed"), True, f"{user}: {answer}")
            else:
                equal(answer.get("error"), "org.varlink.service.PermissionDenied", user)


def test_no_group_of_that_name(world):
    prepared(world, "--group", "no-such-group-here")
    answer = call_as(world, ["--reuid", "65534", "--regid", "1", "--groups", "1,4294967294"],
                     CHANGES[-1:])[0]
    equal(answer.get("error"), "org.varlink.service.PermissionDenied")


def test_refusal_names_the_group(world):
    prepared(world, "--group", "operators")
    answer = call_as(world, NOBODY, CHANGES[-1:])[0]
    equal(answer["parameters"], {"group": "operators"})
    done = subprocess.run(["setpriv", *NOBODY, f"{world.build}/apqctl", "--socket", world.socket,
                           "start", A], capture_output=True, text=True, timeout=world.timeout)
    contains(done.stderr, "members of the group operators can")


def test_group_made_later(world):
    """A group that is made, changes its number or goes while the daemon runs counts from then on."""
    etc = world.root + "/machine-etc"
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    world.start("--group", "operators", prefix=[
        "unshare", "--mount", "sh", "-ec", f"mount --bind {etc} /etc; exec \"$@\"", "sh"])
    world.give(2)
    world.call("Define", uuid=A, matrix=M)
    change = ("Modify", {"device": A, "start": "manual"})

    def may(number):
        user = ["--reuid", "65534", "--regid", "65534", "--groups", str(number)]
        return "error" not in call_as(world, user, [change])[0]

    equal((may(4711), may(4712)), (False, False), "before")
    with open(etc + "/group", encoding="utf-8") as file:
        text = file.read()
    for number in (4711, 4712, None):
        # as groupadd does, and as an editor does
        path = etc + ("/group" if number == 4712 else "/group+")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + (f"operators:x:{number}:\n" if number else ""))
        os.rename(path, etc + "/group")
        world.wait_until("it counts", lambda: (may(4711), may(4712)) ==
                         (number == 4711, number == 4712))
    contains(world.read_log(), "members of the group 'operators' may change things",
             "There is no group 'operators'")


def test_bad_parameters_before_permission(world):
    """Who may not change anything learns of a mistake in the call all the same."""
    prepared(world)
    answer = call_as(world, NOBODY, [("Start", {"device": 1})])[0]
    equal(answer.get("error"), "org.varlink.service.InvalidParameter")


def test_apqctl_tells_it(world):
    prepared(world)
    done = subprocess.run(["setpriv", *NOBODY, f"{world.build}/apqctl", "--socket", world.socket,
                           "start", A], capture_output=True, text=True, timeout=world.timeout)
    check(done.returncode not in (0, 1), done.returncode)
    contains(done.stderr, "Permission denied", "apqd")


for test in (test_nobody_may_look_and_not_change, test_nobody_may_not_send_much,
             test_nobody_may_monitor,
             test_members_of_the_group_may_change, test_no_group_of_that_name,
             test_bad_parameters_before_permission, test_apqctl_tells_it):
    test.needs_users = True
