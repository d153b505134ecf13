# SPDX-License-Identifier: GPL-2.0-or-later
# GNU General Public License v2.0 or any later version, so also v3.0 (https://www.gnu.org/licenses/gpl-3.0.txt)
"""Defines, starts, stops and removes the devices by which guests have AP queues."""

DOCUMENTATION = r"""
module: ap_device
short_description: Crypto adapter queues of a KVM guest
version_added: 0.1.0
description:
  - Defines, changes, starts, stops and removes a vfio_ap mediated device, by which a KVM guest on
    IBM Z or LinuxONE has AP queues, every queue where one of its adapters crosses one of its domains.
  - A change that cannot be made in whole is not made at all; the message names every queue that
    stands in the way.
options:
  name:
    description:
      - The name of the device, 1 to 64 letters, digits and characters of C(._-:@), the first a
        letter or a digit.
      - With O(uuid) that device is given this name. One of the two is required.
    type: str
  uuid:
    description:
      - The UUID of the device. Without, a device is found by its name, and a new one gets a UUID of
        its own.
    type: str
  state:
    description:
      - V(present) writes its definition. A device that is started, or starts by itself, also gets
        in the kernel what it is defined with, at once.
      - V(started) also starts it. If that is refused, a new or changed definition is undone.
      - V(stopped) writes its definition, and stops it. It stays stopped until the next boot of the
        host, or until somebody starts it.
      - V(absent) stops it and removes its definition.
    type: str
    choices: [present, started, stopped, absent]
    default: present
  adapters:
    description:
      - Its adapters. What is not given stays as it is; a new device needs adapters and domains.
    type: list
    elements: raw
  domains:
    description:
      - Its usage domains.
    type: list
    elements: raw
  control_domains:
    description:
      - Its control domains; a new device has none unless they are given.
    type: list
    elements: raw
  exact:
    description:
      - If V(true), the device is to have what is given of O(adapters), O(domains) and
        O(control_domains), and nothing else. If V(false), it is to have that besides what it has.
    type: bool
    default: true
  start:
    description:
      - Whether it is started whenever the host has booted. A new device has V(manual).
    type: str
    choices: [auto, manual]
  interrupts:
    description:
      - The policy of interrupts; V(any), whatever the guest does, V(required), no start unless the
        host can forward them, or V(polled), none. A new device has V(any).
    type: str
    choices: [any, required, polled]
  reserve:
    description:
      - First reserve those of its queues that the host's own drivers have. With masks this can take
        more from the host, which RV(collateral) tells.
    type: bool
    default: false
  force:
    description:
      - Also take queues away from a guest that runs, and with O(reserve) the last working queue of a
        mode (accelerator, CCA or EP11) from the host.
    type: bool
    default: false
extends_documentation_fragment: apqd.ap.connection
seealso:
  - module: apqd.ap.ap_host
  - module: apqd.ap.ap_info
author:
  - The apqd maintainers (@apqd)
"""

EXAMPLES = r"""
- name: The guest web1 has domain 0047 on adapters 04 and 06, after every boot
  apqd.ap.ap_device:
    name: web1
    adapters: [4, 6]
    domains: 0x47
    start: auto
    interrupts: required
    state: started

- name: One more domain, whatever it has
  apqd.ap.ap_device:
    name: web1
    domains: 0x48
    exact: false
    reserve: true

- name: Another adapter, also if the guest runs
  apqd.ap.ap_device:
    name: web1
    adapters: [6, 7]
    force: true

- name: It is gone
  apqd.ap.ap_device:
    name: web1
    state: absent
"""

RETURN = r"""
device:
  description:
    - The device as it is afterwards, or in check mode as it is now; null if there is none.
    - Its members are those of the type Device in io.apqd.Manager(7), spelt with underscores; ids are
      numbers.
  returned: success
  type: dict
  sample:
    uuid: a430d55c-f836-4976-a526-0a035b4137b8
    name: web1
    definition: {adapters: [4, 6], domains: [71], control_domains: []}
    start: auto
    interrupts: required
    active: {adapters: [4, 6], domains: [71], control_domains: []}
    in_use: false
steps:
  description:
    - What was written, in its order; in check mode what would be, as far as that can be told
      before a definition is there.
  returned: success
  type: list
  elements: dict
  sample:
    - action: writeDefinition
      device: a430d55c-f836-4976-a526-0a035b4137b8
      detail: /etc/mdevctl.d/matrix/a430d55c-f836-4976-a526-0a035b4137b8
collateral:
  description: The queues that O(reserve) takes from the host besides.
  returned: success
  type: list
  elements: str
  sample: ["02.0047"]
error:
  description: The error that apqd answered, with its whole name and its parameters.
  returned: failure
  type: dict
  sample:
    name: io.apqd.Manager.NoSuchDevice
    parameters: {device: web9}
"""

import re

from ansible_collections.apqd.ap.plugins.module_utils.device import Device, Wanted
from ansible_collections.apqd.ap.plugins.module_utils.ids import snake
from ansible_collections.apqd.ap.plugins.module_utils.manager import Manager

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}")
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


def read_names(manager):
    """The UUID and the name that are asked for; None where not given."""
    uuid, name = manager.params["uuid"], manager.params["name"]
    if uuid is not None:
        uuid = uuid.lower()
        if not UUID.fullmatch(uuid):
            raise ValueError("uuid: '%s' is no UUID. It is written as in "
                             "a430d55c-f836-4976-a526-0a035b4137b8." % uuid)
    if name is not None and (not NAME.fullmatch(name) or UUID.fullmatch(name.lower())):
        raise ValueError("name: '%s' is no name. Names have 1 to 64 letters, digits and characters "
                         "of '._-:@', begin with a letter or a digit, and are no UUIDs." % name)
    return uuid, name


def act(manager):
    uuid, name = read_names(manager)
    device = Device(manager, uuid, name)
    state = manager.params["state"]
    if state == "absent":
        after = device.remove()
    else:
        wanted = Wanted(manager, device)
        after = {"present": device.define, "started": device.start,
                 "stopped": device.stop}[state](wanted)
    return dict(device=snake(device.again()), diff=dict(before=device.told(), after=after),
                **manager.gathered())


def main():
    ids = dict(type="list", elements="raw")
    Manager(
        dict(name=dict(type="str"), uuid=dict(type="str"),
             state=dict(type="str", choices=["present", "started", "stopped", "absent"],
                        default="present"),
             adapters=ids, domains=ids, control_domains=ids,
             exact=dict(type="bool", default=True),
             start=dict(type="str", choices=["auto", "manual"]),
             interrupts=dict(type="str", choices=["any", "required", "polled"]),
             reserve=dict(type="bool", default=False), force=dict(type="bool", default=False)),
        required_one_of=[("name", "uuid")]).run(act)


if __name__ == "__main__":
    main()
