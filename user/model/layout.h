/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes where on a screen of any size: which columns fit a width, which
 * lines a height has room for, which part of a long list is seen. Pure.
 */
#ifndef VFIOSCOPE_LAYOUT_H
#define VFIOSCOPE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/* In the order in which they are shown. */
enum layout_column {
	COLUMN_TASK,
	COLUMN_DEVICE,
	COLUMN_OPERATION,
	COLUMN_COUNT,
	COLUMN_ERRORS,
	COLUMN_TIME,
	COLUMN_MIN,
	COLUMN_MEAN,
	COLUMN_P50,
	COLUMN_P90,
	COLUMN_P99,
	COLUMN_P999,
	COLUMN_MAX,
	LAYOUT_COLUMNS
};

struct layout_table {
	unsigned int width[LAYOUT_COLUMNS]; /* 0: not shown. A space is between columns. */
};

/*
 * The columns of a screen that is `width` wide. `device` is how long the longest name
 * of a device is, 0 if there is no column for it. `sorted_by` is shown before others
 * that matter more; LAYOUT_COLUMNS: none is. The columns never take more than the
 * width, and there is always one unless the width is 0.
 */
void layout_table(struct layout_table *table, unsigned int width, bool tasks, unsigned int device,
		  enum layout_column sorted_by);

/* Lines from 0 at the top; -1: there is no room for it. */
struct layout_lines {
	int heading, losses, titles;
	int rows; /* the first row of the list */
	unsigned int row_count;
	int histogram_title;
	int histogram; /* its first line */
	unsigned int histogram_count;
	int footer;
};

/* A list over the whole height, or one of `rows` rows and a histogram below it. */
void layout_lines(struct layout_lines *lines, unsigned int height, bool histogram, size_t rows);

/* The first row to show so that the selected one is seen, moving as little as can be. */
size_t layout_scroll(size_t first, size_t selected, size_t rows, size_t seen);

/*
 * Puts those of the parts into a line of `width` that fit, in their order, which is
 * that of importance. The first is cut off if it has to be; parts that are empty or
 * NULL are left out. The line has room for width + 1 bytes.
 */
void layout_join(char *line, size_t width, const char *const *parts, size_t count);

#endif
