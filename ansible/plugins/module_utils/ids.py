# SPDX-License-Identifier: GPL-2.0-or-later
"""Ids of adapters, domains and queues: read as people write them, told as the kernel does."""
import re

ID_MAX = 255

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,4}|0|[1-9][0-9]{0,4}")
_QUEUE = re.compile(r"([0-9a-fA-F]{2})\.([0-9a-fA-F]{4})(?:-([0-9a-fA-F]{4}))?")


def _spell(text, base):
    """A number or a range so that it reads in one way only, or None where it is no id then."""
    spelled, ids = [], []
    for part in text.split("-"):
        if not part[:2].lower() == "0x":
            part = part.lstrip("0") or "0"
            part = "0x" + part if base == 16 else part
        if not _NUMBER.fullmatch(part) or int(part, 0) > ID_MAX:
            return None
        spelled.append(part)
        ids.append(int(part, 0))
    return "-".join(spelled) if len(ids) < 3 and ids == sorted(ids) else None


def _number(option, text, whole):
    if not _NUMBER.fullmatch(text):
        ways = [way for way in (_spell(whole, 10), _spell(whole, 16)) if way]
        if ways:
            raise ValueError("%s: '%s' is no id: write %s. Plain numbers are decimal, ids are "
                             "printed in hexadecimal." % (option, whole, " or ".join(ways)))
        raise ValueError(
            "%s: '%s' is no id. Ids are numbers from 0 to %d, decimal or hexadecimal with 0x, and "
            "ranges of them: 4, 0x1a, 0x10-0x12." % (option, whole, ID_MAX))
    number = int(text, 0)
    if number > ID_MAX:
        raise ValueError("%s: '%s' is too big. Ids are numbers from 0 to %d (0x%x)."
                         % (option, whole, ID_MAX, ID_MAX))
    return number


def parse_ids(option, values):
    """The ids of a list of numbers and texts such as "4", "0x10-0x12" or "4,6": ascending, each
    once; None stays None.  Raises ValueError with a sentence that names the option."""
    if values is None:
        return None
    found = set()
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError("%s: %r is no id. Give numbers from 0 to %d, or texts such as "
                             "'0x10-0x12'." % (option, value, ID_MAX))
        for part in str(value).split(","):
            part = part.strip()
            first, dash, last = part.partition("-")
            low = _number(option, first, part)
            high = _number(option, last, part) if dash else low
            if low > high:
                raise ValueError("%s: the range '%s' ends before it begins. Write the smaller id "
                                 "first." % (option, part))
            found.update(range(low, high + 1))
    return sorted(found)


def parse_queues(option, values):
    """The queues of a list of texts AA.DDDD and AA.DDDD-DDDD, hexadecimal as the kernel writes
    them: single ones, ascending, each once; None stays None.  Raises ValueError."""
    if values is None:
        return None
    found = set()
    for value in values:
        for part in str(value).split(","):
            match = _QUEUE.fullmatch(part.strip())
            if not match:
                raise ValueError(
                    "%s: '%s' is no queue. Queues are written as the kernel does, AA.DDDD or "
                    "AA.DDDD-DDDD, in hexadecimal: 0a.0047. Put them in quotes." % (option, part))
            adapter, low = int(match.group(1), 16), int(match.group(2), 16)
            high = int(match.group(3), 16) if match.group(3) else low
            if low > high or high > ID_MAX:
                raise ValueError("%s: '%s' has no domains. They are from 0000 to %04x, the smaller "
                                 "one first." % (option, part, ID_MAX))
            found.update((adapter, domain) for domain in range(low, high + 1))
    return [queue_text(*queue) for queue in sorted(found)]


def queue_text(adapter, domain):
    return "%02x.%04x" % (adapter, domain)


def queue_ids(text):
    """Adapter and domain of a single queue."""
    adapter, _dot, domain = text.partition(".")
    return int(adapter, 16), int(domain, 16)


def adapter_texts(ids):
    return ["%02x" % number for number in ids]


def domain_texts(ids):
    return ["%04x" % number for number in ids]


def snake(value):
    """The same value with the keys of its dictionaries as Ansible writes them: control_domains."""
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda m: "_" + m.group().lower(), key): snake(item)
                for key, item in value.items()}
    if isinstance(value, list):
        return [snake(item) for item in value]
    return value
