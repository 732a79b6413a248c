#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The test modules do what the tests that use them count on.

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
}

shift48() { # KERNEL
	module=$(tests/kmod/build "$1")/shift48_vfio_pci.ko
	tests/lab/vm --devices igb=1 "$1" -- tests/kmod/guest-shift48 build/tests/vfio-client "$module"
}

@test "6.1: behind 48-bit offsets a VF is the same device" { shift48 6.1; }

@test "6.12: behind 48-bit offsets a VF is the same device" { shift48 6.12; }

@test "the modules build without warnings" {
	for kernel in 6.1 6.12; do
		out=$(tests/kmod/build "$kernel")
		rm -r "$out/tests"
		run -0 --separate-stderr tests/kmod/build "$kernel"
		[ "$output" = "$out" ]
		[ -z "$stderr" ]
	done
}

@test "a kernel that is not known is one line" {
	run -125 tests/kmod/build 5.0
	[ "${#lines[@]}" -eq 1 ]
	run -2 tests/kmod/build
	[ "${#lines[@]}" -eq 1 ]
}
