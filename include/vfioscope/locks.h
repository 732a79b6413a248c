/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bpf/locks.bpf.c and user/locks/ share: which tasks wait for what, and who holds it. Only
 * waits are noted, never a lock that is simply taken.
 */
#ifndef VFIOSCOPE_LOCKS_H
#define VFIOSCOPE_LOCKS_H

#include "types.h"

enum lock_kind {
	LOCK_MUTEX,
	LOCK_RWSEM_READ,  /* a rw_semaphore that is to be read */
	LOCK_RWSEM_WRITE, /* or written */
	LOCK_OPEN,	  /* not a lock: a device is to be closed by all who use it */
	LOCK_KINDS,
};

/* A task that waits. */
struct lock_wait {
	__u64 task; /* its struct task_struct: numbers of tasks are used again */
	__u64 lock; /* struct mutex, rw_semaphore, LOCK_OPEN's vfio_device; 0: it does not wait */
	__u64 since_ns; /* CLOCK_MONOTONIC */
	__u32 kind;	/* enum lock_kind */
	__u32 reserved;
};
ASSERT_LAYOUT(struct lock_wait, 32);

enum lock_use_operation {
	LOCK_USE_READ,
	LOCK_USE_WRITE,
	LOCK_USE_IOCTL,
	LOCK_USE_MMAP,
	LOCK_USES,
};

/* A task within an operation on a VFIO device's file, which stays open as long. */
struct lock_use {
	__u64 vfio; /* struct vfio_device; 0: it is in none */
	__u64 since_ns;
	__u32 operation; /* enum lock_use_operation */
	__u32 reserved;
};
ASSERT_LAYOUT(struct lock_use, 24);

/* The kernel's objects of a device, which locks may be members of; 0: there is none. */
struct lock_objects {
	__u64 vfio;    /* struct vfio_device */
	__u64 core;    /* struct vfio_pci_core_device */
	__u64 pci;     /* struct pci_dev */
	__u64 zdev;    /* struct zpci_dev */
	__u64 dev_set; /* struct vfio_device_set: of devices that are reset together */
	__u64 group;   /* struct vfio_group */
	char device[DEVICE_NAME_BYTES];
};
ASSERT_LAYOUT(struct lock_objects, 48 + DEVICE_NAME_BYTES);

/* The owner of the lock is whoever read-locked it last: it may have let go since. */
#define LOCK_OWNER_READS 1

/* A task that waits, or is within an operation on a device, as the iterator finds it. */
struct lock_task {
	__u64 start_ns; /* of its life; with tid it tells tasks apart */
	__u32 tid;
	__u32 pid;
	__u32 state;	   /* TASK_... of the kernel */
	__s32 stack_bytes; /* of stack, or a negative errno */
	struct lock_wait wait;
	struct lock_wait open_wait; /* LOCK_OPEN; wait is within it, if there are both */
	struct lock_use use;
	__u64 owner_start_ns; /* of wait's lock; 0: nobody is known to hold it */
	__u32 owner_tid;
	__u32 owner_flags;	   /* LOCK_OWNER_... */
	struct lock_objects waits; /* of the device of open_wait */
	struct lock_objects uses;  /* of use */
	char comm[COMM_BYTES];
	__u64 stack[STACK_FRAMES];
};
ASSERT_LAYOUT(struct lock_task,
	      24 + 2 * 32 + 24 + 16 + 2 * (48 + DEVICE_NAME_BYTES) + COMM_BYTES + 8 * STACK_FRAMES);

/* In the programs' memory. */
struct lock_state {
	__u64 waits_without_room;
	__u64 uses_without_room;
};
ASSERT_LAYOUT(struct lock_state, 16);

/* Tasks that wait at a time; of more it is counted that they were not seen. */
#define LOCK_WAITS 16384
#define LOCK_OPEN_WAITS 256

#endif
