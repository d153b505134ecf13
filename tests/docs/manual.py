# SPDX-License-Identifier: GPL-2.0-or-later
"""The manuals as check-docs and run-examples read them: whole pages, made of their parts."""
import os
import re

import report

LICENCE = r'.\" SPDX-'


def variable(name):
    """The files that a variable of Makefile.am lists."""
    found = re.search(rf"^{name} = \\\n((?:\t.*\\\n)*\t.*\n)", report.read("Makefile.am"),
                      re.MULTILINE)
    return re.findall(r"[^\s\\]+", found.group(1)) if found else []


def parts(page):
    """The files that a page is made of, in their order: itself, if it is no page of parts."""
    listed = variable(re.sub(r"\W", "_", os.path.basename(page)).upper() + "_PARTS")
    return listed or [page]


def pages():
    """The path of each manual; one that is made of parts is only in the build tree."""
    made = re.search(r"^man_MANS = (.*)$", report.read("Makefile.am"), re.MULTILINE)
    return (made.group(1).split() if made else []) + variable("dist_man_MANS")


def lines(page):
    """(file, line number, line) of all that a page is made of, with one licence line."""
    for index, part in enumerate(parts(page)):
        for number, line in enumerate(report.read(part).splitlines(), 1):
            if index == 0 or not line.startswith(LICENCE):
                yield part, number, line


def read(page):
    """The source of a page, as make puts it together."""
    return "".join(f"{line}\n" for _, _, line in lines(page))
