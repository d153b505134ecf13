# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# reserve.sh - queues are taken from the host by the masks and given back: just those that were told of
# change hands, a failure takes all of it back, and a restart finds it as it was
# lab: --cpus 2 --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh
mkdir -p /etc/apqd
has_override=false
[ ! -e /sys/bus/ap/devices/00.0000/driver_override ] || has_override=true

# by_hand FILE TEXT ERROR: what the kernel says when somebody writes TEXT to the mask of that name.
by_hand() {
	expect "$3" write "/sys/bus/ap/$1" "$2"
}

# order: the masks in the order in which they were written since trace_clear, and devices that were made.
order() {
	grep -o -E ' (apmask|aqmask|create): ' "$tracing/trace" | tr -d ' :\n'
}

policy_folder rw
launch_ready
trace_host

echo "# queues, adapters, domains and where they cross: what is told moves, and nothing else"
moves "01.0000 01.0001 01.0002 01.0003" "01.0000 01.0002 01.0003" apqctl reserve --queues 01.0001 --masks
masks 1 ""
policy_has '"queues":["01.0001"]'
policy_has '"masks":{"adapters":[1],"domains":[]}'
moves "" "" apqctl reserve --adapters 1
policy_has '"adapters":[1],"domains":[],"queues":[]'
unchanged apqctl reserve --queues 01.0002
moves "00.0002 02.0002 03.0002" "" apqctl reserve --domains 2
masks 1 2
moves "02.0000 02.0001 02.0003" "02.0003" apqctl reserve --adapters 2 --domains 0,1
masks 1,2 2
host_must_show '"reserved":{"adapters":[1],"domains":[2],"queues":["02.0000","02.0001"]}'
host_must_show '"ownership":"masks"'
host_must_show '"problems":[]'
says '"owner":"nobody"' json queues
moves "02.0000 02.0001 02.0003" "" apqctl release --adapters 2 --domains 0,1
masks 1 2
# the adapter's queue in it is given back too, as far as the reservation goes
moves "00.0002 02.0002 03.0002" "01.0002" apqctl release --domains 2
policy_has '"queues":["01.0000-0001","01.0003"]'
moves "01.0000 01.0001 01.0002 01.0003" "" apqctl release --adapters 1
masks "" ""
host_must_show '"reserved":{"adapters":[],"domains":[],"queues":[]}'
unchanged apqctl release --adapters 1

echo "# the adapters first, then the domains"
moves "00.0000 00.0001 00.0002 00.0003 01.0003 02.0003 03.0003" "" \
	apqctl reserve --queues 00.0000-0003,01.0003,02.0003,03.0003 --masks
[ "$(order)" = apmaskaqmask ] || fail "the masks were written as $(order)"
moves "00.0000 00.0001 00.0002 00.0003 01.0003 02.0003 03.0003" "" \
	apqctl release --queues 00.0000-0003,01.0003,02.0003,03.0003
[ "$(order)" = apmaskaqmask ] || fail "the masks were written as $(order)"

echo "# what is not there yet is taken too"
moves "" "" apqctl reserve --adapters 9 --masks
masks 9 ""
write $apsim "plug 9 on"
scan
host_must_show '"problems":[]'
guests_queues | grep -q 09.0003 || fail "the new adapter is the host's"
write $apsim "plug 9 off"
scan
ok apqctl release --adapters 9

echo "# a device has a queue: refused, by its name, as the kernel would"
ok apqctl reserve --adapters 1 --domains 2 --masks
ok apqctl reserve --adapters 1
ok apqctl reserve --domains 2
ok apqctl define $uuid1 --name web1 --adapters 1 --domains 2
ok apqctl start web1
masks 1 2
remember
refused 4 "01.0002" apqctl release --queues 01.0002
refused 4 "web1 ($uuid1)" apqctl release --adapters 1 --domains 2
refused 4 "web1" apqctl release --adapters 0-255
same_as_before "a refused release"
if $has_override; then
	by_hand apmask +1 "resource busy"
	by_hand aqmask +2 "resource busy"
	moves "" "01.0000 01.0001 01.0003" apqctl release --queues 01.0000-0001,01.0003
	masks 1 2
else
	# the queue stays a guest's by its domain
	moves "01.0000 01.0001 01.0003" "" apqctl release --queues 01.0000-0001,01.0003
	masks "" 2
	by_hand aqmask +2 "resource busy"
	ok apqctl reserve --adapters 1
	write /sys/bus/ap/apmask +1 || fail "the kernel refuses what apqctl release did"
	write /sys/bus/ap/apmask -1
fi
hold $uuid1
ok apqctl reserve --adapters 3 --masks
ok apqctl release --adapters 3
shows '"inUse":true' web1 || fail "the guest has lost its device"
release $guest_pid
ok apqctl stop web1
ok apqctl undefine web1
ok apqctl release --adapters 0-255
masks "" ""

