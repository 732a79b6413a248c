/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The widths that reach the device: the VFIO core splits an access, and answers
 * some of configuration space itself. The accessors at the bottom count into
 * the key of the operation that is in flight above them.
 */
#ifndef VFIOSCOPE_REACHED_BPF_H
#define VFIOSCOPE_REACHED_BPF_H

#include "measure.bpf.h"

/* Counts an access of 1 << width_bit bytes within an operation of this kind, if there is one. */
static __always_inline bool reached_within(enum latency_nesting nesting, __u32 width_bit)
{
	struct task_slot *slot = slot_in_flight(nesting);
	struct latency_stats *entry;
	__u32 key;

	if (!slot)
		return false;
	key = slot->in_flight[nesting].key;
	entry = bpf_map_lookup_elem(&stats, &key);
	if (entry)
		__sync_fetch_and_add(&entry->device_widths[width_bit & (DEVICE_WIDTHS - 1)], 1);
	return true;
}

static __always_inline int reached(__u32 width_bit)
{
	reached_within(NESTING_FILE, width_bit);
	return 0;
}

#endif
