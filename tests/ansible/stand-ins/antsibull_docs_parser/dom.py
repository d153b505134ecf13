# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of a paragraph; each has its type and its source."""
import collections
import enum


class PartType(enum.Enum):
    """What a part is; all that only formats text is TEXT here."""
    ERROR = 0
    TEXT = 1
    URL = 2
    LINK = 3
    MODULE = 4
    PLUGIN = 5
    OPTION_NAME = 6
    RETURN_VALUE = 7


PluginIdentifier = collections.namedtuple("PluginIdentifier", "fqcn type")


class Part:
    """One part; what else it has depends on its type."""

    def __init__(self, part_type, source, **members):
        self.type = part_type
        self.source = source
        self.__dict__.update(members)


OptionNamePart = ReturnValuePart = Part
