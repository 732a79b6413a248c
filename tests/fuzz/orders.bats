#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Files of orders of any content: libFuzzer finds its way through reading, merging, checking and
# reporting them, watched by sanitizers of addresses and of undefined behaviour.

@test "any texts as files of orders: each is taken or refused, none does harm" {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_DIRNAME/../.."
	run -0 make fuzz-orders FUZZ_SECONDS=20
	[[ $output =~ 'stat::number_of_executed_units: '([0-9]+) ]]
	echo "${BASH_REMATCH[1]} texts"
	((BASH_REMATCH[1] > 5000))
}
