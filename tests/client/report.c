// SPDX-License-Identifier: GPL-2.0-only
/* What a run did, as a table, as JSON Lines, and as a file of all latencies. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "report.h"

/* One line of a report: a part of a step on one device, of all threads. */
struct row {
	const struct device *device;
	const struct step *step;
	unsigned int part;
	struct stats stats;
};

static bool get_row(const struct run *run, unsigned int device, unsigned int step,
		    unsigned int part, struct row *row)
{
	memset(row, 0, sizeof(*row));
	row->device = &run->session.devices[device];
	row->step = &run->steps[step];
	row->part = part;
	if (!row->step->op->parts[part])
		return false;
	for (unsigned int i = 0; i < run->nr_threads; i++) {
		const struct thread *thread = &run->threads[i];

		if (thread->worker.device == row->device)
			stats_merge(&row->stats, &thread->stats[step * MAX_PARTS + part]);
	}
	stats_sort(&row->stats);
	return true;
}

static void for_each_row(const struct run *run, struct stats *total,
			 void (*print)(const struct run *run, const struct row *row))
{
	struct row row;

	memset(total, 0, sizeof(*total));
	for (unsigned int d = 0; d < run->session.nr_devices; d++) {
		for (unsigned int s = 0; s < run->nr_steps; s++) {
			for (unsigned int p = 0; p < MAX_PARTS; p++) {
				if (!get_row(run, d, s, p, &row))
					continue;
				print(run, &row);
				total->count += row.stats.count;
				total->errors += row.stats.errors;
				total->unexpected += row.stats.unexpected;
				total->bytes += row.stats.bytes;
				stats_free(&row.stats);
			}
		}
	}
}

static const char *row_region(const struct row *row, char *text)
{
	return row->step->op->flags & OP_REGION ? region_name(row->step->region, text) : NULL;
}

static uint64_t mean(const struct stats *stats)
{
	return stats->count ? stats->sum_ns / stats->count : 0;
}

static uint64_t setup_total(const struct run *run, unsigned int call)
{
	uint64_t sum = run->session.setup[call];

	for (unsigned int d = 0; d < run->session.nr_devices; d++)
		sum += run->session.devices[d].setup[call];
	return sum;
}

/*
 * Text
 */

/* Four digits and a unit, at most 7 characters: 999ns, 12.34us, 1.500s. */
static const char *text_time(uint64_t ns, char *text, size_t size)
{
	static const struct {
		double ns;
		const char *name;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };

	for (unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double value = ns / units[i].ns;

		if (value < 1)
			continue;
		snprintf(text, size, "%.*f%s",
			 value < 10  ? 3 :
			 value < 100 ? 2 :
				       value < 1000,
			 value, units[i].name);
		return text;
	}
	snprintf(text, size, "%" PRIu64 "ns", ns);
	return text;
}

static const char *row_name(const struct row *row)
{
	const struct step *step = row->step;

	if (step->op->parts[1])
		return step->op->parts[row->part];
	if (step->keys & KEY_CMD)
		return strncmp(step->cmd_name, "DEVICE_", 7) ? step->cmd_name : step->cmd_name + 7;
	return step->op->name;
}

