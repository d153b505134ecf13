# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2034,SC2154	# variables of others, and for others
#
# distro-lib.sh - functions for the tests in the distro lab, which start with ". /lab.sh", ". lib.sh"
# (that of ../cases) and ". distro-lib.sh"

varlink_socket=/run/apqd/io.apqd.Manager
mdev_type=vfio_ap-passthrough

# fail MESSAGE: as in /lab.sh, and tells what apqd said last.
fail() {
	echo "FAILED: $*"
	echo "# the last that the journal has of apqd:"
	journalctl -b -q --no-pager -n 12 -o short-monotonic -u apqd.service
	exit 1
}

# reboot_machine: ends this boot of the script; the next has a number higher by one.
reboot_machine() {
	exit 100
}

# cut_power: the same, without giving the system a moment to put anything in order.
cut_power() {
	exit 101
}

# system_is_well: fails unless the system has finished booting, and no unit has failed.
system_is_well() {
	[ "$(systemctl is-system-running)" = running ] ||
		fail "the system is $(systemctl is-system-running): $(systemctl list-units --failed --no-legend)"
}

# agree WHAT THEIRS OURS: THEIRS and OURS are functions that print lists; waits until they print the
# same, for what others change is told to apqd by events. Fails if they do not in ten looks, which
# take a second each.
agree() {
	agree_n=10
	until same_lists "$2" "$3"; do
		agree_n=$((agree_n - 1))
		if [ $agree_n -eq 0 ]; then
			diff /tmp/theirs /tmp/ours
			fail "$1 do not agree"
		fi
		sleep 0.2
	done
}

same_lists() {
	"$1" | sort >/tmp/theirs
	"$2" | sort >/tmp/ours
	# two that fail do not agree
	[ -s /tmp/ours ] && cmp -s /tmp/theirs /tmp/ours
}

# What lszcrypt and apqctl say of the same things, in the words of lszcrypt: of each queue its state
# and driver, of each card its type, mode and state.
queues_of_lszcrypt() {
	lszcrypt -V | awk '$1 ~ /^[0-9a-f]+\.[0-9a-f]+$/ { print $1, $4, $NF }'
}

queues_of_apqctl() {
	apqctl queues --json | jq -r '.queues[] | [.apqn,
		(if .driver == null then "-"
		elif .checkstopped then "chkstop"
		elif .configured == false then "deconfig"
		elif .driver == "vfio_ap" then (if .inUse then "in" elif .device then "assigned" else "unassigned" end)
		elif .online then "online" else "offline" end),
		(.driver // "-no-driver-")] | join(" ")'
}

cards_of_lszcrypt() {
	lszcrypt -V | awk '$1 ~ /^[0-9a-f][0-9a-f]$/ { print $1, $2, $3, $4 }'
}

cards_of_apqctl() {
	apqctl cards | awk '$1 ~ /^[0-9a-f][0-9a-f]$/ { print $1, $2, $3, $4 }'
}

# What mdevctl and apqctl say of the same devices, in the words of mdevctl: those that are started, and
# those that are defined, with their definitions (numbers must be decimal in these).
started_of_mdevctl() {
	echo "# started"
	mdevctl list
}

started_of_apqctl() {
	echo "# started"
	apqctl list --json | jq -r '.devices[] | select(.active) |
		"\(.uuid) matrix '$mdev_type' \(.start // "manual")\(if .definition then " (defined)" else "" end)"'
}

definitions_of_mdevctl() {
	echo "# defined"
	mdevctl list --defined --dumpjson | jq -r '.[].matrix[] | to_entries[] | .key + " " + .value.start + " " +
		([.value.attrs[] | to_entries[] | "\(.key)=\(.value)"] | sort | join(" "))'
	mdevctl list --defined
}

definitions_of_apqctl() {
	echo "# defined"
	apqctl list --json | jq -r '.devices[] | select(.definition) | .active as $active |
		.uuid + " " + .start + " " + (.definition |
			[(.adapters[] | "assign_adapter=\(.)"), (.domains[] | "assign_domain=\(.)"),
			(.controlDomains[] | "assign_control_domain=\(.)")] | sort | join(" ")),
		"\(.uuid) matrix '$mdev_type' \(.start)\(if $active then " (active)" else "" end)"'
}

# all_agree: fails unless lszcrypt, mdevctl and apqctl tell the same of this host.
all_agree() {
	agree "lszcrypt and apqctl, on queues," queues_of_lszcrypt queues_of_apqctl
	agree "lszcrypt and apqctl, on cards," cards_of_lszcrypt cards_of_apqctl
	agree "mdevctl and apqctl, on what is started," started_of_mdevctl started_of_apqctl
	agree "mdevctl and apqctl, on definitions," definitions_of_mdevctl definitions_of_apqctl
}

# varlink METHOD PARAMETERS: calls a method of apqd by the distribution's varlinkctl.
varlink() {
	varlinkctl call --json=short "$varlink_socket" "io.apqd.Manager.$1" "$2"
}

# apqd_process: prints the id of the service's process.
apqd_process() {
	systemctl show -P MainPID apqd.service
}
