# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the case file $CASE below the folder $ROOT, and has what cases use.  Started by run.
set -uo pipefail

SOCKET=$ROOT/run/apqd/io.apqd.Manager
W1=11111111-1111-5111-8111-111111111111	# version 5, so that they are not masked as random ones
W2=22222222-2222-5222-8222-222222222222
W3=22222222-3333-5333-8333-333333333333
export W1 W2 W3
unset APQD_SOCKET NO_COLOR COLUMNS
export LC_ALL=C.UTF-8 TERM=dumb
daemon=
monitor=
guests=

# Prints what is not as it must be; the golden file has no such line.
broken() {
	echo "BROKEN: $*"
}

# Runs a command until it succeeds, for at most ten seconds.
wait_until() {
	local i

	for i in $(seq 200); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	broken "this never came true ($i times): $*"
}

# Prints a command and runs it: its output, then its errors after "! ", then a status that is not 0.
try() {
	local status=0

	echo "\$ $*" | sed "s| --socket $SOCKET||" | cat -v
	"$@" >"$ROOT/stdout" 2>"$ROOT/stderr" || status=$?
	cat "$ROOT/stdout"
	sed 's/^/! /' "$ROOT/stderr"
	[ $status -eq 0 ] || echo "[$status]"
}

# The apqctl under test; quiet for what is only a preparation.
apqctl() {
	try "$BUILD/apqctl" --socket "$SOCKET" "$@" | sed "1s|$BUILD/||"
}

quiet() {
	"$BUILD/apqctl" --socket "$SOCKET" "$@" >"$ROOT/quiet" 2>&1 || broken "apqctl $*: $(cat "$ROOT/quiet")"
}

# The kernel, as other programs and the machine change it.
simctl() {
	"$BUILD/apqd-simctl" --root "$ROOT" "$@" >"$ROOT/simctl" 2>&1 || broken "simctl $*: $(cat "$ROOT/simctl")"
}

# Starts apqd-sim and waits until it answers.
daemon_start() {
	# shellcheck disable=SC2086 # options are words
	"$BUILD/apqd-sim" --root "$ROOT" --socket "$SOCKET" $sim_options >"$ROOT/daemon" 2>&1 &
	daemon=$!
	wait_until "$BUILD/apqctl" --socket "$SOCKET" status
}

daemon_stop() {
	kill "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
	daemon=
}

# Gives adapters 1 to 3 to guests, and 9, which is not there; adapter 0 stays the host's.
give_adapters() {
	simctl write apmask 0x8fbfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
	wait_until shows '01\.0000 +none +vfio_ap' queues --adapters 1
}

# A device that is not started, one that is, and one that is not defined; and something is reserved.
completion_host() {
	give_adapters
	quiet reserve --adapters 3 --queues 00.0005
	quiet define $W1 --name web1 --adapters 1 --domains 1 --control-domains 3
	quiet define $W2 --name web:2@host --adapters 2,9 --domains 1,6 --start
	quiet define $W3 --adapters 3 --domains 1 --start
	quiet undefine $W3
}

# Whether apqctl with the rest of the arguments prints something that matches the first.
shows() {
	local pattern=$1

	shift
	"$BUILD/apqctl" --socket "$SOCKET" "$@" 2>&1 | grep -Eq -- "$pattern"
}

# A VMM that holds a device open, until guest_stop or the end of the case.
guest_start() {
	"$BUILD/apqd-simctl" --root "$ROOT" guest "$1" command qemu-system-s39 >"$ROOT/guest" 2>&1 &
	guests="$guests $!"
	wait_until shows 'State: +in use' show "$1"
}

guest_stop() {
	local pid

	for pid in $guests; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	guests=
}

# apqctl monitor in the background.
monitor_start() {
	"$BUILD/apqctl" --socket "$SOCKET" monitor "$@" >"$ROOT/monitor" 2>"$ROOT/monitor.errors" &
	monitor=$!
	sleep 0.3
}

# Waits until monitor has printed (or complained of) something that matches.
monitor_expect() {
	wait_until grep -Ehq -- "$1" "$ROOT/monitor" "$ROOT/monitor.errors"
	echo "monitor said: $1"
}

monitor_stop() {
	local status=0

	kill -"$1" "$monitor"
	wait "$monitor" || status=$?
	monitor=
	echo "monitor ended by $1: $status"
}

end() {
	[ -z "$monitor" ] || kill "$monitor"
	guest_stop
	[ -z "$daemon" ] || daemon_stop
	# What the sanitizers of a developer build have to say belongs to the result.
	grep -hE 'ERROR: |runtime error: ' "$ROOT/daemon" 2>/dev/null
}
trap end EXIT

sim_options=$(sed -n 's/^# sim: //p' "$CASE")
grep -q '^# no-sim' "$CASE" || daemon_start
# shellcheck disable=SC1090 # the case
. "$CASE"
