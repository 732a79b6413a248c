/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file of VFIO stands for. */
#ifndef VFIOSCOPE_VFIO_FILE_BPF_H
#define VFIOSCOPE_VFIO_FILE_BPF_H

#include "kernel.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* include/uapi/linux/magic.h */
#define ANON_INODE_FS_MAGIC 0x09041934

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct vfio_device_file___granted {
	__u8 access_granted;
};

#pragma clang attribute pop

/* What a VFIO device file is a file of; only if VFIO's types are known. */
static __always_inline struct vfio_device___vfioscope *vfio_of_file(__u64 private_data)
{
	if (bpf_core_type_exists(struct vfio_device_file___vfioscope)) {
		struct vfio_device_file___vfioscope *file = (void *)private_data;

		return BPF_CORE_READ(file, device);
	}
	return (void *)private_data;
}

/* The device behind a VFIO device file, NULL while it is not opened. */
static __always_inline struct device___vfioscope *vfio_file_device(__u64 private_data)
{
	struct vfio_device___vfioscope *vfio;

	if (!bpf_core_type_exists(struct vfio_device___vfioscope))
		return NULL;
	vfio = vfio_of_file(private_data);
	return BPF_CORE_READ(vfio, dev);
}

/* The file that a group gives, "[vfio-device]". */
static __always_inline bool is_group_device_file(struct file *file, const char *name)
{
	return name[0] == '[' && name[1] == 'v' && name[2] == 'f' && name[6] == 'd' &&
	       BPF_CORE_READ(file, f_inode, i_sb, s_magic) == ANON_INODE_FS_MAGIC;
}

/* A device's own, /dev/vfio/devices/vfio0: open before it is bound to an iommufd. */
static __always_inline bool is_own_device_file(struct file *file, const char *name)
{
	struct vfio_device_file___granted *granted = file->private_data;
	struct vfio_device_file___vfioscope *opened = file->private_data;
	struct vfio_device___vfioscope *vfio = NULL;

	if (name[0] != 'v' || name[1] != 'f' || name[4] < '0' || name[4] > '9' ||
	    !bpf_core_type_exists(struct vfio_device_file___vfioscope) ||
	    !bpf_core_field_exists(vfio->cdev) || !bpf_core_field_exists(granted->access_granted))
		return false;
	vfio = BPF_CORE_READ(opened, device);
	return BPF_CORE_READ(vfio, cdev.ops) == file->f_op &&
	       BPF_CORE_READ(granted, access_granted);
}

/* Whether it keeps a device open. The file is one that an iterator found. */
static __always_inline bool is_vfio_device_file(struct file *file)
{
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return is_group_device_file(file, name) || is_own_device_file(file, name);
}

static __always_inline bool device_is_pci(struct device___vfioscope *device)
{
	const char *bus = BPF_CORE_READ(device, bus, name);
	char name[4] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), bus);
	return name[0] == 'p' && name[1] == 'c' && name[2] == 'i' && !name[3];
}

#endif
