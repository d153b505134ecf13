# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# main-job.sh - two devices from definition to guest, a shared queue refused, and all of it again
# after apqd was killed
# lab: --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

free_adapters 0-2
launch_ready

echo "# two devices are defined and started"
ok apqctl define $uuid1 --name web1 --adapters 0,1 --domains 0,1
ok apqctl define $uuid2 --name web2 --adapters 2 --domains 0-2 --control-domains 3 --auto
[ ! -e "$matrix/$uuid1" ] || fail "define touched the kernel"
ok apqctl start web1
ok apqctl start web2
[ "$(cut -c 1-4 "$matrix/$uuid1/ap_config")" = 0xc0 ] || fail "web1 is not in the kernel as defined"
must_show "\"active\":$(matrix_json 0,1 0,1)" $uuid1
must_show "\"active\":$(matrix_json 2 0,1,2 3)" $uuid2
must_show "\"effective\":$(matrix_json 0,1 0,1)" $uuid1
must_show '"problems":[]' $uuid1
says "started" apqctl list

echo "# a shared queue is refused, with the other device's name"
remember
refused 4 "Queues 02.0000-0001: in device web2 ($uuid2)" apqctl assign web1 --adapters 2
same_as_before "a refused change"

echo "# a guest holds one"
hold $uuid1
must_show '"inUse":true' $uuid1
must_show "\"pid\":$guest_pid,\"command\":\"guest\"" $uuid1
says "in use by process $guest_pid (guest)" apqctl show web1
refused 4 "in use by process $guest_pid (guest)" apqctl stop web1
refused 4 "in use by process $guest_pid (guest)" apqctl unassign web1 --domains 1
same_as_before "a refused change"
says "in use" apqctl queues --device web1

echo "# apqd is killed, and all is as it was"
for what in list queues cards status; do apqctl --json $what >/tmp/before.$what; done
apqctl matrix >/tmp/before.drawing
crash
refused 6 "" apqctl list
same_as_before "the end of apqd"
launch_ready
for what in list queues cards status; do
	apqctl --json $what >/tmp/after.$what
	diff /tmp/before.$what /tmp/after.$what || fail "\"apqctl $what\" is another after the restart"
done
apqctl matrix | diff /tmp/before.drawing - || fail "\"apqctl matrix\" is another after the restart"
same_as_before "the restart"

echo "# the guest ends, and the devices go as they came"
release $guest_pid
must_show '"inUse":false' $uuid1
ok apqctl stop web1
[ ! -e "$matrix/$uuid1" ] || fail "web1 is still in the kernel"
ok apqctl undefine web1
refused 3 "" apqctl show web1
ok apqctl undefine web2
[ -e "$matrix/$uuid2" ] || fail "undefine stopped the device"
says "it had no definition" apqctl stop $uuid2
says "There are no devices" apqctl list
finish
