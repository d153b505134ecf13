# SPDX-License-Identifier: GPL-2.0-or-later
"""The module ap_device."""
from harness import check, contains, equal
from plays import guest_of, refused, runs, task

U = "a1111111-1111-4111-8111-111111111111"


def test_every_state(fleet):
    world = fleet.worlds["kvm1"]
    world.give(0, 1)
    made = runs(
        fleet,
        ("ap_device", {"name": "web1", "adapters": "0,0x1", "domains": 1}),
        ("ap_device", {"name": "web1", "state": "started"}),
        ("ap_device", {"name": "web1", "domains": ["2", "0x3-3"], "exact": False}),
        ("ap_device", {"name": "web1", "adapters": [1], "control_domains": "0-2"}),
        ("ap_device", {"name": "web1", "interrupts": "polled", "state": "stopped"}),
        ("ap_device", {"name": "web1", "state": "stopped", "adapters": "0", "domains": [0, 1]}),
        ("ap_device", {"name": "web1", "state": "started", "adapters": [0, 1], "start": "auto"}),
        ("ap_device", {"name": "web1", "state": "stopped"}),
        ("ap_device", {"name": "web1"}),
        ("ap_device", {"name": "web1", "state": "absent"}))
    equal(made[0]["device"]["definition"],
          {"adapters": [0, 1], "domains": [1], "control_domains": []}, "defined")
    equal(made[0]["device"]["active"], None, "defined only")
    equal(made[1]["device"]["active"]["domains"], [1], "started")
    equal(made[2]["device"]["active"]["domains"], [1, 2, 3], "additive")
    equal(made[3]["device"]["definition"],
          {"adapters": [1], "domains": [1, 2, 3], "control_domains": [0, 1, 2]}, "exact")
    equal((made[4]["device"]["active"], made[4]["device"]["interrupts"]), (None, "polled"), "stopped")
    equal(made[5]["device"]["definition"]["adapters"], [0], "changed while stopped")
    equal(made[6]["device"]["active"]["adapters"], [0, 1], "started again")
    equal(made[7]["device"]["start"], "auto", "stopped, though it starts by itself")
    check(made[8]["device"]["active"], "present starts what starts by itself")
    equal(made[9]["device"], None, "absent")
    equal((world.kernel(), world.call("ListDevices")["devices"]), ({}, []), "all is gone")
    equal(made[2]["diff"]["before"]["domains"], ["0001"], "ids of a difference")


def test_check_mode_touches_nothing(fleet):
    fleet.worlds["kvm1"].give(0)
    fleet.tasks([task("ap_device", {"name": "old", "adapters": 0, "domains": 0,
                                    "state": "started"})])
    before = fleet.state()
    results = fleet.tasks([
        task("ap_device", {"name": "new", "adapters": 0, "domains": 1, "state": "started"}),
        task("ap_device", {"name": "new", "adapters": 1, "domains": 1, "state": "started",
                           "reserve": True}),
        task("ap_device", {"name": "old", "domains": 2}),
        task("ap_device", {"name": "old", "state": "stopped"}),
        task("ap_device", {"name": "old", "state": "absent"}),
        task("ap_host", {"adapters": 2, "enforce": True}),
        task("ap_host", {"adapters": 2, "state": "exact"}),
        task("ap_state", {"document": {"devices": []}, "prune": True})], "--check")
    equal([result["changed"] for result in results], [True] * 8, "changed")
    equal(fleet.state(), before, "kernel and files after check mode")


def test_uuid_and_names(fleet):
    made = runs(fleet,
                ("ap_device", {"uuid": U.upper(), "adapters": 5, "domains": "0x47"}),
                ("ap_device", {"uuid": U, "name": "web1"}),
                ("ap_device", {"uuid": U, "name": "web2"}),
                ("ap_device", {"name": "web2", "state": "absent"}))
    equal([result["device"] and result["device"]["name"] for result in made],
          [None, "web1", "web2", None], "names")


def test_reserve(fleet):
    made = runs(fleet,
                ("ap_device", {"name": "a", "adapters": 0, "domains": 1, "state": "started",
                               "reserve": True}),
                ("ap_device", {"name": "b", "adapters": 1, "domains": 2, "start": "auto",
                               "reserve": True}),
                ("ap_device", {"name": "a", "adapters": [0, 2], "reserve": True}))
    equal([result["device"]["active"]["adapters"] for result in made], [[0], [1], [0, 2]], "active")


def test_refused_start_leaves_nothing(fleet):
    world = fleet.worlds["kvm1"]
    world.give(1)
    fleet.tasks([task("ap_device", {"name": "old", "adapters": 1, "domains": 1})])
    start = {"adapters": 0, "domains": 1, "state": "started"}
    before = fleet.state()
    found = refused(fleet,
                    ("ap_device", {"name": "new", **start}, ["00.0001", "Nothing was changed"]),
                    ("ap_device", {"name": "old", **start}, ["00.0001", "taken back"]))
    equal(found[0]["error"]["name"], "io.apqd.Manager.Conflict", "the error's name")
    equal(found[0]["error"]["parameters"]["problems"][0]["queues"], ["00.0001"], "its parameters")
    # in check mode too it is known that it cannot be started
    results = fleet.tasks([task("ap_device", {"name": "new", **start}),
                           task("ap_device", {"name": "old", **start})], "--check")
    for result in results:
        contains(result["msg"], "00.0001")
    equal(fleet.state(), before, "kernel and files")


