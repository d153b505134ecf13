# SPDX-License-Identifier: GPL-2.0-or-later
"""The interface io.apqd.Manager as the modules use it: calls, and errors as results."""
import json

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.apqd.ap.plugins.module_utils.ids import parse_ids, parse_queues
from ansible_collections.apqd.ap.plugins.module_utils.varlink import (CallFailed, Client,
                                                                      VarlinkError)

INTERFACE = "io.apqd.Manager."
VERSION = 1

CONNECTION = dict(
    socket=dict(type="path", default="/run/apqd/io.apqd.Manager"),
    timeout=dict(type="int", default=120),
)


def _users(parameters):
    return ", ".join("%s (%s)" % (user.get("pid"), user.get("machine") or user.get("command"))
                     for user in parameters.get("users", [])) or "somebody"


def _conflict(parameters):
    problems = [problem.get("message", "") for problem in parameters.get("problems", [])]
    return "Nothing was changed, because of this: " + " ".join(problems)


# The sentence of each error, of its parameters.
SENTENCES = {
    "NoSuchDevice": lambda p: "No device is '%s', or more than one is. 'apqctl list' has them all."
                              % p.get("device"),
    "DeviceExists": lambda p: "A device '%s' exists already, and is not as asked for. Take another "
                              "name or UUID." % p.get("device"),
    "DeviceInUse": lambda p: "Device %s is in use by process %s: nothing was changed. End the "
                             "guest first, or take its queues away from it by force."
                             % (p.get("device"), _users(p)),
    "Conflict": _conflict,
    "InterruptsUnavailable": lambda p: "The device requires interrupts, and the host cannot "
                                       "forward them: %s" % p.get("reason"),
    "Unsupported": lambda p: str(p.get("reason")),
    "Locked": lambda p: "Process %s (%s) holds the lock of the AP configuration: nothing was "
                        "changed. Try again when it has ended."
                        % (p.get("pid"), p.get("command") or "name unknown"),
    "KernelRefused": lambda p: "The kernel refused '%s': %s (errno %s). Its messages may tell more."
                               % (p.get("operation"), p.get("message"), p.get("errno")),
    "StoreFailed": lambda p: "'%s' failed: %s (errno %s). See that /etc and /run can be written and "
                             "have space." % (p.get("operation"), p.get("message"), p.get("errno")),
    "BadDefinition": lambda p: "%s Mend the file, or remove it." % p.get("reason"),
    "LimitReached": lambda p: "There may not be more than %s of %s. Remove some first."
                              % (p.get("limit"), p.get("what")),
    "Moved": lambda p: "Nothing was changed: the host is no longer as it was read, because another "
                       "client or program changed it meanwhile. Run the task again.",
    "InvalidParameter": lambda p: "apqd does not accept '%s': it is missing, of the wrong type, not "
                                  "known, or its value is not accepted. io.apqd.Manager(7) has "
                                  "what is." % p.get("parameter"),
    "PermissionDenied": lambda p: "Only root and the members of the group %s may change something. "
                                  "Use become, or connect as a member." % p.get("group", "apqd"),
    "MethodNotFound": lambda p: "This apqd does not know the method '%s'. Install the version of "
                                "apqd that this collection is of, or a later one."
                                % p.get("method"),
}


def sentence_of(error):
    """What a VarlinkError means, for an administrator."""
    make = SENTENCES.get(error.short)
    if make is None:
        return "apqd answered %s %s." % (error.name, json.dumps(error.parameters))
    return make(error.parameters)


class Manager:
    """A module, and its connection to apqd.  With check mode every change is a dry run.

    changed, steps and collateral gather what the calls answered."""

    def __init__(self, argument_spec, **more):
        self.module = AnsibleModule(dict(CONNECTION, **argument_spec), supports_check_mode=True,
                                    **more)
        self.params = self.module.params
        self.check = self.module.check_mode
        self.changed = False
        self.steps = []
        self.collateral = set()
        self.taken_back = ""
        self.client = None

    def run(self, action):
        """Runs action(self), which returns more members of the result, and ends the module."""
        try:
            if self.params["timeout"] <= 0:
                raise ValueError("timeout: %d is no time. Give seconds, from 1 on."
                                 % self.params["timeout"])
            self.client = Client(self.params["socket"], self.params["timeout"])
            result = action(self)
        except VarlinkError as error:
            self.module.fail_json(msg=sentence_of(error) + self.taken_back,
                                  error=dict(name=error.name, parameters=error.parameters))
        except (CallFailed, ValueError) as error:
            self.module.fail_json(msg=str(error))
        self.module.exit_json(changed=self.changed, **result)

    def ids(self, option):
        return parse_ids(option, self.params[option])

    def queues(self, option):
        return parse_queues(option, self.params[option])

    def read(self, method, **parameters):
        """The answer of a method that changes nothing."""
        return self.client.call(INTERFACE + method, parameters)

    def read_parts(self, method, member, **parameters):
        """One list of all parts of an answer."""
        parts = self.client.call_more(INTERFACE + method, parameters)
        return [item for part in parts for item in part.get(member, [])]

    def try_out(self, method, **parameters):
        """The answer of a dry run, which counts for nothing."""
        return self.read(method, dryRun=True, **parameters)

    def change(self, method, **parameters):
        """Makes a change, or in check mode finds out what it would be; gathers what came of it."""
        answer = self.read(method, dryRun=self.check, **parameters)
        self.changed = self.changed or answer["changed"]
        self.steps += answer.get("steps", [])
        self.collateral.update(answer.get("collateral", []))
        return answer

    def gathered(self):
        return dict(steps=self.steps, collateral=sorted(self.collateral))


def document(devices=(), **host):
    """A State of the interface; of the host what is None is left as it is."""
    wanted = {key: value for key, value in host.items() if value is not None}
    return dict(version=VERSION, devices=list(devices), **({"host": wanted} if wanted else {}))
