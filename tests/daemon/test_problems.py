# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong is told and never stops anything else: queues that fail, files that are bad."""
import os

from harness import A, B, C, D, ap_config, check, contains, equal, matrix

M = matrix([2, 3], [1, 2])


def started(world, *options):
    world.start(*options)
    world.give(2, 3)
    world.call("Define", uuid=A, matrix=M)
    world.call("Start", device=A)


def test_queue_goes_away(world):
    started(world)
    world.simctl("plug", 3, "off")
    world.wait_until("it is told", lambda: "queueAbsent" in world.problems(A))
    contains(world.problems(A)["queueAbsent"], "03.0001-0002", "missing")
    device = world.device(A)
    equal((device["active"], device["effective"]), (M, matrix([2], [1, 2])))
    equal(device["problems"][0]["queues"], ["03.0001", "03.0002"])
    queues = world.call("ListQueues", device=A)["queues"]
    gone = [q for q in queues if q["apqn"] == "03.0001"]
    equal([(q["driver"], q["device"], q["configured"]) for q in gone], [(None, A, False)])
    equal(len(world.call("ListQueues")["queues"]), 24)
    world.simctl("plug", 3, "on")
    world.wait_until("it is well again", lambda: not world.problems(A))
    equal(world.device(A)["effective"], M)


def test_every_problem_names_its_device(world):
    """After a restart 'status' showed thirty sentences without one name."""
    world.start()
    uuids = [f"00000000-0000-4000-8000-{i:012x}" for i in range(30)]
    for i, uuid in enumerate(uuids):
        world.call("Define", uuid=uuid, name=f"web{i}", start="auto", matrix=matrix([i % 4], [i // 4]))
    for when in ("cannotStart", "notStarted"):
        _, text = world.apqctl("status")
        for i, uuid in enumerate(uuids):
            equal(list(world.problems(uuid)), [when])
            contains(world.problems(uuid)[when], f"Device web{i} ({uuid}): ")
            contains(text, f"Device web{i} ({uuid}): ")
        world.restart()


def test_cannot_start_is_told_at_once(world):
    """A device that is to start automatically on queues of the host: at once, not after the next boot."""
    world.start("--cards", "4", "--domains", "4")
    status, text = world.apqctl("define", A, "--name", "web1", "--auto", "--adapters", "1", "--domains", "2")
    equal(status, 0, text)
    contains(text, "Warning: ", f"Device web1 ({A}): apqd cannot start", "01.0002",
             "'apqctl start web1 --reserve'")
    contains(world.problems(A)["cannotStart"], "the host owns queue 01.0002")
    for arguments in (("modify", "web1", "--auto", "--name", "web2"),
                      ("assign", "web2", "--domains", "3")):
        status, text = world.apqctl(*arguments)
        contains(text, "Warning: ", f"Device web2 ({A})", "'apqctl start web2 --reserve'")
    status, text = world.apqctl("modify", "web2", "--manual")
    check("Warning" not in text, text)
    equal(world.problems(A), {})
    world.apqctl("modify", "web2", "--auto")
    status, text = world.apqctl("start", "web2", "--reserve")
    equal((status, world.problems(A)), (0, {}))
    # A device that was stopped by hand has no problem either, also after a restart.
    world.apqctl("stop", "web2")
    equal(world.problems(A), {})
    world.restart()
    equal(world.problems(A), {})


def test_cannot_start_for_other_reasons(world):
    world.start("--max-adapter", "63")
    world.give(2)
    world.call("Define", uuid=A, start="auto", matrix=matrix([2, 200], [1]))
    contains(world.problems(A)["cannotStart"], "no adapter c8", f"apqctl unassign {A} --adapters 0xc8")
    world.call("Define", uuid=B, start="auto", interrupts="required", matrix=matrix([2], [2]))
    equal(world.problems(B), {})
    world.simctl("write", "use_gisa", "N")
    world.wait_until("it is told", lambda: "apqctl interrupts --gisa on" in
                     world.problems(B).get("cannotStart", ""))


def test_deconfigured(world):
    started(world)
    world.simctl("config", 3, "off")
    world.wait_until("it is told", lambda: "queueDeconfigured" in world.problems(A))
    contains(world.problems(A)["queueDeconfigured"], "03.0001-0002", "deconfigured")
    equal(world.device(A)["effective"], matrix([2], [1, 2]))
    card = [c for c in world.call("ListCards")["cards"] if c["adapter"] == 3][0]
    equal((card["configured"], card["checkstopped"]), (False, False))
    world.simctl("config", 3, "on")
    world.wait_until("it is well again", lambda: not world.problems(A))
    equal(world.device(A)["effective"], M)


def test_checkstopped(world):
    """No event of the kernel tells of it, but whoever asks is told."""
    started(world)
    world.simctl("chkstop", 3, "on")
    world.wait_until("it is told", lambda: "queueCheckstopped" in world.problems(A))
    contains(world.problems(A)["queueCheckstopped"], "03.0001-0002", "checkstopped")
    equal(world.device(A)["effective"], matrix([2], [1, 2]))
    card = [c for c in world.call("ListCards")["cards"] if c["adapter"] == 3][0]
    equal(card["checkstopped"], True)
    world.simctl("chkstop", 3, "off")
    world.wait_until("it is well again", lambda: not world.problems(A))
    equal(world.device(A)["effective"], M)


def test_queue_taken_by_a_driver(world):
    """One queue that vfio_ap does not have keeps the whole adapter from the guest."""
    started(world)
    world.simctl("write", "unbind", "03.0001", "03.0001")
    world.wait_until("it is told", lambda: "queueNotBound" in world.problems(A))
    contains(world.problems(A)["queueNotBound"], "03.0001", "not bound", "whole adapter")
    equal(world.device(A)["effective"], matrix([2], [1, 2]))


def test_control_domain_of_another(world):
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1], [1, 200]))
    world.call("Start", device=A)
    contains(world.problems(A)["controlDomainFiltered"], "00c8")
    equal(world.device(A)["effective"], matrix([2], [1], [1]))


