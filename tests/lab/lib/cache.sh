# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# cache.sh - the folder outside the tree that keeps whatever the lab downloads or builds
#
# An item is a folder NAME-KEY; KEY is a hash of everything that the item is made of, so a
# changed ingredient makes a new item and never touches the old one. An item is made in
# NAME-KEY.part and renamed when whole: what has its final name is complete, however a build
# ended. A lock for each item lets several labs share the cache; the second waits for the first.

LAB_CACHE=${APQD_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/apqd-lab}

say() { printf 'lab: %s\n' "$*" >&2; }

# die MESSAGE [STATUS]: ends the lab with STATUS (125 if not given: the lab failed, not a script).
die() {
	say "$1"
	exit "${2:-125}"
}

# key_of WORD-OR-FILE...: a key; a word that names a file counts with the file's contents.
key_of() {
	local word

	for word in "$@"; do
		if [[ -f $word ]]; then cat "$word"; else printf '%s\n' "$word"; fi
	done | sha256sum | cut -c1-16
}

# cache_path NAME INGREDIENT...: sets $item to the folder of that item, whether it is there or not.
cache_path() {
	item=$LAB_CACHE/$1-$(key_of "${@:2}")
}

# with_lock NAME COMMAND...: runs COMMAND, in a subshell, while nobody else holds the lock NAME.
# Programs that COMMAND starts hold it too: if the lab is killed and they live on for a moment, the
# next lab waits for them.
with_lock() {
	local fd

	mkdir -p "$LAB_CACHE/locks"
	(
		exec {fd}>"$LAB_CACHE/locks/$1"
		if ! flock --nonblock "$fd"; then
			say "waiting for another lab (lock $1)"
			flock "$fd"
		fi
		"${@:2}"
	)
}

# cache_item NAME MAKER INGREDIENT...: sets $item to the item's folder, and makes it first
# unless it is there. MAKER is a function; it is run with the folder to fill as its only argument.
# Its output goes to a log, which is shown if it fails.
cache_item() {
	cache_path "$1" "${@:3}"
	[[ -d $item ]] || with_lock "${item##*/}" make_item "$item" "$2"
}

make_item() {
	local item=$1 maker=$2 part=$1.part log=$LAB_CACHE/logs/${1##*/}.log rc=0

	[[ ! -d $item ]] || return 0	# another lab made it while this one waited
	mkdir -p "${log%/*}"
	rm -rf "$part"
	mkdir -p "$part"
	say "building ${item##*/} (log: $log)"
	# not "maker || rc=$?": that would switch off "set -e" in all of maker
	set +e
	(set -e; "$maker" "$part") >"$log" 2>&1
	rc=$?
	set -e
	if [[ $rc -ne 0 ]]; then
		tail -n 25 "$log" >&2
		die "${item##*/} could not be built; all of its log is in $log"
	fi
	mv -T "$part" "$item"
}
