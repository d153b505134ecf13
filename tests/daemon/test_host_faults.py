# SPDX-License-Identifier: GPL-2.0-or-later
"""The host side where something goes wrong: slow and failing writes, kills, locks, bad records.

One test for each thing that a review found lost, stolen or half done.
"""
import json
import os
import signal
import subprocess
import time

from harness import A, B, VarlinkError, ap_config, check, contains, equal, matrix
from test_managers import taken
from test_ownership import OLD, drivers, row

LOCK = "/run/lock/s390apconfig.lock"


def records(world):
    return [n for n in os.listdir(world.root + "/run/apqd/pending") if n[0] != "."]


def make_unwritable(path):
    """What takes the place of the file's temporary name cannot be written, also not by root."""
    folder, name = os.path.split(path)
    os.makedirs(f"{folder}/.{name}.apqd/x")


def override(world, queue, driver):
    """As another program hands a queue to a driver."""
    world.simctl("write", "driver_override", driver, queue)
    world.simctl("write", "unbind", queue, queue, status=None)
    world.simctl("write", "drivers_probe", queue)


def stir(world, seconds):
    """Events that have the daemon look again and again, for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        world.simctl("domain", 200, "on")
        world.simctl("domain", 200, "off")
        time.sleep(0.05)


# --- slow changes: the host is one for all, so nobody plans beside a change of it


def test_slow_change_keeps_others_waiting(world):
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1]))
    world.call("Reserve", queues=["03.0007"], mechanism="overrides")
    with world.client() as first, world.client() as second, world.client() as third:
        with world.blocked("drivers_probe") as reached:
            first.send("Start", {"device": A, "reserve": True})
            reached()
            second.send("Reserve", {"queues": ["02.0002"]})
            third.send("SetInterrupts", {"pollTimeout": 1000})
            world.wait_long()
            # a reader does not wait
            equal(world.host()["mechanism"], "overrides")
            check(second.is_silent(0) and third.is_silent(0), "they did not wait")
            equal(len(records(world)), 1, "one is under way")
        for client in (first, second, third):
            equal(client.answer()["changed"], True)
    three = {"01.0001", "02.0002", "03.0007"}
    equal((drivers(world), world.policy()["reserved"]["queues"]), (three, sorted(three)))
    equal(world.policy()["interrupts"]["pollTimeout"], 1000)
    equal((world.active(A), world.host_problems()), (ap_config(matrix([1], [1])), {}))
    world.nothing_under_way()


test_slow_change_keeps_others_waiting.seconds = 3


def test_slow_change_that_fails_takes_back_only_its_own(world):
    world.start(*OLD)
    world.call("Reserve", adapters=[0])
    world.call("Define", uuid=A, matrix=matrix([1], [1]))
    world.simctl("fail", "ap_config", "EIO")
    with world.client() as first, world.client() as second:
        with world.blocked("ap_config"):
            first.send("Start", {"device": A, "reserve": True})
            world.wait_long()
            second.send("Reserve", {"adapters": [2]})
        try:
            first.answer()
            check(False, "the start did not fail")
        except VarlinkError as error:
            equal(error.short, "KernelRefused")
        equal(second.answer()["changed"], True)
    equal((taken(world), world.policy()["reserved"]["adapters"]), (([0, 2], []), [0, 2]))
    equal(world.policy()["masks"], {"adapters": [0, 2], "domains": []})
    equal((world.active(A), world.host_problems()), (None, {}))


test_slow_change_that_fails_takes_back_only_its_own.seconds = 3


def test_slow_change_beside_another_program(world):
    """What another program takes meanwhile is taken again, and policy and kernel agree."""
    world.write_file(world.host_path, {"enforce": True})
    world.start()
    world.call("Reserve", queues=["03.0001"], mechanism="overrides")
    with world.client() as client:
        with world.blocked("drivers_probe"):
            client.send("Reserve", {"queues": ["01.0001"]})
            world.wait_long()
            override(world, "03.0001", "\n")
        message = client.receive()
    done = "error" not in message
    check(done or message["error"].endswith(".KernelRefused"), message)
    expected = {"03.0001"} | ({"01.0001"} if done else set())
    world.wait_until("it is taken again", lambda: drivers(world) == expected)
    equal(world.policy()["reserved"]["queues"], sorted(expected))
    equal(world.policy()["enforce"], True)
    world.wait_until("nothing is lost", lambda: not world.host_problems())


test_slow_change_beside_another_program.seconds = 4


def test_killed_while_slow(world):
    world.start()
    world.simctl("block", "drivers_probe")
    with world.client() as first, world.client() as second:
        first.send("Reserve", {"queues": ["01.0001"], "mechanism": "overrides"})
        second.send("Reserve", {"queues": ["01.0002"]})
        world.wait_long()
        equal(records(world), ["host.json"])
        world.kill()
        equal((first.receive(), second.receive()), (None, None), "answers")
    world.start()
    equal((drivers(world), world.policy()["reserved"]["queues"]), ({"01.0001"}, ["01.0001"]))
    world.nothing_under_way()


test_killed_while_slow.seconds = 3


# --- what was cut off


def test_recovery_waits_for_the_lock(world):
    """Longer than a client would: the record stays until it is over, and others go on."""
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1]))
    world.simctl("crash", "drivers_probe", "before")
    with world.client() as client:
        client.send("Start", {"device": A, "reserve": True})
        world.crashed()
    with subprocess.Popen(["sleep", "100"]) as other:
        try:
            world.write_file(world.root + LOCK, f"{other.pid}\n")
            world.spawn()
            check(world.wait_note("READY=1", 15), "it is not ready while the lock is held")
            equal((records(world), world.active(A)), ([A + ".json"], None))
            contains(world.read_log(), "is waiting for the AP configuration lock")
            os.unlink(world.root + LOCK)
        finally:
            other.kill()
    world.wait_until("it is finished", lambda: not records(world))
    equal((world.active(A), drivers(world)), (ap_config(matrix([1], [1])), {"01.0001"}))
    equal((world.policy()["reserved"]["queues"], world.host_problems()), (["01.0001"], {}))


test_recovery_waits_for_the_lock.seconds = 12


def crash_reserving(world, when="before"):
    world.start(*OLD)
    world.simctl("crash", "apmask", when)
    with world.client() as client:
        client.send("Reserve", {"adapters": [1]})
        world.crashed()
    equal(records(world), ["host.json"])


def test_recovery_touches_only_its_bits(world):
    for when in ("before", "after"):
        crash_reserving(world, when)
        world.simctl("write", "apmask", "-3")
        world.simctl("write", "aqmask", "-7")
        world.start(*OLD)
        equal(taken(world), ([1, 3], [7]), when)
        equal(world.policy()["masks"], {"adapters": [1], "domains": []})
        world.nothing_under_way()
        world.terminate()
        world.remove_runtime()
        os.unlink(world.host_path)


def test_recovery_where_apqd_may_not(world):
    for text in ('{"ownership": "observe"}', "{"):
        crash_reserving(world)
        world.write_file(world.host_path, text)
        world.simctl("count", "reset")
        world.start(*OLD)
        equal((taken(world), world.count("writes"), records(world)), (([], []), 0, []), text)
        with open(world.host_path, encoding="utf-8") as file:
            equal(file.read(), text)
        world.terminate()
        world.remove_runtime()
        os.unlink(world.host_path)


def test_hostile_record(world):
    """A record of the host that speaks of a device, or of masks that are none, is no order."""
    matrix = {"adapters": [1], "domains": [1], "controlDomains": []}
    definition = {"matrix": matrix, "name": "", "start": "auto", "interrupts": "any"}
    device = {"uuid": A, "live": True, "started": True, "active": matrix, "action": "write",
              "definition": definition, "wasStarted": False, "wasActive": matrix,
              "wasDefined": False, "wasDefinition": definition}
    for more in ({"devices": [device]}, {"devices": {}}, {"devices": None}, {"force": 1}, {"host": {"ownership": True}},
                 {"host": {"ownership": True, "apmask": "0x1", "aqmask": "1", "take": [], "give": [],
                           "writePolicy": True, "policy": []}}):
        crash_reserving(world)
        path = world.root + "/run/apqd/pending/host.json"
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        world.write_file(path, {**record, **more})
        world.simctl("count", "reset")
        # what the killed one was writing goes
        disk = {name: file for name, file in world.disk().items() if not name.endswith(".apqd")}
        world.start(*OLD)
        equal((world.count("writes"), taken(world), world.kernel()), (0, ([], []), {}), more)
        equal((world.disk(), world.call("ListDevices")["devices"]), (disk, []), more)
        world.nothing_under_way()
        world.terminate()
        world.remove_runtime()


# --- what is refused on the way


def test_hand_over_that_cannot_be_taken_back_is_said(world):
    world.start()
    world.simctl("fail", "drivers_probe", "EIO")
    world.simctl("fail", "driver_override", "EIO", "after", 1)
    error = world.refused("KernelRefused", "Reserve", queues=["01.0001"], mechanism="overrides")
    contains(error.parameters["message"], "01.0001/driver_override", "not all be undone")
    equal(world.policy(), {})
    # asked again, it goes on from there
    override(world, "01.0001", "\n")
    world.call("Reserve", queues=["01.0001"])
    equal((drivers(world), world.host_problems()), ({"01.0001"}, {}))


def test_choice_that_cannot_be_written(world):
    """Where /etc is read-only the queues are taken all the same: warned once, and not again."""
    for options, reserved in ((OLD, {"adapters": [1]}), ((), {"queues": ["01.0001"]})):
        world.init(*options)
        world.write_file(world.host_path, {"reserved": reserved})
        make_unwritable(world.host_path)
        world.write_definition(A, matrix([1], [1]), start="auto")
        world.start(*options)
        expected = row(1) if "adapters" in reserved else {"01.0001"}
        equal((drivers(world), world.active(A)), (expected, ap_config(matrix([1], [1]))))
        before = len(world.read_log())
        world.simctl("count", "reset")
        stir(world, 1.5)
        equal((world.count("writes"), world.host_problems()), (0, {}))
        equal(world.read_log()[before:], "", "log")
        equal(world.read_log().count("Could not write the host policy"), 1, "warnings")
        equal(world.policy(), {"reserved": reserved})
        # a queue that comes back is still known as ours
        world.simctl("plug", 1, "off")
        world.simctl("plug", 1, "on")
        world.wait_until("it is taken again", lambda: drivers(world) == expected)
        # and a client's reservation is not half done
        world.refused("StoreFailed", "Reserve", adapters=[2])
        equal((drivers(world), world.policy()), (expected, {"reserved": reserved}))
        world.terminate()
        world.remove_runtime()
        os.rmdir(f"{world.root}/etc/apqd/.host.json.apqd/x")
        os.rmdir(f"{world.root}/etc/apqd/.host.json.apqd")
        os.unlink(world.host_path)
        os.unlink(world.log)


test_choice_that_cannot_be_written.seconds = 5


def test_ready_when_all_is_done(world):
    """Not while the policy is still being carried out, whatever happens meanwhile."""
    world.init()
    world.write_file(world.host_path, {"ownership": "overrides",
                                       "reserved": {"queues": ["01.0001"]}})
    world.write_definition(A, matrix([1], [1]), start="auto")
    with world.blocked("ap_config") as reached_device:
        with world.blocked("drivers_probe") as reached_host:
            world.spawn()
            for reached in (reached_host, reached_device):
                reached()
                for _ in range(10):
                    world.simctl("gisa", "off")
                    world.simctl("gisa", "on")
                    check(not world.wait_note("READY=1", 0.1), "it is ready too early")
                world.simctl("unblock")
    world.wait_ready()
    equal((world.active(A), drivers(world)), (ap_config(matrix([1], [1])), {"01.0001"}))


test_ready_when_all_is_done.seconds = 3


# --- nothing is done over and over


def test_without_vfio_ap(world):
    """Nothing is taken as long as nobody could have it, and nothing is tried in circles."""
    world.init("--without", "passthrough")
    world.write_file(world.host_path, {"ownership": "overrides",
                                       "reserved": {"queues": ["01.0001"]}})
    world.start("--without", "passthrough")
    world.simctl("count", "reset")
    stir(world, 1.5)
    equal((world.count("writes"), drivers(world)), (0, set()))
    equal(world.ownership()["queues"]["01.0001"], ("", "cex4queue"))
    equal(world.read_log().count("cannot be carried out"), 1, "warnings")
    contains(world.read_log(), "modprobe vfio_ap")
    world.terminate()
    world.remove_runtime()
    world.start()
    equal((drivers(world), world.host_problems()), ({"01.0001"}, {}))


test_without_vfio_ap.seconds = 2


def test_conflict_at_start_is_cured(world):
    for enforce in (False, True):
        world.init()
        world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [1]},
                                           "enforce": enforce})
        override(world, "02.0001", "vfio_ap")
        world.start()
        stir(world, 1)
        equal((taken(world), world.read_log().count("cannot be carried out")), (([], []), 1))
        override(world, "02.0001", "\n")
        world.wait_until("it is taken", lambda: taken(world) == ([1], []))
        world.wait_until("it is well", lambda: not world.host_problems())
        world.terminate()
        world.remove_runtime()
        os.unlink(world.host_path)
        os.unlink(world.log)


test_conflict_at_start_is_cured.seconds = 3


# --- before there is a queue


def test_mechanism_is_chosen_when_it_can_be(world):
    """One queue by the masks would take its neighbours, which are not there yet."""
    world.init()
    for card in range(4):
        world.simctl("plug", card, "off")
    policy = {"reserved": {"queues": ["01.0001"]}}
    world.write_file(world.host_path, policy)
    world.start()
    equal((world.policy(), taken(world)), (policy, ([], [])))
    error = world.refused("Unsupported", "Reserve", queues=["01.0001"], mechanism="overrides")
    contains(error.parameters["reason"], "only a queue shows")
    for card in range(4):
        world.simctl("plug", card, "on")
    world.wait_until("it is taken", lambda: drivers(world) == {"01.0001"})
    world.wait_until("it is written down", lambda: world.policy().get("ownership") == "overrides")
    world.wait_until("it is well", lambda: not world.host_problems())
    equal(taken(world), ([], []))


def test_whole_adapter_is_chosen_with_the_first_queue(world):
    """It needs no queue of its own: the masks take just that, and the host never has it."""
    world.init()
    world.simctl("plug", 1, "off")
    world.write_file(world.host_path, {"reserved": {"adapters": [1]}})
    world.start()
    equal((taken(world), world.policy()["ownership"]), (([1], []), "masks"))
    world.simctl("plug", 1, "on")
    world.wait_until("it is taken", lambda: drivers(world) == row(1))


def test_part_of_an_absent_adapter(world):
    """The others of its queues that the machine has stay reserved, though the card is away."""
    world.start(*OLD)
    world.call("Reserve", adapters=[1])
    world.simctl("plug", 1, "off")
    world.wait_until("it is gone", lambda: all(c["adapter"] != 1 for c in
                                               world.call("ListCards")["cards"]))
    world.call("Release", queues=["01.0003"])
    equal(world.policy()["reserved"], {"adapters": [], "domains": [],
                                       "queues": ["01.0000-0002", "01.0004-0007"]})
    equal(taken(world), ([1], []))


# --- interrupts, and size


def test_required_interrupts_for_a_device_that_is_there(world):
    """Another program made it, empty: that it is there does not make it run without interrupts."""
    world.init()
    world.give(1)
    world.simctl("gisa", "off")
    world.start()
    world.call("Define", uuid=A, matrix=matrix([1], [1]), interrupts="required")
    world.call("Define", uuid=B, matrix=matrix([1], [2]), interrupts="required", start="auto")
    world.terminate()
    for uuid in (A, B):
        world.simctl("write", "create", uuid)
    empty = ap_config(matrix())
    world.start()
    for uuid in (A, B):
        world.refused("InterruptsUnavailable", "Start", device=uuid)
        equal(world.active(uuid), empty)
        contains(world.problems(uuid)["interruptsUnavailable"], "use_gisa")
    world.simctl("gisa", "on")
    world.wait_until("one starts by itself",
                     lambda: world.active(B) == ap_config(matrix([1], [2])))
    equal(world.call("Start", device=A)["changed"], True)


def test_reply_of_65536_queues(world):
    world.start("--cards", "256", "--domains", "256")
    queues = [f"{adapter:02x}.0000-00ff" for adapter in range(256)]
    reply = world.call("Reserve", queues=queues, mechanism="overrides", force=True, dryRun=True)
    steps, last = reply["steps"], reply["steps"][-2:]
    check(len(json.dumps(reply)) < 16 << 20, "too long")
    check("more" in [s["action"] for s in last], last)
    more = next(int(s["detail"]) for s in last if s["action"] == "more")
    # three writes for each queue, and the policy
    equal(sum(s["action"] != "more" for s in steps) + more, 3 * 65536 + 1)


test_reply_of_65536_queues.seconds = 3


def test_queue_that_is_back_at_once(world):
    """Gone and back before apqd has looked: it is another one, without its driver_override."""
    world.start()
    world.call("Reserve", queues=["01.0001"], mechanism="overrides")
    for _ in range(3):
        world.daemon.send_signal(signal.SIGSTOP)
        world.simctl("plug", 1, "off")
        world.simctl("plug", 1, "on")
        equal(world.ownership()["queues"]["01.0001"], ("", "cex4queue"))
        world.daemon.send_signal(signal.SIGCONT)
        world.wait_until("it is taken again", lambda: drivers(world) == {"01.0001"}, 5)
    # what another program gives to the host without that is left where it is
    override(world, "01.0001", "\n")
    world.wait_until("it is told", lambda: "reservationLost" in world.host_problems())
    stir(world, 1)
    equal(drivers(world), set())


test_queue_that_is_back_at_once.seconds = 3
