# SPDX-License-Identifier: GPL-2.0-or-later
"""Files as mdevctl, libvirt and people write them: odd ones are read, and survive a change."""
import json
import os

from harness import A, B, ap_config, check, contains, equal, mask, matrix

TYPE = "vfio_ap-passthrough"


def of(*attributes, **more):
    """A file with these attributes, (name, value) each."""
    return json.dumps({"mdev_type": TYPE, "start": "auto",
                       "attrs": [{name: value} for name, value in attributes], **more})


NAMED = matrix([2], [1])

ADAPTER, DOMAIN, CONTROL = "assign_adapter", "assign_domain", "assign_control_domain"

# What a file says: adapters, domains, control domains, and how it is started.
ODD = (
    # numbers as the kernel takes them, which mdevctl hands the text to
    (of((ADAPTER, "1"), (ADAPTER, "0x2"), (ADAPTER, "03"), (DOMAIN, "0X5")),
     [1, 2, 3], [5], [], "auto"),
    (of((ADAPTER, "0x8"), (DOMAIN, "00"), (CONTROL, "0xFf")), [8], [0], [255], "auto"),
    (of((ADAPTER, "+1"), (DOMAIN, "5\n")), [1], [5], [], "auto"),
    (of((ADAPTER, "000000000000000000001")), [1], [], [], "auto"),
    # lists, which ap-check takes
    (of((ADAPTER, "1,2,0x3"), (DOMAIN, "4, 5")), [1, 2, 3], [4, 5], [], "auto"),
    (of((ADAPTER, "1,1"), (ADAPTER, "1"), (DOMAIN, "2,2")), [1], [2], [], "auto"),
    # in any order, one after the other
    (of((CONTROL, "7"), (DOMAIN, "5"), (ADAPTER, "1")), [1], [5], [7], "auto"),
    (of((ADAPTER, "1"), (DOMAIN, "5"), (ADAPTER, "2"), (DOMAIN, "6")), [1, 2], [5, 6], [], "auto"),
    (of((ADAPTER, "1"), ("unassign_adapter", "1"), (ADAPTER, "2")), [2], [], [], "auto"),
    (of(("unassign_domain", "5"), (DOMAIN, "5"), ("unassign_control_domain", "9")),
     [], [5], [], "auto"),
    # masks take the place of all before them, and what follows is added
    (of((ADAPTER, "9"), ("ap_config", ap_config(matrix([1], [5], [5])))), [1], [5], [5], "auto"),
    (of(("ap_config", ap_config(matrix([1], [5]))), (ADAPTER, "2")), [1, 2], [5], [], "auto"),
    (of(("ap_config", f"{mask([1])},{mask([5])},{mask([])}\n")), [1], [5], [], "auto"),
    # attributes of other drivers, or of a vfio_ap to come
    (of((ADAPTER, "1"), ("foreign", "x"), ("other", "")), [1], [], [], "auto"),
    # a member twice: the last counts
    (f'{{"mdev_type": "x", "start": "auto", "attrs": [{{"{ADAPTER}": "7", "{ADAPTER}": "1"}}], "a": 1, '
     f'"start": "manual", "a": {{}}, "mdev_type": "{TYPE}"}}', [1], [], [], "manual"),
    # nothing in it
    (of(), [], [], [], "auto"),
    (f'{{"mdev_type": "{TYPE}", "start": "auto", "attrs": null}}', [], [], [], "auto"),
    (f'{{"mdev_type": "{TYPE}", "start": "auto"}}', [], [], [], "auto"),
    (f'{{"mdev_type": "{TYPE}"}}', [], [], [], "manual"),
    (f'{{"mdev_type": "{TYPE}", "start": null}}', [], [], [], "manual"),
    # every other word, or none, is manual to mdevctl
    (of((ADAPTER, "1"), start="never"), [1], [], [], "manual"),
    (of((ADAPTER, "1"), start="Auto"), [1], [], [], "manual"),
    (of((ADAPTER, "1"), start=True), [1], [], [], "manual"),
    # keys in any order, and keys that nobody knows
    (json.dumps({"attrs": [{ADAPTER: "1"}], "x": {"y": [1.50, None]}, "start": "auto",
                 "mdev_type": TYPE, "parent": "matrix"}), [1], [], [], "auto"),
    # blanks, line ends of other systems, no line end, and characters written as numbers
    (of((ADAPTER, "1")).replace(", ", ",\r\n\t") + "\r\n", [1], [], [], "auto"),
    ("\n\n \t" + of((ADAPTER, "1")) + "\n \n\n", [1], [], [], "auto"),
    (of((ADAPTER, "1")).replace("auto", "a\\u0075to"), [1], [], [], "auto"),
)

# mdevctl refuses these too.
REFUSED = (of((ADAPTER, "1")) + "x", of((ADAPTER, "1")) + "{}", of((ADAPTER, "1"))[:-1],
           "\ufeff" + of((ADAPTER, "1")), of(mdev_type="i915-GVTg_V5_4"), of(attrs={}),
           of(attrs=["assign_adapter"]), of(attrs="1"))


def told(world, uuid):
    device = world.device(uuid)
    value = device["definition"] or {}
    return [value.get(key) for key in ("adapters", "domains", "controlDomains")] + [device["start"]]


