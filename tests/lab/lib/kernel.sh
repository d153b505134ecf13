# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# kernel.sh - the unmodified kernels, and the simulated AP hardware as a module for each

KERNELS=(6.12 7.2)

# kernel_suite VERSION: prints the Debian suite whose newest linux-source-VERSION is taken.
kernel_suite() {
	case $1 in
	6.12) echo bookworm-security ;;
	7.2) echo trixie-backports ;;
	*) die "there is no kernel $1 in the lab; there are: ${KERNELS[*]}" 2 ;;
	esac
}

cc_id() { s390x-linux-gnu-gcc --version | head -n 1; }

# need_kernel VERSION: sets $kernel, the folder with its image and modules, and $kernel_apsim.
need_kernel() {
	local release made_of

	kernel_version=$1
	release="$1 of $(kernel_suite "$1")"
	made_of=("$release" "$lab_dir/kernel.config" "$(cc_id)"
		"$(declare -f kbuild make_kernel make_image prune_kernel)")
	cache_path "kernel-$1" "${made_of[@]}"
	if [[ ! -d $item ]]; then	# apart, for a change of the configuration does not touch it
		cache_item "source-$1" make_source "$release"
		kernel_source=$item
	fi
	cache_item "kernel-$1" make_kernel "${made_of[@]}"
	kernel=$item
	cache_item "apsim-$1" make_apsim "$kernel" "$lab_dir/apsim.c"
	kernel_apsim=$item/apsim.ko
}

make_source() {
	fetch_package "$1" "$(kernel_suite "$kernel_version")" "$(host_arch)" \
		"linux-source-$kernel_version"
}

# kbuild DIR MAKE-ARGUMENT...: runs the kernel's make for DIR/src, with its output in DIR/out.
kbuild() {
	make -s -C "$1/src" O="$1/out" ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- "${@:2}"
}

make_kernel() {
	mkdir "$1/src" "$1/out"
	tar xf "$kernel_source/usr/src/linux-source-$kernel_version.tar.xz" -C "$1/src" \
		--strip-components=1
	make_image "$1"
	cp "$kernel_source/packages.txt" "$1/"
	cp "$1/out/arch/s390/boot/bzImage" "$1/"
	prune_kernel "$1"
}

make_image() {
	local missing

	KCONFIG_ALLCONFIG=$lab_dir/kernel.config kbuild "$1" allnoconfig
	# kconfig drops an option in silence if another one is wanting; that would show only later
	missing=$(grep '^CONFIG' "$lab_dir/kernel.config" |
		grep -v -x -F -f "$1/out/.config" || true)
	if [[ -n $missing ]]; then
		printf 'This kernel does not take these options of kernel.config:\n%s\n' "$missing"
		return 1
	fi
	kbuild "$1" -j2 bzImage modules
	kbuild "$1" modules_install INSTALL_MOD_PATH="$1/root"
	rm -f "$1"/root/lib/modules/*/{build,source}
}

# Leaves what a module outside the kernel's tree is built with, a tenth of the whole.
prune_kernel() {
	find "$1/src" -type f ! -path "$1/src/scripts/*" ! -path "$1/src/include/*" \
		! -path "$1/src/arch/s390/include/*" ! -name 'Makefile*' ! -name 'Kbuild*' \
		! -name 'Kconfig*' -delete
	find "$1/src" -type d -empty -delete
	find "$1/out" -type f ! -path "$1/out/scripts/*" \
		\( -name '*.o' -o -name '*.a' -o -name '*.ko' -o -name '.*.cmd' -o \
		-name 'vmlinux*' \) -delete
	rm -rf "$1"/out/arch/s390/boot "$1"/out/.tmp_*
}

make_apsim() {
	cp "$lab_dir/apsim.c" "$1/"
	echo 'obj-m := apsim.o' >"$1/Kbuild"
	kbuild "$kernel" M="$1" modules
}
