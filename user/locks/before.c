// SPDX-License-Identifier: GPL-2.0-only
#include "before.h"

#include "../clock.h"
#include "../model/lock_holders.h"
#include "../model/lock_sleepers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ATTEMPTS 3

/* What may have run is looked at again after so long. */
#define PAUSE_NS (LOCK_SLEEP_NS + 10000000)

/* More processes than these are looked at all together, with all others. */
#define MOST_PROCESSES 64

struct functions {
	struct lock_names *names;
	char text[SYMBOL_BYTES];
};

static const char *function_of(__u64 address, void *argument)
{
	struct functions *functions = argument;

	return lock_word_name(functions->names, address, functions->text);
}

/*
 * Waits
 */

/* Tasks that sleep, and the files of sysfs that some of them may wait for. */
struct sleepers {
	struct lock_sleeper *sleeper;
	long count; /* -1: with errno */
	struct lock_file *file;
	long file_count;
};

static int compare_tasks(const void *one, const void *other)
{
	__u64 left = ((const struct lock_sleeper *)one)->task;
	__u64 right = ((const struct lock_sleeper *)other)->task;

	return (left > right) - (left < right);
}

static enum lock_kind kind_of(struct lock_names *names, const struct lock_sleeper *sleeper)
{
	struct functions functions = { .names = names };

	return lock_sleeper_kind(sleeper, function_of, &functions);
}

/* By task, with the heads of their lists and the kinds of what they wait for. */
static void find_sleepers(const struct lock_watch *watch, struct lock_names *names,
			  struct sleepers *sleepers)
{
	bool wait_for_files = false;

	memset(sleepers, 0, sizeof(*sleepers));
	sleepers->count = lock_watch_sleepers(watch, &sleepers->sleeper);
	if (sleepers->count <= 0)
		return;
	lock_sleepers_find_heads(sleepers->sleeper, (size_t)sleepers->count);
	qsort(sleepers->sleeper, (size_t)sleepers->count, sizeof(*sleepers->sleeper),
	      compare_tasks);
	for (long i = 0; i < sleepers->count; i++) {
		struct lock_sleeper *sleeper = &sleepers->sleeper[i];

		sleeper->lock_kind = kind_of(names, sleeper);
		wait_for_files |= sleeper->lock_kind == LOCK_ACTIVE;
	}
	if (wait_for_files)
		sleepers->file_count = lock_watch_files(watch, NULL, 0, &sleepers->file);
}

static void free_sleepers(struct sleepers *sleepers)
{
	free(sleepers->sleeper);
	free(sleepers->file);
}

/* False: it does not wait for a lock. */
static bool wait_of(const struct sleepers *sleepers, long place, struct lock_wait *wait)
{
	const struct lock_sleeper *sleeper = &sleepers->sleeper[place];
	enum lock_kind kind = (enum lock_kind)sleeper->lock_kind;

	if (kind == LOCK_KINDS)
		return false;
	wait->task = sleeper->task;
	wait->lock = lock_sleeper_lock(sleeper, kind);
	if (kind == LOCK_ACTIVE)
		wait->lock =
			lock_sleeper_file(sleeper, sleepers->file, (size_t)sleepers->file_count);
	wait->kind = kind;
	wait->flags = LOCK_WAIT_BEFORE;
	return wait->lock;
}

static bool waits_still(const struct lock_sleeper *before, const struct sleepers *now)
{
	const struct lock_sleeper *same = now->count > 0 ?
						  bsearch(before, now->sleeper, (size_t)now->count,
							  sizeof(*before), compare_tasks) :
						  NULL;

	return same && same->next == before->next && same->lock == before->lock;
}

/* Who went on after it was looked at, and before it was added, would wait for ever. */
static long take_back(struct lock_watch *watch, struct lock_names *names,
		      const struct sleepers *sleepers, __u64 since_ns)
{
	struct lock_wait wait = { .since_ns = since_ns };
	struct sleepers now;
	long taken = 0;

	find_sleepers(watch, names, &now);
	for (long i = 0; i < sleepers->count; i++) {
		if (!wait_of(sleepers, i, &wait) || waits_still(&sleepers->sleeper[i], &now))
			continue;
		lock_waits_remove(lock_watch_waits(watch), sleepers->sleeper[i].tid, &wait);
		taken++;
	}
	free_sleepers(&now);
	return taken;
}

/* One that may wait for what is not known yet. */
static bool may_have_run(const struct sleepers *sleepers)
{
	for (long i = 0; i < sleepers->count; i++)
		if (sleepers->sleeper[i].stack_bytes == -EAGAIN)
			return true;
	return false;
}

/*
 * Returns how many were added, less those that were taken back; or -1 with errno. In @again,
 * whether there may be more.
 */
