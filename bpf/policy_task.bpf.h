/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a task is about to do to a device. It lies with the task, not with the processor: programs
 * of the bpf LSM can be preempted.
 */
#ifndef VFIOSCOPE_POLICY_TASK_BPF_H
#define VFIOSCOPE_POLICY_TASK_BPF_H

#include "policy_decide.bpf.h"

#include <vfioscope/policy_state.h>

#include <bpf/bpf_helpers.h>

/* A path is found from its end: this many names at most. */
#define PATH_NAMES 24

struct path_walk {
	__u64 name[PATH_NAMES]; /* addresses */
	__u64 here;		/* struct kernfs_node or dentry */
	__u64 mount;		/* struct vfsmount */
	__u32 count;
	__u32 length; /* that is written */
	__u32 whole;  /* it begins at its root */
	__u32 reserved;
	char text[2 * POLICY_TEXT_BYTES]; /* of which the first half counts */
};

/* A bus and all below it, a step at a time. */
struct bus_walk {
	struct pci_bus___policy *top, *bus;
	struct list_head *next; /* of the devices of bus */
};

/* For a VF that is open. */
struct vf_search {
	struct bus_walk walk;
	struct pci_dev___policy *pf;
	__u32 done;
	__u32 open;
};

/* The devices that an access may be about. */
struct device_walk {
	__u32 kind; /* enum device_list */
	int error;
	__u64 slot;
	struct list_head *head, *next; /* of a group's or driver's devices */
	struct bus_walk bus;
};

/* Programs have little stack: what takes long to find out is here. */
struct policy_task {
	/* What rw_verify_area() was asked for, for the security hook that it calls. 0: nothing. */
	__u64 area_file;
	__u64 area_offset;
	__u64 area_length;
	__u32 area_way;		/* enum policy_way */
	__u32 area_knows_width; /* all of it goes to the device at once */
	__u64 device;		/* struct pci_dev that access is about, or 0 */
	__u64 vfio;		/* struct vfio_device of device, or 0 */
	__u32 slot;		/* enum policy_slot */
	__u32 opens;		/* that access itself stands for: 1 by a file that is open */
	struct policy_access access;
	struct policy_progress progress;
	struct path_walk walk;
	struct device_walk devices;
	struct vf_search vfs;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct policy_task);
} policy_tasks SEC(".maps");

/* What the tool shares with the programs, beside the policies: memory of its own. */
struct policy_state policy_state;

static __always_inline struct policy_task *policy_this_task(void)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct policy_task *task;

	/* It fails too while the processor was taken from somebody else who was in it. */
	for (int i = 0; i < 3; i++) {
		task = bpf_task_storage_get(&policy_tasks, current, NULL,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (task)
			return task;
	}
	__sync_fetch_and_add(&policy_state.no_memory, 1);
	return NULL;
}

#endif
