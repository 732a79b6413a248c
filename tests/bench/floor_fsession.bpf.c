// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor (floor.bpf.c) on kernels that run one program at both ends.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* Global, so that the compiler does not leave the reading out. */
__u64 floor_clock;

SEC("fsession/vfio_device_fops_read")
int floor_session(void *ctx)
{
	floor_clock = bpf_ktime_get_ns();
	return 0;
}
