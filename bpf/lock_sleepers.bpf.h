/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that waited already when the programs were attached. Who waits has a waiter on its stack,
 * just above where it sleeps, that is in the list of what it waits for.
 */
#ifndef VFIOSCOPE_LOCK_SLEEPERS_BPF_H
#define VFIOSCOPE_LOCK_SLEEPERS_BPF_H

#include "lock_objects.bpf.h"
#include "lock_stack.bpf.h"

#include <vfioscope/locks.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_struct___x86 {
	unsigned long sp;
};

struct task_struct___x86 {
	struct thread_struct___x86 thread;
};

struct thread_struct___s390 {
	unsigned long ksp;
};

struct task_struct___s390 {
	struct thread_struct___s390 thread;
};

/* kernel/locking/mutex.h; struct rwsem_waiter begins the same way. */
struct mutex_waiter___locks {
	struct list_head list;
	struct task_struct *task;
};

/* Until 7.0; then the first waiter is no part of the lock. */
struct mutex___list {
	struct list_head wait_list;
};

struct rw_semaphore___list {
	struct list_head wait_list;
};

/* Since 6.17, with CONFIG_DETECT_HUNG_TASK_BLOCKER. */
struct task_struct___blocker {
	unsigned long blocker;
};

struct vfio_device___completion {
	struct completion comp;
};

#pragma clang attribute pop

/* include/linux/hung_task.h: what the low bits of a blocker say */
#define BLOCKER_TYPE_MASK 3UL
#define BLOCKER_TYPE_MUTEX 0
#define BLOCKER_TYPE_RWSEM_READER 2
#define BLOCKER_TYPE_RWSEM_WRITER 3

/*
 * Of the stack it is looked at so much: the frames of who waits are the newest. A piece lies on one
 * page, and beyond the stack there may be none.
 */
#define SLEEPER_WORDS 256
#define SLEEPER_PIECE 32

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[SLEEPER_WORDS]);
} lock_stack_room SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lock_sleeper);
} lock_sleeper_room SEC(".maps");

/* Where the stack of a task that sleeps ends; 0: this machine does not tell. */
static __always_inline __u64 stack_pointer(struct task_struct *task)
{
	if (bpf_core_field_exists(struct thread_struct___x86, sp))
		return BPF_CORE_READ((struct task_struct___x86 *)task, thread.sp);
	if (bpf_core_field_exists(struct thread_struct___s390, ksp))
		return BPF_CORE_READ((struct task_struct___s390 *)task, thread.ksp);
	return 0;
}

/*
 * Whether it may be an address of the kernel's: one with four levels of page tables, on a processor
 * that has five, complains of reading what is an address with neither.
 */
static __always_inline bool is_of_kernel(__u64 address)
{
#if defined(bpf_target_x86)
	const __u64 four_levels = 0xffff800000000000, five_levels = 0xff00000000000000;

	return address >= (bpf_get_current_task() < four_levels ? five_levels : four_levels);
#else
	return address;
#endif
}

/* A struct list_head that others point to, or anything else. */
static __always_inline bool is_in_list(__u64 node)
{
	struct list_head *list = (void *)node;
	struct list_head *next = BPF_CORE_READ(list, next), *prev = BPF_CORE_READ(list, prev);

	return is_of_kernel((__u64)next) && is_of_kernel((__u64)prev) && next != list &&
	       (__u64)BPF_CORE_READ(next, prev) == node && (__u64)BPF_CORE_READ(prev, next) == node;
}

/* Of a word on the stack that says which task it is. */
static __always_inline bool is_waiter(struct lock_sleeper *found, __u64 word)
{
	found->node = word - bpf_core_field_offset(struct mutex_waiter___locks, task);
	found->kind = LOCK_WAITER_LOCK;
	if (is_in_list(found->node))
		return true;
	found->node = word + bpf_core_field_offset(struct swait_queue, task_list) -
		      bpf_core_field_offset(struct swait_queue, task);
	found->kind = LOCK_WAITER_COMPLETION;
	if (is_in_list(found->node))
		return true;
	found->node = word + bpf_core_field_offset(struct wait_queue_entry, entry) -
		      bpf_core_field_offset(struct wait_queue_entry, private);
	found->kind = LOCK_WAITER_EVENT;
	return is_in_list(found->node);
}

