/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of bpf/locks.bpf.c: loaded, attached, and read. */
#ifndef VFIOSCOPE_LOCKS_WATCH_H
#define VFIOSCOPE_LOCKS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/locks.h>

struct lock_watch;

/* NULL after an error message. */
struct lock_watch *lock_watch_open(void);
void lock_watch_close(struct lock_watch *watch);

/* To be called now and then: VFIO may be loaded, or unloaded, meanwhile. True: it is new. */
bool lock_watch_pick_up_modules(struct lock_watch *watch);

/* Whether a task has waited since @before_ns (CLOCK_MONOTONIC) or longer: as cheap as it can be. */
bool lock_watch_waits_long(const struct lock_watch *watch, __u64 before_ns);

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

/* A wait that the programs have not seen begin. False: one of this task is known; or no room. */
bool lock_watch_add_wait(struct lock_watch *watch, __u32 tid, const struct lock_wait *wait);
/* Takes it back, if it is as it was added. */
void lock_watch_remove_wait(const struct lock_watch *watch, __u32 tid,
			    const struct lock_wait *wait);

/*
 * Waits for devices and files that none of the tasks has which were read after @as_of_ns; unless
 * those of other PID namespaces are not seen.
 */
void lock_watch_forget_ended(struct lock_watch *watch, const struct lock_task *tasks, size_t count,
			     __u64 as_of_ns);

/* So many devices that tasks have open found no room. The most at a time counts. */
void lock_watch_lose_uses(struct lock_watch *watch, __u64 uses);

/*
 * Counts waits that began before @before_ns and that none of the tasks has: those of other PID
 * namespaces. Nothing is done where there are none. Returns 0, or -1 with errno.
 */
int lock_watch_count_elsewhere(struct lock_watch *watch, const struct lock_task *tasks,
			       size_t count, __u64 before_ns);

/* What was not seen, since it was opened. */
struct lock_watch_losses {
	__u64 waits_elsewhere; /* the most at a time */
	__u64 waits_without_room;
	__u64 uses_without_room;
	__u64 missed_runs;	  /* that the kernel left out */
	size_t absent;		  /* hooks that this kernel lacks */
	const char *const *names; /* of them; until the next call of any function here */
};

struct lock_watch_losses lock_watch_losses(struct lock_watch *watch);

#endif
