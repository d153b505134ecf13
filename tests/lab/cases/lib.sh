# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034,SC2154,SC2120	# variables of others, and for others
#
# lib.sh - functions for the lab tests of apqd and apqctl, which have it as a FILE and start with
# ". /lab.sh" and ". lib.sh"

# The devices of the tests.
uuid1=11111111-1111-4111-8111-111111111111
uuid2=22222222-2222-4222-8222-222222222222
uuid3=33333333-3333-4333-8333-333333333333
uuid4=44444444-4444-4444-8444-444444444444

definitions=/etc/mdevctl.d/matrix
apqd_log=/tmp/apqd.log
config_lock=/run/lock/s390apconfig.lock

# fail MESSAGE: as in /lab.sh, and tells what apqd said last.
fail() {
	echo "FAILED: $*"
	if [ -s "$apqd_log" ]; then
		echo "# the last that apqd said:"
		tail -n 8 "$apqd_log"
	fi
	exit 1
}

# launch: starts apqd, with $apqd_pid set, and returns at once.
launch() {
	: >"$apqd_log"
	apqd >>"$apqd_log" 2>&1 &
	apqd_pid=$!
}

is_ready() {
	grep -q "Ready" "$apqd_log"
}

# launch_ready: starts apqd, and returns when it has brought up what it could.
launch_ready() {
	launch
	wait_for 20 is_ready || fail "apqd is not ready 20 seconds after its start"
}

# crash: kills apqd with SIGKILL, and returns when no process of that id is left.
crash() {
	kill -9 "$apqd_pid" || fail "apqd was not running any more"
	# what hangs in the kernel would keep wait from returning: the process must be gone at once
	wait_for 2 [ ! -d "/proc/$apqd_pid/fd" ] || fail "apqd did not die of SIGKILL: $(cat "/proc/$apqd_pid/stack")"
	wait "$apqd_pid" 2>/dev/null
	return 0
}

# policy_folder ro|rw: whether apqd can write the host's policy; called with rw before apqd starts, too.
policy_folder() {
	grep -q ' /etc/apqd ' /proc/mounts || mount -o bind /etc/apqd /etc/apqd
	mount -o "remount,bind,$1" /etc/apqd
}

# try COMMAND...: runs it; $said is all that it printed, $status how it ended.
try() {
	said=$("$@" 2>&1)
	status=$?
}

# ok COMMAND...: must end with 0.
ok() {
	try "$@"
	[ "$status" -eq 0 ] || fail "\"$*\" should have gone well, but ended with $status and said: $said"
}

# says TEXT COMMAND...: must end with 0, and TEXT must be in what it prints.
says() {
	says_text=$1
	shift
	ok "$@"
	case $said in
	*"$says_text"*) ;;
	*) fail "\"$*\" should have said \"$says_text\", but said: $said" ;;
	esac
}

# refused STATUS TEXT COMMAND...: must end with that status, and TEXT must be in what it prints.
refused() {
	refused_status=$1 refused_text=$2
	shift 2
	try "$@"
	[ "$status" -eq "$refused_status" ] ||
		fail "\"$*\" should have ended with $refused_status, but ended with $status and said: $said"
	case $said in
	*"$refused_text"*) ;;
	*) fail "\"$*\" should have said \"$refused_text\", but said: $said" ;;
	esac
}

# unchanged COMMAND...: must end with 0, and report in JSON that nothing was changed.
unchanged() {
	says '"changed": false' "$@" --json
	says '"steps": [' "$@" --json
}

# json COMMAND...: prints the JSON of apqctl COMMAND without any white space.
json() {
	apqctl --json "$@" | tr -d ' \n\t'
}

# shows TEXT DEVICE: whether TEXT (without white space) is in the JSON of the device.
shows() {
	case $(json show "$2" 2>&1) in
	*"$1"*) return 0 ;;
	esac
	return 1
}

# must_show TEXT DEVICE: fails unless that is so, or becomes so in a moment.
must_show() {
	wait_for 5 shows "$1" "$2" ||
		fail "$2 should show $1, but shows $(json show "$2"), and has $(cat "$matrix/$2/ap_config" 2>&1)"
}

# must_not_show TEXT DEVICE
must_not_show() {
	! shows "$1" "$2" || fail "$2 should not show $1, but shows $(json show "$2")"
}

# matrix_json ADAPTERS DOMAINS [CONTROL-DOMAINS]: a Matrix as must_show wants it; lists as "0,1".
matrix_json() {
	echo "{\"adapters\":[$1],\"domains\":[$2],\"controlDomains\":[${3:-}]}"
}

# free_adapters ADAPTERS: takes these adapters away from the host: "0-3".
free_adapters() {
	write /sys/bus/ap/apmask "-$1" || fail "apmask does not take -$1"
	wait_for 10 grep -q complete /sys/bus/ap/bindings
}

