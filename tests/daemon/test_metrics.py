# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics: every number changes by exactly what was done, and the text is one that Prometheus takes."""
import json
import os
import re

from harness import A, B, C, check, contains, equal, matrix


def metrics_of(world):
    return world.call("GetMetrics")["metrics"]


def counts(items, *keys):
    """The counts of a list, by the words of each item."""
    return {tuple(item[k] for k in keys): item["count"] for item in items}


def difference(before, after):
    found = {key: count - before.get(key, 0) for key, count in after.items()}
    return {key: count for key, count in found.items() if count}


class Watch:
    """What has been counted since, but for its own calls."""

    def __init__(self, world):
        self.world = world
        self.begin = metrics_of(world)

    def calls(self):
        now = counts(metrics_of(self.world)["calls"], "method", "outcome")
        found = difference(counts(self.begin["calls"], "method", "outcome"), now)
        del found[("GetMetrics", "done")]
        return found

    def changes(self):
        return difference(counts(self.begin["changes"], "operation", "outcome"),
                          counts(metrics_of(self.world)["changes"], "operation", "outcome"))

    def timed(self, what):
        """How many were timed; the sum grew by them, and the last bucket has them."""
        now, then = metrics_of(self.world)[what], self.begin[what]
        count = now["count"] - then["count"]
        equal(now["sum"] > then["sum"], count > 0, f"the sum of {what}")
        equal(now["buckets"][-1]["count"] - then["buckets"][-1]["count"], count)
        return count


def test_calls(world):
    world.start()
    watch = Watch(world)
    world.call("GetHost")
    world.call("GetHost")
    world.refused("NoSuchDevice", "GetDevice", device="nobody")
    world.refused("InvalidParameter", "GetDevice")
    world.refused("MethodNotFound", "Frobnicate")
    world.refused("InterfaceNotFound", "com.example.Frobnicate")
    world.refused("ExpectedMore", "Monitor")
    with world.client() as client:
        client.send("GetHost", oneway=True)
        client.send("ListCards")
        client.answer()
    equal(watch.calls(), {("GetHost", "done"): 3, ("ListCards", "done"): 1,
                          ("GetDevice", "NoSuchDevice"): 1, ("GetDevice", "InvalidParameter"): 1,
                          ("other", "MethodNotFound"): 1, ("other", "InterfaceNotFound"): 1,
                          ("Monitor", "ExpectedMore"): 1})


def test_connections(world):
    world.start()
    begin = metrics_of(world)
    equal(begin["connections"], 1)
    with world.monitor(), world.client():
        now = metrics_of(world)
        equal(now["connections"], 3)
        equal(now["connectionsAccepted"], begin["connectionsAccepted"] + 3)
    world.wait_until("both have gone", lambda: metrics_of(world)["connections"] == 1)
    equal(counts(metrics_of(world)["calls"], "method", "outcome")[("Monitor", "abandoned")], 1)
    equal(metrics_of(world)["connectionsRefused"], 0)


def test_changes(world):
    world.start()
    world.give(2)
    watch = Watch(world)
    world.call("Define", uuid=A, name="web1", matrix=matrix([2], [1, 2]), dryRun=True)
    equal(watch.changes(), {}, "a dry run")
    world.call("Define", uuid=A, name="web1", matrix=matrix([2], [1, 2]))
    equal(watch.timed("apply"), 0, "a definition is not the kernel's: applied")
    world.call("Start", device=A)
    world.call("Start", device=A)
    world.call("Define", uuid=B, matrix=matrix([2], [2]))
    world.refused("Conflict", "Start", device=B)
    world.call("Stop", device=A)
    equal(watch.changes(), {("define", "done"): 2, ("start", "done"): 1, ("start", "unchanged"): 1,
                            ("start", "refused"): 1, ("stop", "done"): 1})
    equal(watch.timed("apply"), 2)
    equal(watch.timed("plan"), 7, "plans: the changes and the dry run")