def test_host_is_not_ready(world):
    for number, (missing, words) in enumerate((("passthrough", "vfio_ap"), ("ap_bus", "AP bus"))):
        world.write_definition(A, M, start="auto")
        world.start("--without", missing)
        host = world.host()
        equal((host["ready"], [p["code"] for p in host["problems"]]), (False, ["notReady"]))
        contains(host["reason"], words)
        check(len(world.call("ListQueues")["queues"]) == (32 if number == 0 else 0))
        equal(world.device(A)["definition"], M)
        error = world.refused("Unsupported", "Start", device=A)
        contains(error.parameters["reason"], words)
        world.call("Define", uuid=B, matrix=M)
        world.call("Undefine", device=B)
        world.terminate()
        world.remove_runtime()


BAD = {
    "{": "line 1", "": "ends too early", "[]": "not a JSON object",
    '{"mdev_type": "x"}': "mdev_type",
    '{"mdev_type": "vfio_ap-passthrough", "start": "auto", "attrs": {}}': "'attrs'",
    '{"mdev_type": "vfio_ap-passthrough", "attrs": [1]}': "'attrs'",
    '{"mdev_type": "vfio_ap-passthrough", "attrs": [{"assign_adapter": "256"}]}': "256",
    '{"mdev_type": "vfio_ap-passthrough", "attrs": [{"assign_adapter": "-1"}]}': "-1",
    '{"mdev_type": "vfio_ap-passthrough", "attrs": [{"assign_domain": "x"}]}': "assign_domain",
    '{"mdev_type": "vfio_ap-passthrough", "attrs": [{"ap_config": "0x1"}]}': "ap_config",
    b'{"mdev_type": "vfio_ap-passthrough\xff"}': "", "x" * 300000: "too long",
}


def test_bad_definition(world):
    """It is reported and kept, byte for byte, and stops nothing else."""
    started(world)
    kernel = world.kernel()
    for text, words in BAD.items():
        world.write_file(world.path(B), text)
        world.wait_until(f"{text[:60]} is told", lambda w=words: any(
            "badDefinition" in world.problems(B) and w in world.problems(B)["badDefinition"]
            for d in world.call("ListDevices")["devices"] if d["uuid"] == B))
        contains(world.problems(B)["badDefinition"], world.path(B), "left as it is")
        before = world.disk()
        for method, more in (("Start", {}), ("Assign", {"matrix": matrix([2], [])}),
                             ("Modify", {"start": "auto"})):
            error = world.refused("BadDefinition", method, device=B, **more)
            contains(error.parameters["reason"], world.path(B))
        world.refused("DeviceExists", "Define", uuid=B, matrix=matrix([3], [1]))
        equal(world.disk(), before, text[:60])
    equal(world.kernel(), kernel)
    world.restart()
    equal(world.active(A), ap_config(M))
    check("badDefinition" in world.problems(B))
    world.call("Undefine", device=B)
    check(not os.path.exists(world.path(B)))


