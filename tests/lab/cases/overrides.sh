# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# overrides.sh - queue by queue, by driver_override (Linux 6.19 and newer): exact, given again to a queue
# that comes back, never at the cost of a guest, and beside another manager of overrides
# lab: --cpus 2 --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

# override AA.DDDD [TEXT]: writes TEXT to the queue's driver_override, an empty one for none.
override() {
	if [ -n "$2" ]; then
		write "/sys/bus/ap/devices/$1/driver_override" "$2"
	else
		echo >"/sys/bus/ap/devices/$1/driver_override"
	fi
}

# by_hand AA.DDDD [TEXT]: hands the queue over as another program does.
by_hand() {
	override "$1" "$2" || fail "the kernel takes no override '$2' of $1"
	write "/sys/bus/ap/devices/$1/driver/unbind" "$1"
	write /sys/bus/ap/drivers_probe "$1"
}

# vfio_has QUEUES: fails unless just these are vfio_ap's, and unless just these have its override.
vfio_has() {
	each_line "$1" >/tmp/queues.wanted
	guests_queues | diff /tmp/queues.wanted - || fail "vfio_ap should have the queues \"$1\""
	grep -l -x vfio_ap /sys/bus/ap/devices/*.*/driver_override | sed 's|.*/\(..\.....\)/.*|\1|' |
		diff /tmp/queues.wanted - || fail "the queues \"$1\" should have the override"
}

launch_ready
if [ ! -e /sys/bus/ap/devices/00.0000/driver_override ]; then
	remember
	refused 1 "Linux 6.19" apqctl reserve --queues 01.0001 --overrides
	same_as_before "a refused reservation"
	finish
	exit 0
fi
trace_host

echo "# what the masks cannot do without collateral is done queue by queue"
moves "01.0001" "" apqctl reserve --queues 01.0001
vfio_has "01.0001"
policy_has '"ownership":"overrides"'
host_must_show '"ownership":"overrides"'
host_must_show '"problems":[]'
moves "01.0002 02.0001 02.0002" "" apqctl reserve --adapters 1,2 --domains 1,2
moves "03.0000 03.0001 03.0002 03.0003" "" apqctl reserve --adapters 3
unchanged apqctl reserve --queues 03.0001
vfio_has "01.0001 01.0002 02.0001 02.0002 03.0000 03.0001 03.0002 03.0003"
moves "03.0002" "" apqctl release --queues 03.0002
policy_has '"queues":["01.0001-0002","02.0001-0002","03.0000-0001","03.0003"]'
moves "03.0000 03.0001 03.0003" "" apqctl release --adapters 3
expect "Invalid argument" write /sys/bus/ap/apmask -1
vfio_has "01.0001 01.0002 02.0001 02.0002"

echo "# a device, its guest, and what would take something from it"
ok apqctl define $uuid1 --name web1 --adapters 1,2 --domains 1 --auto
ok apqctl start web1
must_show "\"effective\":$(matrix_json 1,2 1)" web1
hold $uuid1
must_show "\"pid\":$guest_pid" web1
remember
refused 4 "web1 ($uuid1)" apqctl release --queues 01.0001
refused 4 "Queue 02.0001" apqctl release --adapters 2
refused 4 "apqctl stop" apqctl reserve --adapters 1,2 --masks
refused 4 "apqctl stop" apqctl release --queues 01.0002 --masks
same_as_before "what was refused"
moves "00.0003" "" apqctl reserve --queues 00.0003
moves "00.0003" "" apqctl release --queues 00.0003
moves "01.0002 02.0002" "" apqctl release --domains 2 --adapters 1,2
refused 4 "'apqctl reserve --queues 01.0000,02.0000'" apqctl assign web1 --domains 0
moves "01.0000 02.0000" "" apqctl assign web1 --domains 0 --reserve
must_show "\"effective\":$(matrix_json 1,2 0,1)" web1
grep -q "in use" /sys/bus/ap/devices/02.0000/status || fail "the guest has not got 02.0000"
ok apqctl unassign web1 --domains 0 --force
ok apqctl release --queues 01.0000,02.0000
refused 4 "Queues 09.0000-0001: not present" apqctl assign web1 --adapters 9 --domains 0 --reserve
vfio_has "01.0001 02.0001"

echo "# apqd ends and starts again: nothing moves"
trace_clear
crash
launch_ready
[ -z "$(traced_names unbound)" ] || fail "the restart has moved queues"
must_show "\"effective\":$(matrix_json 1,2 1)" web1
must_show '"inUse":true' web1
host_must_show '"problems":[]'

