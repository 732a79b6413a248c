/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernel versions that modules build against, and nothing else. */
#ifndef ZPCI_COMPAT_H
#define ZPCI_COMPAT_H

#include <linux/pci.h>
#include <linux/version.h>
#include <linux/vfio_pci_core.h>

/* From 6.17 on a driver has to bring operations of its own for VF tokens, later for regions too. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#error "zpci-vfio-pci is for Linux 6.1 to 6.16"
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* From 6.10 on __string() remembers what is assigned. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define compat_assign_str(to, from) __assign_str(to)
#else
#define compat_assign_str(to, from) __assign_str(to, from)
#endif

/* "": none. Stable kernels have the new way too: Kbuild looks for it. */
#ifdef COMPAT_DEVICE_DRIVER_OVERRIDE
#define compat_driver_override(pdev, name) device_set_driver_override(&(pdev)->dev, name)
#else
#define compat_driver_override(pdev, name)				\
	driver_set_override(&(pdev)->dev, &(pdev)->driver_override, name, strlen(name))
#endif

/* They are NULL in a kernel without iommufd. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define COMPAT_DETACH_IOAS						\
	.detach_ioas	= vfio_iommufd_physical_detach_ioas,
#else
#define COMPAT_DETACH_IOAS
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define COMPAT_IOMMUFD_OPS						\
	.bind_iommufd	= vfio_iommufd_physical_bind,			\
	.unbind_iommufd	= vfio_iommufd_physical_unbind,			\
	.attach_ioas	= vfio_iommufd_physical_attach_ioas,		\
	COMPAT_DETACH_IOAS
#else
#define COMPAT_IOMMUFD_OPS
#endif

/* Claim and map a BAR as vfio_pci_core does when it is first used; the core undoes it at close. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define compat_setup_barmap vfio_pci_core_setup_barmap
#else
static inline int compat_setup_barmap(struct vfio_pci_core_device *vdev, int bar)
{
	struct pci_dev *pdev = vdev->pdev;
	void __iomem *io;
	int ret;

	if (vdev->barmap[bar])
		return 0;
	ret = pci_request_selected_regions(pdev, 1 << bar, "vfio");
	if (ret)
		return ret;
	io = pci_iomap(pdev, bar, 0);
	if (!io) {
		pci_release_selected_regions(pdev, 1 << bar);
		return -ENOMEM;
	}
	vdev->barmap[bar] = io;
	return 0;
}
#endif

#endif
