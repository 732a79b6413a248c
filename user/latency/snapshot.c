// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot.h"

#include "../clock.h"

#include <stdlib.h>
#include <string.h>

struct snapshot {
	const struct tracer *tracer;
	struct report report;	     /* handed out: the rows that are not empty */
	struct report_row *history;  /* what was counted so far; row i is key i of the kernel */
	size_t keys;		     /* used in history */
	size_t room;		     /* rows that both have memory for */
	struct report_losses losses; /* so far */
	/* Failures of all keys by errno, read once for a report that has any. */
	struct errno_key errno_keys[MAX_ERRNOS];
	__u64 errno_counts[MAX_ERRNOS];
	size_t errnos;
	bool has_errnos;
	__u64 intervals, start_ns, last_ns;
};

struct snapshot *snapshot_new(const struct tracer *tracer)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	const struct latency_config *config = &tracer_options(tracer)->config;

	if (!snapshot)
		return NULL;
	snapshot->tracer = tracer;
	snapshot->start_ns = snapshot->last_ns = clock_ns(CLOCK_REALTIME);
	snapshot->report.parts = (struct report_parts){
		.device = config->by_device,
		.region = config->by_region,
		.operation = config->by_operation,
		.width = config->by_width,
		.pid = config->by_pid,
		.comm = config->by_comm,
		.cgroup = config->by_cgroup,
	};
	snapshot->report.device_widths = tracer_options(tracer)->groups[HOOK_GROUP_DEVICE_ACCESS];
	snapshot->report.bar_widths = tracer_sees_bar_widths(tracer);
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->report.rows);
	free(snapshot->history);
	free(snapshot);
}

static int resize(struct report_row **rows, size_t before, size_t after)
{
	struct report_row *larger = realloc(*rows, after * sizeof(*larger));

	if (!larger)
		return -1;
	memset(larger + before, 0, (after - before) * sizeof(*larger));
	*rows = larger;
	return 0;
}

static int make_room(struct snapshot *snapshot, size_t keys)
{
	if (keys <= snapshot->room)
		return 0;
	if (resize(&snapshot->history, snapshot->room, keys) ||
	    resize(&snapshot->report.rows, snapshot->room, keys))
		return -1;
	snapshot->room = keys;
	return 0;
}

/* The largest and smallest of the interval: they are the snapshot's, the kernel starts anew. */
static void take_extremes(struct latency_stats *stats, __u64 *min_ns, __u64 *max_ns)
{
	*max_ns = __atomic_exchange_n(&stats->max_ns, 0, __ATOMIC_RELAXED);
	*min_ns = ~__atomic_exchange_n(&stats->min_inverted_ns, 0, __ATOMIC_RELAXED);
}

/*
 * An operation that ends in this moment may have its place in the histogram in
 * one interval and be the largest in the next. What does not fit the histogram
 * is replaced by the end of its outermost slot.
 */
static void fit_extremes(struct report_row *row)
{
	unsigned int first = 0, last = HISTOGRAM_SLOTS - 1;

	if (!row->count) {
		row->min_ns = row->max_ns = 0;
		return;
	}
	while (!row->slots[first])
		first++;
	while (!row->slots[last])
		last--;
	if (row->min_ns < histogram_slot_low(first) || row->min_ns > histogram_slot_high(first))
		row->min_ns = histogram_slot_low(first);
	if (row->max_ns < histogram_slot_low(last) ||
	    (row->max_ns > histogram_slot_high(last) && last < HISTOGRAM_SLOTS - 1))
		row->max_ns = histogram_slot_high(last);
}

static void describe_row(const struct snapshot *snapshot, const struct latency_stats *stats,
			 struct report_row *row)
{
	const struct device_info *device = tracer_device(snapshot->tracer, stats->key.device);

	row->key = stats->key;
	row->device_flags = DEVICE_IS_PCI;
	if (!device || !stats->key.device)
		return;
	memcpy(row->device, device->name, sizeof(row->device));
	memcpy(row->driver, device->driver, sizeof(row->driver));
	row->device_flags = device->flags;
}

static void read_errnos(struct snapshot *snapshot)
{
	if (!snapshot->has_errnos)
		snapshot->errnos = tracer_errnos(snapshot->tracer, snapshot->errno_keys,
						 snapshot->errno_counts);
	snapshot->has_errnos = true;
}

/* One errno of a key: its place in the total, NULL if there is no room. */
static struct errno_count *errno_in(struct report_row *total, int error)
{
	for (size_t i = 0; i < total->errno_count; i++)
		if (total->errnos[i].error == error)
			return &total->errnos[i];
	if (total->errno_count >= ROW_ERRNOS)
		return NULL;
	total->errnos[total->errno_count] = (struct errno_count){ .error = error };
	return &total->errnos[total->errno_count++];
}

