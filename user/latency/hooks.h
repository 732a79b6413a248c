/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel functions that bpf/latency.bpf.c has programs for. */
#ifndef VFIOSCOPE_HOOKS_H
#define VFIOSCOPE_HOOKS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* How a program is attached, the cheapest first. */
enum hook_type {
	HOOK_TYPE_FSESSION,
	HOOK_TYPE_FENTRY,
	HOOK_TYPE_KPROBE,
	HOOK_TYPES,
};

/* When a hook is of use. */
enum hook_group {
	HOOK_GROUP_VFIO,	  /* operations through VFIO */
	HOOK_GROUP_HOST,	  /* PCI operations around VFIO */
	HOOK_GROUP_DEVICE_ACCESS, /* accesses that reach the device: on request */
};

struct hook {
	const char *function;
	const char *module; /* that has the function, if it is not built in */
	enum hook_group group;
	bool entry_only;
	const char *operations; /* what it measures */
	const char *absent;	/* why a kernel may be without it */
	/*
	 * A member that this struct has only where the function does something:
	 * headers have an empty one in its place. NULL: always.
	 */
	const char *needs_struct, *needs_member;
	bool always; /* also for other operations: it tells what their devices and regions are */
};

extern const struct hook hooks[];
extern const size_t hook_count;

/* A bit for each enum latency_operation that the hook measures. */
__u32 hook_operations(const struct hook *hook);

const char *hook_type_name(enum hook_type type);

#endif
