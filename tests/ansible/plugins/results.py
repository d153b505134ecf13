# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints the result of every task as one line of JSON, for the tests to read."""
import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results
type: stdout
short_description: Results as lines of JSON
description: One line for each task and host.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results"

    def _tell(self, outcome, result):
        print("RESULT " + json.dumps({"outcome": outcome, "host": str(result._host),
                                      "task": result._task.get_name(),
                                      "result": result._result}, default=str), flush=True)

    def v2_runner_on_ok(self, result):
        self._tell("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._tell("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._tell("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self._tell("skipped", result)
