/* SPDX-License-Identifier: GPL-2.0-only */
/* An access is judged, counted and told of. */
#ifndef VFIOSCOPE_POLICY_JUDGE_BPF_H
#define VFIOSCOPE_POLICY_JUDGE_BPF_H

#include "policy_device.bpf.h"
#include "policy_subject.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} policy_events SEC(".maps");

#define SECOND_NS 1000000000ULL

/* Two processors may begin a second at once: a limit may be exceeded by their number. */
static __always_inline bool within_limit(struct policy_counts *counts, __u32 limit, __u64 now)
{
	__u64 second = now / SECOND_NS;

	if (!limit)
		return true;
	if (counts->second != second) {
		counts->second = second;
		counts->events = 0;
	}
	return __sync_fetch_and_add(&counts->events, 1) < limit;
}

static __always_inline void policy_send(struct policy_search *search, struct policy_task *task,
					const struct policy_header *header,
					const struct policy_decision *decision, __u64 now)
{
	struct policy_value *name = policy_record(search, POLICY_NAME, decision->rule);
	const struct policy_access *access = &task->access;
	__u64 thread = bpf_get_current_pid_tgid();
	struct policy_event *event;

	event = bpf_ringbuf_reserve(&policy_events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&policy_state.lost, 1);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time_ns = now;
	event->generation = header->generation;
	event->offset = access->offset;
	event->length = access->length;
	event->cgroup = bpf_get_current_cgroup_id();
	event->pid = thread >> 32;
	event->tid = thread;
	event->uid = access->uid;
	event->operation = access->operation;
	event->region = access->region;
	event->command = access->command;
	event->decision = *decision;
	event->way = access->way;
	event->knows_range = access->knows_range;
	event->in_msix = access->in_msix;
	event->by_zpci_io = access->by_zpci_io;
	event->self_test = task->slot == POLICY_ON_TRIAL;
	__builtin_memcpy(event->comm, access->comm, sizeof(event->comm));
	__builtin_memcpy(event->address, access->address, sizeof(event->address));
	__builtin_memcpy(event->driver, access->driver, sizeof(event->driver));
	if (name)
		__builtin_memcpy(event->rule, name->text, sizeof(event->rule));
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void policy_count(struct policy_counts *counts,
					 const struct policy_decision *decision)
{
	__u64 *count = &counts->allowed;

	if (decision->outcome == POLICY_DENIED)
		count = &counts->denied;
	else if (decision->outcome == POLICY_WOULD_DENY)
		count = &counts->would_deny;
	else if (decision->outcome == POLICY_AUDITED)
		count = &counts->audited;
	__sync_fetch_and_add(count, 1);
	if (decision->unknown)
		__sync_fetch_and_add(&counts->unknown, 1);
}

static __always_inline __u32 policy_limit(struct policy_search *search)
{
	struct policy_value *value = policy_record(search, POLICY_RULE, search->progress->found);

	return value ? value->rule.events : 0;
}

/* Of what is simply allowed nobody is told. */
static __always_inline void policy_tell(struct policy_search *search, struct policy_task *task,
					const struct policy_header *header,
					const struct policy_decision *decision)
{
	struct policy_value *value = policy_record(search, POLICY_COUNTS, decision->rule);
	__u64 now;

	if (value)
		policy_count(&value->counts, decision);
	if (decision->outcome == POLICY_ALLOWED && !decision->unknown)
		return;
	now = bpf_ktime_get_ns();
	if (!value || within_limit(&value->counts, policy_limit(search), now))
		policy_send(search, task, header, decision, now);
	else
		__sync_fetch_and_add(&value->counts.limited, 1);
}

/*
 * What becomes of the task's access: 0, or a positive errno. Global, so that it is verified once in
 * each program, however often it is called.
 */
__noinline int policy_judge(struct policy_task *task)
{
	struct policy_search search = {};
	struct policy_decision decision = {};
	const struct policy_header *header;

	if (!task)
		return 0;
	search.access = &task->access;
	search.progress = &task->progress;
	header = policy_open(&search, task->slot);
	if (!header)
		return 0;
	if (!policy_describe_subject(task, header))
		task->progress.unjudged |= POLICY_SUBJECT_LEFT;
	if (header->reads_state)
		policy_describe_state(task, header->reads_state);
	policy_decide(&search, header, &decision);
	policy_tell(&search, task, header, &decision);
	return decision.outcome == POLICY_DENIED ? decision.error : 0;
}

/* For want of memory nothing can be judged. */
static __always_inline int without_memory(void)
{
	struct policy_search search = { .table = policy_table(POLICY_IN_FORCE) };
	struct policy_decision decision = {};
	struct policy_value *value;

	value = search.table ? policy_record(&search, POLICY_HEADER, 0) : NULL;
	if (value)
		policy_conclude_unjudged(&value->header, POLICY_OTHER, &decision);
	return decision.outcome == POLICY_DENIED ? decision.error : 0;
}

#endif
