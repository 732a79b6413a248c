/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations one by one, for `vfioscope trace`. */
#ifndef VFIOSCOPE_EVENT_BPF_H
#define VFIOSCOPE_EVENT_BPF_H

#include "key.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* user space makes it larger for trace */
} events SEC(".maps");

/* Remembers what an event tells beside the key. */
static __always_inline void describe_flight(struct in_flight *flight,
					    const struct cached_key *cached,
					    const struct latency_request *request)
{
	flight->argument = request->argument;
	flight->command = request->command;
	flight->width = request->width;
	flight->device = cached->device;
	flight->region = cached->region;
	flight->operation = request->operation;
	flight->by_offset = request->by_offset;
}

static __always_inline __u64 region_offset(const struct in_flight *flight)
{
	const struct device_info *device;
	__u32 index = flight->device;

	if (!flight->by_offset)
		return flight->argument;
	device = bpf_map_lookup_elem(&devices, &index);
	if (!device)
		return 0;
	return flight->argument & region_mask(device->region_shift);
}

static __noinline void send_event(void *ctx, const struct in_flight *flight, __u64 duration,
				  __s64 result)
{
	struct latency_event *event;
	__u64 task = bpf_get_current_pid_tgid();

	/* The size is a constant to the verifier: settings are. */
	event = bpf_ringbuf_reserve(&events,
				    settings.trace_stack ?
					    sizeof(*event) :
					    __builtin_offsetof(struct latency_event, stack),
				    0);
	if (!event) {
		count_loss(LOSS_EVENTS_DROPPED);
		return;
	}
	event->start_ns = flight->start_ns;
	event->duration_ns = duration;
	event->offset = region_offset(flight);
	event->result = result;
	event->cgroup = bpf_get_current_cgroup_id();
	event->device = flight->device;
	event->command = flight->command;
	event->width = flight->width;
	event->pid = task >> 32;
	event->tid = task;
	event->region = flight->region;
	event->operation = flight->operation;
	event->stack_bytes = 0;
	event->reserved = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (settings.trace_stack)
		event->stack_bytes = bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0);
	bpf_ringbuf_submit(event, 0);
}

#endif
