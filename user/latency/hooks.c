// SPDX-License-Identifier: GPL-2.0-only
#include "hooks.h"

#include "../model/names.h"

#include <string.h>

#define HAS_NO_VFIO "load it: modprobe vfio-pci"
#define HAS_NO_TYPE1 "load it: modprobe vfio_iommu_type1 (not needed with iommufd)"
#define HAS_NO_ZPCI "needed only for devices of zpci-vfio-pci"

const struct hook hooks[] = {
	{ "vfio_device_fops_read", "vfio", HOOK_GROUP_VFIO, false, "read", HAS_NO_VFIO },
	{ "vfio_device_fops_write", "vfio", HOOK_GROUP_VFIO, false, "write load store",
	  HAS_NO_VFIO },
	{ "vfio_device_fops_unl_ioctl", "vfio", HOOK_GROUP_VFIO, false, "ioctl", HAS_NO_VFIO,
	  .always = true },
	{ "vfio_device_fops_mmap", "vfio", HOOK_GROUP_VFIO, false, "mmap", HAS_NO_VFIO },
	{ "vfio_device_fops_release", "vfio", HOOK_GROUP_VFIO, false, "release", HAS_NO_VFIO,
	  .always = true },
	{ "vfio_group_fops_unl_ioctl", "vfio", HOOK_GROUP_VFIO, false, "open", HAS_NO_VFIO },
	{ "vfio_device_fops_cdev_open", "vfio", HOOK_GROUP_VFIO, false, "open",
	  "needs CONFIG_VFIO_DEVICE_CDEV (Linux 6.6)", "vfio_device", "cdev" },
	{ "vfio_pci_mmap_fault", "vfio_pci_core", HOOK_GROUP_VFIO, false, "fault",
	  "only before Linux 6.10" },
	{ "vfio_pci_mmap_page_fault", "vfio_pci_core", HOOK_GROUP_VFIO, false, "fault",
	  "only from Linux 6.10 on" },
	{ "vfio_pci_mmap_huge_fault", "vfio_pci_core", HOOK_GROUP_VFIO, false, "fault",
	  "only from Linux 6.12 on, where the architecture maps huge pages" },
	/* With the reads, which are first: its own must not begin as those of another region. */
	{ "zpci_io_rw", "zpci_vfio_pci", HOOK_GROUP_VFIO, true, "read", HAS_NO_ZPCI,
	  .always = true },
	{ "zpci_io_request", "zpci_vfio_pci", HOOK_GROUP_VFIO, true, "write load store",
	  HAS_NO_ZPCI },
	{ "vfio_iommu_type1_ioctl", "vfio_iommu_type1", HOOK_GROUP_VFIO, false,
	  "dma-map dma-unmap ioctl", HAS_NO_TYPE1 },
	{ "iommufd_fops_ioctl", "iommufd", HOOK_GROUP_VFIO, false, "dma-map dma-unmap ioctl",
	  "needs CONFIG_IOMMUFD and the iommufd module" },
	{ "pci_read_config", NULL, HOOK_GROUP_HOST, false, "sysfs-read", "needs CONFIG_PCI" },
	{ "pci_write_config", NULL, HOOK_GROUP_HOST, false, "sysfs-write", "needs CONFIG_PCI" },
	{ "proc_bus_pci_read", NULL, HOOK_GROUP_HOST, false, "proc-read", "needs CONFIG_PCI" },
	{ "proc_bus_pci_write", NULL, HOOK_GROUP_HOST, false, "proc-write", "needs CONFIG_PCI" },
	{ "pci_reset_function", NULL, HOOK_GROUP_HOST, false, "reset", "needs CONFIG_PCI" },
	{ "pci_try_reset_function", NULL, HOOK_GROUP_HOST, false, "reset", "needs CONFIG_PCI" },
	{ "__pci_reset_function_locked", NULL, HOOK_GROUP_HOST, false, "reset",
	  "needs CONFIG_PCI" },
	{ "pci_reset_bus", NULL, HOOK_GROUP_HOST, false, "reset", "needs CONFIG_PCI" },
	{ "pci_enable_sriov", NULL, HOOK_GROUP_HOST, false, "sriov-enable", "needs CONFIG_PCI_IOV",
	  .always = true },
	{ "pci_disable_sriov", NULL, HOOK_GROUP_HOST, false, "sriov-disable",
	  "needs CONFIG_PCI_IOV", .always = true },
#define PCI_USER(function, operation)                                                              \
	{                                                                                          \
		function, NULL, HOOK_GROUP_DEVICE_ACCESS, false, operation, "needs CONFIG_PCI"     \
	}
	PCI_USER("pci_user_read_config_byte", "pci-read"),
	PCI_USER("pci_user_read_config_word", "pci-read"),
	PCI_USER("pci_user_read_config_dword", "pci-read"),
	PCI_USER("pci_user_write_config_byte", "pci-write"),
	PCI_USER("pci_user_write_config_word", "pci-write"),
	PCI_USER("pci_user_write_config_dword", "pci-write"),
#undef PCI_USER
#define REACHED(function, absent)                                                                  \
	{                                                                                          \
		function, NULL, HOOK_GROUP_DEVICE_ACCESS, true, "device widths of BARs", absent    \
	}
	REACHED("ioread8", "s390x has others"),
	REACHED("ioread16", "s390x has others"),
	REACHED("ioread32", "s390x has others"),
	REACHED("ioread64_lo_hi", "s390x has others"),
	REACHED("iowrite8", "s390x has others"),
	REACHED("iowrite16", "s390x has others"),
	REACHED("iowrite32", "s390x has others"),
	REACHED("iowrite64_lo_hi", "s390x has others"),
	REACHED("zpci_load", "only on s390x"),
	REACHED("zpci_store", "only on s390x"),
#undef REACHED
};

const size_t hook_count = sizeof(hooks) / sizeof(hooks[0]);

__u32 hook_operations(const struct hook *hook)
{
	const char *word = hook->operations;
	__u32 operations = 0;

	while (*word) {
		size_t length = strcspn(word, " ");

		for (unsigned int i = 0; i < OPERATIONS; i++)
			if (strlen(operation_name(i)) == length &&
			    !strncmp(operation_name(i), word, length))
				operations |= 1u << i;
		word += length + strspn(word + length, " ");
	}
	return operations;
}

const char *hook_type_name(enum hook_type type)
{
	static const char *const names[HOOK_TYPES] = { "fsession", "fentry", "kprobe" };

	return names[type];
}
