# SPDX-License-Identifier: GPL-2.0-or-later
"""Every power cut: of what an operation wrote only what it synced is sure to be there.

What the daemon does to the files below /etc is replayed from the log of its system calls, call by
call.  At each of them the power may go, and then a file system may have kept
- of names (made, renamed, removed; a rename is one change): all up to the last fsync() of their
  folder, and of those since then any first part;
- of a file's contents: what was there at its last fsync(), or nothing of it, or all.
Each such disk that is different from the others is given to a daemon on a freshly booted kernel.
It must find every definition, and the host policy, as it was before or as it is afterwards.
"""
import os
import random

from harness import Failure, check, equal
from operations import Endpoints, difference, leftovers, shown

CREATES = 0o100
TRUNCATES = 0o1000


class Inode:
    """A file's contents now, and as they were when they were last synced (None: never)."""

    def __init__(self, data=b"", synced=None):
        self.data, self.synced = data, synced

    def after_cut(self, kept):
        if kept:
            return self.data
        return b"" if self.synced is None else self.synced


class Disk:
    """Folders of names, the changes of names that are not synced yet, and what is open."""

    def __init__(self, files):
        self.now = {path: Inode(data, data) for path, data in files.items()}
        self.synced = dict(self.now)
        self.pending = []  # each change of names: (path, inode or None) once or twice, in their order

    def _name(self, *names):
        self._keep(self.now, names)
        self.pending.append(names)

    def apply(self, call, path, second):
        """One system call that succeeded, on paths below the root."""
        if call.name == "openat" and call.flags & CREATES and path not in self.now:
            self._name((path, Inode()))
        if call.name == "openat" and call.flags & TRUNCATES and path in self.now:
            self.now[path].data = b""
        if call.name == "write" and path in self.now:
            self.now[path].data += call.data
        if call.name in ("rename", "renameat", "renameat2") and path in self.now:
            self._name((second, self.now[path]), (path, None))
        if call.name in ("unlink", "unlinkat") and path in self.now:
            self._name((path, None))
        if call.name in ("fsync", "fdatasync", "syncfs"):
            self._sync(path, call.name == "syncfs")

    def _sync(self, path, everything):
        for name, inode in self.now.items():
            if everything or name == path:
                inode.synced = inode.data
        for change in list(self.pending):
            if everything or os.path.dirname(change[0][0]) == path:
                self._keep(self.synced, change)
                self.pending.remove(change)

    @staticmethod
    def _keep(files, change):
        for path, inode in change:
            if inode is None:
                files.pop(path, None)
            else:
                files[path] = inode

    def after_cut(self):
        """Every disk that may be found: dictionaries of contents by path."""
        for length in range(len(self.pending) + 1):
            names = dict(self.synced)
            for change in self.pending[:length]:
                self._keep(names, change)
            for kept in (False, True):
                yield {path: inode.after_cut(kept) for path, inode in names.items()}


def disks_of(calls, files, root):
    """Each different disk with the call that came next when the power went."""
    disk, found = Disk(files), {}

    def note(what):
        for files_then in disk.after_cut():
            found.setdefault(tuple(sorted(files_then.items())), what)

    for call in calls:
        path, second = (p.replace(root + "/", "", 1) for p in (call.path, call.second))
        note(f"{call.name} {call.number} {path}")
        if path.startswith("etc/"):
            disk.apply(call, path, second)
    note("end")
    return disk, found


def wanted(world):
    """What is defined and reserved, by device; what follows from the kernel is left out."""
    found = shown(world)
    definitions = {d["uuid"]: {k: d[k] for k in ("name", "definition", "start", "interrupts")}
                   for d in found["devices"] if d["definition"] is not None or d["name"]}
    host = found["host"]
    return {**definitions, "host": {"reserved": host["reserved"],
                                    "interrupts": host["interrupts"]["wanted"]}}


def check_disk(make_world, operation, files, old, new):
    """A daemon on that disk, after a boot."""
    world = make_world()
    try:
        for path, data in files:
            world.write_file(f"{world.root}/{path}", data)
        world.start(*operation.options)
        found = wanted(world)
        for key in {*found, *old, *new}:
            check(found.get(key) in (old.get(key), new.get(key)), key, "is neither old",
                  difference(found.get(key), old.get(key)), "nor new",
                  difference(found.get(key), new.get(key)))
        problems = [p for d in shown(world)["devices"] for p in d["problems"]
                    if p["code"] in ("badDefinition", "strangeFile")]
        problems += [p for p in shown(world)["host"]["problems"]
                     if p["code"] in ("badHostPolicy", "strangeFile")]
        equal(problems, [], "files that cannot be used")
        world.injector.end()
        equal(leftovers(world), [], "left over")
        return world.close()
    finally:
        if world.daemon and world.daemon.poll() is None:
            world.close()
        world.remove()


def record(make_world, operation):
    """The disks that a power cut can leave, and what is wanted before and after."""
    world = make_world()
    try:
        operation.prepare(world)
        ends = Endpoints(world, operation)
        old = wanted(world)
        world.injector.watch(data=True)
        operation.do(world)
        world.injector.end()
        calls = world.injector.calls()
        disk, found = disks_of(calls, ends.old["disk"], world.root)
        new = wanted(world)
        replayed = {path: inode.data for path, inode in disk.now.items()}
        check(replayed == ends.new["disk"], "the replay comes to other files:",
              difference(replayed, ends.new["disk"]))
        # a removed file is set aside under a hidden name first; if that comes back, nobody reads it
        names = [change for changes in disk.pending for change in changes
                 if not (os.path.basename(change[0])[0] == "." and change[1] is None)]
        check(not names, "names are not synced at the end:", names)
        unsynced = [p for p, inode in disk.now.items() if inode.synced != inode.data]
        equal(unsynced, [], "files that are not synced at the end")
        return found, old, new
    finally:
        world.close()
        world.remove()


def run(make_world, operation, share, seed):
    """Tries that share of the disks: (how many, list of what failed)."""
    found, old, new = record(make_world, operation)
    disks = sorted(found.items())
    if share < 1:
        chance = random.Random(f"{seed} {operation.name}")
        disks = chance.sample(disks, max(1, int(len(disks) * share)))
    failures = []
    for files, what in disks:
        try:
            wrong = check_disk(make_world, operation, files, old, new)
        except Exception as error:  # whatever a disk leads to is its failure
            wrong = str(error) if isinstance(error, Failure) else repr(error)
        if wrong:
            kept = ", ".join(f"{path} ({len(data)} bytes)" for path, data in files)
            failures.append(f"{operation.name}: power-cut-before {what} CUT: {wrong}\n"
                            f"  | the disk: {kept}")
    return len(disks), failures
