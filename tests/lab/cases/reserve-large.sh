# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# reserve-large.sh - apqd is killed while it takes 512 of 1024 queues from the host, and the next one
# finishes it; nothing else changes hands
# lab: --cpus 2 --cards 64 --domains 16 --timeout 900

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

# queues FIRST LAST: the queues of these adapters, a line each.
queues() {
	for adapter in $(seq "$1" "$2"); do
		for domain in $(seq 0 15); do printf '%02x.%04x\n' "$adapter" "$domain"; done
	done
}

# some_moved: whether the change that is under way has got somewhere. Without a process of its own, since
# the rest of the change takes a moment only.
some_moved() {
	[ -e /sys/bus/ap/drivers/vfio_ap/02.0008 ]
}

# all_moved: whether vfio_ap has just the queues that are wanted.
all_moved() {
	guests_queues | cmp -s - /tmp/wanted
}

# killed COMMAND...: a reservation in whose midst apqd is killed.
killed() {
	"$@" >/tmp/said 2>&1 &
	killed_pid=$!
	wait_for 20 some_moved || fail "\"$*\" moves nothing: $(cat /tmp/said)"
	kill -9 "$apqd_pid"
	# a mask is written in one go, and the kernel ends that first
	wait_for 30 [ ! -d "/proc/$apqd_pid/fd" ] || fail "apqd did not die of SIGKILL"
	wait "$apqd_pid" 2>/dev/null
	! wait "$killed_pid" || fail "\"$*\" ended before apqd did: $(cat /tmp/said)"
	echo "when apqd was killed, $(guests_queues | wc -l) queues had moved"
}

queues 0 31 >/tmp/wanted
launch_ready
trace_host

echo "# by the masks"
killed apqctl reserve --adapters 0-31 --masks
launch_ready
wait_for 30 all_moved || fail "vfio_ap has $(guests_queues | wc -l) queues, and not those of adapters 00-1f"
host_must_show '"problems":[]'
policy_has '"ownership":"masks"'
traced_names unbound | sort | diff /tmp/wanted - || fail "other queues have moved, or some more than once"
ok apqctl release --adapters 0-31
[ -z "$(guests_queues)" ] || fail "vfio_ap keeps queues"

[ -e /sys/bus/ap/devices/00.0000/driver_override ] || {
	finish
	exit 0
}

echo "# by overrides"
trace_clear
killed apqctl reserve --adapters 0-31 --overrides
launch_ready
wait_for 60 all_moved || fail "vfio_ap has $(guests_queues | wc -l) queues, and not those of adapters 00-1f"
wait_for 10 host_shows '"problems":[]' || fail "a problem stays: $(apqctl status)"
policy_has '"ownership":"overrides"'
traced_names unbound | sort | diff /tmp/wanted - || fail "other queues have moved, or some more than once"
# one by one takes its time under emulation: one adapter is enough
ok apqctl release --adapters 31
queues 0 30 >/tmp/wanted
all_moved || fail "not just adapter 1f was given back"
finish
