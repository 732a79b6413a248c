// SPDX-License-Identifier: GPL-2.0-only
#include "trace.h"

#include "latency.h"
#include "losses.h"
#include "plain.h"

#include "../model/names.h"
#include "../model/parse.h"

int render_trace_heading(FILE *output)
{
	return fprintf(output, "%-15s %-15s %7s %-12s %-22s %8s %8s %6s\n", "TIME", "COMM", "TID",
		       "DEVICE", "OPERATION", "OFFSET", "RESULT", "TOOK") < 0 ?
		       -1 :
		       0;
}

static const char *result_text(const struct latency_event *event, char text[32])
{
	char name[ERRNO_NAME_BYTES];

	if (event->result < 0 && event->result >= -4095)
		snprintf(text, 32, "%s", errno_text((int)-event->result, name));
	else
		snprintf(text, 32, "%lld", (long long)event->result);
	return text;
}

int render_trace_text(FILE *output, const struct traced_operation *operation)
{
	/* An event's line is a row's title of its own, with everything kept apart. */
	static const struct report report = {
		.parts = { .device = true, .region = true, .operation = true, .width = true },
	};
	const struct latency_event *event = operation->event;
	struct report_row row = {
		.key = { .region = event->region,
			 .operation = event->operation,
			 .command = event->command,
			 .width = event->width },
		.device_flags = operation->device ? operation->device->flags : 0,
	};
	char comm[COMM_BYTES + 1], clock[CLOCK_BYTES], title[ROW_TITLE_BYTES], result[32],
		took[TIME_TEXT_BYTES], offset[24] = "-";
	int error;

	snprintf(comm, sizeof(comm), "%.*s", COMM_BYTES, event->comm);
	render_plain(comm);
	if (event->region != REGION_NONE)
		snprintf(offset, sizeof(offset), "0x%llx", (unsigned long long)event->offset);
	error = fprintf(output, "%s %-15s %7u %-12s %-22s %8s %8s %6s\n",
			render_clock(operation->time_ns, clock), comm, event->tid,
			operation->device ? operation->device->name : "?",
			render_row_title(&report, &row, title), offset, result_text(event, result),
			format_time(event->duration_ns, took)) < 0;
	for (unsigned int i = 0; i < operation->frames; i++)
		error |= fprintf(output, "    %s\n", operation->frame[i]) < 0;
	return error ? -1 : 0;
}

int render_trace_losses_text(FILE *output, const struct report_losses *losses)
{
	return write_losses(output, losses) || fflush(output) ? -1 : 0;
}
