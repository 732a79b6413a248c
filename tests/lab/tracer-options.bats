#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What the tracer's options let through, and how it shows it; on one kernel, as
# no kernel changes that.
# shellcheck disable=SC2016,SC2153,SC2154  # jq has its own $; OUT: boot_tracer

setup_file() {
	bats_require_minimum_version 1.5.0
	load tracer.bash
	boot_tracer 6.12 processes operations text few_lines taught reloaded
}

setup() {
	load tracer.bash
	cd "$BATS_TEST_DIRNAME/../.." || return
}

@test "processes: -c and --cgroup let through the one that fits both; --by pid,comm,cgroup" {
	ended_with 0 processes
	said_nothing processes
	read -r watched killed cgroup <"$OUT/processes.ids"
	# Its calls, those that prepare them, and of a container's what type1 sees:
	# CHECK_EXTENSION, which SET_IOMMU asks for too.
	holds "map(select(.type == \"latency-total\" and .pid == $watched))
		| length == 1 and .[0].count == $(jq -s '
			def sum: map(.count) | add;
			(map(select(.type == "operation")) | sum)
			+ (map(select(.type == "setup").setup[]) | add)
			+ (.[-1].setup | .CHECK_EXTENSION + .SET_IOMMU)' "$OUT/watched.client")" processes
	holds "map(select(.type == \"latency-total\") | .pid) | unique == ([$watched, $killed] | sort)" \
		processes
	holds "map(select(.type == \"latency-total\")) | all(.[]; .comm == \"vfio-client\" and
		.cgroup == $cgroup and .device == null and .op == null)" processes
	plausible processes
	is_json processes
}

@test "a client killed in the middle of operations does no harm" {
	read -r _ killed _ <"$OUT/processes.ids"
	holds "map(select(.type == \"latency-total\" and .pid == $killed))[0].count > 100" processes
	# No more than the two threads had begun.
	holds '.[-1] | .type == "loss-total" and .in_flight + .starts_without_end <= 2 and
		.ends_without_start == 0' processes
}

@test "operations: -p -d --driver -r -o -w let through what fits all; fentry counts exactly" {
	ended_with 0 operations
	said_nothing operations
	agree operations 3 ".device == \"$(<"$OUT/operations.device")\" and .width as \$width |
		(.region == \"bar0\" or .region == \"config\") and (.op == \"read\" or .op == \"write\")
		and (\$width == 2 or \$width == 8)"
	nothing_lost operations
	is_json operations
}

@test "text: a table and histograms, under 100 columns, no escapes; -n ends it" {
	ended_with 0 text
	said_nothing text
	awk 'length > 99 { print; bad = 1 } END { exit bad }' "$OUT/text.tracer"
	run ! grep -q $'\e' "$OUT/text.tracer"
	grep -qE '^0000:01:.* config read 4 +[0-9]+ ' "$OUT/text.tracer"
	grep -qE '^0000:01:.* bar0 read 3 +[0-9]+ ' "$OUT/text.tracer"
	grep -qE '^ *[0-9.]+.s\.\.[0-9.]+.s +[0-9]+ \|\*' "$OUT/text.tracer"
	[ "$(grep -c '^lost 0; in flight [012]$' "$OUT/text.tracer")" -eq 3 ]
	grep -q 'in total' "$OUT/text.tracer"
}

@test "trace --slower: slow operations only" {
	ended_with 0 slower
	said_nothing slower
	[ "$(grep -c ' DEVICE_RESET ' "$OUT/slower.tracer")" -eq 2 ]
	# A read may well take long; what is shown did.
	awk 'NR > 1 && !/^lost 0; in flight 0$/ && $NF !~ /s$/ { bad = 1 }
		$NF ~ /[nu]s$/ || ($NF ~ /[0-9]ms$/ && $NF + 0 < 50) { bad = 1 } END { exit bad }' \
		"$OUT/slower.tracer"
	[ "$(wc -l <"$OUT/slower.tracer")" -lt 100 ]
}

@test "trace --buffer: what does not fit is counted" {
	ended_with 0 overflow
	said_nothing overflow
	is_json overflow
	holds '.[-1].events_dropped as $dropped | map(select(.type == "operation")) | length as $shown
		| $dropped > 0 and $shown > 0 and $shown + $dropped == 3001' overflow
}

@test "-o read: another driver's regions have their names although no ioctl is shown" {
	ended_with 0 taught
	said_nothing taught
	holds 'map(select(.type == "latency")) | map([.driver, .op, .region, .count]) ==
		[["shift48_vfio_pci", "read", "config", 113]]' taught
}

@test "modules that are loaded again under kprobes are traced again" {
	ended_with 0 reloaded
	said_nothing reloaded
	holds 'map(select(.type == "latency-total" and .op == "read")) |
		map([.region, .count]) == [["config", 534]]' reloaded
	nothing_lost reloaded
}
