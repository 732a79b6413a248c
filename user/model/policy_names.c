// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "policy_names.h"

#include "../compat.h"

#include <linux/ioctl.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *name_in(const char *const *names, size_t count, unsigned int number)
{
	return number < count ? names[number] : NULL;
}

const char *policy_operation_name(unsigned int operation)
{
	static const char *const names[] = {
		[POLICY_READ] = "read",
		[POLICY_WRITE] = "write",
		[POLICY_IOCTL] = "ioctl",
		[POLICY_MMAP] = "mmap",
		[POLICY_OPEN] = "open",
		[POLICY_SYSFS_CONFIG_READ] = "sysfs-config-read",
		[POLICY_SYSFS_CONFIG_WRITE] = "sysfs-config-write",
		[POLICY_SYSFS_RESOURCE] = "sysfs-resource",
		[POLICY_SYSFS_NUMVFS] = "sysfs-numvfs",
		[POLICY_SYSFS_RESET] = "sysfs-reset",
		[POLICY_SYSFS_REMOVE] = "sysfs-remove",
		[POLICY_SYSFS_UNBIND] = "sysfs-unbind",
	};
	_Static_assert(COUNT_OF(names) == POLICY_OPERATIONS, "an operation has no name");

	return name_in(names, COUNT_OF(names), operation);
}

const char *policy_class_name(unsigned int class)
{
	static const char *const names[POLICY_CLASSES] = { "pf", "vf", "other" };

	return name_in(names, COUNT_OF(names), class);
}

const char *policy_way_name(unsigned int way)
{
	static const char *const names[POLICY_WAYS] = { "plain", "vectored" };

	return name_in(names, COUNT_OF(names), way);
}

const char *policy_alignment_name(unsigned int alignment)
{
	static const char *const names[] = { NULL, "natural", "misaligned" };

	return name_in(names, COUNT_OF(names), alignment);
}

const char *policy_action_name(unsigned int action)
{
	static const char *const names[] = { "allow", "deny", "audit" };

	return name_in(names, COUNT_OF(names), action);
}

const char *policy_when_name(unsigned int bit)
{
	static const char *const names[] = { "vf-open", "open-elsewhere" };

	return name_in(names, COUNT_OF(names), bit);
}

const char *policy_outcome_name(unsigned int outcome)
{
	static const char *const names[] = {
		[POLICY_ALLOWED] = "allowed",
		[POLICY_DENIED] = "denied",
		[POLICY_WOULD_DENY] = "would-deny",
		[POLICY_AUDITED] = "audited",
	};

	return name_in(names, COUNT_OF(names), outcome);
}

const char *policy_mode_name(bool enforce)
{
	return enforce ? "enforce" : "audit";
}

const char *policy_command_name(unsigned int command, char buffer[COMMAND_NAME_BYTES])
{
	if (command >= POLICY_IOCTL_OTHER)
		return "other";
	return command_name(_IO(VFIO_TYPE, VFIO_BASE + command), false, buffer);
}

const char *policy_region_name(unsigned int region)
{
	/* Most regions have a number for a name. */
	static char numbered[REGION_LAST][REGION_NAME_BYTES];

	if (region == POLICY_REGION_MSIX)
		return "msix-table";
	if (region == REGION_ZPCI_IO)
		return "zpci-io";
	return region < REGION_LAST ? region_name((__u16)region, true, numbered[region]) : NULL;
}

/* Groups, by what the commands are for. Numbers as in names.c: less VFIO_BASE. */
#define COMMAND_BIT(command) (1ULL << (_IOC_NR(command) - VFIO_BASE))

static const struct {
	const char *name;
	__u64 bits;
} ioctl_groups[] = {
	{ "info", COMMAND_BIT(VFIO_DEVICE_GET_INFO) | COMMAND_BIT(VFIO_DEVICE_GET_REGION_INFO) |
			  COMMAND_BIT(VFIO_DEVICE_GET_IRQ_INFO) |
			  COMMAND_BIT(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO) },
	{ "irq", COMMAND_BIT(VFIO_DEVICE_SET_IRQS) },
	{ "reset", COMMAND_BIT(VFIO_DEVICE_RESET) | COMMAND_BIT(VFIO_DEVICE_PCI_HOT_RESET) },
	{ "iommufd", COMMAND_BIT(COMPAT_VFIO_DEVICE_BIND_IOMMUFD) |
			     COMMAND_BIT(COMPAT_VFIO_DEVICE_ATTACH_IOMMUFD_PT) |
			     COMMAND_BIT(COMPAT_VFIO_DEVICE_DETACH_IOMMUFD_PT) },
	{ "other", 1ULL << POLICY_IOCTL_OTHER },
};

__u64 policy_ioctl_bits(const char *name)
{
	char buffer[COMMAND_NAME_BYTES];

	for (size_t i = 0; i < COUNT_OF(ioctl_groups); i++)
		if (!strcmp(ioctl_groups[i].name, name))
			return ioctl_groups[i].bits;
	for (unsigned int number = 0; number < POLICY_IOCTL_OTHER; number++)
		if (!strcmp(policy_command_name(number, buffer), name) && name[0] != '0')
			return 1ULL << number;
	return 0;
}

__u32 policy_errno(const char *name)
{
	for (int error = 1; error < 134; error++) {
		const char *known = strerrorname_np(error);

		if (known && !strcmp(known, name))
			return (__u32)error;
	}
	return 0;
}
