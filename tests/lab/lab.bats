#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The lab's promises, and vmlinux-gen's.
# shellcheck disable=SC2016,SC2030,SC2031  # literal $HOME; one TMPDIR for each test

setup_file() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	export KERNEL=6.12
	unset LAB_SLOTS # all of its guests are short
	CACHE=$(dirname "$(dirname "$(tests/lab/fetch "$KERNEL")")")
	export CACHE
	# What every boot can answer at once is asked in one boot.
	head -c 100000 /dev/urandom >"$BATS_FILE_TMPDIR/random"
	printf 'a\r\n\0b\n\n\0' >>"$BATS_FILE_TMPDIR/random"
	mkdir "$BATS_FILE_TMPDIR/out"
	cat >"$BATS_FILE_TMPDIR/probe" <<-'END'
		cat "$1/random"
		echo "to standard error" >&2
		cd "$LAB_OUT" || exit 1
		echo "$LAB_VFS" >vfs
		printf '%s\n' "$@" >arguments
		printf '%s' "$GREETING" >greeting
		uname -r >release
		pwd -P >directory
		modprobe -n --show-depends vfio-pci >modprobe
		for dev in $LAB_VFS; do
			basename "$(readlink "/sys/bus/pci/devices/$dev/driver")"
		done >drivers
		touch /etc/written && ls /etc/written >etc
		for i in 1 2 3 4 5 6; do
			(while :; do sleep 0.01; done; echo late) &
		done
		exit 7
	END
	status=0
	cd "$BATS_FILE_TMPDIR" || return
	GREETING="it's
two lines" "$BATS_TEST_DIRNAME/vm" --timeout 300 --out out --env GREETING "$KERNEL" -- \
		sh probe "$PWD" 'two  spaces' "it's" '$HOME' >stdout 2>stderr || status=$?
	echo "$status" >status
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# A cache of its own for a test to damage; files are shared with the real one
# until replaced.
private_cache() {
	export VFIOSCOPE_CACHE=$BATS_TEST_TMPDIR/cache
	mkdir "$VFIOSCOPE_CACHE"
	(cd "$CACHE" && cp -al debs apt busybox-s390x busybox-s390x.files "$VFIOSCOPE_CACHE/")
	busybox=$VFIOSCOPE_CACHE/busybox-s390x/bin/busybox
}

unshare_file() { cp "$1" "$1.copy" && mv "$1.copy" "$1"; }

@test "a command's exit status comes back" {
	[ "$(cat "$BATS_FILE_TMPDIR/status")" -eq 7 ]
}

@test "standard output comes back byte for byte" {
	cmp "$BATS_FILE_TMPDIR/random" "$BATS_FILE_TMPDIR/stdout"
}

@test "standard error comes back apart, with nothing added but the lab's own word" {
	[ "$(grep -v '^lab: ' "$BATS_FILE_TMPDIR/stderr")" = "to standard error" ]
}

@test "arguments and --env values arrive as they were given" {
	printf '%s\n' "$BATS_FILE_TMPDIR" 'two  spaces' "it's" '$HOME' >"$BATS_TEST_TMPDIR/expected"
	cmp "$BATS_FILE_TMPDIR/out/arguments" "$BATS_TEST_TMPDIR/expected"
	printf "it's\ntwo lines" | cmp - "$BATS_FILE_TMPDIR/out/greeting"
}

@test "the chosen kernel runs, and modprobe finds its modules" {
	release=$(cat "$CACHE/kernels/$KERNEL/release")
	[ "$(cat "$BATS_FILE_TMPDIR/out/release")" = "$release" ]
	grep -q "lib/modules/$release/.*/vfio-pci.ko" "$BATS_FILE_TMPDIR/out/modprobe"
}

@test "two VFs each of igb and nvme are bound to vfio-pci" {
	[ "$(cat "$BATS_FILE_TMPDIR/out/vfs")" = "0000:01:10.0 0000:01:10.2 0000:02:00.1 0000:02:00.2" ]
	[ "$(sort "$BATS_FILE_TMPDIR/out/drivers" | uniq -c | xargs)" = "4 vfio-pci" ]
}

@test "what the guest writes elsewhere stays in the guest" {
	[ "$(cat "$BATS_FILE_TMPDIR/out/etc")" = /etc/written ]
	[ ! -e /etc/written ]
}

@test "a command that does not end is a timeout, and no QEMU stays" {
	export TMPDIR=$BATS_TEST_TMPDIR
	run -124 tests/lab/vm --no-devices --timeout 3 "$KERNEL" sleep 1000
	[[ $output == *"no end after 3 seconds; its console: "* ]]
	[ -e "${output##*: }" ]
	run pgrep -f "qemu-system.*$TMPDIR"
	[ "$status" -eq 1 ]
}

