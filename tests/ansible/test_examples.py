# SPDX-License-Identifier: GPL-2.0-or-later
"""The playbooks in examples, on three hosts as their inventory has them, and the role."""
from harness import check, equal
from plays import EXAMPLES, guest_of

INVENTORY = [EXAMPLES + "/inventory.yml"]
# The hosts are simulated: there is no package to be installed, and no unit to be started.
OPTIONS = ["-e", '{"apqd_install": false, "apqd_service": false}']
HOSTS = ["kvm1", "kvm2", "kvm3"]
GUESTS = {"kvm1": ["web1", "web2", "web3"], "kvm2": ["mail1", "mail2", "mail3"],
          "kvm3": ["db1", "db2", "db3"]}


def play(fleet, name, *options):
    results = fleet.must(f"{EXAMPLES}/{name}", *OPTIONS, *options, inventory=INVENTORY)
    equal({entry["host"] for entry in results}, set(HOSTS), "hosts")
    return results


def changed(results):
    return sorted({(entry["host"], entry["task"]) for entry in results
                   if entry["result"].get("changed")})


def differences(results):
    """(before, after) of everything that is or would be changed."""
    return [(one["diff"]["before"], one["diff"]["after"])
            for entry in sorted(results, key=lambda entry: entry["host"])
            for one in entry["result"].get("results", [entry["result"]])
            if one.get("changed") and "diff" in one]


def test_guests(fleet):
    before = fleet.state()
    foreseen = play(fleet, "guests.yml", "--check", "--diff")
    equal(fleet.state(), before, "hosts after check mode")
    made = play(fleet, "guests.yml", "--diff")
    equal(changed(foreseen), changed(made), "changed in check mode and in earnest")
    equal(differences(foreseen), differences(made), "differences")
    for host, names in GUESTS.items():
        for name in names:
            device = fleet.worlds[host].device(name)
            equal((device["active"]["adapters"], len(device["active"]["domains"]),
                   device["interrupts"], device["effective"]), ([0, 1], 1, "required",
                                                                device["active"]), name)
    equal(changed(play(fleet, "guests.yml")), [], "changed by the second run")

    # somebody changes a definition by hand: check mode shows exactly that
    fleet.worlds["kvm2"].call("Modify", device="mail2", start="manual")
    found = play(fleet, "guests.yml", "--check", "--diff")
    equal([host for host, _ in changed(found)], ["kvm2"], "hosts that differ")
    (old, new), = differences(found)
    equal({key for key in old if old[key] != new[key]}, {"start"}, "what differs")
    equal((old["name"], old["start"], new["start"]), ("mail2", "manual", "auto"), "how")


test_guests.hosts = HOSTS


def test_rolling(fleet):
    play(fleet, "guests.yml")
    options = ["-e", "old_card=1 new_card=2"]
    with guest_of(fleet.worlds["kvm1"], "web1"):
        results = play(fleet, "rolling.yml", *options)
        order = [entry["host"] for entry in results]
        equal(order, sorted(order), "one host after the other")
        for host, names in GUESTS.items():
            for name in names:
                equal(fleet.worlds[host].device(name)["active"]["adapters"], [0, 2], name)
            equal(fleet.worlds[host].host()["reserved"]["adapters"], [0, 2], host)
        equal(changed(play(fleet, "rolling.yml", *options)), [], "changed by the second run")


test_rolling.hosts = HOSTS


def test_rolling_ends_at_the_first_failure(fleet):
    play(fleet, "guests.yml")
    before = fleet.state()
    # 9 is no card of kvm1: its guests would not get it
    status, results, _ = fleet.playbook(f"{EXAMPLES}/rolling.yml", *OPTIONS, "-e",
                                        "old_card=1 new_card=9", inventory=INVENTORY)
    check(status != 0, "it went on")
    equal({entry["host"] for entry in results}, {"kvm1"}, "hosts that were tried")
    after = fleet.state()
    equal([after[host] for host in HOSTS[1:]], [before[host] for host in HOSTS[1:]], "the others")
    for name in GUESTS["kvm1"]:
        check(1 in fleet.worlds["kvm1"].device(name)["active"]["adapters"], "the old card is left")


test_rolling_ends_at_the_first_failure.hosts = HOSTS


def test_role_with_devices(fleet):
    play_of = [{"hosts": "kvm1", "gather_facts": False, "roles": [{
        "role": "apqd.ap.apqd", "vars": {
            "apqd_host": {"adapters": "0-1", "enforce": True},
            "apqd_devices": [{"name": "web1", "adapters": [0, 1], "domains": "0x2",
                              "state": "started"}]}}]}]
    path = fleet.write("role.json", play_of)
    fleet.must(path, *OPTIONS)
    equal(fleet.worlds["kvm1"].device("web1")["active"]["domains"], [2], "the device")
    equal(fleet.worlds["kvm1"].policy()["enforce"], True, "the policy")
    equal(changed(fleet.must(path, *OPTIONS)), [], "changed by the second run")
    status, _, output = fleet.playbook(path, *OPTIONS, "-e", '{"apqd_devices": 5}')
    check(status != 0 and "apqd_devices" in output, "a wrong argument is refused by its name")
