// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vfio-pci variant driver for tests: plain vfio-pci, but that the index of a region is in bits
 * 48 and up of a file offset instead of 40 and up. A kernel may have such a driver (the upstream
 * one for ISM is), so who tells regions apart by their offset must not count on 40.
 *
 * Has no device ids: bind it with driver_override.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#include "compat.h"

#define SHIFT48_OFFSET_SHIFT	48
#define SHIFT48_OFFSET_MASK	((1ULL << SHIFT48_OFFSET_SHIFT) - 1)

/*
 * From the offset that user space sees to the one that vfio_pci_core knows. An offset in the
 * region that needs more bits than the core has for it must not reach the core: it would be taken
 * for one in another region.
 */
static int shift48_to_core(u64 pos, u64 *core_pos)
{
	u64 offset = pos & SHIFT48_OFFSET_MASK;

	if (offset > VFIO_PCI_OFFSET_MASK)
		return -EINVAL;
	*core_pos = VFIO_PCI_INDEX_TO_OFFSET(pos >> SHIFT48_OFFSET_SHIFT) | offset;
	return 0;
}

static u64 shift48_from_core(u64 core_pos)
{
	return (VFIO_PCI_OFFSET_TO_INDEX(core_pos) << SHIFT48_OFFSET_SHIFT) |
	       (core_pos & VFIO_PCI_OFFSET_MASK);
}

static ssize_t shift48_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			    loff_t *ppos)
{
	loff_t core_pos;
	ssize_t ret;
	u64 start;

	ret = shift48_to_core(*ppos, &start);
	if (ret)
		return ret;
	core_pos = start;
	ret = vfio_pci_core_read(core_vdev, buf, count, &core_pos);
	*ppos += core_pos - start;
	return ret;
}

static ssize_t shift48_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			     loff_t *ppos)
{
	loff_t core_pos;
	ssize_t ret;
	u64 start;

	ret = shift48_to_core(*ppos, &start);
	if (ret)
		return ret;
	core_pos = start;
	ret = vfio_pci_core_write(core_vdev, buf, count, &core_pos);
	*ppos += core_pos - start;
	return ret;
}

/*
 * The translated offset stays in the mapping: the core's fault handler takes the page from it, and
 * the core revokes mappings by its own offsets.
 */
static int shift48_mmap(struct vfio_device *core_vdev, struct vm_area_struct *vma)
{
	unsigned long pgoff = vma->vm_pgoff;
	u64 last, start;
	int ret;

	/* remap_file_pages(2) passes page offsets that no file offset has. */
	if (pgoff + vma_pages(vma) - 1 > (S64_MAX >> PAGE_SHIFT))
		return -EINVAL;
	ret = shift48_to_core((u64)pgoff << PAGE_SHIFT, &start);
	if (ret)
		return ret;
	/* The end must be in the same region. */
	ret = shift48_to_core((u64)(pgoff + vma_pages(vma) - 1) << PAGE_SHIFT, &last);
	if (ret)
		return ret;
	if (VFIO_PCI_OFFSET_TO_INDEX(start) != VFIO_PCI_OFFSET_TO_INDEX(last))
		return -EINVAL;

	vma->vm_pgoff = start >> PAGE_SHIFT;
	ret = vfio_pci_core_mmap(core_vdev, vma);
	if (ret)
		vma->vm_pgoff = pgoff;
	return ret;
}

/*
 * The core has written its answer already; only the offset in it is not ours. What another thread
 * of the caller puts there meanwhile comes back to the caller, and goes nowhere else.
 */
static long shift48_get_region_info(struct vfio_device *core_vdev, unsigned long arg)
{
	struct vfio_region_info __user *info = (void __user *)arg;
	u64 offset;
	long ret;

	ret = vfio_pci_core_ioctl(core_vdev, VFIO_DEVICE_GET_REGION_INFO, arg);
	if (ret)
		return ret;
	if (copy_from_user(&offset, &info->offset, sizeof(offset)))
		return -EFAULT;
	offset = shift48_from_core(offset);
	if (copy_to_user(&info->offset, &offset, sizeof(offset)))
		return -EFAULT;
	return 0;
}

static long shift48_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case VFIO_DEVICE_GET_REGION_INFO:
		return shift48_get_region_info(core_vdev, arg);
	case VFIO_DEVICE_IOEVENTFD:
		/* The core would take the region from an offset that is not its own. */
		return -ENOTTY;
	default:
		return vfio_pci_core_ioctl(core_vdev, cmd, arg);
	}
}

static int shift48_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret;

	ret = vfio_pci_core_enable(vdev);
	if (ret)
		return ret;
	vfio_pci_core_finish_enable(vdev);
	return 0;
}

static const struct vfio_device_ops shift48_ops = {
	.name		= KBUILD_MODNAME,
	.init		= vfio_pci_core_init_dev,
	.release	= vfio_pci_core_release_dev,
	.open_device	= shift48_open_device,
	.close_device	= vfio_pci_core_close_device,
	.ioctl		= shift48_ioctl,
	.device_feature	= vfio_pci_core_ioctl_feature,
	.read		= shift48_read,
	.write		= shift48_write,
	.mmap		= shift48_mmap,
	.request	= vfio_pci_core_request,
	.match		= vfio_pci_core_match,
	COMPAT_IOMMUFD_OPS
};

static int shift48_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &shift48_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	/* The core finds its device there. */
	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void shift48_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(vdev);
	vfio_put_device(&vdev->vdev);
}

static struct pci_driver shift48_driver = {
	.name			= KBUILD_MODNAME,
	.probe			= shift48_probe,
	.remove			= shift48_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
};
module_pci_driver(shift48_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test-only vfio-pci variant driver with 48-bit region offsets");
