#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Locks that are taken in orders that could meet in a deadlock, or could not: vfioscope locks
# --predict says which, and nothing hangs. What each group of checks is: tests/lab/guest-orders.

setup_file() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR
	local orders='learn abba last_put_locks writers readers reads_again'
	orders+=' guarded guarded_anew guarded_by_reader unguarded none memory'
	local of_devices='learn_devices seed seed_unplugged_first rescan removed'
	boot 6.1 build "$orders $of_devices totals" &
	boot 6.12 build all &
	boot 6.12-s390x build/s390x 'reload learn_devices seed ours totals' &
	wait
}

boot() { # KERNEL BUILD GROUPS
	local modules devices=igb=3,e1000e
	[[ $1 != *-s390x ]] || devices=igb,nvme # there are none
	modules=$(tests/kmod/build "$1") || return
	mkdir "$OUT/$1.out"
	# shellcheck disable=SC2086  # groups
	tests/lab/vm --timeout 540 --no-vfio --devices "$devices" --out "$OUT/$1.out" "$1" -- \
		sh tests/lab/guest-orders "$2/vfioscope" "$2/tests/vfio-client" "$modules" $3 \
		>"$OUT/$1" 2>"$OUT/$1.err"
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

# passed GROUP [KERNEL...]
passed() {
	local group=$1 kernel
	shift
	(($#)) || set -- 6.1 6.12
	for kernel; do
		grep -qx "ok $group" "$OUT/$kernel" || {
			echo "$kernel:"
			tail -n 40 "$OUT/$kernel.err"
			return 1
		}
	done
}

@test "two tasks and two mutexes, one after the other: predicted" { passed abba; }
@test "three tasks and three mutexes" { passed three 6.12; }
@test "the last reference goes while a lock is held" { passed last_put 6.12; }
@test "the function that puts the last reference locks" { passed last_put_locks 6.1 6.12; }
@test "semaphores and writers: predicted" { passed writers; }
@test "semaphores and readers: suspected, as somebody writes" { passed readers; }
@test "the same, though nobody holds another lock who writes" { passed lone_writer 6.12; }
@test "one that is read again, with a mutex in between: suspected" { passed reads_again; }
@test "what was only tried is held all the same" { passed tried 6.12; }
@test "a semaphore was read in between: predicted" { passed read_between 6.12; }
@test "under one exclusive lock: guarded" { passed guarded; }
@test "the same, when that is initialised again" { passed guarded_anew; }
@test "under one that is taken in between: guarded" { passed guarded_between 6.12; }
@test "one that is read by one side alone guards, too" { passed guarded_by_reader; }
@test "once it is taken without: predicted" { passed unguarded; }
@test "one task in both orders: low" { passed alone 6.12; }
@test "silent: who only tries, lets go before, or only reads" { passed none; }
@test "VFIO that goes and comes is hooked again" { passed reload 6.12 6.12-s390x; }
@test "silent: memory that has one lock, then another" { passed memory; }
@test "saved orders tell the same" { passed saved 6.12; }
@test "silent: tasks that are killed, modules that go and come again" { passed killed 6.12; }
@test "any file of sysfs that is written to in a scope, and removed" { passed files 6.12; }
@test "modules that come where others were have other locks" { passed other_modules 6.12; }
@test "it ends while modules come and go" { passed restless 6.12; }
@test "more locks than there is room for: counted" { passed full 6.12; }
@test "the deadlock of 2021 from one use and one unplug that never met, by its names" {
	passed seed 6.1 6.12 6.12-s390x
}
@test "the same, unplugged first: the device is another one then, and is called the same" {
	passed seed_unplugged_first
}
@test "a file of sysfs that is written to, and removed under the lock that this takes" { passed rescan; }
@test "locks of a removal that nobody can use the device during: guarded, by that device" { passed removed; }
@test "silent: the driver of this project, used and unplugged" { passed ours 6.12 6.12-s390x; }
@test "nothing was lost, and all was seen" { passed totals 6.1 6.12 6.12-s390x; }
@test "the kernels have nothing to complain about" {
	run ! grep complained "$OUT"/*.err
}
