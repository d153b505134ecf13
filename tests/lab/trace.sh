# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# trace.sh - shows that a trace in the machine tells who reads a device's "matrix", and who does not

# shellcheck source=lib/machine.sh
. /lab.sh
uuid=11111111-2222-3333-4444-555555555555
dev=$matrix/$uuid

write /sys/bus/ap/apmask "-0"
write "$mdev_create" $uuid
write $dev/assign_adapter 0
write $dev/assign_domain 1

trace_sysfs || fail "tracing cannot be switched on"
cat $dev/ap_config >/dev/null
[ -n "$(traced attribute_open cat ap_config)" ] || fail "a read of ap_config was not seen"
[ -z "$(traced attribute_open cat matrix)$(traced matrix_show)" ] ||
	fail "a read was seen that was none"
cat $dev/matrix >/dev/null
[ -n "$(traced attribute_open cat matrix)" ] || fail "the opening of matrix was not seen"
[ -n "$(traced matrix_show cat)" ] || fail "the reading of matrix was not seen"
[ -z "$(traced matrix_show apqd)" ] || fail "the reading was put down to another program"
traced attribute_open
traced matrix_show

echo >$tracing/trace
echo 1 >$tracing/events/syscalls/sys_enter_openat/enable
cat $dev/matrix >/dev/null
grep "cat-.*sys_openat" $tracing/trace || fail "the system call was not seen"
