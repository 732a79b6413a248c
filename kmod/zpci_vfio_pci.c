// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vfio-pci variant driver: all that vfio-pci offers, by the same vfio_pci_core, and the zPCI I/O
 * region of <linux/vfio_zpci_io.h>. Bind it by driver_override.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci_ids.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#include "compat.h"
#include "zpci_vfio_pci.h"

#define DRIVER_NAME		"zpci-vfio-pci"
#define PCI_DEVICE_ID_IBM_ISM	0x04ed

static bool enable_sriov;
module_param(enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov, "Let sriov_numvfs of a device with this driver create VFs (N)");

static bool disable_denylist;
module_param(disable_denylist, bool, 0444);
MODULE_PARM_DESC(disable_denylist, "Take devices too whose errata endanger the host (N)");

/*
 * Devices of user space
 */

static int zpci_vfio_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *core =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	int ret;

	ret = vfio_pci_core_enable(core);
	if (ret)
		return ret;
	ret = zpci_io_open(to_zpci_vfio(core));
	if (ret) {
		vfio_pci_core_disable(core);
		return ret;
	}
	vfio_pci_core_finish_enable(core);
	return 0;
}

static void zpci_vfio_close_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *core =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);

	vfio_pci_core_close_device(core_vdev);
	zpci_io_close(to_zpci_vfio(core));
}

#ifdef CONFIG_S390
static long zpci_vfio_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	struct vfio_pci_core_device *core =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	struct vfio_device_info __user *info = (void __user *)arg;
	u32 room = 0;
	long ret;

	if (cmd == VFIO_DEVICE_GET_INFO && get_user(room, &info->argsz))
		return -EFAULT;
	ret = vfio_pci_core_ioctl(core_vdev, cmd, arg);
	if (!ret && cmd == VFIO_DEVICE_GET_INFO && READ_ONCE(to_zpci_vfio(core)->relaxed))
		ret = zpci_vfio_info_add_relaxed(arg, room);
	return ret;
}
#else
#define zpci_vfio_ioctl vfio_pci_core_ioctl
#endif

/* The core takes the name for driver_override of VFs that such a device creates. */
static const struct vfio_device_ops zpci_vfio_ops = {
	.name		= DRIVER_NAME,
	.init		= vfio_pci_core_init_dev,
	.release	= vfio_pci_core_release_dev,
	.open_device	= zpci_vfio_open_device,
	.close_device	= zpci_vfio_close_device,
	.ioctl		= zpci_vfio_ioctl,
	.device_feature	= vfio_pci_core_ioctl_feature,
	.read		= vfio_pci_core_read,
	.write		= vfio_pci_core_write,
	.mmap		= vfio_pci_core_mmap,
	.request	= vfio_pci_core_request,
	.match		= vfio_pci_core_match,
	COMPAT_IOMMUFD_OPS
};

/*
 * Which devices are relaxed is known from their id. For others an administrator may know it:
 * /sys/bus/pci/devices/<device>/zpci_io/relaxed_align, which counts from the next request on.
 */

static ssize_t relaxed_align_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct zpci_vfio_device *zvdev = to_zpci_vfio(dev_get_drvdata(dev));

	return sysfs_emit(buf, "%d\n", READ_ONCE(zvdev->relaxed));
}

static ssize_t relaxed_align_store(struct device *dev, struct device_attribute *attr,
				   const char *buf, size_t count)
{
	struct zpci_vfio_device *zvdev = to_zpci_vfio(dev_get_drvdata(dev));
	bool relaxed;
	int ret;

	ret = kstrtobool(buf, &relaxed);
	if (ret)
		return ret;
	WRITE_ONCE(zvdev->relaxed, relaxed);
	return count;
}
static DEVICE_ATTR_RW(relaxed_align);

static struct attribute *zpci_io_attrs[] = {
	&dev_attr_relaxed_align.attr,
	NULL
};

