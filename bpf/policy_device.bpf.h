/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which PCI device an access is about, and what rules may ask of it. Everything is read from the
 * kernel's own objects, nothing from user space.
 */
#ifndef VFIOSCOPE_POLICY_DEVICE_BPF_H
#define VFIOSCOPE_POLICY_DEVICE_BPF_H

#include "policy_task.bpf.h"
#include "vfio_file.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct device___policy {
	struct kobject___vfioscope kobj;
	struct bus_type___vfioscope *bus;
	struct device_driver___vfioscope *driver;
	void *driver_data;
	struct iommu_group___vfioscope *iommu_group;
};

struct pci_slot___policy;

struct pci_dev___policy {
	struct list_head bus_list;
	struct pci_bus___policy *bus;
	struct pci_bus___policy *subordinate;
	struct pci_slot___policy *slot;
	unsigned int devfn;
	unsigned short vendor;
	unsigned short device;
	unsigned int is_virtfn : 1;
	unsigned int is_physfn : 1;
	struct device___policy dev;
	struct pci_dev___policy *physfn;
};

struct vfio_device___policy {
	struct device___policy *dev;
	unsigned int open_count;
	struct list_head group_next;
};

/* include/linux/vfio_pci_core.h */
struct vfio_pci_region___policy {
	__u32 type;
	__u32 subtype;
};

struct vfio_pci_core_device___policy {
	struct vfio_device___policy vdev;
	struct pci_dev___policy *pdev;
	int num_regions;
	__u8 msix_bar;
	__u16 msix_size;
	__u32 msix_offset;
	struct vfio_pci_region___policy *region;
};

#pragma clang attribute pop

static __always_inline struct pci_dev___policy *pci_of_device(__u64 device)
{
	if (!device || !device_is_pci((void *)device))
		return NULL;
	return (void *)(device - bpf_core_field_offset(struct pci_dev___policy, dev));
}

/* What a VFIO driver has for a device that is bound to it; NULL: it has no such driver. */
static __always_inline struct vfio_pci_core_device___policy *
vfio_core_of(struct pci_dev___policy *pci)
{
	struct vfio_pci_core_device___policy *core;

	if (!bpf_core_type_exists(struct vfio_pci_core_device___policy))
		return NULL;
	core = BPF_CORE_READ(pci, dev.driver_data);
	return core && BPF_CORE_READ(core, pdev) == pci ? core : NULL;
}

static __always_inline __u32 vfio_opens(struct pci_dev___policy *pci)
{
	struct vfio_pci_core_device___policy *core = vfio_core_of(pci);

	return core ? BPF_CORE_READ(core, vdev.open_count) : 0;
}

static __always_inline __u8 pci_class_of(struct pci_dev___policy *pci)
{
	if (BPF_CORE_READ_BITFIELD_PROBED(pci, is_virtfn))
		return POLICY_VF;
	return BPF_CORE_READ_BITFIELD_PROBED(pci, is_physfn) ? POLICY_PF : POLICY_OTHER;
}

/* Starts an access anew. */
static __always_inline void policy_begin(struct policy_task *task, __u32 operation)
{
	__builtin_memset(&task->access, 0, sizeof(task->access));
	task->access.operation = operation;
	task->access.region = REGION_NONE;
	task->access.command = POLICY_IOCTL_OTHER;
	task->access.class = POLICY_OTHER;
	task->slot = POLICY_IN_FORCE;
	task->device = 0;
	task->vfio = 0;
	task->opens = 0;
}

static __always_inline void policy_describe_pci(struct policy_task *task,
						struct pci_dev___policy *pci)
{
	struct policy_access *access = &task->access;
	struct iommu_group___vfioscope *group = BPF_CORE_READ(pci, dev.iommu_group);

	task->device = (__u64)pci;
	__builtin_memset(access->address, 0, sizeof(access->address));
	__builtin_memset(access->driver, 0, sizeof(access->driver));
	bpf_probe_read_kernel_str(access->address, sizeof(access->address),
				  BPF_CORE_READ(pci, dev.kobj.name));
	bpf_probe_read_kernel_str(access->driver, sizeof(access->driver),
				  BPF_CORE_READ(pci, dev.driver, name));
	access->vendor = BPF_CORE_READ(pci, vendor);
	access->device = BPF_CORE_READ(pci, device);
	access->class = pci_class_of(pci);
	access->has_group = group != NULL;
	access->group = group ? BPF_CORE_READ(group, id) : 0;
}

/* A device of another bus has a name and a driver only. */
static __always_inline void policy_describe_device(struct policy_task *task,
						   struct device___policy *device)
{
	struct policy_access *access = &task->access;
	struct pci_dev___policy *pci = pci_of_device((__u64)device);

