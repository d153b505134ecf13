# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# remote.sh - apqctl on another machine, by a real ssh: as a user who may change things, as one who may
# not, and where it cannot go
# lab: --cards 4 --domains 4 --timeout 900

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

there=operator@localhost
ok systemctl start apqd.service
ok apqctl reserve --adapters 1
ok systemctl start ssh.service
mkdir -p -m 700 /root/.ssh /home/operator/.ssh
ok ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /home/operator/.ssh/authorized_keys
chown -R operator /home/operator/.ssh
ssh-keyscan -t ed25519 localhost >/root/.ssh/known_hosts 2>/dev/null

echo "# the same there as here"
for what in status cards queues list; do
	apqctl $what >/tmp/here || fail "$what fails here"
	apqctl --host $there $what >/tmp/there || fail "$what fails there: $(cat /tmp/there)"
	diff /tmp/here /tmp/there || fail "$what is another there"
done
ok apqctl -H $there define $uuid1 --name web1 --adapters 1 --domains 0 --auto --start
must_show "\"effective\":$(matrix_json 1 0)" web1
ok apqctl -H $there wait --timeout 60
refused 3 "" apqctl -H $there show web9
journalctl -q --sync
journalctl -q -o cat -u apqd.service APQD_OPERATION=define APQD_CALLER_UID=1000 | grep -q define ||
	fail "the journal does not say that it was operator"

echo "# who may not here, may not there either"
useradd --create-home visitor
cp -r /home/operator/.ssh /home/visitor/
chown -R visitor /home/visitor/.ssh
ok apqctl -H visitor@localhost list
refused 5 "Permission denied" apqctl -H visitor@localhost stop web1

echo "# where it cannot go"
refused 6 "" apqctl -H nobody-of-that-name@localhost list
ok systemctl stop apqd.service apqd.socket
refused 6 "" apqctl -H $there list
