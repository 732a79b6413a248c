// SPDX-License-Identifier: GPL-2.0-only
#include "cells.h"

#include "latency.h"
#include "plain.h"

#include "../model/browser.h"
#include "../model/parse.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *title;
	bool is_text; /* begins at the left */
	double fraction;
} columns[LAYOUT_COLUMNS] = {
	[COLUMN_TASK] = { "TASK", .is_text = true },
	[COLUMN_DEVICE] = { "DEVICE", .is_text = true },
	[COLUMN_OPERATION] = { "OPERATION", .is_text = true },
	[COLUMN_COUNT] = { "COUNT" },
	[COLUMN_ERRORS] = { "ERROR" },
	[COLUMN_TIME] = { "TIME" },
	[COLUMN_MIN] = { "MIN" },
	[COLUMN_MEAN] = { "MEAN" },
	[COLUMN_P50] = { "P50", .fraction = 0.5 },
	[COLUMN_P90] = { "P90", .fraction = 0.9 },
	[COLUMN_P99] = { "P99", .fraction = 0.99 },
	[COLUMN_P999] = { "P99.9", .fraction = 0.999 },
	[COLUMN_MAX] = { "MAX" },
};

enum layout_column render_order_column(enum report_order order)
{
	switch (order) {
	case ORDER_COUNT:
		return COLUMN_COUNT;
	case ORDER_ERRORS:
		return COLUMN_ERRORS;
	case ORDER_MEAN:
		return COLUMN_MEAN;
	case ORDER_P50:
		return COLUMN_P50;
	case ORDER_P99:
		return COLUMN_P99;
	case ORDER_MAX:
		return COLUMN_MAX;
	default:
		return LAYOUT_COLUMNS;
	}
}

/* Numbers end at the right end of a column, text begins at the left. */
static void fit(char cell[CELL_BYTES], enum layout_column column, unsigned int width,
		const char *text)
{
	int places = width < CELL_BYTES ? (int)width : CELL_BYTES - 1;

	snprintf(cell, CELL_BYTES, "%*.*s", columns[column].is_text ? -places : places, places,
		 text);
	render_plain(cell);
}

void render_title_cell(char cell[CELL_BYTES], enum layout_column column, unsigned int width,
		       const struct report *report)
{
	bool is_rate = column == COLUMN_COUNT && !report->total;

	fit(cell, column, width, is_rate ? "OPS/S" : columns[column].title);
}

/* A number that is too long for the column is rounded, not cut off. */
static const char *count_text(char text[COUNT_TEXT_BYTES], __u64 count, unsigned int width)
{
	format_count(count, text);
	if (strlen(text) > width)
		snprintf(text, COUNT_TEXT_BYTES, width < 5 ? "%.0fM" : "%.1fM",
			 (double)count / 1e6);
	if (strlen(text) > width && width)
		snprintf(text, COUNT_TEXT_BYTES, ">");
	return text;
}

/* What is rare is not nothing: "0.2" a second. */
static const char *rate_text(char text[COUNT_TEXT_BYTES], const struct report *report, __u64 count,
			     unsigned int width)
{
	double rate = browser_rate(report, count);

	if (rate >= 9.95 || !count)
		return count_text(text, (__u64)(rate + 0.5), width);
	snprintf(text, COUNT_TEXT_BYTES, rate < 0.1 ? "<0.1" : "%.1f", rate);
	return text;
}

static const char *time_text(char text[TIME_TEXT_BYTES], enum layout_column column,
			     const struct report_row *row)
{
	switch (column) {
	case COLUMN_TIME:
		return format_time(row->sum_ns, text);
	case COLUMN_MIN:
		return format_time(row->min_ns, text);
	case COLUMN_MEAN:
		return format_time(report_mean(row), text);
	case COLUMN_MAX:
		return format_time(row->max_ns, text);
	default:
		return format_time(report_percentile(row, columns[column].fraction), text);
	}
}

static const char *cell_text(char text[CELL_BYTES], enum layout_column column, unsigned int width,
			     const struct report *report, const struct report_row *row)
{
	switch (column) {
	case COLUMN_TASK:
		return render_row_task(report, row, text);
	case COLUMN_DEVICE:
		return row->device;
	case COLUMN_OPERATION:
		return render_row_title(report, row, text);
	case COLUMN_COUNT:
		return report->total ? count_text(text, row->count, width) :
				       rate_text(text, report, row->count, width);
	case COLUMN_ERRORS:
		return count_text(text, row->errors, width);
	default:
		return row->count ? time_text(text, column, row) : "-";
	}
}

void render_cell(char cell[CELL_BYTES], enum layout_column column, unsigned int width,
		 const struct report *report, const struct report_row *row)
{
	char text[CELL_BYTES];

	_Static_assert(CELL_BYTES >= ROW_TITLE_BYTES && CELL_BYTES >= ROW_TASK_BYTES,
		       "a cell has room for any text");
	fit(cell, column, width, cell_text(text, column, width, report, row));
}
