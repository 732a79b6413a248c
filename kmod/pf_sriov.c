// SPDX-License-Identifier: GPL-2.0-only
/*
 * SR-IOV of a PF that has no driver but this one, as a stub: its VFs are partitions that firmware
 * or a program in user space manages, or nobody.
 *
 *  - Its VFs go to this driver, not to one of the host's, unless sriov_unmanaged_autoprobe says so.
 *  - While a user has the PF, the number of VFs is what it is: but a user who has given the PF a
 *    VF token, and so is known to reckon with VFs, can be given them.
 *  - Who opens a PF that has VFs must name a VF token, and the kernel is tainted.
 *  - A reset of the PF would take its VFs away. There is none as long as it has any.
 *
 * Locks, outermost first:
 *	the PF's device lock	sriov_numvfs is written
 *	or dev_set->lock	the PF is opened or closed
 *	enable_lock		what the core does then
 *	its memory_lock
 * and lock, a leaf. Drivers of VFs probe with the device lock and take dev_set->lock, but not with
 * enable_lock: a close waits for that.
 */
#include <linux/device.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/panic.h>
#include <linux/pci.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vfio_pci_core.h>

#include "compat.h"
#include "zpci_vfio_pci.h"

/* A driver_override that no driver has the name of. */
#define NOBODY	"(zpci-vfio-pci)"

static const struct pci_driver *our_driver;

/*
 * Resets
 */

/*
 * Of the function, and of its bus: the core looks for users of other functions before it resets
 * one, but VFs may be on a bus of their own, where it does not look.
 */
