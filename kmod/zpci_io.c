// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zPCI I/O region: takes a request whole, checks it, asks policy, and has it done.
 *
 * There is no state between two requests and no buffer that two of them have at a time, so no lock
 * is needed here, least of all one that removal holds: a removal waits until user space has closed
 * the device, and user space may well have requests to make before it does.
 */
#include <linux/align.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vfio_pci_core.h>
#include <linux/vfio_zpci_io.h>

#include "compat.h"
#include "zpci_vfio_pci.h"

#define CREATE_TRACE_POINTS
#include "zpci_vfio_trace.h"

/* The address space identifier of the configuration space; below 6 they are BARs. */
#define ZPCI_IO_PCIAS_CONFIG	15

static_assert(sizeof(struct vfio_zpci_io_hdr) == 16);
static_assert(sizeof(struct vfio_zpci_io_req) == 32);
static_assert(sizeof(struct vfio_region_zpci_io) == 48);

/*
 * Checks
 */

static bool crosses_page(u64 address, u16 len)
{
	return offset_in_page(address) + len > PAGE_SIZE;
}

/* What can be said of a request without its target. */
static int check_request(const struct vfio_zpci_io_req *req, u16 max, bool relaxed)
{
	bool load = req->flags == VFIO_ZPCI_IO_FLAG_READ;

	if (!load && req->flags != VFIO_ZPCI_IO_FLAG_BLOCKW)
		return -EINVAL;
	if (req->reserved || req->reserved2 || !req->len)
		return -EINVAL;
	if (!relaxed && (!IS_ALIGNED(req->gaddr, 8) || crosses_page(req->gaddr, req->len)))
		return -EINVAL;
	if (load)
		return req->offset % 8 + req->len > 8 ? -EINVAL : 0;

	if (req->len > max)
		return -EINVAL;
	if (!relaxed && (req->len <= 8 || !IS_ALIGNED(req->len, 8) || !IS_ALIGNED(req->offset, 8) ||
			 crosses_page(req->offset, req->len)))
		return -EINVAL;
	return 0;
}

static int check_target(struct zpci_vfio_device *zvdev, struct vfio_zpci_io_req *req)
{
	bool load = req->flags == VFIO_ZPCI_IO_FLAG_READ;
	struct pci_dev *pdev = zvdev->core.pdev;
	u64 end;

	if (req->pcias == ZPCI_IO_PCIAS_CONFIG)
		return -EPERM;
	if (req->pcias >= PCI_STD_NUM_BARS)
		return -EINVAL;
	req->pcias = array_index_nospec(req->pcias, PCI_STD_NUM_BARS);
	if (!(pci_resource_flags(pdev, req->pcias) & IORESOURCE_MEM) ||
	    !pci_resource_start(pdev, req->pcias))
		return -ENXIO;
	if (check_add_overflow(req->offset, (u64)req->len, &end) ||
	    end > pci_resource_len(pdev, req->pcias))
		return -ENXIO;

	/*
	 * VFIO programs the MSI-X table on behalf of user space, which has its own way to do so
	 * (VFIO_DEVICE_SET_IRQS). Behind that back nothing is written, and the table not read: it
	 * has the host's addresses in it. Pending bits can be read, as by the BAR region.
	 */
	for (int i = 0; i < (load ? 1 : ARRAY_SIZE(zvdev->msix)); i++) {
		const struct zpci_io_range *range = &zvdev->msix[i];

		if (range->bar == req->pcias && req->offset < range->start + range->len &&
		    end > range->start)
			return -EPERM;
	}
	return 0;
}

static int check_policy(struct pci_dev *pdev, const struct vfio_zpci_io_req *req)
{
	u64 device = (u64)pci_domain_nr(pdev->bus) << 16 | pci_dev_id(pdev);
	int ret;

	ret = security_zpci_io(device, req->flags, req->pcias, req->offset, req->len, req->gaddr);
	/* A program may return what is no errno of user space's, least of all a success. */
	return ret <= 0 && ret > -ERESTARTSYS ? ret : -EPERM;
}

