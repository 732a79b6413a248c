/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a report says: histograms by key over a time, and what is missing from
 * them. Pure: no I/O, no kernel. Filled in by user/latency, formatted by
 * user/render.
 */
#ifndef VFIOSCOPE_REPORT_H
#define VFIOSCOPE_REPORT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/latency.h>

#define ROW_ERRNOS 16

struct errno_count {
	int error; /* positive */
	__u64 count;
};

/* One key in one interval (or in total). */
struct report_row {
	struct latency_key key;
	char device[DEVICE_NAME_BYTES]; /* "" where devices are kept together */
	char driver[DRIVER_NAME_BYTES];
	__u32 device_flags; /* DEVICE_*; of a PCI device where devices are kept together */
	__u64 count;	    /* operations that succeeded: the sum of slots */
	__u64 errors;	    /* operations that failed */
	/*
	 * Of those that succeeded, 0 if there are none. min_ns and max_ns lie in the
	 * first and last slot in use, so that they never contradict a percentile; above
	 * HISTOGRAM_MAX_VALUE max_ns alone tells how long.
	 */
	__u64 sum_ns, min_ns, max_ns;
	__u64 device_widths[DEVICE_WIDTHS];
	struct errno_count errnos[ROW_ERRNOS];
	size_t errno_count;
	__u64 slots[HISTOGRAM_SLOTS];
	__u64 sort_value; /* for report_sort() alone */
};

/* Operations that the histograms lack, by cause. */
struct report_losses {
	__u64 by_cause[LOSSES];
	__u64 missed_runs;   /* programs that the kernel skipped: recursion */
	__u64 missed_probes; /* kprobes and kretprobes that it skipped */
	__u64 in_flight;     /* operations that have begun and not ended */
	__u64 unattached;    /* hooks that exist and could not be attached */
};

/* What keys are kept apart by: as in struct latency_config. */
struct report_parts {
	bool device, region, operation, width, pid, comm, cgroup;
};

struct report {
	bool total;		/* of the whole run, not of an interval */
	__u64 interval;		/* 1, 2, ...; 0 for a total */
	__u64 start_ns, end_ns; /* CLOCK_REALTIME */
	struct report_parts parts;
	bool device_widths; /* widths that reached the device were counted, */
	bool bar_widths;    /* those of BARs too */
	struct report_row *rows;
	size_t row_count;
	struct report_losses losses;
};

/*
 * Percentile of a row in ns, 0 if the row is empty: never below the value that
 * sorted samples would give, and at most 1/32 above it. 0 < fraction <= 1, taken to
 * the nearest millionth, so that 0.999 of 1000 is 999 and not a rounding error more.
 */
__u64 report_percentile(const struct report_row *row, double fraction);
/* To the nearest ns; 0 if the row is empty. */
__u64 report_mean(const struct report_row *row);

/*
 * Everything that makes a report incomplete, 0 if nothing does: all members but
 * in_flight, which will be counted when it ends.
 */
__u64 report_lost(const struct report_losses *losses);

enum report_order {
	ORDER_TOTAL_TIME,
	ORDER_COUNT,
	ORDER_ERRORS,
	ORDER_MEAN,
	ORDER_P50,
	ORDER_P99,
	ORDER_MAX,
	ORDER_NAME,
	ORDERS,
};

/*
 * Sorts rows, largest first. Rows that are equal in that, and all with ORDER_NAME, are
 * in the order of device names, then regions, operations and the rest of the key: two
 * reports have the same rows in the same order.
 */
void report_sort(struct report *report, enum report_order order);
/* "time", "count", ...; NULL if there is none. */
const char *report_order_name(enum report_order order);
/* The number of an order, or -1. */
int report_order_number(const char *name);

#endif
