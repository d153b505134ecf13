# SPDX-License-Identifier: GPL-2.0-or-later
"""One device: how it is, how it is to be, and the calls that lead from the one to the other."""
from ansible_collections.apqd.ap.plugins.module_utils.ids import adapter_texts, domain_texts
from ansible_collections.apqd.ap.plugins.module_utils.manager import document
from ansible_collections.apqd.ap.plugins.module_utils.varlink import VarlinkError

# The members of a matrix, and the options for them.
KINDS = (("adapters", "adapters"), ("domains", "domains"), ("controlDomains", "control_domains"))


def told_matrix(matrix):
    return dict(adapters=adapter_texts(matrix["adapters"]), domains=domain_texts(matrix["domains"]),
                control_domains=domain_texts(matrix["controlDomains"]))


def told_device(uuid, settings, definition, active):
    """A device for people: ids as the kernel writes them; what the kernel has only where that is
    not what is defined."""
    told = dict(settings, started=active is not None)
    if uuid:
        told["uuid"] = uuid
    if definition is not None:
        told.update(told_matrix(definition))
    if active is not None and active != definition:
        told["active"] = told_matrix(active)
    return told


class Wanted:
    """What a device is to be defined with: what the options say, and else what it is."""

    def __init__(self, manager, device):
        now = device.now or {}
        params = manager.params
        given = {member: manager.ids(option) for member, option in KINDS}
        if device.now is None and (given["adapters"] is None or given["domains"] is None):
            raise ValueError("There is no device '%s' yet, so adapters and domains must be given "
                             "to define it." % device.asked)
        # Of a device that another program started without a definition, what it has counts.
        has = now.get("definition") or now.get("active") or {}
        self.matrix = {}
        for member, ids in given.items():
            old = has.get(member, [])
            if ids is None:
                ids = old
            elif not params["exact"]:
                ids = sorted(set(ids) | set(old))
            self.matrix[member] = ids
        self.settings = dict(
            name=device.name if device.name is not None else now.get("name"),
            start=params["start"] or now.get("start", "manual"),
            interrupts=params["interrupts"] or now.get("interrupts", "any"))

    def as_state(self, uuid, **settings):
        """The same as a DeviceState of the interface."""
        state = dict(self.settings, **self.matrix)
        if uuid:
            state["uuid"] = uuid
        state.update(settings)
        return {key: value for key, value in state.items() if value is not None}

    def told(self, uuid, active):
        return told_device(uuid, self.settings, self.matrix, active)


