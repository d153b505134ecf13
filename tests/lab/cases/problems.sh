# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# problems.sh - what happens to cards and queues shows as a problem and in "effective"; drift is told,
# and undone only on request or by policy, and never at the cost of a running guest
# lab: --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

both="\"effective\":$(matrix_json 0,1 0,1)"
first="\"effective\":$(matrix_json 0 0,1)"

free_adapters 0-3
launch_ready
ok apqctl define $uuid1 --name web1 --adapters 0,1 --domains 0,1 --start
ok apqctl define $uuid2 --name web2 --adapters 2 --domains 0 --start
must_show "$both" web1
watch_events

echo "# a card goes and comes"
note_time
write $apsim "plug 1 off"
scan
must_show '"code":"queueAbsent"' web1
must_show "$first" web1
must_show "\"queues\":[\"01.0000\",\"01.0001\"]" web1
must_show "\"active\":$(matrix_json 0,1 0,1)" web1
must_tell "a card that goes" '"event":"problem".*"queueAbsent"'
write $apsim "plug 1 on"
scan
must_show "$both" web1
must_show '"problems":[]' web1

echo "# a card is deconfigured and configured again"
write $apsim "config 1 off"
scan
must_show '"code":"queueDeconfigured"' web1
write $apsim "config 1 on"
scan
must_show '"problems":[]' web1
must_show "$both" web1

echo "# a card is checkstopped, and is well again"
write $apsim "chkstop 1 on"
scan
must_show '"code":"queueCheckstopped"' web1
write $apsim "chkstop 1 off"
scan
must_show '"problems":[]' web1
must_show "$both" web1

echo "# a domain goes and comes"
write $apsim "domain 1 off"
scan
must_show '"code":"queueAbsent"' web1
write $apsim "domain 1 on"
scan
must_show '"problems":[]' web1
must_show "$both" web1

echo "# a queue without its driver keeps the whole adapter from the guest"
write /sys/bus/ap/drivers/vfio_ap/unbind 01.0001
must_show '"code":"queueNotBound"' web1
must_show "$first" web1
write /sys/bus/ap/drivers/vfio_ap/bind 01.0001
must_show '"problems":[]' web1
must_show "$both" web1

echo "# drift is told, with both sides, and left alone"
write $matrix/$uuid1/assign_domain 2
must_show '"code":"drift"' web1
says "the kernel has adapters 00-01 domains 0000-0002, but the definition says adapters 00-01 domains 0000-0001" apqctl show web1
sleep 1
must_show "\"active\":$(matrix_json 0,1 0,1,2)" web1
ok apqctl start web1
must_show "\"active\":$(matrix_json 0,1 0,1)" web1
must_show '"problems":[]' web1
write $matrix/$uuid1/assign_domain 3
must_show '"code":"drift"' web1
ok apqctl modify web1 --adopt
must_show "\"definition\":$(matrix_json 0,1 0,1,3)" web1
must_show '"problems":[]' web1

echo "# with enforce it is undone, but not while a guest would lose by it"
hold $uuid1
must_show "\"pid\":$guest_pid" web1
mkdir -p /etc/apqd
echo '{"enforce": true}' >/etc/apqd/host.json
write $matrix/$uuid1/assign_domain 2
must_show '"code":"drift"' web1
sleep 2
must_show "\"active\":$(matrix_json 0,1 0,1,2,3)" web1
kill -0 $guest_pid || fail "the guest has ended"
write $matrix/$uuid2/assign_domain 1
wait_for 5 shows "\"active\":$(matrix_json 2 0)" web2 || fail "drift of web2 was not undone: $(json show web2)"
must_show '"problems":[]' web2
release $guest_pid
wait_for 10 shows "\"active\":$(matrix_json 0,1 0,1,3)" web1 ||
	fail "drift of web1 was not undone when its guest had ended: $(json show web1)"
must_show '"problems":[]' web1

echo "# what a guest lost is given back to it"
hold $uuid1
must_show "\"pid\":$guest_pid" web1
write $matrix/$uuid1/unassign_domain 3
wait_for 10 shows "\"active\":$(matrix_json 0,1 0,1,3)" web1 || fail "web1 has not got its domain back: $(json show web1)"
kill -0 $guest_pid || fail "the guest has ended"
release $guest_pid
finish
