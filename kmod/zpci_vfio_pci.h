/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the driver: the device, the region, and what carries out its operations. */
#ifndef ZPCI_VFIO_PCI_H
#define ZPCI_VFIO_PCI_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio_pci_core.h>

/* A range of bytes of a BAR. */
struct zpci_io_range {
	u64 start;
	u64 len;
	u8 bar;
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
 * What VFIO_DEVICE_GET_INFO says of a relaxed device, zpci_vfio_info.c on s390
 */

#ifdef CONFIG_S390
/* @room: bytes at @arg, as they were before the core answered; it writes there what it wants. */
int zpci_vfio_info_add_relaxed(unsigned long arg, u32 room);
#endif

#endif