# state: prints all that a change may touch: masks, devices, definitions. Files are told by their
# inode too, so that one that was written again with the same content is seen.
state() {
	cat /sys/bus/ap/apmask /sys/bus/ap/aqmask
	for state_device in "$matrix"/*-*-*-*-*; do
		[ ! -e "$state_device/ap_config" ] ||
			echo "${state_device##*/} $(cat "$state_device/ap_config")"
	done
	find /etc/mdevctl.d /etc/apqd -type f -exec ls -i {} + | sort
	find /etc/mdevctl.d /etc/apqd -type f -exec md5sum {} + | sort
}

# remember: keeps the state; same_as_before fails unless it is still the same.
remember() {
	state >/tmp/state.before
}

same_as_before() {
	state >/tmp/state.after
	diff /tmp/state.before /tmp/state.after || fail "$1 has changed something"
}

# attributes_written PROGRAM: the names of the sysfs attributes that it wrote since trace_clear.
attributes_written() {
	traced attribute_write "$1" | sed 's/.*name="\([^"]*\)".*/\1/'
}

# trace_apqd [CONDITION]: traces what apqd does with attributes, or with those of which CONDITION (of a
# trace's filter) is true, and who makes the text of "matrix". What is not asked for is left out,
# because a long trace is slow to read.
trace_apqd() {
	trace_sysfs || fail "tracing cannot be switched on"
	for event in attribute_open attribute_write; do
		write "$tracing/events/lab/$event/filter" "comm ~ \"apqd*\"${1:+ && ($1)}" ||
			fail "the trace has no filter"
	done
}

trace_clear() {
	echo >"$tracing/trace"
}

# guests_queues: the queues that vfio_ap has, all others being the host's, a line each.
guests_queues() {
	find /sys/bus/ap/drivers/vfio_ap/ -type l | sed 's|.*/||' | sort | grep -E '^[0-9a-f]{2}\.[0-9a-f]{4}$'
}

# trace_host: from now on records every queue that a driver lets go or gets, and what is written to the masks.
trace_host() {
	# the name of a struct device is the first member of its first member
	# shellcheck disable=SC2016
	for probe in 'unbound ap_device_remove name=+0(+0($arg1)):string' \
		'bound driver_bound name=+0(+0($arg1)):string' \
		'apmask ap:apmask_store value=+0($arg2):string' \
		'aqmask ap:aqmask_store value=+0($arg2):string' \
		'create vfio_ap:vfio_ap_mdev_probe'; do
		echo "p:lab/$probe" >>"$tracing/kprobe_events" || fail "the kernel takes no probe $probe"
	done
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/lab/enable"
}

# traced_names EVENT: what that event of trace_host is about, in the order of happening, a line each.
traced_names() {
	grep " $1: " "$tracing/trace" | sed 's/.*[a-z]="\([^"]*\)".*/\1/'
}

# each_line TEXT: the words of TEXT, a line each.
each_line() {
	# shellcheck disable=SC2086	# words are wanted
	[ -z "$1" ] || printf '%s\n' $1
}

# strings KEY: the strings in the list of that key of the JSON on stdin, a line each.
strings() {
	tr -d ' \n\t' | sed -n "s/.*\"$1\":\[\([^]]*\)\].*/\1/p" | tr -d '"' | tr ',' '\n'
}

# moves QUEUES COLLATERAL COMMAND...: COMMAND with "--dry-run" must touch nothing and tell of that
# collateral, and without it must tell the same and change the drivers of QUEUES, each once, and of no
# other queue even for a moment. trace_host must be on. Both lists are in order, with blanks between.
moves() {
	moves_queues=$1 moves_told=$2
	shift 2
	remember
	ok "$@" --dry-run --json
	moves_dry=$(echo "$said" | strings collateral)
	same_as_before "a dry run of \"$*\""
	[ "$moves_dry" = "$(each_line "$moves_told")" ] ||
		fail "\"$* --dry-run\" should have told of \"$moves_told\", but told of $moves_dry"
	guests_queues >/tmp/queues.before
	trace_clear
	ok "$@" --json
	[ "$(echo "$said" | strings collateral)" = "$moves_dry" ] || fail "\"$*\" tells of another collateral than its dry run"
	guests_queues >/tmp/queues.after
	sort /tmp/queues.before /tmp/queues.after | uniq -u >/tmp/queues.moved
	each_line "$moves_queues" | diff - /tmp/queues.moved || fail "\"$*\" has not moved the queues \"$moves_queues\""
	for moves_event in unbound bound; do
		traced_names $moves_event | grep '\.' | sort | diff /tmp/queues.moved - ||
			fail "\"$*\": the queues that were $moves_event are not those that have moved"
	done
}

# masks ADAPTERS DOMAINS: fails unless just these bits are cleared; lists as "0,1".
masks() {
	case $(json status) in
	*"\"hostAdapters\":[$(ids_without "$1")],\"hostDomains\":[$(ids_without "$2")]"*) ;;
	*) fail "the masks should lack adapters \"$1\" and domains \"$2\": $(cat /sys/bus/ap/apmask /sys/bus/ap/aqmask)" ;;
	esac
}