/* As D3 counts what nobody knows. */
static bool is_awake(pci_power_t state)
{
	return state == PCI_D0 || state == PCI_D1 || state == PCI_D2;
}

/*
 * The memory bit is what user space sees and sets, in the virtual command register. Changes of it
 * and of the power state are made with memory_lock held for writing. The core has one such check
 * too, but does not export it in every version.
 */
bool zpci_io_device_answers(struct vfio_pci_core_device *core)
{
	struct pci_dev *pdev = core->pdev;
	u16 command = le16_to_cpup((__le16 *)(core->vconfig + PCI_COMMAND));

	lockdep_assert_held(&core->memory_lock);
	return is_awake(pdev->current_state) && !zpci_io_backend_offline(pdev) &&
	       (pdev->no_command_memory || (command & PCI_COMMAND_MEMORY));
}

/*
 * Operations. Data goes through the kernel's memory: the device never sees user pages, so a page
 * that is read-only or shared copy-on-write cannot be written to. User memory is not touched with
 * memory_lock held: its fault may need that lock, when it is a mapped BAR.
 */

static int do_load(struct zpci_vfio_device *zvdev, const struct vfio_zpci_io_req *req)
{
	void __user *to = u64_to_user_ptr(req->gaddr);
	u8 data[8];
	int ret;

	/* A load may change the device: first be sure that there is a place for what it gives. */
	if (!access_ok(to, req->len) || fault_in_safe_writeable(to, req->len))
		return -EFAULT;
	ret = zpci_io_backend_load(&zvdev->core, req->pcias, req->offset, req->len, data);
	if (ret)
		return ret;
	return copy_to_user(to, data, req->len) ? -EFAULT : 0;
}

/*
 * The allocator clears what it gives, which takes longer than to copy a block: one block stays with
 * the device until it is closed. Who finds it taken allocates another. What an earlier request left
 * in it is overwritten before it is used.
 */
static void *get_block(struct zpci_vfio_device *zvdev)
{
	void *block = xchg(&zvdev->spare, NULL);

	/* A power of two, which kmalloc() aligns to itself: a block must not cross a page. */
	return block ?: kmalloc(roundup_pow_of_two(zvdev->max), GFP_KERNEL_ACCOUNT);
}

static void put_block(struct zpci_vfio_device *zvdev, void *block)
{
	kfree(xchg(&zvdev->spare, block));
}

static int do_store(struct zpci_vfio_device *zvdev, const struct vfio_zpci_io_req *req)
{
	void *data = get_block(zvdev);
	int ret = -EFAULT;

	if (!data)
		return -ENOMEM;
	if (!copy_from_user(data, u64_to_user_ptr(req->gaddr), req->len))
		ret = zpci_io_backend_store(&zvdev->core, req->pcias, req->offset, req->len, data);
	put_block(zvdev, data);
	return ret;
}

/* By this name a tracer finds all requests, the refused ones too: vfioscope shows them by it. */
static noinline __noclone int zpci_io_request(struct vfio_pci_core_device *core,
					      struct vfio_zpci_io_req *req)
{
	struct zpci_vfio_device *zvdev = to_zpci_vfio(core);
	int ret;

	ret = check_request(req, zvdev->max, READ_ONCE(zvdev->relaxed));
	if (ret)
		return ret;
	ret = check_target(zvdev, req);
	if (ret)
		return ret;
	ret = check_policy(core->pdev, req);
	if (ret)
		return ret;
	return req->flags == VFIO_ZPCI_IO_FLAG_READ ? do_load(zvdev, req) : do_store(zvdev, req);
}

/*
 * The region
 */

/* A request is one write, or none: what another call wrote can never be part of it. */
static ssize_t write_req(struct zpci_vfio_device *zvdev, const char __user *buf, size_t count,
			 u64 pos)
{
	struct vfio_zpci_io_req req;
	u64 start = 0;
	int ret;

	if (pos != offsetof(struct vfio_region_zpci_io, req) || count != sizeof(req))
		return -EINVAL;
	if (copy_from_user(&req, buf, sizeof(req)))
		return -EFAULT;

	if (trace_zpci_io_enabled())
		start = ktime_get_ns();
	ret = zpci_io_request(&zvdev->core, &req);
	if (start)
		trace_zpci_io(zvdev->core.pdev, &req, ret, ktime_get_ns() - start);
	return ret ?: count;
}

