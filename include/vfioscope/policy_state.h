/* SPDX-License-Identifier: GPL-2.0-only */
/* What bpf/policy.bpf.c and user/policy/ share beside the policies themselves. */
#ifndef VFIOSCOPE_POLICY_STATE_H
#define VFIOSCOPE_POLICY_STATE_H

#include "policy.h"

/* The self-test's file: nobody else has it, and it stands for a device of this name. */
#define POLICY_SELF_TEST_DEVICE "self-test"

/* What the programs are told when they are loaded. */
struct policy_settings {
	/* Where VFIO is built into the kernel: the addresses of what its files do. Else 0. */
	__u64 device_operations;
	__u64 group_operations;
	__u32 judges_requests; /* to the region zpci-io: security_zpci_io() is hooked */
	__u32 hooks;	       /* enum policy_hooks */
	__u64 build;	       /* of the programs */
};
ASSERT_LAYOUT(struct policy_settings, 32);

/* Changes with anything here that programs and tools of different builds would share. */
#define POLICY_ABI 1

/* Which way the programs are hooked. */
enum policy_hooks {
	POLICY_HOOKS_LSM,
	POLICY_HOOKS_FMOD_RET,
	POLICY_HOOKS_KPROBE, /* which can deny nothing */
	POLICY_HOOKS
};

struct policy_state {
	__u64 generation; /* of the newest policy */
	__u64 no_memory;  /* accesses that could not be judged for want of memory: on_unknown */
	__u64 lost;	  /* events that found no room */
	__u64 self_test_inode;
	__u32 self_test_process; /* 0: nobody tests */
	__u32 abi;
};
ASSERT_LAYOUT(struct policy_state, 40);

/* A decision that somebody may want to hear of. */
struct policy_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 generation;
	__u64 offset; /* in the region; with knows_range */
	__u64 length;
	__u64 cgroup; /* id */
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 operation; /* enum policy_operation */
	__u32 region;
	__u32 command; /* of ioctl, as in policy_access */
	struct policy_decision decision;
	__u8 way;
	__u8 knows_range;
	__u8 in_msix;
	__u8 by_zpci_io;
	__u8 self_test;
	__u8 reserved[3];
	char comm[COMM_BYTES];
	char address[POLICY_ADDRESS_BYTES];
	char driver[POLICY_DRIVER_BYTES];
	char rule[POLICY_RULE_BYTES]; /* its name, empty: a default */
};
ASSERT_LAYOUT(struct policy_event, 5 * 8 + 6 * 4 + 16 + 8 + COMM_BYTES + POLICY_ADDRESS_BYTES +
					   POLICY_DRIVER_BYTES + POLICY_RULE_BYTES);

#endif
