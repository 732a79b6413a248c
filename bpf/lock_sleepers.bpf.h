/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tasks that waited already when the programs were attached. Who waits has a waiter on its stack,
 * just above where it sleeps, that is in the list of what it waits for.
 */
#ifndef VFIOSCOPE_LOCK_SLEEPERS_BPF_H
#define VFIOSCOPE_LOCK_SLEEPERS_BPF_H

#include "lock_objects.bpf.h"

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

struct vfio_device___completion {
	struct completion comp;
};

#pragma clang attribute pop

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

/* A struct list_head that others point to, or anything else. */
static __always_inline bool is_in_list(__u64 node)
{
	struct list_head *list = (void *)node;
	struct list_head *next = BPF_CORE_READ(list, next), *prev = BPF_CORE_READ(list, prev);

	return next && prev && next != list && (__u64)BPF_CORE_READ(next, prev) == node &&
	       (__u64)BPF_CORE_READ(prev, next) == node;
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
	return is_in_list(found->node);
}

static __always_inline bool find_waiter(struct lock_sleeper *found, struct task_struct *task)
{
	__u64 stack = stack_pointer(task);
	__u32 first = 0;
	__u64 *words = bpf_map_lookup_elem(&lock_stack_room, &first);

	if (!stack || !words)
		return false;
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

static __always_inline void describe_lists(struct lock_sleeper *found)
{
	found->mutex_list = bpf_core_field_offset(struct mutex, wait_list);
	found->semaphore_list = bpf_core_field_offset(struct rw_semaphore, wait_list);
	found->open_list = 0;
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
	struct list_head *waiter;
	__u32 first = 0;

	found = bpf_map_lookup_elem(&lock_sleeper_room, &first);
	if (!task || !found || !task->__state || !find_waiter(found, task))
		return 0;
	found->task = (__u64)task;
	waiter = (void *)found->node;
	found->next = (__u64)BPF_CORE_READ(waiter, next);
	found->tid = task->pid;
	describe_lists(found);
	bpf_probe_read_kernel(found->words, sizeof(found->words),
			      (void *)found->node - sizeof(found->words));
	found->stack_bytes = bpf_get_task_stack(task, found->stack, sizeof(found->stack), 0);
	bpf_seq_write(ctx->meta->seq, found, sizeof(*found));
	return 0;
}

#endif
