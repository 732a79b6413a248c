// SPDX-License-Identifier: GPL-2.0-only
/* Percentiles against the sorted samples themselves, means, losses, order. */
#include "unit.h"

#include "model/report.h"

#include <math.h>
#include <string.h>

/* Prime numbers: no rank is a whole number by chance. */
static const size_t sample_counts[] = { 1, 2, 3, 7, 31, 101, 997, 1009, 4099, 10007 };
#define MOST_SAMPLES 10007

/* Fractions as people write them, and as whole numbers. */
static const struct {
	double fraction;
	__u64 millionths;
} fractions[] = {
	{ 0.000001, 1 }, { 0.01, 10000 },  { 0.25, 250000 },	 { 0.5, 500000 },
	{ 0.9, 900000 }, { 0.99, 990000 }, { 0.999, 999000 },	 { 0.9999, 999900 },
	{ 0.3, 300000 }, { 0.57, 570000 }, { 0.999999, 999999 }, { 1.0, 1000000 },
};

typedef __u64 (*distribution)(__u64 *random, size_t i);

static __u64 uniform(__u64 *random, size_t i)
{
	(void)i;
	return 1000 + random_number(random) % 100000;
}

static __u64 log_uniform(__u64 *random, size_t i)
{
	(void)i;
	return random_magnitude(random, HISTOGRAM_VALUE_BITS);
}

static __u64 constant(__u64 *random, size_t i)
{
	(void)random;
	(void)i;
	return 1234567;
}

static __u64 bimodal(__u64 *random, size_t i)
{
	return i % 100 ? 350 + random_number(random) % 50 : 2000000 + random_number(random) % 90000;
}

static __u64 tiny(__u64 *random, size_t i)
{
	(void)i;
	return random_number(random) % 70;
}

static __u64 ends_of_slots(__u64 *random, size_t i)
{
	unsigned int slot = (unsigned int)(random_number(random) % HISTOGRAM_SLOTS);

	return i % 2 ? histogram_slot_low(slot) : histogram_slot_high(slot);
}

static const distribution distributions[] = { uniform, log_uniform, constant,
					      bimodal, tiny,	    ends_of_slots };

static void add_sample(struct report_row *row, __u64 sample)
{
	if (!row->count++ || sample < row->min_ns)
		row->min_ns = sample;
	if (sample > row->max_ns)
		row->max_ns = sample;
	row->sum_ns += sample;
	row->slots[histogram_slot(sample)]++;
}

static void check_percentile(const struct report_row *row, const __u64 *sorted, size_t which)
{
	__u64 rank = (row->count * fractions[which].millionths + 999999) / 1000000;
	__u64 sample = sorted[rank - 1];
	__u64 answer = report_percentile(row, fractions[which].fraction);

	assert_in_range(answer, row->min_ns, row->max_ns);
	assert_true(answer >= sample);
	assert_true((answer - sample) * HISTOGRAM_SUB_SLOTS <= sample);
	if (rank == row->count)
		assert_int_equal(answer, sample);
}

static void percentiles_are_within_the_bound(void **state)
{
	static __u64 samples[MOST_SAMPLES];
	__u64 random = 1;

	(void)state;
	for (size_t of = 0; of < COUNT_OF(distributions); of++) {
		for (size_t i = 0; i < COUNT_OF(sample_counts); i++) {
			struct report_row row = { 0 };

			for (size_t j = 0; j < sample_counts[i]; j++) {
				samples[j] = distributions[of](&random, j);
				add_sample(&row, samples[j]);
			}
			qsort(samples, row.count, sizeof(samples[0]), compare_samples);
			for (size_t j = 0; j < COUNT_OF(fractions); j++)
				check_percentile(&row, samples, j);
		}
	}
}

/* below samples of 1 ns, above samples of 2 ns: both slots are exact. */
static __u64 percentile_of_two(__u64 below, __u64 above, double fraction)
{
	static struct report_row row = { .min_ns = 1, .max_ns = 2 };

	row.count = below + above;
	row.slots[1] = below;
	row.slots[2] = above;
	return report_percentile(&row, fraction);
}

