/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deadlocks among tasks that wait, found in what bpf/locks.bpf.c says of them. Pure: no I/O, no
 * kernel.
 *
 * A task that has not stopped waiting cannot have let go of what it holds. So if each task of a
 * cycle waited at the time when the owner of each lock was read, none will go on by itself.
 */
#ifndef VFIOSCOPE_DEADLOCK_H
#define VFIOSCOPE_DEADLOCK_H

#include "cycles.h"

#include <vfioscope/locks.h>

/* Of more tasks in one cycle nothing is told. */
#define DEADLOCK_TASKS CYCLE_MOST_EDGES
#define DEADLOCK_BEHIND 16

/* Each task waits for something that the next one holds, the last one for what the first holds. */
struct deadlock {
	__u64 id; /* 1, 2, ... */
	size_t count;
	struct lock_task task[DEADLOCK_TASKS];
	size_t behind; /* other tasks that wait for these, as many as are known */
	struct lock_task behind_task[DEADLOCK_BEHIND];
	__u64 found_ns; /* when it was reported, CLOCK_MONOTONIC */
	/*
	 * Not quite sure: readers hold a lock, or who came later than who waits for it, or a task
	 * has a device open and is not in it.
	 */
	bool suspected;
};

/* What the task waits for now: a lock, else that a file is left, else that a device is closed. */
const struct lock_wait *deadlock_wait(const struct lock_task *task);
/* Not for a lock: for the end of what others do with a device or a file. */
bool deadlock_waits_for_use(const struct lock_task *task);
/* The wait ends when the task is killed, at least. */
bool deadlock_is_breakable(const struct lock_task *task);
/* A task whose end would be the deadlock's, NULL: there is none. */
const struct lock_task *deadlock_breakable_by(const struct deadlock *deadlock);

enum deadlock_news {
	DEADLOCK_FOUND,
	DEADLOCK_RESOLVED, /* it is as it was when it was found */
};

typedef void (*deadlock_report)(const struct deadlock *deadlock, enum deadlock_news news,
				void *argument);

struct deadlocks;

/*
 * Waits shorter than @threshold_ns are none; where the holder is only suspected, shorter than ten
 * times that. NULL: out of memory.
 */
struct deadlocks *deadlocks_new(__u64 threshold_ns, deadlock_report report, void *argument);
void deadlocks_free(struct deadlocks *deadlocks);

/*
 * Takes all tasks that wait or use a device, as they were at @now_ns (CLOCK_MONOTONIC). A deadlock
 * is reported when it is seen a second time, task by task the same; and when it is gone. Returns
 * how many were seen for the first time, so that it is worth looking again soon; or -1: out of
 * memory.
 */
int deadlocks_feed(struct deadlocks *deadlocks, const struct lock_task *tasks, size_t count,
		   __u64 now_ns);

/* How many last now; and how often a search for them was given up. */
size_t deadlocks_lasting(const struct deadlocks *deadlocks);
__u64 deadlocks_cut(const struct deadlocks *deadlocks);

#endif
