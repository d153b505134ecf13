# SPDX-License-Identifier: GPL-2.0-or-later
# GNU General Public License v2.0 or any later version, so also v3.0 (https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sets what a host keeps for its guests, and how it treats interrupts."""

DOCUMENTATION = r"""
module: ap_host
short_description: Crypto adapter queues that a KVM host keeps for guests
version_added: 0.1.0
description:
  - Takes AP queues of a host on IBM Z or LinuxONE from its own drivers for guests, or gives them back;
    now, and at every start of apqd.
  - Sets the host's policy of interrupts.
options:
  adapters:
    description:
      - Whole adapters, with every queue that they will ever have.
    type: list
    elements: raw
  domains:
    description:
      - Whole domains, on every adapter.
    type: list
    elements: raw
  queues:
    description:
      - Single queues, as the kernel writes them, V(AA.DDDD), or several of one adapter,
        V(AA.DDDD-DDDD); hexadecimal.
    type: list
    elements: str
  state:
    description:
      - V(present) reserves O(adapters), O(domains) and O(queues) besides what is reserved.
      - V(exact) reserves them and releases all else; what is not given of the three is empty then.
        It is refused if a device would be changed by the way, because it is not as it is defined.
      - V(absent) releases them, one after the other. A queue that a device has is never released.
    type: str
    choices: [present, exact, absent]
    default: present
  mechanism:
    description:
      - By what queues are taken, V(masks), V(overrides) (since Linux 6.19), or V(observe), not at
        all, because another program does it. Without it apqd chooses.
      - It takes effect with a reservation. To change it, no device may have queues.
    type: str
    choices: [masks, overrides, observe]
  force:
    description:
      - Proceed even if the host loses its last working queue of a mode (accelerator, CCA or EP11),
        which its own programs may need.
    type: bool
    default: false
  enforce:
    description:
      - Whether apqd undoes it at once when another program gives reserved queues to the host.
    type: bool
  gisa:
    description:
      - Whether KVM may use the guest interruption state area, without which no interrupt is forwarded.
    type: bool
  poll_thread:
    description:
      - Whether a kernel thread polls the queues of the host.
    type: bool
  poll_timeout:
    description:
      - Nanoseconds between two looks at the host's own queues, up to 120 seconds.
    type: int
extends_documentation_fragment: apqd.ap.connection
seealso:
  - module: apqd.ap.ap_device
  - module: apqd.ap.ap_info
author:
  - The apqd maintainers (@apqd)
"""

EXAMPLES = r"""
- name: Adapters 04 and 06 are for guests, and their interrupts are forwarded
  apqd.ap.ap_host:
    adapters: [4, 6]
    gisa: true

- name: These two queues, and nothing else
  apqd.ap.ap_host:
    queues: ["05.0010", "05.0012"]
    mechanism: overrides
    state: exact

- name: The host has adapter 06 back
  apqd.ap.ap_host:
    adapters: 6
    state: absent
"""

RETURN = r"""
policy:
  description:
    - What is wanted of the host afterwards, or in check mode now; the type HostState in
      io.apqd.Manager(7), spelt with underscores.
  returned: success
  type: dict
  sample:
    ownership: masks
    enforce: false
    reserved: {adapters: [4, 6], domains: [], queues: []}
    interrupts: {gisa: true, poll_thread: null, poll_timeout: null}
steps:
  description: What was written, in its order; in check mode what would be.
  returned: success
  type: list
  elements: dict
  sample:
    - action: writePolicy
      device: null
      detail: /etc/apqd/host.json
collateral:
  description:
    - The queues that masks take from the host besides, or keep from it after a release, because they
      know whole adapters and domains only.
  returned: success
  type: list
  elements: str
  sample: ["02.0047"]
error:
  description: The error that apqd answered, with its whole name and its parameters.
  returned: failure
  type: dict
"""

from ansible_collections.apqd.ap.plugins.module_utils.ids import snake
from ansible_collections.apqd.ap.plugins.module_utils.manager import Manager
from ansible_collections.apqd.ap.plugins.module_utils.policy import Policy


def act(manager):
    policy = Policy(manager)
    after = {"present": policy.reserve, "exact": policy.make_exact,
             "absent": policy.release}[manager.params["state"]]()
    return dict(policy=snake(policy.again()), diff=dict(before=policy.told(), after=after),
                **manager.gathered())


def main():
    ids = dict(type="list", elements="raw")
    Manager(dict(
        adapters=ids, domains=ids, queues=dict(type="list", elements="str"),
        state=dict(type="str", choices=["present", "exact", "absent"], default="present"),
        mechanism=dict(type="str", choices=["masks", "overrides", "observe"]),
        force=dict(type="bool", default=False), enforce=dict(type="bool"),
        gisa=dict(type="bool"), poll_thread=dict(type="bool"),
        poll_timeout=dict(type="int"))).run(act)


if __name__ == "__main__":
    main()
