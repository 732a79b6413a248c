/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks that are armed, and what they hold. All of it is a task's own: nobody else looks at it. */
#ifndef VFIOSCOPE_LOCKORDER_ARMED_BPF_H
#define VFIOSCOPE_LOCKORDER_ARMED_BPF_H

#include <vfioscope/lockorder.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct order_state order_state;

struct order_held {
	__u64 lock;
	__u32 id;
	__u8 kind;  /* enum order_kind */
	__u8 mode;  /* enum order_mode */
	__u8 tried; /* it was free, or would not have been taken */
	__u8 reserved;
};

/* A fault can happen within another operation. */
enum order_use {
	ORDER_USE_FILE,
	ORDER_USE_FAULT,
	ORDER_USE_PAGE_FAULT, /* which another one may be part of */
	ORDER_USE_GROUP,      /* what a group's file is asked for */
	ORDER_USES,
};

struct order_armed_task {
	__u32 depth; /* of scopes within each other; 0: it is not armed */
	__u32 scope; /* the outermost, enum order_scope */
	__u32 count;
	__u32 writes;		/* to a file of sysfs that is of interest */
	__u64 asked;		/* a device that a group may be asked for */
	__u64 in_ioctl;		/* of a group's file, or a container's: enum order_scope */
	__u64 uses[ORDER_USES]; /* devices, that it is within an operation on */
	__u64 leaves;		/* a device that it waits to be closed */
	__u64 removed;		/* one that is, held alone; 0: none */
	__u64 removed_under;	/* until this lock is let go */
	__u64 of_mutex;		/* of the file of sysfs that it writes to, as it has it open */
	__u64 wanted; /* the lock that a function is about: at its end that is not told again */
	struct order_held held[ORDER_HELD]; /* oldest first */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct order_armed_task);
} order_tasks SEC(".maps");

#define HELD(armed, i) ((armed)->held[(i) & (ORDER_HELD - 1)])

/* NULL: the current task is not armed. */
static __always_inline struct order_armed_task *armed_task(void)
{
	struct order_armed_task *armed;

	armed = bpf_task_storage_get(&order_tasks, bpf_get_current_task_btf(), NULL, 0);
	return armed && armed->depth ? armed : NULL;
}

/*
 * The kernel does not run each program at each end of a function: there is room for so many returns
 * only. What begins again has ended before.
 */
static __always_inline void forget_scope(struct order_armed_task *armed)
{
	__sync_fetch_and_add(&order_state.exits_missed, 1);
	if (armed->depth > 1)
		armed->depth--;
}

/* Locks that were taken before are not known. */
static __always_inline int arm(__u32 scope)
{
	struct order_armed_task *armed;

	armed = bpf_task_storage_get(&order_tasks, bpf_get_current_task_btf(), NULL,
				     BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!armed) {
		__sync_fetch_and_add(&order_state.tasks_without_room, 1);
		return 0;
	}
	if (armed->depth++)
		return 0;
	armed->scope = scope;
	armed->count = 0;
	armed->of_mutex = 0;
	armed->in_ioctl = 0;
	armed->removed = 0;
	__sync_fetch_and_add(&order_state.armed, 1);
	return 0;
}

static __always_inline int disarm(void)
{
	struct order_armed_task *armed = armed_task();

	if (armed && !--armed->depth)
		__sync_fetch_and_add(&order_state.armed, -1);
	return 0;
}

static __always_inline bool nobody_is_armed(void)
{
	return !*(volatile __s64 *)&order_state.armed;
}

#define OWNER_FLAGS 7UL
/* kernel/locking/rwsem.c */
#define RWSEM_WRITER_LOCKED 1UL
#define RWSEM_READERS (~0xffUL >> 1) /* the sign is another flag */

static __always_inline bool mutex_is_held(__u64 lock, __u64 task)
{
	struct mutex *mutex = (void *)lock;

	return (BPF_CORE_READ(mutex, owner.counter) & ~OWNER_FLAGS) == task;
}

static __always_inline bool semaphore_is_held(__u64 lock, __u64 task, __u8 mode)
{
	struct rw_semaphore *semaphore = (void *)lock;
	__u64 count = BPF_CORE_READ(semaphore, count.counter);

	if (mode == ORDER_SHARED)
		return !(count & RWSEM_WRITER_LOCKED) && count & RWSEM_READERS;
	return count & RWSEM_WRITER_LOCKED &&
	       (BPF_CORE_READ(semaphore, owner.counter) & ~OWNER_FLAGS) == task;
}

/*
 * Whether the task has it indeed: an unlock may have been missed, or be another task's business.
 * Global functions are verified once, and not for each way that leads to them.
 */
__noinline int order_is_held(__u32 index)
{
	struct order_armed_task *armed = armed_task();
	struct order_held *held;

	if (!armed)
		return false;
	held = &HELD(armed, index);
	if (held->kind == ORDER_MUTEX)
		return mutex_is_held(held->lock, bpf_get_current_task());
	if (held->kind == ORDER_RWSEM)
		return semaphore_is_held(held->lock, bpf_get_current_task(), held->mode);
	return true;
}

static __always_inline void push(struct order_armed_task *armed, __u64 lock, __u32 id, __u32 kind,
				 __u32 mode, bool tried)
{
	__u32 count = armed->count;

	if (count >= ORDER_HELD) {
		__sync_fetch_and_add(&order_state.held_without_room, 1);
		return;
	}
	HELD(armed, count) = (struct order_held){
		.lock = lock,
		.id = id,
		.kind = kind,
		.mode = mode,
		.tried = tried,
	};
	armed->count = count + 1;
}

/* Its place, or ORDER_HELD: it is not known to be held. */
static __always_inline __u32 find_held(struct order_armed_task *armed, __u64 lock)
{
	__u32 count = armed->count;

	for (__u32 i = 1; i <= ORDER_HELD && i <= count; i++)
		if (HELD(armed, count - i).lock == lock)
			return count - i;
	return ORDER_HELD;
}

static __always_inline void pop(struct order_armed_task *armed, __u64 lock)
{
	__u32 count = armed->count, place = find_held(armed, lock);

	if (place >= ORDER_HELD)
		return;
	for (__u32 i = 1; i < ORDER_HELD && place + i < count; i++)
		HELD(armed, place + i - 1) = HELD(armed, place + i);
	armed->count = count - 1;
}

#endif
