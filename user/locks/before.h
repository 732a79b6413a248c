/* SPDX-License-Identifier: GPL-2.0-only */
/* What began before the programs of bpf/locks.bpf.c were there to see it. */
#ifndef VFIOSCOPE_LOCKS_BEFORE_H
#define VFIOSCOPE_LOCKS_BEFORE_H

#include "names.h"
#include "watch.h"

/* Has tasks counted in that wait already. Returns how many, or -1 with errno. */
long lock_before_note_waits(struct lock_watch *watch, struct lock_names *names);

/*
 * Forgets waits whose end the programs did not see, also in @tasks, which are as they were after
 * @as_of_ns (CLOCK_MONOTONIC).
 */
void lock_before_check_waits(struct lock_watch *watch, struct lock_names *names,
			     struct lock_task *tasks, size_t count, __u64 as_of_ns);

/* Notes in @tasks which files they are in or keep open. Returns 0, or -1 with errno. */
int lock_before_note_uses(struct lock_watch *watch, struct lock_names *names,
			  struct lock_task *tasks, size_t count);

#endif
