# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# pqap.sh - what common/pqap.c says of a guest's PQAP is what KVM does, in every combination; and the
# host sees the interrupts that a guest switches on
#
# A guest that enables interrupts of a deconfigured or checkstopped adapter makes the kernel warn (WARN
# in vfio_ap_irq_disable, kvm_s390_gisa_destroy and vfio_remove_dma): that is not looked at here. Nor is
# vfio_ap's debug log, where a bad notification byte leaves what may panic the kernel when it is read.
#
# lab: --cpus 1 --cards 5 --domains 4 --timeout 600

# shellcheck source=../lib/machine.sh
. /lab.sh

uuid=11111111-1111-4111-8111-111111111111
device=$matrix/$uuid

# interrupts_are STATE QUEUE: "enabled" or "disabled", as the host sees it
interrupts_are() {
	[ "$(cat "/sys/bus/ap/devices/$2/interrupt")" = "Interrupts $1." ]
}

echo "# a device with adapters in every state that matters"
write $apsim "plug 0x40 on"
write $apsim "domain 0x10 on"
scan
write /sys/bus/ap/apmask "-0,-1,-3,-4,-0x40,-0x46" || fail "apmask cannot be written"
wait_for 10 grep -q complete /sys/bus/ap/bindings
write "$mdev_create" $uuid
for adapter in 0 1 3 4 0x40 0x46; do
	write $device/assign_adapter $adapter || fail "adapter $adapter cannot be assigned"
done
for domain in 1 0x10; do
	write $device/assign_domain $domain || fail "domain $domain cannot be assigned"
done
write /sys/bus/ap/drivers/vfio_ap/unbind 01.0001 || fail "01.0001 cannot be unbound"
write $apsim "config 3 off"
write $apsim "chkstop 4 on"
scan
[ "$(cat /sys/devices/ap/card03/config)" = 0 ] || fail "card03 is configured"
[ "$(cat /sys/devices/ap/card04/chkstop)" = 1 ] || fail "card04 is not checkstopped"
[ ! -e /sys/devices/ap/card46 ] || fail "there is a card46"
[ -e /sys/bus/ap/drivers/vfio_ap/00.0002 ] || fail "00.0002 is not bound to vfio_ap"
[ ! -e /sys/bus/ap/drivers/vfio_ap/01.0001 ] || fail "01.0001 is bound to vfio_ap"
[ ! -e /sys/bus/ap/drivers/vfio_ap/02.0001 ] || fail "02.0001 is bound to vfio_ap"
for queue in 00.0001 01.0010 03.0001 04.0001 40.0001; do
	[ -e /sys/bus/ap/drivers/vfio_ap/$queue ] || fail "$queue is not bound to vfio_ap"
done
if grep -q 01.0010 $device/guest_matrix; then
	fail "01.0010 is not filtered out by 01.0001, which is not bound"
fi

echo "# a guest switches interrupts on, and keeps them for as long as it has the device"
interrupts_are disabled 00.0001 || fail "the interrupts of 00.0001 are on before there is a guest"
hold $uuid aqic 00.0001 aqic 00.0002
grep -q '^PQAP AQIC enable 00.0001 *ret=0 pgm=0 cc=0' /tmp/guest.$uuid || fail "the guest got: $(cat /tmp/guest.$uuid)"
grep -q '^PQAP AQIC enable 00.0002 *ret=0 pgm=0 cc=3' /tmp/guest.$uuid || fail "the guest got: $(cat /tmp/guest.$uuid)"
interrupts_are enabled 00.0001 || fail "the host does not see that the interrupts of 00.0001 are on"
interrupts_are disabled 00.0002 || fail "the host sees interrupts of 00.0002, which no guest has"
release $guest_pid
wait_for 5 interrupts_are disabled 00.0001 || fail "the interrupts of 00.0001 are on though the guest has ended"

echo "# in the device: fine, of a high domain, of a filtered adapter, not bound, of a deconfigured and of a"
echo "# checkstopped adapter, of high adapters, absent; not in it: bound, the host's, absent"
pqap-proof $uuid "$(group_of $uuid)" 00.0001 00.0010 01.0010 01.0001 03.0001 04.0001 40.0001 40.0010 46.0001 \
	00.0002 02.0001 47.0000 || fail "KVM and pqap.c differ"
