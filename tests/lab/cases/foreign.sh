# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# foreign.sh - what other programs made is found, and what they do is told of at once, without polling
# lab: --cards 3 --domains 4

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh
dev1=$matrix/$uuid1
closed="\"event\":\"deviceChanged\".*\"uuid\":\"$uuid1\".*\"inUse\":false.*\"users\":[]"

# opened_at UUID: when the guest of that device opened it, in microseconds.
opened_at() {
	opened_fraction=$(stat -c %y "/tmp/guest.$1" | sed 's/.*\.\([0-9]\{6\}\).*/\1/')
	echo "$(stat -c %Y "/tmp/guest.$1")$opened_fraction"
}

echo "# a mask, a device, and mdevctl's definitions that are there before apqd is"
free_adapters 0-1
write "$mdev_create" $uuid1
write $dev1/assign_adapter 0
write $dev1/assign_domain 0x1
write $dev1/assign_control_domain 3
mkdir -p $definitions
cat >$definitions/$uuid2 <<-'END'
	{
	  "mdev_type": "vfio_ap-passthrough",
	  "start": "manual",
	  "attrs": [
	    {
	      "assign_adapter": "0x1"
	    },
	    {
	      "assign_domain": "2,0x3"
	    },
	    {
	      "assign_control_domain": "02"
	    }
	  ]
	}
END
echo '{"mdev_type":"vfio_ap-passthrough","start":"manual","attrs":' >$definitions/$uuid3
launch_ready
must_show "\"active\":$(matrix_json 0 1 3)" $uuid1
must_show '"definition":null' $uuid1
must_show "\"definition\":$(matrix_json 1 2,3 2)" $uuid2
must_show '"active":null' $uuid2
must_show '"code":"badDefinition"' $uuid3
[ "$(json cards | grep -o '"adapter":' | wc -l)" = 3 ] || fail "not all cards are found: $(json cards)"
[ "$(json queues | grep -o '"apqn":' | wc -l)" = 12 ] || fail "not all queues are found: $(json queues)"
says '"hostAdapters":[2,3,' json status
says '"apqn":"00.0001","adapter":0,"domain":1,"owner":"guest"' json queues

echo "# without anything to do, apqd sleeps"
watch_events
sleep 1
must_sleep

echo "# other programs write"
note_time
write $dev1/assign_domain 2
must_tell "assign_domain" "\"active\":$(matrix_json 0 1,2 3)"
note_time
write $dev1/unassign_control_domain 3
must_tell "unassign_control_domain" "\"active\":$(matrix_json 0 1,2)"
if [ -e $dev1/ap_config ]; then
	note_time
	write $dev1/ap_config "0x8$(printf %063d 0),0xc$(printf %063d 0),0x0$(printf %063d 0)"
	must_tell "ap_config" "\"active\":$(matrix_json 0 0,1)"
fi
note_time
write /sys/bus/ap/apmask -2
must_tell "a write to apmask" '"event":"hostChanged".*"hostAdapters":[3,'
must_tell "the queue's new driver" '"event":"queueChanged".*"driver":"vfio_ap".*"apqn":"02.0003"'
note_time
write /sys/bus/ap/aqmask -3
must_tell "a write to aqmask" '"event":"hostChanged".*"hostDomains":[0,1,2,4,'

echo "# a guest opens and closes"
note_time
hold $uuid1
# it writes to its file right after it has opened the device
noted=$(opened_at $uuid1)
must_tell "a guest that opens" "\"inUse\":true.*\"pid\":$guest_pid"
wait_for 5 new_event '"event":"queueChanged".*"apqn":"00.0001".*"inUse":true' >/dev/null ||
	fail "no event told that the queues are in use"
[ "$(json queues | grep -o '"inUse":true' | wc -l)" = 2 ] || fail "not just two queues are in use: $(json queues)"
note_time
release $guest_pid
must_tell "a guest that ends" "$closed"
hold $uuid1
wait_for 5 new_event "\"inUse\":true.*\"pid\":$guest_pid" >/dev/null || fail "no event told of the second guest"
note_time
kill -9 $guest_pid
must_tell "a guest that is killed" "$closed"

echo "# definitions come, change, and go"
note_time
sed 's/2,0x3/1/' $definitions/$uuid2 >$definitions/$uuid3
must_tell "a definition that is written" "\"uuid\":\"$uuid3\".*\"definition\":$(matrix_json 1 1 2)"
must_not_show badDefinition $uuid3
note_time
rm $definitions/$uuid3
must_tell "a definition that is removed" "\"event\":\"deviceRemoved\".*$uuid3"
refused 3 "" apqctl show $uuid3

echo "# devices come and go"
note_time
write "$mdev_create" $uuid2
must_tell "a device that is made" "\"uuid\":\"$uuid2\".*\"active\":$(matrix_json '' '')"
must_show '"code":"drift"' $uuid2
for write in "assign_adapter 0x1" "assign_domain 2" "assign_domain 0x3" "assign_control_domain 2"; do
	write "$matrix/$uuid2/${write% *}" "${write#* }"
done
must_show "\"active\":$(matrix_json 1 2,3 2)" $uuid2
must_show '"problems":[]' $uuid2
note_time
write $dev1/remove 1
must_tell "a device that is removed" "\"event\":\"deviceRemoved\".*$uuid1"

echo "# apqd sleeps again"
sleep 2
must_sleep
finish