def test_apply_time(world):
    """What the kernel takes is in the sum, and in the right buckets; waiting for a guest is not."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, matrix=matrix([2], [1]))
    world.simctl("delay", "ap_config", 300)
    begin = metrics_of(world)["apply"]
    world.call("Start", device=A)
    now = metrics_of(world)["apply"]
    check(300e6 <= now["sum"] - begin["sum"], now["sum"] - begin["sum"])
    added = {b["limit"]: b["count"] - a["count"] for a, b in zip(begin["buckets"], now["buckets"])}
    equal((added[100000000], now["count"] - begin["count"]), (0, 1))
    guest = world.guest(A)
    with world.client() as client:
        client.send("Stop", {"device": A, "force": True})
        world.wait_until("it waits", lambda: "stopping" in world.problems(A))
        world.end_guest(guest)
        equal(client.answer()["changed"], True)
    equal(metrics_of(world)["apply"], now, "after a removal that waited")


def test_automatic(world):
    world.init()
    world.write_definition(A, matrix([2], [1]), start="auto")
    world.simctl("write", "apmask", "-2")
    world.start()
    equal(counts(metrics_of(world)["changes"], "operation", "outcome")[("automatic", "done")], 1)
    world.restart()
    equal(counts(metrics_of(world)["changes"], "operation", "outcome")[("automatic", "done")], 0,
          "counts begin with apqd")


def test_what_there_is(world):
    world.start()
    world.give(2, 3)
    world.call("Define", uuid=A, name="web1", matrix=matrix([2, 3], [1]))
    world.call("Define", uuid=B, matrix=matrix([2], [2]))
    world.call("Define", uuid=C, matrix=matrix([2], [3, 9]))
    world.call("Start", device=A)
    world.call("Start", device=B)
    world.guest(A)
    found = metrics_of(world)
    equal([d["state"] for d in found["devices"]], ["inUse", "started", "defined"])
    equal(found["queuesInUse"], 2)
    queues = counts(found["queues"], "owner", "state")
    listed = world.call("ListQueues")["queues"]
    for owner in ("host", "guest", "nobody"):
        equal(sum(count for (name, _), count in queues.items() if name == owner),
              sum(q["owner"] == owner for q in listed), owner)
    world.call("Reserve", adapters=[1])
    equal(metrics_of(world)["reservedQueues"],
          sum(q["adapter"] in world.host()["reserved"]["adapters"]
              for q in world.call("ListQueues")["queues"]))
    world.write_file(world.path(C), "{ broken")
    world.call("Reload")
    equal(counts(metrics_of(world)["problems"], "code")[("badDefinition",)], 1)


class Series(dict):
    """The value of an expression of Prometheus: a number for each set of labels."""

    def compare(self, other, holds):
        return Series({k: v for k, v in self.items()
                       if (k in other if isinstance(other, Series) else True) and
                       holds(v, other[k] if isinstance(other, Series) else other)})

    def __lt__(self, other):
        return self.compare(other, lambda a, b: a < b)

    def __gt__(self, other):
        return self.compare(other, lambda a, b: a > b)

    def __add__(self, other):
        return Series({k: v + other[k] for k, v in self.items() if k in other})


def read_series(text):
    """The series of each metric, by their labels."""
    found = {}
    for line in text.splitlines():
        if line[0] != "#":
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            key = tuple(re.findall(r'(\w+)="([^"]*)"', labels or ""))
            found.setdefault(name, Series())[key] = float(value)
    return found


def select(series, conditions):
    """Returns the series whose labels fulfil the conditions NAME="VALUE" and NAME!="VALUE"."""
    tests = re.findall(r'(\w+)(!?=)"([^"]*)"', conditions or "")
    return Series({key: value for key, value in series.items() if all(
        (dict(key).get(name) == wanted) == (how == "=") for name, how, wanted in tests)})


def evaluate(world, expression):
    """An alert's expression: the names of the devices that it finds."""
    found = read_series(text_of(world))
    parts = []
    for part in expression.split(" and "):
        code = re.sub(r'(apqd_\w+)(?:\{([^}]*)\})?', lambda m: "select(found.get(%r, Series()), %r)" % (
            m.group(1), m.group(2)), part)
        parts.append(eval(code, {"select": select, "found": found, "Series": Series}))
    keys = set(parts[0]).intersection(*parts)
    return sorted(dict(key)["name"] for key in keys)


def alerts():
    """Returns the expressions of the alerts in the manual."""
    with open(os.path.dirname(__file__) + "/../../man/apqctl.1.d/metrics.man", encoding="utf-8") as file:
        return re.findall(r"^\.It Ql (apqd_.*)$", file.read(), re.MULTILINE)


