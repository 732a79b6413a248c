// SPDX-License-Identifier: GPL-2.0-only
#include "plain.h"
#include "screen.h"

#include "cells.h"
#include "latency.h"
#include "losses.h"
#include "terminal.h"

#include "../model/browser.h"
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDEST 512
#define KEY_ESCAPE 27
#define KEY_DELETE 127

struct screen {
	struct browser browser;
	struct terminal *terminal;
	__u64 interval_ns;
	/* Attributes; plain where the terminal has no colours, or the user wants none. */
	attr_t heading, titles, alarm, bars;
};

static void choose_attributes(struct screen *screen)
{
	screen->heading = A_BOLD;
	screen->titles = A_BOLD | A_UNDERLINE;
	screen->alarm = A_BOLD;
	screen->bars = A_NORMAL;
	if (!terminal_has_colors())
		return;
	init_pair(1, COLOR_CYAN, -1);
	init_pair(2, COLOR_RED, -1);
	init_pair(3, COLOR_GREEN, -1);
	screen->titles |= (attr_t)COLOR_PAIR(1);
	screen->alarm |= (attr_t)COLOR_PAIR(2);
	screen->bars |= (attr_t)COLOR_PAIR(3);
}

const char *screen_obstacle(void)
{
	return terminal_obstacle();
}

struct screen *screen_open(enum report_order order, __u64 interval_ns)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	if (!screen)
		return NULL;
	screen->terminal = terminal_open();
	if (!screen->terminal) {
		free(screen);
		return NULL;
	}
	browser_init(&screen->browser, order);
	screen->interval_ns = interval_ns;
	choose_attributes(screen);
	return screen;
}

void screen_close(struct screen *screen)
{
	if (!screen)
		return;
	terminal_close(screen->terminal);
	browser_release(&screen->browser);
	free(screen);
}

int screen_take(struct screen *screen, const struct report *report)
{
	return browser_take(&screen->browser, report);
}

void screen_resize(struct screen *screen)
{
	(void)screen;
	terminal_resize();
}

static enum browser_action action_of(int key)
{
	static const struct {
		int key;
		enum browser_action action;
	} keys[] = {
		/* clang-format off */
		{ KEY_UP, BROWSER_UP }, { 'k', BROWSER_UP },
		{ KEY_DOWN, BROWSER_DOWN }, { 'j', BROWSER_DOWN },
		{ KEY_PPAGE, BROWSER_PAGE_UP },
		{ KEY_NPAGE, BROWSER_PAGE_DOWN }, { ' ', BROWSER_PAGE_DOWN },
		{ KEY_HOME, BROWSER_HOME }, { 'g', BROWSER_HOME },
		{ KEY_END, BROWSER_END }, { 'G', BROWSER_END },
		{ KEY_ENTER, BROWSER_ENTER }, { '\r', BROWSER_ENTER }, { '\n', BROWSER_ENTER },
		{ KEY_ESCAPE, BROWSER_BACK }, { KEY_BACKSPACE, BROWSER_BACK },
		{ KEY_DELETE, BROWSER_BACK }, { '\b', BROWSER_BACK },
		{ 'q', BROWSER_QUIT },
		{ '>', BROWSER_NEXT_ORDER }, { 's', BROWSER_NEXT_ORDER },
		{ '<', BROWSER_PREVIOUS_ORDER },
		{ 'p', BROWSER_PAUSE },
		{ 't', BROWSER_TOTAL },
		{ '?', BROWSER_HELP }, { 'h', BROWSER_HELP },
		/* clang-format on */
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].key == key)
			return keys[i].action;
	return key == KEY_RESIZE ? BROWSER_NOTHING : BROWSER_OTHER;
}

bool screen_keys(struct screen *screen)
{
	int key;

	/* One that has gone is always ready and never has anything. */
	if (terminal_gone())
		return false;
	while (!screen->browser.finished && (key = getch()) != ERR)
		browser_do(&screen->browser, action_of(key));
	return !screen->browser.finished;
}

static unsigned int width_of(void)
{
	int width = getmaxx(stdscr);

	return width < 0 ? 0 : width > WIDEST ? WIDEST : (unsigned int)width;
}

static void write_line(int line, attr_t attributes, const char *text)
{
	if (line < 0 || line >= getmaxy(stdscr))
		return;
	attrset(attributes);
	mvaddnstr(line, 0, text, (int)width_of());
	attrset(A_NORMAL);
}

