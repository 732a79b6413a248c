// SPDX-License-Identifier: GPL-2.0-only
#include "cells.h"
#include "latency.h"
#include "losses.h"
#include "plain.h"

#include "../model/names.h"
#include "../model/parse.h"

#include <string.h>
#include <time.h>

#define BAR_COLUMNS 40
#define HISTOGRAM_LINES 24
#define NARROW 40 /* with bars that are too short, less is said of them */

static void append(char title[ROW_TITLE_BYTES], const char *word)
{
	size_t length = strlen(title);

	if (*word)
		snprintf(title + length, ROW_TITLE_BYTES - length, "%s%s", length ? " " : "", word);
}

const char *render_row_title(const struct report *report, const struct report_row *row,
			     char title[ROW_TITLE_BYTES])
{
	const struct latency_key *key = &row->key;
	char text[COMMAND_NAME_BYTES];

	title[0] = '\0';
	if (report->parts.region)
		append(title, region_name(key->region, row->device_flags & DEVICE_IS_PCI, text));
	if (report->parts.operation) {
		if (key->command)
			append(title, command_name(key->command, key->container, text));
		else
			append(title, operation_name(key->operation));
	}
	if (report->parts.width && key->width) {
		snprintf(text, sizeof(text), "%u", key->width);
		append(title, text);
	}
	if (!title[0])
		append(title, "all");
	return title;
}

const char *render_row_task(const struct report *report, const struct report_row *row,
			    char text[ROW_TASK_BYTES])
{
	const size_t bytes = ROW_TASK_BYTES;
	int length = 0;

	text[0] = '\0';
	if (report->parts.pid)
		length += snprintf(text, bytes, "%u", row->key.pid);
	if (report->parts.comm)
		length += snprintf(text + length, bytes - (size_t)length, "%s%.*s",
				   length ? " " : "", COMM_BYTES, row->key.comm);
	if (report->parts.cgroup)
		snprintf(text + length, bytes - (size_t)length, "%s%llu", length ? " " : "",
			 (unsigned long long)row->key.cgroup);
	render_plain(text);
	return text;
}

static bool has_task(const struct report *report)
{
	return report->parts.pid || report->parts.comm || report->parts.cgroup;
}

static void write_heading(FILE *output, const struct report *report)
{
	time_t end = (time_t)(report->end_ns / 1000000000);
	char clock[16];
	struct tm local;

	localtime_r(&end, &local);
	strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	if (report->total)
		fprintf(output, "%s in total, %.1f s\n", clock,
			(double)(report->end_ns - report->start_ns) / 1e9);
	else
		fprintf(output, "%s\n", clock);
	if (has_task(report))
		fprintf(output, "%-22s ", "TASK");
	fprintf(output, "%-12s %-22s %7s %5s %6s %6s %6s %6s %6s %6s", "DEVICE", "OPERATION",
		"COUNT", "ERROR", "MIN", "MEAN", "P50", "P90", "P99", "P99.9");
	fprintf(output, " %6s\n", "MAX");
}

static void write_row(FILE *output, const struct report *report, const struct report_row *row)
{
	static const double fractions[] = { 0.5, 0.9, 0.99, 0.999 };
	char title[ROW_TITLE_BYTES], text[ROW_TASK_BYTES], time[TIME_TEXT_BYTES],
		count[COUNT_TEXT_BYTES];

	if (has_task(report))
		fprintf(output, "%-22s ", render_row_task(report, row, text));
	fprintf(output, "%-12s %-22s %7s", report->parts.device ? row->device : "all",
		render_row_title(report, row, title), format_count(row->count, count));
	fprintf(output, " %5s", format_count(row->errors, count));
	fprintf(output, " %6s", row->count ? format_time(row->min_ns, time) : "-");
	fprintf(output, " %6s", row->count ? format_time(report_mean(row), time) : "-");
	for (size_t i = 0; i < sizeof(fractions) / sizeof(fractions[0]); i++)
		fprintf(output, " %6s",
			row->count ? format_time(report_percentile(row, fractions[i]), time) : "-");
	fprintf(output, " %6s\n", row->count ? format_time(row->max_ns, time) : "-");
}