static long note_waits(struct lock_watch *watch, struct lock_names *names, bool *again)
{
	struct lock_wait wait = { .since_ns = clock_ns(CLOCK_MONOTONIC) };
	struct sleepers sleepers;
	long added = 0, taken;

	find_sleepers(watch, names, &sleepers);
	for (long i = 0; i < sleepers.count; i++)
		if (wait_of(&sleepers, i, &wait))
			added += lock_waits_add(lock_watch_waits(watch), sleepers.sleeper[i].tid,
						&wait);
	taken = added ? take_back(watch, names, &sleepers, wait.since_ns) : 0;
	*again = taken || may_have_run(&sleepers);
	free_sleepers(&sleepers);
	return sleepers.count < 0 ? -1 : added - taken;
}

long lock_before_note_waits(struct lock_watch *watch, struct lock_names *names)
{
	bool again = true;
	long noted = 0;

	/* Lists that change meanwhile are not understood. */
	for (int i = 0; i < ATTEMPTS && again && noted >= 0; i++) {
		long more;

		if (i)
			nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
		more = note_waits(watch, names, &again);
		noted = more < 0 ? -1 : noted + more;
	}
	return noted;
}

static size_t frames_of(const struct lock_task *task)
{
	return task->stack_bytes > 0 ? (size_t)task->stack_bytes / sizeof(task->stack[0]) : 0;
}

static bool is_in(struct lock_names *names, const struct lock_task *task, const char *wanted)
{
	struct functions functions = { .names = names };

	for (size_t i = 0; i < frames_of(task); i++)
		if (!strncmp(function_of(task->stack[i], &functions), wanted, strlen(wanted)))
			return true;
	return false;
}

/* Who is dead has no stack. Who may run, or waits for nothing, may be where it was. */
static bool is_elsewhere(struct lock_names *names, const struct lock_task *task, const char *wanted)
{
	const bool dead = task->stack_bytes < 0 && task->stack_bytes != -EAGAIN;

	return dead || (frames_of(task) && !is_in(names, task, wanted));
}

void lock_before_check_waits(struct lock_watch *watch, struct lock_names *names,
			     struct lock_task *tasks, size_t count, __u64 as_of_ns)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].open_wait.flags & LOCK_WAIT_BEFORE &&
		    is_elsewhere(names, &tasks[i], "vfio_unregister_group_dev"))
			tasks[i].open_wait.lock = 0;
	lock_waits_forget_ended(lock_watch_waits(watch), tasks, count, as_of_ns);
}

/*
 * Uses
 */

static enum lock_use_operation operation_of(const struct lock_task *task, void *names)
{
	enum lock_use_operation operation = LOCK_USES;
	struct functions functions = { .names = names };

	for (size_t i = 0; i < frames_of(task) && operation == LOCK_USES; i++)
		operation = lock_use_of_function(function_of(task->stack[i], &functions));
	return operation;
}

static bool wait_for_users(const struct lock_task *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].open_wait.lock || tasks[i].active_wait.lock)
			return true;
	return false;
}

static bool is_among(__u32 pid, const __u32 *pids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Those that have tasks which wait; 0: they are too many. */
static size_t find_processes(const struct lock_task *tasks, size_t count,
			     __u32 pids[MOST_PROCESSES])
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (is_among(tasks[i].pid, pids, found))
			continue;
		if (found == MOST_PROCESSES)
			return 0;
		pids[found++] = tasks[i].pid;
	}
	return found;
}

/* The end of a group's ioctl is not seen where the kernel has no more room for return probes. */
static void forget_ended_opens(struct lock_names *names, struct lock_task *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i].use.vfio && tasks[i].use.operation == LOCK_USE_OPEN &&
		    !lock_names_are_hidden(names) &&
		    is_elsewhere(names, &tasks[i], "vfio_group_fops_unl_ioctl"))
			tasks[i].use.vfio = 0;
}

int lock_before_note_uses(struct lock_watch *watch, struct lock_names *names,
			  struct lock_task *tasks, size_t count)
{
	__u32 pids[MOST_PROCESSES];
	size_t process_count = 0;
	struct lock_file *files;
	long file_count;

	forget_ended_opens(names, tasks, count);
	if (!wait_for_users(tasks, count))
		return 0;
	/* Who does not wait is in no deadlock. Numbers are others in another PID namespace. */
	if (lock_watch_waits(watch)->of_all_tasks)
		process_count = find_processes(tasks, count, pids);
	file_count = lock_watch_files(watch, pids, process_count, &files);
	if (file_count < 0)
		return -1;
	lock_watch_lose_uses(
		watch, lock_holders_note(tasks, count, files, (size_t)file_count,
					 &(struct lock_operations){ operation_of, names,
								    lock_watch_hooked_ns(watch) }));
	free(files);
	return 0;
}
