# SPDX-License-Identifier: GPL-2.0-or-later
"""One random sequence of acts: what it may do, what it remembers, and what must hold after each act."""
import contextlib
import os
import threading

from harness import A, B, C, D, Failure, Monitor, VarlinkError, check, equal, matrix

DEVICES = (A, B, C, D)
NAMES = ("web1", "web2", "db", None)

# Errors that a change may be answered with; any other is a defect.
REFUSALS = {"BadDefinition", "Conflict", "DeviceExists", "DeviceInUse", "KernelRefused", "NoSuchDevice",
            "Unsupported"}


def some(chance, most=2):
    return sorted(chance.sample(range(4), chance.randrange(1, most + 1)))


def any_matrix(chance):
    return matrix(some(chance), some(chance), some(chance) if chance.random() < 0.2 else [])


def any_reservation(chance):
    kind = chance.randrange(4)
    if kind == 0:
        return {"adapters": some(chance)}
    if kind == 1:
        return {"domains": some(chance)}
    if kind == 2:
        return {"adapters": some(chance), "domains": some(chance)}
    return {"queues": [f"{chance.randrange(4):02x}.{chance.randrange(4):04x}"
                       for _ in range(chance.randrange(1, 4))]}


def any_state(chance):
    """A document for Apply, mostly of what can be had."""
    reserved = {"adapters": [], "domains": [], "queues": [], **any_reservation(chance)}
    devices = [{"uuid": uuid, "name": None, "start": chance.choice(("auto", "manual")), "interrupts": "any",
                **any_matrix(chance)}
               for uuid in chance.sample(DEVICES, chance.randrange(3))]
    host = {"ownership": None, "enforce": None, "reserved": reserved, "interrupts": None}
    return {"version": 1, "host": host if chance.random() < 0.5 else None, "devices": devices}


def any_change(chance):
    """A method that changes something, and its parameters."""
    device = chance.choice(DEVICES)
    part = matrix(some(chance, 1), some(chance, 1))
    kind = chance.randrange(12)
    if kind == 0:
        return "Define", {"uuid": device, "matrix": any_matrix(chance), "name": chance.choice(NAMES),
                          "start": chance.choice(("auto", "manual"))}
    if kind == 1:
        return "Undefine", {"device": device}
    if kind in (2, 3):
        return "Start", {"device": device, "reserve": chance.random() < 0.7}
    if kind == 4:
        return "Stop", {"device": device}
    if kind == 5:
        return "Assign", {"device": device, "matrix": part, "reserve": chance.random() < 0.3}
    if kind == 6:
        return "Unassign", {"device": device, "matrix": part, "force": chance.random() < 0.3}
    if kind == 7:
        return "Modify", {"device": device, **chance.choice((
            {"start": "auto"}, {"start": "manual"}, {"adopt": True}, {"name": chance.choice(NAMES[:3])}))}
    if kind == 8:
        return "Apply", {"state": any_state(chance), "prune": chance.random() < 0.3}
    if kind == 9:
        return "SetInterrupts", chance.choice((
            {"gisa": chance.random() < 0.5}, {"pollTimeout": chance.choice((1000, 250000))}))
    parameters = any_reservation(chance)
    if chance.random() < 0.2:
        parameters["mechanism"] = chance.choice(("masks", "overrides"))
    return ("Reserve" if kind == 10 else "Release"), parameters


def writes_of(steps):
    """Returns how often the steps write each attribute."""
    found = {}
    for step in steps:
        if step["action"] == "write":
            name = step["detail"].rsplit("/", 1)[1]
            found[name] = found.get(name, 0) + 1
    return found


def bits(text):
    """The ids of a mask as the kernel prints it."""
    value = int(text, 16)
    return {i for i in range(256) if value >> (255 - i) & 1}


