/* SPDX-License-Identifier: GPL-2.0-only */
/* One operation as a line of text or a JSON object. All return 0, or -1 if it cannot be written. */
#ifndef VFIOSCOPE_RENDER_TRACE_H
#define VFIOSCOPE_RENDER_TRACE_H

#include "../model/report.h"

#include "stack.h"

#include <stdio.h>

/* An event with what only the domain knows. */
struct traced_operation {
	const struct latency_event *event;
	const struct device_info *device; /* NULL: not known */
	__u64 time_ns;			  /* CLOCK_REALTIME of its start */
	unsigned int frames;		  /* of the kernel stack */
	char (*frame)[FRAME_BYTES];
};

int render_trace_heading(FILE *output);
int render_trace_text(FILE *output, const struct traced_operation *operation);
int render_trace_json(FILE *output, const struct traced_operation *operation);
int render_trace_losses_text(FILE *output, const struct report_losses *losses);
int render_trace_losses_json(FILE *output, const struct report_losses *losses);

#endif