@test "a kernel panic is reported as the lab's failure, with the reason" {
	run -125 tests/lab/vm --no-devices --append rdinit=/nonexistent --timeout 60 "$KERNEL" true
	[[ $output == *"Kernel panic"*console* ]]
}

@test "a QEMU that aborts is said, and started once more" {
	# It aborts on its first calls, as many as the file has lines.
	printf '%s\n' '#!/bin/sh' 'if [ -s "$ABORTS" ]; then sed -i 1d "$ABORTS"' \
		'echo "assertion failed" >&2; kill -ABRT $$; fi' \
		"exec $(command -v qemu-system-x86_64) \"\$@\"" >"$BATS_TEST_TMPDIR/qemu-system-x86_64"
	chmod +x "$BATS_TEST_TMPDIR/qemu-system-x86_64"
	export ABORTS=$BATS_TEST_TMPDIR/aborts PATH=$BATS_TEST_TMPDIR:$PATH
	echo >"$ABORTS"
	run -3 --separate-stderr tests/lab/vm --no-devices "$KERNEL" -- sh -c 'echo out; exit 3'
	[ "$output" = out ]
	# shellcheck disable=SC2154  # bats sets it
	[[ $stderr == *"lab: QEMU aborted: assertion failed; once more, from the start"* ]]
	printf '\n\n' >"$ABORTS"
	run -125 --separate-stderr tests/lab/vm --no-devices "$KERNEL" -- sh -c 'echo out; exit 3'
	[ -z "$output" ]
	[[ $stderr == *"lab: assertion failed"* ]]
}

@test "what the kernel complains of is said, and the status stays the command's" {
	run -4 tests/lab/vm --no-devices "$KERNEL" -- sh -c 'echo "<3>BUG: made up" >/dev/kmsg; exit 4'
	[[ $output == "lab: $KERNEL complained: BUG: made up; its console: "* ]]
}

@test "output comes as it is written; an interrupted run leaves neither QEMU nor files" {
	export TMPDIR=$BATS_TEST_TMPDIR
	tests/lab/vm --no-devices --timeout 60 "$KERNEL" -- sh -c 'echo started; sleep 1000' \
		>"$TMPDIR/output" 3>&- &
	vm=$!
	until grep -q started "$TMPDIR/output"; do
		kill -0 "$vm"
		sleep 0.1
	done
	kill -TERM "$vm"
	status=0
	wait "$vm" || status=$?
	[ "$status" -eq 143 ]
	run pgrep -f "qemu-system.*$TMPDIR"
	[ "$status" -eq 1 ]
	run compgen -G "$TMPDIR/vfioscope-lab.*"
	[ -z "$output" ]
}

@test "QEMU dies with a lab that is killed" {
	export TMPDIR=$BATS_TEST_TMPDIR
	tests/lab/vm --no-devices "$KERNEL" sleep 1000 3>&- &
	vm=$!
	until pgrep -f "^qemu-system.*$TMPDIR" >/dev/null; do sleep 0.1; done
	kill -KILL "$vm"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		pgrep -f "qemu-system.*$TMPDIR" >/dev/null || return 0
		sleep 0.2
	done
	false
}

@test "an s390x guest runs busybox scripts and hands back status and output" {
	run -3 tests/lab/vm 6.12-s390x -- sh -c 'uname -m; set -- $LAB_DEVICES; echo $#; pwd; exit 3'
	[ "${lines[0]}" = s390x ]
	[ "${lines[1]}" = 2 ]
	[ "${lines[2]}" = "$PWD" ]
}

@test "an exit status comes back under icount too, though the guest ends in one go" {
	run -3 tests/lab/vm --icount --no-devices --timeout 600 6.1 -- sh -c 'echo out; exit 3'
	[ "$output" = out ]
}

@test "an ordinary user can boot" {
	[ "$EUID" -eq 0 ] || skip "every other test shows it, not run by root"
	home=$(mktemp -d "${TMPDIR:-/tmp}/lab-user.XXXXXX")
	cp -r --parents tests/lab vmlinux-gen "$home"
	mkdir "$home/cache"
	cp -al "$CACHE/kernels" "$home/cache/"
	chown -R 1000:1000 "$home/tests" "$home/cache" "$home"
	run env -C "$home" setpriv --reuid=1000 --regid=1000 --clear-groups env HOME="$home" \
		VFIOSCOPE_CACHE="$home/cache" tests/lab/vm --no-devices "$KERNEL" -- sh -c 'id -u; pwd'
	rm -rf "$home"
	[ "$status" -eq 0 ]
	[ "$output" = "0
$home" ]
}

@test "wrong usage is one line and status 2" {
	run -2 tests/lab/vm --nonsense "$KERNEL" true
	[ "${#lines[@]}" -eq 1 ]
	run -2 tests/lab/vm
	[ "${#lines[@]}" -eq 1 ]
	run -125 tests/lab/vm 5.0 true
	[ "${#lines[@]}" -eq 1 ]
	run -125 tests/lab/vm --devices floppy "$KERNEL" true
	[[ $output == *"unknown device 'floppy'"* ]]
}

@test "the debug kernel is not downloaded: fetch says what builds it" {
	private_cache
	for what in 6.12-debug headers:6.12-debug; do
		run -125 tests/lab/fetch "$what"
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == *"run tests/lab/debug-kernel"* ]]
	done
	run -2 tests/lab/debug-kernel --nonsense
}

