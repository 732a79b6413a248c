/* SPDX-License-Identifier: GPL-2.0-only */
/* Latencies and failures of one operation: recorded by one thread, merged afterwards. */
#ifndef CLIENT_STATS_H
#define CLIENT_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_ERRNOS 16

struct stats_errno {
	int err;
	uint64_t count;
};

struct stats {
	uint64_t count;	     /* calls made, failed ones included */
	uint64_t errors;     /* calls that failed, expected or not */
	uint64_t unexpected; /* operations that did not end as the command line says */
	uint64_t bytes;
	uint64_t sum_ns, min_ns, max_ns;
	uint64_t *samples;
	size_t nr_samples, room;
	struct stats_errno errnos[STATS_ERRNOS];
	bool has_value; /* the last value read, of up to 8 bytes */
	uint64_t value;
};

/* @budget: how many samples may still be kept; counts and sums stay exact without. */
void stats_add(struct stats *stats, uint64_t *budget, uint64_t ns, int err, uint64_t bytes);
void stats_merge(struct stats *into, const struct stats *from);
void stats_sort(struct stats *stats);
/* Nearest rank, of a sorted struct stats: a value that was really measured. */
uint64_t stats_percentile(const struct stats *stats, unsigned int percent);
void stats_free(struct stats *stats);

#endif
