// SPDX-License-Identifier: GPL-2.0-only
#include "browser.h"

#include "layout.h"

#include <stdlib.h>
#include <string.h>

void browser_init(struct browser *browser, enum report_order order)
{
	memset(browser, 0, sizeof(*browser));
	browser->order = order;
	browser->page = 1;
}

void browser_release(struct browser *browser)
{
	free(browser->interval.rows);
	free(browser->total.rows);
	free(browser->rows);
	memset(browser, 0, sizeof(*browser));
}

static int make_room(struct report *report, size_t *room, size_t rows)
{
	struct report_row *larger;

	if (rows <= *room)
		return 0;
	larger = realloc(report->rows, rows * sizeof(*larger));
	if (!larger)
		return -1;
	report->rows = larger;
	*room = rows;
	return 0;
}

static int copy_report(struct report *copy, size_t *room, const struct report *report)
{
	struct report_row *rows;

	if (make_room(copy, room, report->row_count))
		return -1;
	rows = copy->rows;
	*copy = *report;
	copy->rows = rows;
	if (report->row_count)
		memcpy(rows, report->rows, report->row_count * sizeof(*rows));
	return 0;
}

static bool same_key(const struct latency_key *one, const struct latency_key *other)
{
	return !memcmp(one, other, sizeof(*one));
}

/* A row for a key that has been used, but not in this interval. */
static void append_idle(struct report *interval, const struct report_row *total)
{
	struct report_row *row = &interval->rows[interval->row_count++];

	memset(row, 0, sizeof(*row));
	row->key = total->key;
	row->device_flags = total->device_flags;
	memcpy(row->device, total->device, sizeof(row->device));
	memcpy(row->driver, total->driver, sizeof(row->driver));
}

/* Rows of an interval come and go; what somebody looks at has to stay. */
static int add_idle(struct browser *browser)
{
	struct report *interval = &browser->interval, *total = &browser->total;
	size_t busy = interval->row_count, next = 0;

	if (make_room(interval, &browser->interval_room, total->row_count + busy))
		return -1;
	report_sort(interval, ORDER_NAME);
	report_sort(total, ORDER_NAME);
	for (size_t i = 0; i < total->row_count; i++) {
		if (next < busy && same_key(&interval->rows[next].key, &total->rows[i].key))
			next++;
		else
			append_idle(interval, &total->rows[i]);
	}
	return 0;
}

const struct report *browser_report(const struct browser *browser)
{
	return browser->show_total ? &browser->total : &browser->interval;
}

static bool is_shown(const struct browser *browser, const struct report_row *row)
{
	if (browser->in_device)
		return !strncmp(row->device, browser->device, sizeof(row->device));
	return row->count || row->errors ||
	       (browser->has_chosen && same_key(&row->key, &browser->chosen));
}

static void find_chosen(struct browser *browser)
{
	for (size_t i = 0; browser->has_chosen && i < browser->row_count; i++)
		if (same_key(&browser->rows[i]->key, &browser->chosen)) {
			browser->selected = i;
			return;
		}
	if (!browser->has_chosen || !browser->row_count)
		browser->selected = 0;
	else if (browser->selected >= browser->row_count)
		browser->selected = browser->row_count - 1;
}

/* The rows, anew: after another report, or another wish. */
static void select_rows(struct browser *browser)
{
	struct report *report = browser->show_total ? &browser->total : &browser->interval;

	report_sort(report, browser->order);
	browser->row_count = 0;
	for (size_t i = 0; i < report->row_count; i++)
		if (is_shown(browser, &report->rows[i]))
			browser->rows[browser->row_count++] = &report->rows[i];
	find_chosen(browser);
	browser_fit(browser, browser->page);
}

static int make_row_room(struct browser *browser)
{
	size_t rows = browser->interval.row_count > browser->total.row_count ?
			      browser->interval.row_count :
			      browser->total.row_count;
	const struct report_row **larger;

	if (rows <= browser->row_room)
		return 0;
	larger = realloc(browser->rows, rows * sizeof(*larger));
	if (!larger)
		return -1;
	browser->rows = larger;
	browser->row_room = rows;
	return 0;
}

