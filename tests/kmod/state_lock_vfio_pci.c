// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only, and wrong on purpose: a vfio-pci variant driver whose writes take the lock that the
 * removal of the device holds while it waits for the device's last user (seed 002, the reply of 20
 * January 2021). On s390x it is the kernel's own: hot-unplug holds zdev->state_lock. Elsewhere the
 * driver's removal takes one; or, with lock_on_close, one that the end of the last user takes too;
 * or, with lock_on_open, one that whoever opens the device takes, and leaves time for that. With
 * lock_after it is right: both take two, in either order, but the removal when nobody writes any
 * more.
 *
 * A file of the device takes the device's mutex, under which it is removed.
 *
 * Has no device ids: bind it with driver_override.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/vfio.h>
#include <linux/vfio_pci_core.h>

#include "compat.h"

#ifdef CONFIG_S390

static struct mutex *state_lock(struct vfio_pci_core_device *vdev)
{
	return &to_zpci(vdev->pdev)->state_lock;
}

static struct mutex *open_lock(void)
{
	return NULL;
}

static struct mutex *inner_lock(void)
{
	return NULL;
}

static void state_lock_unregister(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_unregister_device(vdev);
}

static void state_lock_close_device(struct vfio_device *core_vdev)
{
	vfio_pci_core_close_device(core_vdev);
}

#else

static DEFINE_MUTEX(test_state_lock);
static DEFINE_MUTEX(test_close_lock);
static DEFINE_MUTEX(test_open_lock);

static bool lock_on_close;
module_param(lock_on_close, bool, 0600);

#define OPEN_MS	3000

static bool lock_on_open;
module_param(lock_on_open, bool, 0600);

static bool lock_after;
module_param(lock_after, bool, 0600);

static struct mutex *inner_lock(void)
{
	return lock_after ? &test_close_lock : NULL;
}

static struct mutex *open_lock(void)
{
	return lock_on_open ? &test_open_lock : NULL;
}

static struct mutex *state_lock(struct vfio_pci_core_device *vdev)
{
	return &test_state_lock;
}

static void unregister_before_locks(struct vfio_pci_core_device *vdev)
{
	vfio_pci_core_unregister_device(vdev);
	mutex_lock(&test_close_lock);
	mutex_lock(&test_state_lock);
	mutex_unlock(&test_state_lock);
	mutex_unlock(&test_close_lock);
}

static void state_lock_unregister(struct vfio_pci_core_device *vdev)
{
	struct mutex *lock = lock_on_close ? &test_close_lock : &test_state_lock;

	if (lock_after) {
		unregister_before_locks(vdev);
		return;
	}
	if (lock_on_open)
		lock = &test_open_lock;
	mutex_lock(lock);
	if (lock == &test_open_lock)
		msleep(OPEN_MS);
	vfio_pci_core_unregister_device(vdev);
	mutex_unlock(lock);
}

static void state_lock_close_device(struct vfio_device *core_vdev)
{
	if (lock_on_close)
		mutex_lock(&test_close_lock);
	vfio_pci_core_close_device(core_vdev);
	if (lock_on_close)
		mutex_unlock(&test_close_lock);
}

#endif

static ssize_t state_lock_write(struct vfio_device *core_vdev, const char __user *buf, size_t count,
				loff_t *ppos)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	struct mutex *inner = inner_lock();
	ssize_t ret;

	mutex_lock(state_lock(vdev));
	if (inner)
		mutex_lock(inner);
	ret = vfio_pci_core_write(core_vdev, buf, count, ppos);
	if (inner)
		mutex_unlock(inner);
	mutex_unlock(state_lock(vdev));
	return ret;
}

static int state_lock_open_device(struct vfio_device *core_vdev)
{
	struct vfio_pci_core_device *vdev =
		container_of(core_vdev, struct vfio_pci_core_device, vdev);
	struct mutex *lock = open_lock();
	int ret;

	if (lock)
		mutex_lock(lock);
	ret = vfio_pci_core_enable(vdev);
	if (!ret)
		vfio_pci_core_finish_enable(vdev);
	if (lock)
		mutex_unlock(lock);
	return ret;
}

/* Wrong, too: the file goes while the driver core holds that. */
#define DEVICE_LOCK_MS	3000

static ssize_t take_device_lock_store(struct device *dev, struct device_attribute *attr,
				      const char *buf, size_t count)
{
	msleep(DEVICE_LOCK_MS);
	if (device_lock_interruptible(dev))
		return -EINTR;
	device_unlock(dev);
	return count;
}
static DEVICE_ATTR_WO(take_device_lock);

static struct attribute *state_lock_attrs[] = {
	&dev_attr_take_device_lock.attr,
	NULL
};
ATTRIBUTE_GROUPS(state_lock);

static const struct vfio_device_ops state_lock_ops = {
	.name		= KBUILD_MODNAME,
	.init		= vfio_pci_core_init_dev,
	.release	= vfio_pci_core_release_dev,
	.open_device	= state_lock_open_device,
	.close_device	= state_lock_close_device,
	.ioctl		= vfio_pci_core_ioctl,
	.device_feature	= vfio_pci_core_ioctl_feature,
	.read		= vfio_pci_core_read,
	.write		= state_lock_write,
	.mmap		= vfio_pci_core_mmap,
	.request	= vfio_pci_core_request,
	.match		= vfio_pci_core_match,
	COMPAT_IOMMUFD_OPS
};

static int state_lock_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *vdev;
	int ret;

	vdev = vfio_alloc_device(vfio_pci_core_device, vdev, &pdev->dev, &state_lock_ops);
	if (IS_ERR(vdev))
		return PTR_ERR(vdev);
	/* The core finds its device there. */
	dev_set_drvdata(&pdev->dev, vdev);
	ret = vfio_pci_core_register_device(vdev);
	if (ret)
		vfio_put_device(&vdev->vdev);
	return ret;
}

static void state_lock_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	state_lock_unregister(vdev);
	vfio_put_device(&vdev->vdev);
}

static struct pci_driver state_lock_driver = {
	.name			= KBUILD_MODNAME,
	.probe			= state_lock_probe,
	.remove			= state_lock_remove,
	.err_handler		= &vfio_pci_core_err_handlers,
	.driver_managed_dma	= true,
	.dev_groups		= state_lock_groups,
};
module_pci_driver(state_lock_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test only: the deadlock of 2021");
