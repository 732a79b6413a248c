// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy of a test, at the point that zpci-vfio-pci has for it: stores to the first 4 KiB of BAR 0
 * are denied, loads from offset 0x10 too, and for those from 0x18 it says what is no errno.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#define EACCES 13
#define OP_LOAD 1
#define OP_STORE 2

char LICENSE[] SEC("license") = "GPL";

/* Its arguments: device, op, pcias, offset, len, gaddr, and the result so far. */
SEC("fmod_ret/security_zpci_io")
int deny(__u64 *arguments)
{
	__u32 op = arguments[1], pcias = arguments[2];
	__u64 offset = arguments[3];

	if (pcias != 0)
		return 0;
	if (op == OP_STORE && offset < 4096)
		return -EACCES;
	if (op == OP_LOAD && offset == 0x10)
		return -EACCES;
	if (op == OP_LOAD && offset == 0x18)
		return 5;
	return 0;
}
