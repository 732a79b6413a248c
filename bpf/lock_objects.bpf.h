/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's objects of a device, which locks may be members of. */
#ifndef VFIOSCOPE_LOCK_OBJECTS_BPF_H
#define VFIOSCOPE_LOCK_OBJECTS_BPF_H

#include "vfio_file.bpf.h"

#include <vfioscope/locks.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct zpci_dev___locks;

struct zpci_bus___locks {
	struct zpci_dev___locks *function[256];
};

struct pci_bus___locks {
	struct zpci_bus___locks *sysdata; /* on s390x */
};

struct device___locks {
	struct kobject___vfioscope kobj;
	void *driver_data;
};

struct pci_dev___locks {
	struct pci_bus___locks *bus;
	unsigned int devfn;
	struct device___locks dev;
};

struct pci_dev___physfn {
	unsigned int is_virtfn : 1;
	struct pci_dev___locks *physfn;
};

struct vfio_device___locks {
	void *dev_set;
	void *group; /* with CONFIG_VFIO_GROUP */
};

struct vfio_pci_core_device___locks {
	struct pci_dev___locks *pdev;
};

#pragma clang attribute pop

static __always_inline void find_zdev(struct lock_objects *objects, struct pci_dev___locks *pci)
{
	struct zpci_bus___locks *bus;

	if (!bpf_core_type_exists(struct zpci_bus___locks))
		return;
	bus = BPF_CORE_READ(pci, bus, sysdata);
	bpf_probe_read_kernel(&objects->zdev, sizeof(objects->zdev),
			      &bus->function[BPF_CORE_READ(pci, devfn) & 0xff]);
}

/* Of a PCI device, VFIO's or not. */
static __always_inline void find_pci_objects(struct lock_objects *objects,
					     struct pci_dev___locks *pci)
{
	struct vfio_pci_core_device___locks *core;

	objects->pci = (__u64)pci;
	core = BPF_CORE_READ(pci, dev.driver_data);
	if (bpf_core_type_exists(struct vfio_pci_core_device___locks) && core &&
	    BPF_CORE_READ(core, pdev) == pci)
		objects->core = (__u64)core;
	find_zdev(objects, pci);
}

/* Of its PF, if the device is a VF. */
static __always_inline void find_physfn_objects(struct lock_objects *objects, __u64 pci)
{
	struct pci_dev___physfn *function = (void *)pci;
	struct pci_dev___locks *physfn;

	if (!pci || !bpf_core_field_exists(function->physfn) ||
	    !BPF_CORE_READ_BITFIELD_PROBED(function, is_virtfn))
		return;
	physfn = BPF_CORE_READ(function, physfn);
	bpf_probe_read_kernel_str(objects->device, sizeof(objects->device),
				  BPF_CORE_READ(physfn, dev.kobj.name));
	find_pci_objects(objects, physfn);
}

static __always_inline void find_vfio_objects(struct lock_objects *objects,
					      struct vfio_device___locks *vfio)
{
	objects->vfio = (__u64)vfio;
	objects->dev_set = (__u64)BPF_CORE_READ(vfio, dev_set);
	if (bpf_core_field_exists(struct vfio_device___locks, group))
		objects->group = (__u64)BPF_CORE_READ(vfio, group);
}

/* Of any device: its name, and what is known of those of PCI. */
static __always_inline void find_device_objects(struct lock_objects *objects,
						struct device___vfioscope *device)
{
	bpf_probe_read_kernel_str(objects->device, sizeof(objects->device),
				  BPF_CORE_READ(device, kobj.name));
	if (device && device_is_pci(device))
		find_pci_objects(objects, (void *)device - bpf_core_field_offset(
								   struct pci_dev___locks, dev));
}

static __always_inline void find_objects(struct lock_objects *objects, __u64 vfio)
{
	struct device___vfioscope *device;

	if (!bpf_core_type_exists(struct vfio_device___vfioscope)) {
		objects->vfio = vfio;
		return;
	}
	find_vfio_objects(objects, (void *)vfio);
	device = BPF_CORE_READ((struct vfio_device___vfioscope *)vfio, dev);
	find_device_objects(objects, device);
}

#endif
