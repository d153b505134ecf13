# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# faults.sh - system calls of the installed service fail, or it is killed at them, by strace: afterwards
# the change is whole, or undone and told; nothing is left over; the next attempt works. Here it is a
# sample, since a point takes a second or two under emulation; to try one call of each kind, or all those of
# an operation:
# FAULTS="--each-kind" tests/lab/run-cases --distro --kernel 7.2 faults
# FAULTS="--share 1 faults.start" tests/lab/run-cases --distro --kernel 7.2 faults
# lab: --cards 6 --domains 6 --cpus 1 --timeout 7200 --with python3,strace
# files: faults

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

system_is_well
modprobe -a kvm vfio_ap || fail "the modules do not load"
mkdir -p /run/systemd/system/apqd.service.d
printf '[Service]\nRestart=no\n' >/run/systemd/system/apqd.service.d/case.conf
systemctl daemon-reload
# a folder that is made the first time would be a difference, and no leftover
ok systemctl start apqd.service

# shellcheck disable=SC2086	# words are wanted
python3 -B faults/run-service $(cat arguments) || fail "not all is as it must be after a fault"
if journalctl -q -b -u apqd.service | grep -E 'dumped core|Assertion'; then fail "apqd has broken down"; fi
if dmesg | grep -E -A 20 'WARNING|BUG|Oops|Call Trace|blocked for more'; then fail "the kernel complains"; fi
