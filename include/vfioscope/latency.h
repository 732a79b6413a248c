/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bpf/latency.bpf.c and user/latency share: keys, histograms, losses,
 * settings and the events of slow operations. All times are nanoseconds of
 * CLOCK_MONOTONIC. All structs are in the byte order of the machine: they are
 * read on the machine that wrote them.
 */
#ifndef VFIOSCOPE_LATENCY_H
#define VFIOSCOPE_LATENCY_H

#include "histogram.h"
#include "types.h"

#define DRIVER_NAME_BYTES 24

#define MAX_DEVICES 1024 /* device 0 stands for "devices kept together" */
#define DEFAULT_KEYS 1024
#define MAX_ERRNOS 4096

/* What was done. The order is that of the names in user/model/names.c. */
enum latency_operation {
	OPERATION_READ,
	OPERATION_WRITE,
	OPERATION_IOCTL,
	OPERATION_MMAP,
	OPERATION_FAULT,
	OPERATION_OPEN,
	OPERATION_RELEASE,
	OPERATION_DMA_MAP,
	OPERATION_DMA_UNMAP,
	/* Accesses that go around VFIO. */
	OPERATION_SYSFS_READ,
	OPERATION_SYSFS_WRITE,
	OPERATION_PROC_READ,
	OPERATION_PROC_WRITE,
	OPERATION_PCI_READ,
	OPERATION_PCI_WRITE,
	OPERATION_RESET,
	OPERATION_SRIOV_ENABLE,
	OPERATION_SRIOV_DISABLE,
	/* Requests to the zPCI I/O region of zpci-vfio-pci. */
	OPERATION_LOAD,
	OPERATION_STORE,
	OPERATIONS
};

/*
 * Regions are numbered as VFIO_PCI_*_REGION_INDEX does: 0..5 BARs, 6 ROM,
 * 7 configuration space, 8 VGA, from 9 on the device's own. The offset comes
 * from user space and may point anywhere, so what no driver has is one region.
 * The zPCI I/O region has no number that is always its own: here it has one.
 */
#define REGION_CONFIG 7
#define REGION_LAST 62
#define REGION_ZPCI_IO 63
#define REGION_BEYOND 0xfffe
#define REGION_NONE 0xffff

/* vfio-pci gives each region 40 bits of the file offset. */
#define REGION_SHIFT_DEFAULT 40

/* Why an operation is missing from the histograms. Order as in user/model/names.c. */
enum latency_loss {
	LOSS_STARTS_WITHOUT_END,
	LOSS_ENDS_WITHOUT_START,
	LOSS_IN_FLIGHT_FULL,
	LOSS_KEYS_FULL,
	LOSS_DEVICES_FULL,
	LOSS_UNKNOWN_DEVICES,
	LOSS_ERRNOS_FULL,
	LOSS_EVENTS_DROPPED,
	LOSS_CLOCK_BACKWARDS,
	LOSS_EXTREMES,
	LOSS_FOLLOWED_FULL,
	LOSSES
};

/*
 * What histograms are kept apart by. Parts that are not kept apart are zero
 * (region: REGION_NONE), so that two equal keys are equal bytes.
 */
struct latency_key {
	__u64 cgroup;  /* cgroup v2 id */
	__u32 device;  /* index into the devices map, 0: together */
	__u32 command; /* ioctl command, else 0 */
	__u32 width;   /* bytes asked for by user space, else 0 */
	__u32 pid;     /* process (thread group) */
	__u16 region;
	__u16 operation; /* enum latency_operation */
	char comm[COMM_BYTES];
	__u32 container; /* 1: command is one of a container's, which devices number too */
};
ASSERT_LAYOUT(struct latency_key, 48);

/* Widths that reached the device: 1, 2, 4 and 8 bytes. */
#define DEVICE_WIDTHS 4

/*
 * One key's measurements. The number of operations is the sum of the slots,
 * so that it always agrees with them. User space takes min and max away (sets
 * them to 0) at the end of an interval.
 */
