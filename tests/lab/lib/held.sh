# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# held.sh - what the lab does about a mirror whose lists name packages that it does not have
#
# For days after a point release a mirror's lists can be newer than its packages, of the smaller
# architectures above all. Then those of the table "held-packages", which are older, are taken in
# their place; the table has their checksums. A mirror that is whole never gets here.

# is_missing SUITE ARCH PACKAGE...: whether the mirror answers 404 for one of these packages, or for one
# that they need. Whatever else is wrong will show when they are fetched for good.
is_missing() {
	local tried=$LAB_CACHE/apt/$1-$2/tried

	private_apt "$1" "$2" install -y --download-only "${@:3}" >"$tried" 2>&1 || true
	grep -q '^E: Failed to fetch .* 404 ' "$tried"
}

# hold_packages SUITE ARCH: has the lab's apt take the packages of the table, and no others of these names.
hold_packages() {
	local root=$LAB_CACHE/apt/$1-$2 item

	say "the mirror lacks packages that its lists of $1 for $2 name: older ones are held"
	cache_item held make_held "$lab_dir/lib/held-packages" "$(declare -f make_held add_held)"
	awk '/^Package: / { name = $2 } /^Version: / {
		printf "Package: %s\nPin: version %s\nPin-Priority: 1001\n\n", name, $2 }' \
		"$item/Packages" >"$root/preferences"
	printf 'deb [trusted=yes] copy:%s ./\n' "$item" >>"$root/sources.list"
	private_apt "$1" "$2" update
}

# make_held DIR: a repository of all packages of the table that can be had.
make_held() {
	local name version sum archive path uri

	grep -v '^#' "$lab_dir/lib/held-packages" | while read -r name version sum archive path; do
		uri=$(mirror "$archive")
		if /usr/lib/apt/apt-helper -o APT::Sandbox::User="$(id -un)" download-file \
			"${uri%/}/$path" "$1/$name.deb" "SHA256:$sum"; then
			add_held "$1" "$name.deb" "$sum"
		fi
	done
	[[ -s $1/Packages ]]
}

# add_held DIR FILE SUM: its paragraph in the list of the repository.
add_held() {
	{
		dpkg-deb -f "$1/$2"
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$2" "$(stat -c %s "$1/$2")" "$3"
	} >>"$1/Packages"
}
