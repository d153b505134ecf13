# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# libvirt.sh - libvirt's node devices and apqd's devices are the same ones: what virsh defines, starts and
# undefines is seen by apqd, and the other way round
# lab: --cards 4 --domains 4 --cpus 2 --timeout 1800 --with libvirt-daemon,libvirt-daemon-driver-nodedev,libvirt-clients

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

export LIBVIRT_DEFAULT_URI=nodedev:///system

# name_of UUID: what libvirt calls the device.
name_of() {
	virsh -q nodedev-list --cap mdev --all | grep "$(echo "$1" | tr - _)"
}

# known UUID [--inactive | --all]: whether virsh lists the device; those that are active, without an option.
known() {
	virsh -q nodedev-list --cap mdev ${2:+"$2"} | grep -q "$(echo "$1" | tr - _)"
}

gone() {
	! known "$1" --all
}

# xml UUID ADAPTER DOMAIN: the device as libvirt wants it.
xml() {
	cat <<-END
		<device>
		  <parent>ap_matrix</parent>
		  <capability type='mdev'>
		    <type id='vfio_ap-passthrough'/>
		    <uuid>$1</uuid>
		    <attr name='assign_adapter' value='$2'/>
		    <attr name='assign_domain' value='$3'/>
		  </capability>
		</device>
	END
}

system_is_well
ok systemctl start apqd.service
ok apqctl reserve --adapters 0-3 --force
wait_for 20 virsh -q nodedev-list --cap ap_matrix >/dev/null || fail "libvirt does not answer: $(virsh nodedev-list 2>&1)"

echo "# virsh defines, starts, stops and undefines; apqd sees it"
xml $uuid1 0 1 >/tmp/device.xml
ok virsh nodedev-define /tmp/device.xml
must_show "\"definition\":$(matrix_json 0 1)" $uuid1
must_show '"active":null' $uuid1
ok virsh nodedev-start "$(name_of $uuid1)"
must_show "\"active\":$(matrix_json 0 1)" $uuid1
hold $uuid1
must_show '"inUse":true' $uuid1
release "$guest_pid"
ok virsh nodedev-autostart "$(name_of $uuid1)"
must_show '"start":"auto"' $uuid1
ok virsh nodedev-destroy "$(name_of $uuid1)"
must_show '"active":null' $uuid1
ok virsh nodedev-undefine "$(name_of $uuid1)"
wait_for 5 [ "$(apqctl list --json | jq '.devices | length')" = 0 ] || fail "apqd still has $(apqctl list)"

echo "# apqd defines, starts, changes, stops and undefines; libvirt sees it"
ok apqctl define $uuid2 --name web2 --adapters 2 --domains 0,3
wait_for 10 known $uuid2 --inactive || fail "libvirt does not see what is defined"
ok apqctl start web2
wait_for 10 known $uuid2 || fail "libvirt does not see what is started"
# of an active device it tells no attributes: it has them of mdevctl, which asks ap-check, which Debian has not
virsh nodedev-dumpxml --inactive "$(name_of $uuid2)" >/tmp/told.xml || fail "libvirt does not tell about it"
grep -q "$uuid2" /tmp/told.xml || fail "libvirt tells of another: $(cat /tmp/told.xml)"
for pair in "assign_adapter 2" "assign_domain 0" "assign_domain 3"; do
	grep -q "name='${pair% *}' value='${pair#* }'" /tmp/told.xml || fail "libvirt does not tell of $pair: $(cat /tmp/told.xml)"
done
all_agree
ok apqctl stop web2
wait_for 10 known $uuid2 --inactive || fail "libvirt does not see what is stopped"
ok apqctl undefine web2
wait_for 10 gone $uuid2 || fail "libvirt still has what is undefined"

echo "# what libvirt has made without a definition is a device that can be adopted"
xml $uuid3 3 2 >/tmp/device.xml
ok virsh nodedev-create /tmp/device.xml
must_show "\"active\":$(matrix_json 3 2)" $uuid3
must_show '"definition":null' $uuid3
ok apqctl modify $uuid3 --adopt --name web3
must_show "\"definition\":$(matrix_json 3 2)" web3
wait_for 10 known $uuid3 || fail "libvirt has lost it"
all_agree
system_is_well
