# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# autostart.sh - devices with start=auto come up as soon as they can, whatever happens meanwhile
# lab: --cpus 2 --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

# whole DEVICE: whether it is in the kernel as it is defined, and nothing is wrong with it.
whole() {
	whole_json=$(json show "$1" 2>/dev/null)
	whole_defined=${whole_json#*\"definition\":}
	whole_defined=${whole_defined%%\}*}
	case $whole_json in
	*"\"active\":$whole_defined}"*'"problems":[]'*) return 0 ;;
	esac
	return 1
}

must_be_whole() {
	for device in "$@"; do
		wait_for 10 whole "$device" || fail "$device did not come up: $(json show "$device")"
	done
}

# remove_all: another program removes every device.
remove_all() {
	for device in "$matrix"/*-*-*-*-*; do
		[ ! -e "$device/remove" ] || write "$device/remove" 1
	done
}

# define_auto UUID ADAPTERS DOMAINS: as mdevctl would write it; numbers with spaces.
define_auto() {
	mkdir -p $definitions
	{
		echo '{"mdev_type":"vfio_ap-passthrough","start":"auto","attrs":['
		for adapter in $2; do echo "{\"assign_adapter\":\"$adapter\"},"; done
		for domain in $3; do echo "{\"assign_domain\":\"$domain\"},"; done
		echo '{"assign_control_domain":"3"}]}'
	} >"$definitions/$1"
}

# until_moment CONDITION: returns as soon as "[ CONDITION ]" is so, or after a while.
until_moment() {
	moment_n=0
	# shellcheck disable=SC2086	# words
	until [ $1 ] || [ $moment_n -gt 40000 ]; do moment_n=$((moment_n + 1)); done
}

echo "# before vfio_ap is there apqd says so, and starts what it can as soon as it is"
free_adapters 0-2
write $apsim "plug 2 off"
scan
rmmod vfio_ap
define_auto $uuid1 "0" "0 1 2"
define_auto $uuid2 "1 2" "0"
define_auto $uuid3 "3" "0 1"
launch_ready
says '"ready":false' json status
says "vfio_ap is not loaded" apqctl status
refused 1 "vfio_ap is not loaded" apqctl start $uuid1
must_show '"active":null' $uuid1
modprobe vfio_ap
must_be_whole $uuid1
says '"ready":true' json status

echo "# what waits for its card or for a mask comes with it"
must_show "\"active\":$(matrix_json 1,2 0 3)" $uuid2
must_show '"code":"queueAbsent"' $uuid2
must_show "\"effective\":$(matrix_json 1 0 3)" $uuid2
must_show '"code":"notStarted"' $uuid3
says "owned by the host" apqctl show $uuid3
write $apsim "plug 2 on"
scan
must_be_whole $uuid2
must_show "\"effective\":$(matrix_json 1,2 0 3)" $uuid2
write /sys/bus/ap/apmask -3
must_be_whole $uuid3

echo "# the module goes, and comes again"
rmmod vfio_ap
must_show '"active":null' $uuid1
modprobe vfio_ap
must_be_whole $uuid1 $uuid2 $uuid3

echo "# what somebody stopped stays stopped over a restart of apqd"
ok apqctl stop $uuid1
write $matrix/$uuid2/remove 1
must_show '"active":null' $uuid2
crash
launch_ready
must_show '"active":null' $uuid1
must_show '"active":null' $uuid2
must_be_whole $uuid3
ok apqctl start $uuid1
ok apqctl start $uuid2

echo "# another program made half a device, and it is brought to its definition"
crash
remove_all
rm -r /run/apqd/devices
write "$mdev_create" $uuid1
write $matrix/$uuid1/assign_adapter 0
write "$mdev_create" $uuid2
launch_ready
must_be_whole $uuid1 $uuid2 $uuid3

echo "# killed at any moment of the start, the next one finishes"
pending=/run/apqd/pending
for moment in "-d /run/apqd" "-e $pending/$uuid1.json" "-e $matrix/$uuid1" "-e $matrix/$uuid2" "-s $apqd_log"; do
	crash
	remove_all
	rm -r /run/apqd
	launch
	until_moment "$moment"
	crash
	found=$(for device in "$matrix"/*-*-*-*-*; do [ ! -e "$device" ] || cut -c 3 "$device/ap_config"; done | xargs)
	launch_ready
	must_be_whole $uuid1 $uuid2 $uuid3
	echo "killed as soon as [ $moment ], with adapters ${found:-of no device} in the kernel: whole again"
done
[ -z "$(ls /run/apqd/pending)" ] || fail "something is left: $(ls /run/apqd/pending)"

ok apqctl stop $uuid3
ok apqctl undefine $uuid3
echo "# a change is cut off, and finished or undone, but never left half"
for moment in "-e $config_lock" "-e $pending/$uuid1.json" "! -e $pending/$uuid1.json" "-s /tmp/assign"; do
	before=$(cat "$definitions/$uuid1")
	rm -f /tmp/assign
	apqctl assign $uuid1 --adapters 3 --domains 3 >/tmp/assign 2>&1 &
	client=$!
	case $moment in
	!*) until_moment "${moment#! }" ;;
	esac
	until_moment "$moment"
	crash
	wait $client
	told=$?
	launch_ready
	must_be_whole $uuid1
	case $(cat "$definitions/$uuid1") in
	"$before") outcome=undone ;;
	*) outcome=finished ;;
	esac
	echo "cut off as soon as [ $moment ]: $outcome"
	[ $told -ne 0 ] || [ "$outcome" = finished ] || fail "what was told as done is undone: $(cat /tmp/assign)"
	ok apqctl unassign $uuid1 --adapters 3 --domains 3 --whole
done
[ "$outcome" = finished ] || fail "the last change was done before apqd was killed, but is undone: $(cat /tmp/assign)"
finish
