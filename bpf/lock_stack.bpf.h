/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks of other tasks, which may be woken at any moment. */
#ifndef VFIOSCOPE_LOCK_STACK_BPF_H
#define VFIOSCOPE_LOCK_STACK_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include <vfioscope/locks.h>

#define EAGAIN 11

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Since 5.18: functions it is in that have return probes. */
struct task_struct___rethook {
	struct llist_head rethooks;
};

#pragma clang attribute pop

extern int LINUX_KERNEL_VERSION __kconfig;

struct sleep_since {
	__u64 switches; /* of the task, when it was looked at last */
	__u64 since_ns; /* as long as these were the same; CLOCK_MONOTONIC */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sleep_since);
} lock_sleeps SEC(".maps");

/*
 * rethook_find_ret_addr() warns, until 6.10 (5120d167e21c), when the stack of a task that runs is
 * walked, and such a function is on it.
 */
static __always_inline bool kernel_may_warn(struct task_struct *task)
{
	return LINUX_KERNEL_VERSION < KERNEL_VERSION(6, 10, 0) &&
	       bpf_core_field_exists(struct task_struct___rethook, rethooks) &&
	       BPF_CORE_READ((struct task_struct___rethook *)task, rethooks.first);
}

/* As far as two looks show: who has slept for so long is hardly woken within microseconds. */
static __always_inline bool sleeps_for_long(struct task_struct *task)
{
	const __u64 switches = task->nvcsw + task->nivcsw, now_ns = bpf_ktime_get_ns();
	struct sleep_since *sleep =
		bpf_task_storage_get(&lock_sleeps, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!sleep)
		return false;
	if (!sleep->since_ns || sleep->switches != switches) {
		sleep->switches = switches;
		sleep->since_ns = now_ns;
	}
	return now_ns - sleep->since_ns >= LOCK_SLEEP_NS;
}

/* Returns bytes, or a negative errno. -EAGAIN: it may be running. */
static __always_inline __s32 stack_of(struct task_struct *task, __u64 *stack, __u32 bytes)
{
	if (!task->__state || (kernel_may_warn(task) && !sleeps_for_long(task)))
		return -EAGAIN;
	return bpf_get_task_stack(task, stack, bytes, 0);
}

#endif
