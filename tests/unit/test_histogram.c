// SPDX-License-Identifier: GPL-2.0-only
/* Which slot a value is in, and which values a slot stands for. */
#include "unit.h"

#include <vfioscope/histogram.h>

#define LAST_SLOT (HISTOGRAM_SLOTS - 1)
#define EXHAUSTIVE_UP_TO (1u << 22)
#define RANDOM_VALUES 200000
#define HINTS 64       /* six bits of a hint count */
#define HINTS_APART 32 /* others are taken for one of these */

static unsigned int width_shift(unsigned int slot)
{
	return slot < HISTOGRAM_SUB_SLOTS ? 0 : slot / HISTOGRAM_SUB_SLOTS - 1;
}

static void slots_are_adjacent(void **state)
{
	(void)state;
	assert_int_equal(histogram_slot_low(0), 0);
	for (unsigned int slot = 0; slot < LAST_SLOT; slot++)
		assert_int_equal(histogram_slot_high(slot) + 1, histogram_slot_low(slot + 1));
	assert_int_equal(histogram_slot_high(LAST_SLOT), HISTOGRAM_MAX_VALUE);
}

static void ends_are_in_their_slot(void **state)
{
	(void)state;
	for (unsigned int slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
		__u64 low = histogram_slot_low(slot), high = histogram_slot_high(slot);

		assert_true(low <= high);
		assert_int_equal(histogram_slot(low), slot);
		assert_int_equal(histogram_slot(high), slot);
		assert_int_equal(histogram_slot(low + (high - low) / 2), slot);
		if (slot)
			assert_int_equal(histogram_slot(low - 1), slot - 1);
		if (slot < LAST_SLOT)
			assert_int_equal(histogram_slot(high + 1), slot + 1);
	}
}

static void width_is_bounded(void **state)
{
	(void)state;
	for (unsigned int slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
		__u64 low = histogram_slot_low(slot);
		__u64 width = histogram_slot_high(slot) - low + 1;

		assert_int_equal(width, 1ULL << width_shift(slot));
		if (low >= HISTOGRAM_SUB_SLOTS)
			assert_true(width * HISTOGRAM_SUB_SLOTS <= low);
	}
}

static void small_values_step_by_one_slot_at_most(void **state)
{
	unsigned int before = 0;

	(void)state;
	for (unsigned int value = 0; value < EXHAUSTIVE_UP_TO; value++) {
		unsigned int slot = histogram_slot(value);

		assert_in_range(slot - before, 0, 1);
		assert_in_range(value, histogram_slot_low(slot), histogram_slot_high(slot));
		before = slot;
	}
}

static void large_values_are_in_their_slot(void **state)
{
	__u64 random = 1;

	(void)state;
	for (int i = 0; i < RANDOM_VALUES; i++) {
		__u64 value = random_magnitude(&random, HISTOGRAM_VALUE_BITS);
		unsigned int slot = histogram_slot(value);

		assert_true(slot < HISTOGRAM_SLOTS);
		assert_in_range(value, histogram_slot_low(slot), histogram_slot_high(slot));
	}
}

static void highest_bit_is_found(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		__u64 lowest = 1ULL << bit, highest = lowest | (lowest - 1);

		assert_int_equal(histogram_highest_bit(lowest), bit);
		assert_int_equal(histogram_highest_bit(highest), bit);
	}
}

static void what_is_above_is_in_the_last_slot(void **state)
{
	(void)state;
	assert_int_equal(histogram_slot(HISTOGRAM_MAX_VALUE), LAST_SLOT);
	assert_int_equal(histogram_slot(histogram_slot_low(LAST_SLOT) - 1), LAST_SLOT - 1);
	for (unsigned int bit = HISTOGRAM_VALUE_BITS; bit < 64; bit++) {
		assert_int_equal(histogram_slot(1ULL << bit), LAST_SLOT);
		assert_int_equal(histogram_slot((1ULL << bit) - 1), LAST_SLOT);
		assert_int_equal(histogram_slot((1ULL << bit) + 1), LAST_SLOT);
	}
	assert_int_equal(histogram_slot(~0ULL), LAST_SLOT);
}

