# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# bench.sh - measures apqctl and apqd beside lszcrypt, mdevctl and udevadm, for "make bench": prints
# lines "bench NAME MICROSECONDS" and what they were measured on; it fails only where something that
# it measures does
# lab: --cards 32 --domains 32

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

devices=64
parent=/sys/devices/vfio_ap/matrix

# now: microseconds since some moment.
now() {
	echo $(($(date +%s%N) / 1000))
}

# middle: the median of the numbers that come in.
middle() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# mean NAME RUNS COMMAND...: how long a run of COMMAND takes, of RUNS one after the other.
mean() {
	name=$1 runs=$2
	shift 2
	"$@" >/dev/null || fail "$* does not work"
	i=0 begin=$(now)
	while [ $i -lt "$runs" ]; do
		"$@" >/dev/null
		i=$((i + 1))
	done
	echo "bench $name $((($(now) - begin) / runs))"
}

# uuid_of N: the UUID of device N, as tests/bench/bare.h names it.
uuid_of() {
	printf '%08x-1111-4111-8111-111111111111\n' "$1"
}

# document: all devices, each with two adapters and one domain.
document() {
	i=0 comma=
	printf '{"version":1,"devices":['
	while [ $i -lt $devices ]; do
		printf '%s{"uuid":"%s","start":"auto","adapters":[%d,%d],"domains":[%d]}' "$comma" \
			"$(uuid_of $i)" $((i % 16 * 2)) $((i % 16 * 2 + 1)) $((i / 16))
		comma=, i=$((i + 1))
	done
	printf ']}\n'
}

# each_device FUNCTION: calls it with the UUID, both adapters and the domain of each device.
each_device() {
	i=0
	while [ $i -lt $devices ]; do
		"$1" "$(uuid_of $i)" $((i % 16 * 2)) $((i % 16 * 2 + 1)) $((i / 16))
		i=$((i + 1))
	done
}

write_device() {
	echo "$1" >"$parent/mdev_supported_types/$mdev_type/create"
	echo "$2" >"$parent/$1/assign_adapter"
	echo "$3" >"$parent/$1/assign_adapter"
	echo "$4" >"$parent/$1/assign_domain"
}

remove_device() {
	echo 1 >"$parent/$1/remove"
}

define_device() {
	mdevctl define -u "$1" -p matrix -t $mdev_type >/dev/null
	mdevctl modify -u "$1" --addattr=assign_adapter --value="$2"
	mdevctl modify -u "$1" --addattr=assign_adapter --value="$3"
	mdevctl modify -u "$1" --addattr=assign_domain --value="$4"
}

start_by_mdevctl() {
	mdevctl start -u "$1" -p matrix
}

undefine_device() {
	mdevctl undefine -u "$1" -p matrix
}

# all_started: how many of the devices have their queues.
all_started() {
	count=$(cat $parent/*-1111-4111-8111-111111111111/matrix | wc -l)
	[ "$count" -eq $((2 * devices)) ] || fail "$count queues are in devices, not $((2 * devices))"
}

# spent NAME COMMAND...: how long COMMAND takes to start all devices; removes them again.
spent() {
	name=$1
	shift
	begin=$(now)
	"$@" >/dev/null
	echo "bench $name $(($(now) - begin))"
	all_started
}

# hear NAME MONITOR...: how long MONITOR takes to print a line about a device that has been made.  Both
# ends look at the clock of bash, which starts no program for that.
hear() {
	name=$1
	shift
	# shellcheck disable=SC2016	# they are for that bash
	bash -c '
		parent=$1 type=$2 uuid=$3
		shift 3
		exec 3< <(exec "$@" 2>/dev/null)
		monitor=$!
		sleep 2
		for n in {1..20}; do
			begin=${EPOCHREALTIME/./}
			echo "$uuid" >"$parent/mdev_supported_types/$type/create"
			while read -r -t 20 line <&3 && [[ $line != *"$uuid"* ]]; do :; done
			echo $((${EPOCHREALTIME/./} - begin))
			echo 1 >"$parent/$uuid/remove"
			# what comes of the removal is not what the next round waits for
			while read -r -t 1 line <&3; do :; done
		done
		kill "$monitor"
	' bash $parent $mdev_type "$uuid1" "$@" >/tmp/heard
	[ "$(wc -l </tmp/heard)" -eq 20 ] || fail "$* did not print what it should have"
	echo "bench $name $(middle </tmp/heard)"
}

ok systemctl enable --now apqd.service
echo "bench: Debian $(cat /etc/debian_version), Linux $(uname -r), $(uname -m), emulated," \
	"$(nproc) processors, $(apqctl queues --no-headings | wc -l) queues, $devices devices."

ok apqctl reserve --adapters 0-31 --force
each_device write_device
all_started
mean true 20 /bin/true
mean apqctl-queues 10 apqctl queues
mean apqctl-list 20 apqctl list
mean lszcrypt 3 lszcrypt
mean lszcrypt-V 3 lszcrypt -V
mean mdevctl-list 5 mdevctl list
each_device remove_device

spent shell-writes each_device write_device
each_device remove_device
spent bare-writes bare-writes-sysfs "" $devices 16
each_device remove_device
each_device define_device
spent mdevctl-start each_device start_by_mdevctl
each_device remove_device
each_device undefine_device
ok apqctl reload
document >/tmp/document
spent apqd-apply apqctl apply /tmp/document
each_device remove_device

hear apqctl-monitor apqctl monitor --json
hear udevadm-monitor udevadm monitor --kernel --subsystem-match=mdev
