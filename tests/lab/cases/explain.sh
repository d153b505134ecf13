# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# explain.sh - by two commands a host that owns everything becomes one whose guest has queues and their
# interrupts; of each way to break that "explain" tells the right link, and what it advises mends it
# lab: --cpus 2 --cards 4 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

queues=00.0000-0001,01.0000-0001
has_override=false
[ ! -e /sys/bus/ap/devices/00.0000/driver_override ] || has_override=true

# chain: a letter for each link of web1: ok, broken, unknown.
chain() {
	json explain web1 | grep -o '"state":"[obu]' | sed 's/.*"//' | tr -d '\n'
}

chain_is() {
	[ "$(chain)" = "$1" ]
}

# must_be CHAIN [TEXT...]: fails unless the chain becomes so, and "explain" says every TEXT.
must_be() {
	wait_for 10 chain_is "$1" || fail "the chain should be $1, but is $(chain): $(apqctl explain web1)"
	shift
	for must_text; do
		says "$must_text" apqctl explain web1
	done
}

# advice LINK: prints the first command that the remedy of that link quotes.
advice() {
	apqctl explain web1 | grep -A 1 "^[a-z]* *$1 " | sed -n "2s/^[^']*'\([^']*\)'.*/\1/p"
}

# follow LINK: does what the remedy of that link says first.
follow() {
	followed=$(advice "$1")
	[ -n "$followed" ] || fail "link $1 has no remedy: $(apqctl explain web1)"
	sh -c "$followed" >/tmp/followed 2>&1 || fail "the remedy \"$followed\" failed: $(cat /tmp/followed)"
}

# run_guest [ARGUMENT...]: a guest has web1, and its interrupts on with "aqic" for each queue.
run_guest() {
	hold $uuid1 "$@"
	must_show '"inUse":true' web1
}

# run_guest_well: such a guest with all interrupts on.
run_guest_well() {
	run_guest aqic 00.0000 aqic 00.0001 aqic 01.0000 aqic 01.0001
	must_be ooooooo
}

launch_ready

echo "# nothing is done yet, and it says what to do"
ok apqctl define $uuid1 --name web1 --adapters 0,1 --domains 0,1
must_be obubuuu "own queues 00.0000-0001, 01.0000-0001" "'apqctl reserve --queues $queues'" "'apqctl start web1 --reserve'"
ok apqctl undefine web1

echo "# two commands, and the guest has its queues and their interrupts"
ok apqctl reserve --queues $queues
ok apqctl define $uuid1 --name web1 --adapters 0,1 --domains 0,1 --start
must_be ooooouu "No guest has the device open." "'apqctl show web1 --libvirt'"
run_guest_well
must_show '"interruptQueues":["00.0000","00.0001","01.0000","01.0001"]' web1
says "no faults found." apqctl explain web1

echo "# the guest is not running"
release $guest_pid
must_be ooooouu "No guest has the device open."

echo "# the LPAR loses an adapter"
run_guest_well
write $apsim "plug 1 off"
scan
if $has_override; then must_be buuoboo; else must_be bouoboo; fi
must_be "$(chain)" "The LPAR does not have adapter 01." "Adapter 01 is kept from the guest, because the LPAR" "2 queues reach"
write $apsim "plug 1 on"
scan
must_be ooooooo

echo "# it loses a domain"
write $apsim "domain 1 off"
scan
wait_for 10 shows '"queueAbsent"' web1
must_be "$(if $has_override; then echo buuoboo; else echo bouoboo; fi)" \
	"The LPAR does not have domain 0001." "Domain 0001 is kept from the guest"
write $apsim "domain 1 on"
scan
must_be ooooooo
release $guest_pid

echo "# an adapter is deconfigured, then checkstopped"
run_guest_well
write $apsim "config 1 off"
scan
must_be boooboo "Adapter 01 is deconfigured" "'chzcrypt --config-on 01'" "Adapter 01 reaches the guest, but"
write $apsim "config 1 on"
scan
must_be ooooooo
write $apsim "chkstop 0 on"
scan
must_be boooboo "Adapter 00 is checkstopped" "'chzcrypt --config-off 00'"
write $apsim "chkstop 0 off"
scan
must_be ooooooo

