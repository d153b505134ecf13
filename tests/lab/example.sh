# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# example.sh - a first script: give two adapters to a device, let a guest hold it, see what the
# kernel says. Run it by "tests/lab/lab run tests/lab/example.sh".

# shellcheck source=lib/machine.sh
. /lab.sh
uuid=11111111-2222-3333-4444-555555555555
dev=$matrix/$uuid

echo "# the drivers, and what they can do"
uname -r
cat /sys/bus/ap/bindings /sys/bus/ap/features /sys/devices/vfio_ap/matrix/features

echo "# adapters 0 and 1 go to vfio_ap, and queue 00.0001 into a device"
write /sys/bus/ap/apmask "-0,-1"
write "$mdev_create" $uuid
write $dev/assign_adapter 0
write $dev/assign_domain 1
expect "Cannot assign" write $dev/assign_adapter 9		# the host's
expect "resource busy" write /sys/bus/ap/apmask +0	# a queue of it is in the device
cat $dev/matrix $dev/guest_matrix $dev/ap_config /sys/devices/ap/card00/00.0001/status

echo "# what a guest gets for PQAP: as QEMU runs it, without facility 65, without interpretation"
group=$(group_of $uuid)
guest $uuid "$group"
guest $uuid "$group" nofac65
guest $uuid "$group" noapie

echo "# a device that a guest holds is in use; its removal waits for the guest"
hold $uuid
expect "in use" cat /sys/devices/ap/card00/00.0001/status
echo 1 >$dev/remove &
usleep 500000
[ -e $dev ] || fail "the device went while a guest held it"
release $guest_pid
wait_for 10 [ ! -e $dev ] || fail "the device is still there after its guest has ended"
echo "# done"
