# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One boot of a kernel for all tests of the tracer there, and what the tests ask
# of what it left: tests/lab/guest-tracer.

# boot_tracer KERNEL
boot_tracer() {
	local build=build status=0 module=''
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR/out KERNEL=$1
	mkdir "$OUT"
	[[ $KERNEL != *-s390x ]] || build=build/s390x
	case $KERNEL in
	6.1 | 6.12) module=$(tests/kmod/build "$KERNEL")/shift48_vfio_pci.ko || return ;;
	esac
	tests/lab/vm --timeout "${LAB_TIMEOUT:-600}" --out "$OUT" "$KERNEL" -- sh tests/lab/guest-tracer \
		"$build/vfioscope" "$build/tests/vfio-client" ${module:+"$module"} >"$OUT/stdout" 2>&1 || status=$?
	if ((status)) || [[ ! -s $OUT/host.status ]]; then
		cat "$OUT/stdout"
		echo "the guest ended with $status"
		return 1
	fi >&2
}

# tracer JQ_FILTER NAME: what a tracer said, as one array.
tracer() { jq -c -s "$1" "$OUT/$2.tracer"; }

# holds JQ_FILTER NAME: it is true of what a tracer said.
holds() {
	[[ $(tracer "$1" "$2") == true ]] || {
		echo "$2: not true: $1"
		return 1
	}
}

ended_with() { # STATUS NAME
	[[ $(<"$OUT/$2.status") -eq $1 ]] || {
		echo "$2 ended with $(<"$OUT/$2.status"):"
		cat "$OUT/$2.stderr"
		return 1
	}
}

# agree TRACER "CLIENT..." [ONLY [BY]]: the tracer counted exactly what clients did.
agree() {
	local name clients=() differences
	for name in $2; do clients+=("$OUT/$name.client"); done
	jq -s . "${clients[@]}" >"$BATS_TEST_TMPDIR/clients"
	[[ -s $OUT/$1.tracer && $(jq 'length' "$BATS_TEST_TMPDIR/clients") -gt 0 ]]
	differences=$(jq -r -n -f tests/lab/account.jq --arg only "${3:-all}" \
		--arg by "${4-device,region,op,width}" --slurpfile tracer "$OUT/$1.tracer" \
		--argfile client "$BATS_TEST_TMPDIR/clients") || return
	[[ ! $differences ]] || {
		echo "$1: $differences"
		return 1
	}
}

nothing_lost() { # NAME
	holds 'map(select(.type | startswith("loss"))) | length > 0 and all(.[];
		to_entries | map(select(.key | IN("type", "schema", "interval", "time_ns") | not))
		| length >= 10 and all(.[]; .value == 0))' "$1"
}

# Every duration is possible: between nothing and all the time that the guest ran.
plausible() { # NAME
	holds 'map(select(.count > 0)) | all(.[];
		.min_ns > 0 and .min_ns <= .p50_ns and .p50_ns <= .p90_ns and
		.p90_ns <= .p99_ns and .p99_ns <= .p999_ns and .p999_ns <= .max_ns and
		.min_ns <= .mean_ns and .mean_ns <= .max_ns and .max_ns <= .sum_ns and
		.sum_ns < 600e9 and .count == (.buckets | map(.[2]) | add) and
		.buckets[0][0] <= .min_ns and .max_ns <= .buckets[-1][1])' "$1"
}