def test_bad_own_file(world):
    """A bad file of our own spoils the definition: an interrupts policy must not get lost."""
    started(world)
    for text, words in (("{", "line 1"), ('{"name": "a b"}', "'name'"), ('{"name": 1}', "'name'"),
                        ('{"interrupts": "no"}', "'interrupts'"), ("[]", "not a JSON object")):
        world.write_file(world.own_path(A), text)
        world.wait_until("it is told", lambda w=words: w in world.problems(A).get("badDefinition",
                                                                                  ""))
        equal(world.device(A)["active"], M)
        before = world.disk()
        world.refused("BadDefinition", "Start", device=A)
        world.refused("BadDefinition", "Modify", device=A, name="web1")
        equal(world.disk(), before)
    world.write_file(world.own_path(A), {"version": 1, "name": "web1", "interrupts": "polled"})
    world.wait_until("it is well again", lambda: not world.problems(A))
    equal((world.device(A)["name"], world.device(A)["interrupts"]), ("web1", "polled"))


def test_live_device_with_a_bad_definition_can_be_stopped(world):
    started(world)
    world.write_file(world.path(A), "{")
    world.wait_until("it is told", lambda: "badDefinition" in world.problems(A))
    live = world.call("Assign", device=A, matrix=matrix([], [5]), scope="live")["device"]
    equal(live["active"], matrix([2, 3], [1, 2, 5]))
    world.call("Stop", device=A)
    equal(world.active(A), None)


def test_strange_files(world):
    started(world)
    folder = world.root + "/etc/mdevctl.d/matrix"
    names = ["README", A.upper(), A + ".json", A + "~", "a b\n\x1bc", "ä" * 20]
    for name in names:
        world.write_file(f"{folder}/{name}", "{")
    os.mkdir(f"{folder}/{C}")
    os.mkfifo(f"{folder}/{D}")
    os.symlink("/etc/passwd", f"{folder}/{B}")
    world.write_file(folder + "/.hidden", "{")
    world.simctl("plug", 9, "on")
    world.restart()
    messages = [p["message"] for p in world.host()["problems"] if p["code"] == "strangeFile"]
    equal(len(messages), len(names), messages)
    for message in messages:
        check(message.isprintable(), message)
    for uuid in (B, C, D):
        contains(world.problems(uuid)["badDefinition"], uuid)
    equal(world.active(A), ap_config(M))
    world.call("Define", uuid="e5555555-5555-4555-8555-555555555555", matrix=M)
    for name in names:
        check(os.path.exists(f"{folder}/{name}"), name)


def test_bad_host_policy(world):
    path = world.root + "/etc/apqd/host.json"
    world.write_file(path, "{")
    started(world)
    for text, words in (("{", "line 1"), ("[]", "not a JSON object"),
                        ('{"enforce": 1}', "line 1: 'enforce' is 1, and true or false"),
                        ('{"reserved": {"adapters": [\n\n300]}}',
                         "line 3: 'reserved.adapters' holds 300, and adapters are numbers"),
                        ("", "ends too early")):
        world.write_file(path, text)
        world.wait_until("it is told", lambda w=words: any(
            w in p["message"] for p in world.host()["problems"] if p["code"] == "badHostPolicy"))
        with open(path, encoding="utf-8") as file:
            equal(file.read(), text)
    world.write_file(path, {"enforce": True, "unknown": {"key": 1}})
    world.wait_until("it is well again", lambda: not world.host()["problems"])
    os.unlink(path)
    world.call("Assign", device=A, matrix=matrix([], [5]))
    equal(world.host()["problems"], [])


def test_bad_boot_rules(world):
    """chzdev's rules: where they are bad, it is told, also in folders that appear only later."""
    started(world)
    path = world.root + "/etc/udev/rules.d/41-ap.rules"
    os.makedirs(os.path.dirname(path))
    world.write_file(path, 'ATTR{../../bus/ap/apmask}="0xnonsense"\n')
    world.wait_until("it is told", lambda: any(
        path in p["message"] and "nonsense" in p["message"]
        for p in world.host()["problems"] if p["code"] == "strangeFile"))
    os.unlink(path)
    world.wait_until("it is well again", lambda: not world.host()["problems"])


def test_folder_is_replaced(world):
    """A folder that goes and comes again, as packages do it, is looked at again after a reload."""
    started(world)
    folder = world.root + "/etc/mdevctl.d/matrix"
    os.rename(folder, folder + ".old")
    os.mkdir(folder)
    equal(world.device(A)["active"], M)
    os.rmdir(folder)
    os.rename(folder + ".old", folder)
    world.call("Assign", device=A, matrix=matrix([], [5]))
    world.restart()
    equal(world.device(A)["definition"], matrix([2, 3], [1, 2, 5]))
