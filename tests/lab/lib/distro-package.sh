# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# distro-package.sh - the Debian package of apqd for s390x, as tests/package makes it

# need_package TREE: sets $package, the package made from that tree. Like other items it is made once
# for each state of its sources.
need_package() {
	package_tree=$(realpath "$1")
	cache_item package make_package "$(sources_key "$package_tree")"
	package=$(find "$item" -name 'apqd_*_s390x.deb')
	[[ -f $package ]] || die "tests/package/debian has not left one package, but: $package"
}

# sources_key TREE: prints a key of all that can be in the package: the tree without its tests, but for
# the one that makes the package.
sources_key() {
	local file

	if git -C "$1" rev-parse --show-toplevel >/dev/null 2>&1; then
		git -C "$1" ls-files -z --cached --others --exclude-standard
	else
		(cd "$1" && find . -type f -printf '%P\0')
	fi | LC_ALL=C sort -zu | (cd "$1" && while IFS= read -r -d '' file; do
		case $file in
		tests/package/*) ;;
		tests/*) continue ;;
		esac
		if [[ -f $file ]]; then printf '%s\0' "$file"; fi
	done | xargs -0 -r sha256sum) | sha256sum | cut -c 1-16
}

make_package() {
	"$package_tree/tests/package/debian" --arch s390x "$1"
}

# install_test_programs DIR: copies the tree's tests that run in the machine into DIR.
install_test_programs() {
	list_programs | grep /tests/ | xargs -r cp -t "$1"
}
