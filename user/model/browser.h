/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What somebody who looks at reports one after the other sees: which rows, in which
 * order, which one is selected, and what a key does to that. Pure: the screen draws it.
 */
#ifndef VFIOSCOPE_BROWSER_H
#define VFIOSCOPE_BROWSER_H

#include "report.h"

#include <stdbool.h>
#include <stddef.h>

struct browser {
	/* Copies: they stay while new reports come. */
	struct report interval, total;
	size_t interval_room, total_room;
	/* What is shown: rows of one of the two, sorted. */
	const struct report_row **rows;
	size_t row_count, row_room;
	size_t selected; /* an index of rows */
	size_t first;	 /* the row at the top of the screen */
	size_t page;	 /* rows that a screen shows */
	enum report_order order;
	bool show_total; /* not the interval */
	bool paused;
	bool help;
	bool finished;
	/* Only the rows of one device, and a histogram. */
	bool in_device;
	char device[DEVICE_NAME_BYTES];
	/* The row that was chosen stays selected when the order changes. */
	bool has_chosen;
	struct latency_key chosen;
};

enum browser_action {
	BROWSER_NOTHING,
	BROWSER_UP,
	BROWSER_DOWN,
	BROWSER_PAGE_UP,
	BROWSER_PAGE_DOWN,
	BROWSER_HOME,
	BROWSER_END,
	BROWSER_ENTER,
	BROWSER_BACK,
	BROWSER_QUIT, /* goes back first, where there is something to go back to */
	BROWSER_NEXT_ORDER,
	BROWSER_PREVIOUS_ORDER,
	BROWSER_PAUSE,
	BROWSER_TOTAL,
	BROWSER_HELP,
	BROWSER_OTHER, /* a key that has no meaning */
};

void browser_init(struct browser *browser, enum report_order order);
void browser_release(struct browser *browser);

/*
 * An interval's report and the total at its end; both are copied. The interval is
 * taken first: it is shown together with the total. Nothing changes while the display
 * is paused. 0, or -1 if there is no memory.
 */
int browser_take(struct browser *browser, const struct report *report);

void browser_do(struct browser *browser, enum browser_action action);

/* What the rows belong to. */
const struct report *browser_report(const struct browser *browser);
/* NULL if there are no rows. */
const struct report_row *browser_selected(const struct browser *browser);
/* The total of the selected row; NULL if there is none. */
const struct report_row *browser_selected_total(const struct browser *browser);

/* Tells how many rows the screen has room for; browser->first is right after that. */
void browser_fit(struct browser *browser, size_t page);

/* Operations of a report, those that failed too, and how many that is in a second. */
__u64 browser_operations(const struct report *report);
double browser_rate(const struct report *report, __u64 count);

#endif
