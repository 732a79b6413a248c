/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be about several devices, because only user memory says which: it is judged for each of
 * them, and the first denial counts. The devices of a group or of a driver that somebody writes a
 * name to; and all that goes with a bridge or a slot.
 */
#ifndef VFIOSCOPE_POLICY_MANY_BPF_H
#define VFIOSCOPE_POLICY_MANY_BPF_H

#include "policy_device.bpf.h"
#include "policy_file.bpf.h"
#include "policy_judge.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct vfio_group___policy {
	struct list_head device_list; /* of vfio_device.group_next */
};

struct pci_slot___policy {
	struct pci_bus___policy *bus;
	struct kobject___vfioscope kobj;
};

struct klist___policy {
	struct list_head k_list;
};

struct klist_node___policy {
	struct list_head n_node;
};

/* drivers/base/base.h */
struct driver_private___policy {
	struct kobject___vfioscope kobj;
	struct klist___policy klist_devices; /* of device_private.knode_driver */
};

struct device_private___policy {
	struct klist_node___policy knode_driver;
	struct device___policy *device;
};

#pragma clang attribute pop

enum device_list {
	LIST_OF_GROUP,
	LIST_OF_DRIVER,
	LIST_OF_BUS,  /* and of all below it */
	LIST_OF_SLOT, /* of a bus's devices those in the slot */
};

static __always_inline struct device___policy *device_of_node(__u32 kind, struct list_head *node)
{
	struct device_private___policy *private;
	struct vfio_device___policy *vfio;

	if (kind == LIST_OF_GROUP) {
		if (!bpf_core_type_exists(struct vfio_device___policy))
			return NULL;
		vfio = (void *)node -
		       bpf_core_field_offset(struct vfio_device___policy, group_next);
		return BPF_CORE_READ(vfio, dev);
	}
	private = (void *)node -
		  bpf_core_field_offset(struct device_private___policy, knode_driver.n_node);
	return BPF_CORE_READ(private, device);
}

static __always_inline struct device___policy *device_of_bus(struct device_walk *walk, __u32 *done)
{
	struct pci_dev___policy *pci = bus_walk_step(&walk->bus, done);

	if (!pci || (walk->kind == LIST_OF_SLOT && (__u64)BPF_CORE_READ(pci, slot) != walk->slot))
		return NULL;
	return (void *)pci + bpf_core_field_offset(struct pci_dev___policy, dev);
}

/* 1: it was the last, or it was denied. */
static __always_inline long device_walk_step(struct policy_task *task)
{
	struct device_walk *walk = &task->devices;
	struct device___policy *device;
	struct list_head *node;
	__u32 done = 0;

	if (walk->kind == LIST_OF_BUS || walk->kind == LIST_OF_SLOT) {
		device = device_of_bus(walk, &done);
	} else {
		if (walk->next == walk->head || !walk->next)
			return 1;
		node = walk->next;
		device = device_of_node(walk->kind, node);
		walk->next = BPF_CORE_READ(node, next);
	}
	if (device) {
		task->access.when = 0;
		policy_describe_device(task, device);
		walk->error = policy_judge(task);
	}
	return done || walk->error ? 1 : 0;
}

#ifdef HOOK_KPROBE

__noinline long policy_judge_next(struct policy_task *task)
{
	return task ? device_walk_step(task) : 1;
}

static __always_inline int device_walk_all(struct policy_task *task)
{
	for (int i = 0; i < 512; i++)
		if (policy_judge_next(task))
			break;
	return task->devices.error;
}

#else

struct device_walk_context {
	struct policy_task *task;
};

static long policy_judge_next(__u32 index, struct device_walk_context *context)
{
	return device_walk_step(context->task);
}

static __always_inline int device_walk_all(struct policy_task *task)
{
	struct device_walk_context context = { .task = task };

	bpf_loop(BUS_STEPS, policy_judge_next, &context, 0);
	return task->devices.error;
}

#endif

static __always_inline int judge_list(struct policy_task *task, __u32 kind, struct list_head *head)
{
	struct device_walk *walk = &task->devices;

	walk->kind = kind;
	walk->error = 0;
	walk->head = head;
	walk->next = BPF_CORE_READ(head, next);
	return device_walk_all(task);
}

static __always_inline int judge_bus(struct policy_task *task, struct pci_bus___policy *bus,
				     __u64 slot)
{
	struct device_walk *walk = &task->devices;

	walk->kind = slot ? LIST_OF_SLOT : LIST_OF_BUS;
	walk->error = 0;
	walk->slot = slot;
	bus_walk_begin(&walk->bus, bus);
	return device_walk_all(task);
}

static __always_inline int judge_device(struct policy_task *task, __u64 object)
{
	struct pci_dev___policy *pci = pci_of_device(object);
	struct pci_bus___policy *below;
	int error;

	if (!pci)
		return 0;
	policy_describe_pci(task, pci);
	error = policy_judge(task);
	below = BPF_CORE_READ(pci, subordinate);
	if (error || !below ||
	    (task->access.operation != POLICY_SYSFS_REMOVE &&
	     task->access.operation != POLICY_SYSFS_RESET))
		return error;
	return judge_bus(task, below, 0);
}

/* What is done to an object of sysfs. */
static __always_inline int policy_judge_object(struct policy_task *task, __u64 object)
{
	struct driver_private___policy *driver = (void *)object;
	struct pci_slot___policy *slot =
		(void *)object - bpf_core_field_offset(struct pci_slot___policy, kobj);
	struct short_name set;

	if (!object)
		return 0;
	sysfs_set((void *)object, &set);
	if (NAME_IS(set, "devices"))
		return judge_device(task, object);
	if (NAME_IS(set, "slots") && task->access.operation == POLICY_SYSFS_REMOVE)
		return judge_bus(task, BPF_CORE_READ(slot, bus), (__u64)slot);
	if (NAME_IS(set, "drivers") && task->access.operation == POLICY_SYSFS_UNBIND)
		return judge_list(task, LIST_OF_DRIVER,
				  (void *)driver +
					  bpf_core_field_offset(struct driver_private___policy,
								klist_devices.k_list));
	return 0;
}

static __always_inline int policy_judge_group(__u64 group)
{
	struct policy_task *task;

	if (!bpf_core_type_exists(struct vfio_group___policy))
		return 0;
	task = policy_this_task();
	if (!task)
		return without_memory();
	policy_begin(task, POLICY_OPEN);
	return judge_list(task, LIST_OF_GROUP,
			  (void *)group +
				  bpf_core_field_offset(struct vfio_group___policy, device_list));
}

#endif