echo "# another program steals a queue from the guest, and gives it back"
watch_events
by_hand 02.0001
host_must_show reservationLost
must_show '"code":"queueNotBound"' web1
must_show "\"effective\":$(matrix_json 1 1)" web1
sleep 1
[ "$(guests_queues)" = 01.0001 ] || fail "apqd has taken it again, though enforce is off"
ok apqctl reserve --queues 02.0001
host_must_show '"problems":[]'
must_show '"problems":[]' web1
must_show "\"effective\":$(matrix_json 1,2 1)" web1
vfio_has "01.0001 02.0001"
release $guest_pid

echo "# another program's overrides are told of, and left alone"
by_hand 00.0002 vfio_ap
host_must_show otherOverrides
host_must_show '"queues":["00.0002"]'
moves "00.0001" "" apqctl reserve --queues 00.0001
moves "00.0001" "" apqctl release --queues 00.0001
crash
launch_ready
vfio_has "00.0002 01.0001 02.0001"
refused 4 "00.0002" apqctl reserve --adapters 0 --masks
by_hand 00.0002
wait_for 5 host_shows '"problems":[]' || fail "the problem stays: $(apqctl status)"
override 00.0002 cex4queue
host_must_show otherOverrides
remember
refused 4 "00.0002" apqctl reserve --queues 00.0002
same_as_before "a refused reservation"
override 00.0002
host_must_show '"problems":[]'

echo "# from overrides to masks and back, only without devices that have queues"
refused 4 "apqctl stop" apqctl reserve --adapters 1 --masks
ok apqctl stop web1
moves "00.0001 03.0001" "00.0001 03.0001" apqctl reserve --queues 01.0001 --masks
masks "" 1
policy_has '"ownership":"masks"'
! grep -v -x -E '|\(null\)' /sys/bus/ap/devices/*.*/driver_override || fail "overrides are left"
expect "Invalid argument" override 00.0000 vfio_ap
ok apqctl start web1
must_show '"problems":[]' web1
refused 4 "apqctl stop" apqctl reserve --queues 01.0001 --overrides
ok apqctl stop web1
ok apqctl reserve --queues 01.0001 --overrides
vfio_has "01.0001 02.0001"
masks "" ""
host_must_show '"problems":[]'

echo "# start --reserve, and its failure"
ok apqctl release --queues 01.0001,02.0001
vfio_has ""
remember
mount -o bind /dev/full $mdev_create
refused 1 "ENOSPC" apqctl start web1 --reserve
umount $mdev_create
same_as_before "a start that failed"
vfio_has ""
moves "01.0001 02.0001" "" apqctl start web1 --reserve
must_show '"problems":[]' web1
[ "$(apqctl --json status | strings queues)" != "" ] || fail "nothing is reserved"

echo "# masks that were cleared by hand keep the kernel from overrides"
ok apqctl stop web1
ok apqctl release --queues 01.0001,02.0001
ok apqctl reserve --queues 01.0001,02.0001 --overrides
crash
by_hand 01.0001
by_hand 02.0001
write /sys/bus/ap/apmask -3 || fail "the kernel takes no mask"
launch_ready
host_must_show otherMechanism
host_must_show reservationLost
write /sys/bus/ap/apmask +3
host_must_not_show otherMechanism
ok apqctl start web1 --reserve
host_must_show '"problems":[]'
vfio_has "01.0001 02.0001"

echo "# a queue goes and comes back: it is taken again, and the device works again"
hold $uuid1
must_show "\"pid\":$guest_pid" web1
write $apsim "plug 2 off"
scan
must_show '"code":"queueAbsent"' web1
must_show "\"effective\":$(matrix_json 1 1)" web1
write $apsim "plug 2 on"
scan
must_show '"problems":[]' web1
must_show "\"effective\":$(matrix_json 1,2 1)" web1
must_show '"inUse":true' web1
vfio_has "01.0001 02.0001"
grep -q "in use" /sys/bus/ap/devices/02.0001/status || fail "the guest has not got its queue back"
release $guest_pid

echo "# by that the kernel has lost count of the overrides, and it is told"
host_must_show overrideLeaked
ok apqctl stop web1
ok apqctl release --queues 01.0001,02.0001
vfio_has ""
expect "Invalid argument" write /sys/bus/ap/apmask -3
remember
refused 4 "until the next boot" apqctl reserve --adapters 3 --masks
same_as_before "a refused reservation"
ok apqctl reserve --queues 01.0001,02.0001 --overrides
crash
override 01.0001
override 02.0001
launch_ready
host_must_show overrideLeaked
vfio_has "01.0001 02.0001"
ok apqctl start web1
must_show '"problems":[]' web1
finish
