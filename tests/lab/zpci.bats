#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The zPCI I/O region, on each kernel: VFs of igb and nvme on amd64, an nvme with
# real PCI instructions on s390x. What each group of checks is: tests/lab/guest-zpci.

setup_file() {
	local kernel
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	for kernel in 6.1 6.12; do
		boot "$kernel" igb=1,nvme=1,e1000e build/tests/vfio-client \
			btf region loads stores partial memory targets states msix malformed \
			relaxed plain traced policy threads removal unload log || return
	done
	boot 6.12-s390x nvme,igb build/s390x/tests/vfio-client \
		btf region loads stores partial memory targets msix malformed \
		relaxed traced threads removal unload log
}

boot() { # KERNEL DEVICES CLIENT GROUP...
	local kernel=$1 devices=$2 client=$3 out=$BATS_FILE_TMPDIR/$1
	shift 3
	tests/lab/vm --timeout 400 --env ATTACH=build/tests/attach \
		--env DENY=build/bpf/kmod/deny_zpci.bpf.o --devices "$devices" "$kernel" -- \
		tests/lab/guest-zpci "$client" "$(tests/kmod/build "$kernel")/zpci-vfio-pci.ko" "$@" \
		>"$out" 2>"$out.err" || {
		cat "$out.err" >&2
		return 1
	}
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# passed GROUP [KERNEL...]
passed() {
	local group=$1 kernel
	shift
	[[ $# -gt 0 ]] || set -- 6.1 6.12 6.12-s390x
	for kernel; do
		grep -qx "ok $group" "$BATS_FILE_TMPDIR/$kernel" || {
			echo "$kernel:"
			cat "$BATS_FILE_TMPDIR/$kernel.err"
			return 1
		}
	done
}

@test "the module has BTF" { passed btf; }
@test "the region is found by its type; its header can be read, and no more" { passed region; }
@test "loads of 1 to 8 bytes are what the BAR region reads" { passed loads; }
@test "what stores write the BAR reads, and the other way round" { passed stores; }
@test "a write that is not one whole request does nothing" { passed partial; }
@test "memory that cannot be written, or read: EFAULT, and nothing changes" { passed memory; }
@test "requests beyond the BARs are refused" { passed targets; }
@test "no memory decoding, D3: EIO" { passed states 6.1 6.12; }
@test "the MSI-X table and pending bits are out of reach" { passed msix; }
@test "malformed requests are refused" { passed malformed; }
@test "a device can be declared relaxed" { passed relaxed; }
@test "beside the region all is as with vfio-pci" { passed plain 6.1 6.12; }
@test "each request is one trace event, with its result" { passed traced; }
@test "a BPF program can veto an operation before it happens" { passed policy 6.1 6.12; }
@test "a device can be taken away while requests run, and nobody waits for ever" { passed removal; }
@test "many threads: every request ends as it should" { passed threads; }
@test "the module cannot be unloaded in use, can be afterwards; its parameter is checked" {
	passed unload
}
@test "the kernels have nothing to complain about" {
	passed log
	run ! grep complained "$BATS_FILE_TMPDIR"/*.err
}

@test "a wrong KDIR is one clear error" {
	mkdir -p "$BATS_TEST_TMPDIR"/include/{config,generated}
	run make kmod KDIR=/nonexistent
	[ "$status" -ne 0 ]
	[[ $output == *"KDIR=/nonexistent: no build directory of a kernel"* ]]
	echo '#define UTS_RELEASE "5.10.0-9-amd64"' >"$BATS_TEST_TMPDIR/include/generated/utsrelease.h"
	printf 'CONFIG_64BIT=y\nCONFIG_VFIO_PCI_CORE=m\n' >"$BATS_TEST_TMPDIR/include/config/auto.conf"
	run make kmod KDIR="$BATS_TEST_TMPDIR"
	[ "$status" -ne 0 ]
	[[ $output == *"Linux 5.10.0-9-amd64, but zpci-vfio-pci needs 6.1 or later"* ]]
	echo '#define UTS_RELEASE "6.6.0"' >"$BATS_TEST_TMPDIR/include/generated/utsrelease.h"
	echo 'CONFIG_64BIT=y' >"$BATS_TEST_TMPDIR/include/config/auto.conf"
	run make kmod KDIR="$BATS_TEST_TMPDIR"
	[ "$status" -ne 0 ]
	[[ $output == *"without vfio_pci_core"* ]]
}

@test "the module builds without warnings, and sparse has none" {
	for kernel in 6.1 6.12 6.12-s390x; do
		headers=$(tests/lab/fetch "headers:$kernel")
		run -0 make -s kmod KDIR="$headers" O="$BATS_TEST_TMPDIR/$kernel" C=1
		[[ $output != *warning:* ]] || {
			echo "$output"
			return 1
		}
		[ -s "$BATS_TEST_TMPDIR/$kernel/zpci-vfio-pci.ko" ]
	done
}
