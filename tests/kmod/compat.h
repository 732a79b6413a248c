/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernel versions that the test modules build against. */
#ifndef TESTS_KMOD_COMPAT_H
#define TESTS_KMOD_COMPAT_H

#include <linux/version.h>

/* For 6.6 and later, which have all four; they are NULL in a kernel without iommufd. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define COMPAT_IOMMUFD_OPS						\
	.bind_iommufd	= vfio_iommufd_physical_bind,			\
	.unbind_iommufd	= vfio_iommufd_physical_unbind,			\
	.attach_ioas	= vfio_iommufd_physical_attach_ioas,		\
	.detach_ioas	= vfio_iommufd_physical_detach_ioas,
#else
#define COMPAT_IOMMUFD_OPS
#endif

#endif
