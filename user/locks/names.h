/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kernel developer would call a lock. */
#ifndef VFIOSCOPE_LOCKS_NAMES_H
#define VFIOSCOPE_LOCKS_NAMES_H

#include "../symbols.h"

#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/locks.h>

/* What is known of the kernel's addresses and types. */
struct lock_names;

struct lock_names *lock_names_new(void); /* NULL: out of memory */
void lock_names_free(struct lock_names *names);

/*
 * The kernel hides the names of its functions from this process. To be asked once all programs are
 * loaded, which have names, too: they are read then, and no report has to wait for that.
 */
bool lock_names_are_hidden(struct lock_names *names);

/*
 * Reads the names anew if something had none since it did so last: a module may have come. True if
 * it did, and asking again is worth it.
 */
bool lock_names_renew(struct lock_names *names);

#define LOCK_NAME_BYTES 192

/*
 * "zdev.state_lock of 0001:00:00.0", if it is a member of an object of a device that a task waits
 * for or uses; "OPEN(0001:00:00.0)"; the name of a variable; else its address.
 */
const char *lock_name(struct lock_names *names, const struct lock_wait *wait,
		      const struct lock_task *tasks, size_t count, char buffer[LOCK_NAME_BYTES]);

/* "zdev.state_lock of 0001:00:00.0"; false: it is no member of these. */
bool lock_member_name(struct lock_names *names, const struct lock_objects *objects, __u64 lock,
		      char buffer[LOCK_NAME_BYTES]);

/* The name of a variable; false: it is none, and buffer has its address. */
bool lock_variable_name(struct lock_names *names, __u64 lock, char buffer[LOCK_NAME_BYTES]);

/* Modules or programs have come or gone: names are read anew before the next one is given. */
void lock_names_expire(struct lock_names *names);
/* Looks whether they have: so it is for who is not told. */
void lock_names_follow_modules(struct lock_names *names);

/* "function+0x12" */
const char *lock_function_name(struct lock_names *names, __u64 address, char buffer[SYMBOL_BYTES]);
/* As lock_function_name(), of what need not be an address: that it has no name says nothing. */
const char *lock_word_name(struct lock_names *names, __u64 word, char buffer[SYMBOL_BYTES]);

#endif