int browser_take(struct browser *browser, const struct report *report)
{
	if (browser->paused)
		return 0;
	browser->row_count = 0; /* they point into what is copied over */
	if (!report->total)
		return copy_report(&browser->interval, &browser->interval_room, report);
	if (copy_report(&browser->total, &browser->total_room, report) || add_idle(browser) ||
	    make_row_room(browser))
		return -1;
	select_rows(browser);
	return 0;
}

const struct report_row *browser_selected(const struct browser *browser)
{
	return browser->row_count ? browser->rows[browser->selected] : NULL;
}

const struct report_row *browser_selected_total(const struct browser *browser)
{
	const struct report_row *row = browser_selected(browser);

	for (size_t i = 0; row && i < browser->total.row_count; i++)
		if (same_key(&browser->total.rows[i].key, &row->key))
			return &browser->total.rows[i];
	return NULL;
}

void browser_fit(struct browser *browser, size_t page)
{
	browser->page = page;
	browser->first = layout_scroll(browser->first, browser->selected, browser->row_count, page);
}

static void choose(struct browser *browser, size_t selected)
{
	if (!browser->row_count)
		return;
	browser->selected = selected < browser->row_count ? selected : browser->row_count - 1;
	browser->chosen = browser->rows[browser->selected]->key;
	browser->has_chosen = true;
	browser_fit(browser, browser->page);
}

static size_t page_step(const struct browser *browser)
{
	return browser->page > 1 ? browser->page : 1;
}

static void move_up(struct browser *browser, size_t rows)
{
	choose(browser, browser->selected > rows ? browser->selected - rows : 0);
}

static void enter(struct browser *browser)
{
	const struct report_row *row = browser_selected(browser);

	if (browser->in_device || !row)
		return;
	memcpy(browser->device, row->device, sizeof(browser->device));
	choose(browser, browser->selected);
	browser->in_device = true;
	select_rows(browser);
}

static void leave(struct browser *browser)
{
	if (!browser->in_device)
		return;
	browser->in_device = false;
	select_rows(browser);
}

static void change_order(struct browser *browser, int step)
{
	browser->order = (enum report_order)(((int)browser->order + step + ORDERS) % ORDERS);
	select_rows(browser);
}

/* What changes which row is selected. */
static void navigate(struct browser *browser, enum browser_action action)
{
	switch (action) {
	case BROWSER_UP:
		move_up(browser, 1);
		break;
	case BROWSER_DOWN:
		choose(browser, browser->selected + 1);
		break;
	case BROWSER_PAGE_UP:
		move_up(browser, page_step(browser));
		break;
	case BROWSER_PAGE_DOWN:
		choose(browser, browser->selected + page_step(browser));
		break;
	case BROWSER_HOME:
		choose(browser, 0);
		/* The first row, whichever it is from now on; beside a histogram a row. */
		browser->has_chosen = browser->in_device;
		break;
	case BROWSER_END:
		choose(browser, browser->row_count ? browser->row_count - 1 : 0);
		break;
	default:
		break;
	}
}

void browser_do(struct browser *browser, enum browser_action action)
{
	/* Any key closes the help, and does nothing else. */
	if (browser->help && action != BROWSER_NOTHING) {
		browser->help = false;
		return;
	}
	switch (action) {
	case BROWSER_ENTER:
		enter(browser);
		break;
	case BROWSER_QUIT:
		browser->finished = !browser->in_device;
		leave(browser);
		break;
	case BROWSER_BACK:
		leave(browser);
		break;
	case BROWSER_NEXT_ORDER:
		change_order(browser, 1);
		break;
	case BROWSER_PREVIOUS_ORDER:
		change_order(browser, -1);
		break;
	case BROWSER_PAUSE:
		browser->paused = !browser->paused;
		break;
	case BROWSER_TOTAL:
		browser->show_total = !browser->show_total;
		select_rows(browser);
		break;
	case BROWSER_HELP:
		browser->help = true;
		break;
	default:
		navigate(browser, action);
		break;
	}
}

__u64 browser_operations(const struct report *report)
{
	__u64 sum = 0;

	for (size_t i = 0; i < report->row_count; i++)
		sum += report->rows[i].count + report->rows[i].errors;
	return sum;
}

double browser_rate(const struct report *report, __u64 count)
{
	if (report->end_ns <= report->start_ns)
		return 0;
	return (double)count * 1e9 / (double)(report->end_ns - report->start_ns);
}
