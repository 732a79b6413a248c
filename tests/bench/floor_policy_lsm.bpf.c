// SPDX-License-Identifier: GPL-2.0-only
/* The least that judging all reads and writes costs: programs at the same places, empty. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/rw_verify_area")
int floor_area(void *ctx)
{
	return 0;
}

SEC("lsm/file_permission")
int floor_permission(void *ctx)
{
	return 0;
}
