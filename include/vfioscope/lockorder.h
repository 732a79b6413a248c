/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bpf/lockorder.bpf.c and user/lockorder/ share: in which order tasks take locks, while they
 * are within a scope (an operation on a VFIO device, an unplug, a reset: they are armed then).
 */
#ifndef VFIOSCOPE_LOCKORDER_H
#define VFIOSCOPE_LOCKORDER_H

#include "locks.h"

enum order_kind {
	ORDER_MUTEX,
	ORDER_RWSEM,
	ORDER_OPEN, /* not a lock: a vfio_device, in use by an operation, or to be closed by all */
	ORDER_ACTIVE, /* not a lock: a sysfs file that is being written, or is to go away */
	ORDER_FILE,   /* the mutex of an open file of sysfs: in events, else it is a mutex */
	ORDER_KINDS,
};

enum order_mode {
	ORDER_EXCLUSIVE,
	ORDER_SHARED, /* of what is wanted: to be read, behind writers that wait */
	ORDER_MODES,
};

/* What armed a task first: enum lock_use_operation, or one of these. */
enum order_scope {
	ORDER_SCOPE_FAULT = LOCK_USES, /* of a mapped BAR */
	ORDER_SCOPE_GROUP,	       /* an ioctl of a VFIO group's file */
	ORDER_SCOPE_CONTAINER,	       /* of a VFIO container's */
	ORDER_SCOPE_SYSFS,	       /* a write: power, unbind, remove, reset, ... */
	ORDER_SCOPE_FUNCTION,	       /* a function of the kernel */
	ORDER_SCOPES,
};

/* Which locks a task can hold; of more it is counted that they were not seen. */
#define ORDER_HELD 64 /* a power of two */
/* Other locks that were held, each time the order was seen: the oldest, and whether that is all. */
#define ORDER_GUARDS 8
/* So often they are others, and once more each second: then it is not told any more. */
#define ORDER_CHANGES 64
/* Those of the task, and before them up to 15 of how we came to be there, where there is no JIT. */
#define ORDER_STACK_FRAMES (STACK_FRAMES + 16)
#define ORDER_SHARED_GUARDS 4 /* what is read is not noted behind so many */
/* Beside a guard's number: at least once it was only read. */
#define ORDER_GUARD_SHARED (1U << 31)
/* So many locks get a number, or a few more: none has that bit. */
#define ORDER_IDS (1U << 30)
#define ORDER_LOCKS 16384
#define ORDER_EDGES 16384
#define ORDER_NAME_BYTES FILE_NAME_BYTES

/* Locks are known by numbers from 1 on: memory is used again, numbers are not. */
struct order_key {
	__u32 from, to;		  /* what was held (0: nothing), what was wanted then */
	__u16 from_mode, to_mode; /* enum order_mode */
};
ASSERT_LAYOUT(struct order_key, 12);

struct order_seen {
	__u64 count;
	__u64 first_ns, last_ns;   /* CLOCK_MONOTONIC */
	__u64 start_ns;		   /* of the life of the task that did so first */
	__u32 tid;		   /* its number */
	__u32 tasks;		   /* 1, or 2: not always the same one */
	__u32 guards_cut;	   /* 1: more were held, or may have been */
	__u32 told;		   /* 0: the event was lost, the next one tells */
	__u32 guard[ORDER_GUARDS]; /* numbers, some with ORDER_GUARD_SHARED; 0: none */
	__u32 changes;		   /* of these, twice as many; odd: one goes on */
	__u32 reserved;
};
ASSERT_LAYOUT(struct order_seen, 56 + 4 * ORDER_GUARDS);

#define ORDER_RING_BYTES (4 << 20) /* of events that nobody received yet */

enum order_event_type {
	ORDER_EVENT_LOCK = 1,
	ORDER_EVENT_EDGE,
	ORDER_EVENT_DEVICE,
	ORDER_EVENT_GONE,
	ORDER_EVENT_MODULE, /* has come */
};

/* A lock is part of an order for the first time. */
struct order_lock_event {
	__u32 type;
	__u32 id;
	__u64 address;
	__u32 kind;    /* enum order_kind */
	__u32 modules; /* struct order_state's, then */
	/* The device's, the file's, "&zdev->state_lock" as the kernel initialised it, or empty */
	char name[ORDER_NAME_BYTES];
};
ASSERT_LAYOUT(struct order_lock_event, 24 + ORDER_NAME_BYTES);

/*
 * An order is seen for the first time, or without one of its guards, or by another task. seen.guard
 * are locks that were held this time: a device's have other numbers when it comes back, and are the
 * same by name. What all events of an order have is what it was always seen under.
 */
struct order_edge_event {
	__u32 type;
	__s32 stack_bytes; /* of stack, or a negative errno; 0: not the first time */
	struct order_key key;
	__u32 scope; /* enum order_scope */
	struct order_seen seen;
	__u32 tid, pid; /* who did so now */
	char comm[COMM_BYTES];
	__u64 stack[ORDER_STACK_FRAMES];
};
ASSERT_LAYOUT(struct order_edge_event,
	      24 + sizeof(struct order_seen) + 8 + COMM_BYTES + 8 * ORDER_STACK_FRAMES);

/* Objects of a device, which locks may be members of, are seen for the first time. */
struct order_device_event {
	__u32 type;
	__u32 reserved;
	struct lock_objects objects;
};
ASSERT_LAYOUT(struct order_device_event, 8 + sizeof(struct lock_objects));

/* The objects that begin there, or a module's memory, are freed. */
struct order_gone_event {
	__u32 type;
	__u32 modules; /* struct order_state's, then */
	__u64 address;
	__u64 bytes; /* 0: of the object that begins there */
};
ASSERT_LAYOUT(struct order_gone_event, 24);

struct order_module_event {
	__u32 type;
	__u32 modules; /* struct order_state's: this one is the last of them */
};
ASSERT_LAYOUT(struct order_module_event, 8);

/* In the programs' memory: what goes on, and what was not seen. */
struct order_state {
	__u32 last_id;
	__u32 modules; /* that have come or gone: addresses mean something else then */
	__s64 armed;   /* tasks that are: as long as there is none, a lock costs a look at this */
	__u64 events_lost;
	__u64 tasks_without_room;
	__u64 held_without_room;
	__u64 locks_without_room;
	__u64 edges_without_room;
	__u64 stacks_failed;
	__u64 exits_missed; /* of scopes: found when the next one began */
	__u64 not_owned;    /* believed to be held, and was not: left out */
	/* Of the maps: what is in neither and not there any more had to make room. */
	__u64 locks_added, locks_removed;
	__u64 edges_added;
};
ASSERT_LAYOUT(struct order_state, 104);

#endif
