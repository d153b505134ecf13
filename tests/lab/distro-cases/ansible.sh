# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# ansible.sh - the collection of ../../../ansible with the distribution's ansible-core on the installed
# service: from an empty host, one playbook gives three guests their queues with interrupts required; run
# again it changes nothing; a definition that is changed by hand is what check mode shows, and nothing else. Then
# every module by itself: in check mode, in earnest, again, and with wrong input.
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

echo "# each module in check mode, in earnest, and again, beside guests that run"
# thrice MODULE OPTIONS: three tasks of that module.
thrice() {
	for thrice_how in "check_mode: true, diff: true, " "diff: true, " ""; do
		echo "    - {name: $1, ${thrice_how}apqd.ap.$1: $2}"
	done
}

# was_thrice MODULE: of its three tasks in /tmp/play the first two must have changed something, by the
# same difference, and the third nothing.
was_thrice() {
	jq -s -e --arg name "$1" '[.[] | select(.task == $name) | .result] |
		map(.changed) == [true, true, false] and .[0].diff == .[1].diff and
		.[0].diff.before != .[0].diff.after' /tmp/play >/dev/null ||
		fail "$1 was not three times what it should be: $(cat /tmp/play)"
}

{
	printf '%s\n' "- hosts: kvm1" "  gather_facts: false" "  tasks:"
	thrice ap_host '{queues: "02.0001"}'
	thrice ap_device '{name: web4, adapters: "0-1", domains: 3, state: started}'
	thrice ap_state '{document: {devices: [{name: web4, adapters: 0, domains: 0x3, start: auto}]}}'
	echo '    - {name: ap_info, check_mode: true, apqd.ap.ap_info: {}}'
	echo '    - {name: ap_info, apqd.ap.ap_info: {}}'
} >/tmp/modules.yml
play /tmp/modules.yml
for module in ap_host ap_device ap_state; do was_thrice $module; done
jq -s -e '[.[] | select(.task == "ap_info") | .result | del(.invocation)] | length == 2 and .[0] == .[1] and
	(.[0] | .changed == false and (.devices | length) == 4 and (.queues | length) == 16)' /tmp/play >/dev/null ||
	fail "ap_info should tell the same twice: $(tail -n 2 /tmp/play)"
must_show "\"active\":$(matrix_json 0 3)" web4
policy_has '"queues":["02.0001"]'
all_agree

echo "# wrong input is told by its name"
wrong() {
	echo "    - {ignore_errors: true, apqd.ap.$1: $2}"
}

{
	printf '%s\n' "- hosts: kvm1" "  gather_facts: false" "  tasks:"
	wrong ap_device '{name: web1, adapters: "0x100"}'
	wrong ap_device '{name: web5, adapters: 0, domains: 0, state: started}'
	wrong ap_device '{name: web1, state: absent}'
	wrong ap_host '{queues: "2.1"}'
	wrong ap_host '{adapters: 0, state: absent}'
	wrong ap_state '{document: {devices: [{name: a, domains: 4x}]}}'
	wrong ap_state '{prune: true, document: {devices: []}}'
	wrong ap_info '{device: web9}'
} >/tmp/wrong.yml
remember
play /tmp/wrong.yml
same_as_before "wrong input"
jq -r '.outcome + ": " + .result.msg' /tmp/play >/tmp/told
cat /tmp/told
[ "$(grep -c '^failed: ' /tmp/told)" = 8 ] || fail "not all eight are refused"
for word in 0x100 "00.0000" "in use by" "'2.1' is no queue" "devices\[0\].domains: '4x' is no id" "'web9'"; do
	grep -q "$word" /tmp/told || fail "nothing tells of $word"
done
for pid in $guests; do release "$pid"; done
system_is_well