static const struct attribute_group zpci_io_group = {
	.name	= "zpci_io",
	.attrs	= zpci_io_attrs,
};

static const struct attribute_group *zpci_vfio_groups[] = {
	&zpci_io_group,
	NULL
};

/*
 * The driver
 */

/* What vfio-pci does not take either: untrusted users of these can harm the host. */
static const struct pci_device_id denied_devices[] = {
	{ PCI_VDEVICE(INTEL, 0x0b25) }, /* DSA */
	{ PCI_VDEVICE(INTEL, 0x0cfe) }, /* IAX */
	{ PCI_VDEVICE(INTEL, 0x0435) }, /* QAT DH895xCC and its VFs, C3xxx, C62x */
	{ PCI_VDEVICE(INTEL, 0x0443) },
	{ PCI_VDEVICE(INTEL, 0x19e2) },
	{ PCI_VDEVICE(INTEL, 0x19e3) },
	{ PCI_VDEVICE(INTEL, 0x37c8) },
	{ PCI_VDEVICE(INTEL, 0x37c9) },
	{}
};

/* Not by driver_data, which an id that is added by new_id has not. */
static const struct pci_device_id relaxed_devices[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_IBM, PCI_DEVICE_ID_IBM_ISM) },
	{}
};

static int zpci_vfio_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct zpci_vfio_device *zvdev;
	int ret;

	if (pci_match_id(denied_devices, pdev)) {
		pci_warn(pdev, "on vfio-pci's list of devices to deny%s\n",
			 disable_denylist ? ", taken all the same" : ": see disable_denylist");
		if (!disable_denylist)
			return -EINVAL;
	}
	/* The code is vfio-pci's own, not the core's. */
	if (pdev->vendor == PCI_VENDOR_ID_INTEL && pdev->class >> 8 == PCI_CLASS_DISPLAY_VGA)
		pci_warn(pdev, "without the regions that vfio-pci has for Intel graphics\n");
	zvdev = vfio_alloc_device(zpci_vfio_device, core.vdev, &pdev->dev, &zpci_vfio_ops);
	if (IS_ERR(zvdev))
		return PTR_ERR(zvdev);
	mutex_init(&zvdev->block_lock);
	zvdev->relaxed = pci_match_id(relaxed_devices, pdev);
	/* The core finds its device there. */
	dev_set_drvdata(&pdev->dev, &zvdev->core);
	ret = vfio_pci_core_register_device(&zvdev->core);
	if (ret)
		vfio_put_device(&zvdev->core.vdev);
	return ret;
}

static void zpci_vfio_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&pdev->dev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static int zpci_vfio_sriov_configure(struct pci_dev *pdev, int nr_virtfn)
{
	if (!READ_ONCE(enable_sriov))
		return -ENOENT;
	return vfio_pci_core_sriov_configure(dev_get_drvdata(&pdev->dev), nr_virtfn);
}

static const struct pci_device_id zpci_vfio_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

/*
 * Programs look in the aliases for the best VFIO driver of a device. That is this one for ISM; for
 * other devices it is as good as vfio-pci, and to be asked for by name.
 */
static const struct pci_device_id zpci_vfio_aliases[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_VENDOR_ID_IBM, PCI_DEVICE_ID_IBM_ISM) },
	{}
};
MODULE_DEVICE_TABLE(pci, zpci_vfio_aliases);

static struct pci_driver zpci_vfio_driver = {
	.name			= DRIVER_NAME,
	.id_table		= zpci_vfio_ids,
	.probe			= zpci_vfio_probe,
	.remove			= zpci_vfio_remove,
	.sriov_configure	= zpci_vfio_sriov_configure,
	.err_handler		= &vfio_pci_core_err_handlers,
	.dev_groups		= zpci_vfio_groups,
	.driver_managed_dma	= true,
};
module_pci_driver(zpci_vfio_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO PCI with the zPCI I/O region");