class Picture(threading.Thread):
    """A subscriber that keeps what its events say."""

    KINDS = ("device", "card", "queue")
    KEYS = {"device": "uuid", "card": "adapter", "queue": "apqn"}

    def __init__(self, world):
        super().__init__(daemon=True)
        self.monitor = Monitor(world.socket, world.timeout)
        # only devices come with the present state
        self.lock, self.seen = threading.Lock(), {**self.listing(world), "device": {}}
        for event in self.monitor.present:
            self.take(event)
        self.start()

    def take(self, event):
        with self.lock:
            for kind in self.KINDS:
                value = event[kind]
                if value is None:
                    continue
                key = value[self.KEYS[kind]]
                if event["event"].endswith("Removed"):
                    self.seen[kind].pop(key, None)
                else:
                    self.seen[kind][key] = value

    def run(self):
        with contextlib.suppress(OSError, ConnectionError):
            while True:
                with contextlib.suppress(TimeoutError):
                    self.take(self.monitor.event(3600))

    def shown(self):
        with self.lock:
            return {kind: dict(values) for kind, values in self.seen.items()}

    @classmethod
    def listing(cls, world):
        """The same from fresh calls."""
        calls = {"device": "ListDevices", "card": "ListCards", "queue": "ListQueues"}
        return {kind: {value[cls.KEYS[kind]]: value for value in world.call(method)[kind + "s"]}
                for kind, method in calls.items()}

    def close(self):
        self.monitor.close()


