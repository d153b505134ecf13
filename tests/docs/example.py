# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of a document: every display of a manual, every code block of README.md.

What a reader does not see is said in comments before a display: in a manual
'.\\" example: WORD REST', in Markdown '<!-- example: WORD REST -->'.

  kernels VERSION... everything on the page is run once on each of these kernels
  start OPTION...    from here on a fresh host, simulated with these options of apqd-sim
  reboot             the host is booted again: only its disk stays
  before COMMAND     done quietly before, on the simulated host; what else there is: examples.sh
  prepare COMMAND    done quietly before, where the machine's script runs
  machine PROGRAM... the commands of these programs need a real machine (run-examples --machine);
                     the others of the display are run there and on the simulated host
  elsewhere PROGRAM... those of these programs need what neither has, such as a guest; they are listed
  file PATH          the display is this file
  machine-file PATH  likewise, of a real machine
  daemon             the display is how apqd is run in the foreground
  prints COMMAND     the display is what this command prints
  messages           the display is messages of the protocol: "-> " sent, "<- " the reply
  form REASON        the display shows a form, and nothing to be run or read

Without one of them a display is commands after "$ " or "# ", each with what it prints, if that is
shown; "..." stands for any words that are left out.
"""
import re
import shlex

import manual
import report

ACTIONS = ("kernels", "start", "reboot", "before", "prepare")
KINDS = ("machine", "elsewhere", "file", "machine-file", "daemon", "prints", "messages", "form")


class Mistake(Exception):
    """An example that cannot be read, with where it stands."""


class Command:
    """A command as typed, and the lines that it is shown to print."""

    def __init__(self, where, text):
        self.where = where
        self.text = text
        self.shown = []

    def goes_on(self):
        """Whether the next line belongs to it: a backslash ends it, or a quotation is open."""
        if self.shown or self.text.endswith("\\"):
            return not self.shown
        try:
            shlex.split(self.text, comments=True)
        except ValueError:
            return True
        return False

    def program(self):
        return self.text.split()[0]

    def title(self):
        """The command in one line."""
        return re.sub(r"\s*\\?\n\s*", " ", self.text)


class Action:
    """Something that is done between displays: word is one of ACTIONS."""

    def __init__(self, where, word, rest):
        self.where = where
        self.word = word
        self.rest = rest


class Display:
    """Lines that stand apart; kind is one of KINDS, or "commands", and rest is what it said."""

    def __init__(self, lines, mark):
        self.lines = lines
        self.where = f"{lines[0][0]}:{lines[0][1]}"
        self.kind, self.rest = mark or ("commands", "")

    def text(self):
        return "".join(f"{line}\n" for _, _, line in self.lines)

    def commands(self):
        """The commands in it, each with what it is shown to print."""
        found = []
        for file, number, line in self.lines:
            if re.match(r"[$#] ", line):
                found.append(Command(f"{file}:{number}", line[2:]))
            elif not found:
                raise Mistake(f"{file}:{number}: what is '{line}'? Put '$ ' or '# ' before a command, "
                              f"or say by a comment what it is: example: {', '.join(KINDS)}")
            elif found[-1].goes_on():
                found[-1].text += "\n" + line
            else:
                found[-1].shown.append(line)
        return found


def plain(line):
    """A line of a literal display as a reader sees it."""
    line = line.replace(r"\(dq", '"').replace(r"\-", "-").replace(r"\&", "")
    return re.sub(r"\\e|\\\\", lambda _: "\\", line)


def manual_parts(page):
    """(file, line number, what, text) of a manual: a mark, a line of a display, or its end."""
    is_display = False
    for file, number, line in manual.lines(page):
        mark = re.match(r'\.\\" example: (.*)', line)
        shown = re.match(r'\.Dl (.*)', line)
        if mark:
            yield file, number, "mark", mark.group(1)
        elif shown:
            yield file, number, "line", plain(shown.group(1))
        elif re.match(r"\.(Bd|D1)\b", line):
            if "-literal" not in line:
                raise Mistake(f"{file}:{number}: a display that is not literal cannot be read here")
            is_display = True
        elif line == ".Ed":
            is_display = False
            yield file, number, "end", ""
        elif is_display:
            yield file, number, "line", plain(line)
        else:
            yield file, number, "end", ""


def markdown_parts(document):
    """The same of a document in Markdown, whose displays are fenced code blocks."""
    is_code = False
    for number, line in enumerate(report.read(document).splitlines(), 1):
        mark = re.match(r"<!-- example: (.*) -->$", line)
        if line.startswith("```"):
            is_code = not is_code
            yield document, number, "end", ""
        elif is_code:
            yield document, number, "line", line
        elif mark:
            yield document, number, "mark", mark.group(1)
        else:
            yield document, number, "end", ""


def read(document):
    """The Actions and Displays of a document, in their order; Mistake where one cannot be read."""
    parts = markdown_parts(document) if document.endswith(".md") else manual_parts(document)
    mark, lines = None, []
    for file, number, what, text in parts:
        if what == "line":
            lines.append((file, number, text))
            continue
        if lines:
            yield Display(lines, mark)
            mark, lines = None, []
        if what == "mark":
            word, _, rest = text.partition(" ")
            if word in ACTIONS:
                yield Action(f"{file}:{number}", word, rest)
            elif word not in KINDS:
                raise Mistake(f"{file}:{number}: '{word}' is no mark of an example: take one of "
                              f"{', '.join(ACTIONS + KINDS)}")
            elif mark:
                raise Mistake(f"{file}:{number}: the display has a mark already")
            else:
                mark = word, rest
    if lines or mark:
        raise Mistake(f"{document}: a display, or its mark, is not ended")
