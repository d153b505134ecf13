# SPDX-License-Identifier: GPL-2.0-or-later
# GNU General Public License v2.0 or any later version, so also v3.0 (https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of how apqd is reached, which every module has."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  socket:
    description:
      - Path of the socket of apqd on the host.
    type: path
    default: /run/apqd/io.apqd.Manager
  timeout:
    description:
      - So many seconds may a call to apqd take.
      - A stop by force of a device that a guest uses takes until that guest has ended.
    type: int
    default: 120
requirements:
  - apqd on the host
  - Python 3.6 or later on the host; nothing but its standard library is needed
notes:
  - Everybody may look, but changes are for root and the members of the group C(apqd).
  - Ids are numbers from 0 to 255, decimal or hexadecimal with C(0x), and ranges of them.
    A text with a leading zero, such as C("0047"), is refused, because it could be either; YAML itself
    reads C(0047) without quotes as octal.
    They may stand in a list or in one text, as in C([4, 6]), C(0x10-0x12) or C("4,6,0x10-0x12").
"""