class Device:
    """The device that is meant.  now: as it was found, a Device of the interface, or None."""

    def __init__(self, manager, uuid, name):
        self.manager = manager
        self.uuid = uuid
        self.name = name
        self.asked = uuid or name
        self.now = self._find()
        if self.now:
            self.uuid = self.now["uuid"]

    def _find(self):
        """By the whole UUID, or the name: a beginning of a UUID is too little to rely on."""
        key, value = ("uuid", self.uuid) if self.uuid else ("name", self.name)
        devices = self.manager.read_parts("ListDevices", "devices")
        return next((device for device in devices if device[key] == value), None)

    def again(self):
        """The device as it is now."""
        return self._find()

    def told(self):
        """The device as it was found, for people; {} where there was none."""
        if self.now is None:
            return {}
        settings = {key: self.now[key] for key in ("name", "start", "interrupts")}
        told = told_device(self.uuid, settings, self.now["definition"], self.now["active"])
        return dict(told, started=self._started)

    @property
    def _active(self):
        return self.now["active"] if self.now else None

    @property
    def _started(self):
        """Also one whose queues the kernel cannot list, so that it has no active matrix."""
        return self._active is not None or (
            self.now is not None and self.now.get("state", "defined") != "defined")

    @property
    def _defined(self):
        return self.now is not None and self.now["definition"] is not None

    @property
    def _has_bad_definition(self):
        """There is a file, which says nothing that can be used."""
        return any(problem["code"] == "badDefinition" for problem in self.now["problems"])

    # --- what is to be reserved

    def _reservation(self, wanted):
        """Its queues that the host has, as a Reservation; None where there are none, or reserve was
        not asked for."""
        if not self.manager.params["reserve"]:
            return None
        queues = self.manager.read_parts("ListQueues", "queues", adapters=wanted.matrix["adapters"],
                                         domains=wanted.matrix["domains"])
        found = [queue["apqn"] for queue in queues if queue["owner"] == "host"]
        return dict(adapters=[], domains=[], queues=found) if found else None

    # --- the states

    def define(self, wanted):
        """present.  Returns the device as it then is, for people, as do the others."""
        live = self._started or wanted.settings["start"] == "auto"
        # A UUID that is made by the way is nothing that was wanted, and in check mode not known.
        after = wanted.told(self.uuid, wanted.matrix if live else None)
        self._apply(wanted, live)
        return after

    def start(self, wanted):
        live = self._started or wanted.settings["start"] == "auto"
        after = wanted.told(self.uuid, wanted.matrix)
        if not live and self.now is None:
            self._define_and_start(wanted)
            return after
        self._apply(wanted, live)
        if not live:
            if self.manager.check and self.manager.changed:
                self._foresee(wanted)
            else:
                self._start()
        return after

    def stop(self, wanted):
        """Stops it, and changes no more than the definition: Apply would start it again."""
        calls = []
        if self._started:
            calls.append(("Stop", dict(device=self.uuid, force=self.manager.params["force"])))
        calls += self._definition_calls(wanted)
        # What would be refused is to be known before the first one is done.
        for method, parameters in calls:
            self.manager.try_out(method, **parameters)
        for method, parameters in calls:
            self.manager.change(method, **parameters)
        return wanted.told(self.uuid, None)

    def remove(self):
        if self.now is None:
            return {}
        if self._started:
            self.manager.change("Stop", device=self.uuid, force=self.manager.params["force"])
        if self._defined or self._has_bad_definition:
            self.manager.change("Undefine", device=self.uuid)
        return {}

    # --- their parts

    def _apply(self, wanted, live):
        """The definition, and in the kernel what a device has that is live, as one change."""
        answer = self.manager.change(
            "Apply", force=self.manager.params["force"],
            state=document([wanted.as_state(self.uuid)],
                           reserved=self._reservation(wanted) if live else None))
        if self.uuid is None and not self.manager.check:
            self.uuid = next(device["uuid"] for device in answer["after"]["devices"]
                             if device["name"] == self.name)

    def _define_and_start(self, wanted):
        """A new device, as one change, which check mode foresees as a whole."""
        names = {"uuid": self.uuid} if self.uuid else {}
        settings = {key: value for key, value in wanted.settings.items() if value is not None}
        answer = self.manager.change(
            "Define", matrix=wanted.matrix, startNow=True, reserve=self.manager.params["reserve"],
            force=self.manager.params["force"], **names, **settings)
        if not self.manager.check:
            self.uuid = answer["device"]["uuid"]

    def _foresee(self, wanted):
        """In check mode a device that is not yet defined so cannot be tried to start.  One that
        starts by itself can, and would be refused for the same reasons, but for one."""
        try:
            self.manager.change(
                "Apply", force=self.manager.params["force"],
                state=document([wanted.as_state(self.uuid, start="auto")],
                               reserved=self._reservation(wanted)))
        except VarlinkError as error:
            codes = {problem["code"] for problem in error.parameters.get("problems", [])}
            if codes != {"definitionConflict"}:
                raise

    def _start(self):
        try:
            self.manager.change("Start", device=self.uuid, force=self.manager.params["force"],
                                reserve=self.manager.params["reserve"])
        except VarlinkError:
            if self.manager.changed and not self.manager.check:
                self._take_back()
            raise

    def _take_back(self):
        """The definition as it was found: a task does all, or nothing."""
        if self._defined:
            old = dict(self.now["definition"], uuid=self.uuid, start=self.now["start"],
                       interrupts=self.now["interrupts"])
            if self.now["name"]:
                old["name"] = self.now["name"]
            self.manager.change("Apply", state=document([old]))
        else:
            self.manager.change("Undefine", device=self.uuid)
        self.manager.taken_back = " The definition was taken back."

    def _definition_calls(self, wanted):
        """(method, parameters) of each call that makes the definition as wanted, not the kernel."""
        if not self._defined:
            names = {"uuid": self.uuid} if self.uuid else {}
            settings = {key: value for key, value in wanted.settings.items() if value is not None}
            return [("Define", dict(names, matrix=wanted.matrix, **settings))]
        old = self.now["definition"]
        calls = []
        for method, more, less in (("Assign", wanted.matrix, old), ("Unassign", old, wanted.matrix)):
            matrix = {member: sorted(set(more[member]) - set(less[member])) for member, _option in KINDS}
            if any(matrix.values()):
                calls.append((method, dict(device=self.uuid, matrix=matrix, scope="definition")))
        settings = {key: value for key, value in wanted.settings.items()
                    if value is not None and value != self.now[key]}
        if settings:
            calls.append(("Modify", dict(device=self.uuid, **settings)))
        return calls
