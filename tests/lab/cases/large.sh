# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# large.sh - of a device with more than 511 queues neither matrix nor guest_matrix is ever read, which
# would overflow the kernel's page; it is shown right all the same
# lab: --cards 3 --domains 172

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

domains=$(seq -s , 0 171)

# shown_right: all 516 queues are the device's, and the guest gets the first $1 adapters.
shown_right() {
	must_show "\"active\":$(matrix_json 0,1,2 "$domains")" $uuid1
	must_show "\"effective\":$(matrix_json "$1" "$domains")" $uuid1
}

free_adapters 0-2
trace_apqd 'name ~ "*matrix" || name == "ap_config"'
launch_ready

echo "# define, start, show, list, draw, change, monitor"
ok apqctl define $uuid1 --name large --adapters 0-2 --domains 0-171
ok apqctl start large
shown_right 0,1,2
must_show '"problems":[]' large
says "(516 of 516 queues)" apqctl show large
says "516/516" apqctl list
ok apqctl matrix
[ "$(apqctl queues --device large --no-headings | wc -l)" = 516 ] || fail "not 516 queues are told of"
watch_events
# each of its 516 queues is read again, which takes its time under emulation
tell_limit=10000
note_time
ok apqctl unassign large --domains 0
must_tell "a change of 516 queues" '"event":"deviceChanged".*"domains":[1,'
note_time
write $matrix/$uuid1/assign_domain 0
must_tell "another program's change" '"event":"deviceChanged".*"domains":[0,'
ok apqctl modify large --adopt

echo "# a guest, a restart, a queue that is filtered out"
hold $uuid1
must_show "\"pid\":$guest_pid" large
crash
launch_ready
shown_right 0,1,2
release $guest_pid
must_show '"inUse":false' large
write /sys/bus/ap/drivers/vfio_ap/unbind 02.0000
must_show '"code":"queueNotBound"' large
shown_right 0,1
write /sys/bus/ap/drivers/vfio_ap/bind 02.0000
must_show '"problems":[]' large
shown_right 0,1,2
ok apqctl stop large

echo "# nobody has read its matrix"
traced attribute_open apqd >/tmp/opened
grep -q 'name="ap_config"' /tmp/opened || fail "the trace does not see apqd at all"
[ -z "$(traced matrix_show)" ] || fail "matrix was made: $(traced matrix_show)"
for name in matrix guest_matrix; do
	# the directory of vfio_ap has a "matrix" too, but that is no file
	! grep "name=\"$name\"" /tmp/opened || fail "$name was opened"
done
finish
