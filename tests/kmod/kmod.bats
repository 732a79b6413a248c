#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The modules build, or say why not; the test modules do what tests count on.

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
}

shift48() { # KERNEL
	module=$(tests/kmod/build "$1")/shift48_vfio_pci.ko
	tests/lab/vm --devices igb=1 "$1" -- tests/kmod/guest-shift48 build/tests/vfio-client "$module"
}

@test "6.12: behind 48-bit offsets a VF is the same device" { shift48 6.12; }

caps() { # KERNEL
	module=$(tests/kmod/build "$1")/pf_caps.ko
	tests/lab/vm --devices igb=0 "$1" -- tests/kmod/guest-caps "$module"
}

@test "6.12: a PF gets PASID and PRI, and loses its memory bit" { caps 6.12; }

@test "all modules build without warnings, and sparse has none of the driver" {
	for kernel in 6.1 6.12 6.12-s390x; do
		tests/kmod/build "$kernel"
	done
}

# The command of README, once.
@test "make kmod builds the driver anywhere" {
	run -0 make -s kmod KDIR="$(tests/lab/fetch headers:6.12)" O="$BATS_TEST_TMPDIR"
	[[ $output != *warning:* ]]
	[ -s "$BATS_TEST_TMPDIR/zpci-vfio-pci.ko" ]
}

@test "a kernel that is not known is one line" {
	run -125 tests/kmod/build 5.0
	[ "${#lines[@]}" -eq 1 ]
	run -2 tests/kmod/build
	[ "${#lines[@]}" -eq 1 ]
}

@test "a wrong KDIR is one clear error" {
	mkdir -p "$BATS_TEST_TMPDIR"/include/{config,generated}
	run make kmod KDIR=/nonexistent
	[ "$status" -ne 0 ]
	[[ $output == *"KDIR=/nonexistent: no build directory of a kernel"* ]]
	run make kmod KDIR=nonexistent # from here, not from kmod/
	[[ $output == *"KDIR=$PWD/nonexistent: no build directory of a kernel"* ]]
	printf 'CONFIG_64BIT=y\nCONFIG_VFIO_PCI_CORE=m\n' >"$BATS_TEST_TMPDIR/include/config/auto.conf"
	for release in 5.10.0-9-amd64 6.17.0 6.17-rc1 7.2.1-amd64; do
		echo "#define UTS_RELEASE \"$release\"" \
			>"$BATS_TEST_TMPDIR/include/generated/utsrelease.h"
		run make kmod KDIR="$BATS_TEST_TMPDIR"
		[ "$status" -ne 0 ]
		[[ $output == *"Linux $release, but zpci-vfio-pci is for 6.1 to 6.16"* ]]
	done
	echo '#define UTS_RELEASE "6.6.0"' >"$BATS_TEST_TMPDIR/include/generated/utsrelease.h"
	echo 'CONFIG_64BIT=y' >"$BATS_TEST_TMPDIR/include/config/auto.conf"
	run make kmod KDIR="$BATS_TEST_TMPDIR"
	[ "$status" -ne 0 ]
	[[ $output == *"without vfio_pci_core"* ]]
}