static void check_hint(__u64 value, unsigned int hint)
{
	unsigned int slot = histogram_slot(value), shift = hint;

	assert_int_equal(histogram_slot_near(value, &shift), slot);
	/* What it leaves is right for the next one, above all for the same. */
	assert_int_equal(shift % HINTS_APART, width_shift(slot) % HINTS_APART);
	assert_int_equal(histogram_slot_near(value, &shift), slot);
	assert_int_equal(shift % HINTS_APART, width_shift(slot) % HINTS_APART);
}

static void any_hint_gives_the_same_slot(void **state)
{
	__u64 random = 2;

	(void)state;
	for (unsigned int hint = 0; hint < HINTS; hint++)
		for (unsigned int slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
			check_hint(histogram_slot_low(slot), hint);
			check_hint(histogram_slot_high(slot), hint);
		}
	for (int i = 0; i < RANDOM_VALUES; i++)
		check_hint(random_magnitude(&random, HISTOGRAM_VALUE_BITS),
			   (unsigned int)random_number(&random));
}

/* Values that are clamped, with every hint that a call can have left. */
static void hints_do_not_break_the_clamp(void **state)
{
	__u64 random = 3;

	(void)state;
	for (unsigned int hint = 0; hint <= width_shift(LAST_SLOT); hint++) {
		for (unsigned int bit = HISTOGRAM_VALUE_BITS; bit < 64; bit++) {
			check_hint(1ULL << bit, hint);
			check_hint((1ULL << bit) | (1ULL << (bit - 1)), hint);
		}
		for (int i = 0; i < 10000; i++)
			check_hint(random_magnitude(&random, 64), hint);
	}
}

/* As the program in the kernel uses it: one hint for a row of values. */
static void one_hint_serves_a_row_of_values(void **state)
{
	unsigned int shift = 0;
	__u64 random = 4;

	(void)state;
	for (int i = 0; i < RANDOM_VALUES; i++) {
		__u64 value = random_magnitude(&random, 64);

		assert_int_equal(histogram_slot_near(value, &shift), histogram_slot(value));
	}
}

#define SAMPLES 20011

/*
 * A bucket of Prometheus counts the samples up to and with its "le". With the end
 * of a slot as "le", the sum of the slots so far must be just that.
 */
static void sums_of_slots_are_prometheus_buckets(void **state)
{
	static __u64 samples[SAMPLES], slots[HISTOGRAM_SLOTS];
	__u64 random = 5, sum = 0, up_to = 0;

	(void)state;
	for (int i = 0; i < SAMPLES; i++) {
		/* Every other one on an end of a slot, where a mistake would show. */
		samples[i] = random_magnitude(&random, HISTOGRAM_VALUE_BITS);
		if (i % 2)
			samples[i] = histogram_slot_high(histogram_slot(samples[i])) + i % 3 / 2;
		slots[histogram_slot(samples[i])]++;
	}
	qsort(samples, SAMPLES, sizeof(samples[0]), compare_samples);
	for (unsigned int slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
		__u64 le = histogram_slot_high(slot);

		sum += slots[slot];
		while (up_to < SAMPLES && samples[up_to] <= le)
			up_to++;
		if (slot < LAST_SLOT)
			assert_int_equal(sum, up_to);
	}
	assert_int_equal(sum, SAMPLES); /* the last one is "+Inf" */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(slots_are_adjacent),
	cmocka_unit_test(ends_are_in_their_slot),
	cmocka_unit_test(width_is_bounded),
	cmocka_unit_test(small_values_step_by_one_slot_at_most),
	cmocka_unit_test(large_values_are_in_their_slot),
	cmocka_unit_test(highest_bit_is_found),
	cmocka_unit_test(what_is_above_is_in_the_last_slot),
	cmocka_unit_test(any_hint_gives_the_same_slot),
	cmocka_unit_test(hints_do_not_break_the_clamp),
	cmocka_unit_test(one_hint_serves_a_row_of_values),
	cmocka_unit_test(sums_of_slots_are_prometheus_buckets),
};

RUN_TESTS(tests)
