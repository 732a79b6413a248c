# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One boot of a kernel for all tests of the tracer there, and what the tests ask
# of what it left: tests/lab/guest-tracer.

# boot_tracer KERNEL RUN...
boot_tracer() {
	local build=build status=0 module=''
	cd "$BATS_TEST_DIRNAME/../.." || return
	export OUT=$BATS_FILE_TMPDIR/out KERNEL=$1
	shift
	mkdir "$OUT"
	[[ $KERNEL != *-s390x ]] || build=build/s390x
	case $KERNEL in
	6.1 | 6.12) module=$(tests/kmod/build "$KERNEL")/shift48_vfio_pci.ko || return ;;
	esac
	tests/lab/vm --timeout 540 --no-vfio --out "$OUT" "$KERNEL" -- sh tests/lab/guest-tracer \
		"$build/vfioscope" "$build/tests/vfio-client" "$*" ${module:+"$module"} \
		>"$OUT/stdout" 2>&1 || status=$?
	if ((status)) || [[ ! -s $OUT/finished.txt ]]; then
		cat "$OUT/stdout" "$OUT"/*.stderr
		echo "the guest ended with $status"
		return 1
	fi >&2
}

# holds JQ_FILTER NAME: it is true of what a tracer said, as one array.
holds() {
	[[ $(jq -c -s "$1" "$OUT/$2.tracer") == true ]] || {
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

said_nothing() { # NAME: on standard error
	[[ ! -s $OUT/$1.stderr ]] || {
		echo "$1 said:"
		cat "$OUT/$1.stderr"
		return 1
	}
}

# agree NAME KEYS [CONDITION]: the tracer counted exactly what the client did, under
# so many keys; CONDITION: of the client's operations only those.
agree() {
	local differences
	differences=$(jq -r -n "def wanted: ${3:-true}; $(<tests/lab/account.jq)" \
		--slurpfile tracer "$OUT/$1.tracer" --slurpfile client "$OUT/$1.client") || return
	[[ $differences == "$2 keys" ]] || {
		echo "$1, not $2 keys, or: $differences"
		return 1
	}
}

# In the end nothing is in flight either.
nothing_lost() { # NAME
	jq -c 'select(.type | startswith("loss")) | with_entries(select(.value != 0))' \
		"$OUT/$1.tracer"
	holds '.[-1].in_flight == 0 and (map(select(.type | startswith("loss"))) | all(.[];
		to_entries | map(select(.key | IN("type", "schema", "interval", "time_ns", "in_flight")
			| not)) | length >= 10 and all(.[]; .value == 0)))' "$1"
}

# One object a line, of its type and schema.
is_json() { # NAME
	jq -e -c 'keys_unsorted[:2] == ["type", "schema"] and .schema == 1' "$OUT/$1.tracer" |
		awk '$0 != "true" { bad = 1 } END { exit bad || !NR }'
}

# Every duration is possible: between nothing and all the time that the guest ran.
plausible() { # NAME
	holds 'map(select(.count > 0)) | length > 0 and all(.[];
		.min_ns > 0 and .min_ns <= .p50_ns and .p50_ns <= .p90_ns and
		.p90_ns <= .p99_ns and .p99_ns <= .p999_ns and .p999_ns <= .max_ns and
		.min_ns <= .mean_ns and .mean_ns <= .max_ns and .max_ns <= .sum_ns and
		.sum_ns < 600e9 and .count == (.buckets | map(.[2]) | add) and
		.buckets[0][0] <= .min_ns and .max_ns <= .buckets[-1][1])' "$1"
}
