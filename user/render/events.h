/* SPDX-License-Identifier: GPL-2.0-only */
/* One finding as a line of text or a JSON object. All return 0, or -1 if it cannot be written. */
#ifndef VFIOSCOPE_RENDER_EVENTS_H
#define VFIOSCOPE_RENDER_EVENTS_H

#include "../model/lifecycle.h"

#include "stack.h"

#include <stdio.h>

struct rendered_finding {
	const struct finding *finding;
	__u64 time_ns;	     /* CLOCK_REALTIME */
	unsigned int frames; /* of the kernel stack */
	char (*frame)[FRAME_BYTES];
};

struct event_losses {
	__u64 dropped, missed, not_understood;
	size_t absent;
	const char *const *names; /* of hooks that are absent */
};

int render_events_heading(FILE *output);
int render_event_text(FILE *output, const struct rendered_finding *rendered);
int render_event_json(FILE *output, const struct rendered_finding *rendered);
int render_event_losses_text(FILE *output, const struct event_losses *losses);
int render_event_losses_json(FILE *output, const struct event_losses *losses);

#endif