static __always_inline bool find_waiter(struct lock_sleeper *found, struct task_struct *task)
{
	__u64 stack = stack_pointer(task);
	__u32 first = 0;
	__u64 *words = bpf_map_lookup_elem(&lock_stack_room, &first);

	if (!stack || !words)
		return false;
	found->stack_pointer = stack;
	stack &= ~(SLEEPER_PIECE * sizeof(*words) - 1);
	for (__u32 i = 0; i < SLEEPER_WORDS;
	     i += SLEEPER_PIECE) /* zeroes, where it cannot be read */
		bpf_probe_read_kernel(words + i, SLEEPER_PIECE * sizeof(*words),
				      (void *)stack + i * sizeof(*words));
	for (__u32 i = 0; i < SLEEPER_WORDS; i++)
		if (words[i] == (__u64)task && is_waiter(found, stack + i * sizeof(*words)))
			return true;
	return false;
}

/* False: this kernel does not say, or the task waits for something else. */
static __always_inline bool find_blocker(struct lock_sleeper *found, struct task_struct *task)
{
	unsigned long blocker = 0, type;

	if (bpf_core_field_exists(struct task_struct___blocker, blocker))
		blocker = BPF_CORE_READ((struct task_struct___blocker *)task, blocker);
	type = blocker & BLOCKER_TYPE_MASK;
	found->lock = blocker & ~BLOCKER_TYPE_MASK;
	found->lock_kind = type == BLOCKER_TYPE_MUTEX	     ? LOCK_MUTEX :
			   type == BLOCKER_TYPE_RWSEM_READER ? LOCK_RWSEM_READ :
			   type == BLOCKER_TYPE_RWSEM_WRITER ? LOCK_RWSEM_WRITE :
							       LOCK_KINDS;
	return found->lock;
}

static __always_inline void describe_waiter(struct lock_sleeper *found)
{
	struct list_head *waiter = (void *)found->node;

	found->next = (__u64)BPF_CORE_READ(waiter, next);
	bpf_probe_read_kernel(found->words, sizeof(found->words),
			      (void *)found->node - sizeof(found->words));
}

static __always_inline void describe_lists(struct lock_sleeper *found)
{
	if (bpf_core_field_exists(struct mutex___list, wait_list))
		found->mutex_list = bpf_core_field_offset(struct mutex___list, wait_list);
	if (bpf_core_field_exists(struct rw_semaphore___list, wait_list))
		found->semaphore_list =
			bpf_core_field_offset(struct rw_semaphore___list, wait_list);
	if (bpf_core_type_exists(struct vfio_device___completion))
		found->open_list = bpf_core_field_offset(struct vfio_device___completion, comp) +
				   bpf_core_field_offset(struct completion, wait) +
				   bpf_core_field_offset(struct swait_queue_head, task_list);
}

SEC("iter/task")
int lock_sleepers(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct lock_sleeper *found;
	__u32 first = 0;

	found = bpf_map_lookup_elem(&lock_sleeper_room, &first);
	if (!task || !found || !task->__state)
		return 0;
	__builtin_memset(found, 0, __builtin_offsetof(struct lock_sleeper, words));
	if (!find_blocker(found, task)) {
		if (!find_waiter(found, task))
			return 0;
		describe_waiter(found);
		describe_lists(found);
	}
	found->task = (__u64)task;
	found->tid = task->pid;
	/* Of those that wait for locks it tells nothing. */
	if (found->kind != LOCK_WAITER_LOCK)
		found->stack_bytes = stack_of(task, found->stack, sizeof(found->stack));
	bpf_seq_write(ctx->meta->seq, found, sizeof(*found));
	return 0;
}

#endif