static void take_errnos(struct snapshot *snapshot, __u32 key, struct report_row *interval,
			struct report_row *total)
{
	read_errnos(snapshot);
	for (size_t i = 0; i < snapshot->errnos; i++) {
		__u64 now = snapshot->errno_counts[i];
		struct errno_count *before;

		if (snapshot->errno_keys[i].key != key)
			continue;
		before = errno_in(total, snapshot->errno_keys[i].error);
		if (!before || before->count == now)
			continue;
		interval->errnos[interval->errno_count].error = before->error;
		interval->errnos[interval->errno_count++].count = now - before->count;
		before->count = now;
	}
}

/* One key: what is new goes into the interval's row, all into the total's. */
static void take_row(struct snapshot *snapshot, __u32 key, struct latency_stats *stats,
		     struct report_row *interval, struct report_row *total)
{
	__u64 min_ns, max_ns, value;

	interval->count = 0;
	interval->errno_count = 0;
	for (unsigned int slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
		value = __atomic_load_n(&stats->slots[slot], __ATOMIC_RELAXED);
		interval->slots[slot] = value - total->slots[slot];
		interval->count += interval->slots[slot];
		total->slots[slot] = value;
	}
	value = __atomic_load_n(&stats->sum_ns, __ATOMIC_RELAXED);
	interval->sum_ns = value - total->sum_ns;
	total->sum_ns = value;
	value = __atomic_load_n(&stats->errors, __ATOMIC_RELAXED);
	interval->errors = value - total->errors;
	total->errors = value;
	for (unsigned int i = 0; i < DEVICE_WIDTHS; i++) {
		value = __atomic_load_n(&stats->device_widths[i], __ATOMIC_RELAXED);
		interval->device_widths[i] = value - total->device_widths[i];
		total->device_widths[i] = value;
	}
	if (total->errors)
		take_errnos(snapshot, key, interval, total);
	take_extremes(stats, &min_ns, &max_ns);
	interval->min_ns = min_ns;
	interval->max_ns = max_ns;
	if (!total->count || min_ns < total->min_ns)
		total->min_ns = min_ns;
	if (max_ns > total->max_ns)
		total->max_ns = max_ns;
	total->count += interval->count;
	fit_extremes(interval);
	fit_extremes(total);
	describe_row(snapshot, stats, total);
	describe_row(snapshot, stats, interval);
}

static void subtract_losses(struct report_losses *interval, const struct report_losses *now,
			    const struct report_losses *before)
{
	*interval = *now; /* in_flight and unattached are not counters */
	for (unsigned int cause = 0; cause < LOSSES; cause++)
		interval->by_cause[cause] -= before->by_cause[cause];
	interval->missed_runs -= before->missed_runs;
	interval->missed_probes -= before->missed_probes;
}

struct report *snapshot_interval(struct snapshot *snapshot)
{
	struct report *report = &snapshot->report;
	struct latency_stats *stats;
	struct report_losses losses;
	__u32 keys;

	stats = tracer_stats(snapshot->tracer, &keys);
	if (make_room(snapshot, keys))
		return NULL;
	report->total = false;
	report->interval = ++snapshot->intervals;
	report->start_ns = snapshot->last_ns;
	report->end_ns = snapshot->last_ns = clock_ns(CLOCK_REALTIME);
	report->row_count = 0;
	snapshot->has_errnos = false;
	for (__u32 key = 0; key < keys; key++) {
		struct report_row *row = &report->rows[report->row_count];

		if (!__atomic_load_n(&stats[key].used, __ATOMIC_ACQUIRE))
			continue;
		take_row(snapshot, key, &stats[key], row, &snapshot->history[key]);
		if (row->count || row->errors)
			report->row_count++;
	}
	snapshot->keys = keys;
	tracer_losses(snapshot->tracer, &losses);
	subtract_losses(&report->losses, &losses, &snapshot->losses);
	snapshot->losses = losses;
	return report;
}

struct report *snapshot_total(struct snapshot *snapshot)
{
	struct report *report = &snapshot->report;

	report->total = true;
	report->interval = 0;
	report->start_ns = snapshot->start_ns;
	report->end_ns = snapshot->last_ns;
	report->row_count = 0;
	for (size_t key = 0; key < snapshot->keys; key++)
		if (snapshot->history[key].count || snapshot->history[key].errors)
			report->rows[report->row_count++] = snapshot->history[key];
	report->losses = snapshot->losses;
	return report;
}
