#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The zPCI I/O region, on each kernel: VFs of igb and nvme on amd64, an nvme with
# real PCI instructions on s390x. What each group of checks is: tests/lab/guest-zpci.

setup_file() {
	local kernel
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR
	for kernel in 6.1 6.12 6.12-s390x; do
		tests/kmod/build "$kernel" >"$OUT/$kernel.modules" || return
	done
	for kernel in 6.1 6.12; do
		boot "$kernel" igb=1,nvme=1,e1000e,nvme-cmb build 3001 &
	done
	boot 6.12-s390x nvme,igb,nvme-cmb build/s390x 2003 &
	for kernel in 1 2 3; do wait -n || return; done
}

# Side by side: a guest keeps one of the machine's processors busy.
boot() { # KERNEL DEVICES BUILD REQUESTS: of each of the fuzzer's 8 threads
	local kernel=$1 devices=$2 build=$3 requests=$4
	tests/lab/vm --timeout 540 --env VFIOSCOPE="$build/vfioscope" \
		--env ATTACH=build/tests/attach --env DENY=build/bpf/kmod/deny_zpci.bpf.o \
		--env FUZZ="$build/tests/zpci-fuzz" --env FUZZ_OPTIONS="-n $requests" \
		--devices "$devices" "$kernel" -- tests/lab/guest-zpci "$build/tests/vfio-client" \
		"$(<"$OUT/$kernel.modules")/zpci-vfio-pci.ko" all \
		>"$OUT/$kernel" 2>"$OUT/$kernel.err" || {
		tail -n 5 "$OUT/$kernel.err" >&2
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
		grep -qx "ok $group" "$OUT/$kernel" || {
			echo "$kernel:"
			cat "$OUT/$kernel.err"
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
@test "the tracer shows requests as zpci-io: op, length, result; exact" { passed shown; }
@test "a BPF program can veto an operation before it happens" { passed policy 6.1 6.12; }
@test "a nested QEMU boots with the device assigned" { passed nested 6.1 6.12; }
@test "VFs of a PF in user space want its token" { passed token 6.1 6.12; }
@test "a device can be taken away while requests run, and nobody waits for ever" { passed removal; }
@test "vfioscope events tells of a device that is taken away in use" { passed hazard; }
@test "many threads: every request ends as it should" { passed threads; }
# On amd64 the fuzzer runs twice, as its device can be declared relaxed.
@test "what comes of 112,056 requests, good and broken, is what the ABI says" {
	passed fuzz
	[ "$(cat "$OUT"/6.1 "$OUT"/6.12 "$OUT"/6.12-s390x | grep '^{' |
		jq -s 'map(.requests) | add')" -eq $((8 * (2 * 2 * 3001 + 2003))) ]
}
@test "the module cannot be unloaded in use, can be afterwards; its parameter is checked" {
	passed unload
}
@test "the kernels have nothing to complain about" {
	passed log
	run ! grep complained "$OUT"/*.err
}
