// SPDX-License-Identifier: GPL-2.0-only
/* What keys do to the table of `top`, and what new reports do to it. */
#include "unit.h"

#include "model/browser.h"

#include <stdio.h>
#include <string.h>

#define KEYS 6

/* Two devices with three keys each; key i has been used count[i] times. */
static struct report make_report(struct report_row *rows, const __u64 counts[KEYS], bool total)
{
	struct report report = { .total = total, .rows = rows, .end_ns = 2000000000 };

	for (__u32 i = 0; i < KEYS; i++) {
		struct report_row *row = &rows[report.row_count];

		if (!counts[i])
			continue;
		memset(row, 0, sizeof(*row));
		row->key.device = i / 3 + 1;
		row->key.width = i % 3 + 1;
		snprintf(row->device, sizeof(row->device), "0000:01:10.%u", i / 3);
		row->count = row->slots[100] = counts[i];
		row->sum_ns = counts[i] * 100;
		report.row_count++;
	}
	return report;
}

static void take(struct browser *browser, const __u64 interval[KEYS], const __u64 total[KEYS])
{
	static struct report_row rows[KEYS];
	struct report report = make_report(rows, interval, false);

	assert_int_equal(browser_take(browser, &report), 0);
	report = make_report(rows, total, true);
	assert_int_equal(browser_take(browser, &report), 0);
}

static const __u64 all[KEYS] = { 10, 20, 30, 40, 50, 60 };

/* Counts of the rows in order, "60 50 ...". */
static const char *shown(const struct browser *browser)
{
	static char text[128];
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < browser->row_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%llu",
					   i ? " " : "", browser->rows[i]->count);
	return text;
}

static void rows_are_sorted(void **state)
{
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_COUNT);
	take(&browser, all, all);
	assert_string_equal(shown(&browser), "60 50 40 30 20 10");
	browser.order = ORDER_MAX;
	browser_do(&browser, BROWSER_NEXT_ORDER);
	assert_int_equal(browser.order, ORDER_NAME);
	assert_string_equal(shown(&browser), "10 20 30 40 50 60");
	browser_do(&browser, BROWSER_NEXT_ORDER);
	assert_int_equal(browser.order, 0);
	browser_do(&browser, BROWSER_PREVIOUS_ORDER);
	assert_int_equal(browser.order, ORDER_NAME);
	browser_release(&browser);
}

static void the_first_row_stays_selected_until_one_is_chosen(void **state)
{
	const __u64 later[KEYS] = { 99, 20, 30, 40, 50, 60 };
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_COUNT);
	take(&browser, all, all);
	take(&browser, later, later);
	assert_int_equal(browser_selected(&browser)->count, 99);
	browser_do(&browser, BROWSER_DOWN);
	assert_int_equal(browser_selected(&browser)->count, 60);
	take(&browser, all, later);
	assert_int_equal(browser_selected(&browser)->count, 60);
	assert_int_equal(browser.selected, 0);
	browser_do(&browser, BROWSER_HOME);
	take(&browser, later, later);
	assert_int_equal(browser_selected(&browser)->count, 99);
	browser_release(&browser);
}

static void a_chosen_row_stays_while_it_is_idle(void **state)
{
	const __u64 others[KEYS] = { 1, 0, 0, 0, 0, 2 };
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_COUNT);
	take(&browser, all, all);
	browser_do(&browser, BROWSER_DOWN);
	take(&browser, others, all);
	assert_string_equal(shown(&browser), "2 1 0");
	assert_int_equal(browser_selected(&browser)->count, 0);
	assert_int_equal(browser_selected_total(&browser)->count, 50);
	browser_release(&browser);
}

static void moving_stops_at_the_ends(void **state)
{
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_COUNT);
	take(&browser, all, all);
	browser_fit(&browser, 2);
	browser_do(&browser, BROWSER_UP);
	assert_int_equal(browser.selected, 0);
	browser_do(&browser, BROWSER_PAGE_DOWN);
	assert_int_equal(browser.selected, 2);
	assert_int_equal(browser.first, 1);
	browser_do(&browser, BROWSER_END);
	browser_do(&browser, BROWSER_DOWN);
	assert_int_equal(browser.selected, 5);
	assert_int_equal(browser.first, 4);
	browser_do(&browser, BROWSER_PAGE_UP);
	assert_int_equal(browser.selected, 3);
	browser_release(&browser);
}

