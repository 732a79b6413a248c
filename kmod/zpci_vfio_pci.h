/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the driver: the device, the region, and what carries out its operations. */
#ifndef ZPCI_VFIO_PCI_H
#define ZPCI_VFIO_PCI_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>

#include "vf_caps.h"

/* A range of bytes of a BAR. */
struct zpci_io_range {
	u64 start;
	u64 len;
	u8 bar;
};

/* Of a PF: see pf_sriov.c. */
struct pf_sriov {
	struct mutex enable_lock; /* VFs are enabled, or a user comes or goes */
	struct mutex lock; /* what follows up to @changing; nothing is taken in it */
	struct list_head named; /* by whom the device was named with a VF token, if not opened */
	bool open; /* a user has the PF */
	bool token_set; /* and gave it a VF token */
	bool changing; /* VFs are being made or taken away */
	bool resets_withheld; /* changes with the PF's device lock: READ_ONCE() */
	bool bus_reset_withheld; /* too, and it was not before */
	bool autoprobe; /* new VFs go to the drivers of their ids: READ_ONCE() */
	u8 reset_methods[PCI_NUM_RESET_METHODS]; /* while they are withheld */
};

struct zpci_vfio_device {
	struct vfio_pci_core_device core;
	struct mutex block_lock; /* for backends whose blocks are made of several accesses */
	/* Takes any alignment. Root may change it at any time: READ_ONCE(), once a request. */
	bool relaxed;

	/* Set when the device is opened */
	u16 max; /* the longest block store */
	void *spare; /* memory for a block that no request has now, or NULL: see get_block() */
	struct zpci_io_range msix[2]; /* table and pending bits; no length: there is none */

	struct vf_caps vf_caps;
	struct pf_sriov sriov;
	bool detached; /* we said so: see vf_detached.c */
};

static inline struct zpci_vfio_device *to_zpci_vfio(struct vfio_pci_core_device *core)
{
	return container_of(core, struct zpci_vfio_device, core);
}

/*
 * The region, zpci_io.c
 */

/* Between vfio_pci_core_enable() and vfio_pci_core_finish_enable(); the core undoes it. */
int zpci_io_open(struct zpci_vfio_device *zvdev);
/* When no request can run any more. */
void zpci_io_close(struct zpci_vfio_device *zvdev);
/* Does the device answer? For backends, with memory_lock held. */
bool zpci_io_device_answers(struct vfio_pci_core_device *core);
/* The longest naturally aligned piece, up to 8 bytes, at the start of a range. */
static inline unsigned int zpci_io_piece(u64 offset, unsigned int len)
{
	unsigned int width = 8;

	while (width > len || offset % width)
		width /= 2;
	return width;
}

/*
 * A backend, zpci_io_zpci.c on s390, else zpci_io_mmio.c. Requests that come here are valid, and
 * their range lies in the memory BAR @pcias. Data is in the order of the BAR's bytes.
 */

/* Is the device in an error state that an access would not tell itself? */
bool zpci_io_backend_offline(struct pci_dev *pdev);
/* Sets @max. */
int zpci_io_backend_open(struct zpci_vfio_device *zvdev);
/* 1 to 8 bytes that lie in one doubleword of the BAR. */
int zpci_io_backend_load(struct vfio_pci_core_device *core, u8 pcias, u64 offset, u16 len,
			 void *data);
/* @data is aligned to the power of two that is not less than @len, and to 8. */
int zpci_io_backend_store(struct vfio_pci_core_device *core, u8 pcias, u64 offset, u16 len,
			  const void *data);

/*
 * Policy, zpci_io_security.c
 */

/* @device: domain << 16 | bus << 8 | devfn; @op: VFIO_ZPCI_IO_FLAG_*. */
int security_zpci_io(u64 device, u32 op, u32 pcias, u64 offset, u32 len, u64 gaddr);

/*
 * SR-IOV of PFs that no driver manages, pf_sriov.c
 */

extern const struct attribute_group pf_sriov_group;

int pf_sriov_register(struct pci_driver *driver);
void pf_sriov_unregister(void);
/* For the driver's probe and remove functions. */
void pf_sriov_init(struct zpci_vfio_device *zvdev);
void pf_sriov_remove(struct zpci_vfio_device *zvdev);
/* The driver's sriov_configure; with the PF's device lock. */
int pf_sriov_configure(struct zpci_vfio_device *zvdev, int nr_virtfn);
/*
 * With enable_lock, as what the core does to open and to close the device: before it opens, and
 * after it has closed. -EBUSY while VFs are made or taken away.
 */
int pf_sriov_open(struct zpci_vfio_device *zvdev);
void pf_sriov_close(struct zpci_vfio_device *zvdev);
/* As vfio_pci_core_match() and vfio_pci_core_ioctl_feature(). */
int pf_sriov_match(struct zpci_vfio_device *zvdev, char *name);
int pf_sriov_feature(struct zpci_vfio_device *zvdev, u32 flags, void __user *arg, size_t argsz);
/* The bus is in error: may it be reset? @begin: yes; else it is over. */
void pf_sriov_recover(struct zpci_vfio_device *zvdev, bool begin);
/* Has it VFs that a reset would take away? */
static inline bool pf_sriov_forbids_reset(struct zpci_vfio_device *zvdev)
{
	return READ_ONCE(zvdev->sriov.resets_withheld);
}

/*
 * VFs that reach this kernel without their PF, vf_detached.c
 */

extern const struct attribute_group vf_detached_group;

/* After vfio_pci_core_enable(): -EINVAL if the device has a memory bit all the same. */
int vf_detached_open(struct zpci_vfio_device *zvdev);
void vf_detached_remove(struct zpci_vfio_device *zvdev);

/*
 * What VFIO_DEVICE_GET_INFO says of a relaxed device, zpci_vfio_info.c on s390
 */

#ifdef CONFIG_S390
/* @room: bytes at @arg, as they were before the core answered; it writes there what it wants. */
int zpci_vfio_info_add_relaxed(unsigned long arg, u32 room);
#else
static inline int zpci_vfio_info_add_relaxed(unsigned long arg, u32 room)
{
	return 0; /* the capability is s390's */
}
#endif

#endif
