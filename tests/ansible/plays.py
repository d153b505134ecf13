# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs ansible-playbook against simulated hosts, and reads what came of it."""
import contextlib
import json
import os
import subprocess
import tempfile

import harness
from harness import check, equal

HERE = os.path.dirname(os.path.abspath(__file__))
COLLECTION = os.path.join(HERE, "..", "..", "ansible")
EXAMPLES = os.path.join(COLLECTION, "examples")
MODULES = "apqd.ap."


class Fleet:
    """Simulated hosts by their names, and a folder in which Ansible finds the collection."""

    def __init__(self, build, names, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="apqd-ansible-")
        self.path = self.folder.name
        self.worlds = {}
        # A file of its own, empty, so that none of this machine's counts.
        self.config = self.path + "/ansible.cfg"
        with open(self.config, "w", encoding="ascii"):
            pass
        collections = self.path + "/ansible_collections/apqd"
        os.makedirs(collections)
        os.symlink(os.path.abspath(COLLECTION), collections + "/ap")
        for name in names:
            world = harness.World(build)
            self.worlds[name] = world
            world.start(*options)
        self.inventory = self.write("hosts.json", {"all": {"hosts": {
            name: {"ansible_connection": "local", "ansible_become": False,
                   "ansible_python_interpreter": "/usr/bin/python3",
                   "apqd_socket": world.socket} for name, world in self.worlds.items()}}})

    def write(self, name, value):
        path = f"{self.path}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def playbook(self, path, *options, inventory=()):
        """Runs a playbook: its status, its results, and all that it printed."""
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("ANSIBLE_")}
        environment.update(
            ANSIBLE_COLLECTIONS_PATH=self.path, ANSIBLE_CONFIG=self.config,
            ANSIBLE_STDOUT_CALLBACK="results", ANSIBLE_CALLBACK_PLUGINS=HERE + "/plugins",
            ANSIBLE_LOCAL_TEMP=self.path + "/tmp", ANSIBLE_REMOTE_TEMP=self.path + "/tmp",
            ANSIBLE_HOME=self.path + "/home", ANSIBLE_PIPELINING="1", ANSIBLE_NOCOLOR="1",
            ANSIBLE_LOCALHOST_WARNING="0", PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8")
        # The later inventory counts: that of the simulated hosts.
        inventories = [part for name in (*inventory, self.inventory) for part in ("-i", name)]
        done = subprocess.run(["ansible-playbook", *inventories, *options, path], env=environment,
                              cwd=self.path, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=240, check=False)
        lines = [line[len("RESULT "):] for line in done.stdout.splitlines()
                 if line.startswith("RESULT ")]
        return done.returncode, [json.loads(line) for line in lines], done.stdout + done.stderr

    def must(self, path, *options, **more):
        """Likewise of one that must succeed: its results."""
        status, results, output = self.playbook(path, *options, **more)
        equal(status, 0, f"status of {os.path.basename(path)} {' '.join(options)}:\n{output}")
        return results

    def tasks(self, tasks, *options):
        """Runs tasks on the first host: the result of each, whatever it is, in their order."""
        play = [{"hosts": next(iter(self.worlds)), "gather_facts": False, "tasks": tasks,
                 "module_defaults": {"group/apqd.ap.apqd": {"socket": "{{ apqd_socket }}"}}}]
        results = self.must(self.write("play.json", play), *options)
        equal(len(results), len(tasks), "tasks that were run")
        return [dict(entry["result"], failed=entry["outcome"] == "failed") for entry in results]

    def state(self):
        return {name: (world.state(), world.ownership()) for name, world in self.worlds.items()}

    def close(self):
        """Ends all; returns what is wrong with a daemon, or None."""
        wrong = [f"{name}: {reason}" for name, world in self.worlds.items()
                 if (reason := world.close())]
        self.folder.cleanup()
        return "; ".join(wrong) or None

    def remove(self):
        for world in self.worlds.values():
            world.remove()

    def read_log(self):
        return "".join(world.read_log() for world in self.worlds.values())


def task(module, options=None, **keywords):
    return {"name": module, MODULES + module: options or {}, "ignore_errors": True, **keywords}


def thrice(module, **options):
    """Three tasks of one module: in check mode, in earnest, and again."""
    return [task(module, options, check_mode=True, diff=True), task(module, options, diff=True),
            task(module, options)]


def check_thrice(results, changed=True):
    """What must hold of their results; returns that of the second."""
    foreseen, made, again = results
    for result in results:
        check(not result.get("failed"), "it failed:", result.get("msg"))
    equal((foreseen["changed"], made["changed"], again["changed"]), (changed, changed, False),
          "changed, of check mode, the change, and the second run")
    equal(foreseen["diff"], made["diff"], "the difference told in check mode, and in earnest")
    equal(made["diff"]["before"] != made["diff"]["after"], changed, "whether there is a difference")
    return made


def runs(fleet, *steps):
    """Runs each (module, options) thrice, all in one play; the results of the changes."""
    results = fleet.tasks([one for module, options in steps for one in thrice(module, **options)])
    return [check_thrice(results[3 * i:3 * i + 3]) for i in range(len(steps))]


def refused(fleet, *steps):
    """Runs each (module, options, words): it must fail with these words, and change nothing."""
    before = fleet.state()
    results = fleet.tasks([task(module, options) for module, options, _ in steps])
    for (module, options, words), result in zip(steps, results):
        check(result.get("failed"), f"{module} {options} was done")
        check("MODULE FAILURE" not in result["msg"], result)
        for word in words if isinstance(words, (list, tuple)) else [words]:
            check(word in result["msg"], f"{module} {options}: {word!r} is not in {result['msg']!r}")
    equal(fleet.state(), before, "kernel and files afterwards")
    return results


@contextlib.contextmanager
def guest_of(world, name):
    """A guest has the device meanwhile."""
    process = world.guest(world.device(name)["uuid"])
    try:
        yield
    finally:
        world.end_guest(process)
