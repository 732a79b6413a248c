/* SPDX-License-Identifier: GPL-2.0-only */
/* What was not counted: every cause, zero or not, in every report. */
#ifndef VFIOSCOPE_RENDER_LOSSES_H
#define VFIOSCOPE_RENDER_LOSSES_H

#include "../model/report.h"

#include <jansson.h>
#include <stdio.h>

void json_add_losses(json_t *object, const struct report_losses *losses);

/* "lost 0; in flight 0" in a line, with the causes that are not zero. 0, or -1. */
int write_losses(FILE *output, const struct report_losses *losses);

#endif
