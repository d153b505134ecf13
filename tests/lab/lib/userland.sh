# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# userland.sh - what runs beside the kernel: emulator, sysroot, busybox, tools; foreign clients
#
# Each need_X makes one item and sets variables to what is in it.

USERLAND_SUITE=trixie
SYSROOT_PACKAGES=(libc6-dev libsystemd-dev libudev-dev libnl-3-dev libjson-c-dev libsmartcols-dev)

host_arch() { dpkg --print-architecture; }

# Emulated, the kernels live longest under QEMU 10 (Debian 13): older ones now and then run stale
# code after a module's memory was reused. It runs unpacked, by its own loader and libraries.
need_emulator() {
	cache_item emulator make_emulator "$USERLAND_SUITE $(host_arch)" \
		"$(declare -f make_emulator merge_usr write_launcher)"
	emulator=$item/run
}

make_emulator() {
	unpack_packages "$1" "$USERLAND_SUITE" "$(host_arch)" qemu-system-s390x qemu-system-data
	rm -rf "$1"/usr/share/{doc,man,locale}
	merge_usr "$1"
	write_launcher "$1" usr/bin/qemu-system-s390x run
}

# merge_usr DIR: the links of a merged /usr, which no package carries.
merge_usr() {
	local name

	for name in bin lib lib64 sbin; do
		if [[ -d $1/usr/$name && ! -e $1/$name ]]; then ln -s "usr/$name" "$1/$name"; fi
	done
}

# write_launcher DIR PROGRAM NAME: makes DIR/NAME, a script that runs DIR/PROGRAM by the loader and
# with the libraries of DIR, wherever DIR lies by then.
write_launcher() {
	local loader lib

	loader=$(cd "$1" && find usr/lib usr/lib64 -maxdepth 1 -name 'ld*.so.*' | head -n 1)
	lib=$(cd "$1" && find usr/lib -name libc.so.6 -printf '%h\n')
	[[ -n $loader && -n $lib ]]
	cat >"$1/$3" <<-LAUNCHER
	#!/bin/sh
	root=\$(cd "\$(dirname "\$0")" && pwd)
	lib=\$root/$lib
	export QEMU_MODULE_DIR="\$lib/qemu"
	case $2 in *qemu*) set -- -L "\$root/usr/share/qemu" "\$@" ;; esac
	exec "\$root/$loader" --library-path "\$lib:\$lib/systemd" "\$root/$2" "\$@"
	LAUNCHER
	chmod +x "$1/$3"
}

# What the project is compiled and linked against for s390x.
need_sysroot() {
	cache_item sysroot make_sysroot "$USERLAND_SUITE" "${SYSROOT_PACKAGES[*]}" \
		"$(declare -f make_sysroot merge_usr)"
	sysroot=$item
}

make_sysroot() {
	unpack_packages "$1" "$USERLAND_SUITE" s390x "${SYSROOT_PACKAGES[@]}"
	rm -rf "$1"/usr/share/{doc,man,locale}
	merge_usr "$1"
}

need_busybox() {
	cache_item busybox make_busybox "$USERLAND_SUITE"
	busybox=$item/usr/bin/busybox
}

make_busybox() {
	fetch_package "$1" "$USERLAND_SUITE" s390x busybox-static
	[[ -x $1/usr/bin/busybox ]]
}

# The lab's own programs in the machine, and what they are made of. The proof of the project's table
# of PQAP has that table in it.
TOOLS=(guest inwatch pqap-proof)
need_tools() {
	local top=$lab_dir/../..

	cache_item tools make_tools "$lab_dir"/{guest,inwatch,pqap-proof}.c "$lab_dir"/vm.{c,h} \
		"$top"/common/{apqn,pqap}.{c,h} "$top/common/macro.h" "$(cc_id)" "$(declare -f make_tools)"
	tools=$item
}

# --s390-pgste: without that mark in the program the kernel refuses to make a VM.
make_tools() {
	local top=$lab_dir/../.. vmm
	local cc=(s390x-linux-gnu-gcc -std=gnu11 -D_GNU_SOURCE -I "$top" -O2 -Wall -Wextra -Werror -static)

	for vmm in guest pqap-proof; do
		"${cc[@]}" -Wl,--s390-pgste -o "$1/$vmm" "$lab_dir/$vmm.c" "$lab_dir/vm.c" \
			"$top"/common/{apqn,pqap}.c
	done
	"${cc[@]}" -o "$1/inwatch" "$lab_dir/inwatch.c"
}

# A foreign Varlink client of the host's architecture, for tests of the protocol.
need_varlinkctl() {
	cache_item varlinkctl make_varlinkctl "$USERLAND_SUITE $(host_arch)" \
		"$(declare -f make_varlinkctl merge_usr write_launcher)"
	varlinkctl=$item/run
}

make_varlinkctl() {
	unpack_packages "$1" "$USERLAND_SUITE" "$(host_arch)" systemd
	rm -rf "$1"/usr/share/{doc,man,locale}
	merge_usr "$1"
	write_launcher "$1" usr/bin/varlinkctl run
}

# Prometheus' own checker of metrics, of Debian 12: it runs with the C library of any later host, too.
need_promtool() {
	cache_item promtool make_promtool "bookworm $(host_arch)"
	promtool=$item/promtool
}

make_promtool() {
	fetch_package "$1" bookworm "$(host_arch)" prometheus
	mv "$1/usr/bin/promtool" "$1/"
	rm -rf "$1"/{etc,lib,usr,var}
}
