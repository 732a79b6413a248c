/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who keeps a device open, or is in a file of sysfs, by the files that there are. Pure: no I/O, no
 * kernel.
 */
#ifndef VFIOSCOPE_LOCK_HOLDERS_H
#define VFIOSCOPE_LOCK_HOLDERS_H

#include <stddef.h>
#include <vfioscope/locks.h>

/* Which operation of a file the task's stack is in; LOCK_USES: in none. */
typedef enum lock_use_operation (*lock_operation_of)(const struct lock_task *task, void *argument);

/*
 * Notes in @tasks which files they are in or have open, of those that others wait for. What the
 * programs saw themselves stays as it is. Returns how many that tasks have open found no room,
 * each of them once a task.
 */
__u64 lock_holders_note(struct lock_task *tasks, size_t count, const struct lock_file *files,
			size_t file_count, lock_operation_of operation_of, void *argument);

#endif
