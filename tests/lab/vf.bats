#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What zpci-vfio-pci does for VFs and PFs beside the region, with all 11 VFs of the
# lab. What each group of checks is: tests/lab/guest-vf.

setup_file() {
	local kernel
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR
	for kernel in 6.1 6.12; do
		tests/kmod/build "$kernel" >"$OUT/$kernel.modules" || return
	done
	for kernel in 6.1 6.12; do boot "$kernel" & done
	for kernel in 1 2; do wait -n || return; done
}

boot() { # KERNEL
	local kernel=$1
	tests/lab/vm --timeout 600 --env VFIOSCOPE=build/vfioscope --devices igb=7,nvme=4,e1000e \
		"$kernel" -- tests/lab/guest-vf build/tests/vfio-client "$(<"$OUT/$kernel.modules")" all \
		>"$OUT/$kernel" 2>"$OUT/$kernel.err" || {
		tail -n 5 "$OUT/$kernel.err" >&2
		return 1
	}
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

passed() { # GROUP
	local kernel
	for kernel in 6.1 6.12; do
		grep -qx "ok $1" "$OUT/$kernel" || {
			echo "$kernel:"
			cat "$OUT/$kernel.err"
			return 1
		}
	done
}

@test "PASID and PRI are where the PF has them, and linked" { passed linked; }
@test "all else is byte for byte as vfio-pci shows it, read in any width" { passed compared; }
@test "lspci decodes both" { passed decoded; }
@test "they do not go where registers are likely, nor where QEMU puts its own" { passed placed; }
@test "an administrator can place them, or leave them out" { passed override; }
@test "a VF without extended capabilities gets a chain" { passed empty_chain; }
@test "no more than the PF has and has enabled; what is off is not shown, or not enableable" {
	passed of_pf
}
@test "control registers are virtual: writable bits alone, cleared by reset and reopening" {
	passed writes
}
@test "writes of every width over the edges of a capability" { passed straddling; }
@test "the PF's goes off in use: off for the guest, refused, and on again with it" { passed lost; }
@test "who reads it learns at once that it is off" { passed lost_read; }
@test "user space is told by the error or the request interrupt, or not" { passed signals; }
@test "users of a PF are counted, racing ones too" { passed users; }
@test "11 VFs at once" { passed all_at_once; }
@test "bound, used and unbound again and again: nothing stays behind" { passed cycles; }
@test "a VF is unbound in use: it waits for its user" { passed vf_removed; }
@test "a detached VF has its memory, whatever its memory bit is" { passed detached; }
@test "VFs of other PFs, devices and PFs are what vfio-pci shows" { passed plain; }
@test "a PF is removed under its VFs: it waits for their users" { passed pf_removed; }
@test "a PF without a driver makes VFs, for VFIO" { passed stub; }
@test "sriov_unmanaged_autoprobe: the host's drivers get them" { passed autoprobe; }
@test "a PF in use: the number of VFs is locked; with VFs: a token, a warning, a taint" {
	passed locked
}
@test "VFs under a PF's user: with the token, for those who know it" { passed token; }
@test "resets, releases and kills leave the VFs working" { passed kept; }
@test "PF users and changes of the number race" { passed races; }
@test "VFs that come while the PF's user goes: after that" { passed user_leaves; }
@test "the PF is unbound under its VFs: it waits for their users" { passed stub_removed; }
@test "vfioscope events tells of each hazard once, by whom, and who is in the device" { passed hazards; }
@test "vfioscope events knows who had a device open before it came" { passed opened_before; }
@test "vfioscope events: ordinary use is no hazard" { passed ordinary; }
@test "the kernels have nothing to complain about" {
	passed log
	run ! grep complained "$OUT"/*.err
}
