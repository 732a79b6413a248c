// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zPCI I/O region where there are no PCI instructions: loads and stores of a mapped BAR, in
 * order, each as wide as its alignment lets it be.
 *
 * memory_lock is held for reading, as vfio_pci_core holds it around each of its accesses, here
 * around all of one request: it runs whole, or the device does not answer and nothing does. Who
 * holds it for writing (a reset, a change of the power state or of the command register) does so
 * for a bounded time and waits for no user; a removal does not hold it while it waits until the
 * device is closed. So a request waits for a reset at the most, and nobody waits for more than a
 * page of accesses.
 *
 * block_lock keeps one block from being mixed with another. It is taken before memory_lock, so that
 * a reset waits for one block and not for all who have one to store.
 */
#define pr_fmt(fmt) "zpci-vfio-pci: " fmt

#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include "compat.h"
#include "zpci_vfio_pci.h"

#ifndef CONFIG_64BIT
#error "a doubleword has to be one access: this needs a 64-bit kernel"
#endif

/* A header says it in 16 bits, and strict blocks come in steps of 8. */
#define MMIO_MOST	min_t(unsigned long, PAGE_SIZE, U16_MAX & ~7)
#define MMIO_LEAST	16

static unsigned int max_block = 4096;

static int max_block_set(const char *text, const struct kernel_param *param)
{
	unsigned int value;
	int ret;

	ret = kstrtouint(text, 0, &value);
	if (ret)
		return ret;
	if (value < MMIO_LEAST || value > MMIO_MOST || value % 8) {
		pr_err("max_block=%u: not a multiple of 8 from %u to %lu\n", value,
		       MMIO_LEAST, MMIO_MOST);
		return -EINVAL;
	}
	*(unsigned int *)param->arg = value;
	return 0;
}

static const struct kernel_param_ops max_block_ops = {
	.set = max_block_set,
	.get = param_get_uint,
};
module_param_cb(max_block, &max_block_ops, &max_block, 0444);
MODULE_PARM_DESC(max_block, "Longest block store, a multiple of 8 from 16 to a page (4096)");

/*
 * The BARs are mapped now, with the device's set locked: the core does it when a BAR is first used,
 * without a lock, and of two users who come first one gets an error. A BAR that the host uses
 * otherwise is left out.
 */
int zpci_io_backend_open(struct zpci_vfio_device *zvdev)
{
	struct pci_dev *pdev = zvdev->core.pdev;

	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!(pci_resource_flags(pdev, bar) & IORESOURCE_MEM) ||
		    !pci_resource_start(pdev, bar))
			continue;
		if (compat_setup_barmap(&zvdev->core, bar))
			pci_dbg(pdev, "BAR %d is not for the zPCI I/O region\n", bar);
	}
	zvdev->max = max_block;
	return 0;
}

bool zpci_io_backend_offline(struct pci_dev *pdev)
{
	return pci_channel_offline(pdev);
}

static void load_piece(const void __iomem *io, unsigned int width, u8 *to)
{
	switch (width) {
	case 8:
		put_unaligned_le64(readq(io), to);
		break;
	case 4:
		put_unaligned_le32(readl(io), to);
		break;
	case 2:
		put_unaligned_le16(readw(io), to);
		break;
	default:
		*to = readb(io);
	}
}

static void store_piece(void __iomem *io, unsigned int width, const u8 *from)
{
	switch (width) {
	case 4:
		writel(get_unaligned_le32(from), io);
		break;
	case 2:
		writew(get_unaligned_le16(from), io);
		break;
	default:
		writeb(*from, io);
	}
}

/* Most of a block is doublewords, which go in a loop that has nothing else to look at. */
static void store_pieces(void __iomem *io, u64 offset, unsigned int len, const u8 *from)
{
	unsigned int done, i;

	for (; len; len -= done, offset += done, from += done) {
		done = zpci_io_piece(offset, len);
		if (done < 8) {
			store_piece(io + offset, done, from);
			continue;
		}
		done = round_down(len, 8);
		for (i = 0; i < done; i += 8)
			writeq(get_unaligned_le64(from + i), io + offset + i);
	}
}

int zpci_io_backend_load(struct vfio_pci_core_device *core, u8 pcias, u64 offset, u16 len,
			 void *data)
{
	void __iomem *io = READ_ONCE(core->barmap[pcias]);
	unsigned int width;

	if (!io)
		return -EBUSY;
	down_read(&core->memory_lock);
	if (!zpci_io_device_answers(core)) {
		up_read(&core->memory_lock);
		return -EIO;
	}
	for (; len; len -= width, offset += width, data += width) {
		width = zpci_io_piece(offset, len);
		load_piece(io + offset, width, data);
	}
	up_read(&core->memory_lock);
	return 0;
}

int zpci_io_backend_store(struct vfio_pci_core_device *core, u8 pcias, u64 offset, u16 len,
			  const void *data)
{
	void __iomem *io = READ_ONCE(core->barmap[pcias]);
	struct zpci_vfio_device *zvdev = to_zpci_vfio(core);

	int ret = -EIO;

	if (!io)
		return -EBUSY;
	mutex_lock(&zvdev->block_lock);
	down_read(&core->memory_lock);
	if (zpci_io_device_answers(core)) {
		store_pieces(io, offset, len, data);
		ret = 0;
	}
	up_read(&core->memory_lock);
	mutex_unlock(&zvdev->block_lock);
	return ret;
}