def test_odd_files(world):
    for text, *expected in ODD:
        world.write_file(world.path(A), text)
        world.start()
        equal(told(world, A), expected, text)
        check("badDefinition" not in world.problems(A), text, world.problems(A))
        world.terminate()
        world.remove_runtime()


def test_odd_files_are_changed(world):
    """What is not about the change stays: unknown keys, unknown attributes, and their values."""
    world.start()
    for text, adapters, domains, control, start in ODD:
        world.write_file(world.path(A), text)
        world.call("Reload")
        other = "manual" if start == "auto" else "auto"
        world.call("Modify", device=A, start=other)
        world.call("Assign", device=A, scope="definition", matrix=matrix([77], [66], [55]))
        world.call("Reload")
        equal(told(world, A), [adapters + [77], sorted(domains + [66]), sorted(control + [55]), other],
              text)
        with open(world.path(A), encoding="utf-8") as file:
            new, old = json.load(file), json.loads(text)
        ours = ("mdev_type", "start", "attrs")
        equal({k: v for k, v in new.items() if k not in ours},
              {k: v for k, v in old.items() if k not in ours}, text)
        known = (ADAPTER, DOMAIN, CONTROL, "un" + ADAPTER, "un" + DOMAIN, "un" + CONTROL, "ap_config")
        foreign = [a for a in old.get("attrs") or [] if not set(a) & set(known)]
        equal([a for a in new["attrs"] if not set(a) & set(known)], foreign, text)
        world.call("Undefine", device=A)


def test_what_says_the_same_stays(world):
    """Somebody's own way to write a matrix is kept as long as it says what is wanted."""
    world.start()
    text = of((ADAPTER, "0x1,2"), ("ap_config", ap_config(matrix([1], [5]))), (DOMAIN, "006"))
    world.write_file(world.path(A), text)
    world.call("Reload")
    equal(world.call("Assign", device=A, scope="definition", matrix=matrix([1], [5]))["changed"],
          False)
    with open(world.path(A), encoding="utf-8") as file:
        equal(file.read(), text)
    world.call("Modify", device=A, start="manual")
    with open(world.path(A), encoding="utf-8") as file:
        equal(json.load(file)["attrs"], json.loads(text)["attrs"])


def test_refused_files(world):
    world.start()
    for text in REFUSED:
        world.write_file(world.path(A), text)
        world.call("Reload")
        contains(world.problems(A)["badDefinition"], world.path(A), "left as it is")
        world.refused("BadDefinition", "Modify", device=A, start="manual")
        with open(world.path(A), encoding="utf-8") as file:
            equal(file.read(), text)


def test_names_of_files(world):
    """Only what mdevctl finds again by its UUID is a definition; the others are told, and kept."""
    world.start()
    names = (B.upper(), B.replace("-", ""), "{" + B + "}", B + ".json", "notes")
    for name in names:
        world.write_file(world.path(name), of((ADAPTER, "1")))
    world.write_file(world.path("." + B), of((ADAPTER, "1")))
    world.call("Reload")
    equal(world.call("ListDevices")["devices"], [])
    messages = [p["message"] for p in world.host()["problems"] if p["code"] == "strangeFile"]
    equal(len(messages), len(names))
    for name in names:
        check(any(f"'{name}'" in message for message in messages), name, messages)
    world.call("Define", uuid=B, matrix=matrix([2], [3]))
    world.call("Undefine", device=B)
    equal(sorted(os.listdir(os.path.dirname(world.path(B)))), sorted((*names, "." + B)))


def test_bad_file_takes_no_name(world):
    """Whichever of the two files is bad: the device is found by its name, and can be stopped and removed."""
    world.start()
    world.give(2)
    for path, text in ((world.path(A), ""), (world.path(A), "{}"), (world.path(A), "\0" * 100),
                       (world.own_path(A), ""), (world.own_path(A), '{"name": 7}'),
                       (world.own_path(A), '{"name": "web1", "interrupts": "often"}')):
        world.call("Define", uuid=A, matrix=NAMED, name="web1", interrupts="polled")
        world.call("Start", device="web1")
        world.write_file(path, text)
        world.call("Reload")
        device = world.device("web1")
        equal((device["uuid"], device["name"], device["state"]), (A, "web1", "started"), text)
        check("badDefinition" in world.problems("web1"), text)
        # nobody else gets the name meanwhile
        world.refused("DeviceExists", "Define", uuid=B, matrix=matrix([2], [3]), name="web1")
        state = {"version": 1, "devices": [{"uuid": B, "name": "web1", "start": "manual", "interrupts": "any",
                                            "adapters": [2], "domains": [3], "controlDomains": []}]}
        world.refused("DeviceExists", "Apply", state=state)
        status, text = world.apqctl("show", "web1")
        equal(status, 0, text)
        world.call("Stop", device="web1")
        world.call("Undefine", device="web1")
        equal(world.call("ListDevices")["devices"], [])
        equal(sorted(world.disk()), [], "files")


def test_bad_file_after_a_restart(world):
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=NAMED, name="web1")
    world.call("Start", device="web1")
    world.write_file(world.path(A), "")
    world.restart()
    equal((world.device("web1")["uuid"], world.device("web1")["state"]), (A, "started"))
    world.call("Stop", device="web1")
    # what comes back is the same device
    world.write_definition(A, NAMED)
    world.wait_until("it is good", lambda: not world.problems("web1"))
    equal(world.device("web1")["definition"], NAMED)
