# SPDX-License-Identifier: GPL-2.0-or-later
"""From markup to parts: M(fqcn), P(fqcn#type), U(url), L(text,url), O(option), RV(return value), and text."""
import re

from .dom import Part, PartType, PluginIdentifier

# A command, and what is in its brackets; in those of the newer ones a backslash protects a bracket.
OLD = re.compile(r"\b(?:([IBCMU])|(L)|(R))\(([^)]*)\)")
NEW = re.compile(r"\b(O|RV|V|E|P)\(((?:\\.|[^\\)])*)\)")
BEGIN = re.compile(r"\b(?:[IBCMULR]|O|RV|V|E|P)\(|\bHORIZONTALLINE\b")
NAME = re.compile(r"^(?:([\w.]+)#(\w+):)?(?:([\w-]+):)?([\w.\[\], -]+?)(?:=(.*))?$", re.S)


class Context:
    """Whose text it is: O() and RV() without a plugin are its own."""

    def __init__(self, current_plugin=None):
        self.current_plugin = current_plugin


def name_part(part_type, source, text, context):
    found = NAME.match(text)
    if not found:
        return Part(PartType.ERROR, source, message=f"{source} has no name")
    fqcn, kind, entrypoint, name, value = found.groups()
    plugin = PluginIdentifier(fqcn, kind) if fqcn else context.current_plugin
    link = re.sub(r"\[[^\]]*\]", "", name).split(".")
    return Part(part_type, source, plugin=plugin, entrypoint=entrypoint, name=name, link=link, value=value)


def new_part(found, context):
    command, text, source = found.group(1), re.sub(r"\\(.)", r"\1", found.group(2)), found.group(0)
    if command in ("O", "RV"):
        kind = PartType.OPTION_NAME if command == "O" else PartType.RETURN_VALUE
        return name_part(kind, source, text, context)
    if command != "P":
        return Part(PartType.TEXT, source)
    fqcn, sharp, kind = text.partition("#")
    if not sharp:
        return Part(PartType.ERROR, source, message=f"{source} has no type of plugin")
    return Part(PartType.PLUGIN, source, plugin=PluginIdentifier(fqcn, kind))


def old_part(found):
    text, source = found.group(4), found.group(0)
    if found.group(1) == "M":
        return Part(PartType.MODULE, source, fqcn=text)
    if found.group(1) == "U":
        return Part(PartType.URL, source, url=text)
    if found.group(2) or found.group(3):
        _, comma, target = text.rpartition(",")
        if not comma:
            return Part(PartType.ERROR, source, message=f"{source} has no comma")
        return Part(PartType.LINK, source, url=target.strip()) if found.group(2) else \
            Part(PartType.TEXT, source)
    return Part(PartType.TEXT, source)


def parse_paragraph(text, context):
    parts, at = [], 0
    while True:
        begin = BEGIN.search(text, at)
        if not begin:
            return parts
        at = begin.end()
        if begin.group(0) == "HORIZONTALLINE":
            continue
        new, old = NEW.match(text, begin.start()), OLD.match(text, begin.start())
        found = new or old
        if not found:
            parts.append(Part(PartType.ERROR, begin.group(0), message=f"{begin.group(0)} does not end"))
            continue
        parts.append(new_part(found, context) if new else old_part(found))
        at = found.end()


def parse(text, context, **_options):
    """Each paragraph of a text, or of a list of texts, as a list of parts."""
    return [parse_paragraph(one, context) for one in ([text] if isinstance(text, str) else text)]
