# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# changes.sh - every change is the least that does it, and a refused one touches nothing
# lab: --cpus 2 --cards 4 --domains 6 --append "max_adapter=15 max_domain=15"

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

# one_write ATTRIBUTE COMMAND...: must go well, and apqd must write that attribute of sysfs, and no other.
one_write() {
	one_attribute=$1
	shift
	trace_clear
	ok "$@"
	[ "$(attributes_written apqd)" = "$one_attribute" ] ||
		fail "\"$*\" should be one write to $one_attribute, but wrote: $(attributes_written apqd)"
}

# no_write COMMAND...: must end as said by $expected (0), and apqd must not write to sysfs; files stay too.
no_write() {
	remember
	trace_clear
	try "$@"
	[ "$status" -eq "${expected:-0}" ] || fail "\"$*\" ended with $status and said: $said"
	[ -z "$(attributes_written apqd)" ] || fail "\"$*\" wrote $(attributes_written apqd)"
	same_as_before "\"$*\""
}

free_adapters 0-2
launch_ready
# shellcheck disable=SC2119	# of everything
trace_apqd

echo "# each change is one write, and its dry run none"
no_write apqctl define $uuid1 --name web1 --adapters 0 --domains 0 --dry-run
ok apqctl define $uuid1 --name web1 --adapters 0 --domains 0
ok apqctl define $uuid2 --name web2 --adapters 2 --domains 0,1
[ -z "$(attributes_written apqd)" ] || fail "define wrote $(attributes_written apqd)"
no_write apqctl start web1 --dry-run --verbose
case $said in
*"$uuid1 > $mdev_create"*"0x8$(printf %063d 0),0x8$(printf %063d 0),0x0$(printf %063d 0) > $matrix/$uuid1/ap_config"*) ;;
*) fail "the dry run of start does not tell the exact steps: $said" ;;
esac
one_write "create
ap_config" apqctl start web1
ok apqctl start web2
no_write apqctl assign web1 --adapters 1 --domains 1,2 --control-domains 3 --dry-run
one_write ap_config apqctl assign web1 --adapters 1 --domains 1,2 --control-domains 3
must_show "\"active\":$(matrix_json 0,1 0,1,2 3)" web1
must_show "\"definition\":$(matrix_json 0,1 0,1,2 3)" web1
one_write ap_config apqctl assign web1 --domains 3-4 --live
must_show "\"active\":$(matrix_json 0,1 0,1,2,3,4 3)" web1
must_show "\"definition\":$(matrix_json 0,1 0,1,2 3)" web1
must_show '"code":"drift"' web1
one_write ap_config apqctl unassign web1 --domains 3,4 --control-domains 3 --live
one_write "" apqctl unassign web1 --control-domains 3 --definition
must_show "\"active\":$(matrix_json 0,1 0,1,2)" web1
must_show "\"definition\":$(matrix_json 0,1 0,1,2)" web1
must_show '"problems":[]' web1

echo "# what changes nothing says so, and writes nothing"
no_write apqctl assign web1 --domains 1 --json
case $said in *'"changed": false'*) ;; *) fail "it should say that nothing was changed: $said" ;; esac
for command in "assign web1 --domains 1" "unassign web1 --domains 5" "start web1" "modify web1 --manual" \
	"define $uuid1 --name web1 --adapters 0,1 --domains 0-2"; do
	# shellcheck disable=SC2086	# words
	no_write apqctl $command
	case $said in "Nothing to change"*) ;; *) fail "\"$command\" should say that nothing has to be changed: $said" ;; esac
done

echo "# refusals tell each queue and why, before anything is written"
expected=4
while IFS='|' read -r command reason; do
	# shellcheck disable=SC2086	# words
	no_write apqctl $command
	case $said in *"$reason"*) ;; *) fail "\"$command\" should be refused for \"$reason\": $said" ;; esac
done <<-END
	assign web1 --adapters 3|Queues 03.0000-0002: owned by the host
	assign web1 --adapters 2|Queues 02.0000-0001: in device web2 ($uuid2)
	assign web1 --adapters 2,3|in device web2 ($uuid2)
	assign web1 --adapters 2,3|owned by the host
	assign web1 --adapters 16|This machine has no adapter 10: the highest is 0f
	assign web1 --domains 17|This machine has no domain 0011: the highest is 000f
	assign web2 --adapters 0 --live|in device web1 ($uuid1)
	define $uuid3 --adapters 0 --domains 0 --start|in device web1 ($uuid1)
	define $uuid1 --adapters 2 --domains 0|is defined already
END
expected=2
no_write apqctl assign web1 --adapters 256
expected=3
no_write apqctl assign web9 --adapters 1
expected=0

echo "# a card that is not there: refused while it would be the host's, else allowed, and said"
expected=4
no_write apqctl assign web1 --adapters 5,0xf
case $said in *"Queues 05.0000-0002, 0f.0000-0002: missing"*) ;; *) fail "it should name the queues: $said" ;; esac
expected=0
free_adapters 5,-15
says "gets 6 of 12 queues" apqctl assign web1 --adapters 5,0xf
must_show '"code":"queueAbsent"' web1
says "05.0000-0002" apqctl show web1
ok apqctl unassign web1 --adapters 5,15
must_show '"problems":[]' web1

echo "# another program takes and gives back a queue, all the while"
write "$mdev_create" $uuid4
write "$matrix/$uuid4/assign_adapter" 0
(
	while :; do
		write "$matrix/$uuid4/assign_domain" 5
		write "$matrix/$uuid4/unassign_domain" 5
		usleep 30000
	done 2>/dev/null
) &
racer=$!
gone_well=0 conflicts=0 late=0 i=0
while [ $i -lt 15 ]; do
	i=$((i + 1))
	trace_clear
	try apqctl assign web1 --domains 5 --live
	case $status in
	0)
		gone_well=$((gone_well + 1))
		ok apqctl unassign web1 --domains 5 --live
		;;
	1 | 4)
		case $said in
		*"Nothing was changed"* | *"were undone"*) ;;
		*) fail "a lost race should be explained: $said" ;;
		esac
		conflicts=$((conflicts + 1))
		[ -z "$(attributes_written apqd)" ] || late=$((late + 1))
		;;
	*) fail "it ended with $status: $said" ;;
	esac
	must_show "\"active\":$(matrix_json 0,1 0,1,2)" web1
done
kill $racer
wait $racer 2>/dev/null
echo "$gone_well went well, $conflicts were refused, $late of them by the kernel"
[ "$(cut -d , -f 2 "$matrix/$uuid1/ap_config")" = "0xe$(printf %063d 0)" ] || fail "the race has changed web1"
write "$matrix/$uuid4/remove" 1

echo "# stop and undefine"
one_write "" apqctl undefine web2
[ -e "$matrix/$uuid2" ] || fail "undefine stopped the device"
ok apqctl stop $uuid2
trace_clear
ok apqctl stop web1
[ "$(attributes_written apqd-remove)" = remove ] || fail "stop should write remove, but wrote $(attributes_written apqd-remove)"
[ ! -e "$matrix/$uuid1" ] || fail "web1 is still there"
no_write apqctl stop web1
ok apqctl undefine web1
[ -z "$(ls $definitions)" ] || fail "definitions are left: $(ls $definitions)"
says "There are no devices" apqctl list
finish
