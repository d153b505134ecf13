# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with those who source this
#
# host.sh - what ./demo and ./check share: packages of this machine, and builds of the tree
#
# Wants $top, the top of the tree, to be set. Builds lie in build/NAME, which git does not see.

# Enough to build, and to test besides; the lab has a list of its own.
BUILD_PACKAGES=(gcc make libc6-dev autoconf automake pkgconf libsystemd-dev libudev-dev libnl-3-dev
	libjson-c-dev libsmartcols-dev)
TEST_PACKAGES=(e2fsprogs python3 python3-jsonschema ansible-core jq valgrind shellcheck mandoc git rsync procps zsh fish systemd)
# What the tests of the packages need besides.
PACKAGE_PACKAGES=(dpkg-dev debhelper systemd lintian mmdebstrap rpm rpm2cpio cpio)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# need_packages PACKAGE...: installs what is missing if it may; else prints the one line that does,
# and ends with 77.
need_packages() {
	local package missing=()

	if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
		need_programs "$@"
		return
	fi
	for package in "$@"; do
		[[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
			missing+=("$package")
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0
	if [[ $(id -u) -ne 0 ]]; then
		say "packages are missing; install them by:"
		printf 'apt-get install -y --no-install-recommends %s\n' "${missing[*]}"
		exit 77
	fi
	say "installing ${missing[*]}"
	mkdir -p "$top/build"
	if ! { apt-get -q update &&
		DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
			"${missing[@]}"; } >"$top/build/apt.log" 2>&1; then
		tail -n 20 "$top/build/apt.log" >&2
		say "the packages could not be installed; all of what apt said is in build/apt.log"
		exit 1
	fi
}

# Elsewhere than on Debian: what builds must be there already, and so must what tests need besides;
# else this says how to install it, and ends with 77.
need_programs() {
	local program missing=()

	for program in autoreconf gcc make pkg-config; do
		command -v "$program" >/dev/null || missing+=("$program")
	done
	if [[ ${#missing[@]} -eq 0 ]] &&
		pkg-config --exists libsystemd libudev libnl-3.0 json-c smartcols; then
		return 0
	fi
	case " $(distribution_family) " in
	*" fedora "* | *" rhel "*)
		say "packages are missing; install them by:"
		printf 'dnf install %s\n' "$(names_in fedora "$@")"
		;;
	*" suse "*)
		say "packages are missing; install them by:"
		printf 'zypper install %s\n' "$(names_in suse "$@")"
		;;
	*) say "this is not Debian, so nothing is installed by itself. What Debian calls so is needed: $*" ;;
	esac
	exit 77
}

# distribution_family: prints what this system calls itself, and what it is like.
distribution_family() {
	# shellcheck source=/dev/null
	(. /etc/os-release && echo "${ID:-} ${ID_LIKE:-}") 2>/dev/null || true
}

# Debian's name, Fedora's and SUSE's, where they are not the same; README.md has those to build.
FOREIGN_NAMES='
dpkg-dev		dpkg-dev		dpkg
libc6-dev		glibc-devel		glibc-devel
libjson-c-dev		json-c-devel		libjson-c-devel
libnl-3-dev		libnl3-devel		libnl3-devel
libsmartcols-dev	libsmartcols-devel	libsmartcols-devel
libsystemd-dev		systemd-devel		systemd-devel
libudev-dev		systemd-devel		libudev-devel
pkgconf			pkgconf-pkg-config	pkg-config
procps			procps-ng		procps
rpm			rpm-build		rpm-build
shellcheck		ShellCheck		ShellCheck
'

# names_in fedora|suse PACKAGE...: prints how the packages are called there, each once.
names_in() {
	local column=2

	[[ $1 == fedora ]] || column=3
	printf '%s\n' "${@:2}" | awk -v column="$column" -v table="$FOREIGN_NAMES" '
		BEGIN {
			count = split(table, lines, "\n")
			for (i = 1; i <= count; i++)
				if (split(lines[i], words, /\t+/) == 3) name[words[1]] = words[column]
		}
		{ own = $1 in name ? name[$1] : $1 }
		!seen[own]++ { printf "%s%s", sep, own; sep = " " }'
}

# source_tree: sets $source to where the sources lie for a build elsewhere. A tree that is configured
# in place cannot be built elsewhere, so then it is a copy, without what that build made.
source_tree() {
	source=$top
	[[ -e $top/config.status ]] || return 0
	source=$top/build/source
	mkdir -p "$source"
	(cd "$top" && git ls-files -z --cached --others --exclude-standard |
		tar --null --ignore-failed-read -T - -cf - 2>/dev/null) | tar -C "$source" -xpf -
}

# build_tree NAME TARGETS ARGUMENT...: configures (once) and builds TARGETS in build/NAME.
build_tree() {
	local dir=$top/build/$1 log=$top/build/$1.log source target

	mkdir -p "$dir"
	if ! {
		source_tree
		[[ $source/configure -nt $source/configure.ac &&
			$source/Makefile.in -nt $source/Makefile.am &&
			$source/Makefile.in -nt $source/tests/programs.am ]] ||
			(cd "$source" && autoreconf -i)
		[[ -f $dir/Makefile ]] || (cd "$dir" && "$source/configure" -q "${@:3}")
		# one after the other: "all" starts a make of its own, and two must not make the same file
		for target in $2; do make -s -C "$dir" -j"$(nproc)" "$target"; done
	} >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		say "the build failed; all of what it said is in build/$1.log"
		exit 1
	fi
}
