# SPDX-License-Identifier: GPL-2.0-or-later
"""Which of an operation's calls are tried: all, a share at random, or one of each kind."""
import random
import re

# A share: of the calls that differ only in the adapter, the queue or the process in their paths one, and of
# its errnos one.
EACH_KIND = "each kind"

VARIES = re.compile(r"\b[0-9a-f]{2}\.[0-9a-f]{4}\b|\bcard[0-9a-f]{2}\b|[0-9]+")


def kind_of(call):
    return call.name, VARIES.sub("N", call.path), call.flags


def choose(calls, variants_of, share, seed):
    """(call, variant) of all that there are, or of that share, in the order of the calls."""
    chance = random.Random(seed)
    if share == EACH_KIND:
        kinds = {}
        for call in calls:
            kinds.setdefault(kind_of(call), []).append(call)
        one_each = [chance.choice(same) for same in kinds.values()]
        points = [(call, chance.choice(variants_of(call))) for call in one_each if variants_of(call)]
    else:
        points = [(call, variant) for call in calls for variant in variants_of(call)]
        if share < 1:
            points = chance.sample(points, min(len(points), max(2, int(len(points) * share))))
    return sorted(points, key=lambda point: point[0].number)