/* What belongs to a row and is rare: errors by errno, widths that reached the device. */
static void write_details(FILE *output, const struct report *report, const struct report_row *row)
{
	char text[ERRNO_NAME_BYTES];
	bool any = false;

	for (size_t i = 0; i < row->errno_count; i++)
		fprintf(output, "%s%s %llu",
			i ? ", " : "    failed: ", errno_text(row->errnos[i].error, text),
			(unsigned long long)row->errnos[i].count);
	if (row->errno_count)
		fputc('\n', output);
	for (size_t i = 0; report->device_widths && i < DEVICE_WIDTHS; i++) {
		if (!row->device_widths[i])
			continue;
		fprintf(output, "%s%u bytes %llu", any ? ", " : "    reached the device: ", 1u << i,
			(unsigned long long)row->device_widths[i]);
		any = true;
	}
	if (any)
		fputc('\n', output);
}

/* The slots from the first to the last in use, merged by twos until they fit. */
static unsigned int merge(const struct report_row *row, unsigned int lines, unsigned int *first,
			  unsigned int *last)
{
	unsigned int step = 1;

	*first = 0;
	*last = HISTOGRAM_SLOTS - 1;
	while (*first < *last && !row->slots[*first])
		(*first)++;
	while (*last > *first && !row->slots[*last])
		(*last)--;
	while (*last / step - *first / step + 1 > lines)
		step *= 2;
	*first -= *first % step;
	return step;
}

static __u64 sum_slots(const struct report_row *row, unsigned int first, unsigned int step)
{
	__u64 sum = 0;

	for (unsigned int slot = first; slot < first + step && slot < HISTOGRAM_SLOTS; slot++)
		sum += row->slots[slot];
	return sum;
}

void render_histogram(FILE *output, const struct report_row *row, unsigned int lines,
		      unsigned int columns)
{
	unsigned int first, last, step, bar;
	char low[TIME_TEXT_BYTES], high[TIME_TEXT_BYTES], count[COUNT_TEXT_BYTES];
	__u64 most = 1;

	if (!row->count || !lines)
		return;
	step = merge(row, lines, &first, &last);
	bar = columns < NARROW ? 8 : 28; /* what stands before it */
	bar = columns > bar ? columns - bar : 1;
	for (unsigned int slot = first; slot <= last; slot += step)
		if (sum_slots(row, slot, step) > most)
			most = sum_slots(row, slot, step);
	for (unsigned int slot = first; slot <= last; slot += step) {
		unsigned int end = slot + step - 1 < HISTOGRAM_SLOTS ? slot + step - 1 :
								       HISTOGRAM_SLOTS - 1;
		__u64 sum = sum_slots(row, slot, step);
		unsigned int length = (unsigned int)(sum * bar / most);

		format_time(histogram_slot_high(end), high);
		if (columns < NARROW)
			fprintf(output, "%6s |", high);
		else
			fprintf(output, "  %6s..%-6s %7s |",
				slot ? format_time(histogram_slot_low(slot), low) : "0", high,
				format_count(sum, count));
		for (unsigned int i = 0; i < length; i++)
			fputc('*', output);
		fputc('\n', output);
	}
}

int render_latency_text(FILE *output, const struct report *report, bool histograms)
{
	write_heading(output, report);
	for (size_t i = 0; i < report->row_count; i++) {
		write_row(output, report, &report->rows[i]);
		write_details(output, report, &report->rows[i]);
		if (histograms)
			render_histogram(output, &report->rows[i], HISTOGRAM_LINES,
					 28 + BAR_COLUMNS);
	}
	write_losses(output, &report->losses);
	fputc('\n', output);
	return fflush(output) || ferror(output) ? -1 : 0;
}
