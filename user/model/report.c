// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include <stdlib.h>
#include <string.h>

#define MILLION 1000000

/* ceil(fraction * count), from 1 to count, in integers. */
static __u64 rank_of(double fraction, __u64 count)
{
	__u64 millionths, rank;

	if (!(fraction > 0)) /* NaN too */
		return 1;
	if (fraction >= 1)
		return count;
	millionths = (__u64)(fraction * MILLION + 0.5);
	/* In two parts: count * millionths may not fit. */
	rank = count / MILLION * millionths;
	rank += (count % MILLION * millionths + MILLION - 1) / MILLION;
	return rank ? rank : 1;
}

/* The slot that the value of a rank, counted from 1, is in. */
static unsigned int slot_of_rank(const struct report_row *row, __u64 rank)
{
	unsigned int slot = 0;

	while (slot < HISTOGRAM_SLOTS - 1 && rank > row->slots[slot])
		rank -= row->slots[slot++];
	return slot;
}

/*
 * The end of the slot that the sample is in is less than the slot's width off; the
 * width is at most 1/32 of the slot's low end, and the sample is at least that.
 * Nothing is above the maximum, and the last slot has no other end.
 */
__u64 report_percentile(const struct report_row *row, double fraction)
{
	unsigned int slot;
	__u64 high;

	if (!row->count)
		return 0;
	slot = slot_of_rank(row, rank_of(fraction, row->count));
	high = histogram_slot_high(slot);
	if (slot == HISTOGRAM_SLOTS - 1 || high > row->max_ns)
		high = row->max_ns;
	return high < row->min_ns ? row->min_ns : high;
}

/*
 * An operation that ends while the counters are read may be in the sum and not in the
 * slots, or the other way round: the mean of few operations must not be absurd for it.
 */
__u64 report_mean(const struct report_row *row)
{
	__u64 mean;

	if (!row->count)
		return 0;
	mean = row->sum_ns / row->count;
	if (row->sum_ns % row->count >= row->count - row->count / 2)
		mean++;
	if (mean > row->max_ns)
		mean = row->max_ns;
	return mean < row->min_ns ? row->min_ns : mean;
}

__u64 report_lost(const struct report_losses *losses)
{
	__u64 lost = losses->missed_runs + losses->missed_probes + losses->unattached;

	for (unsigned int cause = 0; cause < LOSSES; cause++)
		lost += losses->by_cause[cause];
	return lost;
}

static const char *const order_names[ORDERS] = {
	[ORDER_TOTAL_TIME] = "time", [ORDER_COUNT] = "count", [ORDER_ERRORS] = "errors",
	[ORDER_MEAN] = "mean",	     [ORDER_P50] = "p50",     [ORDER_P99] = "p99",
	[ORDER_MAX] = "max",	     [ORDER_NAME] = "name",
};

const char *report_order_name(enum report_order order)
{
	return (unsigned int)order < ORDERS ? order_names[order] : NULL;
}

int report_order_number(const char *name)
{
	for (int order = 0; order < ORDERS; order++)
		if (!strcmp(name, order_names[order]))
			return order;
	return -1;
}

static __u64 sort_value(const struct report_row *row, enum report_order order)
{
	switch (order) {
	case ORDER_TOTAL_TIME:
		return row->sum_ns;
	case ORDER_COUNT:
		return row->count;
	case ORDER_ERRORS:
		return row->errors;
	case ORDER_MEAN:
		return report_mean(row);
	case ORDER_P50:
		return report_percentile(row, 0.50);
	case ORDER_P99:
		return report_percentile(row, 0.99);
	case ORDER_MAX:
		return row->max_ns;
	default:
		return 0;
	}
}

static int compare_numbers(__u64 first, __u64 second)
{
	return (first > second) - (first < second);
}

static int compare_names(const struct report_row *first, const struct report_row *second)
{
	const struct latency_key *one = &first->key, *other = &second->key;
	int order = strncmp(first->device, second->device, sizeof(first->device));

	/* Two devices in turn may have had the same name. */
	order = order ? order : compare_numbers(one->device, other->device);
	order = order ? order : compare_numbers(one->region, other->region);
	order = order ? order : compare_numbers(one->operation, other->operation);
	order = order ? order : compare_numbers(one->command, other->command);
	order = order ? order : compare_numbers(one->width, other->width);
	order = order ? order : strncmp(one->comm, other->comm, sizeof(one->comm));
	order = order ? order : compare_numbers(one->pid, other->pid);
	return order ? order : compare_numbers(one->cgroup, other->cgroup);
}

static int compare_rows(const void *first, const void *second)
{
	const struct report_row *one = first, *other = second;
	int order = compare_numbers(other->sort_value, one->sort_value);

	return order ? order : compare_names(one, other);
}

void report_sort(struct report *report, enum report_order order)
{
	/* Once for each row: a percentile walks through the histogram. */
	for (size_t i = 0; i < report->row_count; i++)
		report->rows[i].sort_value = sort_value(&report->rows[i], order);
	if (report->row_count)
		qsort(report->rows, report->row_count, sizeof(report->rows[0]), compare_rows);
}
