# SPDX-License-Identifier: GPL-2.0-or-later
"""The calls between the files of the programs, as the linker sees them.

An include shows only that a file knows another one's header. A header may declare functions of
several files, so circles of calls hide behind it. The symbols of the object files hide nothing.
"""
import collections
import os
import subprocess

# Where the objects of one program lie. The simulator and the kernel define the same functions, so
# each is linked with the daemon in turn.
WORLDS = [["daemon", "common"], ["tests/sim", "daemon", "common"], ["cli", "common"]]
SEAM = "daemon/kernel/"


def objects(build, folder):
    """(source, object) of everything that was built from a folder."""
    for path, _, names in os.walk(os.path.join(build, folder)):
        for name in names:
            if name.endswith(".o"):
                source = os.path.relpath(os.path.join(path, name[:-2] + ".c"), build)
                # automake puts the program's name before the file's where flags differ
                head, tail = os.path.split(source)
                yield os.path.join(head, tail.rsplit("-", 1)[-1] if tail.startswith("lib") else tail), \
                    os.path.join(path, name)


def symbols(path):
    """Returns the names that an object defines, and those that it uses of others."""
    defined, wanted = set(), set()
    output = subprocess.run(["nm", "-P", path], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        name, kind = line.split()[:2]
        if kind == "U":
            wanted.add(name)
        elif kind in "TDBRVWC":
            defined.add(name)
    return defined, wanted


def calls(build):
    """{(from, to): names} of all files: who uses what of whom."""
    edges = collections.defaultdict(set)
    for world in WORLDS:
        found = {}
        for folder in world:
            for source, path in objects(build, folder):
                if "tests/sim" in world and source.startswith(SEAM):
                    continue
                if not os.path.exists(source):  # an earlier build made it of a file that is gone
                    continue
                found[source] = symbols(path)
        home = {name: source for source, (defined, _) in found.items() for name in defined}
        for source, (_, wanted) in found.items():
            for name in wanted & home.keys():
                if home[name] != source:
                    edges[source, home[name]].add(name)
    return edges


def circles(edges):
    """The sets of files that reach each other, each sorted, by Tarjan's algorithm without recursion."""
    targets = collections.defaultdict(list)
    for source, target in sorted(edges):
        targets[source].append(target)
    index, low, stack, on_stack, result = {}, {}, [], set(), []
    for root in sorted(targets):
        if root in index:
            continue
        work = [(root, iter(targets[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            for target in following:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(targets.get(target, ()))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    circle = set()
                    while node not in circle:
                        circle.add(stack[-1])
                        on_stack.discard(stack.pop())
                    if len(circle) > 1:
                        result.append(sorted(circle))
    return result
