# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# packages.sh - Debian packages: those that the host needs, and those that are only unpacked
#
# The lab needs packages of other suites and another architecture than the host's. It takes them by
# an apt of its own (its state lies in the cache), so the host's sources and its list of
# architectures stay as they are. The mirror is the one that the host's apt uses.

HOST_PACKAGES=(gcc make bc flex bison cpio kmod xz-utils rsync libc6-dev
	autoconf automake pkgconf gcc-s390x-linux-gnu libc6-dev-s390x-cross debian-archive-keyring)

# Enough to unpack packages, which is all that varlinkctl wants.
UNPACK_PACKAGES=(debian-archive-keyring)

# shellcheck source=held.sh
. "$lab_dir/lib/held.sh"

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
	local installed

	# shellcheck disable=SC2016	# ${...} is dpkg's format
	installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
		sed -n 's/ installed$//p' || true)
	printf '%s\n' "$@" | grep -v -x -F -e "$installed" || true
}

# need_host_packages PACKAGE...: makes sure that they are there: installs them if it may, else says
# how, and ends with 77.
need_host_packages() {
	local missing

	if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
		die "this system has no apt. The lab is built from Debian packages, on Debian 12 \
or later; it needs there: $*" 77
	fi
	mapfile -t missing < <(missing_packages "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	if [[ $(id -u) -ne 0 ]]; then
		printf 'apt-get install -y --no-install-recommends %s\n' "${missing[*]}"
		exit 77
	fi
	say "installing ${missing[*]}"
	with_lock apt-install install_packages "${missing[@]}"
}

install_packages() {
	local log=$LAB_CACHE/logs/apt-install.log

	mkdir -p "${log%/*}"
	export DEBIAN_FRONTEND=noninteractive
	if ! { apt-get -q update && apt-get -q install -y --no-install-recommends "$@"; } \
		>"$log" 2>&1; then
		tail -n 25 "$log" >&2
		die "apt-get could not install the packages; all of its log is in $log"
	fi
}

# The origin of the host's sources is in the package lists, which a fresh container image lacks.
need_package_lists() {
	[[ -z $(mirror Debian) && $(id -u) -eq 0 ]] || return 0
	say "reading the host's package lists"
	with_lock apt-install apt-get -q update
}

# mirror LABEL: prints the URI from which the host's apt takes Debian packages of that label
# ("Debian", or "Debian-Security"), or nothing.
mirror() {
	local uris

	# shellcheck disable=SC2016	# $(...) is apt's format
	uris=$(apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' "Label: $1")
	printf '%s' "${uris%%$'\n'*}"
}

# sources_of SUITE: prints the sources.list line of that suite.
sources_of() {
	local main=${APQD_LAB_MIRROR:-} uri

	if [[ -z $main ]]; then
		need_package_lists >&2
		main=$(mirror Debian)
	fi
	[[ -n $main ]] || die "the host's apt has no Debian source to learn a mirror from; \
set APQD_LAB_MIRROR to the URL of a Debian mirror"
	uri=$main
	if [[ $1 == *-security ]]; then
		uri=${APQD_LAB_SECURITY_MIRROR:-$(mirror Debian-Security)}
		: "${uri:=${main%/}-security}"
	fi
	printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$uri" "$1"
}

# private_apt SUITE ARCH COMMAND...: runs "apt-get COMMAND..." on the lab's own apt state for
# that suite and architecture. No package counts as installed there.
private_apt() {
	local root=$LAB_CACHE/apt/$1-$2

	apt-get -q \
		-o Dir::State="$root/state" -o Dir::State::status="$root/status" \
		-o Dir::Cache="$root/cache" -o Dir::Etc::sourcelist="$root/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences="$root/preferences" \
		-o Dir::Etc::preferencesparts=/dev/null -o Dir::Log="$root" \
		-o APT::Architecture="$2" -o APT::Architectures="$2" \
		-o APT::Install-Recommends=false \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o Debug::NoLocking=true "${@:3}"
}

# refresh_lists SUITE ARCH: reads the package lists of the mirror anew.
refresh_lists() {
	local root=$LAB_CACHE/apt/$1-$2

	mkdir -p "$root/state/lists/partial" "$root/cache/archives/partial"
	: >"$root/status"
	: >"$root/preferences"
	sources_of "$1" >"$root/sources.list"
	private_apt "$1" "$2" update
}

# lists_for SUITE ARCH PACKAGE...: likewise, so that these packages and what they need can be had.
lists_for() {
	refresh_lists "$1" "$2"
	if is_missing "$@"; then hold_packages "$1" "$2"; fi
}

# unpack_packages DIR SUITE ARCH PACKAGE...: unpacks the packages and all that they depend on
# into DIR. Nothing of them is run.
unpack_packages() {
	with_lock "apt-$2-$3" unpack_locked "$@"
}

unpack_locked() {
	local dir=$1 suite=$2 arch=$3 archives deb

	shift 3
	archives=$LAB_CACHE/apt/$suite-$arch/cache/archives
	lists_for "$suite" "$arch" "$@"
	rm -f "$archives"/*.deb
	private_apt "$suite" "$arch" install -y --download-only "$@"
	for deb in "$archives"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$dir" --keep-directory-symlink --no-same-owner
		dpkg-deb -f "$deb" Package Version | paste -sd' ' >>"$dir/packages.txt"
	done
	rm -f "$archives"/*.deb
}

# fetch_package DIR SUITE ARCH PACKAGE: unpacks that package alone into DIR.
fetch_package() {
	with_lock "apt-$2-$3" fetch_locked "$@"
}

fetch_locked() {
	refresh_lists "$2" "$3"
	(cd "$1" && private_apt "$2" "$3" download "$4")
	dpkg-deb -x "$1"/*.deb "$1"
	dpkg-deb -f "$1"/*.deb Package Version | paste -sd' ' >"$1/packages.txt"
	rm -f "$1"/*.deb
}
