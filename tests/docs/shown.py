# SPDX-License-Identifier: GPL-2.0-or-later
"""What a document shows of a program's output, against what the program printed.

Words are compared, not spaces, so that a page may break its lines where it likes.  Ids made by
chance, process ids and times are any; "..." is any words, or none.
"""
import difflib
import re

ID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
CHANGING = [
    (ID, "UUID"),
    (r"^[0-9a-f]{8}(?= +[\w-]+ +(?:defined|started|in use))", "UUID"),  # as "list" shortens them
    (r"\bprocess [0-9]+", "process PID"),
    (r'"pid": ?[0-9]+', '"pid": PID'),
    (r'"time": ?[0-9]+', '"time": TIME'),
    (r'"sequence": ?[0-9]+', '"sequence": SEQUENCE'),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3}[+-][0-9]{2}:[0-9]{2}", "TIME"),
]


def mask(text):
    """The text with what differs from run to run by name."""
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text


def fits(shown, printed):
    """Whether a program may have printed so what is shown."""
    words = [".*?".join(map(re.escape, word.split("..."))) for word in mask(shown).split()]
    # a word that is only left out stands for none, too
    pattern = "".join(r"(?:\S+\s+)*?" if word == ".*?" else word + r"\s+" for word in words)
    return re.fullmatch(pattern, mask(printed).strip() + "\n", re.DOTALL) is not None


def difference(shown, printed):
    """A unified diff of the two, as lines; never empty."""
    lines = list(difflib.unified_diff(mask(shown).splitlines(), mask(printed).splitlines(),
                                      "shown", "printed", lineterm=""))
    return lines or ["they differ in what is left out only"]
