#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What a policy decides, in the kernel, and that it holds. What each group of checks is:
# tests/lab/guest-policy; all of them on each kernel, with and without the bpf LSM, and many more
# reloads and kills: tests/lab/check-policy.

setup_file() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR kernel
	tests/kmod/build 6.12 >"$OUT/modules" || return
	use 6.12 'all zpci pairs' &
	use 7.2 'core pairs' &
	use 6.1 'core pairs' --append lsm=landlock,lockdown,yama,apparmor &
	audit &
	wait
}

use() { # KERNEL GROUPS [OPTION...]
	local kernel=$1 groups=$2
	shift 2
	mkdir "$OUT/$kernel.out"
	# shellcheck disable=SC2086  # groups
	tests/lab/vm --timeout 540 --no-vfio --env RATE=100 --out "$OUT/$kernel.out" "$@" "$kernel" -- \
		tests/lab/guest-policy build/vfioscope build/tests/vfio-client build/tests/map-file \
		"$(<"$OUT/modules")" $groups >"$OUT/$kernel" 2>"$OUT/$kernel.err"
}

audit() {
	mkdir "$OUT/audit.out"
	tests/lab/vm --timeout 300 --no-vfio --out "$OUT/audit.out" 6.12-s390x -- \
		sh tests/lab/guest-policy-audit build/s390x/vfioscope build/s390x/tests/vfio-client \
		>"$OUT/audit" 2>"$OUT/audit.err"
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

passed() { # GROUP [KERNEL...]
	local kernel group=$1
	shift
	(($#)) || set -- 6.1 6.12 7.2
	for kernel; do
		grep -qx "ok $group" "$OUT/$kernel" || {
			echo "$kernel:"
			tail -n 40 "$OUT/$kernel.err"
			return 1
		}
	done
}

@test "random policies and accesses: each decision is the reference's" { passed pairs; }

@test "widths, by every way to read and write" { passed widths; }
@test "what is denied has not happened" { passed no_effect; }
@test "regions, offsets, the command register, the MSI-X table" { passed places; }
@test "alignment" { passed alignment; }
@test "vectors and io_uring" { passed vectored; }
@test "ioctls by name and group" { passed ioctls; }
@test "mmap, and mprotect of what was mapped before" { passed mappings; }
@test "opening a device" { passed opens; }
@test "by address, pattern, id, driver, group and class" { passed devices 6.12; }
@test "by user, name, executable and cgroup" { passed subjects; }
@test "while a VF, or the device elsewhere, is open" { passed states; }
@test "around VFIO: sysfs and procfs" { passed around; }
@test "defaults, and what cannot be judged" { passed defaults; }
@test "audit: nothing is denied, all is counted and told" { passed audit; }
@test "the policies that come with it" { passed ready 6.12; }
@test "a nested QEMU is denied, and watch says so" { passed nested 6.12; }
@test "requests to the zPCI I/O region" { passed zpci 6.12; }
@test "a wrong file changes nothing; unload leaves nothing" { passed leaving; }
@test "reloads under load and CPU hot-plug: nothing passes, nothing fails" { passed reloads; }
@test "killed at any moment: the old policy or the new one" { passed kills; }
@test "the kernel complains of nothing" { passed log; }
@test "without a JIT: enforce is refused, audit counts" {
	passed refuses audit && passed audits audit
}
