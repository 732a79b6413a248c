// SPDX-License-Identifier: GPL-2.0-only
#include "before.h"

#include "../clock.h"
#include "../model/lock_holders.h"
#include "../model/lock_sleepers.h"

#include <stdlib.h>

#define ATTEMPTS 3

/*
 * Waits
 */

struct functions {
	struct lock_names *names;
	char text[SYMBOL_BYTES];
};

static const char *function_of(__u64 address, void *argument)
{
	struct functions *functions = argument;

	return lock_word_name(functions->names, address, functions->text);
}

/* False: it does not wait for a lock. */
static bool wait_of(struct lock_names *names, const struct lock_sleeper *sleeper,
		    struct lock_wait *wait)
{
	struct functions functions = { .names = names };
	enum lock_kind kind = lock_sleeper_kind(sleeper, function_of, &functions);

	if (kind == LOCK_KINDS)
		return false;
	wait->task = sleeper->task;
	wait->lock = lock_sleeper_lock(sleeper, kind);
	wait->kind = kind;
	wait->flags = LOCK_WAIT_BEFORE;
	return wait->lock;
}

/* Those that wait, with the heads of their lists. Returns how many, or -1 with errno. */
static long find_sleepers(const struct lock_watch *watch, struct lock_sleeper **sleepers)
{
	long count = lock_watch_sleepers(watch, sleepers);

	if (count > 0)
		lock_sleepers_find_heads(*sleepers, (size_t)count);
	return count;
}

static bool waits_still(const struct lock_sleeper *before, const struct lock_sleeper *sleepers,
			long count)
{
	for (long i = 0; i < count; i++)
		if (sleepers[i].task == before->task && sleepers[i].next == before->next)
			return true;
	return false;
}

/* Who went on after it was looked at, and before it was added, would wait for ever. */
static long take_back(struct lock_watch *watch, struct lock_names *names,
		      const struct lock_sleeper *sleepers, long count, __u64 since_ns)
{
	struct lock_wait wait = { .since_ns = since_ns };
	struct lock_sleeper *now;
	long now_count = find_sleepers(watch, &now), taken = 0;

	for (long i = 0; i < count; i++) {
		if (!wait_of(names, &sleepers[i], &wait) ||
		    waits_still(&sleepers[i], now, now_count))
			continue;
		lock_watch_remove_wait(watch, sleepers[i].tid, &wait);
		taken++;
	}
	free(now);
	return taken;
}

/* Returns how many were added, less those that were taken back, in @taken; or -1 with errno. */
static long note_waits(struct lock_watch *watch, struct lock_names *names, long *taken)
{
	struct lock_wait wait = { .since_ns = clock_ns(CLOCK_MONOTONIC) };
	struct lock_sleeper *sleepers;
	long count = find_sleepers(watch, &sleepers), added = 0;

	for (long i = 0; i < count; i++)
		if (wait_of(names, &sleepers[i], &wait))
			added += lock_watch_add_wait(watch, sleepers[i].tid, &wait);
	*taken = added ? take_back(watch, names, sleepers, count, wait.since_ns) : 0;
	free(sleepers);
	return count < 0 ? -1 : added - *taken;
}

long lock_before_note_waits(struct lock_watch *watch, struct lock_names *names)
{
	long noted = 0, taken = 1;

	/* Lists that change meanwhile are not understood. */
	for (int i = 0; i < ATTEMPTS && taken && noted >= 0; i++) {
		long more = note_waits(watch, names, &taken);

		noted = more < 0 ? -1 : noted + more;
	}
	return noted;
}

/*
 * Uses
 */

static enum lock_use_operation operation_of(const struct lock_task *task, void *names)
{
	size_t count = task->stack_bytes > 0 ? (size_t)task->stack_bytes / sizeof(__u64) : 0;
	enum lock_use_operation operation = LOCK_USES;
	struct functions functions = { .names = names };

	for (size_t i = 0; i < count && operation == LOCK_USES; i++)
		operation = lock_use_of_function(function_of(task->stack[i], &functions));
	return operation;
}

static bool waits_for_files(const struct lock_task *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].open_wait.lock || tasks[i].active_wait.lock)
			return true;
	return false;
}

int lock_before_note_uses(const struct lock_watch *watch, struct lock_names *names,
			  struct lock_task *tasks, size_t count)
{
	struct lock_file *files;
	long file_count;

	/* All files of all processes are many. */
	if (!waits_for_files(tasks, count))
		return 0;
	file_count = lock_watch_files(watch, &files);
	if (file_count < 0)
		return -1;
	lock_holders_note(tasks, count, files, (size_t)file_count, operation_of, names);
	free(files);
	return 0;
}
