// SPDX-License-Identifier: GPL-2.0-only
#include "layout.h"

#include <string.h>

#define NUMBER 6 /* format_time() */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What a screen gains as it gets wider, most important first. */
static const struct growth {
	enum layout_column column;
	unsigned int width;
} growths[] = {
	/* clang-format off */
	{ COLUMN_COUNT, NUMBER },
	{ COLUMN_TASK, 7 },
	{ COLUMN_OPERATION, 13 }, /* "config read 4" */
	{ COLUMN_P99, NUMBER },
	{ COLUMN_OPERATION, 16 },
	{ COLUMN_DEVICE, 12 }, /* "0000:01:10.0" */
	{ COLUMN_TASK, 16 }, /* "12345 qemu-syste" */
	{ COLUMN_P50, NUMBER },
	{ COLUMN_MAX, NUMBER },
	{ COLUMN_OPERATION, 19 }, /* "DEVICE_GET_IRQ_INFO" */
	{ COLUMN_ERRORS, 5 },
	{ COLUMN_OPERATION, 22 }, /* "DEVICE_GET_REGION_INFO" */
	{ COLUMN_MEAN, NUMBER },
	{ COLUMN_COUNT, 7 },
	{ COLUMN_P90, NUMBER },
	{ COLUMN_P999, NUMBER },
	{ COLUMN_MIN, NUMBER },
	{ COLUMN_TASK, 22 },
	{ COLUMN_TIME, NUMBER },
	{ COLUMN_OPERATION, 30 },
	{ COLUMN_DEVICE, 36 }, /* the UUID of a mediated device */
	/* clang-format on */
};

static unsigned int table_width(const struct layout_table *table)
{
	unsigned int width = 0;

	for (size_t column = 0; column < LAYOUT_COLUMNS; column++)
		if (table->width[column])
			width += table->width[column] + (width ? 1 : 0);
	return width;
}

/* A column that is there grows as far as it can; another comes whole or not at all. */
static void grow(struct layout_table *table, unsigned int width, enum layout_column column,
		 unsigned int to)
{
	unsigned int before = table->width[column], used;

	if (before >= to)
		return;
	table->width[column] = to;
	used = table_width(table);
	if (used <= width)
		return;
	table->width[column] = before && used - width < to - before ? to - (used - width) : before;
}

void layout_table(struct layout_table *table, unsigned int width, bool tasks, unsigned int device,
		  enum layout_column sorted_by)
{
	bool full = false;

	memset(table, 0, sizeof(*table));
	table->width[COLUMN_OPERATION] = width < 8 ? width : 8;
	if (sorted_by < LAYOUT_COLUMNS && sorted_by > COLUMN_OPERATION)
		grow(table, width, sorted_by, sorted_by == COLUMN_ERRORS ? 5 : NUMBER);
	for (size_t i = 0; i < COUNT_OF(growths); i++) {
		enum layout_column column = growths[i].column;
		unsigned int to = growths[i].width;

		if (column == COLUMN_TASK && !tasks)
			continue;
		if (column == COLUMN_DEVICE && to > device)
			to = device;
		/* A wider screen would have to take away what came in place of a wide column. */
		if (full && !table->width[column])
			continue;
		grow(table, width, column, to);
		full |= to && !table->width[column];
	}
}

/* Takes lines from what is left of a height, if there are so many. */
static int take(unsigned int *next, unsigned int *left, unsigned int count)
{
	int line = (int)*next;

	if (!count || *left < count)
		return -1;
	*next += count;
	*left -= count;
	return line;
}

/* How many rows there are beside a histogram: up to half, the histogram has the rest. */
static unsigned int rows_beside(unsigned int left, size_t rows)
{
	unsigned int most = left / 2 > 1 ? left / 2 : 1;

	if (!rows)
		rows = 1;
	return rows < most ? (unsigned int)rows : most;
}

void layout_lines(struct layout_lines *lines, unsigned int height, bool histogram, size_t rows)
{
	unsigned int next = 0, left = height;

	*lines = (struct layout_lines){ .heading = take(&next, &left, 1) };
	/* What is lost is never hidden by what is nice to have. */
	lines->losses = take(&next, &left, 1);
	lines->footer = left >= 4 ? (int)height - 1 : -1;
	left -= lines->footer >= 0;
	lines->titles = left >= 2 ? take(&next, &left, 1) : -1;
	lines->row_count = histogram ? rows_beside(left, rows) : left;
	if (lines->row_count > left)
		lines->row_count = left;
	lines->rows = take(&next, &left, lines->row_count);
	lines->histogram_title = histogram && left >= 2 ? take(&next, &left, 1) : -1;
	lines->histogram_count = lines->histogram_title >= 0 ? left : 0;
	lines->histogram = take(&next, &left, lines->histogram_count);
}

size_t layout_scroll(size_t first, size_t selected, size_t rows, size_t seen)
{
	if (!seen || rows <= seen)
		return 0;
	if (selected < first)
		first = selected;
	if (selected >= first + seen)
		first = selected - seen + 1;
	/* No empty lines at the end while there are rows above. */
	return first > rows - seen ? rows - seen : first;
}

void layout_join(char *line, size_t width, const char *const *parts, size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		size_t length = parts[i] ? strlen(parts[i]) : 0, gap = used ? 2 : 0;

		if (!used && length > width)
			length = width;
		if (!length || used + gap + length > width)
			continue;
		memset(line + used, ' ', gap);
		memcpy(line + used + gap, parts[i], length);
		used += gap + length;
	}
	line[used] = '\0';
}