static void write_parts(int line, attr_t attributes, const char *const *parts, size_t count)
{
	char text[WIDEST + 1];

	layout_join(text, width_of(), parts, count);
	write_line(line, attributes, text);
}

static void clock_text(char text[16], __u64 ns)
{
	time_t seconds = ns ? (time_t)(ns / 1000000000) : time(NULL);
	struct tm local;

	localtime_r(&seconds, &local);
	strftime(text, 16, "%H:%M:%S", &local);
}

static void rate_part(char *text, size_t bytes, const struct report *report)
{
	__u64 operations = browser_operations(report);

	if (report->total)
		snprintf(text, bytes, "%llu ops", (unsigned long long)operations);
	else
		snprintf(text, bytes, "%.0f ops/s", browser_rate(report, operations));
}

static void span_part(char *text, size_t bytes, const struct screen *screen)
{
	const struct report *report = browser_report(&screen->browser);

	if (screen->browser.show_total)
		snprintf(text, bytes, "total of %.0f s",
			 (double)(report->end_ns - report->start_ns) / 1e9);
	else
		snprintf(text, bytes, "every %g s", (double)screen->interval_ns / 1e9);
}

static void draw_heading(const struct screen *screen, int line)
{
	const struct browser *browser = &screen->browser;
	const struct report *report = browser_report(browser);
	char clock[16], rate[40], order[24], span[40], rows[32];
	const char *parts[] = {
		browser->in_device ? browser->device : NULL,
		rate,
		browser->paused ? "PAUSED" : NULL,
		clock,
		order,
		span,
		rows,
	};

	clock_text(clock, report->end_ns);
	rate_part(rate, sizeof(rate), report);
	span_part(span, sizeof(span), screen);
	snprintf(order, sizeof(order), "by %s", report_order_name(browser->order));
	snprintf(rows, sizeof(rows), "%zu of %zu keys", browser->row_count,
		 browser->total.row_count);
	write_parts(line, screen->heading, parts, sizeof(parts) / sizeof(parts[0]));
}

/* What is lost stays lost: that of the whole run, whatever else is shown. */
static void draw_losses(const struct screen *screen, int line)
{
	const struct report_losses *losses = &screen->browser.total.losses;
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);

	if (!memory)
		return;
	write_losses(memory, losses);
	if (!fclose(memory)) {
		text[strcspn(text, "\n")] = '\0';
		write_line(line, report_lost(losses) ? screen->alarm : A_NORMAL, text);
	}
	free(text);
}

/* Of all devices so far, so that columns stay where they are while rows come and go. */
static unsigned int longest_device(const struct report *total)
{
	size_t longest = 0;

	for (size_t i = 0; i < total->row_count; i++) {
		size_t length = strnlen(total->rows[i].device, DEVICE_NAME_BYTES);

		longest = length > longest ? length : longest;
	}
	return (unsigned int)longest;
}

static void table_of(const struct screen *screen, struct layout_table *table)
{
	const struct browser *browser = &screen->browser;
	const struct report_parts *parts = &browser_report(browser)->parts;
	unsigned int device = browser->in_device ? 0 : longest_device(&browser->total);

	layout_table(table, width_of(), parts->pid || parts->comm || parts->cgroup, device,
		     render_order_column(browser->order));
}

static void draw_titles(const struct screen *screen, const struct layout_table *table, int line)
{
	const struct report *report = browser_report(&screen->browser);
	enum layout_column sorted_by = render_order_column(screen->browser.order);
	char cell[CELL_BYTES];
	int left = 0;

	if (line < 0)
		return;
	for (enum layout_column column = 0; column < LAYOUT_COLUMNS; column++) {
		if (!table->width[column])
			continue;
		render_title_cell(cell, column, table->width[column], report);
		attrset(column == sorted_by ? screen->titles | A_STANDOUT : screen->titles);
		mvaddstr(line, left, cell);
		left += (int)table->width[column] + 1;
	}
	attrset(A_NORMAL);
}

static void draw_row(const struct screen *screen, const struct layout_table *table, int line,
		     const struct report_row *row, bool selected)
{
	const struct report *report = browser_report(&screen->browser);
	char cell[CELL_BYTES];
	int left = 0;

	if (selected) {
		attrset(A_STANDOUT);
		mvhline(line, 0, ' ' | (chtype)A_STANDOUT, (int)width_of());
	}
	for (enum layout_column column = 0; column < LAYOUT_COLUMNS; column++) {
		bool alarm = column == COLUMN_ERRORS && row->errors && !selected;

		if (!table->width[column])
			continue;
		render_cell(cell, column, table->width[column], report, row);
		attrset(selected ? A_STANDOUT : alarm ? screen->alarm : A_NORMAL);
		mvaddstr(line, left, cell);
		left += (int)table->width[column] + 1;
	}
	attrset(A_NORMAL);
}

