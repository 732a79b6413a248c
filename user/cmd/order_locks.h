/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks by their numbers, and what they are called: by the devices that they are members of. */
#ifndef VFIOSCOPE_ORDER_LOCKS_H
#define VFIOSCOPE_ORDER_LOCKS_H

#include "../lockorder/watch.h"
#include "../locks/names.h"
#include "../model/order.h"

#include <stdbool.h>

struct named_lock {
	__u32 id;
	__u32 kind; /* enum order_kind */
	__u64 address;
	bool is_named;	    /* the class is what it is, and no address */
	bool gets_name;	    /* of the device that has become known */
	unsigned int stale; /* looks since its number is no lock's any more */
	char given[ORDER_NAME_BYTES];
	char class[ORDER_CLASS_BYTES];
};

/*
 * A lock that had an address only has a name now. All locks of a device are renamed as guards
 * first: an order that becomes one that is known already is to have them.
 */
typedef void (*order_renamed)(const char *from, const char *to, bool as_guard, void *argument);

struct order_locks;

/* @names has to last. NULL: out of memory. */
struct order_locks *order_locks_new(struct lock_names *names, order_renamed renamed,
				    void *argument);
void order_locks_free(struct order_locks *locks);

/* Before all else: where the numbers come from. */
void order_locks_watch(struct order_locks *locks, struct order_watch *watch);

/* What was told of, by number or by device. Both return 0, or -1: out of memory. */
int order_locks_add(struct order_locks *locks, const struct order_lock_event *event);
int order_locks_add_device(struct order_locks *locks, const struct lock_objects *objects);

/* A device's object, or a module, is no more. */
void order_locks_forget(struct order_locks *locks, const struct order_gone_event *event);

/* NULL: no lock of this number is known. Until one is added. */
const struct named_lock *order_locks_find(const struct order_locks *locks, __u32 id);

/*
 * So many there are; and how to have less: those become stale whose number is no lock's any more,
 * for the second time, as a task may hold one still; what was told of them before is taken, and
 * they go.
 */
size_t order_locks_count(const struct order_locks *locks);
void order_locks_find_stale(struct order_locks *locks);
bool order_lock_is_stale(const struct named_lock *lock);
void order_locks_forget_stale(struct order_locks *locks);

#endif
