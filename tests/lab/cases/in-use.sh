# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# in-use.sh - a guest keeps what it has unless forced, and a forced stop that waits for it keeps
# nobody else waiting, and survives the death of apqd
# lab: --cpus 2 --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

# beside_the_wait COMMAND...: must go well while the guest that the stop waits for still runs.
beside_the_wait() {
	ok "$@"
	kill -0 $guest_pid || fail "the guest ended before \"$*\" was answered"
}

# pidof_comm NAME: the process that calls itself so.
pidof_comm() {
	for file in /proc/[0-9]*/comm; do
		[ "$(cat "$file" 2>/dev/null)" != "$1" ] || echo "$file" | tr -cd 0-9
	done
}

# start_stop DEVICE: "apqctl stop --force" in the background, with $stop_pid set; returns when it waits.
start_stop() {
	apqctl stop --force "$1" >/tmp/stop 2>&1 &
	stop_pid=$!
	must_show '"code":"stopping"' "$1"
}

free_adapters 0-3
launch_ready
ok apqctl define $uuid1 --name web1 --adapters 0,1 --domains 0,1 --start
ok apqctl define $uuid2 --name web2 --adapters 2 --domains 0,1 --auto --start
hold $uuid1
must_show "\"pid\":$guest_pid" web1

echo "# what takes something from the guest is refused"
remember
refused 4 "in use by process $guest_pid (guest)" apqctl stop web1
refused 4 "in use by process $guest_pid (guest)" apqctl unassign web1 --adapters 1
refused 4 "in use by process $guest_pid (guest)" apqctl unassign web1 --domains 1 --live
refused 4 "in use" apqctl stop web1 --dry-run
same_as_before "a refusal"

echo "# what gives something is not, and --force goes ahead"
ok apqctl assign web1 --domains 2
must_show "\"effective\":$(matrix_json 0,1 0,1,2)" web1
ok apqctl unassign web1 --adapters 1 --force
must_show "\"effective\":$(matrix_json 0 0,1,2)" web1
must_show '"inUse":true' web1
kill -0 $guest_pid || fail "the guest has ended"

echo "# a forced stop waits for the guest, and everybody else is served"
start_stop web1
kill -0 $stop_pid || fail "the stop does not wait: $(cat /tmp/stop)"
must_show "\"pid\":$guest_pid" web1
must_show '"inUse":true' web1
beside_the_wait apqctl list
beside_the_wait apqctl assign web2 --adapters 3
beside_the_wait apqctl stop web2
beside_the_wait apqctl start web2
refused 4 "" apqctl stop web1
refused 4 "" apqctl start web1
refused 4 "" apqctl assign web1 --domains 3
[ ! -e $config_lock ] || fail "the lock is kept while a stop waits"
release $guest_pid
wait $stop_pid || fail "the stop failed: $(cat /tmp/stop)"
wait_for 5 [ ! -e "$matrix/$uuid1" ] || fail "web1 is still there"
must_show '"active":null' web1
must_show '"problems":[]' web1
must_show "\"definition\":$(matrix_json 0 0,1,2)" web1

echo "# the process that waits for the removal is killed, and the stop goes on"
ok apqctl start web1
hold $uuid1
must_show '"inUse":true' web1
start_stop web1
child=$(pidof_comm apqd-remove)
[ -n "$child" ] || fail "no process waits for the removal"
kill -9 "$child"
sleep 1
kill -0 $stop_pid || fail "the stop did not wait: $(cat /tmp/stop)"
must_show '"code":"stopping"' web1
release $guest_pid
wait $stop_pid || fail "the stop failed: $(cat /tmp/stop)"
wait_for 5 [ ! -e "$matrix/$uuid1" ] || fail "web1 is still there"
must_show '"problems":[]' web1

echo "# apqd dies while a stop waits, and the next one knows"
ok apqctl start web1
hold $uuid1
must_show '"inUse":true' web1
start_stop web1
crash
wait $stop_pid
refused 6 "" apqctl list
launch_ready
must_show '"code":"stopping"' web1
must_show "\"pid\":$guest_pid" web1
beside_the_wait apqctl assign web2 --domains 2
refused 4 "" apqctl start web1
kill -9 $guest_pid
wait $guest_pid 2>/dev/null
must_show '"active":null' web1
must_show '"problems":[]' web1
wait_for 5 [ ! -e "$matrix/$uuid1" ] || fail "web1 is still there"
sleep 1
[ ! -e "$matrix/$uuid1" ] || fail "web1 was started again, though it was stopped"

echo "# it dies again, and the guest ends before the next one starts"
ok apqctl start web1
hold $uuid1
must_show '"inUse":true' web1
start_stop web1
crash
release $guest_pid
launch_ready
must_show '"active":null' web1
ok apqctl start web1
must_show '"problems":[]' web1
must_show "\"effective\":$(matrix_json 2,3 0,1,2)" web2
finish
