# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of Markdown, and whether an aim is met."""


def table(heads, rows):
    """The first column is text, the others are numbers."""
    lines = ["| " + " | ".join(heads) + " |",
             "| --- |" + " ---: |" * (len(heads) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def times(value, peer):
    """How many times the peer's."""
    return f"{value / peer:.2f} x" if value / peer < 10 else f"{value / peer:.0f} x"


def verdict(is_met, aim):
    return f"{aim}: {'met' if is_met else '**not met**'}"
