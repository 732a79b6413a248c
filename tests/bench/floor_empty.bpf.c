// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hooking a function costs before anything is measured: a program at each
 * end that does nothing.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/vfio_device_fops_read")
int empty_entry(void *ctx)
{
	return 0;
}

SEC("fexit/vfio_device_fops_read")
int empty_exit(void *ctx)
{
	return 0;
}
