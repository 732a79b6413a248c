// SPDX-License-Identifier: GPL-2.0-only
/* As floor_policy_lsm.bpf.c, without the bpf LSM. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fentry/rw_verify_area")
int floor_area(void *ctx)
{
	return 0;
}

SEC("fmod_ret/security_file_permission")
int floor_permission(void *ctx)
{
	return 0;
}
