# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds the commands that the sources advise in quotes, and runs them in a simulated world."""
import glob
import os
import re
import shlex

from harness import A, Failure, check, equal

TREE = os.path.dirname(os.path.abspath(__file__)) + "/../.."
COMMANDS = "apqctl|modprobe|chzdev|chzcrypt|echo|systemctl|for|dmesg"


# --- what the sources advise


def literals(path):
    """The string literals of a C file, those that stand side by side as one."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    for found in re.finditer(r'"(?:[^"\\\n]|\\.)*"(?:\s*(?:PRI\w+\s*)?"(?:[^"\\\n]|\\.)*")*', text):
        yield re.sub(r'"\s*(PRI\w+)?\s*"', lambda m: "d" if m.group(1) else "", found.group())[1:-1]


def advised():
    """Every command in quotes, in the words of the format."""
    paths = glob.glob(TREE + "/daemon/**/*.c", recursive=True) + [TREE + "/common/error.c"]
    return {m.group(1) for path in paths for text in literals(path)
            for m in re.finditer(rf"'((?:%s)?(?:{COMMANDS})\b[^']*)'", text)}


# --- running it


def find(template, text):
    """The command of that template in a text, where it stands in quotes."""
    pattern = "".join(".*?" if part[0] == "%" else re.escape(part)
                      for part in re.findall(r"%[-.*0-9]*[a-z]|[^%]+", template))
    for command in re.findall(rf"'((?:{COMMANDS})\b[^']*)'", text):
        if re.fullmatch(pattern, command):
            return command
    raise Failure(f"'{template}' is not advised in {text!r}")


def run_sysfs(world, command):
    """'echo VALUE > PATH', one or several, or in a loop, as the simulator takes it."""
    loop = re.fullmatch(r"for queue in (.*); do (.*); done", command)
    for queue in loop.group(1).split() if loop else [""]:
        for one in (loop.group(2) if loop else command).split("; "):
            value, path = re.fullmatch(r"echo (\S+) > (\S+)", one.replace("$queue", queue)).groups()
            name = os.path.basename(path)
            if name != "scans":     # the simulator finds what is plugged at once
                world.simctl("write", name, value, value)


def run(world, command):
    """Runs it as the administrator would who pastes it."""
    words = shlex.split(command)
    if words[0] == "apqctl":
        status, text = world.apqctl(*words[1:])
        equal(status, 0, f"{command}: {text}")
    elif words[0] == "modprobe":
        equal(words[1], "kvm", "a module that the simulator can load")
        world.simctl("kvm", "on")
    elif words[0] == "chzdev":
        for attribute in words[3:]:
            name, value = attribute.split("=")
            world.simctl("write", name, value)
    else:
        run_sysfs(world, command)


def has(world, uuid, code):
    return code in (world.problems(uuid) if uuid else world.host_problems())


def of_problem(world, uuid, code):
    """The sentence of a problem, and that it is gone."""
    world.wait_until(f"{code} is told", lambda: has(world, uuid, code))
    found = world.problems(uuid) if uuid else world.host_problems()
    return found[code], lambda: not has(world, uuid, code)


def of_refusal(world, *arguments):
    """The sentence by which apqctl refuses, and that it no longer does."""
    status, text = world.apqctl(*arguments)
    check(status != 0, arguments, text)
    return text, lambda: world.apqctl(*arguments)[0] == 0


def of_link(world, link, uuid=A):
    """The remedy of a link that is broken, and that it is whole."""
    def look():
        return {found["link"]: found for found in world.call("Explain", device=uuid)["links"]}[link]

    world.wait_until(f"link {link} is broken", lambda: look()["remedy"])
    return look()["remedy"], lambda: look()["state"] == "ok"


def just_shows(world, text):
    """Of a command that only shows something."""
    return text, lambda: True
