/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run did, as a table, as JSON Lines, and as a file of all latencies. */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include "run.h"

void report_text(const struct run *run);
void report_json(const struct run *run);
/* Says what went wrong and returns false. */
bool report_samples(const struct run *run, const char *path);

#endif
