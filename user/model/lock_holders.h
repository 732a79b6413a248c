/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who keeps a device open, or is in a file of sysfs, by the files that there are. Pure: no I/O, no
 * kernel.
 */
#ifndef VFIOSCOPE_LOCK_HOLDERS_H
#define VFIOSCOPE_LOCK_HOLDERS_H

#include <stddef.h>
#include <vfioscope/locks.h>

struct lock_operations {
	/* Which operation of a file the task's stack is in; LOCK_USES: in none. */
	enum lock_use_operation (*of)(const struct lock_task *task, void *argument);
	void *argument;
	__u64 hooked_ns; /* since then those on devices are seen to begin; CLOCK_MONOTONIC */
};

/*
 * Notes in @tasks which files they are in or have open, of those that others wait for. What the
 * programs saw themselves stays as it is. Returns how many that tasks have open found no room,
 * each of them once a task.
 */
__u64 lock_holders_note(struct lock_task *tasks, size_t count, const struct lock_file *files,
			size_t file_count, const struct lock_operations *operations);

#endif
