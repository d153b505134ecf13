# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/lab/distro-cases/bench.sh measured beside lszcrypt and mdevctl."""
import re

from measure import text_of
from table import table, times, verdict

# what, its peer, and the part of the peer's time that is aimed at
PAIRS = (
    ("apqctl-queues", "lszcrypt-V", 1 / 40),
    ("apqctl-queues", "lszcrypt", None),
    ("apqctl-queues", "true", 3),
    ("apqctl-list", "mdevctl-list", None),
    ("apqctl-list", "true", 3),
    ("apqd-apply", "mdevctl-start", 1 / 10),
    ("apqd-apply", "bare-writes", 1.25),
    ("mdevctl-start", "shell-writes", None),
    ("apqctl-monitor", "udevadm-monitor", None),
)
NONE = ("Not measured in this run. `tests/lab/lab distro --cards 32 --domains 32 "
        "tests/lab/distro-cases/bench.sh tests/lab/cases/lib.sh tests/lab/distro-cases/distro-lib.sh` "
        "prints the numbers, and `make bench BENCH_LAB=FILE` puts them here.")


def read(path):
    """The table, from lines \"bench NAME MICROSECONDS\" and \"bench: about the machine\"."""
    if path is None:
        return {"lab": NONE}
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    found = {name: int(number) / 1e6
             for name, number in re.findall(r"^bench ([\w-]+) (\d+)\s*$", text, re.MULTILINE)}
    about = " ".join(re.findall(r"^bench: (.*?)\s*$", text, re.MULTILINE))
    rows = []
    for ours, theirs, aim in PAIRS:
        if ours not in found or theirs not in found:
            continue
        part = found[ours] / found[theirs]
        rows.append([f"`{ours}`", text_of(found[ours]), f"`{theirs}`", text_of(found[theirs]),
                     times(found[ours], found[theirs]),
                     "" if aim is None else verdict(part <= aim, f"{aim:.3g} x")])
    return {"lab": about + "\n\n" + table(["what", "takes", "peer", "takes", "beside it", "aim"],
                                          rows)}
