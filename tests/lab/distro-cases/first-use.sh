# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# first-use.sh - the way of a new user: install the package, enable the service, define a device, reboot,
# and it is there; then the package is upgraded, removed, installed again and purged
# lab: --bare --cards 4 --domains 4
# files: package

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

package=$(echo /files/apqd_*_s390x.deb)
export DEBIAN_FRONTEND=noninteractive

effective="\"effective\":$(matrix_json 1 0)"

if [ "$1" = 1 ]; then
	echo "# install, enable, define"
	if command -v apqctl; then fail "the system has apqd before it is installed"; fi
	ok dpkg -i "$package"
	ok getent group apqd
	[ -s /usr/share/man/man1/apqctl.1.gz ] || fail "the manual is missing"
	ok systemctl enable --now apqd
	refused 4 "apqctl reserve --queues 01.0000" \
		apqctl define $uuid1 --name web1 --adapters 1 --domains 0 --auto --start
	ok apqctl reserve --queues 01.0000
	ok apqctl define $uuid1 --name web1 --adapters 1 --domains 0 --auto --start
	says started apqctl list
	must_show "$effective" web1
	journalctl --list-catalog | grep -q " apqd" || journalctl --list-catalog | grep -q "apqd:" ||
		fail "the journal's catalog does not know apqd"
	ok systemctl enable apqd-wait-devices.service
	system_is_well
	reboot_machine
fi

echo "# after the reboot it is there"
system_is_well
says started apqctl list
must_show "$effective" web1
ok systemctl is-active apqd-wait-devices.service
ok apqctl wait --timeout 0

echo "# an upgrade takes nothing from anybody"
device=$(readlink -f "$matrix/$uuid1")
before=$(stat -c %i "$device")
hold $uuid1
old=$(apqd_process)
ok dpkg -i "$package"
[ "$(apqd_process)" != "$old" ] || fail "the new version does not run"
[ "$(stat -c %i "$device")" = "$before" ] || fail "the device was made anew"
must_show "\"pid\":$guest_pid," web1
must_show "$effective" web1

echo "# nor does a removal; what was configured is kept"
ok dpkg -r apqd
[ -e "$matrix/$uuid1" ] || fail "the device has gone with the package"
kill -0 $guest_pid || fail "the guest has ended"
[ -s "$definitions/$uuid1" ] || fail "the definition has gone with the package"
if systemctl is-active apqd.socket; then fail "the socket is still there"; fi
ok dpkg -i "$package"
ok systemctl start apqd
must_show "\"pid\":$guest_pid," web1
release $guest_pid

echo "# a purge takes what is apqd's alone"
ok dpkg -P apqd
[ ! -e /etc/apqd ] || fail "/etc/apqd is left: $(ls -R /etc/apqd)"
[ -s "$definitions/$uuid1" ] || fail "the definition, which mdevctl has too, is gone"
ok mdevctl list
[ -e "$matrix/$uuid1" ] || fail "the device has gone with the package"
