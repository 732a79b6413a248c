// SPDX-License-Identifier: GPL-2.0-only
#include "lock_sleepers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Functions
 */

static bool begins_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

/* Compilers make one of two of them, and give them endings. LOCK_KINDS: of no lock. */
static const struct {
	const char *name;
	enum lock_kind kind;
} waits[] = {
	{ "mutex_lock", LOCK_MUTEX },
	{ "__mutex_lock", LOCK_MUTEX },
	{ "ww_mutex_lock", LOCK_MUTEX },
	{ "__ww_mutex_lock", LOCK_MUTEX },
	{ "down_read", LOCK_RWSEM_READ },
	{ "__down_read", LOCK_RWSEM_READ },
	{ "rwsem_down_read", LOCK_RWSEM_READ },
	{ "down_write", LOCK_RWSEM_WRITE },
	{ "__down_write", LOCK_RWSEM_WRITE },
	{ "rwsem_down_write", LOCK_RWSEM_WRITE },
	/* Their waiters look the same. */
	{ "down", LOCK_KINDS },
	{ "__down", LOCK_KINDS },
	{ "___down", LOCK_KINDS },
	{ "futex_", LOCK_KINDS },
	{ "__futex_", LOCK_KINDS },
};

#define WAITS (sizeof(waits) / sizeof(waits[0]))

/* Its place in waits, or WAITS. */
static size_t find_wait(const char *function)
{
	size_t i = 0;

	while (i < WAITS && !begins_with(function, waits[i].name))
		i++;
	return i;
}

/* The last call from where the waiter is: traces leave out functions that wait for locks. */
static enum lock_kind kind_by_words(const struct lock_sleeper *sleeper,
				    lock_function_of function_of, void *argument)
{
	for (size_t i = LOCK_SLEEPER_WORDS; i-- > 0;) {
		__u64 address = sleeper->node - (LOCK_SLEEPER_WORDS - i) * sizeof(__u64);
		size_t wait;

		if (address < sleeper->stack_pointer)
			break;
		wait = find_wait(function_of(sleeper->words[i], argument));
		if (wait < WAITS)
			return waits[wait].kind;
	}
	return LOCK_KINDS;
}

static bool sleeps_in(const struct lock_sleeper *sleeper, const char *function,
		      lock_function_of function_of, void *argument)
{
	return sleeper->stack_bytes >= (int)sizeof(sleeper->stack[0]) &&
	       begins_with(function_of(sleeper->stack[0], argument), function);
}

enum lock_kind lock_sleeper_kind(const struct lock_sleeper *sleeper, lock_function_of function_of,
				 void *argument)
{
	if (sleeper->lock)
		return (enum lock_kind)sleeper->lock_kind;
	switch (sleeper->kind) {
	case LOCK_WAITER_LOCK:
		return kind_by_words(sleeper, function_of, argument);
	case LOCK_WAITER_COMPLETION:
		return sleeps_in(sleeper, "vfio_unregister_group_dev", function_of, argument) ?
			       LOCK_OPEN :
			       LOCK_KINDS;
	default:
		return sleeps_in(sleeper, "kernfs_drain", function_of, argument) ? LOCK_ACTIVE :
										   LOCK_KINDS;
	}
}

/* Not VFIO's own: compilers have them jump to the driver's, and then they are not on the stack. */
enum lock_use_operation lock_use_of_function(const char *function)
{
	static const struct {
		const char *name;
		enum lock_use_operation operation;
	} calls[] = {
		{ "vfs_read", LOCK_USE_READ },		 { "do_iter_read", LOCK_USE_READ },
		{ "vfs_write", LOCK_USE_WRITE },	 { "do_iter_write", LOCK_USE_WRITE },
		{ "__x64_sys_ioctl", LOCK_USE_IOCTL },	 { "__se_sys_ioctl", LOCK_USE_IOCTL },
		{ "__s390x_sys_ioctl", LOCK_USE_IOCTL },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (begins_with(function, calls[i].name))
			return calls[i].operation;
	return LOCK_USES;
}

/*
 * Lists
 */

static int compare(const void *one, const void *other)
{
	__u64 left = ((const struct lock_sleeper *)one)->node;
	__u64 right = ((const struct lock_sleeper *)other)->node;

	return (left > right) - (left < right);
}

static struct lock_sleeper *find(struct lock_sleeper *sleepers, size_t count, __u64 node)
{
	const struct lock_sleeper wanted = { .node = node };

	return bsearch(&wanted, sleepers, count, sizeof(*sleepers), compare);
}

/* What no waiter's is must be the head. The kernel went on meanwhile: there may be none. */
static __u64 find_head(struct lock_sleeper *sleepers, size_t count, const struct lock_sleeper *from)
{
	const struct lock_sleeper *waiter = from, *next = waiter;

	for (size_t steps = 0; next && steps <= count; steps++) {
		waiter = next;
		next = find(sleepers, count, waiter->next);
	}
	return next ? 0 : waiter->next;
}

void lock_sleepers_find_heads(struct lock_sleeper *sleepers, size_t count)
{
	if (!count)
		return;
	qsort(sleepers, count, sizeof(*sleepers), compare);
	for (size_t i = 0; i < count; i++) {
		struct lock_sleeper *waiter = &sleepers[i];
		__u64 head;

		if (!waiter->node)
			continue;
		head = find_head(sleepers, count, waiter);
		/* For all on the way, so that nobody goes there again. */
		while (waiter && waiter->next != head) {
			struct lock_sleeper *next = find(sleepers, count, waiter->next);

			waiter->next = head;
			waiter = next;
		}
	}
}

__u64 lock_sleeper_lock(const struct lock_sleeper *sleeper, enum lock_kind kind)
{
	__u32 list = kind == LOCK_MUTEX ? sleeper->mutex_list :
		     kind == LOCK_OPEN	? sleeper->open_list :
					  sleeper->semaphore_list;

	if (sleeper->lock)
		return sleeper->lock;
	return list && sleeper->next > list ? sleeper->next - list : 0;
}

__u64 lock_sleeper_file(const struct lock_sleeper *sleeper, const struct lock_file *files,
			size_t count)
{
	__u64 node = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < LOCK_SLEEPER_WORDS && files[i].node; j++) {
			if (sleeper->words[j] != files[i].node || node == files[i].node)
				continue;
			if (node)
				return 0;
			node = files[i].node;
		}
	return node;
}
