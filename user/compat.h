/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the headers that this program is built with (Debian 12:
 * Linux 6.1, libbpf 1.1) and the kernels that it runs on.
 */
#ifndef VFIOSCOPE_COMPAT_H
#define VFIOSCOPE_COMPAT_H

#include <linux/types.h>

/* enum bpf_attach_type, Linux 7.0: one program at entry and exit. */
#define COMPAT_TRACE_FSESSION 58

/*
 * struct bpf_link_info of a kprobe link, Linux 6.7 on, up to the member in use.
 * A kernel that is older leaves the rest as it was: zero.
 */
struct compat_link_info {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	__u32 padding;
	__u32 perf_event_type;
	__u32 perf_event_padding;
	__u64 name;
	__u32 name_len;
	__u32 offset;
	__u64 address;
	__u64 missed; /* runs of the probe that the kernel skipped */
	__u64 cookie;
};

/* enum bpf_link_type and bpf_perf_event_type */
#define COMPAT_LINK_PERF_EVENT 7
#define COMPAT_PERF_EVENT_KPROBE 3
#define COMPAT_PERF_EVENT_KRETPROBE 4

/* include/uapi/linux/vfio.h, Linux 6.6 on */
#define COMPAT_VFIO_DEVICE_BIND_IOMMUFD 0x3b76
#define COMPAT_VFIO_DEVICE_ATTACH_IOMMUFD_PT 0x3b77
#define COMPAT_VFIO_DEVICE_DETACH_IOMMUFD_PT 0x3b78

#endif
