/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file of VFIO stands for. */
#ifndef VFIOSCOPE_VFIO_FILE_BPF_H
#define VFIOSCOPE_VFIO_FILE_BPF_H

#include "kernel.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

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

static __always_inline bool device_is_pci(struct device___vfioscope *device)
{
	const char *bus = BPF_CORE_READ(device, bus, name);
	char name[4] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), bus);
	return name[0] == 'p' && name[1] == 'c' && name[2] == 'i' && !name[3];
}

#endif
