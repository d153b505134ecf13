# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# smoke.sh - apqd as a service of a whole system: it starts, says what lszcrypt and mdevctl say while
# each of them changes things, answers the distribution's varlinkctl, and does so again after a reboot
# lab: --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

# varlink_agrees: what varlinkctl gets is what "apqctl --json" prints, without the names that apqctl adds to queues.
varlink_agrees() {
	for pair in "GetHost status" "ListCards cards" "ListQueues queues" "ListDevices list"; do
		varlink "${pair% *}" '{}' | jq -S . >/tmp/varlinkctl || fail "varlinkctl cannot call ${pair% *}"
		apqctl "${pair#* }" --json | jq -S "del(.queues[]?.deviceName)" | diff /tmp/varlinkctl - ||
			fail "varlinkctl and \"apqctl ${pair#* }\" do not agree"
	done
}

if [ "$1" = 2 ]; then
	echo "# after the reboot, all is there"
	system_is_well
	[ "$(systemctl is-active apqd.service)" = active ] || fail "apqd is not started by the boot"
	must_show "\"effective\":$(matrix_json 1 1,2 3)" web1
	must_not_show '"code"' web1
	shows '"active":null' web2 || fail "web2, whose start is manual, has been started"
	all_agree
	varlink_agrees
	exit 0
fi

echo "# the system is up, and so is the service"
system_is_well
ok systemctl enable --now apqd.service
ok systemctl is-active apqd.service
says "Active: active (running)" systemctl status --no-pager apqd.service
ok systemd-analyze security --no-pager --threshold=15 apqd.service
echo "$said" | tail -n 1
system_is_well
all_agree

echo "# what apqctl changes, the others see"
ok apqctl reserve --adapters 1,2
ok apqctl define $uuid1 --name web1 --adapters 1 --domains 1,2 --control-domains 3 --auto --start
ok apqctl define $uuid2 --name web2 --adapters 2 --domains 0
all_agree

echo "# what mdevctl, chzcrypt and the machine change, apqctl sees"
ok mdevctl define -u $uuid3 -p matrix -t $mdev_type --auto
ok mdevctl modify -u $uuid3 --addattr=assign_adapter --value=2
ok mdevctl modify -u $uuid3 --addattr=assign_domain --value=3
ok mdevctl start -u $uuid3
ok mdevctl start -u $uuid4 -p matrix -t $mdev_type
must_show "\"effective\":$(matrix_json 2 3)" $uuid3
all_agree
ok chzcrypt -d 00.0002
all_agree
ok write $apsim "config 3 off"
scan
all_agree
ok write $apsim "config 3 on"
scan
ok write /sys/bus/ap/drivers/cex4queue/unbind 03.0001
all_agree
ok mdevctl stop -u $uuid4
ok mdevctl undefine -u $uuid3
all_agree
ok apqctl stop $uuid3
all_agree

echo "# the distribution's varlinkctl"
says io.apqd.Manager varlinkctl info $varlink_socket
varlinkctl introspect $varlink_socket io.apqd.Manager | grep -v '^#' >/tmp/interface
[ "$(grep -c '^method ' /tmp/interface)" = "$(grep -c '^method ' /usr/share/varlink/io.apqd.Manager.varlink)" ] ||
	fail "varlinkctl does not find all methods: $(cat /tmp/interface)"
varlink_agrees
refused 1 NoSuchDevice varlink GetDevice '{"device":"web9"}'
ok su nobody -s /bin/sh -c "varlinkctl call $varlink_socket io.apqd.Manager.ListDevices {}"
refused 1 PermissionDenied su nobody -s /bin/sh -c "varlinkctl call $varlink_socket io.apqd.Manager.Stop '{\"device\":\"web1\"}'"
ok su operator -c "varlinkctl call $varlink_socket io.apqd.Manager.Start '{\"device\":\"web2\"}'"
all_agree
system_is_well
reboot_machine
