# SPDX-License-Identifier: GPL-2.0-or-later
"""Bootstraps a virtual environment of ansible-test whose tools are those of the system.

ansible-test would download each tool in one exact version.  This makes the packages of Debian
known in the environment instead, with a pip that has nothing left to do.
"""
import os
import sysconfig

site = sysconfig.get_path("purelib")
os.makedirs(site + "/pip", exist_ok=True)
with open(site + "/system.pth", "w", encoding="ascii") as file:
    file.write("/usr/lib/python3/dist-packages\n")
for name in ("__init__", "__main__"):
    with open(f"{site}/pip/{name}.py", "w", encoding="ascii") as file:
        file.write('"""All is installed already."""\n')
