# SPDX-License-Identifier: GPL-2.0-or-later
"""What the sources define that a manual has to tell: read where it is defined."""
import re

import report

INTERFACE = "common/io.apqd.Manager.varlink"

# What libsystemd reads from the environment when these are called.
BY_LIBSYSTEMD = {"sd_listen_fds": {"LISTEN_FDS", "LISTEN_PID"},
                 "sd_listen_fds_with_names": {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"},
                 "sd_notify": {"NOTIFY_SOCKET"},
                 "sd_event_set_watchdog": {"WATCHDOG_USEC", "WATCHDOG_PID"}}
ROOTS = "etc|run|var|usr|tmp|sys|dev|proc"


def of(*folders):
    """The text of all C files in these folders."""
    return "\n".join(report.read(name) for name in report.files()
                     if name.startswith(folders) and name.endswith((".c", ".h")))


def interface(kind):
    """The names of all methods, errors or types of the interface."""
    return set(re.findall(rf"^{kind} (\w+)", report.read(INTERFACE), re.MULTILINE))


def errors():
    """The names on the wire, without the interface's, of all errors that there are."""
    return set(re.findall(r'"(?:io\.apqd\.Manager|org\.varlink\.service)\.(\w+)"',
                          report.read("common/error.c")))


def problems():
    return set(re.findall(r'^#define PROBLEM_\w+ "(\w+)"', report.read("daemon/model/problem.h"),
                          re.MULTILINE))


def environment(*folders):
    source = of(*folders)
    found = set(re.findall(r'\bgetenv\("(\w+)"\)', source))
    for function, variables in BY_LIBSYSTEMD.items():
        if re.search(rf"\b{function}\(", source):
            found |= variables
    return found


def journal_fields():
    """The fields of our own that messages have."""
    return {name for name in re.findall(r'"(\w+)=%', report.read("daemon/log.c"))
            if name.startswith("APQD_")}


def message_ids():
    return set(re.findall(r'"([0-9a-f]{32})"', report.read("daemon/log.h")))


def any_of(path):
    """A path with "*" for what differs: what is printed into it, and words in capitals."""
    return re.sub(r"%[sdu]|[A-Z]{2,}\.DDDD|\b(UUID|PID|MAJOR|MINOR|NUMBER)\b", "*", path).rstrip("/")


def paths():
    """Every file and folder that the programs open or name, as any_of() writes them."""
    found = {any_of(path) for path in re.findall(rf'"(?:%s)?(/(?:{ROOTS})/[^" ]*)"',
                                                 of("daemon/", "cli/", "common/"))}
    names = {"/etc/apqd": re.findall(r'#define NAME "(.*)"', report.read("daemon/store/policy.c"))}
    rules = re.findall(r'STORE_RULES_NAME "(.*)"', report.read("daemon/store/internal.h"))
    for folder in found:
        if folder.endswith("/udev/rules.d"):
            names[folder] = rules
    return found | {f"{folder}/{name}" for folder, listed in names.items() for name in listed}
