# SPDX-License-Identifier: GPL-2.0-or-later
"""Advice: each command that a sentence of apqd names is run in the state that names it, and helps.

A row of ROWS has a command as the sources spell it.  Its function brings the simulated host into
the state, and says where the sentence is found; the command is taken from that sentence, word for
word, and run.  A command in the sources without a row fails the test.
"""
import os
import re

from advice import advised, find, has, just_shows, of_link, of_problem, of_refusal, run
from harness import A, B, check, equal, matrix

M = matrix([2], [1])
N = matrix([2], [2])


# --- the states


def prepared(world, *options, start=True, **more):
    world.start(*options)
    world.give(2)
    world.call("Define", uuid=A, name="web1", matrix=M, **more)
    if start:
        world.call("Start", device=A)


def drift(world):
    prepared(world)
    world.simctl("write", "assign_domain", 2, A)
    return of_problem(world, A, "drift")


def drift_of_a_guest(world):
    prepared(world)
    world.simctl("write", "assign_domain", 2, A)
    world.guest(A)
    world.wait_until("its guest is seen", lambda: world.device(A)["inUse"])
    return of_problem(world, A, "drift")


def drift_link(world):
    drift(world)
    return of_link(world, "assigned")


def drift_of_a_guest_link(world):
    drift_of_a_guest(world)
    return of_link(world, "assigned")


def same_queue(world):
    prepared(world, start=False)
    for uuid in (A, B):
        world.write_definition(uuid, M, start="auto")
    return of_problem(world, A, "definitionConflict")


def same_name(world):
    prepared(world)
    world.call("Define", uuid=B, matrix=N)
    world.write_file(world.own_path(B), {"version": 1, "name": "web1"})
    return of_problem(world, A, "nameConflict")


def missing(world):
    """Explain has the command that takes it out; it is run, too."""
    world.start()
    world.give(2, 3)
    world.call("Define", uuid=A, name="web1", matrix=matrix([2, 3], [1]))
    world.call("Start", device=A)
    world.simctl("write", "unbind", "03.0001", "03.0001")
    text, is_gone = of_problem(world, A, "queueNotBound")

    def helps():
        remedy = world.apqctl("explain", "web1")[1]
        run(world, find("echo %s > /sys/bus/ap/drivers_probe", remedy))
        world.wait_until("it is bound", is_gone)
        return True

    return text, helps


def control_domain(world):
    prepared(world, start=False)
    world.call("Assign", device=A, matrix=matrix([], [], [200]))
    world.call("Start", device=A)
    return of_problem(world, A, "controlDomainFiltered")


def polled(world):
    prepared(world)
    world.guest(A)
    world.simctl("aqic", A, "02.0001", "on")
    world.call("Modify", device=A, interrupts="polled")
    return of_problem(world, A, "interruptsOn")


def polled_shows(world):
    return just_shows(world, polled(world)[0])


def polled_link_shows(world):
    return just_shows(world, polled_link(world)[0])


def polled_link(world):
    polled(world)
    return of_link(world, "interrupts")


def unreadable(world):
    world.start("--without", "ap_config", "--kernel", "6.12", "--cards", "7", "--domains", "85")
    world.give(*range(7))
    world.call("Define", uuid=A, name="web1", matrix=M)
    world.simctl("write", "create", A)
    world.simctl("write", "assign_adapter", 2, A)
    for domain in range(85):
        world.simctl("write", "assign_domain", domain, A)
    return of_problem(world, A, "matrixUnknown")


def bad_definition(world):
    prepared(world, start=False)
    world.write_file(world.path(A), "{")
    world.wait_until("it is told", lambda: has(world, A, "badDefinition"))
    text = world.problems(A)["badDefinition"]
    return text, lambda: not world.call("ListDevices")["devices"]


def bad_definition_refused(world):
    bad_definition(world)
    status, text = world.apqctl("start", A)
    equal(status, 1, text)
    return text, lambda: not world.call("ListDevices")["devices"]


