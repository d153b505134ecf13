# SPDX-License-Identifier: GPL-2.0-or-later
# GNU General Public License v2.0 or any later version, so also v3.0 (https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells what a host has: cards, queues, devices, and what is wanted of it."""

DOCUMENTATION = r"""
module: ap_info
short_description: Crypto adapters, queues and devices of a KVM host
version_added: 0.1.0
description:
  - Tells what a host on IBM Z or LinuxONE has of AP cards, queues and vfio_ap mediated devices, who
    has them, and what is wanted of the host. Nothing is changed.
options:
  gather:
    description:
      - What is asked for; V(state) is all that is defined, as one document that
        M(apqd.ap.ap_state) takes.
    type: list
    elements: str
    choices: [host, cards, queues, devices, state]
    default: [host, cards, queues, devices]
  adapters:
    description:
      - Only cards and queues of these adapters.
    type: list
    elements: raw
  domains:
    description:
      - Only queues of these domains.
    type: list
    elements: raw
  device:
    description:
      - Only this device and its queues, by its UUID, a beginning of it, or its name.
    type: str
extends_documentation_fragment: apqd.ap.connection
seealso:
  - module: apqd.ap.ap_device
  - module: apqd.ap.ap_host
  - module: apqd.ap.ap_state
author:
  - The apqd maintainers (@apqd)
"""

EXAMPLES = r"""
- name: All there is
  apqd.ap.ap_info:
  register: ap

- name: Nothing is wrong
  ansible.builtin.assert:
    that: not (ap.host.problems + ap.devices | map(attribute='problems') | flatten)

- name: Who has the queues of adapter 04
  apqd.ap.ap_info:
    gather: queues
    adapters: 4
"""

RETURN = r"""
host:
  description: The type Host in io.apqd.Manager(7), spelt with underscores, as all of these are.
  returned: if gathered
  type: dict
cards:
  description: A list of the type Card.
  returned: if gathered
  type: list
  elements: dict
queues:
  description: A list of the type Queue.
  returned: if gathered
  type: list
  elements: dict
  sample: [{apqn: "04.0047", adapter: 4, domain: 71, owner: guest, in_use: true}]
devices:
  description: A list of the type Device.
  returned: if gathered
  type: list
  elements: dict
state:
  description: The type State, spelt as in the interface.
  returned: if gathered
  type: dict
revision:
  description: The revision of that state, for O(apqd.ap.ap_state#module:revision).
  returned: if the state is gathered
  type: str
error:
  description: The error that apqd answered, with its whole name and its parameters.
  returned: failure
  type: dict
"""

from ansible_collections.apqd.ap.plugins.module_utils.ids import snake
from ansible_collections.apqd.ap.plugins.module_utils.manager import Manager


def gather_cards(manager):
    adapters = manager.ids("adapters")
    return [card for card in manager.read("ListCards")["cards"]
            if adapters is None or card["adapter"] in adapters]


def gather_queues(manager):
    asked = dict(adapters=manager.ids("adapters"), domains=manager.ids("domains"),
                 device=manager.params["device"])
    return manager.read_parts("ListQueues", "queues",
                              **{key: value for key, value in asked.items() if value is not None})


def gather_devices(manager):
    if manager.params["device"] is None:
        return manager.read_parts("ListDevices", "devices")
    return [manager.read("GetDevice", device=manager.params["device"])["device"]]


GATHER = {
    "host": lambda manager: manager.read("GetHost")["host"],
    "cards": gather_cards,
    "queues": gather_queues,
    "devices": gather_devices,
}


def act(manager):
    wanted = manager.params["gather"]
    for option in ("adapters", "domains"):
        manager.ids(option)
    found = {name: snake(get(manager)) for name, get in GATHER.items() if name in wanted}
    if "state" in wanted:
        answer = manager.read("Export")
        found.update(state=answer["state"], revision=answer["revision"])
    return found


def main():
    Manager(dict(
        gather=dict(type="list", elements="str",
                    choices=["host", "cards", "queues", "devices", "state"],
                    default=["host", "cards", "queues", "devices"]),
        adapters=dict(type="list", elements="raw"), domains=dict(type="list", elements="raw"),
        device=dict(type="str"))).run(act)


if __name__ == "__main__":
    main()
