# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# cross.sh - the project's own programs, built for s390x from any tree of it
#
# The tree is never written to, not even by autoreconf: its sources are copied into the cache first,
# with their times, so that a second build compiles only what changed. That holds for a fresh clone,
# a dirty tree, one that is configured for the host, and an unpacked release alike.

# Programs that go into the machine, where the build makes them: also those unit tests in which the
# order of bytes could show.
PROJECT_PROGRAMS=(apqd apqctl tests/conformance/conform-sysfs tests/bench/bare-writes-sysfs
	tests/unit/test-{apqn,describe,frame,json,list,lock,mask,matrix,ownership,plan,store,uuid})

# has_project TREE: whether there is something to build yet.
has_project() { [[ -f $1/configure.ac ]]; }

# cross_compiler: prints the compiler's command line. The cross compiler has headers and a C library
# of its own, which come before those of --sysroot and are older; hence -nostdinc and -B.
cross_compiler() {
	local lib=$sysroot/usr/lib/s390x-linux-gnu include=$sysroot/usr/include

	printf 's390x-linux-gnu-gcc --sysroot=%s -B%s -nostdinc' "$sysroot" "$lib"
	printf ' -isystem %s' "$(s390x-linux-gnu-gcc -print-file-name=include)" \
		"$include/s390x-linux-gnu" "$include"
}

# cross_dir TREE: sets $cross to the folder for builds of that tree. need_sysroot comes first.
cross_dir() {
	cross=$LAB_CACHE/cross/$(key_of "$(realpath "$1")" "$sysroot" "$(cc_id)" \
		"$(declare -f cross_build)")
}

# with_cross TREE COMMAND...: builds the tree, then runs COMMAND while no other build of it runs.
# With $opt_quiet_build set, what the build says is shown only if it fails.
with_cross() {
	cross_dir "$1"
	mkdir -p "$cross"
	with_lock "cross-${cross##*/}" cross_then "$@"
}

cross_then() {
	local rc

	copy_sources "$1" "$cross/src"
	if [[ -n ${opt_quiet_build:-} ]]; then
		set +e	# as in make_item
		(set -e; cross_build) >"$cross/log" 2>&1
		rc=$?
		set -e
		if [[ $rc -ne 0 ]]; then
			cat "$cross/log" >&2
			die "the project could not be built for s390x"
		fi
	else
		cross_build >&2
	fi
	"${@:2}"
}

# copy_sources TREE DIR: makes DIR hold the sources of TREE: what git knows or would add, or, where
# there is no git, everything. Files that TREE lost go from DIR too.
copy_sources() {
	local list=$cross/sources

	mkdir -p "$2"
	if git -C "$1" rev-parse --show-toplevel >/dev/null 2>&1; then
		git -C "$1" ls-files -z --cached --others --exclude-standard
	else
		(cd "$1" && find . -type f -printf '%P\0')
	fi | (cd "$1" && while IFS= read -r -d '' file; do
		if [[ -f $file ]]; then printf '%s\0' "$file"; fi
	done) | LC_ALL=C sort -zu >"$list.new"
	if [[ -f $list ]]; then
		LC_ALL=C comm -z -23 "$list" "$list.new" | (cd "$2" && xargs -0 -r rm -f --)
	fi
	rsync -a --from0 --files-from="$list.new" "$1/" "$2/"
	mv "$list.new" "$list"
}

cross_build() {
	local program lib=$sysroot/usr/lib/s390x-linux-gnu

	export PKG_CONFIG_LIBDIR=$lib/pkgconfig:$sysroot/usr/share/pkgconfig
	export PKG_CONFIG_SYSROOT_DIR=$sysroot
	# no pkg-config of the target's is needed; a full path keeps configure from looking for one
	export PKG_CONFIG=${PKG_CONFIG:-$(command -v pkg-config)}
	mkdir -p "$cross/build"
	# make would do this again as well, but without the files that a new Makefile.am wants besides
	if [[ $cross/src/Makefile.am -nt $cross/src/Makefile.in ||
		$cross/src/tests/programs.am -nt $cross/src/Makefile.in ||
		$cross/src/configure.ac -nt $cross/src/configure ]]; then
		(cd "$cross/src" && autoreconf -i)
	fi
	# once there is a Makefile, make knows when to do this again
	if [[ ! -f $cross/build/Makefile ]]; then
		(cd "$cross/build" && ../src/configure -q --host=s390x-linux-gnu --prefix=/usr \
			--sysconfdir=/etc --localstatedir=/var CC="$(cross_compiler)")
	fi
	make -s -C "$cross/build" -j2
	for program in $(project_programs); do	# one may belong to "make check" only
		make -s -C "$cross/build" "$program"
	done
}

# project_programs: prints those of PROJECT_PROGRAMS that this state of the tree knows.
project_programs() {
	local program

	for program in "${PROJECT_PROGRAMS[@]}"; do
		if grep -q "^$program\\\$(EXEEXT):" "$cross/build/Makefile"; then
			printf '%s\n' "$program"
		fi
	done
}

# list_programs: prints the paths of the programs that the build made.
list_programs() {
	project_programs | sed "s|^|$cross/build/|"
}

# install_programs DIR: copies the programs into DIR.
install_programs() {
	list_programs | xargs -r cp -t "$1"
}
