# SPDX-License-Identifier: GPL-2.0-or-later
"""The modules ap_host, ap_state and ap_info."""
from harness import check, contains, equal
from plays import check_thrice, refused, runs, task, thrice

U = "a1111111-1111-4111-8111-111111111111"


def test_reservations(fleet):
    world = fleet.worlds["kvm1"]
    made = runs(fleet,
                ("ap_host", {"adapters": "0-1", "queues": "02.0001"}),
                ("ap_host", {"domains": [3]}),
                ("ap_host", {"adapters": 1, "queues": ["02.0001-0002"], "state": "exact"}),
                ("ap_host", {"queues": "02.0002", "state": "absent"}),
                ("ap_host", {"domains": 2}),
                ("ap_host", {"queues": "01.0003", "state": "absent"}),
                ("ap_host", {"queues": "01.0000,03.0002", "state": "absent"}),
                ("ap_host", {"queues": "00.0002,01.0002,02.0002", "state": "absent"}),
                ("ap_host", {"adapters": 1}),
                ("ap_host", {"adapters": 1, "queues": "02.0001", "state": "absent"}))
    equal([result["policy"]["reserved"] for result in made],
          [{"adapters": [0, 1], "domains": [], "queues": ["02.0001"]},
           {"adapters": [0, 1], "domains": [3], "queues": ["02.0001"]},
           {"adapters": [1], "domains": [], "queues": ["02.0001", "02.0002"]},
           {"adapters": [1], "domains": [], "queues": ["02.0001"]},
           {"adapters": [1], "domains": [2], "queues": ["02.0001"]},
           {"adapters": [], "domains": [2], "queues": ["01.0000", "01.0001", "02.0001"]},
           {"adapters": [], "domains": [],
            "queues": ["00.0002", "01.0001", "01.0002", "02.0001", "02.0002"]},
           {"adapters": [], "domains": [], "queues": ["01.0001", "02.0001"]},
           {"adapters": [1], "domains": [], "queues": ["02.0001"]},
           {"adapters": [], "domains": [], "queues": []}], "reserved")
    equal(made[0]["diff"]["after"]["reserved"]["adapters"], ["00", "01"], "ids of a difference")
    equal(world.simctl("read", "apmask").strip(), "0x" + 64 * "f", "the host has all again")


def test_settings(fleet):
    world = fleet.worlds["kvm1"]
    made = runs(fleet,
                ("ap_host", {"gisa": True, "poll_timeout": 250000}),
                ("ap_host", {"enforce": True}),
                ("ap_host", {"queues": "01.0001", "mechanism": "overrides"}),
                ("ap_host", {"mechanism": "masks"}),
                ("ap_host", {"enforce": False, "queues": "01.0001", "state": "absent"}))
    equal((made[2]["collateral"], made[3]["policy"]["ownership"]), ([], "masks"), "mechanism")
    check(made[3]["collateral"], "the masks take other queues as well")
    policy = world.policy()
    equal(policy["interrupts"], {"gisa": True, "pollTimeout": 250000}, "interrupts")
    check(not policy.get("enforce"), "enforce")


def test_exact_spares_devices(fleet):
    world = fleet.worlds["kvm1"]
    runs(fleet,
         ("ap_host", {"adapters": [0, 1]}),
         ("ap_device", {"name": "web1", "adapters": 0, "domains": [1, 2], "state": "started"}),
         ("ap_host", {"adapters": 0, "state": "exact"}))
    runs(fleet, ("ap_host", {"adapters": [0, 1], "state": "exact"}))
    world.call("Unassign", device="web1", scope="live",
               matrix={"adapters": [], "domains": [2], "controlDomains": []})
    uuid = world.device("web1")["uuid"]
    refused(fleet, ("ap_host", {"adapters": 0, "state": "exact"}, ["devices would be changed", uuid]),
            ("ap_host", {"adapters": 0, "state": "absent"}, "00.0001"))


def test_the_host_keeps_a_queue(fleet):
    """Without force a host loses no mode; a new reservation is refused as a whole."""
    world = fleet.worlds["kvm1"]
    every = "0-%d" % (len(world.call("ListCards")["cards"]) - 1)
    before = world.ownership()
    refused(fleet, ("ap_host", {"adapters": every}, ["of mode CCA", "--force"]),
            ("ap_host", {"adapters": every, "state": "exact"}, "of mode CCA"),
            ("ap_device", {"name": "web1", "adapters": every, "domains": "0-3", "reserve": True,
                           "state": "started"}, "of mode CCA"))
    equal(world.ownership(), before)
    runs(fleet, ("ap_host", {"adapters": every, "force": True}))
    equal(world.host()["hostQueues"], 0)


