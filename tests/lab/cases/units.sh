# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# units.sh - unit tests on the machine itself, which is big endian and 64 bits wide

# shellcheck source=../lib/machine.sh
. /lab.sh

for name in apqn describe frame json list lock mask matrix ownership plan store uuid; do
	"test-$name" >/tmp/units 2>&1 || fail "test-$name: $(tail -n 3 /tmp/units)"
	echo "test-$name: $(grep -c '^ok ' /tmp/units) passed"
done
