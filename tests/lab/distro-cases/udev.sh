# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# udev.sh - whatever happens to udev, and however many events come at once, apqd knows what is: what
# it shows is what it finds when it is started anew
# lab: --cards 4 --domains 8 --timeout 900

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

what_it_shows() {
	for what in status cards queues list; do apqctl --json $what || fail "it does not answer"; done
}

is_settled() {
	what_it_shows >/tmp/shown.now
	cmp -s /tmp/shown.now /tmp/shown.before && return 0
	mv /tmp/shown.now /tmp/shown.before
	return 1
}

# as_found_anew: fails unless what apqd shows is the same after a restart.
as_found_anew() {
	: >/tmp/shown.before
	wait_for 20 is_settled || fail "what it shows does not come to rest"
	# nothing may be found out by the restart only, nor a moment later
	sleep 1
	what_it_shows >/tmp/shown.before
	ok systemctl restart apqd.service
	what_it_shows >/tmp/shown.anew
	diff /tmp/shown.before /tmp/shown.anew || fail "after $1 it showed what is not so"
}

# change_things: what other programs and the machine may do, with an event each.
change_things() {
	write $apsim "plug 3 off"
	scan
	write "$mdev_create" $uuid2 || fail "no device can be made"
	write $matrix/$uuid2/assign_adapter 2 && write $matrix/$uuid2/assign_domain 4 || fail "it takes no queue"
	write $apsim "config 0 off"
	scan
	write /sys/bus/ap/drivers/cex4queue/unbind 00.0001 || fail "00.0001 cannot be unbound"
}

change_back() {
	write /sys/bus/ap/drivers/cex4queue/bind 00.0001 || fail "00.0001 cannot be bound"
	write $apsim "config 0 on"
	write $apsim "plug 3 on"
	scan
	write $matrix/$uuid2/remove 1 || fail "the device cannot be removed"
}

# burst N: N events, half of them of the AP bus, as fast as the kernel takes them.
burst() {
	burst_n=$(($1 / 2))
	while [ $burst_n -gt 0 ]; do
		echo change >/sys/bus/ap/devices/01.0001/uevent
		echo change >/sys/devices/virtual/mem/null/uevent
		burst_n=$((burst_n - 1))
	done
}

ok systemctl start apqd.service
ok apqctl reserve --adapters 1,2
ok apqctl define $uuid1 --name web1 --adapters 1 --domains 0-3 --auto --start
old=$(apqd_process)

echo "# udev is restarted"
ok systemctl restart systemd-udevd.service
change_things
must_show "\"active\":$(matrix_json 2 4)" $uuid2
as_found_anew "a restart of udev"
change_back
as_found_anew "a restart of udev"

echo "# udev is stopped"
ok systemctl stop systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service
change_things
must_show "\"active\":$(matrix_json 2 4)" $uuid2
as_found_anew "what happened without udev"
change_back
as_found_anew "what happened without udev"
ok apqctl assign web1 --domains 5
ok apqctl unassign web1 --domains 5
ok systemctl start systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udevd.service

echo "# 1000 events in a burst, and a change in their midst"
old=$(apqd_process)
burst 500
change_things
burst 500
ok apqctl assign web1 --domains 6
must_show "\"active\":$(matrix_json 2 4)" $uuid2
must_show "\"effective\":$(matrix_json 1 0,1,2,3,6)" web1
[ "$(apqd_process)" = "$old" ] || fail "it has been restarted by the burst"
as_found_anew "a burst of events"

echo "# a burst while apqd cannot read: what the kernel had to drop is found out"
old=$(apqd_process)
kill -STOP "$old"
burst 4000
change_back
kill -CONT "$old"
must_show '"effective"' web1
[ "$(apqd_process)" = "$old" ] || fail "it has been restarted by the burst"
as_found_anew "a burst that overran it"
ok apqctl stop web1
ok apqctl undefine web1
