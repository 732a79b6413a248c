// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flag of a relaxed device in the zPCI group capability of VFIO_DEVICE_GET_INFO: the kernel's
 * own struct zpci_dev has no such field, so vfio_pci_core cannot say it.
 */
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_zdev.h>
#include <linux/vfio_zpci_io.h>

#include "zpci_vfio_pci.h"

static int add_flag(struct vfio_device_info_cap_zpci_group __user *group)
{
	u64 flags;

	if (copy_from_user(&flags, &group->flags, sizeof(flags)))
		return -EFAULT;
	flags |= VFIO_DEVICE_INFO_ZPCI_FLAG_RELAXED;
	return copy_to_user(&group->flags, &flags, sizeof(flags)) ? -EFAULT : 0;
}

/*
 * The core has written its answer to user memory already. What another thread puts there meanwhile
 * leads no further than to bytes of the caller: the way through the chain ends, for each
 * capability must lie behind the one before, and within the room that the caller said it has.
 */
int zpci_vfio_info_add_relaxed(unsigned long arg, u32 room)
{
	void __user *base = (void __user *)arg;
	struct vfio_info_cap_header cap;
	struct vfio_device_info info;
	u32 at, last = 0;

	/* Who has no room for capabilities was told their size alone. */
	if (room < sizeof(info))
		return 0;
	if (copy_from_user(&info, base, sizeof(info)))
		return -EFAULT;
	if (!(info.flags & VFIO_DEVICE_FLAGS_CAPS))
		return 0;
	for (at = info.cap_offset; at > last; last = at, at = cap.next) {
		if (at > room || room - at < sizeof(struct vfio_device_info_cap_zpci_group))
			break;
		if (copy_from_user(&cap, base + at, sizeof(cap)))
			return -EFAULT;
		if (cap.id == VFIO_DEVICE_INFO_CAP_ZPCI_GROUP)
			return add_flag(base + at);
	}
	return 0;
}