# ids_without LIST: the numbers 0 to 255 but those, with commas.
ids_without() {
	seq 0 255 | grep -v -x -F "$(each_line "$(echo "${1:-none}" | tr , ' ')")" | tr '\n' , | sed 's/,$//'
}

# host_shows TEXT: whether TEXT (without white space) is in the JSON of the host.
host_shows() {
	case $(json status 2>&1) in
	*"$1"*) return 0 ;;
	esac
	return 1
}

# host_must_show TEXT: fails unless that is so, or becomes so in a moment.
host_must_show() {
	wait_for 5 host_shows "$1" || fail "the host should show $1, but has $(apqctl status 2>&1)"
}

host_must_not_show() {
	! host_shows "$1" || fail "the host should not show $1, but has $(apqctl status 2>&1)"
}

# policy_has TEXT: fails unless host.json has TEXT, white space aside.
policy_has() {
	case $(tr -d ' \n\t' </etc/apqd/host.json) in
	*"$1"*) ;;
	*) fail "/etc/apqd/host.json should have $1: $(cat /etc/apqd/host.json)" ;;
	esac
}

# watch_events: has "apqctl monitor" write to /tmp/events.
watch_events() {
	apqctl monitor --json --initial >/tmp/events 2>&1 &
	wait_for 10 grep -q '"event":"ready"' /tmp/events || fail "apqctl monitor is not ready: $(cat /tmp/events)"
}

# now: prints the time in microseconds.
now() {
	echo | ts %.s | tr -d .
}

# note_time: from here on counts new_event.
note_time() {
	events_before=$(wc -l </tmp/events)
	noted=$(now)
}

# new_event PATTERN: prints the first event since note_time that has PATTERN in it, a regular
# expression in which brackets stand for themselves.
new_event() {
	new_pattern=$(echo "$1" | sed 's/[][]/\\&/g')
	tail -n +$((events_before + 1)) /tmp/events | grep -m 1 "$new_pattern"
}

# The most that an event may take, in ms: ten times what is promised, because the processor is emulated
# and others may be at work; and for how many seconds it is waited for.
tell_limit=1000
tell_wait=5

# How often it may wake up in 3 seconds although nothing happens.
own_wakeups=0

# must_tell WHAT PATTERN: fails unless an event with PATTERN was told of soon after note_time.
must_tell() {
	wait_for $tell_wait new_event "$2" >/dev/null ||
		fail "no event told of $1 ($2); since then came: $(tail -n +$((events_before + 1)) /tmp/events)"
	tell_ms=$((($(new_event "$2" | sed 's/.*"time":\([0-9]*\).*/\1/') - noted) / 1000))
	echo "$1 was told of after $tell_ms ms"
	[ $tell_ms -lt $tell_limit ] || fail "$1 should be told of within $tell_limit ms"
}

# wakeups: prints how often the threads of apqd have gone to sleep by now.
wakeups() {
	cat "/proc/$apqd_pid"/task/*/status | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

# end_apqd: has apqd end, and fails unless it ends well.
end_apqd() {
	kill "$apqd_pid"
	wait "$apqd_pid" || fail "apqd ended with $? after SIGTERM"
}

# must_sleep: fails if apqd does anything in 3 seconds in which nothing happens.
must_sleep() {
	sleep_before=$(wakeups)
	sleep 3
	sleep_woken=$(($(wakeups) - sleep_before))
	[ $sleep_woken -le $own_wakeups ] || fail "in 3 seconds without events apqd woke up $sleep_woken times"
}

# finish: the last line of each test: apqd still runs, nothing is left behind, the kernel is content.
finish() {
	[ -d "/proc/$apqd_pid/fd" ] || fail "apqd has ended"
	wait_for 5 [ ! -e $config_lock ] || fail "apqd keeps the lock: $(cat $config_lock)"
	[ -z "$(ls -A /run/apqd/pending)" ] || fail "a change is still pending: $(ls /run/apqd/pending)"
	if find /etc/mdevctl.d /etc/apqd /run/lock -type f | grep -v -E '/[-0-9a-f]{36}(\.json)?$|/host\.json$'; then
		fail "temporary files are left"
	fi
	if dmesg | grep -E -A 20 'WARNING|BUG|Oops|bad count|Call Trace|refcount|blocked for more'; then
		fail "the kernel complains"
	fi
	end_apqd
	if grep -i -E 'sanitizer|runtime error|assert' "$apqd_log"; then
		fail "apqd complains"
	fi
	echo "# done"
}

# In a whole system it is the installed service that is tested.
if [ -e service-lib.sh ]; then
	# shellcheck source=../distro-cases/service-lib.sh
	. ./service-lib.sh
fi
