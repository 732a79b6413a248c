/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel offers, as text and as JSON. Both return 0, or -1 if it cannot be written. */
#ifndef VFIOSCOPE_RENDER_DOCTOR_H
#define VFIOSCOPE_RENDER_DOCTOR_H

#include "../latency/tracer.h"

#include <stdbool.h>
#include <stdio.h>

#define MOST_FINDINGS 24

struct finding {
	const char *name;
	bool good;
	bool needed;	    /* nothing works without it */
	const char *remedy; /* NULL if it is good */
};

struct diagnosis {
	const char *release, *machine;
	const struct kernel *kernel;
	const struct hook_state *hooks; /* hook_count of them */
	struct finding findings[MOST_FINDINGS];
	size_t finding_count;
	bool healthy; /* nothing needed is missing */
};

int render_diagnosis_text(FILE *output, const struct diagnosis *diagnosis);
int render_diagnosis_json(FILE *output, const struct diagnosis *diagnosis);

#endif
