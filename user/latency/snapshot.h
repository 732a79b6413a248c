/* SPDX-License-Identifier: GPL-2.0-only */
/* From the kernel's counters, which only grow, to reports on intervals and on the whole. */
#ifndef VFIOSCOPE_SNAPSHOT_H
#define VFIOSCOPE_SNAPSHOT_H

#include "tracer.h"

#include "../model/report.h"

struct snapshot;

/* Counts from here on. NULL if there is no memory. */
struct snapshot *snapshot_new(const struct tracer *tracer);
void snapshot_free(struct snapshot *snapshot);

/*
 * What happened since the last call. The report belongs to the snapshot and
 * lasts until the next call. NULL if there is no memory.
 */
struct report *snapshot_interval(struct snapshot *snapshot);

/* What happened up to the last snapshot_interval(). */
struct report *snapshot_total(struct snapshot *snapshot);

#endif
