# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034,SC2154	# variables of others, and for others
#
# service-lib.sh - has the cases of ../cases, in a whole system, test the apqd that its package has
# installed and its unit runs: it replaces those functions of ../cases/lib.sh that start and end apqd
#
# The sandbox is the unit's own. But that apqd is started again when it has died, and that vfio_ap is
# loaded before it, is left to the cases, which count on when that happens; the other distro cases
# test it.

# A whole system is at work beside apqd, so events may take longer; but no look that apqd takes every 30
# seconds may pass for having been told.
tell_limit=5000
tell_wait=10

# Twice a minute it tells the service manager's watchdog that it lives.
own_wakeups=2

dropin=/run/systemd/system/apqd.service.d
mkdir -p "$dropin"
printf '[Service]\nRestart=no\n' >"$dropin/case.conf"
ln -sf /dev/null /run/systemd/system/modprobe@vfio_ap.service
systemctl daemon-reload
for module in kvm vfio_ap; do modprobe $module || fail "the module $module does not load"; done

# fail MESSAGE: ends the script with 1, and tells what apqd said last.
fail() {
	echo "FAILED: $*"
	echo "# the last that the journal has of apqd:"
	journalctl -b -q --no-pager -n 12 -o short-monotonic -u apqd.service
	exit 1
}

# write FILE TEXT: as in /lab.sh; the shell's own echo does not tell the kernel's reason.
write() {
	/bin/echo -n "$2" >"$1"
}

# launch: starts the service, and returns at once. What it says is added to $apqd_log.
launch() {
	[ -z "${follower:-}" ] || kill "$follower"
	journalctl -q -f -n 0 -o cat -u apqd.service >"$apqd_log" 2>/dev/null &
	follower=$!
	systemctl start --no-block apqd.service || fail "systemd does not start apqd.service"
}

# is_ready: whether the service is up; then $apqd_pid is its process.
is_ready() {
	[ "$(systemctl is-active apqd.service)" = active ] && find_apqd
}

# find_apqd: whether there is a process of the service, with $apqd_pid set to its id.
find_apqd() {
	apqd_pid=$(systemctl show -P MainPID apqd.service)
	[ "$apqd_pid" != 0 ]
}

is_down() {
	case $(systemctl is-active apqd.service) in inactive | failed) return 0 ;; esac
	return 1
}

# crash: kills apqd with SIGKILL, and its socket goes with it, so that no call starts it again.
crash() {
	wait_for 10 find_apqd || fail "apqd was not running any more"
	kill -9 "$apqd_pid"
	wait_for 10 [ ! -d "/proc/$apqd_pid/fd" ] || fail "apqd did not die of SIGKILL: $(cat "/proc/$apqd_pid/stack")"
	wait_for 10 is_down || fail "after its process has died the service is $(systemctl is-active apqd.service)"
	systemctl stop apqd.socket
	systemctl reset-failed apqd.service
}

# policy_folder ro|rw: as in ../cases/lib.sh; a mount of the host's does not change that of the unit's sandbox.
policy_folder() {
	[ -z "${apqd_pid:-}" ] || nsenter -t "$apqd_pid" -m mount -o "remount,bind,$1" /etc/apqd
}

# end_apqd: stops the service, which must end as one that is told to.
end_apqd() {
	systemctl stop apqd.service
	case $(systemctl show -P Result apqd.service) in
	success) ;;
	*) fail "apqd has ended as $(systemctl show -P Result apqd.service)" ;;
	esac
	journalctl -q -b -o cat -u apqd.service >"$apqd_log"
	if journalctl -q -k --grep 'audit.*comm="apqd'; then fail "the sandbox has stopped something"; fi
}