echo "# one queue is unbound by hand, and keeps its adapter from the guest"
write /sys/bus/ap/drivers/vfio_ap/unbind 01.0001
must_be ooboboo "do not own queue 01.0001" "Adapter 01 is kept from the guest with all its queues" "its queue 01.0001 (bound to no driver"
follow bound
must_be ooooooo

echo "# the host takes queues back"
if $has_override; then
	echo >/sys/bus/ap/devices/01.0001/driver_override
	write /sys/bus/ap/drivers/vfio_ap/unbind 01.0001
	write /sys/bus/ap/drivers_probe 01.0001
	must_be obuoboo "own queue 01.0001" "Adapter 01 is kept" "queue 01.0001 (the host's"
	follow reserved
	must_be ooooooo
	release $guest_pid
	ok apqctl stop web1
else
	release $guest_pid
	ok apqctl stop web1
	write /sys/bus/ap/apmask +0-255
	write /sys/bus/ap/aqmask +0-255
	must_be obubuuu "apmask has the adapter and aqmask the domain" "somebody has given it back"
	follow reserved
fi

echo "# it is not started"
must_be ooobuuu "defined, but not started." "'apqctl start web1'"

echo "# another device has a queue"
ok apqctl define $uuid2 --name web2 --adapters 1 --domains 1 --start
must_be ooobuuu "Queue 01.0001: in device web2 ($uuid2)." "'apqctl stop web2'"
refused 4 "in device web2" apqctl start web1
follow started
must_be ooobuuu
follow started
must_be ooooouu
ok apqctl undefine web2

echo "# it is not as defined"
write $matrix/$uuid1/unassign_domain 1
must_be ooobouu "adapters 00-01 domains 0000-0001"
follow started
must_be ooooouu

echo "# use_gisa is off: for a guest that has interrupts, and for one that is started then"
run_guest_well
write /sys/module/kvm/parameters/use_gisa N
must_be oooooob "but the next one will not get them" "use_gisa is off" "'apqctl interrupts --gisa on'"
release $guest_pid
says '"outcome": "userspace"' apqctl explain web1 --pqap 3 --queue 00.0000 --json
run_guest aqic 00.0000
grep -q "ret=-95" /tmp/guest.$uuid1 || fail "KVM answered the guest: $(cat /tmp/guest.$uuid1)"
must_be oooooob "operation exception"
release $guest_pid
follow interrupts
run_guest_well
says '"code": 7' apqctl explain web1 --pqap 3 --queue 00.0000 --json
release $guest_pid

echo "# the guest lacks facility 65"
ok apqctl modify web1 --interrupts required
run_guest nofac65 aqic 00.0000
grep -q "pgm=6" /tmp/guest.$uuid1 || fail "the guest got no exception: $(cat /tmp/guest.$uuid1)"
must_be oooooob "its CPU model lacks apqi" "requires interrupts" "apqi=on"
says '"outcome": "exception"' apqctl explain web1 --pqap 3 --queue 00.0000 --without apqi --json
release $guest_pid

echo "# the policy is polled, and the guest has interrupts on"
ok apqctl modify web1 --interrupts polled
run_guest aqic 01.0000
must_be oooooob "polled, but its guest has interrupts on for queue 01.0000." "apqi=off"
ok apqctl modify web1 --interrupts any
must_be ooooooo
release $guest_pid

echo "# vfio_ap is not loaded"
ok apqctl stop web1
rmmod vfio_ap || fail "vfio_ap is in use"
wait_for 10 chain_is oobuuuu || fail "the chain is $(chain): $(apqctl explain web1)"
must_be oobuuuu "vfio_ap is not loaded" "'modprobe vfio_ap'" "cannot be until vfio_ap has its queues"
follow bound
must_be ooobuuu
follow started
must_be ooooouu
finish
