# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# ansible.sh - the collection of ../../../ansible with the distribution's ansible-core on the installed
# service: from an empty host, one playbook gives three guests their queues with interrupts required; run
# again it changes nothing; a definition that is changed by hand is what check mode shows, and nothing else.
# A play takes a minute under emulation, on two cores that have nothing else to do.
# lab: --cards 4 --domains 4 --cpus 2 --timeout 2400 --with ansible-core
# files: collection

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

export ANSIBLE_COLLECTIONS_PATH=/tmp/collections ANSIBLE_PIPELINING=1
export ANSIBLE_STDOUT_CALLBACK=results ANSIBLE_CALLBACK_PLUGINS=/files/plugins
export ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=0 LC_ALL=C.UTF-8
mkdir -p /tmp/collections/ansible_collections/apqd
ln -s /files/ansible /tmp/collections/ansible_collections/apqd/ap

# play FILE OPTION...: plays it on this host as kvm1 of the examples' inventory, a host with three guests; the
# results are in /tmp/play. The package is there already, and there is no network to install it from.
play() {
	play_file=$1
	shift
	play_begin=$(cut -d . -f 1 /proc/uptime)
	ansible-playbook -i /files/ansible/examples/inventory.yml --limit kvm1 \
		-e '{"ansible_connection": "local", "ansible_become": false, "apqd_install": false,
			"ansible_python_interpreter": "/usr/bin/python3"}' \
		"$@" "$play_file" </dev/null >/tmp/play.said 2>&1 || fail "$play_file $* ended badly: $(cat /tmp/play.said)"
	sed -n 's/^RESULT //p' /tmp/play.said >/tmp/play
	echo "${play_file##*/} $*: $(($(cut -d . -f 1 /proc/uptime) - play_begin)) s"
}

guests_play() {
	play /files/ansible/examples/guests.yml "$@"
}

# changed: what the play has changed, or would change: a line for each task or, of a loop, each item.
changed() {
	jq -r '.task as $task | .result | (.results // [.])[] | select(.changed) |
		$task + (if .item then ": " + (.item | if type == "object" then .key else . end) else "" end)' /tmp/play
}

# differences: of each of these, what was different before and after.
differences() {
	jq -c '.result | (.results // [.])[] | select(.changed and .diff) | .diff | .before as $was | .after |
		with_entries(select($was[.key] != .value) | .value = [$was[.key], .value])' /tmp/play
}

must_have_changed() {
	changed >/tmp/changed
	printf '%s' "$1" | diff - /tmp/changed || fail "the play should have changed \"$1\""
}

uuid_of() {
	apqctl list --json | jq -r --arg name "$1" '.devices[] | select(.name == $name) | .uuid'
}

wanted="apqd.ap.apqd : The socket and the service are started, and start with the host: apqd.socket
apqd.ap.apqd : The socket and the service are started, and start with the host: apqd.service
apqd.ap.apqd : The host policy is set
The devices of the guests are started: web1
The devices of the guests are started: web2
The devices of the guests are started: web3
"

system_is_well
ok systemctl disable --now apqd.service
[ -z "$(find /etc/mdevctl.d /etc/apqd -type f)" ] || fail "the host is not empty"

echo "# from an empty host, one playbook"
guests_play --diff
must_have_changed "$wanted"
all_agree
for guest in "web1 0" "web2 1" "web3 2"; do
	name=${guest% *} domain=${guest#* }
	must_show "\"effective\":$(matrix_json 0,1 "$domain")" "$name"
	must_show '"interrupts":"required"' "$name"
	must_not_show '"code"' "$name"
	hold "$(uuid_of "$name")" aqic "00.000$domain"
	grep -q "ret=0 pgm=0 cc=0" "/tmp/guest.$hold_uuid" ||
		fail "the guest $name has no interrupts: $(cat "/tmp/guest.$hold_uuid")"
	guests="${guests:-} $guest_pid"
done
[ "$(apqctl list --json | jq '[.devices[] | select(.inUse)] | length')" = 3 ] || fail "not all guests are seen"
ok systemctl is-enabled apqd.service

echo "# again: nothing changes, while the guests run"
remember
guests_play --diff
must_have_changed ""
same_as_before "the second run"

echo "# a definition is changed by hand: check mode shows exactly that, and changes nothing"
ok mdevctl modify -u "$(uuid_of web2)" --manual
must_show '"start":"manual"' web2
remember
guests_play --check --diff
must_have_changed "The devices of the guests are started: web2
"
[ "$(differences)" = '{"start":["manual","auto"]}' ] || fail "check mode shows another difference: $(differences)"
same_as_before "check mode"

echo "# wrong input is told by its name"
cat >/tmp/wrong.yml <<-'END'
	- hosts: kvm1
	  gather_facts: false
	  tasks:
	    - apqd.ap.ap_device: {name: web1, adapters: "0x100"}
	      ignore_errors: true
	    - apqd.ap.ap_device: {name: web4, adapters: 0, domains: 0, state: started}
	      ignore_errors: true
	    - apqd.ap.ap_info: {gather: devices}
	    - apqd.ap.ap_device: {name: web1, state: absent}
	      ignore_errors: true
END
remember
play /tmp/wrong.yml
same_as_before "wrong input"
jq -r '.result | .msg // (.devices | length | tostring)' /tmp/play >/tmp/told
cat /tmp/told
grep -q "0x100" /tmp/told || fail "a wrong adapter is not told"
grep -q "00.0000" /tmp/told || fail "a conflict is not told"
grep -q -x 3 /tmp/told || fail "not three devices are told of"
for pid in $guests; do release "$pid"; done
system_is_well
