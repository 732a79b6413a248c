/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of bpf/locks.bpf.c: loaded, attached, and read. */
#ifndef VFIOSCOPE_LOCKS_WATCH_H
#define VFIOSCOPE_LOCKS_WATCH_H

#include "waits.h"

#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/locks.h>

struct lock_watch;

/* NULL after an error message. */
struct lock_watch *lock_watch_open(void);
void lock_watch_close(struct lock_watch *watch);

/* To be called now and then: VFIO may be loaded, or unloaded, meanwhile. True: it is new. */
bool lock_watch_pick_up_modules(struct lock_watch *watch);

/* Those that the programs have seen, and what is added. */
struct lock_waits *lock_watch_waits(struct lock_watch *watch);

/*
 * All tasks that wait, or are within an operation on a device. Returns how many, in @tasks, to be
 * freed; or -1 with errno.
 */
long lock_watch_tasks(const struct lock_watch *watch, struct lock_task **tasks);

/*
 * The same of files that keep a device open, or that a task is in and that are to go: those of so
 * many processes; 0: of all.
 */
long lock_watch_files(const struct lock_watch *watch, const __u32 *pids, size_t pid_count,
		      struct lock_file **files);

/* The same of tasks that sleep in a list of waiters. */
long lock_watch_sleepers(const struct lock_watch *watch, struct lock_sleeper **sleepers);

/* Whether functions are hooked now: they may be switched off. */
void lock_watch_set_hooked(struct lock_watch *watch, bool hooked);

/* Since when operations on devices are seen to begin, CLOCK_MONOTONIC; UINT64_MAX: they are not. */
__u64 lock_watch_hooked_ns(const struct lock_watch *watch);

/* So many devices that tasks have open found no room. The most at a time counts. */
void lock_watch_lose_uses(struct lock_watch *watch, __u64 uses);

/* What was not seen, since it was opened. */
struct lock_watch_losses {
	__u64 waits_elsewhere; /* lock_waits_count_elsewhere() */
	__u64 waits_without_room;
	__u64 uses_without_room;
	__u64 missed_runs;	  /* that the kernel left out */
	size_t absent;		  /* hooks that this kernel lacks */
	const char *const *names; /* of them; until the next call of any function here */
};

struct lock_watch_losses lock_watch_losses(struct lock_watch *watch);

#endif
