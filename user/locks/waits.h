/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits that go on, in the maps of the programs: who waits for what, and since when. */
#ifndef VFIOSCOPE_LOCKS_WAITS_H
#define VFIOSCOPE_LOCKS_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/locks.h>

struct bpf_object;

/* A task may be in one wait of each map: it may wait for a lock while it waits for a device. */
enum lock_waits_map {
	WAITS_FOR_LOCKS,
	WAITS_FOR_USERS,
	WAITS_FOR_FILES,
	WAITS_MAPS,
};

struct lock_waits {
	int map[WAITS_MAPS];
	bool of_all_tasks;  /* false: those of other PID namespaces are not shown by iterators */
	__u64 without_room; /* what was to be added */
	__u64 elsewhere;    /* of other PID namespaces: the most at a time */
};

/* The maps are the object's, and go with it. */
void lock_waits_of(struct lock_waits *waits, const struct bpf_object *object);

/* Whether a task has waited since @before_ns (CLOCK_MONOTONIC) or longer: as cheap as it can be. */
bool lock_waits_are_long(const struct lock_waits *waits, __u64 before_ns);

/* A wait that the programs have not seen begin. False: one of this task is known; or no room. */
bool lock_waits_add(struct lock_waits *waits, __u32 tid, const struct lock_wait *wait);
/* Takes it back, if it is as it was added. */
void lock_waits_remove(const struct lock_waits *waits, __u32 tid, const struct lock_wait *wait);

/*
 * Forgets waits for devices and files that none of the tasks has, which were read after @as_of_ns;
 * unless those of other PID namespaces are not shown.
 */
void lock_waits_forget_ended(const struct lock_waits *waits, const struct lock_task *tasks,
			     size_t count, __u64 as_of_ns);

/*
 * Counts waits that began before @before_ns and that none of the tasks has: those of other PID
 * namespaces. Nothing is done if they are shown. Returns 0, or -1 with errno.
 */
int lock_waits_count_elsewhere(struct lock_waits *waits, const struct lock_task *tasks,
			       size_t count, __u64 before_ns);

#endif
