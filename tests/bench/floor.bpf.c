// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that measuring the duration of a function costs: a program at each
 * end that reads the clock and does nothing with it.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* Global, so that the compiler does not leave the reading out. */
__u64 floor_started, floor_ended;

SEC("fentry/vfio_device_fops_read")
int floor_entry(void *ctx)
{
	floor_started = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/vfio_device_fops_read")
int floor_exit(void *ctx)
{
	floor_ended = bpf_ktime_get_ns();
	return 0;
}