def test_guest_in_the_way(fleet):
    world = fleet.worlds["kvm1"]
    world.give(0, 1)
    fleet.tasks([task("ap_device", {"name": "web1", "adapters": [0, 1], "domains": 1,
                                    "state": "started"})])
    with guest_of(world, "web1"):
        refused(fleet,
                ("ap_device", {"name": "web1", "state": "stopped"}, "in use by process"),
                ("ap_device", {"name": "web1", "state": "absent"}, "in use by process"),
                ("ap_device", {"name": "web1", "adapters": 0}, "in use by process"))
        made = runs(fleet, ("ap_device", {"name": "web1", "adapters": 0, "force": True}))
        equal(made[0]["device"]["active"]["adapters"], [0], "taken by force")


def test_drift_is_a_difference(fleet):
    world = fleet.worlds["kvm1"]
    world.give(0, 1)
    wanted = {"name": "web1", "adapters": 0, "domains": [1, 2], "state": "started"}
    fleet.tasks([task("ap_device", wanted)])
    uuid = world.device("web1")["uuid"]
    world.call("Unassign", device=uuid, scope="live",
               matrix={"adapters": [], "domains": [2], "controlDomains": []})
    made = runs(fleet, ("ap_device", wanted))[0]
    equal(made["diff"]["before"]["active"]["domains"], ["0001"], "what the kernel had")
    check("active" not in made["diff"]["after"], "the kernel has what is defined")
    equal(made["device"]["active"]["domains"], [1, 2], "active")


def test_wrong_input(fleet):
    fleet.tasks([task("ap_device", {"name": "web1", "adapters": 0, "domains": 0})])
    whole = {"name": "x", "adapters": 0, "domains": 0}
    refused(
        fleet,
        ("ap_device", {"name": "x", "adapters": 0}, "adapters and domains must be given"),
        ("ap_device", {"adapters": 0, "domains": 0}, "one of the following is required"),
        ("ap_device", {**whole, "adapters": 256}, ["'256' is too big", "255"]),
        ("ap_device", {**whole, "adapters": "0a"}, "'0a' is no id: write 0xa."),
        ("ap_device", {**whole, "adapters": "010"}, "'010' is no id: write 10 or 0x10."),
        ("ap_device", {**whole, "domains": ["1", "0047"]}, "'0047' is no id: write 47 or 0x47."),
        ("ap_device", {**whole, "domains": "0010-0012"}, "write 10-12 or 0x10-0x12."),
        ("ap_device", {**whole, "control_domains": "00"}, "write 0 or 0x0."),
        ("ap_device", {**whole, "control_domains": "0200"}, "'0200' is no id: write 200."),
        ("ap_device", {**whole, "domains": "5-2"}, "'5-2' ends before it begins"),
        ("ap_device", {**whole, "domains": [True]}, "True is no id"),
        ("ap_device", {**whole, "domains": [[1]]}, "[1] is no id"),
        ("ap_device", {**whole, "control_domains": "-1"}, "'-1' is no id"),
        ("ap_device", {**whole, "name": "a b"}, "'a b' is no name"),
        ("ap_device", {**whole, "name": U}, "is no name"),
        ("ap_device", {**whole, "uuid": "abc"}, "'abc' is no UUID"),
        ("ap_device", {**whole, "uuid": U, "name": "web1"}, "'web1' exists already"),
        ("ap_device", {**whole, "start": "sometimes"}, "auto, manual"),
        ("ap_device", {**whole, "state": "gone"}, "present, started, stopped, absent"),
        ("ap_device", {**whole, "adapter": 0}, "adapter"),
        ("ap_device", {**whole, "timeout": 0}, "is no time"),
        ("ap_device", {**whole, "socket": "/nowhere"}, ["'/nowhere'", "systemctl enable"]))


def test_bad_definition(fleet):
    """A device with a bad definition keeps its name: no second one appears, and absent removes it."""
    world = fleet.worlds["kvm1"]
    world.give(0)
    runs(fleet, ("ap_device", {"name": "web1", "adapters": 0, "domains": 1, "state": "started"}))
    uuid = world.device("web1")["uuid"]
    world.write_file(world.path(uuid), "")
    world.call("Reload")
    before = fleet.state()
    wanted = {"name": "web1", "adapters": 0, "domains": 1}
    refused(fleet, ("ap_device", wanted, "cannot be used"),
            ("ap_device", {**wanted, "state": "started"}, "cannot be used"))
    equal(fleet.state(), before)
    runs(fleet, ("ap_device", {"name": "web1", "state": "absent"}))
    equal((world.kernel(), world.call("ListDevices")["devices"]), ({}, []), "all is gone")


def test_a_device_that_cannot_be_listed(fleet):
    """A started device whose queues the kernel cannot list counts as started: absent stops it."""
    world = fleet.worlds["kvm1"]
    world.give(0, 1, 2, 3)
    device = {"name": "web1", "adapters": 0, "domains": 1, "state": "started"}
    uuid = runs(fleet, ("ap_device", device))[0]["device"]["uuid"]
    world.simctl("write", "assign_domain", 2, uuid)
    world.wait_until("it is not known", lambda: world.device(uuid)["active"] is None)
    gone = runs(fleet, ("ap_device", {"name": "web1", "state": "absent"}))[0]
    equal((gone["changed"], gone["diff"]["before"]["started"]), (True, True), "it was started")
    equal((world.simctl("read", "devices"), world.call("ListDevices")["devices"]), ("", []), "gone")


test_a_device_that_cannot_be_listed.options = ("--kernel", "6.12", "--without", "ap_config")
