/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which device a kernel object stands for. A device is known by its name (a
 * PCI device's is its BDF), copied at first sight: it stays readable after the
 * device is gone.
 */
#ifndef VFIOSCOPE_DEVICE_BPF_H
#define VFIOSCOPE_DEVICE_BPF_H

#include "vfio_file.bpf.h"
#include <vfioscope/latency.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* What the handle of a request is. */
enum device_handle {
	HANDLE_VFIO_FILE,   /* private_data of a VFIO device's file */
	HANDLE_VFIO_DEVICE, /* struct vfio_device */
	HANDLE_DEVICE,	    /* struct device, or its kobject: same address */
	HANDLE_PCI_DEVICE,  /* struct pci_dev */
	HANDLE_GROUP,	    /* struct vfio_group */
	HANDLE_CONTAINER,   /* struct vfio_iommu */
	HANDLE_IOMMUFD,	    /* struct iommufd_ctx */
};

struct device_name {
	char text[DEVICE_NAME_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_DEVICES);
	__type(key, struct device_name);
	__type(value, __u32);
} device_by_name SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_DEVICES);
	__type(key, __u32);
	__type(value, struct device_info);
} devices SEC(".maps");

/*
 * Types of modules that are not loaded yet do not exist: code that needs them
 * must be dead then, for find_key() is the same in all programs. Programs that
 * are loaded with the module have it alive.
 */

/*
 * A DMA mapping belongs to no one device but to all of a container. It is
 * named after the first group in it; -1 if there is none.
 */
static __always_inline int container_group(__u64 handle)
{
	struct vfio_iommu___vfioscope *iommu = (void *)handle;
	struct list_head *domains, *first_domain, *groups, *first_group;
	struct vfio_domain___vfioscope *domain;
	struct vfio_iommu_group___vfioscope *group;

	if (!bpf_core_type_exists(struct vfio_iommu___vfioscope))
		return -1;
	domains = (void *)iommu + bpf_core_field_offset(struct vfio_iommu___vfioscope, domain_list);
	first_domain = BPF_CORE_READ(iommu, domain_list.next);
	if (!first_domain || first_domain == domains)
		return -1;
	domain = (void *)first_domain - bpf_core_field_offset(struct vfio_domain___vfioscope, next);
	first_group = BPF_CORE_READ(domain, group_list.next);
	groups = (void *)domain + bpf_core_field_offset(struct vfio_domain___vfioscope, group_list);
	if (!first_group || first_group == groups)
		return -1;
	group = (void *)first_group -
		bpf_core_field_offset(struct vfio_iommu_group___vfioscope, next);
	return BPF_CORE_READ(group, iommu_group, id);
}

/* Fills in name and info; returns 0, or -1 if the handle leads nowhere. */
static __always_inline int describe_device(enum device_handle kind, __u64 handle,
					   struct device_name *name, struct device_info *info)
{
	struct device___vfioscope *device;
	struct vfio_group___vfioscope *group;
	int number;

	switch (kind) {
	case HANDLE_CONTAINER:
		info->flags |= DEVICE_IS_CONTAINER;
		number = container_group(handle);
		if (number < 0)
			__builtin_memcpy(name->text, "container", sizeof("container"));
		else
			BPF_SNPRINTF(name->text, sizeof(name->text), "container:%d", number);
		return 0;
	case HANDLE_GROUP:
		if (!bpf_core_type_exists(struct vfio_group___vfioscope))
			return -1;
		group = (void *)handle;
		BPF_SNPRINTF(name->text, sizeof(name->text), "group:%d",
			     BPF_CORE_READ(group, iommu_group, id));
		return 0;
	case HANDLE_IOMMUFD:
		info->flags |= DEVICE_IS_CONTAINER;
		__builtin_memcpy(name->text, "iommufd", sizeof("iommufd"));
		return 0;
	case HANDLE_VFIO_FILE:
		device = vfio_file_device(handle);
		break;
	case HANDLE_VFIO_DEVICE:
		if (!bpf_core_type_exists(struct vfio_device___vfioscope))
			return -1;
		device = BPF_CORE_READ((struct vfio_device___vfioscope *)handle, dev);
		break;
	case HANDLE_PCI_DEVICE:
		device = (void *)handle + bpf_core_field_offset(struct pci_dev___vfioscope, dev);
		break;
	default:
		device = (void *)handle;
	}
	if (!device)
		return -1;
	if (bpf_probe_read_kernel_str(name->text, sizeof(name->text),
				      BPF_CORE_READ(device, kobj.name)) <= 1)
		return -1;
	bpf_probe_read_kernel_str(info->driver, sizeof(info->driver),
				  BPF_CORE_READ(device, driver, name));
	if (device_is_pci(device))
		info->flags |= DEVICE_IS_PCI;
	return 0;
}

#endif
