# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# examples.sh - what "example: before" of a manual can use; run-examples sets ROOT, the folder of the
# simulated host, APQD_SOCKET and PATH

# The simulated kernel, as other programs and the machine change it.
simctl() { apqd-simctl --root "$ROOT" "$@"; }

# wait_until COMMAND...: for at most ten seconds.
wait_until() {
	local n

	for ((n = 0; n < 200; n++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	echo "this never came true: $*" >&2
	return 1
}

# shows PATTERN ARGUMENT...: whether apqctl with these arguments prints what matches.
shows() { apqctl "${@:2}" 2>&1 | grep -Eq -- "$1"; }

uuid_of() { apqctl --json show "$1" | jq -r .device.uuid; }

# guest DEVICE: a VMM that holds the device open, until end_guest.
guest() {
	apqd-simctl --root "$ROOT" guest "$(uuid_of "$1")" command qemu-system-s39 >/dev/null 2>&1 &
	echo $! >>"$ROOT/guests"
	wait_until shows 'State: +in use' show "$1"
}

# end_guest DEVICE: ends all guests, and waits until the device is free.
end_guest() {
	end_guests
	wait_until shows 'State: +started' show "$1"
}

end_guests() {
	[[ ! -e $ROOT/guests ]] || xargs -r kill <"$ROOT/guests" 2>/dev/null || true
	rm -f "$ROOT/guests"
}