static ssize_t read_hdr(struct zpci_vfio_device *zvdev, char __user *buf, size_t count, u64 pos)
{
	struct vfio_zpci_io_hdr hdr = {
		.flags = READ_ONCE(zvdev->relaxed) ? VFIO_ZPCI_IO_HDR_FLAG_RELAXED : 0,
		.max = zvdev->max,
	};

	if (pos >= sizeof(hdr) || count > sizeof(hdr) - pos)
		return -EINVAL;
	if (copy_to_user(buf, (u8 *)&hdr + pos, count))
		return -EFAULT;
	return count;
}

/* vfioscope knows the region by this function's name. */
static ssize_t zpci_io_rw(struct vfio_pci_core_device *core, char __user *buf, size_t count,
			  loff_t *ppos, bool iswrite)
{
	struct zpci_vfio_device *zvdev = to_zpci_vfio(core);
	u64 pos = *ppos & VFIO_PCI_OFFSET_MASK;
	ssize_t ret;

	if (iswrite)
		ret = write_req(zvdev, buf, count, pos);
	else
		ret = read_hdr(zvdev, buf, count, pos);
	if (ret > 0)
		*ppos += ret;
	return ret;
}

/* The core calls it without asking whether there is one; the region owns nothing. */
static void zpci_io_release(struct vfio_pci_core_device *core, struct vfio_pci_region *region)
{
}

static const struct vfio_pci_regops zpci_io_regops = {
	.rw		= zpci_io_rw,
	.release	= zpci_io_release,
};

/* Where the MSI-X table and the pending bits are. The core knows of the table alone. */
static int find_msix(struct zpci_vfio_device *zvdev)
{
	struct pci_dev *pdev = zvdev->core.pdev;
	u32 table, pba;
	u16 flags;
	int nr;

	memset(zvdev->msix, 0, sizeof(zvdev->msix));
	if (!pdev->msix_cap)
		return 0;
	/* A device that does not answer reads as ones. */
	if (pci_read_config_word(pdev, pdev->msix_cap + PCI_MSIX_FLAGS, &flags) ||
	    pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_TABLE, &table) ||
	    pci_read_config_dword(pdev, pdev->msix_cap + PCI_MSIX_PBA, &pba) ||
	    PCI_POSSIBLE_ERROR(flags) || PCI_POSSIBLE_ERROR(table) || PCI_POSSIBLE_ERROR(pba))
		return -EIO;
	nr = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
	zvdev->msix[0] = (struct zpci_io_range){
		.bar = table & PCI_MSIX_TABLE_BIR,
		.start = table & PCI_MSIX_TABLE_OFFSET,
		.len = nr * PCI_MSIX_ENTRY_SIZE,
	};
	zvdev->msix[1] = (struct zpci_io_range){
		.bar = pba & PCI_MSIX_PBA_BIR,
		.start = pba & PCI_MSIX_PBA_OFFSET,
		.len = DIV_ROUND_UP(nr, 64) * sizeof(u64),
	};
	return 0;
}

int zpci_io_open(struct zpci_vfio_device *zvdev)
{
	int ret;

	ret = find_msix(zvdev);
	if (ret)
		return ret;
	ret = zpci_io_backend_open(zvdev);
	if (ret)
		return ret;
	return vfio_pci_core_register_dev_region(&zvdev->core, VFIO_REGION_TYPE_IBM_ZPCI_IO,
						 VFIO_REGION_SUBTYPE_IBM_ZPCI_IO, &zpci_io_regops,
						 sizeof(struct vfio_region_zpci_io),
						 VFIO_REGION_INFO_FLAG_READ |
						 VFIO_REGION_INFO_FLAG_WRITE, NULL);
}

void zpci_io_close(struct zpci_vfio_device *zvdev)
{
	kfree(xchg(&zvdev->spare, NULL));
}
