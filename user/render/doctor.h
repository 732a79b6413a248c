/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel offers, as text and as JSON. Both return 0, or -1 if it cannot be written. */
#ifndef VFIOSCOPE_RENDER_DOCTOR_H
#define VFIOSCOPE_RENDER_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MOST_FINDINGS 24

struct finding {
	const char *name;
	bool good;
	bool needed;	    /* nothing works without it */
	const char *remedy; /* NULL if it is good */
};

/* A way to attach programs. */
struct attach_type {
	const char *name;
	int error; /* errno, 0: it works */
};

/* What became of a hook. */
struct hook_finding {
	const char *function, *operations;
	const char *module; /* NULL: always built in */
	bool present;
	const char *how; /* name of the way it is attached, NULL: it is not */
	char why_not[128];
};

#define ATTACH_TYPES 3

struct diagnosis {
	const char *release, *machine;
	struct attach_type types[ATTACH_TYPES];
	struct hook_finding *hooks;
	size_t hook_count;
	struct finding findings[MOST_FINDINGS];
	size_t finding_count;
	bool healthy; /* nothing needed is missing */
};

int render_diagnosis_text(FILE *output, const struct diagnosis *diagnosis);
int render_diagnosis_json(FILE *output, const struct diagnosis *diagnosis);

#endif
