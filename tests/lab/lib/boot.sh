# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154	# variables are shared with the other parts
#
# boot.sh - one lab machine: its initrd, its emulator, and what came of it

LAB_FAILED=125

# What the console shows when the kernel is done for, or soon will be.
PANIC='Kernel panic|Oops|BUG:|Unable to handle kernel'

# make_root DIR SCRIPT FILE...: lays out the machine's root file system in DIR.
make_root() {
	local root=$1 script=$2

	shift 2
	mkdir -p "$root"/{bin,dev,etc,files,lib,proc,root,run,sys,tmp,usr,var/lib}
	ln -s bin "$root/sbin"
	ln -s ../bin ../lib "$root/usr/"
	ln -s ../bin "$root/usr/sbin"
	ln -s ../run "$root/var/run"
	cp "$busybox" "${TOOLS[@]/#/$tools/}" "$root/bin/"
	cp -r "$kernel/root/lib/modules" "$root/lib/"
	cp "$kernel_apsim" "$root/lib/modules/"
	cp "$lab_dir/lib/init" "$root/init"
	cp "$lab_dir/lib/machine.sh" "$root/lab.sh"
	cp "$script" "$root/script"
	[[ $# -eq 0 ]] || cp -rL "$@" "$root/files/"
	chmod +x "$root/init" "$root/bin/"*
	write_accounts "$root/etc"
}

# Enough of /etc to test access by group: operator is in the group apqd, nobody is not.
write_accounts() {
	cat >"$1/passwd" <<-'END'
	root:x:0:0:root:/root:/bin/sh
	operator:x:1000:1000:in the group apqd:/tmp:/bin/sh
	nobody:x:65534:65534:in no group:/tmp:/bin/sh
	END
	cat >"$1/group" <<-'END'
	root:x:0:
	apqd:x:900:operator
	operator:x:1000:
	nogroup:x:65534:
	END
	printf 'passwd: files\ngroup: files\n' >"$1/nsswitch.conf"
	printf '127.0.0.1 localhost\n' >"$1/hosts"
	echo lab >"$1/hostname"
}

# needed_libraries DIR...: prints what the programs and libraries in these folders ask for.
needed_libraries() {
	# readelf complains of what is no ELF file, and there is such
	find "$@" -type f -exec readelf -d {} + 2>/dev/null |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | sort -u
}

# copy_libraries DIR: puts the libraries of the sysroot into the root file system DIR that its
# programs need, and those that these need.
copy_libraries() {
	local lib=$1/lib/s390x-linux-gnu from=$sysroot/usr/lib/s390x-linux-gnu name new=1

	mkdir -p "$lib"
	while [[ -n $new ]]; do
		new=
		for name in $(needed_libraries "$1/bin" "$1/files" "$lib"); do
			[[ ! -e $lib/$name ]] || continue
			[[ -e $from/$name ]] ||
				die "a program needs $name, which the sysroot does not have"
			cp -L "$from/$name" "$lib/"
			new=1
		done
	done
	[[ ! -e $lib/libc.so.6 ]] || cp -L "$sysroot/usr/lib/ld64.so.1" "$1/lib/"
}

# boot WORK: runs the machine whose files are in WORK (root/ becomes its initrd), and copies
# what its script prints to stdout. Returns the script's status, or $LAB_FAILED.
boot() {
	local rc=0

	make_initrd "$1"
	emulate "$1" || rc=$?
	judge "$1" "$rc"
}

# make_initrd WORK: packs WORK/root into WORK/initrd.
make_initrd() {
	(cd "$1/root" && find . | cpio --quiet -o -H newc -R 0:0) >"$1/initrd"
	rm -rf "$1/root"
}

# emulate WORK [EMULATOR-ARGUMENT...]: one life of the machine, with WORK/initrd. Returns what the
# emulator, or the timeout, returns.
emulate() {
	local work=$1 arguments cat_pid rc=0

	shift
	arguments="console=ttysclp0 panic=-1 loglevel=7 cards=$opt_cards domains=$opt_domains"
	# an emulated processor that others of this machine hold up for 20 seconds is no defect of the kernel
	arguments+=" rcupdate.rcu_cpu_stall_timeout=300"
	[[ -p $work/output ]] || mkfifo "$work/output"
	cat "$work/output" &
	cat_pid=$!
	# In the background and waited for, so that a signal to the lab ends the machine at once.
	timeout --kill-after=5 "$opt_timeout" "$emulator" \
		-M s390-ccw-virtio -accel tcg -cpu max -smp "$opt_cpus" -m 1G -display none -monitor none \
		-no-reboot -nodefaults -serial "file:$work/console" \
		-chardev "file,id=output,path=$work/output" \
		-chardev "file,id=status,path=$work/status" \
		-device virtio-serial-ccw \
		-device virtserialport,chardev=output,name=lab.output \
		-device virtserialport,chardev=status,name=lab.status \
		-device virtio-rng-ccw "$@" \
		-kernel "$kernel/bzImage" -initrd "$work/initrd" \
		-append "$arguments $opt_append" \
		</dev/null 2>"$work/emulator" >&2 &
	machine=$!
	wait "$machine" || rc=$?
	machine=
	: <>"$work/output"	# an emulator that never opened it would leave cat waiting for ever
	wait "$cat_pid" || true
	return "$rc"
}

# judge WORK STATUS-OF-EMULATOR: tells the script's own end from the machine's.
judge() {
	local work=$1 why='' status='' tail=''

	status=$(sed -n 's/^exit //p' "$work/status" 2>/dev/null || true)
	if grep -q -a -E "$PANIC" "$work/console" 2>/dev/null; then
		why="the kernel $kernel_version panicked"
	elif [[ -n $status && ($2 -eq 124 || $2 -eq 137) ]]; then
		# the script had ended, and its verdict counts
		say "the machine did not power off within $opt_timeout s after its script ended with $status"
	elif [[ $2 -eq 124 || $2 -eq 137 ]]; then
		why="the machine was stopped after $opt_timeout s (--timeout)"
	elif [[ $2 -ne 0 ]]; then
		why="the emulator ended with $2: $(tail -n 3 "$work/emulator")"
	elif grep -q '^broken' "$work/status" 2>/dev/null; then
		why="the machine did not come up: $(sed -n 's/^broken //p' "$work/status")"
	elif [[ -z $status ]]; then
		why="the machine ended before the script did"
	fi
	if [[ -n $why ]]; then
		keep_log "$work"
		tail=$(tail -n 15 "$work/console" 2>/dev/null | tr -d '\r' || true)
		say "$why; the last lines of its console, all of which is in $kept/console:"
		printf '%s\n' "$tail" >&2
		return "$LAB_FAILED"
	fi
	if [[ $status -eq $LAB_FAILED ]]; then
		say "the script ended with $status, which means a failure of the lab: reported as 1"
		return 1
	fi
	return "$status"
}

# keep_log WORK: keeps what the machine said, in the folder $kept: also on the consoles of earlier
# boots, and in the journal, if it has such.
keep_log() {
	mkdir -p "$LAB_CACHE/failed"
	kept=$(mktemp -d "$LAB_CACHE/failed/$(date +%Y%m%dT%H%M%S)-$kernel_version.XXXX")
	cp "$1"/console* "$1"/journal "$1/status" "$1/emulator" "$kept/" 2>/dev/null || true
}
