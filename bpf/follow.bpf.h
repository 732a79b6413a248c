/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of a traced command: user space puts in the first one, fork
 * adds children. When tasks come and go, the keys that they remember may be of
 * another process.
 */
#ifndef VFIOSCOPE_FOLLOW_BPF_H
#define VFIOSCOPE_FOLLOW_BPF_H

#include "filter.bpf.h"
#include "task.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/sched_process_fork")
int BPF_PROG(follow_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_process = parent->tgid, child_process = child->tgid;
	__u8 one = 1;

	if (!bpf_map_lookup_elem(&followed, &parent_process))
		return 0;
	if (parent_process != child_process &&
	    bpf_map_update_elem(&followed, &child_process, &one, BPF_ANY))
		count_loss(LOSS_FOLLOWED_FULL);
	/* A task that had this id before may have left a key that says "filtered". */
	forget_handles();
	return 0;
}

/*
 * Not at exit: a process still closes its files after that. Ids are handed out
 * in a circle, so this one is not in use again yet.
 */
SEC("tp_btf/sched_process_free")
int BPF_PROG(follow_free, struct task_struct *task)
{
	__u32 process = task->tgid;

	if (settings.follow && !bpf_map_lookup_elem(&followed, &process))
		return 0;
	if (settings.follow && task->pid == task->tgid)
		bpf_map_delete_elem(&followed, &process);
	forget_handles();
	return 0;
}

#endif
