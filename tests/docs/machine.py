# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples that need a real machine, as a script of bash that runs them there."""
import os
import re
import shlex

import example
import shown

HEAD = r'''#!/bin/bash
# Made by "run-examples --machine": the examples of %s that need a machine with systemd and apqd
# installed. Run it as root. Prints "ok WHERE: EXAMPLE" or "FAIL WHERE: EXAMPLE".
set -u -o pipefail
failed=0

# prepare WHERE COMMAND: done quietly; what does not succeed spoils what follows.
prepare() {
	local said

	said=$(bash -o pipefail -c "$2" 2>&1) && return 0
	printf 'FAIL %%s: to prepare it: %%s\n%%s\n' "$1" "$2" "$said"
	failed=1
}

# try WHERE STATUS PATTERN COMMAND: STATUS is 0 or "refused", PATTERN a glob of what it prints.
try() {
	local said status=0 title=${4//$'\\\n'/}

	said=$(bash -o pipefail -c "$4" 2>&1 </dev/null) || status=$?
	said=$(tr -s '[:space:]' ' ' <<<"$said" | sed 's/ $//')
	if [[ $2 == refused ]] && ((status == 0)) || [[ $2 == 0 ]] && ((status != 0)); then
		printf 'FAIL %%s: %%s: status %%s\n%%s\n' "$1" "$4" "$status" "$said"
		failed=1
	elif [[ $said != $3 ]]; then
		printf 'FAIL %%s: %%s\n  shown   %%s\n  printed %%s\n' "$1" "$4" "$3" "$said"
		failed=1
	else
		printf 'ok %%s: %%s\n' "$1" "$(printf %%s "$title" | tr -s '[:space:]' ' ')"
	fi
}

'''


def pattern(lines):
    """What is shown as a glob of bash, in which "..." and what differs from run to run are any."""
    if not lines:
        return "*"
    words = shown.mask("\n".join(lines)).split()
    text = re.sub(r"\.\.\.|\b(UUID|PID|TIME)\b", "\0", " ".join(words))
    return re.sub(r"([][*?\\])", r"\\\1", text).replace(" \0 ", "\0").replace("\0", "*")


def command(where, found):
    is_refused = any(line.startswith("apqctl: ") for line in found.shown)
    return " ".join(["try", shlex.quote(where), "refused" if is_refused else "0",
                     shlex.quote(pattern(found.shown)), shlex.quote(found.text)])


def script(documents):
    """A display with such an example is run whole, since its commands rest on each other."""
    lines = []
    for document in documents:
        for part in example.read(document):
            if isinstance(part, example.Action):
                if part.word == "prepare":
                    lines.append(f"prepare {shlex.quote(part.where)} {shlex.quote(part.rest)}")
            elif part.kind == "machine-file":
                copy = (f"mkdir -p {os.path.dirname(part.rest)} && "
                        f"cat >{part.rest} <<'END'\n{part.text()}END")
                lines.append(f"prepare {shlex.quote(part.where)} {shlex.quote(copy)}")
            elif part.kind == "machine":
                lines += [command(found.where, found) for found in part.commands()]
    names = ", ".join(os.path.basename(document) for document in documents)
    return HEAD % names + "\n".join(lines) + "\nexit $failed\n"
