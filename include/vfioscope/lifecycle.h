/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bpf/lifecycle.bpf.c sends: what happens to PFs and VFs, as the kernel does it. What of it
 * is a hazard user/model/lifecycle.c finds out, which keeps the state that is needed for that.
 */
#ifndef VFIOSCOPE_LIFECYCLE_H
#define VFIOSCOPE_LIFECYCLE_H

#include "types.h"

enum lifecycle_kind {
	LIFECYCLE_OPEN,		 /* a device through VFIO, by its first user */
	LIFECYCLE_CLOSE,	 /* by its last; signal: the one that killed it */
	LIFECYCLE_ADD,		 /* a VF */
	LIFECYCLE_REMOVE,	 /* a device */
	LIFECYCLE_UNBIND,	 /* a device from its driver */
	LIFECYCLE_NUMVFS,	 /* sriov_numvfs is written: value */
	LIFECYCLE_RESET,	 /* of a function */
	LIFECYCLE_CONFIG_WRITE,	 /* by sysfs: offset, bytes and value of configuration space */
	LIFECYCLE_CAP_OFF,	 /* a PF's capability, by the kernel */
	LIFECYCLE_CAP_ON,	 /* a VF's, by the kernel: the result tells of a refusal */
	LIFECYCLE_VIRTUAL_CAP,	 /* of zpci-vfio-pci: action, users */
	LIFECYCLE_TOKEN_REFUSED, /* a VF token that is wrong or is missing */
	LIFECYCLE_KINDS,
};

/* An event that takes its time has two: its end is known by kind and tid, and has a result. */
enum lifecycle_phase {
	LIFECYCLE_MOMENT,
	LIFECYCLE_BEGIN,
	LIFECYCLE_END,
};

/* enum vf_cap_action of kmod/vf_caps.h */
enum virtual_cap_action {
	VIRTUAL_CAP_SHOWN,
	VIRTUAL_CAP_ENABLED,
	VIRTUAL_CAP_DISABLED,
	VIRTUAL_CAP_REFUSED,
	VIRTUAL_CAP_LOST,
};

/* Ids of PCI Express capabilities */
#define CAP_PRI 0x13
#define CAP_PASID 0x1b

struct lifecycle_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__s64 result;  /* of an end: as the kernel function returned it */
	__u32 pid;     /* process */
	__u32 tid;     /* thread */
	__u32 kind;    /* enum lifecycle_kind */
	__u32 phase;   /* enum lifecycle_phase */
	__u32 value;   /* what is written, or the VFs that are wanted */
	__u32 vfs;     /* that the device has now */
	__u32 users;   /* VFs that have the capability enabled */
	__u16 offset;  /* in configuration space, */
	__u16 bytes;   /* and how many are written */
	__u16 sriov;   /* where the device has its SR-IOV capability, 0: nowhere */
	__u16 cap;
	__u8 action;
	__u8 signal;
	__u16 reserved;
	char comm[COMM_BYTES];
	char device[DEVICE_NAME_BYTES];
	char pf[DEVICE_NAME_BYTES]; /* a VF's */
	__s32 stack_bytes;	    /* of stack, or a negative errno */
	__u32 reserved2;
	__u64 stack[STACK_FRAMES];
};
ASSERT_LAYOUT(struct lifecycle_event, 160 + 8 * STACK_FRAMES);

/* Set before the programs are loaded. */
struct lifecycle_config {
	__u32 stack; /* events have their kernel stack */
	__u32 reserved;
};
ASSERT_LAYOUT(struct lifecycle_config, 8);

#endif
