// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zPCI I/O region on s390: PCILG and PCISTB, by function handle. Never their MIO forms, which
 * some devices (ISM) do not have.
 *
 * memory_lock keeps VFIO's resets away, which change the handle. Of the function's own locks none
 * is taken: to take a function away, its slot holds one of them until user space has closed the
 * device. A handle that is stale, because the function was lost or the host resets it by sysfs,
 * makes the instruction fail.
 */
#include <linux/align.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>
#include <asm/pci.h>
#include <asm/pci_insn.h>
#include <asm/pci_io.h>

#include "zpci_vfio_pci.h"

int zpci_io_backend_open(struct zpci_vfio_device *zvdev)
{
	struct zpci_dev *zdev = to_zpci(zvdev->core.pdev);

	if (!zdev)
		return -ENODEV;
	zvdev->max = min_t(unsigned int, zdev->maxstbl, PAGE_SIZE);
	return 0;
}

/*
 * The instruction fails. What the kernel notes of an error here it never takes back for a device of
 * VFIO's, not even when user space has reset it and the device answers again.
 */
bool zpci_io_backend_offline(struct pci_dev *pdev)
{
	return false;
}

static u64 request_of(struct zpci_dev *zdev, u8 pcias, u16 len)
{
	return ZPCI_CREATE_REQ(READ_ONCE(zdev->fh), pcias, len);
}

/* The bytes are right-aligned in the register, in the order of the BAR. */
static void keep_piece(u64 data, unsigned int width, u8 *to)
{
	for (; width; width--, data >>= 8)
		to[width - 1] = data;
}

/* One instruction, unless the length is none that PCILG has or the place is not aligned to it. */
static int load_pieces(struct zpci_dev *zdev, u8 pcias, u64 offset, u16 len, u8 *to)
{
	unsigned int width;
	u64 data;
	int ret;

	for (; len; len -= width, offset += width, to += width) {
		width = zpci_io_piece(offset, len);
		ret = __zpci_load(&data, request_of(zdev, pcias, width), offset);
		if (ret)
			return -EIO;
		keep_piece(data, width, to);
	}
	return 0;
}

int zpci_io_backend_load(struct vfio_pci_core_device *core, u8 pcias, u64 offset, u16 len,
			 void *data)
{
	int ret = -EIO;

	down_read(&core->memory_lock);
	if (zpci_io_device_answers(core))
		ret = load_pieces(to_zpci(core->pdev), pcias, offset, len, data);
	up_read(&core->memory_lock);
	return ret;
}

int zpci_io_backend_store(struct vfio_pci_core_device *core, u8 pcias, u64 offset, u16 len,
			  const void *data)
{
	struct zpci_dev *zdev = to_zpci(core->pdev);
	int ret = -EIO;

	down_read(&core->memory_lock);
	/* -ENXIO is a program exception: the machine takes no such block. */
	if (zpci_io_device_answers(core) &&
	    !__zpci_store_block(data, request_of(zdev, pcias, len), offset))
		ret = 0;
	up_read(&core->memory_lock);
	return ret;
}