def undefined(world):
    prepared(world)
    world.call("Undefine", device=A)
    return of_refusal(world, "modify", A, "--auto")


def defined_otherwise(world):
    prepared(world)
    _, text = world.apqctl("define", A, "--adapters", "2", "--domains", "3")
    return just_shows(world, text)


def name_taken(world):
    prepared(world)
    world.call("Define", uuid=B, matrix=N)
    return just_shows(world, world.apqctl("modify", B, "--name", "web1")[1])


def no_device(world):
    world.start()
    return just_shows(world, world.apqctl("start", "nobody")[1])


def no_gisa(world):
    prepared(world, start=False, interrupts="required")
    world.simctl("write", "use_gisa", "N")
    world.wait_until("it is seen", lambda: not world.host()["interrupts"]["forwarding"])
    return of_refusal(world, "start", "web1")


def no_kvm(world):
    prepared(world, start=False, interrupts="required")
    world.simctl("kvm", "off")
    world.wait_until("it is seen", lambda: not world.host()["interrupts"]["forwarding"])
    return of_refusal(world, "start", "web1")


def no_forwarding_link(world):
    """A guest that runs, of a device that requires what the host no longer can."""
    prepared(world, interrupts="required")
    world.guest(A)
    world.wait_until("its guest is seen", lambda: world.device(A)["inUse"])
    world.simctl("facility65", "off")
    world.wait_until("it is seen", lambda: not world.host()["interrupts"]["forwarding"])
    text, _ = of_link(world, "interrupts")
    return text, lambda: not world.problems(A)


def unbound(world):
    prepared(world)
    world.simctl("write", "unbind", "02.0001", "02.0001")
    return of_link(world, "bound")


def unbound_many(world):
    prepared(world, start=False)
    world.call("Assign", device=A, matrix=matrix([], [2]))
    world.call("Start", device=A)
    for queue in ("02.0001", "02.0002"):
        world.simctl("write", "unbind", queue, queue)
    text, is_whole = of_link(world, "bound")
    return text, is_whole


def not_of_the_lpar(world):
    """The machine can have the domain, and this LPAR has not."""
    prepared(world, start=False)
    world.call("Assign", device=A, matrix=matrix([], [100]))
    return of_link(world, "configured")


def above_the_maximum(world):
    prepared(world, "--max-adapter", "63", start=False)
    world.call("Assign", device=A, matrix=matrix([200], []))
    return of_link(world, "configured")


def guest_missing(world):
    prepared(world)
    text, _ = of_link(world, "guest")
    return just_shows(world, text)


def bad_policy(world):
    world.write_file(world.host_path, "{")
    world.start()
    return just_shows(world, world.apqctl("reserve", "--adapters", "2")[1])


def bad_policy_link(world):
    world.write_file(world.host_path, "{")
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M)
    return just_shows(world, of_link(world, "released")[0])


def bad_policy_interrupts(world):
    world.write_file(world.host_path, "{")
    world.start()
    return just_shows(world, world.apqctl("interrupts", "--gisa", "off")[1])


def hosts_auto(world):
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M, start="auto")
    return of_problem(world, A, "cannotStart")


def too_high(world):
    prepared(world, "--max-adapter", "63", start=False)
    world.call("Assign", device=A, matrix=matrix([200], []))
    world.call("Modify", device=A, start="auto")
    return of_problem(world, A, "cannotStart")


def hosts(world):
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M)
    return of_refusal(world, "start", "web1")


def in_another_device(world):
    prepared(world)
    world.call("Define", uuid=B, name="web2", matrix=M)
    return of_refusal(world, "start", "web2")


def in_another_device_of_a_guest(world):
    prepared(world)
    world.call("Define", uuid=B, name="web2", matrix=M)
    world.guest(A)
    world.wait_until("its guest is seen", lambda: world.device(A)["inUse"])
    return of_refusal(world, "start", "web2")


