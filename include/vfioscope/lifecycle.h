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
	LIFECYCLE_NUMVFS,	 /* a PF is to have so many VFs: value */
	LIFECYCLE_RESET,	 /* of a function, or of what is behind a bridge */
	LIFECYCLE_CONFIG_WRITE,	 /* to configuration space: switched */
	LIFECYCLE_CAP_OFF,	 /* a PF's capability, by the kernel */
	LIFECYCLE_CAP_ON,	 /* a VF's, by the kernel: the result tells of a refusal */
	LIFECYCLE_VIRTUAL_CAP,	 /* of zpci-vfio-pci: action, users */
	LIFECYCLE_TOKEN_REFUSED, /* a VF token that is wrong or is missing */
	LIFECYCLE_KINDS,
};

/*
 * An event that takes its time has two: its end is known by tid, kind and function, and has a
 * result.
 */
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

/* Configuration space, as far as it matters here: the low bytes of these have it all. */
#define CONFIG_COMMAND 4
#define CONFIG_COMMAND_MEMORY 0x02
#define CONFIG_SRIOV_CONTROL 8 /* in its capability, as the next ones */
#define CONFIG_SRIOV_ENABLE 0x01
#define CONFIG_SRIOV_MEMORY 0x08
#define CONFIG_PASID_CONTROL 6
#define CONFIG_PRI_CONTROL 4
#define CONFIG_CAP_ENABLE 0x01
/* And the high bytes of these: PCI Express device control, a bridge's control. */
#define CONFIG_EXPRESS_CONTROL 9
#define CONFIG_EXPRESS_RESET 0x80
#define CONFIG_BRIDGE_CONTROL 0x3e
#define CONFIG_BRIDGE_RESET 0x40

/* What a write to configuration space is about. */
#define SWITCH_MEMORY 0x01
#define SWITCH_VF_MEMORY 0x02 /* or SR-IOV itself */
#define SWITCH_PASID 0x04
#define SWITCH_PRI 0x08
#define SWITCH_RESET 0x10 /* of the function, or of what is behind a bridge */

struct lifecycle_event {
	__u64 time_ns;	/* CLOCK_MONOTONIC */
	__s64 result;	/* of an end: as the kernel function returned it */
	__u32 pid;	/* process */
	__u32 tid;	/* thread */
	__u32 kind;	/* enum lifecycle_kind */
	__u32 phase;	/* enum lifecycle_phase */
	__u32 value;	/* the VFs that are wanted */
	__u32 vfs;	/* that a PF has now */
	__u16 function; /* the kernel's, of a begin and its end */
	__u16 cap;
	__u8 action;	/* enum virtual_cap_action */
	__u8 off;	/* SWITCH_... that are written as off, */
	__u8 signal;	/* of a close: what the task ends by */
	__u8 is_physfn; /* it can have VFs */
	__u8 first_bus; /* behind a bridge, 0: it is none */
	__u8 last_bus;
	__u8 on; /* and as on */
	__u8 reserved;
	__u32 reserved2;
	char comm[COMM_BYTES];
	char device[DEVICE_NAME_BYTES];
	char pf[DEVICE_NAME_BYTES]; /* a VF's */
	__s32 stack_bytes;	    /* of stack, or a negative errno */
	__u32 reserved3;
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