class Run:
    """The world of one sequence, and what other programs have done in it."""

    def __init__(self, world, chance, options):
        self.world, self.chance, self.options = world, chance, options
        self.guests = {}	# device -> process that has it open
        self.cleared = set()	# (mask, bit) that another program cleared, and nobody else
        self.kept = None	# what Export said a while ago
        self.what, self.by_others, self.before = "", False, {}
        self.picture = Picture(world)
        self.done = self.refused = 0

    # --- acts

    def without_force(self, change):
        """The change, which must not take queues from a guest or wait for one to end."""
        method, parameters = change
        if self.guests:
            parameters.pop("force", None)
        return method, parameters

    def try_call(self, method, parameters):
        """The reply, or the refusal as a value; an error that is no refusal is raised."""
        try:
            reply = self.world.call(method, parameters)
            self.done += reply["changed"] and not parameters.get("dryRun")
            return reply
        except VarlinkError as error:
            self.refused += not parameters.get("dryRun")
            check(error.short in REFUSALS, f"{self.what}: {method} {parameters}: {error}")
            return error

    def write_mask(self, name, sign, bit):
        """Another program's write of one bit of a mask; who cleared it first owns the 0."""
        was = bit in bits(self.world.simctl("read", name))
        self.world.simctl("write", name, f"{sign}{bit}", status=None)
        now = bit in bits(self.world.simctl("read", name))
        if now:
            self.cleared.discard((name, bit))
        elif was:
            self.cleared.add((name, bit))

    def begin_guest(self, device):
        self.guests[device] = self.world.guest(device)

    def end_guest(self, device):
        self.world.end_guest(self.guests.pop(device))

    def restarted(self):
        self.picture.close()
        self.world.start()
        self.picture = Picture(self.world)

    def export(self):
        state = self.world.call("Export")["state"]
        return {**state, "devices": sorted(state["devices"], key=lambda d: d["uuid"])}

    # --- what there is

    def snapshot(self):
        return {"devices": self.world.kernel(), "ownership": self.world.ownership(), "disk": self.world.disk()}

    def automatic(self):
        """Returns how many changes apqd made without a client; call it after the snapshot."""
        # a record is there before the first write of a change, and until it has been counted
        self.world.wait_until(f"{self.what}: nothing is under way", lambda: not [
            n for n in os.listdir(self.world.root + "/run/apqd/pending") if n[0] != "."])
        changes = self.world.call("GetMetrics")["metrics"]["changes"]
        return sum(c["count"] for c in changes
                   if c["operation"] in ("automatic", "recovery") and c["outcome"] == "done")

    def counts(self):
        found = {}
        for line in self.world.simctl("count").splitlines():
            words = line.split()
            if not words[0].startswith("read-") and words[0] != "writes":
                found[words[0]] = int(words[1])
        return found

    def counts_since(self, before):
        return {name: count - before[name] for name, count in self.counts().items() if count != before[name]}

    def host_queues_in_devices(self):
        """The queues of devices that are the host's."""
        ownership = self.world.ownership()
        adapters, domains = bits(ownership["apmask"]), bits(ownership["aqmask"])
        found = set()
        for uuid, text in self.world.kernel().items():
            for adapter in bits(text.split(",")[0]):
                for domain in bits(text.split(",")[1]):
                    override = ownership["queues"].get(f"{adapter:02x}.{domain:04x}", ("", ""))[0]
                    if adapter in adapters and domain in domains and override != "vfio_ap":
                        found.add((uuid, adapter, domain))
        return found

    def host_modes(self):
        """The modes of which the host has a working queue."""
        modes = {c["adapter"]: c["mode"] for c in self.world.call("ListCards")["cards"]}
        return {modes[q["adapter"]] for q in self.world.call("ListQueues")["queues"]
                if q["owner"] == "host" and q["configured"] and not q["checkstopped"] and q["driver"]}

    def rivals(self):
        """Pairs of definitions that start by themselves and want one queue."""
        wanted = [(d["uuid"], {(a, q) for a in d["adapters"] for q in d["domains"]})
                  for d in self.export()["devices"] if d["start"] == "auto"]
        return {(one, other) for one, queues in wanted for other, others in wanted
                if one < other and queues & others}

    def guest_queues(self):
        return {device: set(self.world.simctl("read", "guest_matrix", device).split()) for device in self.guests}

    # --- what must hold

    def begin(self, what, by_others):
        self.what, self.by_others = what, by_others
        self.before = {"host": self.host_queues_in_devices(), "guests": self.guest_queues(), "rivals": self.rivals(),
                       "modes": self.host_modes()}

    def check_what_always_holds(self):
        what = self.what
        host = self.host_queues_in_devices()
        if not self.by_others:
            equal(host - self.before["host"], set(), f"{what}: a device has queues of the host")
            equal(self.rivals() - self.before["rivals"], set(), f"{what}: two definitions want one queue at start")
        for name in ("apmask", "aqmask"):
            ones = bits(self.world.simctl("read", name))
            again = {bit for mask, bit in self.cleared if mask == name} & ones
            equal(again, set(), f"{what}: bits of {name} that another program cleared are set")
        if "act_of_a_client" in what or "two_clients" in what:
            equal(self.before["modes"] - self.host_modes(), set(), f"{what}: the host lost its last queue of a mode")
        if "act_of_a_client" in what or "keep_or_restore" in what or "restart" in what:
            for device, queues in self.guest_queues().items():
                lost = self.before["guests"].get(device, set()) - queues
                equal(lost, set(), f"{what}: the guest of {device} lost queues")
        self.check_picture()
        self.check_names()

    def check_picture(self):
        """The subscriber has what a listing shows."""
        def same():
            fresh, shown = Picture.listing(self.world), self.picture.shown()
            for queues in (fresh["queue"], shown["queue"]):
                for queue in queues.values():
                    queue.pop("interrupt", None)  # nothing reports when it changes
            return fresh == shown

        try:
            self.world.wait_until(f"{self.what}: the subscriber's picture equals a listing", same, 10)
        except Failure:
            fresh, shown = Picture.listing(self.world), self.picture.shown()
            self.world.notices.append("listed, but not shown: " + str([
                (kind, key, value, shown[kind].get(key)) for kind in fresh for key, value in fresh[kind].items()
                if shown[kind].get(key) != value])[:600])
            raise

    def check_names(self):
        names = [d["name"] for d in self.world.call("ListDevices")["devices"] if d["name"]]
        equal(sorted(names), sorted(set(names)), f"{self.what}: two devices with one name")

    def close(self):
        for device in sorted(self.guests):
            self.end_guest(device)
        self.picture.close()
