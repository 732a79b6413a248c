// SPDX-License-Identifier: GPL-2.0-only
#include "lock_holders.h"

#include "deadlock.h"

#include <stdbool.h>

/*
 * Files of sysfs
 */

static __u64 tasks_in(__u64 node, const struct lock_file *files, size_t count)
{
	__u64 tasks = 0;

	for (size_t i = 0; i < count; i++) {
		bool again = false;

		if (files[i].node != node)
			continue;
		/* Two processes may have one open file. */
		for (size_t j = 0; j < i && !again; j++)
			again = files[j].node == node && files[j].tid == files[i].tid;
		tasks += !again;
	}
	return tasks;
}

/* Who removes the file that it writes to is in it and not waited for: nobody says who that is. */
static void note_in_file(struct lock_task *tasks, size_t count, const struct lock_file *file,
			 bool maybe)
{
	for (size_t i = 0; i < count; i++) {
		if (tasks[i].tid != file->tid)
			continue;
		tasks[i].in_file = file->node;
		if (maybe)
			tasks[i].flags |= LOCK_IN_FILE_MAYBE;
	}
}

/*
 * Devices
 */

static bool is_waited_for(__u64 vfio, const struct lock_task *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].open_wait.lock == vfio)
			return true;
	return false;
}

/* Another descriptor of the process is of the same device. */
static bool is_again(const struct lock_file *files, size_t place)
{
	for (size_t i = 0; i < place; i++)
		if (files[i].pid == files[place].pid && !files[i].node &&
		    files[i].objects.vfio == files[place].objects.vfio)
			return true;
	return false;
}

/* False: it has too many open. */
static bool note_open(struct lock_task *task, const struct lock_file *file)
{
	for (size_t i = 0; i < LOCK_OPENS; i++) {
		if (task->has_open[i] == file->objects.vfio)
			return true;
		if (task->has_open[i])
			continue;
		task->has_open[i] = file->objects.vfio;
		if (!i && !task->use.vfio)
			task->uses = file->objects;
		return true;
	}
	return false;
}

/*
 * What it waits within may have begun unseen. Else it is no operation on a device, whatever the
 * descriptor is now.
 */
static bool may_be_in_operation(const struct lock_task *task, __u64 hooked_ns)
{
	const struct lock_wait *wait = deadlock_wait(task);

	return !task->use.vfio && (wait->flags & LOCK_WAIT_BEFORE || wait->since_ns < hooked_ns);
}

/* In an operation that nobody saw begin, if that is what its system call is about. */
static bool note_device(struct lock_task *task, const struct lock_file *file,
			const struct lock_operations *operations)
{
	enum lock_use_operation operation = LOCK_USES;

	if (task->argument == file->descriptor && may_be_in_operation(task, operations->hooked_ns))
		operation = operations->of(task, operations->argument);
	if (operation != LOCK_USES) {
		task->use.vfio = file->objects.vfio;
		task->use.operation = operation;
		task->uses = file->objects;
		return true;
	}
	return note_open(task, file);
}

__u64 lock_holders_note(struct lock_task *tasks, size_t count, const struct lock_file *files,
			size_t file_count, const struct lock_operations *operations)
{
	__u64 without_room = 0;

	for (size_t i = 0; i < file_count; i++) {
		const struct lock_file *file = &files[i];

		if (file->node) {
			note_in_file(tasks, count, file,
				     tasks_in(file->node, files, file_count) > file->node_users);
			continue;
		}
		if (!is_waited_for(file->objects.vfio, tasks, count))
			continue;
		for (size_t j = 0; j < count; j++)
			if (tasks[j].pid == file->pid)
				without_room += !note_device(&tasks[j], file, operations) &&
						!is_again(files, i);
	}
	return without_room;
}
