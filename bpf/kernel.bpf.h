/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel types that the BTF of the build machine may lack (VFIO and its iommu
 * back ends are modules, PCI may be off), declared once, with just the members
 * in use. CO-RE finds the real offsets by the name in front of "___".
 */
#ifndef VFIOSCOPE_KERNEL_BPF_H
#define VFIOSCOPE_KERNEL_BPF_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kobject___vfioscope {
	const char *name;
};

struct bus_type___vfioscope {
	const char *name;
};

struct device_driver___vfioscope {
	const char *name;
};

struct device___vfioscope {
	struct kobject___vfioscope kobj;
	struct bus_type___vfioscope *bus;
	struct device_driver___vfioscope *driver;
};

struct pci_dev___vfioscope {
	struct device___vfioscope dev;
};

struct vfio_device___vfioscope {
	struct device___vfioscope *dev;
	struct cdev cdev; /* with CONFIG_VFIO_DEVICE_CDEV */
};

/* A device file's private_data from 6.6 on (kernel commit b1a59be8a2b64). */
struct vfio_device_file___vfioscope {
	struct vfio_device___vfioscope *device;
};

struct iommu_group___vfioscope {
	int id;
};

struct vfio_group___vfioscope {
	struct iommu_group___vfioscope *iommu_group;
};

/* drivers/vfio/vfio_iommu_type1.c */
struct vfio_iommu___vfioscope {
	struct list_head domain_list;
};

struct vfio_domain___vfioscope {
	struct list_head next;
	struct list_head group_list;
};

struct vfio_iommu_group___vfioscope {
	struct iommu_group___vfioscope *iommu_group;
	struct list_head next;
};

/* include/linux/vfio_pci_core.h: an address, no more */
struct vfio_pci_core_device;

/* include/uapi/linux/vfio_zpci_io.h of zpci-vfio-pci */
struct vfio_zpci_io_req___vfioscope {
	__u64 flags;
	__u64 offset;
	__u16 len;
};

/* fs/proc/internal.h */
struct proc_dir_entry___vfioscope {
	struct proc_dir_entry___vfioscope *parent;
	char *name;
	void *data;
};

struct proc_inode___vfioscope {
	struct proc_dir_entry___vfioscope *pde;
	struct inode vfs_inode;
};

#pragma clang attribute pop

#endif
