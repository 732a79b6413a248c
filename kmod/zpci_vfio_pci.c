// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vfio-pci variant driver: all that vfio-pci offers, by the same vfio_pci_core, and the zPCI I/O
 * region of <linux/vfio_zpci_io.h>, what VFs lack, and SR-IOV for PFs that have no other driver.
 * Bind it by driver_override.
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

static bool enable_sriov = true;
module_param(enable_sriov, bool, 0644);
MODULE_PARM_DESC(enable_sriov, "Let sriov_numvfs of a device with this driver create VFs (Y)");

static bool disable_denylist;
module_param(disable_denylist, bool, 0444);
MODULE_PARM_DESC(disable_denylist, "Take devices too whose errata endanger the host (N)");

/*
 * Devices of user space
 */

static struct zpci_vfio_device *from_vfio(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct zpci_vfio_device, core.vdev);
}

/* With sriov.enable_lock. */
static int enable_device(struct zpci_vfio_device *zvdev)
{
	struct vfio_pci_core_device *core = &zvdev->core;
	int ret;

	ret = vfio_pci_core_enable(core);
	if (ret)
		return ret;
	ret = vf_detached_open(zvdev);
	if (ret)
		goto disable;
	ret = zpci_io_open(zvdev);
	if (ret)
		goto disable;
	ret = vf_caps_open(zvdev);
	if (ret)
		goto disable;
	vfio_pci_core_finish_enable(core);
	return 0;

disable:
	vfio_pci_core_disable(core);
	zpci_io_close(zvdev);
	return ret;
}

static int zpci_vfio_open_device(struct vfio_device *core_vdev)
{
	struct zpci_vfio_device *zvdev = from_vfio(core_vdev);
	int ret;

	/* Others wait for dev_set->lock: not also for VFs. */
	if (!mutex_trylock(&zvdev->sriov.enable_lock))
		return -EBUSY;
	ret = pf_sriov_open(zvdev);
	if (ret)
		goto unlock;
	ret = enable_device(zvdev);
	if (ret)
		pf_sriov_close(zvdev);
unlock:
	mutex_unlock(&zvdev->sriov.enable_lock);
	return ret;
}

static void zpci_vfio_close_device(struct vfio_device *core_vdev)
{
	struct zpci_vfio_device *zvdev = from_vfio(core_vdev);

	vf_caps_close(zvdev);
	mutex_lock(&zvdev->sriov.enable_lock);
	vfio_pci_core_close_device(core_vdev);
	pf_sriov_close(zvdev);
	mutex_unlock(&zvdev->sriov.enable_lock);
	zpci_io_close(zvdev);
}

static ssize_t zpci_vfio_read(struct vfio_device *core_vdev, char __user *buf, size_t count,
			      loff_t *ppos)
{
	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) == VFIO_PCI_CONFIG_REGION_INDEX)
		return vf_caps_read(from_vfio(core_vdev), buf, count, ppos);
	return vfio_pci_core_read(core_vdev, buf, count, ppos);
}

static ssize_t zpci_vfio_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
			       loff_t *ppos)
{
	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) == VFIO_PCI_CONFIG_REGION_INDEX)
		return vf_caps_write(from_vfio(core_vdev), buf, count, ppos);
	return vfio_pci_core_write(core_vdev, buf, count, ppos);
}

static long zpci_vfio_info(struct vfio_device *core_vdev, unsigned long arg)
{
	struct vfio_device_info __user *info = (void __user *)arg;
	u32 room;
	long ret;

	if (get_user(room, &info->argsz))
		return -EFAULT;
	ret = vfio_pci_core_ioctl(core_vdev, VFIO_DEVICE_GET_INFO, arg);
	if (!ret && READ_ONCE(from_vfio(core_vdev)->relaxed))
		ret = zpci_vfio_info_add_relaxed(arg, room);
	return ret;
}

static long zpci_vfio_ioctl(struct vfio_device *core_vdev, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return zpci_vfio_info(core_vdev, arg);
	case VFIO_DEVICE_RESET:
	case VFIO_DEVICE_PCI_HOT_RESET:
		if (pf_sriov_forbids_reset(from_vfio(core_vdev)))
			return -EBUSY;
		break;
	}
	return vfio_pci_core_ioctl(core_vdev, cmd, arg);
}

static int zpci_vfio_device_feature(struct vfio_device *core_vdev, u32 flags, void __user *arg,
				    size_t argsz)
{
	return pf_sriov_feature(from_vfio(core_vdev), flags, arg, argsz);
}

static int zpci_vfio_match(struct vfio_device *core_vdev, char *name)
{
	return pf_sriov_match(from_vfio(core_vdev), name);
}

/* The core takes the name for driver_override of VFs that such a device creates. */
static const struct vfio_device_ops zpci_vfio_ops = {
	.name		= DRIVER_NAME,
	.init		= vfio_pci_core_init_dev,
	.release	= vfio_pci_core_release_dev,
	.open_device	= zpci_vfio_open_device,
	.close_device	= zpci_vfio_close_device,
	.ioctl		= zpci_vfio_ioctl,
	.device_feature	= zpci_vfio_device_feature,
	.read		= zpci_vfio_read,
	.write		= zpci_vfio_write,
	.mmap		= vfio_pci_core_mmap,
	.request	= vfio_pci_core_request,
	.match		= zpci_vfio_match,
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
	&vf_caps_group,
	&vf_detached_group,
	&pf_sriov_group,
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
	pf_sriov_init(zvdev);
	vf_caps_init(zvdev);
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
	pf_sriov_remove(to_zpci_vfio(core));
	vf_detached_remove(to_zpci_vfio(core));
	vfio_put_device(&core->vdev);
}

static int zpci_vfio_sriov_configure(struct pci_dev *pdev, int nr_virtfn)
{
	if (!READ_ONCE(enable_sriov))
		return -ENOENT;
	return pf_sriov_configure(to_zpci_vfio(dev_get_drvdata(&pdev->dev)), nr_virtfn);
}

static void zpci_vfio_reset_done(struct pci_dev *pdev)
{
	vf_caps_reset(to_zpci_vfio(dev_get_drvdata(&pdev->dev)));
}

static pci_ers_result_t zpci_vfio_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	if (state == pci_channel_io_frozen)
		pf_sriov_recover(to_zpci_vfio(dev_get_drvdata(&pdev->dev)), true);
	return vfio_pci_core_aer_err_detected(pdev, state);
}

static void zpci_vfio_resume(struct pci_dev *pdev)
{
	pf_sriov_recover(to_zpci_vfio(dev_get_drvdata(&pdev->dev)), false);
}

static const struct pci_error_handlers zpci_vfio_err_handlers = {
	.error_detected	= zpci_vfio_error_detected,
	.resume		= zpci_vfio_resume,
	.reset_done	= zpci_vfio_reset_done,
};

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
	.err_handler		= &zpci_vfio_err_handlers,
	.dev_groups		= zpci_vfio_groups,
	.driver_managed_dma	= true,
};

static int __init zpci_vfio_init(void)
{
	int ret;

	ret = pf_sriov_register(&zpci_vfio_driver);
	if (ret)
		return ret;
	ret = pci_register_driver(&zpci_vfio_driver);
	if (ret)
		pf_sriov_unregister();
	return ret;
}
module_init(zpci_vfio_init);

static void __exit zpci_vfio_exit(void)
{
	pci_unregister_driver(&zpci_vfio_driver);
	pf_sriov_unregister();
}
module_exit(zpci_vfio_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO PCI with the zPCI I/O region, and what VFs lack");