static void withhold_resets(struct zpci_vfio_device *zvdev)
{
	struct pf_sriov *sriov = &zvdev->sriov;
	struct pci_dev *pdev = zvdev->core.pdev;

	memcpy(sriov->reset_methods, pdev->reset_methods, sizeof(pdev->reset_methods));
	memset(pdev->reset_methods, 0, sizeof(pdev->reset_methods));
	sriov->bus_reset_withheld = !(pdev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	pdev->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	WRITE_ONCE(sriov->resets_withheld, true);
}

static void give_resets_back(struct zpci_vfio_device *zvdev)
{
	struct pf_sriov *sriov = &zvdev->sriov;
	struct pci_dev *pdev = zvdev->core.pdev;

	if (!sriov->resets_withheld)
		return;
	WRITE_ONCE(sriov->resets_withheld, false);
	if (sriov->bus_reset_withheld)
		pdev->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	/* Unless an administrator has chosen meanwhile. */
	if (!pdev->reset_methods[0])
		memcpy(pdev->reset_methods, sriov->reset_methods, sizeof(pdev->reset_methods));
}

/* The way out of an error that stops the bus is its reset, whatever that does to VFs. */
void pf_sriov_recover(struct zpci_vfio_device *zvdev, bool begin)
{
	struct pci_dev *pdev = zvdev->core.pdev;

	if (!zvdev->sriov.resets_withheld || !zvdev->sriov.bus_reset_withheld)
		return;
	if (begin)
		pdev->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	else
		pdev->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
}

/*
 * Who has named a device with a VF token, and so may open it. There is another way to open a
 * device, by its own file, where the core asks for no token.
 */
struct naming {
	struct list_head on_list; /* sriov.named, under sriov.lock */
	struct pid *thread;
};

static void forget_name(struct naming *naming)
{
	list_del(&naming->on_list);
	put_pid(naming->thread);
	kfree(naming);
}

/* With sriov->lock. */
static void forget_names(struct pf_sriov *sriov)
{
	struct naming *naming, *next;

	list_for_each_entry_safe(naming, next, &sriov->named, on_list)
		forget_name(naming);
}

static struct naming *find_name(struct pf_sriov *sriov)
{
	struct naming *naming;

	list_for_each_entry(naming, &sriov->named, on_list) {
		if (naming->thread == task_pid(current))
			return naming;
	}
	return NULL;
}

static int remember_name(struct pf_sriov *sriov)
{
	struct naming *naming = kzalloc(sizeof(*naming), GFP_KERNEL_ACCOUNT);

	if (!naming)
		return -ENOMEM;
	mutex_lock(&sriov->lock);
	if (find_name(sriov)) {
		kfree(naming);
	} else {
		naming->thread = get_pid(task_pid(current));
		list_add(&naming->on_list, &sriov->named);
	}
	mutex_unlock(&sriov->lock);
	return 0;
}

/* Once: the next opening has to name it again. With sriov->lock. */
static bool take_name(struct pf_sriov *sriov)
{
	struct naming *naming = find_name(sriov);

	if (naming)
		forget_name(naming);
	return naming;
}

/*
 * The number of VFs
 */

static void warn_of_vfs(struct pci_dev *pdev, int vfs)
{
	pci_warn(pdev, "user space has this PF and can do as it likes with its %d VFs\n", vfs);
	add_taint(TAINT_USER, LOCKDEP_STILL_OK);
}

static int begin_change(struct pf_sriov *sriov, int nr_virtfn)
{
	int ret = 0;

	mutex_lock(&sriov->lock);
	if (sriov->open && !(nr_virtfn && sriov->token_set))
		ret = -EBUSY;
	else
		sriov->changing = true;
	/* Who has named it did so when there were others. */
	if (!ret)
		forget_names(sriov);
	mutex_unlock(&sriov->lock);
	return ret;
}

/* Is the PF in use now? */
static bool end_change(struct pf_sriov *sriov)
{
	bool open;

	mutex_lock(&sriov->lock);
	sriov->changing = false;
	open = sriov->open;
	mutex_unlock(&sriov->lock);
	return open;
}

/*
 * Gives new VFs to drivers. The core holds the PF's memory_lock while it makes them, and a VFIO
 * driver's probe takes dev_set->lock, in which an open takes the memory_lock: so none may probe
 * them there, see pf_sriov_notify().
 */
static void attach_vfs(struct zpci_vfio_device *zvdev)
{
	const char *override = READ_ONCE(zvdev->sriov.autoprobe) ? "" : our_driver->name;
	struct pci_dev *pdev = zvdev->core.pdev, *vf = NULL;

	while ((vf = pci_get_device(pdev->vendor, PCI_ANY_ID, vf))) {
		if (!vf->is_virtfn || pci_physfn(vf) != pdev)
			continue;
		if (compat_driver_override(vf, override) || device_attach(&vf->dev) < 0)
			pci_warn(vf, "has no driver\n");
	}
}

/*
 * Not while a user comes or goes: the core restores the PF's state then, SR-IOV with it, and does
 * not take the device lock for it. A close that waits holds up nobody whom it did not before: the
 * core takes memory_lock there, which is held while VFs are enabled.
 */
static int enable_vfs(struct zpci_vfio_device *zvdev, int nr_virtfn)
{
	int ret;

	mutex_lock(&zvdev->sriov.enable_lock);
	withhold_resets(zvdev);
	ret = vfio_pci_core_sriov_configure(&zvdev->core, nr_virtfn);
	mutex_unlock(&zvdev->sriov.enable_lock);
	return ret;
}

int pf_sriov_configure(struct zpci_vfio_device *zvdev, int nr_virtfn)
{
	struct pci_dev *pdev = zvdev->core.pdev;
	int ret;

	ret = begin_change(&zvdev->sriov, nr_virtfn);
	if (ret) {
		pci_info(pdev, "the number of VFs is locked: a user has this PF\n");
		return ret;
	}
	if (nr_virtfn)
		ret = enable_vfs(zvdev, nr_virtfn);
	else
		ret = vfio_pci_core_sriov_configure(&zvdev->core, 0);
	if (ret > 0)
		attach_vfs(zvdev);
	if (!pci_num_vf(pdev))
		give_resets_back(zvdev);
	if (end_change(&zvdev->sriov) && ret > 0)
		warn_of_vfs(pdev, ret);
	return ret;
}

/* The core has disabled SR-IOV. */
void pf_sriov_remove(struct zpci_vfio_device *zvdev)
{
	give_resets_back(zvdev);
	mutex_lock(&zvdev->sriov.lock);
	forget_names(&zvdev->sriov);
	mutex_unlock(&zvdev->sriov.lock);
}

/*
 * Users
 */

/* A function of its own for who traces it. */
static noinline __noclone int pf_sriov_refuse(struct pci_dev *pdev)
{
	pci_info_ratelimited(pdev, "VF token required: a PF has VFs, or it is a VF of such a PF\n");
	return -EACCES;
}

int pf_sriov_match(struct zpci_vfio_device *zvdev, char *name)
{
	struct pci_dev *pdev = zvdev->core.pdev;
	bool token = strstr(name, "vf_token=");
	int ret;

	ret = vfio_pci_core_match(&zvdev->core.vdev, name);
	if (ret <= 0)
		return ret;
	if (pci_num_vf(pdev) && !token)
		return pf_sriov_refuse(pdev);
	if (token && remember_name(&zvdev->sriov))
		return -ENOMEM;
	return ret;
}

int pf_sriov_open(struct zpci_vfio_device *zvdev)
{
	struct pf_sriov *sriov = &zvdev->sriov;
	struct pci_dev *pdev = zvdev->core.pdev;
	bool named;
	int ret = 0;

	mutex_lock(&sriov->lock);
	named = take_name(sriov);
	if (sriov->changing)
		ret = -EBUSY;
	else if (!named && (pci_num_vf(pdev) || zvdev->core.sriov_pf_core_dev))
		ret = -EACCES;
	else
		sriov->open = true;
	if (!ret)
		sriov->token_set = named;
	mutex_unlock(&sriov->lock);
	if (ret == -EACCES)
		return pf_sriov_refuse(pdev);
	if (!ret && pci_num_vf(pdev))
		warn_of_vfs(pdev, pci_num_vf(pdev));
	return ret;
}

void pf_sriov_close(struct zpci_vfio_device *zvdev)
{
	struct pf_sriov *sriov = &zvdev->sriov;

	mutex_lock(&sriov->lock);
	sriov->open = false;
	sriov->token_set = false;
	mutex_unlock(&sriov->lock);
}

int pf_sriov_feature(struct zpci_vfio_device *zvdev, u32 flags, void __user *arg, size_t argsz)
{
	const u32 set_token = VFIO_DEVICE_FEATURE_PCI_VF_TOKEN | VFIO_DEVICE_FEATURE_SET;
	int ret;

	ret = vfio_pci_core_ioctl_feature(&zvdev->core.vdev, flags, arg, argsz);
	if (!ret && flags == set_token) {
		mutex_lock(&zvdev->sriov.lock);
		zvdev->sriov.token_set = true;
		mutex_unlock(&zvdev->sriov.lock);
	}
	return ret;
}

/*
 * Drivers of VFs: the core captures each new one for this driver, after which this is asked. It is
 * for nobody until attach_vfs() says for whom.
 */

static int pf_sriov_notify(struct notifier_block *nb, unsigned long action, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	if (action != BUS_NOTIFY_ADD_DEVICE || !pdev->is_virtfn ||
	    pci_dev_driver(pci_physfn(pdev)) != our_driver)
		return NOTIFY_DONE;
	if (compat_driver_override(pdev, NOBODY))
		pci_warn(pdev, "is bound too early\n");
	return NOTIFY_OK;
}

static struct notifier_block pf_sriov_notifier = {
	.notifier_call	= pf_sriov_notify,
	.priority	= -1, /* the core's has 0 */
};

void pf_sriov_init(struct zpci_vfio_device *zvdev)
{
	mutex_init(&zvdev->sriov.enable_lock);
	mutex_init(&zvdev->sriov.lock);
	INIT_LIST_HEAD(&zvdev->sriov.named);
}

int pf_sriov_register(struct pci_driver *driver)
{
	our_driver = driver;
	return bus_register_notifier(&pci_bus_type, &pf_sriov_notifier);
}

void pf_sriov_unregister(void)
{
	bus_unregister_notifier(&pci_bus_type, &pf_sriov_notifier);
}

static ssize_t sriov_unmanaged_autoprobe_show(struct device *dev, struct device_attribute *attr,
					      char *buf)
{
	struct zpci_vfio_device *zvdev = to_zpci_vfio(dev_get_drvdata(dev));

	return sysfs_emit(buf, "%d\n", READ_ONCE(zvdev->sriov.autoprobe));
}

static ssize_t sriov_unmanaged_autoprobe_store(struct device *dev, struct device_attribute *attr,
					       const char *buf, size_t count)
{
	struct zpci_vfio_device *zvdev = to_zpci_vfio(dev_get_drvdata(dev));
	bool autoprobe;
	int ret;

	ret = kstrtobool(buf, &autoprobe);
	if (ret)
		return ret;
	WRITE_ONCE(zvdev->sriov.autoprobe, autoprobe);
	return count;
}
static DEVICE_ATTR_RW(sriov_unmanaged_autoprobe);

static struct attribute *pf_sriov_attrs[] = {
	&dev_attr_sriov_unmanaged_autoprobe.attr,
	NULL
};

static umode_t pf_sriov_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	return to_pci_dev(kobj_to_dev(kobj))->is_physfn ? attr->mode : 0;
}

const struct attribute_group pf_sriov_group = {
	.attrs		= pf_sriov_attrs,
	.is_visible	= pf_sriov_visible,
};
