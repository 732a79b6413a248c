/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task's operations in flight and its last keys are kept: a table of
 * our own, hashed by task id, in the programs' global data. Two instructions
 * reach it where task storage takes a helper call that costs as much as the
 * program around it.
 *
 * owner tells whose slot it is and what is in flight. Only the owner changes a
 * slot with something in flight; an idle one is taken by cmpxchg. The entry
 * probes TASK_SLOT_PROBES slots from the task's own place on.
 */
#ifndef VFIOSCOPE_TASK_BPF_H
#define VFIOSCOPE_TASK_BPF_H

#include <vfioscope/latency.h>

#include <bpf/bpf_helpers.h>

struct latency_state shared;

static __always_inline void count_loss(enum latency_loss cause)
{
	__sync_fetch_and_add(&shared.losses[cause], 1);
}

/* The compiler is to keep this in a register as it is, not to compute it again or otherwise. */
#define OPAQUE(variable) asm volatile("" : "+r"(variable))

/* Not the number of a slot. */
#define NO_SLOT TASK_SLOTS

static __always_inline struct task_slot *task_slot(__u32 index)
{
	return &shared.tasks[index & (TASK_SLOTS - 1)];
}

/* A device's objects go away or come: addresses may mean another device. */
static __always_inline void forget_handles(void)
{
	__sync_fetch_and_add(&shared.generation, GENERATION);
}

/*
 * These two are global functions, and give numbers, because the verifier then
 * looks at each once and not at what follows for each of their results.
 */

/* The slot of a task, or NO_SLOT. */
__noinline __u32 find_task_slot(__u32 tid)
{
	for (__u32 probe = 0; probe < TASK_SLOT_PROBES; probe++)
		if (task_slot(tid + probe)->owner >> 32 == tid)
			return (tid + probe) & (TASK_SLOTS - 1);
	return NO_SLOT;
}

/* Takes an idle slot for the task and marks the bit as in flight; or NO_SLOT. */
__noinline __u32 take_task_slot(__u32 tid, __u32 bit)
{
	for (__u32 probe = 0; probe < TASK_SLOT_PROBES; probe++) {
		struct task_slot *slot = task_slot(tid + probe);
		__u64 owner = slot->owner;

		if ((__u32)owner || __sync_val_compare_and_swap(&slot->owner, owner,
								(__u64)tid << 32 | bit) != owner)
			continue;
		/* The last owner's keys may be filtered, or kept apart, otherwise. */
		for (__u32 i = 0; i < CACHED_KEYS; i++)
			slot->cached[i].handle = slot->cached[i].signature = 0;
		return (tid + probe) & (TASK_SLOTS - 1);
	}
	count_loss(LOSS_IN_FLIGHT_FULL);
	return NO_SLOT;
}

/* enter_task_slot() of a task that is elsewhere, or has something in flight, or is new. */
__noinline __u32 enter_other_slot(__u32 tid, __u32 bit)
{
	__u32 index = find_task_slot(tid);
	struct task_slot *slot = task_slot(index);
	__u64 owner = slot->owner;

	if (index != NO_SLOT && owner & bit)
		count_loss(LOSS_STARTS_WITHOUT_END);
	/* Fails if it is not there, or if another task takes it in this moment. */
	if (index != NO_SLOT && owner >> 32 == tid &&
	    __sync_val_compare_and_swap(&slot->owner, owner, owner | bit) == owner)
		return index;
	return take_task_slot(tid, bit);
}

/* Marks an operation as in flight in the task; NULL if there is no room. */
static __always_inline struct task_slot *enter_task_slot(const struct task_struct *task,
							 enum latency_nesting nesting)
{
	__u64 tid = (__u32)task->pid, idle = tid << 32, bit = 1u << nesting;
	struct task_slot *slot = task_slot(tid);
	__u32 index;
	__u64 was;

	/* The usual case: its own place, and nothing in flight. */
	was = __sync_val_compare_and_swap(&slot->owner, idle, idle | bit);
	OPAQUE(was);
	if (was == idle)
		return slot;
	index = enter_other_slot(tid, bit);
	return index == NO_SLOT ? NULL : task_slot(index);
}

/* The current task's slot if it has such an operation in flight, or NULL. */
static __always_inline struct task_slot *slot_in_flight(enum latency_nesting nesting)
{
	__u64 tid = (__u32)bpf_get_current_task_btf()->pid, bit = 1u << nesting;
	struct task_slot *slot = task_slot(tid);
	__u32 index;

	if (slot->owner == (tid << 32 | bit))
		return slot;
	index = find_task_slot(tid);
	if (index == NO_SLOT)
		return NULL;
	slot = task_slot(index);
	return slot->owner & bit ? slot : NULL;
}

static __always_inline void leave_task_slot(struct task_slot *slot, enum latency_nesting nesting)
{
	slot->owner &= ~(__u64)(1u << nesting);
}

#endif
