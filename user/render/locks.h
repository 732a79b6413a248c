/* SPDX-License-Identifier: GPL-2.0-only */
/* A deadlock as text, as a JSON object, as a graph. All return 0, or -1 if it cannot be written. */
#ifndef VFIOSCOPE_RENDER_LOCKS_H
#define VFIOSCOPE_RENDER_LOCKS_H

#include "../model/deadlock.h"

#include "stack.h"

#include <stdio.h>

/* A task of a deadlock, with names for what is an address there. */
struct rendered_lock_task {
	const char *lock; /* that it waits for */
	unsigned int frames;
	char (*frame)[FRAME_BYTES];
};

struct rendered_deadlock {
	const struct deadlock *deadlock;
	enum deadlock_news news;
	__u64 now_ns;  /* CLOCK_MONOTONIC */
	__u64 time_ns; /* the same, CLOCK_REALTIME */
	const struct rendered_lock_task *task;
};

struct lock_total {
	__u64 reported, lasting;
	__u64 long_waits; /* tasks, in these or for something else */
	__u64 waits_without_room, uses_without_room, waits_elsewhere, missed_runs, searches_cut;
	bool hooks_were_off;
	size_t absent;
	const char *const *names; /* of hooks that are absent */
};

int render_deadlock_text(FILE *output, const struct rendered_deadlock *rendered);
int render_deadlock_json(FILE *output, const struct rendered_deadlock *rendered);
int render_deadlock_dot(FILE *output, const struct rendered_deadlock *rendered);
int render_lock_total_text(FILE *output, const struct lock_total *total);
int render_lock_total_json(FILE *output, const struct lock_total *total);

#endif
