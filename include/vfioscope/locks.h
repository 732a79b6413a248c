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
	LOCK_ACTIVE, /* kn->active: a file of sysfs is to be left by all who read or write it */
	LOCK_KINDS,
};

/* It waited already when vfioscope began, since when is not known. */
#define LOCK_WAIT_BEFORE 1

/* A task that waits. */
struct lock_wait {
	__u64 task; /* its struct task_struct: numbers of tasks are used again */
	/* struct mutex, rw_semaphore; vfio_device of LOCK_OPEN, kernfs_node of LOCK_ACTIVE; 0 */
	__u64 lock;
	__u64 since_ns; /* CLOCK_MONOTONIC */
	__u32 kind;	/* enum lock_kind */
	__u32 flags;	/* LOCK_WAIT_... */
};
ASSERT_LAYOUT(struct lock_wait, 32);

enum lock_use_operation {
	LOCK_USE_READ,
	LOCK_USE_WRITE,
	LOCK_USE_IOCTL,
	LOCK_USE_MMAP,
	LOCK_USE_RELEASE, /* it is closed for the last time */
	LOCK_USE_OPEN,	  /* a group's file is asked for one: it is registered as long */
	LOCK_USES,
};

/* A task within an operation on a VFIO device's file, which stays open as long. */
struct lock_use {
	__u64 vfio; /* struct vfio_device; 0: it is in none */
	__u64 since_ns;
	__u32 operation; /* enum lock_use_operation */
	__u32 reserved;
	__u64 asked; /* LOCK_USE_OPEN: a struct vfio_device that may be the one */
};
ASSERT_LAYOUT(struct lock_use, 32);

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
/* More tasks are in the file in_file than are waited for: some are not, and it may be one. */
#define LOCK_IN_FILE_MAYBE 2
/* A thread of the kernel: signals do nothing to it, unless it wants them. */
#define LOCK_KERNEL_THREAD 4
/*
 * What the lock says is its owner was started after the wait began: it was quicker than who waits,
 * or is in the memory of a task that ended.
 */
#define LOCK_OWNER_LATER 8

/* Devices that one task has open while others wait for that to end. Of more it is counted. */
#define LOCK_OPENS 16

/* A task that waits, or is within an operation on a device, as the iterator finds it. */
struct lock_task {
	__u64 start_ns; /* of its life; with tid it tells tasks apart */
	__u32 tid;
	__u32 pid;
	__u32 state;	   /* TASK_... of the kernel */
	__s32 stack_bytes; /* of stack, or a negative errno */
	__s32 argument;	   /* the first one of its system call: a file, of most; -1: in none */
	__u32 reserved;
	struct lock_wait wait;
	struct lock_wait active_wait; /* LOCK_ACTIVE; wait is within it, if there are both */
	struct lock_wait open_wait;   /* LOCK_OPEN; the others are within it */
	struct lock_use use;
	/* As user space finds them: */
	__u64 in_file; /* struct kernfs_node that it reads or writes */
	/* Each struct vfio_device that others wait for, and it may close or not; then 0 */
	__u64 has_open[LOCK_OPENS];
	__u64 owner_start_ns; /* of wait's lock; 0: nobody is known to hold it */
	__u32 owner_tid;
	__u32 flags;			  /* LOCK_OWNER_..., LOCK_IN_FILE_..., LOCK_KERNEL_... */
	struct lock_objects waits;	  /* of the device of open_wait, or of active_wait's file */
	struct lock_objects physfn;	  /* of that device's PF, if it is a VF */
	struct lock_objects uses;	  /* of use */
	char waits_file[FILE_NAME_BYTES]; /* of active_wait */
	char comm[COMM_BYTES];
	__u64 stack[STACK_FRAMES];
};
ASSERT_LAYOUT(struct lock_task, 32 + 3 * 32 + 40 + 8 * LOCK_OPENS + 16 +
					3 * (48 + DEVICE_NAME_BYTES) + FILE_NAME_BYTES +
					COMM_BYTES + 8 * STACK_FRAMES);

/*
 * A file, as the iterators find it: of a VFIO device, which keeps it open, or of sysfs, if it is to
 * go and a task is in it.
 */
struct lock_file {
	__u64 node;	  /* struct kernfs_node; 0: it is a device's */
	__u64 node_users; /* how many tasks are within node's files */
	__u32 tid;	  /* who is in node's file */
	__u32 pid;	  /* whose threads have the device's */
	__s32 descriptor;
	__u32 reserved;
	struct lock_objects objects; /* of the device */
};
ASSERT_LAYOUT(struct lock_file, 32 + 48 + DEVICE_NAME_BYTES);

/* Tasks that were not scheduled for so long, as far as two looks show, do sleep. */
#define LOCK_SLEEP_NS 90000000

/* Which one of a waiting task's structures is in a list. */
enum lock_waiter_kind {
	LOCK_WAITER_LOCK,	/* struct mutex_waiter, struct rwsem_waiter */
	LOCK_WAITER_COMPLETION, /* struct swait_queue */
	LOCK_WAITER_EVENT,	/* struct wait_queue_entry */
};

#define LOCK_SLEEPER_WORDS 64

/* A task that sleeps with a waiter on its stack, which is in the list of what it waits for. */
struct lock_sleeper {
	__u64 task;
	__u64 node, next; /* struct list_head of the waiter, and what it is followed by */
	__u32 tid;
	__u32 kind; /* enum lock_waiter_kind */
	/* Where such a list begins, within struct mutex, rw_semaphore, vfio_device (0: unknown). */
	__u32 mutex_list, semaphore_list, open_list;
	__s32 stack_bytes; /* of stack, or a negative errno */
	__u64 stack_pointer;
	__u64 lock;	 /* where the kernel itself knows what it waits for; 0: it does not */
	__u32 lock_kind; /* enum lock_kind: of lock; else as user space finds it */
	__u32 reserved;
	/* What is on the stack before node, by calls from there: return addresses, anything. */
	__u64 words[LOCK_SLEEPER_WORDS];
	__u64 stack[STACK_FRAMES]; /* without functions of the scheduler and of locks */
};
ASSERT_LAYOUT(struct lock_sleeper, 72 + 8 * LOCK_SLEEPER_WORDS + 8 * STACK_FRAMES);

/* In the programs' memory. */
struct lock_state {
	__u64 waits_without_room;
	__u64 uses_without_room;
};
ASSERT_LAYOUT(struct lock_state, 16);

/* Tasks that wait at a time; of more it is counted that they were not seen. */
#define LOCK_WAITS 16384
#define LOCK_OPEN_WAITS 256
#define LOCK_ACTIVE_WAITS 256

#endif
