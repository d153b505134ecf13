#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds documents against a JSON Schema: schema.py SCHEMA, with a document a line on standard input.

Prints "true" or "false" for each. It has a process of its own because the library jsonschema is the
distribution's (python3-jsonschema), and the Python that runs the tests may be another one.
"""
import json
import sys

import jsonschema


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    # Debian 12 has a library that knows the draft of 2020-12
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for line in sys.stdin:
        print(json.dumps(validator.is_valid(json.loads(line))))


if __name__ == "__main__":
    main()
