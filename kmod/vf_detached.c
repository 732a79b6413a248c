// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VF that an outer hypervisor passes through comes without its PF, and the kernel does not know
 * it as a VF; but its memory bit is hardwired to 0, as every VF's is (PCIe 5.0, 9.3.4.1.3). So
 * vfio_pci_core holds its memory for disabled. Where the platform knows (s390 does), it says so
 * by pci_dev.no_command_memory; elsewhere an administrator does, by the attribute detached_vf.
 */
#include <linux/kstrtox.h>
#include <linux/pci.h>
#include <linux/sysfs.h>
#include <linux/vfio_pci_core.h>

#include "zpci_vfio_pci.h"

static ssize_t detached_vf_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", to_pci_dev(dev)->no_command_memory);
}

/* The core looks at it when the device is opened, and at each access then: it must not change. */
static int set_detached(struct zpci_vfio_device *zvdev, bool detached)
{
	struct vfio_pci_core_device *core = &zvdev->core;
	int ret = 0;

	mutex_lock(&core->vdev.dev_set->lock);
	if (detached == core->pdev->no_command_memory)
		goto unlock;
	/* What the platform says is right. */
	if (!detached && !zvdev->detached)
		ret = -EPERM;
	else if (core->vdev.open_count)
		ret = -EBUSY;
	if (ret)
		goto unlock;
	core->pdev->no_command_memory = detached;
	zvdev->detached = detached;
unlock:
	mutex_unlock(&core->vdev.dev_set->lock);
	return ret;
}

static ssize_t detached_vf_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	bool detached;
	int ret;

	ret = kstrtobool(buf, &detached);
	if (!ret)
		ret = set_detached(to_zpci_vfio(dev_get_drvdata(dev)), detached);
	return ret ?: count;
}
static DEVICE_ATTR_RW(detached_vf);

static struct attribute *vf_detached_attrs[] = {
	&dev_attr_detached_vf.attr,
	NULL
};

const struct attribute_group vf_detached_group = {
	.attrs = vf_detached_attrs,
};

/*
 * A bit that a guest could clear would take the memory away behind vfio_pci_core's back: then an
 * access may be fatal to the host (CVE-2020-12888). The core has just set it, if there is one.
 */
int vf_detached_open(struct zpci_vfio_device *zvdev)
{
	struct pci_dev *pdev = zvdev->core.pdev;
	u16 command;
	int ret;

	if (!zvdev->detached)
		return 0;
	ret = pci_read_config_word(pdev, PCI_COMMAND, &command);
	if (ret)
		return pcibios_err_to_errno(ret);
	if (!(command & PCI_COMMAND_MEMORY))
		return 0;
	pci_warn(pdev, "has a memory bit: it is no detached VF, see detached_vf\n");
	return -EINVAL;
}

/* The next driver has its own view. The attribute is gone already, and so are users. */
void vf_detached_remove(struct zpci_vfio_device *zvdev)
{
	if (zvdev->detached)
		zvdev->core.pdev->no_command_memory = false;
}
