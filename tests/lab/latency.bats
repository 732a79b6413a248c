#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The tracer counts exactly what a client does, by fentry and by kprobe. On each kernel of the lab:
# tests/lab/tracer-KERNEL.bats.
# shellcheck disable=SC2016  # jq has its own $

setup_file() {
	local kernel
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.." || return
	for kernel in 6.12 7.2; do
		trace_client "$kernel" 3 &
	done
	wait
}

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

trace_client() { # KERNEL THREADS
	local out=$BATS_FILE_TMPDIR/$1 status=0
	mkdir -p "$out"
	tests/lab/vm --timeout 400 --out "$out" "$1" -- tests/lab/guest-exact build "$2" \
		>"$out/stdout" 2>&1 || status=$?
	echo "$status" >"$out/ended"
}

count() { # JQ CONDITION
	jq -s "map(select(.type == \"latency\" and $1).count) | add" "$out/exact"
}

check_exact() { # THREADS
	[ "$(count '.region == "config" and .op == "read" and .width == 4')" -eq 4099 ]
	[ "$(count '.region == "bar0" and .op == "write" and .width == 4')" -eq 2053 ]
	[ "$(count '.cmd == "DEVICE_GET_INFO"')" -eq 1009 ]
	jq -es --argjson threads "$1" 'map(select(.region == "bar0").device) | unique |
		length == ([2, $threads] | min)' "$out/exact"
	jq -es 'map(select(.type == "loss")) | length == 1 and
		(.[0] | del(.type, .schema, .interval, .time_ns) | all(. == 0))' "$out/exact"
	jq -es 'map(select(.type == "latency")) | all(.count == ([.buckets[][2]] | add // 0) and
		.min_ns <= .p50_ns and .p50_ns <= .p99_ns and .p99_ns <= .max_ns)' "$out/exact"
}

check_trace() {
	jq -es 'map(select(.type == "operation" and .width == 4)) | length == 101 and
		all(.region == "config" and .result == 4 and .duration_ns > 0)' "$out/trace"
	jq -es 'map(select(.type == "loss")) | length == 1 and .[0].events_dropped == 0' "$out/trace"
}

check_kernel() { # KERNEL WAY
	out=$BATS_FILE_TMPDIR/$1
	[ "$(<"$out/ended")" -eq 0 ] || {
		cat "$out/stdout"
		return 1
	}
	check_exact 3
	check_trace
	[ "$(tail -n 1 "$out/status")" -eq 7 ]
	jq -es --arg way "$2" 'map(select(.type == "hook" and .attached)) |
		length > 10 and all(.how == $way or .function[0:5] == "iorea" or
			.function[0:5] == "iowri")' "$out/doctor"
}

@test "6.12: 4,099 reads, 2,053 writes, 1,009 ioctls in 3 threads on 2 devices; nothing lost" {
	check_kernel 6.12 fentry
}

# Three threads on two processors: this kernel preempts a task within a program, and
# would skip the program for the others there, were it not a kprobe's.
@test "7.2: the same, by kprobes, which are exact where the kernel preempts" {
	check_kernel 7.2 kprobe
}
