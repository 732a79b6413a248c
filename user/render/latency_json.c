// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"
#include "latency.h"
#include "losses.h"

#include "../model/names.h"

static void add_identity(json_t *object, const struct report *report, const struct report_row *row)
{
	const struct report_parts *parts = &report->parts;
	const struct latency_key *key = &row->key;
	char text[COMMAND_NAME_BYTES];

	/* null: kept together. */
	json_add_string(object, "device", parts->device ? row->device : NULL);
	if (parts->device)
		json_add_string(object, "driver", row->driver);
	json_add_string(object, "region",
			parts->region ?
				region_name(key->region, row->device_flags & DEVICE_IS_PCI, text) :
				NULL);
	json_add_string(object, "op", parts->operation ? operation_name(key->operation) : NULL);
	if (key->command)
		json_add_string(object, "cmd", command_name(key->command, key->container, text));
	if (parts->width)
		json_add_number(object, "width", key->width);
	else
		json_object_set_new(object, "width", json_null());
	if (parts->pid)
		json_add_number(object, "pid", key->pid);
	if (parts->comm)
		json_add_text(object, "comm", key->comm, sizeof(key->comm));
	if (parts->cgroup)
		json_add_number(object, "cgroup", key->cgroup);
}

static void add_errnos(json_t *object, const struct report_row *row)
{
	json_t *errnos = json_object();
	char text[ERRNO_NAME_BYTES];

	for (size_t i = 0; i < row->errno_count; i++)
		json_add_number(errnos, errno_text(row->errnos[i].error, text),
				row->errnos[i].count);
	json_object_set_new(object, "errnos", errnos);
}

/* null where they cannot be seen: zeros would say that nothing reached the device. */
static void add_device_widths(json_t *object, const struct report *report,
			      const struct report_row *row)
{
	static const char *const names[DEVICE_WIDTHS] = { "1", "2", "4", "8" };
	__u16 region = row->key.region;
	bool seen = region == REGION_CONFIG || region == REGION_NONE ||
		    (report->bar_widths && region != REGION_ZPCI_IO);
	json_t *widths = seen ? json_object() : json_null();

	for (size_t i = 0; seen && i < DEVICE_WIDTHS; i++)
		json_add_number(widths, names[i], row->device_widths[i]);
	json_object_set_new(object, "device_widths", widths);
}

static void add_times(json_t *object, const struct report_row *row)
{
	json_t *buckets = json_array();

	json_add_number(object, "sum_ns", row->sum_ns);
	json_add_number(object, "min_ns", row->min_ns);
	json_add_number(object, "mean_ns", report_mean(row));
	json_add_number(object, "max_ns", row->max_ns);
	json_add_number(object, "p50_ns", report_percentile(row, 0.5));
	json_add_number(object, "p90_ns", report_percentile(row, 0.9));
	json_add_number(object, "p99_ns", report_percentile(row, 0.99));
	json_add_number(object, "p999_ns", report_percentile(row, 0.999));
	for (unsigned int slot = 0; slot < HISTOGRAM_SLOTS; slot++)
		if (row->slots[slot])
			json_array_append_new(
				buckets, json_pack("[I,I,I]", (json_int_t)histogram_slot_low(slot),
						   (json_int_t)histogram_slot_high(slot),
						   (json_int_t)row->slots[slot]));
	json_object_set_new(object, "buckets", buckets);
}

static int write_row(FILE *output, const struct report *report, const struct report_row *row)
{
	json_t *object = json_line(report->total ? "latency-total" : "latency");

	add_identity(object, report, row);
	json_add_number(object, "count", row->count);
	json_add_number(object, "errors", row->errors);
	add_errnos(object, row);
	if (report->device_widths)
		add_device_widths(object, report, row);
	add_times(object, row);
	if (!report->total)
		json_add_number(object, "interval", report->interval);
	json_add_number(object, "time_ns", report->end_ns);
	return json_write(output, object);
}

static int write_loss_line(FILE *output, const struct report *report)
{
	json_t *object = json_line(report->total ? "loss-total" : "loss");

	json_add_losses(object, &report->losses);
	if (!report->total)
		json_add_number(object, "interval", report->interval);
	json_add_number(object, "time_ns", report->end_ns);
	return json_write(output, object);
}

int render_latency_json(FILE *output, const struct report *report)
{
	for (size_t i = 0; i < report->row_count; i++)
		if (write_row(output, report, &report->rows[i]))
			return -1;
	if (write_loss_line(output, report))
		return -1;
	return fflush(output) ? -1 : 0;
}