echo "# start --reserve"
ok apqctl define $uuid1 --name web1 --adapters 1,2 --domains 0
refused 4 "'apqctl reserve --queues 01.0000,02.0000'" apqctl start web1
ok apqctl reserve --adapters 3 --masks
moves "00.0000 01.0000 02.0000" "00.0000" apqctl start web1 --reserve
masks 3 0
[ "$(order)" = aqmaskcreate ] || fail "the order was $(order)"
must_show "\"effective\":$(matrix_json 1,2 0)" web1
must_show '"problems":[]' web1
refused 4 "" apqctl assign web1 --domains 3
moves "00.0003 01.0003 02.0003" "00.0003" apqctl assign web1 --domains 3 --reserve
must_show "\"effective\":$(matrix_json 1,2 0,3)" web1
policy_has '"queues":["01.0000","01.0003","02.0000","02.0003"]'
ok apqctl stop web1
ok apqctl release --domains 0,3
masks 3 ""

echo "# what fails is taken back as a whole"
remember
guests_queues >/tmp/queues.before
mount -o bind /dev/full $mdev_create
refused 1 "ENOSPC" apqctl start web1 --reserve
umount $mdev_create
same_as_before "a start that failed"
policy_folder ro
refused 1 "Nothing was changed" apqctl start web1 --reserve
refused 1 "Nothing was changed" apqctl reserve --adapters 0 --masks
policy_folder rw
same_as_before "a reservation that could not be kept"
guests_queues | diff /tmp/queues.before - || fail "queues have not gone back to their drivers"
host_must_show '"problems":[]'

echo "# another program clears bits, as chzdev does, and they stay as they are"
write /sys/bus/ap/apmask -2
masks 2,3 ""
host_must_show '"problems":[]'
ok apqctl reserve --adapters 1
ok apqctl release --adapters 1
masks 2,3 ""
crash
launch_ready
masks 2,3 ""
write /sys/bus/ap/aqmask -3
ok apqctl release --adapters 3
masks 2 3
write /sys/bus/ap/apmask +2
write /sys/bus/ap/aqmask +3
ok apqctl reserve --adapters 3 --masks

echo "# another program gives back what is reserved: told, and taken again on request, at a start, or with enforce"
watch_events
note_time
write /sys/bus/ap/apmask +3
must_tell "a reservation that is lost" '"event":"problem".*reservationLost'
says "run: 'apqctl reserve --queues 03.0000-0003'" apqctl status
sleep 1
masks "" ""
ok apqctl reserve --queues 03.0000-0003
masks 3 ""
host_must_show '"problems":[]'
write /sys/bus/ap/apmask +3,-2
host_must_show reservationLost
crash
trace_clear
launch_ready
masks 2,3 ""
host_must_show '"problems":[]'
write /sys/bus/ap/apmask +2
sed 's/{/{"enforce": true,/;t' /etc/apqd/host.json | sed '2,$s/"enforce": true,//' >/tmp/host.json
cat /tmp/host.json >/etc/apqd/host.json
sleep 1
write /sys/bus/ap/apmask +3
wait_for 5 host_shows "\"hostAdapters\":[$(ids_without 3)]" || fail "enforce has not taken adapter 3 again"
wait_for 5 host_shows '"problems":[]' || fail "a problem stays: $(apqctl status)"

echo "# masks that others set at boot, and set otherwise"
mkdir -p /etc/udev/rules.d
cat >/etc/udev/rules.d/41-ap.rules <<END
# Generated by chzdev
LABEL="cfg_ap"
ATTR{../../bus/ap/apmask}="0xefffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
ATTR{../../bus/ap/aqmask}="0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
LABEL="end_ap"
END
host_must_show bootMasksDisagree
says "41-ap.rules sets aqmask to 0x7ff" apqctl status
host_must_not_show "sets apmask to"
sed -i /aqmask/d /etc/udev/rules.d/41-ap.rules
wait_for 5 host_shows '"problems":[]' || fail "the rules agree: $(apqctl status)"
rm /etc/udev/rules.d/41-ap.rules

echo "# a boot: all is the host's, and what is reserved comes before what starts by itself"
ok apqctl release --adapters 3
ok apqctl reserve --domains 0,3 --masks
ok apqctl modify web1 --auto
ok apqctl start web1
crash
write "$matrix/$uuid1/remove" 1
for mask in apmask aqmask; do write /sys/bus/ap/$mask "0x$(printf %064d 0 | tr 0 f)"; done
[ -z "$(guests_queues)" ] || fail "not all is the host's"
trace_clear
launch_ready
masks "" 0,3
# where there are overrides, apmask is first written as it is, to see whether the kernel has lost count of them
expected_order=aqmaskcreate
! $has_override || expected_order=apmaskaqmaskcreate
[ "$(order)" = $expected_order ] || fail "the order was $(order)"
must_show "\"effective\":$(matrix_json 1,2 0,3)" web1
must_show '"problems":[]' web1
host_must_show '"problems":[]'
finish