def test_wrong_input(fleet):
    refused(fleet,
            ("ap_host", {"queues": "2.1"}, "'2.1' is no queue"),
            ("ap_host", {"queues": "02.0100"}, "'02.0100' has no domains"),
            ("ap_host", {"queues": "02.0003-0001"}, "has no domains"),
            ("ap_host", {"adapters": "x"}, "'x' is no id"),
            ("ap_host", {"poll_timeout": -1}, ["poll_timeout: -1", "120000000000"]),
            ("ap_host", {"poll_thread": True}, "takes interrupts"),
            ("ap_host", {"mechanism": "force"}, "masks, overrides, observe"),
            ("ap_info", {"gather": "all"}, "host, cards, queues, devices"),
            ("ap_info", {"device": "web9"}, "'web9'"),
            ("ap_info", {"adapters": "300", "gather": "devices"}, "'300' is too big"),
            ("ap_state", {"document": {"devices": {}}}, "devices must be a list"),
            ("ap_state", {"document": {"devices": [1]}}, "devices[0] must be a dictionary"),
            ("ap_state", {"document": {"version": 2, "devices": []}}, "'state.version'"),
            ("ap_state", {"document": {"devices": [{"name": "a", "colour": 1}]}}, "colour"),
            ("ap_state", {"document": {"devices": [{"name": "a", "domains": "4x"}]}},
             "devices[0].domains: '4x' is no id"),
            ("ap_state", {"document": {"host": {"reserved": {"adapters": 999}}}},
             "host.reserved.adapters: '999' is too big"))


def test_state_moves_queues(fleet):
    def state(first, second):
        return {"prune": True, "document": {
            "version": 1, "host": {"reserved": {"adapters": "0,1"}},
            "devices": [{"uuid": U, "name": "a", "start": "auto", "adapters": first, "domains": "0x1"},
                        {"name": "b", "start": "auto", "adapters": second, "domains": 1}]}}

    world = fleet.worlds["kvm1"]
    results = fleet.tasks([*thrice("ap_state", **state(0, 1)), *thrice("ap_state", **state(1, 0))])
    check_thrice(results[:3])
    made = check_thrice(results[3:])
    equal(made["diff"]["before"]["devices"][U]["adapters"], [0], "before")
    equal(made["diff"]["after"]["devices"][U]["adapters"], [1], "after")
    equal((world.device("a")["active"]["adapters"], world.device("b")["active"]["adapters"]),
          ([1], [0]), "active")
    found = fleet.tasks([
        task("ap_info", {"gather": "state"}, register="ap"),
        task("ap_state", {"document": {"version": 1, "devices": []}, "prune": True}),
        task("ap_state", {"document": "{{ ap.state }}", "prune": True}),
        task("ap_info", {"gather": "state"})])
    equal([result["changed"] for result in found], [False, True, True, False], "changed")
    equal(found[3]["state"], found[0]["state"], "as it was written down")


def test_info(fleet):
    world = fleet.worlds["kvm1"]
    runs(fleet, ("ap_device", {"name": "web1", "adapters": 1, "domains": [1, 2], "reserve": True,
                               "start": "auto"}))
    before = fleet.state()
    whole, some, own = fleet.tasks([
        task("ap_info"),
        task("ap_info", {"gather": ["cards", "queues"], "adapters": "0x1", "domains": "0-1"}),
        task("ap_info", {"gather": "queues,devices", "device": "web1"})])
    for result in (whole, some, own):
        check(not result["changed"] and not result["failed"], "it reads only", result)
    equal(len(whole["queues"]), 16, "all queues")
    equal([card["adapter"] for card in whole["cards"]], [0, 1, 2, 3], "cards")
    equal(whole["host"]["kernel"], world.host()["kernel"], "host")
    equal(whole["devices"][0]["interrupt_queues"], [], "spelt with underscores")
    equal([queue["apqn"] for queue in some["queues"]], ["01.0000", "01.0001"], "filtered queues")
    equal([card["adapter"] for card in some["cards"]], [1], "filtered cards")
    check("host" not in some, "what is not asked for")
    equal([queue["apqn"] for queue in own["queues"]], ["01.0001", "01.0002"], "queues of a device")
    contains(own["devices"][0]["name"], "web1")
    equal(fleet.state(), before, "kernel and files")


def test_exact_takes_nothing_unseen(fleet):
    """A device that somebody defines between what a task reads and what the next applies stays."""
    world = fleet.worlds["kvm1"]
    found = fleet.tasks([task("ap_info", {"gather": ["state"]})])[0]
    document = dict(found["state"], devices=[])
    world.call("Define", name="other", matrix={"adapters": [3], "domains": [3], "controlDomains": []})
    refused(fleet, ("ap_state", {"document": document, "prune": True, "revision": found["revision"]},
                    ["no longer as it was read", "Run the task again"]))
    equal([d["name"] for d in world.call("ListDevices")["devices"]], ["other"], "it stays")
    found = fleet.tasks([task("ap_info", {"gather": ["state"]})])[0]
    done = fleet.tasks([task("ap_state", {"document": document, "prune": True,
                                          "revision": found["revision"]})])[0]
    equal((done["changed"], done["revision"]), (True, found["revision"]))
    equal(world.call("ListDevices")["devices"], [], "seen, and taken away")