static void ranks_are_exact(void **state)
{
	const __u64 quintillion = 1000000000000000000;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fractions); i++) {
		double fraction = fractions[i].fraction;
		__u64 millionths = fractions[i].millionths;

		for (__u64 count = 1; count < 20000; count++) {
			__u64 rank = (count * millionths + 999999) / 1000000;

			assert_int_equal(percentile_of_two(rank, count - rank, fraction), 1);
			assert_int_equal(percentile_of_two(rank - 1, count - rank + 1, fraction),
					 2);
		}
		/* Too many for a double to tell them apart. */
		millionths *= quintillion / 1000000;
		assert_int_equal(percentile_of_two(millionths, quintillion - millionths, fraction),
				 1);
		assert_int_equal(percentile_of_two(millionths - 1, quintillion - millionths + 1,
						   fraction),
				 2);
	}
	/* Some products with a million are a little less than the whole number they mean. */
	for (__u64 millionths = 1; millionths <= 1000000; millionths += 3) {
		double fraction = (double)millionths / 1000000;

		assert_int_equal(percentile_of_two(millionths, 1000000 - millionths, fraction), 1);
		assert_int_equal(percentile_of_two(millionths - 1, 1000001 - millionths, fraction),
				 2);
	}
	assert_int_equal(percentile_of_two(999, 1, 0.999), 1);
	assert_int_equal(percentile_of_two(998, 2, 0.999), 2);
	assert_int_equal(percentile_of_two(1ULL << 63, (1ULL << 63) - 1, 0.5), 1);
}

static void any_fraction_has_an_answer(void **state)
{
	struct report_row row = { 0 };

	(void)state;
	add_sample(&row, 1000001);
	add_sample(&row, 5000000);
	assert_int_equal(report_percentile(&row, 1e-12), report_percentile(&row, 0.5));
	assert_int_equal(percentile_of_two(1, 1, 0), 1);
	assert_int_equal(percentile_of_two(1, 1, -1), 1);
	assert_int_equal(percentile_of_two(1, 1, NAN), 1);
	assert_int_equal(percentile_of_two(1, 1, 1e-12), 1);
	assert_int_equal(percentile_of_two(1, 1, 2), 2);
	assert_int_equal(percentile_of_two(1, 1, INFINITY), 2);
}

static void percentiles_rise_with_the_fraction(void **state)
{
	struct report_row row = { 0 };
	__u64 random = 2, before = 0;

	(void)state;
	for (size_t i = 0; i < 997; i++)
		add_sample(&row, log_uniform(&random, i));
	for (int i = 1; i <= 1000; i++) {
		__u64 answer = report_percentile(&row, i / 1000.0);

		assert_true(answer >= before);
		before = answer;
	}
}

static void an_empty_row_is_zero(void **state)
{
	const struct report_row row = { 0 };

	(void)state;
	assert_int_equal(report_percentile(&row, 0.5), 0);
	assert_int_equal(report_percentile(&row, 1), 0);
	assert_int_equal(report_mean(&row), 0);
}

/* Above the histogram's range the maximum is all that is known. */
static void what_is_off_the_scale_is_the_maximum(void **state)
{
	struct report_row row = { 0 };

	(void)state;
	add_sample(&row, 5);
	add_sample(&row, HISTOGRAM_MAX_VALUE + 1);
	add_sample(&row, HISTOGRAM_MAX_VALUE * 7);
	assert_int_equal(report_percentile(&row, 0.3), 5);
	assert_int_equal(report_percentile(&row, 0.5), HISTOGRAM_MAX_VALUE * 7);
	assert_int_equal(report_percentile(&row, 1), HISTOGRAM_MAX_VALUE * 7);
}

static void extremes_narrow_a_slot(void **state)
{
	struct report_row row = { 0 };

	(void)state;
	/* 1000001..1000003: one slot, much wider. */
	for (int i = 1; i <= 3; i++)
		add_sample(&row, 1000000 + i);
	assert_int_equal(report_percentile(&row, 0.01), 1000003);
	assert_int_equal(report_percentile(&row, 1), 1000003);
	/* Not below the minimum, even if the histogram says so. */
	row.min_ns = row.max_ns = 5000000;
	assert_int_equal(report_percentile(&row, 0.5), 5000000);
}

