# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# sandbox.sh - under the unit everything works that works without, nothing is left open that is not
# needed, and whatever happens to the service, it comes back and has lost nothing
# lab: --cards 4 --domains 4 --timeout 900

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

dropin=/run/systemd/system/apqd.service.d

# with SETTING...: restarts the service with these settings on top of its own.
with() {
	mkdir -p "$dropin"
	{
		echo "[Service]"
		for setting; do echo "$setting"; done
	} >"$dropin/test.conf"
	systemctl daemon-reload
	ok systemctl restart apqd.service
}

without_extras() {
	rm -r "$dropin"
	systemctl daemon-reload
	ok systemctl restart apqd.service
}

is_another() {
	[ "$(apqd_process)" != "$old" ] && [ "$(apqd_process)" != 0 ] &&
		[ "$(systemctl is-active apqd.service)" = active ]
}

# hold_as_nobody UUID: a VMM as libvirt starts it, of a user who is not root, has the device.
hold_as_nobody() {
	group=$(group_of "$1")
	chmod 666 /dev/kvm "/dev/vfio/$group" /sys/kernel/debug/apsim/pqap
	chmod 755 /sys/kernel/debug /sys/kernel/debug/apsim
	setpriv --reuid 65534 --regid 65534 --clear-groups guest "$1" "$group" hold 3600 >/tmp/guest 2>&1 &
	guest_pid=$!
	wait_for 10 grep -q "device open" /tmp/guest || fail "no guest could open it: $(cat /tmp/guest)"
}

echo "# everything can be done"
ok systemctl start apqd.service
ok systemd-analyze security --no-pager --threshold=14 apqd.service
ok apqctl reserve --adapters 1,2
ok apqctl define $uuid1 --name web1 --adapters 1 --domains 1,2 --control-domains 1 --auto --start
must_show "\"effective\":$(matrix_json 1 1,2 1)" web1
ok apqctl interrupts --gisa off
[ "$(cat /sys/module/kvm/parameters/use_gisa)" = N ] || fail "use_gisa was not written"
ok apqctl interrupts --gisa on --poll-timeout 300000
[ "$(cat /sys/bus/ap/poll_timeout)" = 300000 ] || fail "poll_timeout was not written"
apqctl interrupts --json | tr -d ' \n\t' | grep -q '"facility65":\(true\|false\)' ||
	fail "KVM could not be asked: $(apqctl interrupts --json)"
ok apqctl explain web1
ok apqctl modify web1 --name web0
ok apqctl modify web0 --name web1

echo "# who has a device is seen, and for that both capabilities are needed"
hold_as_nobody $uuid1
must_show "\"pid\":$guest_pid," web1
ok apqctl stop --dry-run web1 --force
with "CapabilityBoundingSet=" "CapabilityBoundingSet=CAP_SYS_PTRACE"
must_show '"inUse":true,"users":[]' web1
with "CapabilityBoundingSet=" "CapabilityBoundingSet=CAP_DAC_READ_SEARCH"
must_show '"inUse":true,"users":[]' web1
without_extras
must_show "\"pid\":$guest_pid," web1

echo "# a removal that waits for the guest outlives the service"
apqctl stop web1 --force >/tmp/stop 2>&1 &
stop_pid=$!
must_show '"code":"stopping"' web1
old=$(apqd_process)
ok systemctl restart apqd.service
is_another || fail "it was not restarted"
journalctl -q -b -u apqd.service --grep 'timed out|Ending with' && fail "the end waited for the guest"
wait $stop_pid && fail "a stop that was cut off was told as done"
must_show '"code":"stopping"' web1
release "$guest_pid"
wait_for 10 [ ! -e "$matrix/$uuid1" ] || fail "the device did not go with its guest"
must_show '"active":null' web1
ok apqctl start web1

echo "# no call is lost in a restart"
for i in 1 2 3; do
	apqctl modify web1 --name "web$i" >"/tmp/call.$i" 2>&1 &
	call_pid=$!
	systemctl restart apqd.service &
	restart_pid=$!
	wait $call_pid || fail "call $i failed: $(cat "/tmp/call.$i")"
	wait $restart_pid || fail "restart $i failed"
	ok apqctl modify "web$i" --name web1
done

echo "# a restart in the midst of a change: it is done, or never was; and what was told is so"
for i in 1 2 3 4; do
	apqctl assign web1 --domains 3 >"/tmp/call.$i" 2>&1 &
	call_pid=$!
	# each time a little later
	usleep $((i * 40000))
	ok systemctl restart apqd.service
	told=undone
	if wait $call_pid; then told=done; fi
	if shows "\"definition\":$(matrix_json 1 1,2,3 1)" web1; then
		must_show "\"effective\":$(matrix_json 1 1,2,3 1)" web1
	else
		[ $told = undone ] || fail "what was told as done is not: $(cat "/tmp/call.$i")"
		must_show "\"effective\":$(matrix_json 1 1,2 1)" web1
	fi
	[ -z "$(ls -A /run/apqd/pending)" ] || fail "a change is pending: $(ls /run/apqd/pending)"
	ok apqctl unassign web1 --domains 3
done

echo "# reload reads the files, and one that is broken harms nothing"
echo '{ "enforce": 7 }' >/etc/apqd/host.json.new
cp /etc/apqd/host.json /tmp/host.json
mv /etc/apqd/host.json.new /etc/apqd/host.json
ok systemctl reload apqd.service
says "badHostPolicy" apqctl status --json
must_show "\"effective\":$(matrix_json 1 1,2 1)" web1
cp /tmp/host.json /etc/apqd/host.json
ok systemctl reload apqd.service
apqctl status --json | grep -q badHostPolicy && fail "the mended file was not read"

echo "# killed, and hung: it comes back by itself"
for i in 1 2 3; do
	old=$(apqd_process)
	ok systemctl kill -s KILL apqd.service
	wait_for 20 is_another || fail "it did not come back after SIGKILL number $i"
done
with "WatchdogSec=4s" "TimeoutAbortSec=2s"
old=$(apqd_process)
kill -STOP "$old"
wait_for 30 is_another || fail "it did not come back after it hung"
without_extras
must_show "\"effective\":$(matrix_json 1 1,2 1)" web1

echo "# modules that are loaded anew can be written to as before"
ok apqctl stop web1
ok modprobe -r vfio_ap
ok modprobe vfio_ap
ok apqctl start web1
must_show "\"effective\":$(matrix_json 1 1,2 1)" web1

echo "# who did it is in the journal"
ok journalctl --sync
journalctl -q -o cat -u apqd.service APQD_OPERATION=start APQD_CALLER_UID=0 \
	APQD_DEVICE=$uuid1 | grep -q "start of device web1" || fail "nobody has started web1, says the journal"
journalctl -q -x -u apqd.service MESSAGE_ID=cd4bf5d88f4e4fd2abf0993dd9dc0969 | grep -q "Fix the file" ||
	fail "the catalog does not explain a broken host policy"
journalctl -q -k --grep 'audit.*comm="apqd' && fail "the sandbox has stopped something"

echo "# stopped, the socket stays; a call starts it again"
ok systemctl stop apqd.service
[ -S /run/apqd/io.apqd.Manager ] || fail "the socket is gone"
[ -d /run/apqd/devices ] || fail "what is to outlive a restart is gone"
ok apqctl status
[ "$(systemctl is-active apqd.service)" = active ] || fail "the call did not start it"
[ -z "$(systemctl list-units --failed --no-legend)" ] || fail "failed: $(systemctl list-units --failed)"
