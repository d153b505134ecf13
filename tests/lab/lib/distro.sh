# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# distro.sh - a whole Debian for s390x on the lab's kernel and adapters: its disk, and its runs
#
# The system is made once, and its disk never written to again: each run has an overlay of its own,
# which lasts over the reboots of that run. Its maintainer scripts run on the host, by QEMU's
# emulation of programs.

DISTRO_HOST_PACKAGES=(mmdebstrap arch-test qemu-user-static binfmt-support e2fsprogs qemu-utils fakeroot dpkg-dev)

# What is in the system: what apqd lives with, what its package depends on, and what tests use.
DISTRO_PACKAGES=(systemd systemd-sysv udev kmod dbus s390-tools mdevctl
	libsystemd0 libudev1 libnl-3-200 libjson-c5 libsmartcols1
	iproute2 procps jq openssh-client openssh-server bash-completion)

# A script that always asks for one more boot is ended by this.
MAX_BOOTS=50

# need_distro [PACKAGE...]: sets $distro, the disk of the system that has these packages besides.
need_distro() {
	local DISTRO_PACKAGES=("${DISTRO_PACKAGES[@]}" "$@")

	need_host_packages "${DISTRO_HOST_PACKAGES[@]}"
	cache_item distro make_distro "$USERLAND_SUITE" "${DISTRO_PACKAGES[*]}" "$lab_dir/lib/distro-setup" \
		"$(declare -f make_distro copy_lists)"
	distro=$item/disk
}

make_distro() {
	local include as_root=()

	run_foreign_programs
	with_lock "apt-$USERLAND_SUITE-s390x" copy_lists "$1"
	include=$(IFS=,; echo "${DISTRO_PACKAGES[*]}")
	mmdebstrap --arch=s390x --variant=minbase --format=tar --include="$include" \
		--setup-hook="cp $1/preferences \"\$1/etc/apt/preferences.d/lab\"" \
		--customize-hook='chroot "$1" useradd --create-home --uid 1000 --gid operator --shell /bin/sh operator' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		"$USERLAND_SUITE" "$1/root.tar" "$1/sources.list"
	[[ $(id -u) -eq 0 ]] || as_root=(fakeroot)
	# /dev is the kernel's
	# shellcheck disable=SC2016	# for the inner shell
	PATH=$PATH:/usr/sbin:/sbin "${as_root[@]}" sh -eu -c 'cd "$1"; mkdir root
		tar -x -C root --numeric-owner -p --exclude="./dev/*" -f root.tar
		"$2" root
		mke2fs -q -t ext4 -L root -d root disk 2G' sh "$1" "$lab_dir/lib/distro-setup"
	cp "$1/root/var/lib/dpkg/status" "$1/packages.txt"
	rm -rf "$1/root" "$1/root.tar"
}

# copy_lists DIR: what the lab's apt takes the packages from, as long as nobody else uses it.
copy_lists() {
	local apt=$LAB_CACHE/apt/$USERLAND_SUITE-s390x

	lists_for "$USERLAND_SUITE" s390x '?essential' apt "${DISTRO_PACKAGES[@]}"
	cp "$apt/preferences" "$apt/sources.list" "$1/"
}

# run_foreign_programs: has the host's kernel run programs for s390x.
run_foreign_programs() {
	local formats=/proc/sys/fs/binfmt_misc

	[[ ! -e $formats/qemu-s390x ]] || return 0
	[[ $(id -u) -eq 0 ]] || die "this host does not run programs for s390x: let root do \"mount -t binfmt_misc \
binfmt_misc $formats; update-binfmts --enable qemu-s390x\"" 77
	[[ -e $formats/register ]] || mount -t binfmt_misc binfmt_misc $formats
	update-binfmts --enable qemu-s390x
}

# make_distro_root DIR SCRIPT FILE...: lays out in DIR the initrd that goes with the disk.
make_distro_root() {
	local root=$1 script=$2

	shift 2
	mkdir -p "$root"/{bin,dev,lib,proc,sys} "$root"/payload/{files,tools}
	cp "$busybox" "$root/bin/"
	cp -r "$kernel/root/lib/modules" "$root/lib/"
	cp "$kernel_apsim" "$root/lib/modules/"
	cp "$lab_dir/lib/distro-init" "$root/init"
	cp "${TOOLS[@]/#/$tools/}" "$busybox" "$root/payload/tools/"
	cp "$lab_dir/lib/distro-runner" "$root/payload/tools/lab-runner"
	# of what the functions for scripts need, Debian lacks these
	ln -s busybox "$root/payload/tools/usleep"
	ln -s busybox "$root/payload/tools/ts"
	cp "$lab_dir/lib/distro.service" "$root/payload/lab.service"
	cp "$lab_dir/lib/machine.sh" "$root/payload/lab.sh"
	cp "$script" "$root/payload/script"
	[[ $# -eq 0 ]] || cp -rL "$@" "$root/payload/files/"
	chmod +x "$root/init" "$root/bin/"* "$root/payload/tools/"*
}

# boot_distro WORK: as boot, but with the disk, and as often as the script asks for.
boot_distro() {
	local work=$1 append=$opt_append n=1 rc emulator_rc

	make_initrd "$work"
	qemu-img create -q -f qcow2 -F raw -b "$distro" "$work/disk"
	while :; do
		rm -f "$work/status"
		emulator_rc=0
		opt_append="boot=$n systemd.getty_auto=0 systemd.show_status=0 systemd.log_color=0 $append"
		emulate "$work" -drive "if=none,id=disk,format=qcow2,cache=unsafe,file=$work/disk" \
			-device virtio-blk-ccw,drive=disk \
			-chardev "file,id=journal,path=$work/journal" \
			-device virtserialport,chardev=journal,name=lab.journal || emulator_rc=$?
		if [[ $emulator_rc -ne 0 || $n -ge $MAX_BOOTS ]] || ! grep -q -x reboot "$work/status" ||
			grep -q -a -E "$PANIC" "$work/console"; then
			break
		fi
		mv "$work/console" "$work/console.$n"
		n=$((n + 1))
	done
	rc=0
	judge "$work" "$emulator_rc" || rc=$?
	if [[ -s $work/journal ]]; then
		keep_log "$work"
		say "the script failed; the journal and the console of boot 1 to $n are in $kept"
	fi
	return "$rc"
}
