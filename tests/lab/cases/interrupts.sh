# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# interrupts.sh - the host's settings of interrupts are set, kept, and watched; the policies required and
# polled hold; what a guest switches on shows
# lab: --cpus 2 --cards 2 --domains 2

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh
gisa=/sys/module/kvm/parameters/use_gisa
bus=/sys/bus/ap

# has FILE TEXT: whether the attribute has this value.
has() {
	[ "$(cat "$1")" = "$2" ]
}

grep -q '^kvm ' /proc/modules || fail "the case wants kvm as a module"
has $gisa Y || fail "use_gisa is $(cat $gisa) at boot"
free_adapters 0
launch_ready

echo "# shown, set, kept"
says "Interrupts:     can be forwarded to guests" apqctl interrupts
says "KVM offers:     facility 65" apqctl interrupts
says "kvm.use_gisa:   on" apqctl interrupts
host_must_show '"forwarding":true'
host_must_show '"facility65":true'
remember
says "would switch kvm.use_gisa off" apqctl interrupts --gisa off --dry-run
has $gisa Y || fail "a dry run has written"
same_as_before "a dry run"
ok apqctl interrupts --gisa off --poll-timeout 123456
has $gisa N || fail "use_gisa is $(cat $gisa)"
has $bus/poll_timeout 123456 || fail "poll_timeout is $(cat $bus/poll_timeout)"
policy_has '"interrupts":{"gisa":false,"pollTimeout":123456}'
host_must_show '"forwarding":false'
host_must_show '"wanted":{"gisa":false,"pollThread":null,"pollTimeout":123456}'
host_must_show '"problems":[]'
unchanged apqctl interrupts --gisa off

echo "# a bus that takes interrupts has no poll thread"
has $bus/ap_interrupts 1 || fail "the bus takes no interrupts"
remember
refused 1 "poll thread" apqctl interrupts --poll-thread on --gisa on
same_as_before "what was refused"
has $gisa N || fail "what was refused has set use_gisa"
ok apqctl interrupts --poll-thread off
policy_has '"pollThread":false'

echo "# set by others: told at once, and left so until the next start"
watch_events
note_time
write $gisa Y
must_tell "use_gisa written by another program" '"event":"hostChanged".*"gisa":true'
host_must_show hostInterrupts
note_time
write $bus/poll_timeout 99999
must_tell "poll_timeout written by another program" '"event":"hostChanged".*"pollTimeout":99999'
has $gisa Y || fail "apqd has undone it, though enforce is off"
crash
launch_ready
has $gisa N || fail "use_gisa is $(cat $gisa) after a start"
has $bus/poll_timeout 123456 || fail "poll_timeout is $(cat $bus/poll_timeout) after a start"
host_must_show '"problems":[]'

echo "# the policy required"
ok apqctl define $uuid1 --name web1 --adapters 0 --domains 0,1 --interrupts required
refused 1 "use_gisa" apqctl start web1
[ ! -e "$matrix/$uuid1" ] || fail "web1 was made"
ok apqctl interrupts --gisa on
has $gisa Y || fail "use_gisa is $(cat $gisa)"
ok apqctl start web1
must_show '"problems":[]' web1
watch_events
note_time
write $gisa N
must_tell "a policy that is not met any more" '"event":"problem".*interruptsUnavailable'
must_show '"code":"interruptsUnavailable"' web1
write $gisa Y
must_show '"problems":[]' web1

echo "# a guest switches interrupts on, and they go with it"
hold $uuid1 aqic 00.0001
must_show '"interruptQueues":["00.0001"]' web1
says '"interrupt":true,"configured":true,"checkstopped":false,"online":null,"apqn":"00.0001"' json queues
says '"interrupt":false,"configured":true,"checkstopped":false,"online":null,"apqn":"00.0000"' json queues
must_show '"problems":[]' web1
ok apqctl modify web1 --interrupts polled
must_show '"code":"interruptsOn"' web1
must_show '"queues":["00.0001"]' web1
crash
launch_ready
must_show '"code":"interruptsOn"' web1
release $guest_pid
must_show '"interruptQueues":[]' web1
must_show '"problems":[]' web1
hold $uuid1
must_show "\"pid\":$guest_pid" web1
must_show '"problems":[]' web1
release $guest_pid

echo "# without GISA a guest's AQIC fails"
ok apqctl interrupts --gisa off
hold $uuid1 aqic 00.0001
must_show "\"pid\":$guest_pid" web1
must_show '"interruptQueues":[]' web1
must_show '"problems":[]' web1
release $guest_pid

echo "# kvm goes and comes back, and is told again"
ok apqctl stop web1
rmmod vfio_ap
rmmod kvm || fail "kvm is in use"
host_must_show '"gisa":null'
host_must_show notReady
modprobe kvm
wait_for 5 has $gisa N || fail "use_gisa is $(cat $gisa) after kvm was loaded again"
modprobe vfio_ap
host_must_show '"ready":true'
host_must_show '"problems":[]'

echo "# what the file asks for in vain"
cat >/etc/apqd/host.json <<-'END'
	{"interrupts": {"gisa": true, "pollThread": true}, "else": 1}
END
host_must_show hostInterrupts
says "the kernel starts none" apqctl status
crash
launch_ready
has $gisa Y || fail "use_gisa is $(cat $gisa) after a start"
host_must_show hostInterrupts
ok apqctl interrupts --poll-thread off
host_must_show '"problems":[]'
policy_has '"else":1'
finish
