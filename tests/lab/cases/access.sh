# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# access.sh - who may change something, and the lock that apqd shares with its peers
# lab: --cards 2 --domains 2

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=lib.sh
. lib.sh

free_adapters 0-1
launch_ready
ok apqctl define $uuid1 --name web1 --adapters 0 --domains 0 --start

echo "# everybody may read"
for command in "status" "list" "show web1" "cards" "queues" "matrix" "--json list"; do
	ok su -s /bin/sh nobody -c "apqctl $command"
done

echo "# nobody may change, a member of the group and root may"
remember
for command in "define --adapters 1 --domains 0" "undefine web1" "start web1" "stop web1" "stop web1 --dry-run" \
	"assign web1 --domains 1" "unassign web1 --domains 0" "modify web1 --auto"; do
	refused 5 "Permission denied" su -s /bin/sh nobody -c "apqctl $command"
done
same_as_before "nobody"
ok su operator -c "apqctl assign web1 --domains 1"
must_show "\"active\":$(matrix_json 0 0,1)" web1
ok su operator -c "apqctl unassign web1 --domains 1"

echo "# a lock that lives is waited for"
sleep 1000 &
holder=$!
echo $holder >$config_lock
apqctl assign web1 --domains 1 >/tmp/assign 2>&1 &
client=$!
sleep 1
must_show "\"active\":$(matrix_json 0 0)" web1
kill -0 $client || fail "the lock was not waited for: $(cat /tmp/assign)"
ok apqctl assign web1 --adapters 1 --dry-run
rm $config_lock
wait $client || fail "the change failed after the lock was free: $(cat /tmp/assign)"
must_show "\"active\":$(matrix_json 0 0,1)" web1

echo "# but not for ever"
echo $holder >$config_lock
remember
refused 1 "$holder" apqctl unassign web1 --domains 1
same_as_before "a change without the lock"
[ "$(cat $config_lock)" = $holder ] || fail "the lock of another was taken away"

echo "# a lock whose holder is dead is taken"
kill $holder
wait $holder 2>/dev/null
ok apqctl unassign web1 --domains 1
[ ! -e $config_lock ] || fail "the lock was not given back"
finish