@test "fetch does nothing when all is there" {
	private_cache
	run -0 tests/lab/fetch busybox-s390x
	[ "$output" = "$VFIOSCOPE_CACHE/busybox-s390x" ]
}

@test "a lost file in the cache is mended, without a download" {
	private_cache
	rm "$busybox"
	run -0 tests/lab/fetch busybox-s390x
	[[ $output != *downloading* ]]
	cmp "$busybox" "$CACHE/busybox-s390x/bin/busybox"
}

@test "a file cut short in the cache is mended" {
	private_cache
	unshare_file "$busybox"
	truncate -s 1000 "$busybox"
	tests/lab/fetch busybox-s390x
	cmp "$busybox" "$CACHE/busybox-s390x/bin/busybox"
}

@test "a package cut short is fetched again" {
	private_cache
	rm -r "$VFIOSCOPE_CACHE/busybox-s390x"
	deb=$(echo "$VFIOSCOPE_CACHE"/debs/busybox-static*.deb)
	unshare_file "$deb"
	truncate -s 300000 "$deb"
	run -0 tests/lab/fetch busybox-s390x
	[[ $output == *downloading* ]]
	cmp "$busybox" "$CACHE/busybox-s390x/bin/busybox"
}

@test "two fetches at once do the work once" {
	private_cache
	rm -r "$VFIOSCOPE_CACHE/busybox-s390x"
	tests/lab/fetch busybox-s390x 2>"$BATS_TEST_TMPDIR/1" 3>&- &
	tests/lab/fetch busybox-s390x 2>"$BATS_TEST_TMPDIR/2" 3>&-
	wait $!
	[ "$(cat "$BATS_TEST_TMPDIR"/[12] | grep -c unpacking)" -eq 1 ]
	cmp "$busybox" "$CACHE/busybox-s390x/bin/busybox"
}

compiles() {
	echo '#include "vmlinux.h"' | clang -target bpf -Werror -I "$1" -g -c -x c - -o /dev/null
}

@test "vmlinux-gen: image and modules make one header that compiles" {
	./vmlinux-gen -m vfio -m vfio_pci_core -m igb -o "$BATS_TEST_TMPDIR/vmlinux.h" "$CACHE/kernels/$KERNEL"
	compiles "$BATS_TEST_TMPDIR"
	head -n 1 "$BATS_TEST_TMPDIR/vmlinux.h" |
		grep -q "kernel $(cat "$CACHE/kernels/$KERNEL/release") and its modules vfio vfio_pci_core igb"
	[ "$(grep -c '^struct vfio_pci_core_device {' "$BATS_TEST_TMPDIR/vmlinux.h")" -eq 1 ]
	[ "$(grep -c '^struct igb_adapter {' "$BATS_TEST_TMPDIR/vmlinux.h")" -eq 1 ]
	[ "$(grep -c '^struct task_struct {' "$BATS_TEST_TMPDIR/vmlinux.h")" -eq 1 ]
}

@test "vmlinux-gen: an s390x image on this machine" {
	./vmlinux-gen -m vfio-pci-core -o "$BATS_TEST_TMPDIR/vmlinux.h" "$(tests/lab/fetch 6.12-s390x)"
	compiles "$BATS_TEST_TMPDIR"
	grep -q '^struct zpci_dev {' "$BATS_TEST_TMPDIR/vmlinux.h"
}

@test "vmlinux-gen: every form of one kernel gives the same types" {
	dir=$CACHE/kernels/$KERNEL
	./vmlinux-gen --raw -o "$BATS_TEST_TMPDIR/raw" "$dir"
	for source in "$dir/vmlinuz" "$dir/vmlinux" "$BATS_TEST_TMPDIR/raw"; do
		./vmlinux-gen --raw "$source" | cmp - "$BATS_TEST_TMPDIR/raw"
	done
}

@test "vmlinux-gen: an error is one line, and no file" {
	cd "$BATS_TEST_TMPDIR"
	gen=$BATS_TEST_DIRNAME/../../vmlinux-gen
	echo nothing >file
	mkdir empty
	for arguments in file empty nowhere "-m vfio $CACHE/kernels/$KERNEL/vmlinux" \
		"-m no_such_module $CACHE/kernels/$KERNEL"; do
		# shellcheck disable=SC2086
		run -1 "$gen" -o header $arguments
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == "vmlinux-gen: "* ]]
	done
	[ "$(echo *)" = "empty file" ]
}
