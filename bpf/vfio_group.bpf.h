/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who asks a group for a device has it, once it is found, before there is a file of it: its removal
 * waits. What notes that is defined by who includes this.
 */
#ifndef VFIOSCOPE_VFIO_GROUP_BPF_H
#define VFIOSCOPE_VFIO_GROUP_BPF_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Where a device that may be the one is kept; NULL: the current task asks no group. */
static __always_inline __u64 *asked_device(void);

/* Of a task that asks a group. */
static __always_inline int found_device(__u64 vfio);

SEC("kprobe/vfio_device_try_get_registration")
int BPF_KPROBE(vfio_device_try_get_registration_entry, __u64 vfio)
{
	return asked_device() ? found_device(vfio) : 0;
}

/* Before 6.2 that is part of another function. Devices that are not PCI's are not seen then. */
SEC("kprobe/vfio_pci_core_match")
int BPF_KPROBE(vfio_pci_core_match_entry, __u64 vfio)
{
	__u64 *asked = asked_device();

	if (asked)
		*asked = vfio;
	return 0;
}

SEC("kretprobe/vfio_pci_core_match")
int BPF_KRETPROBE(vfio_pci_core_match_exit, int result)
{
	__u64 *asked = asked_device();

	return asked && result > 0 ? found_device(*asked) : 0;
}

#endif
