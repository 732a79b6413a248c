/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a driver that nothing is known of lays out its regions: from what it
 * answered to VFIO_DEVICE_GET_REGION_INFO. The answer lies in user memory and
 * may have been changed since; all that a process gains by that is wrong region
 * names in the histograms of its own device.
 */
#ifndef VFIOSCOPE_SHIFT_BPF_H
#define VFIOSCOPE_SHIFT_BPF_H

#include "kernel.bpf.h"
#include "task.bpf.h"
#include "device.bpf.h"

/* struct vfio_region_info of include/uapi/linux/vfio.h: its layout is the same everywhere. */
struct region_answer {
	__u32 argsz;
	__u32 flags;
	__u32 index;
	__u32 cap_offset;
	__u64 size;
	__u64 offset;
};

#define SHIFT_LEAST 12
#define SHIFT_MOST 58

static __noinline void learn_from(__u64 user_info, __u32 device)
{
	struct device_info *info = bpf_map_lookup_elem(&devices, &device);
	struct region_answer answer;

	if (!info || !info->learns ||
	    bpf_probe_read_user(&answer, sizeof(answer), (void *)user_info))
		return;
	if (!answer.index || answer.index > REGION_LAST)
		return;
	for (__u32 shift = SHIFT_LEAST; shift <= SHIFT_MOST; shift++) {
		if ((__u64)answer.index << shift != answer.offset)
			continue;
		if (info->region_shift != shift) {
			info->region_shift = shift;
			forget_handles();
		}
		return;
	}
}

/* At the end of a successful ioctl of the current task. */
static __always_inline void learn_region_shift(__u32 command)
{
	struct task_slot *slot = slot_in_flight(NESTING_FILE);
	const struct in_flight *flight;

	if (!slot)
		return;
	flight = &slot->in_flight[NESTING_FILE];
	if (flight->command == command && flight->operation == OPERATION_IOCTL)
		learn_from(flight->argument, flight->device);
}

#endif
