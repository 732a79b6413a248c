/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of bpf/lockorder.bpf.c: loaded, attached, and read. */
#ifndef VFIOSCOPE_LOCKORDER_WATCH_H
#define VFIOSCOPE_LOCKORDER_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/lockorder.h>

struct order_watch;

/* What is told, in the order in which it happened. */
struct order_receiver {
	void (*lock)(const struct order_lock_event *event, void *argument);
	void (*edge)(const struct order_edge_event *event, void *argument);
	void (*device)(const struct order_device_event *event, void *argument);
	void (*gone)(const struct order_gone_event *event, void *argument);
	void (*module)(const struct order_module_event *event, void *argument); /* has come */
	void *argument;
};

/*
 * @scopes: functions of the kernel that arm a task besides the usual ones; ends with NULL, or is
 * NULL. @receiver has to last. NULL after an error message.
 */
struct order_watch *order_watch_open(char *const *scopes, const struct order_receiver *receiver);
void order_watch_close(struct order_watch *watch);

/*
 * To be called now and then: VFIO may be loaded, or unloaded, meanwhile. True: there are other
 * programs now, which have names of their own.
 */
bool order_watch_pick_up_modules(struct order_watch *watch);

/* A module has come, which may have functions that were not there. */
void order_watch_attach_more(struct order_watch *watch);

/* A descriptor that can be read when there is news. -1 with errno. */
int order_watch_event_fd(const struct order_watch *watch);

/*
 * Passes news on, those of before at least, but for what is left at @until_ns (CLOCK_MONOTONIC):
 * what goes on meanwhile may be quicker. 0; 1: there may be more; -1 with errno.
 */
int order_watch_receive(struct order_watch *watch, __u64 until_ns);

/* How often an order was seen, and so on, up to now; -1: it is not known. */
int order_watch_seen(const struct order_watch *watch, const struct order_key *key,
		     struct order_seen *seen);

/* How many orders there were room for, up to now; and one of them is of locks that are no more. */
__u64 order_watch_orders(const struct order_watch *watch);
void order_watch_forget_order(struct order_watch *watch, const struct order_key *key);

/* How many modules have come and gone up to now. */
__u32 order_watch_modules(const struct order_watch *watch);

/* Whether the lock at @address still has this number. */
bool order_watch_is_current(const struct order_watch *watch, __u64 address, __u32 id);
/* The lock at @address is no more. */
void order_watch_forget(struct order_watch *watch, __u64 address);

/* What was not seen, since it was opened. */
struct order_losses {
	struct order_state state;	     /* without room: also what had to make room later */
	__u64 missed_runs;		     /* that the kernel left out */
	size_t absent;			     /* hooks that this kernel lacks */
	const char *names[2 * ORDER_SCOPES]; /* of some of them */
};

struct order_losses order_watch_losses(const struct order_watch *watch);

#endif
