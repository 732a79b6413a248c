/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tasks wait for that waited already when vfioscope began: by their stacks, and by the lists
 * that they are in. Pure: no I/O, no kernel.
 */
#ifndef VFIOSCOPE_LOCK_SLEEPERS_H
#define VFIOSCOPE_LOCK_SLEEPERS_H

#include <stddef.h>
#include <vfioscope/locks.h>

/* "function+0x12", or something that begins with a digit. */
typedef const char *(*lock_function_of)(__u64 address, void *argument);

/* The kind of lock that a task waits for. LOCK_KINDS: none, it sleeps for something else. */
enum lock_kind lock_sleeper_kind(const struct lock_sleeper *sleeper, lock_function_of function_of,
				 void *argument);

/* LOCK_USES: it is no operation of a file, or one that keeps its descriptor elsewhere. */
enum lock_use_operation lock_use_of_function(const char *function);

/*
 * Sets what follows each waiter to the head of the list that it is in. Sorts them. Of who has none,
 * because the kernel knows the lock, nothing is looked for.
 */
void lock_sleepers_find_heads(struct lock_sleeper *sleepers, size_t count);

/*
 * The lock whose list begins at the waiter's head; 0: it is not known where that is in such.
 * LOCK_ACTIVE has no such list.
 */
__u64 lock_sleeper_lock(const struct lock_sleeper *sleeper, enum lock_kind kind);

/* Which of the files it is about, if it is about one. */
__u64 lock_sleeper_file(const struct lock_sleeper *sleeper, const struct lock_file *files,
			size_t count);

#endif
