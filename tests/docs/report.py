# SPDX-License-Identifier: GPL-2.0-or-later
"""What check-docs and check-tree share: the tree's files, and a line for each rule."""
import os
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def files():
    """Every file of the tree, also those not committed yet, relative to its top and sorted."""
    git = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "--cached", "--others",
                          "--exclude-standard"], capture_output=True, check=False)
    if git.returncode != 0:
        sys.exit(f"{TOP} is not a git tree, so its files cannot be told from what was built: "
                 f"run this in a clone. ({git.stderr.decode().strip()})")
    names = sorted(set(git.stdout.decode().split("\0")) - {""})
    return [name for name in names if os.path.isfile(os.path.join(TOP, name))]


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as file:
        return file.read()


class Report:
    """Rules and what breaks them: "ok RULE", or "FAIL RULE" with a line for each break below it."""

    def __init__(self):
        self.failed = False

    def rule(self, name, breaks):
        """breaks are sentences that say where, what and what to do; none: the rule holds."""
        breaks = list(breaks)
        print(f"FAIL {name}" if breaks else f"ok {name}")
        for line in breaks:
            print(f"  {line}")
        self.failed |= bool(breaks)

    def end(self):
        sys.exit(1 if self.failed else 0)