static void a_device_by_itself(void **state)
{
	const __u64 other[KEYS] = { 0, 0, 0, 1, 0, 0 };
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_COUNT);
	take(&browser, all, all);
	browser_do(&browser, BROWSER_END);
	browser_do(&browser, BROWSER_ENTER);
	assert_string_equal(browser.device, "0000:01:10.0");
	assert_string_equal(shown(&browser), "30 20 10");
	assert_int_equal(browser_selected(&browser)->count, 10);
	/* What it did is still to be seen when it does nothing. */
	take(&browser, other, all);
	assert_string_equal(shown(&browser), "0 0 0");
	assert_int_equal(browser_selected_total(&browser)->count, 10);
	browser_do(&browser, BROWSER_QUIT);
	assert_false(browser.finished);
	assert_false(browser.in_device);
	browser_do(&browser, BROWSER_QUIT);
	assert_true(browser.finished);
	browser_release(&browser);
}

static void total_and_interval(void **state)
{
	const __u64 interval[KEYS] = { 1, 0, 2, 0, 0, 0 };
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_NAME);
	take(&browser, interval, all);
	assert_string_equal(shown(&browser), "1 2");
	assert_int_equal(browser_operations(browser_report(&browser)), 3);
	assert_true(browser_rate(browser_report(&browser), 3) == 1.5);
	browser_do(&browser, BROWSER_TOTAL);
	assert_string_equal(shown(&browser), "10 20 30 40 50 60");
	assert_int_equal(browser_operations(browser_report(&browser)), 210);
	browser_release(&browser);
}

static void nothing_changes_in_a_pause(void **state)
{
	const __u64 later[KEYS] = { 7, 7, 7, 7, 7, 7 };
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_COUNT);
	take(&browser, all, all);
	browser_do(&browser, BROWSER_PAUSE);
	take(&browser, later, later);
	assert_string_equal(shown(&browser), "60 50 40 30 20 10");
	browser_do(&browser, BROWSER_TOTAL);
	assert_string_equal(shown(&browser), "60 50 40 30 20 10");
	browser_do(&browser, BROWSER_PAUSE);
	take(&browser, later, later);
	assert_string_equal(shown(&browser), "7 7 7 7 7 7");
	browser_release(&browser);
}

static void any_key_closes_the_help(void **state)
{
	struct browser browser;

	(void)state;
	browser_init(&browser, ORDER_COUNT);
	browser_do(&browser, BROWSER_HELP);
	assert_true(browser.help);
	browser_do(&browser, BROWSER_NOTHING);
	assert_true(browser.help);
	browser_do(&browser, BROWSER_QUIT);
	assert_false(browser.help);
	assert_false(browser.finished);
	browser_do(&browser, BROWSER_HELP);
	browser_do(&browser, BROWSER_OTHER);
	assert_false(browser.help);
	browser_release(&browser);
}

static void keys_before_the_first_report(void **state)
{
	(void)state;
	for (enum browser_action action = BROWSER_NOTHING; action <= BROWSER_OTHER; action++) {
		struct browser browser;

		browser_init(&browser, ORDER_COUNT);
		browser_do(&browser, action);
		assert_null(browser_selected(&browser));
		assert_null(browser_selected_total(&browser));
		assert_false(browser.in_device);
		take(&browser, all, all);
		assert_int_equal(browser.row_count, browser.paused ? 0 : KEYS);
		browser_release(&browser);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(rows_are_sorted),
	cmocka_unit_test(the_first_row_stays_selected_until_one_is_chosen),
	cmocka_unit_test(a_chosen_row_stays_while_it_is_idle),
	cmocka_unit_test(moving_stops_at_the_ends),
	cmocka_unit_test(a_device_by_itself),
	cmocka_unit_test(total_and_interval),
	cmocka_unit_test(nothing_changes_in_a_pause),
	cmocka_unit_test(any_key_closes_the_help),
	cmocka_unit_test(keys_before_the_first_report),
};

RUN_TESTS(tests)