def hosts_without_overrides(world):
    """host.json reserves by what this kernel has not: the same words would be refused."""
    world.write_file(world.host_path, {"ownership": "overrides", "reserved": {"queues": ["03.0001"]}})
    world.start("--kernel", "6.12")
    world.call("Define", uuid=A, name="web1", matrix=M)
    return of_refusal(world, "start", "web1")


def hosts_above_the_maximum(world):
    """The advised command leaves out ids above the maximum, and helps once the device lacks them, too."""
    world.start("--max-adapter", "63")
    world.call("Define", uuid=A, name="web1", matrix=matrix([2, 200], [1]))
    _, text = world.apqctl("start", "web1")
    check("c8" not in find("apqctl reserve --queues %s%s", text), text)

    def helps():
        world.call("Unassign", device=A, matrix=matrix([200], []))
        return world.apqctl("start", "web1")[0] == 0

    return text, helps


def hosts_link(world):
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M)
    return of_link(world, "released")


def lost(world):
    world.start()
    world.call("Reserve", adapters=[2], mechanism="masks")
    world.simctl("write", "apmask", "+2")
    return of_problem(world, None, "reservationLost")


def lost_without_a_driver(world):
    """The kernel counts it as the host's, though nobody drives it."""
    world.start()
    world.call("Reserve", adapters=[2], mechanism="overrides")
    world.simctl("write", "unbind", "02.0001", "02.0001")
    text, is_gone = of_problem(world, None, "reservationLost")
    check("no driver has it" in text, text)
    return text, is_gone


def overrides_without(world):
    """host.json of a kernel that has driver_override, on one that has not."""
    world.write_file(world.host_path, {"ownership": "overrides", "reserved": {"queues": ["02.0001"]}})
    world.start("--kernel", "6.12")
    return of_problem(world, None, "otherMechanism")


def overrides_beside_masks(world):
    world.write_file(world.host_path, {"ownership": "overrides", "reserved": {"queues": ["02.0001"]}})
    world.init()
    world.simctl("write", "apmask", "-3")
    world.start()
    return of_problem(world, None, "otherMechanism")


def masks_beside_overrides(world):
    world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [2]}})
    world.init()
    world.simctl("write", "driver_override", "vfio_ap", "03.0001")
    world.start()
    return of_problem(world, None, "otherMechanism")


def chzdev_rule(world):
    path = world.root + "/etc/udev/rules.d/41-ap.rules"
    world.write_file(path, 'ATTR{../../bus/ap/apmask}="-2,-3"\n')
    world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [3]}})
    world.start()
    return of_problem(world, None, "bootMasksDisagree")


def chzdev_rule_and_more(world):
    """The rule takes one adapter, and host.json another one: both commands together help."""
    path = world.root + "/etc/udev/rules.d/41-ap.rules"
    world.write_file(path, 'ATTR{../../bus/ap/apmask}="-2"\n')
    world.write_file(world.host_path, {"ownership": "masks", "reserved": {"adapters": [3]}})
    world.start()
    text, is_gone = of_problem(world, None, "bootMasksDisagree")
    find("chzdev --type ap --remove-all --persistent", text)

    def helps():
        equal(world.policy()["reserved"]["adapters"], [2, 3])
        os.unlink(path)     # what chzdev then does
        world.wait_until("it is gone", is_gone)
        return True

    return text, helps


def no_rule(world):
    world.start()
    return just_shows(world, world.apqctl("import")[1])


def import_beside_overrides(world):
    """First the one, then the other."""
    path = world.root + "/etc/udev/rules.d/41-ap.rules"
    world.write_file(path, 'ATTR{../../bus/ap/apmask}="-2"\n')
    world.start()
    world.call("Reserve", queues=["03.0001"], mechanism="overrides")
    return of_refusal(world, "import")


def gisa_off(world):
    world.write_file(world.host_path, {"interrupts": {"gisa": True}})
    world.start()
    world.simctl("write", "use_gisa", "N")
    return of_problem(world, None, "hostInterrupts")


