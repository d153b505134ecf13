# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# managers.sh - mdevctl, apqctl and chzdev change the same devices and masks in loops, for a minute: nothing
# is lost that somebody was told is done, no file is ever half written by apqd, and at the end the kernel,
# the files and all programs agree
# lab: --cards 4 --domains 8 --cpus 2 --timeout 900
#
# Every operation has lines in a log, "begin" before it is called, "end" when it has returned, "seen" when
# it was looked at what it was to do; a line is added by one write, so their order is that of time. By
# it the log is judged: what was told as done must be so, unless another program was at work on the same
# device meanwhile (rule "alone") or even then (rule "always", for what has a lock or a check of its own).
# mdevctl reads and writes its files without a lock, and can so undo what apqd wrote in between: nobody
# but mdevctl could prevent that. The other way round apqd must look again before it writes. And chzdev 2.35
# dies when a device goes while it reads its matrix; the lock that it leaves then must be in nobody's way.

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

log=/tmp/managers.log
over=/tmp/managers.over
seconds=60 at_most=400

# op WHO DEVICE RULE EXPECTED COMMAND...: has COMMAND change DEVICE; when it says that this is done, the
# condition EXPECTED (words) must be true, and it is looked again before WHO's next operation.
op() {
	look_again
	op_who=$1 op_device=$2 op_rule=$3 op_expected=$4
	shift 4
	op_n=$((${op_n:-0} + 1))
	clock
	op_clock=$now
	echo "begin $op_who $op_n $op_device $op_rule $*" >>$log
	timeout 100 "$@" >"/tmp/said.$op_who" 2>&1
	op_status=$?
	echo "end $op_who $op_n $op_status" >>$log
	[ $op_status -eq 0 ] || op_expected=
	case $op_who:$op_status in
	chzdev:139) echo "crash $op_who" >>$log ;;
	*:1[0-9][0-9]) echo "bad $op_who $op_n ended with $op_status: $(tr '\n' ' ' <"/tmp/said.$op_who")" >>$log ;;
	esac
	look_again
}

# look_again: notes whether what the last operation was to do is still so.
look_again() {
	[ -n "${op_expected:-}" ] || return 0
	# shellcheck disable=SC2086	# words are wanted
	if $op_expected; then op_seen=kept; else op_seen=lost; fi
	echo "seen $op_who $op_n $op_seen $op_expected" >>$log
}

is_over() {
	[ -e $over ]
}