static void means_are_rounded(void **state)
{
	static const struct {
		__u64 sum, count, mean;
	} cases[] = {
		{ 10, 1, 10 },	     { 10, 3, 3 },
		{ 11, 3, 4 },	     { 3, 2, 2 },
		{ 5, 2, 3 },	     { 7, 5, 1 },
		{ 8, 5, 2 },	     { 1, 3, 0 },
		{ ~0ULL, 1, ~0ULL }, { ~0ULL, 2, 1ULL << 63 },
		{ 5, ~0ULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct report_row row = {
			.sum_ns = cases[i].sum,
			.count = cases[i].count,
			.max_ns = ~0ULL,
		};

		assert_int_equal(report_mean(&row), cases[i].mean);
	}
}

static void means_are_between_the_extremes(void **state)
{
	struct report_row row = { .count = 1, .sum_ns = 900, .min_ns = 100, .max_ns = 200 };

	(void)state;
	assert_int_equal(report_mean(&row), 200);
	row.sum_ns = 0;
	assert_int_equal(report_mean(&row), 100);
}

static void all_is_lost_but_what_is_in_flight(void **state)
{
	struct report_losses losses = { .in_flight = 7 };

	(void)state;
	assert_int_equal(report_lost(&losses), 0);
	for (int cause = 0; cause < LOSSES; cause++) {
		losses.by_cause[cause] = 1000;
		assert_int_equal(report_lost(&losses), 1000);
		losses.by_cause[cause] = 0;
	}
	losses.missed_runs = 1;
	losses.missed_probes = 20;
	losses.unattached = 300;
	losses.by_cause[0] = 4000;
	losses.by_cause[LOSSES - 1] = 50000;
	assert_int_equal(report_lost(&losses), 54321);
}

static struct report_row named_row(const char *device, __u16 region, __u16 operation, __u32 width)
{
	struct report_row row = {
		.key = { .region = region, .operation = operation, .width = width }
	};

	strncpy(row.device, device, sizeof(row.device) - 1);
	return row;
}

/* Rows of device "0".."4" with a different order in each measure. */
#define SORTED_ROWS 5
static const int order_by[ORDERS][SORTED_ROWS] = {
	[ORDER_TOTAL_TIME] = { 0, 1, 2, 3, 4 }, [ORDER_COUNT] = { 1, 2, 3, 4, 0 },
	[ORDER_ERRORS] = { 2, 0, 3, 1, 4 },	[ORDER_MEAN] = { 0, 4, 3, 2, 1 },
	[ORDER_P50] = { 3, 0, 4, 1, 2 },	[ORDER_P99] = { 4, 3, 0, 2, 1 },
	[ORDER_MAX] = { 4, 3, 0, 2, 1 },	[ORDER_NAME] = { 0, 1, 2, 3, 4 },
};

/* count operations at low_ns, a hundredth of them at high_ns; sum is given, it need not fit. */
static void fill_row(struct report_row *row, __u64 count, __u64 low_ns, __u64 high_ns, __u64 sum_ns)
{
	row->count = count;
	row->slots[histogram_slot(low_ns)] += count - count / 50;
	row->slots[histogram_slot(high_ns)] += count / 50;
	row->min_ns = low_ns;
	row->max_ns = high_ns;
	row->sum_ns = sum_ns;
}

static void fill_report(struct report_row *rows)
{
	static const __u64 errors[SORTED_ROWS] = { 40, 20, 50, 30, 10 };
	const char *const names[SORTED_ROWS] = { "0", "1", "2", "3", "4" };

	for (int i = 0; i < SORTED_ROWS; i++) {
		rows[i] = named_row(names[i], 0, OPERATION_READ, 4);
		rows[i].errors = errors[i];
	}
	fill_row(&rows[0], 100, 40, 9000, 900000);  /* mean 9000 */
	fill_row(&rows[1], 1000, 20, 700, 800000);  /* mean 700, clipped from 800 */
	fill_row(&rows[2], 900, 10, 800, 700000);   /* mean 778 */
	fill_row(&rows[3], 700, 50, 10000, 600000); /* mean 857 */
	fill_row(&rows[4], 500, 30, 11000, 500000); /* mean 1000 */
}

static void rows_are_sorted(void **state)
{
	static struct report_row rows[SORTED_ROWS];
	struct report report = { .rows = rows, .row_count = SORTED_ROWS };

	(void)state;
	for (int order = 0; order < ORDERS; order++) {
		fill_report(rows);
		report_sort(&report, order);
		for (int i = 0; i < SORTED_ROWS; i++)
			assert_int_equal(rows[i].device[0] - '0', order_by[order][i]);
	}
}

#define NAMED_ROWS 12

/* In the order they must come out in. */
static void fill_named(struct report_row *rows)
{
	rows[0] = named_row("", REGION_CONFIG, OPERATION_WRITE, 8);
	rows[1] = named_row("0000:01:10.0", 2, OPERATION_IOCTL, 8);
	rows[2] = named_row("0000:01:10.0", REGION_CONFIG, OPERATION_READ, 2);
	rows[3] = named_row("0000:01:10.0", REGION_CONFIG, OPERATION_READ, 4);
	rows[4] = named_row("0000:01:10.0", REGION_CONFIG, OPERATION_WRITE, 1);
	rows[5] = named_row("0000:01:10.0", REGION_NONE, OPERATION_IOCTL, 0);
	rows[6] = named_row("0000:01:10.0", REGION_NONE, OPERATION_IOCTL, 0);
	rows[6].key.command = 0x3b6b;
	rows[7] = named_row("0000:01:10.1", 0, OPERATION_READ, 4);
	rows[8] = rows[7];
	strcpy(rows[8].key.comm, "qemu");
	rows[9] = rows[8];
	rows[9].key.pid = 7;
	rows[10] = rows[9];
	rows[10].key.cgroup = 9;
	rows[11] = rows[7];
	rows[11].key.device = 3; /* the same name, given again */
}

static void shuffle(struct report_row *rows, size_t count, __u64 *random)
{
	for (size_t i = count - 1; i; i--) {
		size_t other = random_number(random) % (i + 1);
		struct report_row row = rows[i];

		rows[i] = rows[other];
		rows[other] = row;
	}
}

static void equal_rows_are_sorted_by_name(void **state)
{
	static struct report_row rows[NAMED_ROWS], expected[NAMED_ROWS];
	struct report report = { .rows = rows, .row_count = NAMED_ROWS };
	__u64 random = 3;

	(void)state;
	fill_named(rows);
	fill_named(expected);
	for (int i = 0; i < 100; i++) {
		shuffle(rows, NAMED_ROWS, &random);
		report_sort(&report, i % ORDERS);
		assert_memory_equal(rows, expected, sizeof(rows));
	}
}

static void an_empty_report_is_sorted(void **state)
{
	struct report report = { 0 };

	(void)state;
	report_sort(&report, ORDER_TOTAL_TIME);
	assert_null(report.rows);
}

static void orders_have_names(void **state)
{
	(void)state;
	for (int order = 0; order < ORDERS; order++) {
		assert_non_null(report_order_name(order));
		assert_int_equal(report_order_number(report_order_name(order)), order);
	}
	assert_int_equal(report_order_number("p99"), ORDER_P99);
	assert_int_equal(report_order_number("time"), ORDER_TOTAL_TIME);
	assert_int_equal(report_order_number("P99"), -1);
	assert_int_equal(report_order_number(""), -1);
	assert_null(report_order_name(ORDERS));
	assert_null(report_order_name(-1));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(percentiles_are_within_the_bound),
	cmocka_unit_test(ranks_are_exact),
	cmocka_unit_test(any_fraction_has_an_answer),
	cmocka_unit_test(percentiles_rise_with_the_fraction),
	cmocka_unit_test(an_empty_row_is_zero),
	cmocka_unit_test(what_is_off_the_scale_is_the_maximum),
	cmocka_unit_test(extremes_narrow_a_slot),
	cmocka_unit_test(means_are_rounded),
	cmocka_unit_test(means_are_between_the_extremes),
	cmocka_unit_test(all_is_lost_but_what_is_in_flight),
	cmocka_unit_test(rows_are_sorted),
	cmocka_unit_test(equal_rows_are_sorted_by_name),
	cmocka_unit_test(an_empty_report_is_sorted),
	cmocka_unit_test(orders_have_names),
};

RUN_TESTS(tests)
