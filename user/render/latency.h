/* SPDX-License-Identifier: GPL-2.0-only */
/* Reports on latency as text and as JSON. Both return 0, or -1 if the output cannot be written. */
#ifndef VFIOSCOPE_RENDER_LATENCY_H
#define VFIOSCOPE_RENDER_LATENCY_H

#include "../model/report.h"

#include <stdbool.h>
#include <stdio.h>

int render_latency_text(FILE *output, const struct report *report, bool histograms);
int render_latency_json(FILE *output, const struct report *report);

/* "config read 4", "DEVICE_GET_INFO", "bar0 mmap": what a row is about, but for its device. */
#define ROW_TITLE_BYTES 96
const char *render_row_title(const struct report *report, const struct report_row *row,
			     char title[ROW_TITLE_BYTES]);

/* Who did it, where that is kept apart: "1234 qemu-system-x86", or "". */
#define ROW_TASK_BYTES 64
const char *render_row_task(const struct report *report, const struct report_row *row,
			    char text[ROW_TASK_BYTES]);

/* One row's histogram, merged to `lines` lines at most, each up to `columns` wide. */
void render_histogram(FILE *output, const struct report_row *row, unsigned int lines,
		      unsigned int columns);

#endif
