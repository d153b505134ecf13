# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# boot-line.sh - masks, and a bus without interrupts, by the kernel's command line
# lab: --cards 3 --domains 3 --append "ap.apmask=0x7f$(printf %062d 0 | tr 0 f) ap.useirq=0"

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

launch_ready

echo "# the masks of the command line are somebody's choice"
masks 0 ""
host_must_show '"problems":[]'
ok apqctl reserve --adapters 1
masks 0,1 ""
policy_has '"ownership":"masks"'
host_must_show '"reserved":{"adapters":[1],"domains":[],"queues":[]}'
host_must_show bootMasksDisagree
says "command line sets ap.apmask to 0x7ff" apqctl status
ok apqctl release --adapters 1
masks 0 ""
host_must_show '"problems":[]'

echo "# a bus without interrupts has a poll thread if it is asked to"
says "are polled" apqctl interrupts
ok apqctl interrupts --poll-thread on
[ "$(cat /sys/bus/ap/poll_thread)" = 1 ] || fail "there is no poll thread"
write /sys/bus/ap/poll_thread 0
host_must_show hostInterrupts
crash
launch_ready
[ "$(cat /sys/bus/ap/poll_thread)" = 1 ] || fail "there is no poll thread after a start"
host_must_show '"problems":[]'
ok apqctl interrupts --poll-thread off
[ "$(cat /sys/bus/ap/poll_thread)" = 0 ] || fail "there is a poll thread still"
finish
