# SPDX-License-Identifier: GPL-2.0-or-later
"""The host policy: what is reserved for guests, by what, and what is wanted of interrupts."""
from ansible_collections.apqd.ap.plugins.module_utils.ids import (adapter_texts, domain_texts,
                                                                  parse_queues, queue_ids,
                                                                  queue_text, snake)
from ansible_collections.apqd.ap.plugins.module_utils.manager import document

KINDS = ("adapters", "domains", "queues")
POLL_TIMEOUT_MAX = 120 * 10 ** 9


def told_policy(policy):
    """A HostState for people: ids as the kernel writes them."""
    reserved = policy["reserved"]
    return dict(ownership=policy["ownership"], enforce=policy["enforce"],
                interrupts=snake(policy["interrupts"]),
                reserved=dict(adapters=adapter_texts(reserved["adapters"]),
                              domains=domain_texts(reserved["domains"]),
                              queues=parse_queues("queues", reserved["queues"])))


def minus(one, other):
    """What one reservation names and the other does not."""
    return {kind: sorted(set(one[kind]) - set(other[kind])) for kind in KINDS}


class Machine:
    """Which queues there are, to foresee what a release leaves."""

    def __init__(self, manager):
        self.configured = manager.read("GetHost")["host"]["configured"]
        queues = manager.read_parts("ListQueues", "queues")
        self.present = {(queue["adapter"], queue["domain"]) for queue in queues}

    def _of_adapter(self, adapter):
        """The queues of an adapter, those among them that come with its card."""
        known = {queue for queue in self.present if queue[0] == adapter}
        return known | {(adapter, domain) for domain in self.configured["domains"]}

    def _of_domain(self, domain):
        known = {queue for queue in self.present if queue[1] == domain}
        return known | {(adapter, domain) for adapter in self.configured["adapters"]}

    def release(self, reserved, kind, ids):
        """What of a reservation is left: a whole adapter or domain of which a part goes becomes the
        single queues that there are."""
        adapters, domains = set(reserved["adapters"]), set(reserved["domains"])
        singles = {queue_ids(text) for text in reserved["queues"]}
        gone = {kind: set() for kind in KINDS}
        gone[kind] = {queue_ids(text) for text in ids} if kind == "queues" else set(ids)
        for adapter in sorted(adapters - gone["adapters"]):
            if gone["domains"] or adapter in {queue[0] for queue in gone["queues"]}:
                adapters.remove(adapter)
                singles |= self._of_adapter(adapter)
        for domain in sorted(domains - gone["domains"]):
            if gone["adapters"] or domain in {queue[1] for queue in gone["queues"]}:
                domains.remove(domain)
                singles |= self._of_domain(domain)
        adapters -= gone["adapters"]
        domains -= gone["domains"]
        singles = {queue for queue in singles - gone["queues"]
                   if queue[0] not in adapters | gone["adapters"]
                   and queue[1] not in domains | gone["domains"]}
        return dict(adapters=sorted(adapters), domains=sorted(domains),
                    queues=[queue_text(*queue) for queue in sorted(singles)])


class Policy:
    """The host policy.  now: as it was found, all that is defined, a State of the interface."""

    def __init__(self, manager):
        self.manager = manager
        self.force = manager.params["force"]
        self.given = dict(adapters=manager.ids("adapters"), domains=manager.ids("domains"),
                          queues=manager.queues("queues"))
        self.settings = self._settings()
        self.revision = None
        self.now = self._export()
        self.reserved = dict(self.now["host"]["reserved"])
        self.reserved["queues"] = parse_queues("queues", self.reserved["queues"])

    def _settings(self):
        """What is asked for besides the reservation, as members of a HostState."""
        params = self.manager.params
        timeout = params["poll_timeout"]
        if timeout is not None and not 0 <= timeout <= POLL_TIMEOUT_MAX:
            raise ValueError("poll_timeout: %d is not accepted. Give nanoseconds, from 0 to %d."
                             % (timeout, POLL_TIMEOUT_MAX))
        interrupts = dict(gisa=params["gisa"], pollThread=params["poll_thread"],
                          pollTimeout=timeout)
        return dict(ownership=params["mechanism"], enforce=params["enforce"],
                    interrupts=interrupts if set(interrupts.values()) != {None} else None)

    def _export(self):
        answer = self.manager.read("Export")
        self.revision = answer["revision"]
        state = answer["state"]
        host = state["host"]
        host["reserved"] = host.get("reserved") or {kind: [] for kind in KINDS}
        return state

    def again(self):
        return self._export()["host"]

    def told(self):
        return told_policy(self.now["host"])

    # --- the states; each returns the policy as it then is, for people

    def reserve(self):
        given = {kind: self.given[kind] or [] for kind in KINDS}
        if self.settings["ownership"]:
            # A mechanism holds for the whole reservation, so what is reserved goes with it.
            given = {kind: sorted(set(given[kind]) | set(self.reserved[kind])) for kind in KINDS}
        wanted = given if any(given.values()) else None
        return self._apply(document(reserved=wanted, **self.settings))

    def make_exact(self):
        wanted = {kind: self.given[kind] or [] for kind in KINDS}
        exact = document(self.now["devices"], reserved=wanted, **self.settings)
        if not any(minus(self.reserved, wanted).values()):
            return self._apply(document(reserved=wanted, **self.settings))
        # The revision makes apqd refuse to remove devices that were defined or started since.
        seen = dict(prune=True, revision=self.revision)
        # Only a whole state takes reservations away; so the devices go along as they are defined.
        steps = self.manager.try_out("Apply", state=exact, force=self.force, **seen)["steps"]
        devices = sorted({step["device"] for step in steps if step["device"]})
        if devices:
            raise ValueError(
                "Nothing was changed, because devices would be changed as well, which are not as "
                "they are defined: %s. 'apqctl show' tells how; start or stop them first, or use "
                "ap_state for all of it." % ", ".join(devices))
        return self._apply(exact, **seen)

    def release(self):
        after = self.told()
        if any(value is not None for value in self.settings.values()):
            after = self._apply(document(**self.settings))
        calls = [("Release", {kind: self.given[kind]}) for kind in KINDS if self.given[kind]]
        for method, parameters in calls:
            self.manager.try_out(method, **parameters)
        for method, parameters in calls:
            self.manager.change(method, **parameters)
        if not self.manager.check:
            return told_policy(self.again())
        machine = Machine(self.manager)
        left = dict(self.reserved)
        for kind in KINDS:
            if self.given[kind]:
                left = machine.release(left, kind, self.given[kind])
        ownership = after["ownership"] if any(left.values()) else None
        return dict(told_policy(dict(self.now["host"], reserved=left)), ownership=ownership,
                    enforce=after["enforce"], interrupts=after["interrupts"])

    def _apply(self, state, **more):
        return told_policy(self.manager.change("Apply", state=state, force=self.force,
                                               **more)["after"]["host"])
