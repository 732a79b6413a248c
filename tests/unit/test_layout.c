// SPDX-License-Identifier: GPL-2.0-only
/* Which columns and lines a screen of any size has, and which part of a list is seen. */
#include "unit.h"

#include "model/layout.h"

#include <string.h>

#define BDF 12 /* "0000:01:10.0" */

static unsigned int width_of(const struct layout_table *table)
{
	unsigned int width = 0;

	for (size_t i = 0; i < LAYOUT_COLUMNS; i++)
		if (table->width[i])
			width += table->width[i] + (width ? 1 : 0);
	return width;
}

static void columns_fit_any_width(void **state)
{
	struct layout_table table;

	(void)state;
	for (unsigned int width = 0; width < 600; width++)
		for (enum layout_column column = 0; column <= LAYOUT_COLUMNS; column++)
			for (unsigned int variant = 0; variant < 8; variant++) {
				unsigned int device = variant / 2 * BDF;

				layout_table(&table, width, variant % 2, device, column);
				assert_true(width_of(&table) <= width);
				assert_true(!width || table.width[COLUMN_OPERATION]);
				assert_true(table.width[COLUMN_DEVICE] <= device);
				assert_true(variant % 2 || !table.width[COLUMN_TASK]);
			}
}

static void wider_screens_lose_nothing(void **state)
{
	struct layout_table before, table;

	(void)state;
	layout_table(&before, 0, true, BDF, LAYOUT_COLUMNS);
	for (unsigned int width = 1; width < 300; width++) {
		layout_table(&table, width, true, BDF, LAYOUT_COLUMNS);
		for (size_t i = 0; i < LAYOUT_COLUMNS; i++)
			assert_true(!before.width[i] || table.width[i]);
		before = table;
	}
}

static void eighty_columns(void **state)
{
	struct layout_table table;

	(void)state;
	layout_table(&table, 80, false, BDF, LAYOUT_COLUMNS);
	assert_int_equal(table.width[COLUMN_DEVICE], BDF);
	assert_true(table.width[COLUMN_OPERATION] >= strlen("DEVICE_GET_REGION_INFO"));
	assert_int_equal(table.width[COLUMN_COUNT], 7);
	assert_int_equal(table.width[COLUMN_ERRORS], 5);
	assert_int_equal(table.width[COLUMN_MEAN], 6);
	assert_int_equal(table.width[COLUMN_P50], 6);
	assert_int_equal(table.width[COLUMN_P99], 6);
	assert_int_equal(table.width[COLUMN_MAX], 6);
	assert_int_equal(table.width[COLUMN_MIN], 0);
	assert_int_equal(width_of(&table), 80);
}

static void twenty_columns(void **state)
{
	struct layout_table table;

	(void)state;
	layout_table(&table, 20, false, BDF, LAYOUT_COLUMNS);
	assert_int_equal(table.width[COLUMN_OPERATION], strlen("config read 4"));
	assert_int_equal(table.width[COLUMN_COUNT], 6);
	assert_int_equal(width_of(&table), 20);
}

static void the_order_is_seen(void **state)
{
	struct layout_table table;

	(void)state;
	for (enum layout_column column = COLUMN_COUNT; column < LAYOUT_COLUMNS; column++)
		for (unsigned int width = 15; width < 200; width++) {
			layout_table(&table, width, false, BDF, column);
			assert_true(table.width[column]);
		}
}

/* Lines that are there are distinct, on the screen and in order. */
static void check_lines(const struct layout_lines *lines, unsigned int height)
{
	const int tops[] = { lines->heading,	     lines->losses,    lines->titles, lines->rows,
			     lines->histogram_title, lines->histogram, lines->footer };
	const unsigned int counts[] = { 1, 1, 1, lines->row_count, 1, lines->histogram_count, 1 };
	int next = 0;

	for (size_t i = 0; i < COUNT_OF(tops); i++) {
		if (tops[i] < 0)
			continue;
		assert_true(tops[i] >= next);
		next = tops[i] + (int)counts[i];
	}
	assert_true(next <= (int)height);
}

static void lines_fit_any_height(void **state)
{
	struct layout_lines lines;

	(void)state;
	for (unsigned int height = 0; height < 100; height++)
		for (size_t rows = 0; rows < 120; rows++) {
			layout_lines(&lines, height, false, rows);
			check_lines(&lines, height);
			assert_true(height < 3 || lines.row_count);
			assert_int_equal(lines.histogram_count, 0);
			layout_lines(&lines, height, true, rows);
			check_lines(&lines, height);
			assert_true(height < 3 || lines.row_count);
			assert_true(height < 10 || lines.histogram_count);
		}
}

static void losses_are_always_seen(void **state)
{
	struct layout_lines lines;

	(void)state;
	for (unsigned int height = 2; height < 100; height++) {
		layout_lines(&lines, height, height % 2, 10);
		assert_int_equal(lines.losses, 1);
	}
}

static void scrolling_keeps_the_selected_row_in_sight(void **state)
{
	size_t first = 0;
	__u64 random = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		size_t rows = random_number(&random) % 50 + 1;
		size_t seen = random_number(&random) % 20 + 1;
		size_t selected = random_number(&random) % rows;

		first = layout_scroll(first, selected, rows, seen);
		assert_true(first <= selected && selected < first + seen);
		assert_true(first + seen <= rows || !first);
	}
}

static void scrolling_moves_little(void **state)
{
	(void)state;
	assert_int_equal(layout_scroll(5, 7, 100, 10), 5);
	assert_int_equal(layout_scroll(5, 4, 100, 10), 4);
	assert_int_equal(layout_scroll(5, 15, 100, 10), 6);
	assert_int_equal(layout_scroll(95, 99, 100, 10), 90);
	assert_int_equal(layout_scroll(5, 3, 4, 10), 0);
	assert_int_equal(layout_scroll(5, 0, 0, 10), 0);
	assert_int_equal(layout_scroll(5, 3, 10, 0), 0);
}

static void lines_are_joined_as_far_as_they_fit(void **state)
{
	const char *const parts[] = { "first", NULL, "second part", "", "3rd" };
	char line[64];

	(void)state;
	layout_join(line, 63, parts, COUNT_OF(parts));
	assert_string_equal(line, "first  second part  3rd");
	layout_join(line, 22, parts, COUNT_OF(parts));
	assert_string_equal(line, "first  second part");
	layout_join(line, 10, parts, COUNT_OF(parts));
	assert_string_equal(line, "first  3rd");
	layout_join(line, 3, parts, COUNT_OF(parts));
	assert_string_equal(line, "fir");
	layout_join(line, 0, parts, COUNT_OF(parts));
	assert_string_equal(line, "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(columns_fit_any_width),
	cmocka_unit_test(wider_screens_lose_nothing),
	cmocka_unit_test(eighty_columns),
	cmocka_unit_test(twenty_columns),
	cmocka_unit_test(the_order_is_seen),
	cmocka_unit_test(lines_fit_any_height),
	cmocka_unit_test(losses_are_always_seen),
	cmocka_unit_test(scrolling_keeps_the_selected_row_in_sight),
	cmocka_unit_test(scrolling_moves_little),
	cmocka_unit_test(lines_are_joined_as_far_as_they_fit),
};

RUN_TESTS(tests)