static void text_row(const struct run *run, const struct row *row)
{
	const struct stats *stats = &row->stats;
	const uint64_t times[] = {
		stats->min_ns,
		stats_percentile(stats, 50),
		stats_percentile(stats, 99),
		stats->max_ns,
	};
	char region[REGION_NAME_SIZE], width[16] = "-", text[32];
	const char *name = row_region(row, region);

	(void)run;
	if (row->step->width)
		snprintf(width, sizeof(width), "%u", row->step->width);
	printf("%-12s %-22s %-8s %5s %9" PRIu64 " %6" PRIu64, row->device->bdf, row_name(row),
	       name ? name : "-", width, stats->count, stats->errors);
	for (unsigned int i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		printf(" %7s", stats->count ? text_time(times[i], text, sizeof(text)) : "-");
	putchar('\n');
	for (unsigned int i = 0; i < STATS_ERRNOS && stats->errnos[i].count; i++)
		printf("%-12s   %s: %" PRIu64 "\n", "", err_name(stats->errnos[i].err),
		       stats->errnos[i].count);
}

static void text_setup(const struct run *run)
{
	int column = printf("Beside these:");

	for (unsigned int i = 0; i < SETUP_CALLS; i++) {
		char text[64];
		int len;

		if (!setup_total(run, i))
			continue;
		len = snprintf(text, sizeof(text), " %s %" PRIu64, setup_call_names[i],
			       setup_total(run, i));
		if (column + len > 98)
			column = printf("\n ") - 1;
		column += printf("%s", text);
	}
	putchar('\n');
}

void report_text(const struct run *run)
{
	struct stats total;

	printf("%-12s %-22s %-8s %5s %9s %6s %7s %7s %7s %7s\n", "DEVICE", "OPERATION", "REGION",
	       "WIDTH", "COUNT", "ERRORS", "MIN", "P50", "P99", "MAX");
	for_each_row(run, &total, text_row);
	printf("%" PRIu64 " operations, %" PRIu64 " errors, %" PRIu64 " bytes in %" PRIu64
	       ".%03" PRIu64 " s\n",
	       total.count, total.errors, total.bytes, run->elapsed_ns / 1000000000,
	       run->elapsed_ns / 1000000 % 1000);
	text_setup(run);
}

/*
 * JSON
 */

static void json_errnos(const struct stats *stats)
{
	printf(",\"errnos\":{");
	for (unsigned int i = 0; i < STATS_ERRNOS && stats->errnos[i].count; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", err_name(stats->errnos[i].err),
		       stats->errnos[i].count);
	putchar('}');
}

static void json_row(const struct run *run, const struct row *row)
{
	const struct stats *stats = &row->stats;
	const struct step *step = row->step;
	char region[REGION_NAME_SIZE];
	const char *name = row_region(row, region);

	printf("{\"type\":\"operation\",\"schema\":%d,\"step\":%td,\"operation\":\"%s\","
	       "\"op\":\"%s\",\"device\":\"%s\"",
	       CLIENT_SCHEMA, step - run->steps, step->op->name, step->op->parts[row->part],
	       row->device->bdf);
	if (name)
		printf(",\"region\":\"%s\",\"offset\":%" PRIu64, name, step->offset);
	else
		printf(",\"region\":null");
	if (step->width)
		printf(",\"width\":%u", step->width);
	else
		printf(",\"width\":null");
	if (step->segments)
		printf(",\"segments\":%u", step->segments);
	if (step->cmd_name[0])
		printf(",\"cmd\":\"%s\"", step->cmd_name);
	printf(",\"count\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"unexpected\":%" PRIu64
	       ",\"bytes\":%" PRIu64 ",\"sum_ns\":%" PRIu64 ",\"min_ns\":%" PRIu64
	       ",\"mean_ns\":%" PRIu64 ",\"p50_ns\":%" PRIu64 ",\"p90_ns\":%" PRIu64
	       ",\"p99_ns\":%" PRIu64 ",\"max_ns\":%" PRIu64 ",\"samples\":%zu",
	       stats->count, stats->errors, stats->unexpected, stats->bytes, stats->sum_ns,
	       stats->min_ns, mean(stats), stats_percentile(stats, 50), stats_percentile(stats, 90),
	       stats_percentile(stats, 99), stats->max_ns, stats->nr_samples);
	if (stats->has_value)
		printf(",\"value\":\"0x%0*" PRIx64 "\"", (int)step->width * 2, stats->value);
	json_errnos(stats);
	printf("}\n");
}

/* Returns what comes before the next one. */
static const char *json_setup_call(const char *before, unsigned int call, uint64_t count)
{
	if (!count)
		return before;
	printf("%s\"%s\":%" PRIu64, before, setup_call_names[call], count);
	return ",";
}

static void json_device_setup(const struct device *device)
{
	const char *before = "";

	printf("{\"type\":\"setup\",\"schema\":%d,\"device\":\"%s\",\"setup\":{", CLIENT_SCHEMA,
	       device->bdf);
	for (unsigned int i = 0; i < SETUP_CALLS; i++)
		before = json_setup_call(before, i, device->setup[i]);
	printf("}}\n");
}

void report_json(const struct run *run)
{
	const char *before = "";
	struct stats total;

	for_each_row(run, &total, json_row);
	for (unsigned int d = 0; d < run->session.nr_devices; d++)
		json_device_setup(&run->session.devices[d]);
	printf("{\"type\":\"total\",\"schema\":%d,\"threads\":%u,\"count\":%" PRIu64
	       ",\"errors\":%" PRIu64 ",\"unexpected\":%" PRIu64 ",\"bytes\":%" PRIu64
	       ",\"elapsed_ns\":%" PRIu64 ",\"interrupted\":%s,\"setup\":{",
	       CLIENT_SCHEMA, run->nr_threads, total.count, total.errors, total.unexpected,
	       total.bytes, run->elapsed_ns, run->interrupted ? "true" : "false");
	for (unsigned int i = 0; i < SETUP_CALLS; i++)
		before = json_setup_call(before, i, setup_total(run, i));
	printf("}}\n");
}

/*
 * All latencies
 */

bool report_samples(const struct run *run, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out) {
		message_error("%s: %s", path, strerror(errno));
		return false;
	}
	for (unsigned int t = 0; t < run->nr_threads; t++) {
		const struct thread *thread = &run->threads[t];

		for (unsigned int s = 0; s < run->nr_steps * MAX_PARTS; s++) {
			const struct op *op = run->steps[s / MAX_PARTS].op;
			const struct stats *stats = &thread->stats[s];

			for (size_t i = 0; i < stats->nr_samples; i++)
				fprintf(out, "%" PRIu64 " %s %s\n", stats->samples[i],
					op->parts[1] ? op->parts[s % MAX_PARTS] : op->name,
					thread->worker.device->bdf);
		}
	}
	if (ferror(out) | fclose(out)) {
		message_error("%s: cannot write all latencies: is the disk full?", path);
		return false;
	}
	return true;
}