# clock: sets $now to hundredths of a second.
clock() {
	read -r now _ </proc/uptime
	now=${now%.*}${now#*.}
}

# pause WORD: up to three times as long as the last operation took, however slow the machine is, so that now
# all are at work and now one is alone; differs from loop to loop.
pause() {
	pause_n=$(((${pause_n:-${#1}} * 75 + 74) % 65537))
	clock
	usleep $(((now - op_clock) * 10000 * (pause_n % 4)))
}

# The conditions. A definition may be seen while mdevctl writes it: so it is read until it can be read.
defined() {
	[ -s "$definitions/$1" ]
}

undefined() {
	[ ! -e "$definitions/$1" ]
}

started() {
	[ -e "$matrix/$1" ]
}

stopped() {
	[ ! -e "$matrix/$1" ]
}

# definition_is UUID FILTER: whether the filter of jq finds it so.
definition_is() {
	is_n=10
	until is_text=$(jq -c . "$definitions/$1" 2>/dev/null) && [ -n "$is_text" ]; do
		is_n=$((is_n - 1))
		[ $is_n -gt 0 ] || return 1
		usleep 50000
	done
	echo "$is_text" | jq -e "$2" >/dev/null
}

has_start() {
	definition_is "$1" ".start==\"$2\""
}

has_domain() {
	definition_is "$1" "any(.attrs[];.assign_domain==\"$2\")"
}

lacks_domain() {
	definition_is "$1" "all(.attrs[];.assign_domain!=\"$2\")"
}

# host_keeps ADAPTER, lacks_adapter ADAPTER (0 to 3): its bit in apmask.
host_keeps() {
	[ $((0x$(cut -c 3 /sys/bus/ap/apmask) >> (3 - $1) & 1)) -eq 1 ]
}

lacks_adapter() {
	! host_keeps "$1"
}

# policy_of_0: prints how often adapter 0 is among what host.json reserves.
policy_of_0() {
	jq '[.reserved.adapters[] | select(. == 0)] | length' /etc/apqd/host.json
}

# The loops. web1 is started all the time: apqctl changes what it has, mdevctl how it starts.
apqctl_shared() {
	until is_over; do
		op apqctl-shared web1 alone "has_domain $uuid1 2" apqctl assign web1 --domains 2
		pause a
		op apqctl-shared web1 alone "lacks_domain $uuid1 2" apqctl unassign web1 --domains 2
		pause a
	done
	look_again
}

mdevctl_shared() {
	until is_over; do
		for start in auto manual; do
			op mdevctl-shared web1 always "has_start $uuid1 $start" mdevctl modify -u $uuid1 --$start
			pause bb
		done
	done
	look_again
}

# This one both make, change, start, stop and remove, each as it likes.
apqctl_any() {
	until is_over; do
		op apqctl-any any alone "defined $uuid2" apqctl define $uuid2 --name web2 --adapters 2 --domains 0
		pause ccc
		op apqctl-any any alone "started $uuid2" apqctl start $uuid2
		pause ccc
		op apqctl-any any alone "has_domain $uuid2 1" apqctl assign $uuid2 --domains 1
		pause ccc
		op apqctl-any any alone "stopped $uuid2" apqctl stop $uuid2
		pause ccc
		op apqctl-any any alone "undefined $uuid2" apqctl undefine $uuid2
		pause ccc
	done
	look_again
}

mdevctl_any() {
	until is_over; do
		op mdevctl-any any alone "defined $uuid2" mdevctl define -u $uuid2 -p matrix -t $mdev_type
		pause dddd
		op mdevctl-any any alone "" mdevctl modify -u $uuid2 --addattr=assign_adapter --value=2
		pause dddd
		op mdevctl-any any alone "has_domain $uuid2 3" mdevctl modify -u $uuid2 --addattr=assign_domain --value=3
		pause dddd
		op mdevctl-any any alone "started $uuid2" mdevctl start -u $uuid2
		pause dddd
		op mdevctl-any any alone "stopped $uuid2" mdevctl stop -u $uuid2
		pause dddd
		op mdevctl-any any alone "undefined $uuid2" mdevctl undefine -u $uuid2
		pause dddd
	done
	look_again
}

# Each its own bit of the same mask. Both take the lock; but chzdev lets it go between reading the mask and
# writing all of it, so that it can undo what apqd did in between, which apqd then tells. The policy stays.
chzdev_masks() {
	until is_over; do
		op chzdev masks always "lacks_adapter 3" chzdev --type ap apmask=-3
		pause eeeee
		op chzdev masks always "host_keeps 3" chzdev --type ap --active apmask=+3
		pause eeeee
	done
	look_again
}

apqctl_masks() {
	until is_over; do
		op apqctl-masks masks alone "lacks_adapter 0" apqctl reserve --adapters 0 --masks
		in_policy 1
		pause ffffff
		in_policy 1
		op apqctl-masks masks alone "host_keeps 0" apqctl release --adapters 0
		in_policy 0
		pause ffffff
	done
	look_again
}

# in_policy COUNT: notes it where host.json does not name adapter 0 so often, although that was told as done.
in_policy() {
	[ "$op_status" -ne 0 ] || [ "$(policy_of_0)" = "$1" ] ||
		echo "bad $op_who $op_n is not in host.json: $(tr -d ' \n' </etc/apqd/host.json)" >>$log
}

# reader: notes each file that is no whole JSON. mdevctl empties a file before it fills it: the log tells
# whether it was at work meanwhile.
reader() {
	until is_over; do
		for file in "$definitions"/* /etc/apqd/devices.d/* /etc/apqd/host.json; do
			echo "read" >>$log
			text=$(cat "$file" 2>/dev/null) || continue
			if [ -n "$text" ] && echo "$text" | jq . >/dev/null 2>&1; then continue; fi
			echo "broken $file" >>$log
		done
	done
}

# judge: reads the log; prints what was not kept, and what has been looked at; returns 1 if anything is bad,
# 2 if too little was seen to say so.
judge() {
	awk '
	$1 == "begin" { id = $2 " " $3; begin[id] = NR; device[id] = $4; rule[id] = $5; who[id] = $2
		what[id] = $0; last[$2] = $3; calls[$2]++ }
	$1 == "end" { end[$2 " " $3] = NR; if ($4 == 0) done[$2]++ }
	$1 == "seen" { n++; at[n] = NR; of[n] = $2 " " $3; verdict[n] = $4 }
	$1 == "read" { reads++; opened = NR }
	$1 == "broken" { broken[NR] = $2; before[NR] = opened }
	$1 == "bad" { print; bad = 1 }
	$1 == "crash" { crashes++ }
	# whether another program was at work on the same device between two lines
	function disturbed(id, from, to,    other) {
		for (other in begin)
			if (who[other] != who[id] && device[other] == device[id] && begin[other] < to &&
			    (!(other in end) || end[other] > from))
				return 1
		return 0
	}
	# whether mdevctl was at work between two lines
	function mdevctl_wrote(from, to,    other) {
		for (other in begin)
			if (who[other] ~ /^mdevctl/ && begin[other] < to && (!(other in end) || end[other] > from))
				return 1
		return 0
	}
	END {
		for (i = 1; i <= n; i++) {
			id = of[i]
			alone = !disturbed(id, begin[id], at[i])
			if (verdict[i] == "kept" && (alone || rule[id] == "always") && !counted[id]++)
				judged[who[id]]++
			if (verdict[i] == "lost" && (alone || rule[id] == "always")) {
				print "lost, although told as done (line " begin[id] "): " what[id]
				bad = 1
			} else if (verdict[i] == "lost")
				undone[who[id]]++
		}
		for (line in broken) {
			half++
			if (broken[line] !~ /mdevctl\.d/ || !mdevctl_wrote(before[line], line)) {
				print "half written, and not by mdevctl (line " line "): " broken[line]
				bad = 1
			}
		}
		for (program in calls) {
			print program ": " calls[program] " calls, " done[program] + 0 " done, " \
				judged[program] + 0 " seen as told, " undone[program] + 0 " undone by another"
			if (judged[program] < 5) {
				print "too little was seen of " program
				few = 1
			}
		}
		print crashes + 0 " times chzdev died of a device that went away"
		print reads " times a file was read, " half + 0 " times while mdevctl wrote it"
		if (reads < 20) few = 1
		exit bad ? 1 : few ? 2 : 0
	}' $log
}

# Of every file that apqd writes the name, by a probe in the kernel.
trace_files() {
	# %pD prints the name of a struct file
	# shellcheck disable=SC2016
	echo 'p:lab/file_write vfs_write name=$arg1:%pD' >"$tracing/kprobe_events" || fail "the kernel takes no probe"
	echo 'comm ~ "apqd*"' >"$tracing/events/lab/file_write/filter" || fail "the probe takes no filter"
	echo 1 >"$tracing/events/lab/file_write/enable"
}

files_of_apqd() {
	grep -o 'name="[^"]*"' "$tracing/trace" | sort | uniq -c
}

# sysfs_devices, apqctl_devices: each started device with its queues.
sysfs_devices() {
	for device in "$matrix"/*-*-*-*-*; do
		[ ! -e "$device" ] || echo "${device##*/} $(sort "$device/matrix" | paste -sd' ')"
	done
	echo end
}

apqctl_devices() {
	apqctl list --json | jq -r '.devices[] | select(.active) | .active as $has | .uuid + " " +
		([$has.adapters[] as $adapter | $has.domains[] as $domain | "\($adapter).\($domain)"] | join(" "))' |
		while read -r uuid queues; do
			# shellcheck disable=SC2086	# words are wanted
			echo "$uuid $(for queue in $queues; do
				printf '%02x.%04x\n' ${queue%.*} ${queue#*.}
			done | sort | paste -sd' ')"
		done
	echo end
}

ok systemctl enable --now apqd.service
modprobe kvm
ok apqctl reserve --adapters 1,2 --masks
ok apqctl define $uuid1 --name web1 --adapters 1 --domains 0,1 --start

echo "# each can do with the other's devices whatever it can do with its own"
ok mdevctl stop -u $uuid1
must_show '"active":null' web1
ok mdevctl start -u $uuid1
must_show "\"active\":$(matrix_json 1 0,1)" web1
ok mdevctl modify -u $uuid1 --addattr=assign_control_domain --value=5
must_show "\"definition\":$(matrix_json 1 0,1 5)" web1
ok mdevctl modify -u $uuid1 --delattr
must_show "\"definition\":$(matrix_json 1 0,1)" web1
ok mdevctl define -u $uuid3 -p matrix -t $mdev_type
ok mdevctl modify -u $uuid3 --addattr=assign_adapter --value=2
ok mdevctl modify -u $uuid3 --addattr=assign_domain --value=7
must_show "\"definition\":$(matrix_json 2 7)" $uuid3
ok apqctl start $uuid3
ok apqctl assign $uuid3 --domains 6
all_agree
ok mdevctl stop -u $uuid3
ok mdevctl undefine -u $uuid3
refused 3 "" apqctl show $uuid3
ok mdevctl define -u $uuid3 -p matrix -t $mdev_type
ok mdevctl start -u $uuid3
ok apqctl stop $uuid3
ok apqctl undefine $uuid3
all_agree

echo "# all at once, for $seconds seconds at least"
old=$(apqd_process)
trace_files
workers=
for worker in apqctl_shared mdevctl_shared apqctl_any mdevctl_any chzdev_masks apqctl_masks reader; do
	$worker &
	workers="$workers $!"
done
sleep $seconds
# where the machine is slow, a minute is too short for all of them
until [ $seconds -ge $at_most ]; do
	judge >/tmp/judged
	[ $? -eq 2 ] || break
	sleep 20
	seconds=$((seconds + 20))
done
: >$over
# shellcheck disable=SC2086	# words are wanted
wait $workers
files_of_apqd >/tmp/files
echo 0 >"$tracing/events/lab/file_write/enable"
judge || {
	tail -n 60 $log
	fail "something was lost, half written, or has hung or crashed"
}
grep -q "\.$uuid1\.apqd" /tmp/files || fail "the probe has seen no write of apqd: $(cat /tmp/files)"
if grep -E "\"($uuid1|$uuid2)(\.json)?\"|\"host\.json\"" /tmp/files | grep -v '"\.'; then
	fail "apqd has written to a file in its place"
fi

echo "# what is left"
ok apqctl modify web1 --name web0
ok apqctl modify web0 --name web1
[ "$(apqd_process)" = "$old" ] || fail "apqd has been restarted"
all_agree
agree "sysfs and apqctl, on the queues of devices," sysfs_devices apqctl_devices
[ ! -e $config_lock ] || fail "the lock is left: $(cat $config_lock)"
[ -z "$(ls -A /run/apqd/pending)" ] || fail "a change is pending: $(ls /run/apqd/pending)"
if find /etc/mdevctl.d /etc/apqd /run/lock -type f | grep -v -E '/[-0-9a-f]{36}(\.json)?$|/host\.json$'; then
	fail "temporary files are left"
fi
# A definition may differ from its device by what mdevctl wrote; chzdev's rule stands for other masks.
apqctl status --json | jq -r '[.. | .code? // empty] | unique[]' >/tmp/codes
echo "# problems told: $(paste -sd' ' /tmp/codes)"
if grep -v -x -E 'drift|bootMasksDisagree|reservationLost' /tmp/codes; then fail "that is not to be expected: $(apqctl status)"; fi
ok apqctl reserve --adapters 0
lacks_adapter 0 || fail "adapter 0 was not reserved"
ok rm /etc/udev/rules.d/41-ap.rules
for uuid in $(apqctl list --json | jq -r '.devices[] | select(.definition and .active) | .uuid'); do
	ok apqctl start "$uuid"
done
host_must_show '"problems":[]'
must_show '"problems":[]' web1
ok apqctl stop web1
ok apqctl undefine web1
if dmesg | grep -E -A 20 'WARNING|BUG|Oops|bad count|Call Trace|refcount|blocked for more'; then
	fail "the kernel complains"
fi
system_is_well