static void draw_rows(struct screen *screen, const struct layout_table *table,
		      const struct layout_lines *lines)
{
	struct browser *browser = &screen->browser;

	browser_fit(browser, lines->row_count);
	if (!browser->row_count)
		write_line(lines->rows, A_NORMAL,
			   browser->total.row_count ? "none in this interval" :
						      "no operations yet");
	for (size_t i = 0; i < lines->row_count && browser->first + i < browser->row_count; i++)
		draw_row(screen, table, lines->rows + (int)i, browser->rows[browser->first + i],
			 browser->first + i == browser->selected);
}

static void draw_histogram_title(const struct screen *screen, int line,
				 const struct report_row *row)
{
	char title[ROW_TITLE_BYTES], operations[40], errors[40] = "", text[WIDEST + 1];
	const char *parts[] = { title, operations, errors };

	render_row_title(&screen->browser.total, row, title);
	render_plain(title);
	snprintf(operations, sizeof(operations), "%llu since the start",
		 (unsigned long long)row->count);
	if (row->errors)
		snprintf(errors, sizeof(errors), "%llu failed", (unsigned long long)row->errors);
	layout_join(text, width_of(), parts, 3);
	write_line(line, screen->titles, text);
}

static void draw_histogram(const struct screen *screen, const struct layout_lines *lines)
{
	const struct report_row *row = browser_selected_total(&screen->browser);
	char *text = NULL, *rest, *bar;
	size_t bytes = 0;
	int line = lines->histogram;
	FILE *memory;

	if (!row || lines->histogram_title < 0)
		return;
	draw_histogram_title(screen, lines->histogram_title, row);
	memory = open_memstream(&text, &bytes);
	if (!memory)
		return;
	render_histogram(memory, row, lines->histogram_count, width_of());
	if (!fclose(memory))
		for (rest = text; (bar = strsep(&rest, "\n")) && *bar; line++)
			write_line(line, screen->bars, bar);
	free(text);
}

static void draw_footer(const struct screen *screen, const struct layout_table *table, int line)
{
	const struct browser *browser = &screen->browser;
	const struct report_row *row = browser_selected(browser);
	bool names_device = row && !browser->in_device && !table->width[COLUMN_DEVICE];
	const char *const parts[] = {
		/* A narrow screen has no column for it. */
		names_device ? row->device : NULL,
		browser->in_device ? "q back" : "q quit",
		"? help",
		browser->in_device ? NULL : "Enter device",
		"< > sort",
		browser->show_total ? "t interval" : "t total",
		browser->paused ? "p go on" : "p pause",
	};

	write_parts(line, A_DIM, parts, sizeof(parts) / sizeof(parts[0]));
}

static void draw_help(const struct screen *screen)
{
	static const char *const text[] = {
		"q        quit, or back",
		"< > s    change the order",
		"Enter    a device and its histogram",
		"Esc      back",
		"t        this interval or all since the start",
		"p        hold the display, or let it go on",
		"up down  k j, PgUp PgDn, Home g, End G",
		"? h      this; any key closes it",
		"",
		"lost: operations not counted since the start",
		"in flight: begun and not yet ended",
		"OPS/S, COUNT: those that succeeded; the times are theirs",
		"ERROR: those that failed; TIME: all times together",
		"- : none",
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		write_line((int)i, i ? A_NORMAL : screen->heading, text[i]);
}

static void draw_table(struct screen *screen)
{
	struct layout_table table;
	struct layout_lines lines;
	int height = getmaxy(stdscr);

	table_of(screen, &table);
	layout_lines(&lines, height > 0 ? (unsigned int)height : 0, screen->browser.in_device,
		     screen->browser.row_count);
	draw_heading(screen, lines.heading);
	draw_losses(screen, lines.losses);
	draw_titles(screen, &table, lines.titles);
	draw_rows(screen, &table, &lines);
	if (screen->browser.in_device)
		draw_histogram(screen, &lines);
	draw_footer(screen, &table, lines.footer);
}

void screen_draw(struct screen *screen)
{
	erase();
	if (screen->browser.help)
		draw_help(screen);
	else
		draw_table(screen);
	refresh();
}
