# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# boots.sh - ten boots in a row, every third of them after a power cut: whoever is ordered after apqd
# finds the devices with start=auto effective, and nothing that apqd keeps has been lost
# lab: --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

boots=10

# What a service that is ordered after apqd finds, such as one that starts guests.
seen=/var/lib/guests/seen

# make_follower: a service that starts as soon as apqd has, and writes down what the kernel has then.
make_follower() {
	mkdir -p "${seen%/*}"
	cat >/etc/systemd/system/guests.service <<-END
		[Unit]
		Description=What the guests would find
		Requires=apqd.service
		After=apqd.service

		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/sh -c 'for d in $uuid1 $uuid2; do cat $matrix/\$d/guest_matrix; done >$seen 2>&1'

		[Install]
		WantedBy=multi-user.target
	END
	systemctl daemon-reload
	ok systemctl enable guests.service
}

expected() {
	printf '%s\n' 01.0001 01.0002 02.0001 02.0002 03.0000
}

all_is_there() {
	system_is_well
	[ "$(systemctl is-active apqd.service)" = active ] || fail "apqd has not been started"
	expected | diff - "$seen" || fail "a service that comes after apqd does not find the guests' queues"
	must_show "\"effective\":$(matrix_json 1,2 1,2 3)" web1
	must_show "\"effective\":$(matrix_json 3 0)" web2
	must_not_show '"code"' web1
	must_not_show '"code"' web2
	shows '"active":null' web3 || fail "web3, whose start is manual, has been started"
	host_must_show '"problems":[]'
	[ -z "$(ls -A /run/apqd/pending)" ] || fail "a change is pending: $(ls /run/apqd/pending)"
	[ ! -e $config_lock ] || fail "the lock is left: $(cat $config_lock)"
}

# The disk holds no number of the boot but the one that the lab tells: $1.
echo "# boot $1, $(cut -d ' ' -f 1 /proc/uptime) seconds after its start"
if [ "$1" = 1 ]; then
	ok systemctl enable --now apqd.service
	ok apqctl reserve --adapters 1-3
	ok apqctl define $uuid1 --name web1 --adapters 1,2 --domains 1,2 --control-domains 3 --auto
	ok apqctl define $uuid2 --name web2 --adapters 3 --domains 0 --auto
	ok apqctl define $uuid3 --name web3 --adapters 3 --domains 1
	make_follower
	reboot_machine
fi
all_is_there
rm "$seen"
[ "$1" -le $boots ] || exit 0
sync "${seen%/*}"
if [ $(($1 % 3)) = 0 ]; then cut_power; fi
reboot_machine