struct latency_stats {
	struct latency_key key;
	__u32 used;  /* 1 once key is valid */
	__u32 shift; /* of histogram_slot_near() */
	__u64 sum_ns;
	__u64 min_inverted_ns; /* ~minimum, so that 0 means none yet */
	__u64 max_ns;
	__u64 errors; /* failed operations: not in the slots */
	__u64 device_widths[DEVICE_WIDTHS];
	__u64 slots[HISTOGRAM_SLOTS];
};
ASSERT_LAYOUT(struct latency_stats, 48 + 8 + 8 * 8 + 8 * HISTOGRAM_SLOTS);

/* Failed operations of a key by errno (positive). */
struct errno_key {
	__u32 key;
	__s32 error;
};
ASSERT_LAYOUT(struct errno_key, 8);

#define DEVICE_IS_PCI 1u
#define DEVICE_IS_CONTAINER 2u /* no device: what DMA mappings belong to */

struct device_info {
	char name[DEVICE_NAME_BYTES];
	char driver[DRIVER_NAME_BYTES];
	__u32 flags;	    /* DEVICE_* */
	__u32 region_shift; /* bits of the file offset below the region index */
	__u32 accepted;	    /* 0: the device filter leaves it out */
	__u32 learns;	    /* 1: nothing is known of the driver's region_shift */
};
ASSERT_LAYOUT(struct device_info, 80);

/*
 * Operations that may be in flight in one task at a time: one of each kind.
 * They nest (a reset within an ioctl, a fault within a read), each kind within
 * others, never within itself.
 */
enum latency_nesting {
	NESTING_FILE, /* on a VFIO device's file */
	NESTING_OPEN,
	NESTING_FAULT,
	NESTING_HUGE_FAULT, /* called for a fault, or by itself */
	NESTING_DMA,
	NESTING_HOST, /* sysfs and /proc */
	NESTING_PCI,  /* pci_user_* */
	NESTING_RESET,
	NESTING_RESET_LOCKED, /* called for a reset, or by itself */
	NESTING_SRIOV,
	NESTINGS
};

/* Not keys but what is put in their place. */
#define KEY_FILTERED 0xffffffffu /* a filter leaves the operation out */
#define KEY_LOST 0xfffffffeu	 /* counted under losses */
#define KEY_UNKNOWN 0xfffffffdu	 /* not found before the operation's end */

/* One operation in flight. */
struct in_flight {
	__u64 start_ns;
	__u64 argument; /* file offset, or what the end needs to know from the start */
	__u32 key;	/* index into the stats map, or KEY_* */
	/* The rest only in a trace, or for an ioctl. */
	__u32 width; /* as asked for, not rounded */
	__u32 command;
	__u32 device;
	__u16 region;
	__u16 operation;
	__u8 by_offset; /* argument is a file offset */
	__u8 reserved[3];
};
ASSERT_LAYOUT(struct in_flight, 40);

/* A key that this task used before. */
struct cached_key {
	__u64 handle;	 /* what identifies the device: a kernel address; 0: unused */
	__u64 signature; /* operation, generation, command or width */
	/* File offsets of the region: from first on, up to last behind it. */
	__u64 first_offset;
	__u64 last_offset;
	__u32 key;
	__u32 device;
	__u16 region;
	__u16 reserved[3];
};
ASSERT_LAYOUT(struct cached_key, 48);

#define CACHED_KEYS 8 /* a power of two */

/*
 * What is known of a task. A slot belongs to the task whose id is in the upper
 * half of owner, for as long as the lower half, one bit for each enum latency_nesting in
 * flight, is not 0; after that until another task takes it.
 */
struct task_slot {
	__u64 owner;
	struct in_flight in_flight[NESTINGS];
	struct cached_key cached[CACHED_KEYS];
};
ASSERT_LAYOUT(struct task_slot, 8 + 40 * NESTINGS + 48 * CACHED_KEYS);

#define TASK_SLOTS 2048 /* a power of two */
#define TASK_SLOT_PROBES 8

/* The lower bits are room for an operation and one more: struct cached_key's signature. */
#define GENERATION 0x100
#define SIGNATURE_BY_OFFSET 0x80