	if (pci) {
		policy_describe_pci(task, pci);
		return;
	}
	bpf_probe_read_kernel_str(access->address, sizeof(access->address),
				  BPF_CORE_READ(device, kobj.name));
	bpf_probe_read_kernel_str(access->driver, sizeof(access->driver),
				  BPF_CORE_READ(device, driver, name));
}

/*
 * Buses
 */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pci_bus___policy {
	struct list_head node;
	struct pci_bus___policy *parent;
	struct list_head children;
	struct list_head devices;
	unsigned char number;
};

#pragma clang attribute pop

#define BUS_STEPS 8192

static __always_inline void bus_walk_begin(struct bus_walk *walk, struct pci_bus___policy *top)
{
	walk->top = top;
	walk->bus = top;
	walk->next = BPF_CORE_READ(top, devices.next);
}

/* To the first bus below, else the next one beside or above; false: there is none. */
static __always_inline bool bus_walk_on(struct bus_walk *walk)
{
	struct pci_bus___policy *bus = walk->bus, *parent;
	struct list_head *node = BPF_CORE_READ(bus, children.next);
	struct list_head *head =
		(void *)bus + bpf_core_field_offset(struct pci_bus___policy, children);

	for (int level = 0; level < 16 && node == head; level++) {
		parent = BPF_CORE_READ(bus, parent);
		if (bus == walk->top || !parent)
			return false;
		node = BPF_CORE_READ(bus, node.next);
		head = (void *)parent + bpf_core_field_offset(struct pci_bus___policy, children);
		bus = parent;
	}
	if (node == head || !node)
		return false;
	bus = (void *)node - bpf_core_field_offset(struct pci_bus___policy, node);
	walk->bus = bus;
	walk->next = BPF_CORE_READ(bus, devices.next);
	return true;
}

/* One step: a device, or NULL. done: there is nothing more. */
static __always_inline struct pci_dev___policy *bus_walk_step(struct bus_walk *walk, __u32 *done)
{
	struct list_head *head =
		(void *)walk->bus + bpf_core_field_offset(struct pci_bus___policy, devices);
	struct list_head *node = walk->next;

	if (node == head || !node) {
		*done = !bus_walk_on(walk);
		return NULL;
	}
	walk->next = BPF_CORE_READ(node, next);
	return (void *)node - bpf_core_field_offset(struct pci_dev___policy, bus_list);
}

/*
 * State
 */

static __always_inline long vf_search_step(struct vf_search *search)
{
	struct pci_dev___policy *pci = bus_walk_step(&search->walk, &search->done);

	if (!pci || !BPF_CORE_READ_BITFIELD_PROBED(pci, is_virtfn) ||
	    BPF_CORE_READ(pci, physfn) != search->pf)
		return search->done != 0;
	search->open = vfio_opens(pci) != 0;
	search->done = search->open;
	return search->done != 0;
}

#ifdef HOOK_KPROBE

/* Global, as policy_step() is: pointers come out of it as numbers, which is all that is needed. */
__noinline long policy_find_open_vf(struct vf_search *search)
{
	return search ? vf_search_step(search) : 1;
}

static __always_inline void vf_search_all(struct vf_search *search)
{
	for (int i = 0; i < 512; i++)
		if (policy_find_open_vf(search))
			return;
}

#else

/* The context of a loop has to be on the stack. */
struct vf_search_context {
	struct vf_search *search;
};

static long policy_find_open_vf(__u32 index, struct vf_search_context *context)
{
	return vf_search_step(context->search);
}

static __always_inline void vf_search_all(struct vf_search *search)
{
	struct vf_search_context context = { .search = search };

	bpf_loop(BUS_STEPS, policy_find_open_vf, &context, 0);
}

#endif

/* If the search finds no end, one may be open. */
static __always_inline bool vf_is_open(struct vf_search *search, struct pci_dev___policy *pf)
{
	search->pf = pf;
	search->done = 0;
	search->open = 0;
	bus_walk_begin(&search->walk, BPF_CORE_READ(pf, bus));
	vf_search_all(search);
	return search->open || !search->done;
}

static __always_inline void policy_describe_state(struct policy_task *task, __u8 asked)
{
	struct pci_dev___policy *pci = (void *)task->device;

	if (!pci)
		return;
	if (asked & POLICY_WHEN_OTHER_OPEN && vfio_opens(pci) > task->opens)
		task->access.when |= POLICY_WHEN_OTHER_OPEN;
	if (asked & POLICY_WHEN_VF_OPEN && task->access.class == POLICY_PF &&
	    vf_is_open(&task->vfs, pci))
		task->access.when |= POLICY_WHEN_VF_OPEN;
}

#endif
