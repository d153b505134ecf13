# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with those who source this
#
# lib.sh - what the tests of the packages share
#
# Wants $top, the top of the tree, and sets $work, a folder of the test that it empties, with
# whatever the test makes, and all that was said, in log.

# use_folder NAME: sets $work. It lies in build, which git does not see, and stays for a look.
use_folder() {
	work=$top/build/package/$1
	rm -rf --one-file-system "$work"
	mkdir -p "$work"
	: >"$work/log"
}

# copy_tree DIR: makes DIR a copy of the sources: what git knows or would add, or all that was
# unpacked where there is no git. Nothing that was built is in it.
copy_tree() {
	mkdir -p "$1"
	if git -C "$top" rev-parse --show-toplevel >/dev/null 2>&1; then
		(cd "$top" && git ls-files -z --cached --others --exclude-standard)
	else
		(cd "$top" && find . -name build -prune -o -type f -print0)
	fi | (cd "$top" && while IFS= read -r -d '' file; do
		[[ ! -f $file ]] || printf '%s\0' "$file"
	done | tar --null -T - -cf -) | tar -C "$1" -xf -
}

# manuals: the names of all manuals; one that is made of parts has a folder NAME.d for them.
manuals() { (cd "$top/man" && printf '%s\n' ./*.[1-8] ./*.[1-8].d) | sed 's|^\./||; s|\.d$||' | sort -u; }

# message_ids: the ids of all messages that the catalog explains.
message_ids() { sed -n 's/^-- \([0-9a-f]\{32\}\)$/\1/p' "$top/systemd/apqd.catalog.in"; }

# catalog_has COMMAND...: whether that journalctl knows our messages: "all", "none", or else how many.
catalog_has() {
	local known

	known=$("$@" --list-catalog | grep -c -wFf <(message_ids) || true)
	case $known in
	"$(message_ids | wc -l)") echo all ;;
	0) echo none ;;
	*) echo "$known of $(message_ids | wc -l)" ;;
	esac
}

# check NAME COMMAND...: one test: "ok NAME", or "FAIL NAME" with the end of what it said; COMMAND is
# a function. Later tests rely on it: once one has failed, none is run. Call it alone: in a condition
# "set -e" would not hold in COMMAND.
check() {
	[[ -z ${stopped:-} ]] || return 0
	check_aside "$@"
	stopped=$last_failed
}

# Likewise, but no other test relies on it.
check_aside() {
	local status

	[[ -z ${stopped:-} ]] || return 0
	last_failed=
	printf '== %s\n' "$1" >>"$work/log"
	set +e
	(set -e -o pipefail; "${@:2}") >"$work/said" 2>&1 </dev/null
	status=$?
	set -e
	cat "$work/said" >>"$work/log"
	if [[ $status -eq 0 ]]; then
		printf 'ok %s\n' "$1"
		return 0
	fi
	printf 'FAIL %s\n' "$1"
	tail -n 25 "$work/said" | sed 's/^/    /'
	failed=1 last_failed=1
}

# must COMMAND...: says which command did not succeed, and ends the test.
must() {
	"$@" && return 0
	printf 'this failed: %s\n' "$*"
	exit 1
}

# must_not COMMAND...: likewise of one that did.
must_not() {
	"$@" || return 0
	printf 'this succeeded: %s\n' "$*"
	exit 1
}