def poll_timeout(world):
    world.start()
    world.call("SetInterrupts", pollTimeout=1000)
    world.simctl("write", "poll_timeout", "2000")
    return of_problem(world, None, "hostInterrupts")


def poll_thread(world):
    world.write_file(world.host_path, {"interrupts": {"pollThread": True}})
    world.start()
    return of_problem(world, None, "hostInterrupts")


def leaving(world):
    """The command is for later: when its guest has ended."""
    prepared(world)
    guest = world.guest(A)
    world.wait_until("its guest is seen", lambda: world.device(A)["inUse"])
    world.simctl_begin("write", "remove", 1, A)     # another program's: of apqd's own it says that it is in use
    world.wait_until("it is leaving", lambda: has(world, A, "stopping"))
    _, text = world.apqctl("start", "web1")
    world.end_guest(guest)
    world.wait_until("it is gone", lambda: world.active(A) is None)
    return text, lambda: world.device(A)["active"] == M


def leaving_link(world):
    prepared(world)
    guest = world.guest(A)
    world.wait_until("its guest is seen", lambda: world.device(A)["inUse"])
    stop = world.client()
    stop.send("Stop", {"device": A, "force": True})
    world.wait_until("it is leaving", lambda: has(world, A, "stopping"))
    text, is_whole = of_link(world, "assigned")
    world.end_guest(guest)
    stop.answer()
    return text, is_whole


def not_started(world):
    prepared(world, start=False)
    return of_link(world, "assigned")


def not_started_hosts(world):
    world.start()
    world.call("Define", uuid=A, name="web1", matrix=M)
    return of_link(world, "assigned")


def other_device(world):
    prepared(world)
    world.call("Define", uuid=B, name="web2", matrix=M)
    text, _ = of_link(world, "assigned", B)
    return text, lambda: world.apqctl("start", "web2")[0] == 0


def bad_definition_link(world):
    bad_definition(world)
    text, _ = of_link(world, "assigned")
    return text, lambda: not world.call("ListDevices")["devices"]


def given_back_while_assigned(world):
    world.start()
    world.call("Reserve", adapters=[2], mechanism="overrides")
    world.call("Define", uuid=A, name="web1", matrix=M)
    world.call("Start", device=A)
    return of_refusal(world, "release", "--adapters", "2")


def other_overrides(world):
    world.start()
    world.simctl("write", "driver_override", "cex4queue", "01.0001")
    return of_problem(world, None, "otherOverrides")


def observed_only(world):
    world.start()
    world.apqctl("policy", "--ownership", "observe")
    return of_refusal(world, "reserve", "--adapters", "2")


def observed_only_old(world):
    """Without driver overrides, the masks are named."""
    world.start("--kernel", "6.12")
    world.apqctl("policy", "--ownership", "observe")
    return of_refusal(world, "reserve", "--adapters", "2")


def observed_only_masks(world):
    """So they are where they take queues from the host already."""
    world.start()
    world.call("Reserve", adapters=[1], mechanism="masks")
    world.apqctl("policy", "--ownership", "observe")
    return of_refusal(world, "reserve", "--adapters", "2")


def moved_with_a_device(world):
    world.start()
    world.call("Reserve", adapters=[2], mechanism="overrides")
    world.call("Define", uuid=A, name="web1", matrix=M)
    world.call("Start", device=A)
    return of_refusal(world, "policy", "--ownership", "masks")


# --- what each command of the sources is run by

