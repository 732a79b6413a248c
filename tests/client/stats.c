// SPDX-License-Identifier: GPL-2.0-only
/* Latencies and failures of one operation: recorded by one thread, merged afterwards. */
#include <stdlib.h>
#include <string.h>

#include "stats.h"

static void count_errno(struct stats *stats, int err, uint64_t count)
{
	for (unsigned int i = 0; i < STATS_ERRNOS; i++) {
		struct stats_errno *slot = &stats->errnos[i];

		if (slot->count && slot->err != err)
			continue;
		slot->err = err;
		slot->count += count;
		return;
	}
}

static bool make_room(struct stats *stats, size_t wanted)
{
	size_t room = stats->room ? stats->room : 1024;
	uint64_t *samples;

	while (room < wanted)
		room *= 2;
	if (room == stats->room)
		return true;
	samples = realloc(stats->samples, room * sizeof(*samples));
	if (!samples)
		return false;
	stats->samples = samples;
	stats->room = room;
	return true;
}

void stats_add(struct stats *stats, uint64_t *budget, uint64_t ns, int err, uint64_t bytes)
{
	if (!stats->count || ns < stats->min_ns)
		stats->min_ns = ns;
	if (ns > stats->max_ns)
		stats->max_ns = ns;
	stats->count++;
	stats->sum_ns += ns;
	stats->bytes += bytes;
	if (err) {
		stats->errors++;
		count_errno(stats, err, 1);
	}
	if (*budget && make_room(stats, stats->nr_samples + 1)) {
		stats->samples[stats->nr_samples++] = ns;
		--*budget;
	}
}

void stats_merge(struct stats *into, const struct stats *from)
{
	if (from->count) {
		if (!into->count || from->min_ns < into->min_ns)
			into->min_ns = from->min_ns;
		if (from->max_ns > into->max_ns)
			into->max_ns = from->max_ns;
	}
	into->count += from->count;
	into->errors += from->errors;
	into->unexpected += from->unexpected;
	into->bytes += from->bytes;
	into->sum_ns += from->sum_ns;
	for (unsigned int i = 0; i < STATS_ERRNOS && from->errnos[i].count; i++)
		count_errno(into, from->errnos[i].err, from->errnos[i].count);
	if (from->nr_samples && make_room(into, into->nr_samples + from->nr_samples)) {
		memcpy(into->samples + into->nr_samples, from->samples,
		       from->nr_samples * sizeof(*from->samples));
		into->nr_samples += from->nr_samples;
	}
	if (from->has_value) {
		into->has_value = true;
		into->value = from->value;
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void stats_sort(struct stats *stats)
{
	if (stats->nr_samples)
		qsort(stats->samples, stats->nr_samples, sizeof(*stats->samples), compare);
}

uint64_t stats_percentile(const struct stats *stats, unsigned int percent)
{
	size_t rank;

	if (!stats->nr_samples)
		return 0;
	rank = (stats->nr_samples * percent + 99) / 100;
	return stats->samples[rank ? rank - 1 : 0];
}

void stats_free(struct stats *stats)
{
	free(stats->samples);
	memset(stats, 0, sizeof(*stats));
}
