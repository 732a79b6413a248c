#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Tasks that lock each other out, or only seem to: vfioscope locks says which. What each group of
# checks is: tests/lab/guest-locks.

setup_file() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR
	boot 6.1 build 'readers open walked churn before abba three writers tries recursive active open_before
		rescan last_put opening device_lock seed' &
	boot 7.2 build rescan &
	boot 6.12 build 'open open_two open_long active active_long open_before unexplained active_itself rescan
		last_put closing device_lock seed' &
	boot 6.12 build 'readers churn output late_owner elsewhere before abba three itself writers tries unhooked
		long recursive alone crowd opening' 6.12-more &
	boot 6.12-s390x build/s390x 'readers open before abba tries active seed' &
	wait
}

boot() { # KERNEL BUILD GROUPS [NAME]
	local modules=none name=${4:-$1}
	[[ $1 == 7.2 ]] || modules=$(tests/kmod/build "$1") || return
	mkdir "$OUT/$name.out"
	# shellcheck disable=SC2086  # groups
	tests/lab/vm --timeout 540 --no-vfio --devices igb=2,e1000e --out "$OUT/$name.out" "$1" -- \
		sh tests/lab/guest-locks "$2/vfioscope" "$2/tests/vfio-client" "$modules" $3 \
		>"$OUT/$name" 2>"$OUT/$name.err"
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# passed GROUP [KERNEL...]
passed() {
	local group=$1 kernel
	shift
	(($#)) || set -- 6.1 6.12
	for kernel; do
		grep -qsx "ok $group" "$OUT/$kernel" "$OUT/$kernel-more" || {
			echo "$kernel:"
			tail -qn 40 "$OUT/$kernel.err" "$OUT/$kernel-more.err" 2>/dev/null
			return 1
		}
	done
}

@test "two tasks and two mutexes: found once, and resolved by a kill" { passed abba 6.1 6.12 6.12-s390x; }
@test "who has the memory of an owner that ended: suspected, after a while" { passed late_owner 6.12; }
@test "tasks of another PID namespace are counted" { passed elsewhere 6.12; }
@test "who waited before vfioscope came" { passed before 6.1 6.12 6.12-s390x; }
@test "three tasks, and one behind them" { passed three; }
@test "a task that waits for itself" { passed itself 6.12; }
@test "the last reference goes while the lock is held that its release takes" { passed last_put; }
@test "semaphores and writers: confirmed" { passed writers; }
@test "semaphores and readers: suspected" { passed readers 6.1 6.12 6.12-s390x; }
@test "a file of sysfs is to go, and who writes to it waits" { passed active 6.1 6.12 6.12-s390x; }
@test "tasks that run are looked at, also with probes on their stacks" { passed walked 6.1; }
@test "a removal that waits for what is not seen: said in the end" { passed unexplained 6.12; }
@test "it is the device's own mutex that who writes waits for: by its name" { passed device_lock; }
@test "who removes the file that it writes to waits for itself" { passed active_itself 6.12; }
@test "stock kernels: rescan against remove, and afterwards" { passed rescan 6.1 6.12 7.2; }
@test "who is killed closes the device, and cannot" { passed closing 6.12; }
@test "who opens a device has it, before there is a file of it" { passed opening; }
@test "functions that are not hooked for a time: it is said" { passed unhooked 6.12; }
@test "who has two devices open that are to go" { passed open_two 6.12; }
@test "who has the device open waits for who removes it: suspected" { passed open 6.1 6.12 6.12-s390x; }
@test "the deadlock of 2021, by its names, also with the real zdev->state_lock, and afterwards" {
	passed seed 6.1 6.12 6.12-s390x
}
@test "silent: tasks that only try" { passed tries 6.1 6.12 6.12-s390x; }
@test "silent: long waits that end" { passed long 6.12; }
@test "silent: who waits for a file of its own that others write to" { passed active_long 6.12; }
@test "silent: who has a device open takes its time" { passed open_long 6.12; }
@test "silent: who waited before, and went on" { passed open_before; }
@test "silent: readers that read again" { passed recursive; }
@test "silent: one task in both orders" { passed alone 6.12; }
@test "what cannot be written is said, and a graph stays until all is ready" { passed output 6.12; }
@test "10,007 tasks behind a deadlock" { passed crowd 6.12; }
@test "silent: tasks that wait, are killed, end, and come again" { passed churn; }
@test "nothing was left out for want of room" {
	passed nothing_lost 6.1 7.2 6.12-s390x
	[ "$(cat "$OUT"/6.12 "$OUT"/6.12-more | grep -cx 'ok nothing_lost')" -eq 2 ]
}
@test "the kernels warn of nothing" {
	passed log 6.1 7.2 6.12-s390x
	[ "$(cat "$OUT"/6.12 "$OUT"/6.12-more | grep -cx 'ok log')" -eq 2 ]
}