ROWS = {
    "apqctl start %s%s": [drift, drift_of_a_guest, drift_link, drift_of_a_guest_link, not_started,
                          not_started_hosts],
    "apqctl modify %s --adopt": [drift, drift_link, undefined],
    "apqctl modify %s --manual": [same_queue],
    "apqctl modify %s --name %.*s-%.8s": [same_name],
    "apqctl explain %s": [missing],
    "apqctl unassign %s --control-domains %s%s": [control_domain],
    "apqctl show %s --libvirt": [polled_shows, guest_missing],
    "apqctl show %s --qemu": [guest_missing],
    "apqctl show %s --libvirt-cpu": [polled_link_shows],
    "apqctl modify %s --interrupts any": [polled, polled_link, no_forwarding_link],
    "apqctl undefine %s": [bad_definition, bad_definition_refused, bad_definition_link],
    "apqctl show %s": [defined_otherwise, name_taken],
    "apqctl list": [no_device],
    "apqctl interrupts --gisa on": [no_gisa],
    "apqctl interrupts --%s %s": [gisa_off],
    "apqctl interrupts --poll-timeout %d": [poll_timeout],
    "apqctl interrupts --poll-thread off": [poll_thread],
    "apqctl start %s --reserve": [hosts_auto],
    "apqctl unassign %s %s %s": [too_high],
    "apqctl unassign %s%s%s": [in_another_device, in_another_device_of_a_guest],
    "apqctl unassign %s %s %s%s": [not_of_the_lpar, above_the_maximum],
    "apqctl reserve --queues %s%s": [hosts, hosts_link, hosts_without_overrides,
                                     hosts_above_the_maximum],
    "apqctl reserve%s%s%s": [lost, lost_without_a_driver],
    "apqctl reserve --masks": [overrides_without, overrides_beside_masks],
    "apqctl reserve --overrides": [masks_beside_overrides],
    "apqctl import": [chzdev_rule, chzdev_rule_and_more],
    "apqctl status": [no_rule, bad_policy, bad_policy_link, bad_policy_interrupts],
    "apqctl start %s": [leaving, leaving_link],
    "apqctl stop %s": [other_device, given_back_while_assigned, moved_with_a_device],
    "apqctl policy --ownership observe": [other_overrides],
    "apqctl policy --ownership %s": [observed_only, observed_only_old, observed_only_masks],
    "modprobe kvm": [no_kvm],
    "%secho %s > /sys/bus/ap/drivers_probe": [unbound],
    "for queue in %s; do %secho %s > /sys/bus/ap/drivers_probe; done": [unbound_many],
    "chzdev -t ap%s%s": [overrides_beside_masks],
}

# Why a command is run by no row.
NOT_RUN = {
    "modprobe vfio_ap": "the simulator has modules from its beginning",
    "modprobe ap": "likewise",
    "dmesg": "shows the kernel's messages",
    "echo 1 > /sys/bus/ap/scans": "the simulated bus finds what is plugged at once",
    "chzcrypt --config-on %02x": "another package's program; tests/lab/cases/explain.sh does it",
    "chzcrypt --config-off %02x": "likewise",
    "chzdev --type ap --remove-all --persistent": "the rows of 'apqctl import' do what it does",
    "chzdev --type ap": "names a program, not a command to run",
    "apqctl assign %s --adapters LIST --domains LIST": "the administrator chooses the lists",
    "apqctl queues": "shows which queues are free",
    "apqctl reserve": "the administrator chooses among queues that are too many to name",
    "apqctl cards": "shows the cards",
    "apqctl reload": "the folders of the store: test_folders.py",
    "apqctl %s%s": "to see what there is after an undo that failed: test_host_faults.py",
}


def test_every_command_has_a_row(_world):
    """And every row a command that there is."""
    equal(sorted(advised() - set(ROWS) - set(NOT_RUN)), [], "advised, and tried by no row")
    equal(sorted((set(ROWS) | set(NOT_RUN)) - advised()), [], "no longer advised")


def make_test(template, prepare):
    def test(world):
        text, helps = prepare(world)
        run(world, find(template, text))
        world.wait_until(f"{template} has helped", helps)

    test.__doc__ = prepare.__doc__
    return test


for _template, _states in ROWS.items():
    for _state in _states:
        _words = re.sub(r"[^a-z]+", "_", re.sub(r"%[-.*0-9]*[a-z]", "", _template)).strip("_")
        globals()[f"test_{_words}_{_state.__name__}"] = make_test(_template, _state)