def test_alerts(world):
    """Each alert that the manual gives fires where it says so, and only there."""
    world.start()
    world.give(2)
    short, wanted, auto, reserved, problem = alerts()
    for uuid, name, domain, start in ((A, "web1", 1, "manual"), (B, "web2", 2, "auto"), (C, "web3", 3, "manual")):
        world.call("Define", uuid=uuid, name=name, matrix=matrix([2], [domain]), start=start)
    world.call("Start", device="web1")
    # Not started, by hand and automatically.
    equal(evaluate(world, short), ["web2", "web3"])
    equal(evaluate(world, wanted), ["web2"])
    equal(evaluate(world, auto), ["web2"])
    equal(evaluate(world, problem), [])
    world.call("Start", device="web2")
    for expression in (wanted, auto, reserved, problem):
        equal(evaluate(world, expression), [])
    # A guest loses a queue.
    world.simctl("write", "unbind", "02.0001", "02.0001")
    world.wait_until("it is told", lambda: world.problems(A))
    equal(evaluate(world, wanted), ["web1"])
    equal(evaluate(world, problem), ["web1"])
    contains(text_of(world), f'apqd_problem{{code="queueNotBound",uuid="{A}",name="web1"}} 1\n')
    # Drift of two devices is one series each, and the host's problems have no device.
    for uuid in (A, B):
        world.simctl("write", "assign_control_domain", 1, uuid)
    world.wait_until("it is told", lambda: "drift" in world.problems(B))
    equal(evaluate(world, 'apqd_problem{code="drift"} > 0'), ["web1", "web2"])
    world.call("Reserve", adapters=[1])
    world.simctl("write", "apmask", "+1")
    world.wait_until("it is told", lambda: "reservationLost" in world.host_problems())
    equal(evaluate(world, reserved), [""])
    contains(text_of(world), 'apqd_problem{code="reservationLost",uuid="",name=""} 1\n')


def text_of(world, *arguments):
    status, text = world.apqctl("metrics", *arguments)
    equal(status, 0, text)
    return text


def test_text(world):
    """Each series once, each with its family before it; the two formats say the same."""
    world.start()
    world.give(2)
    world.call("Define", uuid=A, name="web1", matrix=matrix([2], [1]))
    world.call("Start", device=A)
    world.call("Define", uuid=B, matrix=matrix([2], [2]))
    classic = text_of(world, "--format", "prometheus")
    series = [line.rsplit(" ", 1)[0] for line in classic.splitlines() if line[0] != "#"]
    equal(len(set(series)), len(series), "series twice")
    families = re.findall(r"^# TYPE (\w+) (?:gauge|counter|histogram)$", classic, re.MULTILINE)
    equal(sorted(set(families)), sorted(families))
    for name in (re.match(r"\w+", s).group() for s in series):
        check(re.sub(r"_(bucket|sum|count)$", "", name) in families, name, "has no family")
    contains(classic, f'apqd_device_queues{{uuid="{A}",name="web1"}} 1\n',
             f'apqd_device_effective_queues{{uuid="{A}",name="web1"}} 1\n',
             f'apqd_device_queues{{uuid="{B}",name=""}} 1\n',
             'apqd_devices{state="started"} 1\n')
    contains(classic, f'apqd_device_effective_queues{{uuid="{B}",name=""}} 0\n')
    opened = text_of(world)
    check(opened.endswith("\n# EOF\n") and opened.count("# EOF") == 1)
    equal([line.rsplit(" ", 1)[0] for line in opened.splitlines() if line[0] != "#"], series)


def test_file(world):
    """The file is replaced as a whole, and is left alone when apqd or the disk fails."""
    world.start()
    path = world.root + "/apqd.prom"
    text_of(world, "--format", "prometheus", "--output", path)
    with open(path, encoding="utf-8") as file:
        first = file.read()
        contains(first, "apqd_build_info{version=")
        text_of(world, "--format", "prometheus", "--output", path)
        file.seek(0)
        equal(file.read(), first, "who had opened it still has the old one")
    equal(os.stat(path).st_mode & 0o777, 0o644)
    with open(path, encoding="utf-8") as file:
        check(file.read() != first, "the second one was not written")
    world.terminate()
    with open(path, encoding="utf-8") as file:
        last = file.read()
    status, _ = world.apqctl("metrics", "--output", path)
    equal(status, 6)
    with open(path, encoding="utf-8") as file:
        equal(file.read(), last)
    equal([n for n in os.listdir(world.root) if "prom" in n], ["apqd.prom"])


def test_json(world):
    world.start()
    status, text = world.apqctl("metrics", "--json")
    equal((status, sorted(json.loads(text))), (0, ["metrics"]))