/* The programs' only global variable: user space maps it. */
struct latency_state {
	struct task_slot tasks[TASK_SLOTS]; /* first: the programs reach it without an addition */
	/* Operations that start while this is 0 are not counted. Raise generation with it. */
	__u32 enabled;
	__u32 generation; /* raised by GENERATION when a cached key may have become wrong */
	__u32 keys;	  /* keys handed out so far; may run past the map's size */
	__u32 devices;	  /* devices handed out so far; likewise */
	__u32 settled;	  /* 1: all that raises generation is attached, keys may be cached */
	__u32 reserved;
	__u64 losses[LOSSES];
};
ASSERT_LAYOUT(struct latency_state,
	      24 + 8 * LOSSES + TASK_SLOTS * (8 + 40 * NESTINGS + 48 * CACHED_KEYS));

#define FILTER_DEVICES 16
#define FILTER_WIDTHS 8
#define FILTER_DRIVERS 16
#define KNOWN_SHIFTS 16

/* How many bits of the file offset a driver gives each region. Others' are learned. */
struct region_shift {
	union {
		char driver[DRIVER_NAME_BYTES];
		__u64 driver_words[DRIVER_NAME_BYTES / 8]; /* to compare */
	};
	__u32 shift; /* 0: end of the list */
	__u32 reserved;
};
ASSERT_LAYOUT(struct region_shift, DRIVER_NAME_BYTES + 8);

/*
 * Settings, fixed before the programs are loaded: the verifier removes what
 * they switch off.
 */
struct latency_config {
	/* Keep apart by. */
	__u8 by_device;
	__u8 by_region;
	__u8 by_operation;
	__u8 by_width;
	__u8 by_pid;
	__u8 by_comm;
	__u8 by_cgroup;
	/* Filters. */
	__u8 filter_region;
	__u8 filter_width;
	__u8 filter_comm;
	__u8 filter_cgroup;
	__u8 follow;	   /* only processes in the followed map */
	__u8 forget_tasks; /* keys are of use to one process only: forget them when tasks end */
	__u8 by_moment;	   /* keys are not kept: comm or cgroup matter, or it is a trace */
	__u8 trace;	   /* send operations to the ring buffer */
	__u8 trace_stack;  /* with their kernel stack */
	__u8 reserved_byte;
	__u8 page_shift;
	__u8 reserved[2];
	__u32 operations; /* bit for each operation to look at; 0: all */
	__u32 max_keys;
	__u32 pid;     /* process to look at, 0: all */
	__u32 devices; /* entries of device used; 0: no filter */
	__u32 drivers;
	__u64 regions; /* bit for each region index */
	__u64 slower_ns;
	__u64 cgroup;
	__u32 widths[FILTER_WIDTHS];
	char comm[COMM_BYTES];
	char device[FILTER_DEVICES][DEVICE_NAME_BYTES]; /* shell patterns */
	char driver[FILTER_DRIVERS][DRIVER_NAME_BYTES];
	struct region_shift shifts[KNOWN_SHIFTS];
};
ASSERT_LAYOUT(struct latency_config,
	      64 + 4 * FILTER_WIDTHS + COMM_BYTES + FILTER_DEVICES * DEVICE_NAME_BYTES +
		      FILTER_DRIVERS * DRIVER_NAME_BYTES + KNOWN_SHIFTS * (DRIVER_NAME_BYTES + 8));

/* One operation, for `trace`. */
struct latency_event {
	__u64 start_ns;
	__u64 duration_ns;
	__u64 offset; /* in the region */
	__s64 result; /* as the kernel function returned it */
	__u64 cgroup;
	__u32 device;
	__u32 command;
	__u32 width;
	__u32 pid; /* process */
	__u32 tid; /* thread */
	__u16 region;
	__u16 operation;
	char comm[COMM_BYTES];
	__s32 stack_bytes; /* of stack, or a negative errno */
	__u32 reserved;
	__u64 stack[STACK_FRAMES];
};
ASSERT_LAYOUT(struct latency_event, 88 + 8 * STACK_FRAMES);

#endif
