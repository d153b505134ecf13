# SPDX-License-Identifier: GPL-2.0-or-later
# GNU General Public License v2.0 or any later version, so also v3.0 (https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes all that is wanted of a host so, as one change."""

DOCUMENTATION = r"""
module: ap_state
short_description: All crypto adapter queues of a KVM host, as one document
version_added: 0.1.0
description:
  - Makes the host policy and the devices of a host on IBM Z or LinuxONE as a document says, as one
    change, all of it or nothing. The order of devices does not matter, also when queues move between them.
options:
  document:
    description:
      - The type State in io.apqd.Manager(7), spelt as there; M(apqd.ap.ap_info) and
        C(apqctl export) write one. Lists of ids may be written as everywhere in this collection,
        and those of a device that are empty may be left out.
    type: dict
    required: true
  prune:
    description:
      - Also take away what is not in the document, that is, definitions with their devices, and,
        where the document says what is reserved, other reservations.
    type: bool
    default: false
  force:
    description:
      - Also take queues away from guests that run, and the last working queue of a mode
        (accelerator, CCA or EP11) from the host.
    type: bool
    default: false
  revision:
    description:
      - Change nothing if the host has changed since this revision. M(apqd.ap.ap_info) and check mode of
        this module return one.
    type: str
extends_documentation_fragment: apqd.ap.connection
seealso:
  - module: apqd.ap.ap_info
author:
  - The apqd maintainers (@apqd)
"""

EXAMPLES = r"""
- name: These two devices, and no others
  apqd.ap.ap_state:
    prune: true
    document:
      version: 1
      host:
        reserved: {adapters: [4, 6], domains: [], queues: []}
      devices:
        - {name: web1, start: auto, adapters: [4, 6], domains: 0x47}
        - {name: web2, start: auto, adapters: [4, 6], domains: 0x48}

- name: As it was written down on that host
  apqd.ap.ap_state:
    document: "{{ lookup('ansible.builtin.file', 'export.json') | from_json }}"
"""

RETURN = r"""
before:
  description: What was wanted, as the type State.
  returned: success
  type: dict
after:
  description: What is wanted now; in check mode what would be.
  returned: success
  type: dict
steps:
  description: What was written, in its order; in check mode what would be.
  returned: success
  type: list
  elements: dict
collateral:
  description: The queues that masks take from the host besides what is reserved.
  returned: success
  type: list
  elements: str
revision:
  description: The revision of the host before the change.
  returned: success
  type: str
error:
  description: The error that apqd answered, with its whole name and its parameters.
  returned: failure
  type: dict
"""

from ansible_collections.apqd.ap.plugins.module_utils.ids import parse_ids, parse_queues
from ansible_collections.apqd.ap.plugins.module_utils.manager import VERSION, Manager

IDS = ("adapters", "domains", "controlDomains")


def part(value, where, kind):
    if not isinstance(value, kind):
        raise ValueError("document: %s must be %s. io.apqd.Manager(7) tells its form."
                         % (where, "a list" if kind is list else "a dictionary"))
    return value


def as_list(value):
    """What Ansible makes of an option that is a list, for a list within a dictionary."""
    return value if isinstance(value, list) else [value]


def read_reservation(reserved):
    reserved = dict(part(reserved, "host.reserved", dict))
    for kind in ("adapters", "domains"):
        reserved[kind] = parse_ids("document: host.reserved.%s" % kind,
                                   as_list(reserved.get(kind) or []))
    reserved["queues"] = parse_queues("document: host.reserved.queues",
                                      as_list(reserved.get("queues") or []))
    return reserved


def read_device(device, number):
    where = "devices[%d]" % number
    device = dict(part(device, where, dict))
    for kind in IDS:
        value = device.get(kind)
        device[kind] = parse_ids("document: %s.%s" % (where, kind),
                                 as_list([] if value is None else value))
    return device


def read_document(document):
    """The document with all ids as numbers.  What is odd otherwise is for apqd to refuse."""
    document = dict(document)
    document.setdefault("version", VERSION)
    devices = part(document.get("devices", []), "devices", list)
    document["devices"] = [read_device(device, i) for i, device in enumerate(devices)]
    if document.get("host") is not None:
        host = dict(part(document["host"], "host", dict))
        if host.get("reserved") is not None:
            host["reserved"] = read_reservation(host["reserved"])
        document["host"] = host
    return document


def named(state):
    """A State for people: by its UUID each device shows a change where it is."""
    devices = {device["uuid"]: device for device in state["devices"]}
    return dict(host=state.get("host"), devices=devices)


def without_new(before, after, given):
    """In check mode the UUIDs of new devices are made up; their names tell as much."""
    known = {device["uuid"] for device in before["devices"]}
    known.update(str(device.get("uuid")).lower() for device in given["devices"])
    devices = [device if device["uuid"] in known else dict(device, uuid="new: %s" % device["name"])
               for device in after["devices"]]
    return dict(after, devices=devices)


def act(manager):
    state = read_document(manager.params["document"])
    revision = manager.params["revision"]
    answer = manager.change("Apply", state=state, prune=manager.params["prune"],
                            force=manager.params["force"],
                            **({} if revision is None else dict(revision=revision)))
    before, after = answer["before"], answer["after"]
    told = without_new(before, after, state)
    return dict(before=before, after=told if manager.check else after,
                revision=answer["revision"],
                diff=dict(before=named(before), after=named(told)), **manager.gathered())


def main():
    Manager(dict(document=dict(type="dict", required=True),
                 prune=dict(type="bool", default=False),
                 force=dict(type="bool", default=False),
                 revision=dict(type="str"))).run(act)


if __name__ == "__main__":
    main()
