# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# conformance.sh - the kernel answers as is written down, and as the simulator does
# lab: --cards 4 --domains 8 --timeout 400 --append modes=CPA

# shellcheck source=../lib/machine.sh
. /lab.sh
release=$(uname -r)
expected=/files/expected-${release%%.*}.$(echo "$release" | cut -d . -f 2)
conform-sysfs >/tmp/answers || fail "conform-sysfs ended with $?"
[ "$(wc -l </tmp/answers)" -gt 60 ] || fail "it has hardly any answers"
diff "$expected" /tmp/answers || fail "the kernel answers otherwise"
