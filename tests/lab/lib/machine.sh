# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# machine.sh - functions for scripts in the lab machine, which start with ". /lab.sh"

# shellcheck disable=SC2034	# for the scripts
matrix=/sys/devices/vfio_ap/matrix
mdev_create=$matrix/mdev_supported_types/vfio_ap-passthrough/create
apsim=/sys/kernel/debug/apsim/ctl
tracing=/sys/kernel/tracing

# fail MESSAGE: ends the script with 1.
fail() {
	echo "FAILED: $*"
	exit 1
}

# expect WORD COMMAND...: runs COMMAND, fails unless its output (both streams) has WORD in it.
# Useful for errors too: expect "Cannot assign" write "$dev/assign_adapter" 9
expect() {
	expect_word=$1
	shift
	expect_output=$("$@" 2>&1) || true
	case $expect_output in
	*"$expect_word"*) ;;
	*) fail "\"$*\" should have said \"$expect_word\", but said \"$expect_output\"" ;;
	esac
}

# write FILE TEXT: one write of exactly TEXT. If it fails, says the errno's text and returns 1.
write() {
	# not printf: busybox's does not tell of a failed write
	echo -n "$2" >"$1"
}

# wait_for SECONDS COMMAND...: tries COMMAND fifty times a second. Returns 1 if it never succeeds.
wait_for() {
	wait_n=$(($1 * 50))
	shift
	until "$@"; do
		wait_n=$((wait_n - 1))
		[ $wait_n -gt 0 ] || return 1
		usleep 20000
	done
}

# group_of UUID: prints the number of the device's group, N of /dev/vfio/N.
group_of() {
	basename "$(readlink "$matrix/$1/iommu_group")"
}

# hold UUID [nofac65] [noapie]: a guest opens the device, in the background, and holds it.
# Returns when it is open, with $guest_pid set. "release" ends it.
hold() {
	hold_uuid=$1
	shift
	: >"/tmp/guest.$hold_uuid"
	guest "$hold_uuid" "$(group_of "$hold_uuid")" hold 3600 "$@" >"/tmp/guest.$hold_uuid" 2>&1 &
	guest_pid=$!
	wait_for 10 grep -q "device open" "/tmp/guest.$hold_uuid" ||
		fail "no guest could open $hold_uuid: $(cat "/tmp/guest.$hold_uuid")"
}

# release PID: ends the guest of that process id, and waits until it is gone.
release() {
	kill "$1"
	wait "$1"
}

# scan: has the AP bus look at its hardware, and returns when all that it found is bound.
scan() {
	echo 1 >/sys/bus/ap/scans
	usleep 100000
	wait_for 10 grep -q complete /sys/bus/ap/bindings
}

# trace_sysfs: from now on records each opening and each writing of a sysfs attribute (events
# attribute_open and attribute_write, with its name), and each making of the text of a device's
# "matrix" (event matrix_show).
trace_sysfs() {
	# %pD prints the name of a struct file, which is the first member of a struct kiocb
	# shellcheck disable=SC2016
	echo 'p:lab/attribute_open kernfs_fop_open name=$arg2:%pD' >"$tracing/kprobe_events" &&
		echo 'p:lab/attribute_write kernfs_fop_write_iter name=+0($arg1):%pD' \
			>>"$tracing/kprobe_events" &&
		echo 'p:lab/matrix_show vfio_ap:matrix_show' >>"$tracing/kprobe_events" &&
		echo >"$tracing/trace" &&
		echo 1 >"$tracing/events/lab/enable"
}

# traced EVENT [PROGRAM [NAME]]: prints what was recorded of that event, by that program (its first
# 15 characters), about the attribute of that name.
traced() {
	grep " $1: " "$tracing/trace" | grep "^ *${2:-.*}-[0-9]" |
		if [ $# -ge 3 ]; then grep "name=\"$3\""; else cat; fi
}
