// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "names.h"

#include "../compat.h"

#include <linux/ioctl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The place of a name in a table with gaps, or -1. */
static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && !strcmp(names[i], name))
			return (int)i;
	return -1;
}

static const char *const operation_names[] = {
	[OPERATION_READ] = "read",
	[OPERATION_WRITE] = "write",
	[OPERATION_IOCTL] = "ioctl",
	[OPERATION_MMAP] = "mmap",
	[OPERATION_FAULT] = "fault",
	[OPERATION_OPEN] = "open",
	[OPERATION_RELEASE] = "release",
	[OPERATION_DMA_MAP] = "dma-map",
	[OPERATION_DMA_UNMAP] = "dma-unmap",
	[OPERATION_SYSFS_READ] = "sysfs-read",
	[OPERATION_SYSFS_WRITE] = "sysfs-write",
	[OPERATION_PROC_READ] = "proc-read",
	[OPERATION_PROC_WRITE] = "proc-write",
	[OPERATION_PCI_READ] = "pci-read",
	[OPERATION_PCI_WRITE] = "pci-write",
	[OPERATION_RESET] = "reset",
	[OPERATION_SRIOV_ENABLE] = "sriov-enable",
	[OPERATION_SRIOV_DISABLE] = "sriov-disable",
	[OPERATION_LOAD] = "load",
	[OPERATION_STORE] = "store",
};
_Static_assert(COUNT_OF(operation_names) == OPERATIONS, "an operation has no name");

const char *operation_name(unsigned int operation)
{
	return operation < OPERATIONS ? operation_names[operation] : NULL;
}

int operation_number(const char *name)
{
	return find_name(operation_names, OPERATIONS, name);
}

/* The tables are indexed by what the headers say a command is, less the base. */
#define VFIO_INDEX(command) (_IOC_NR(command) - VFIO_BASE)
#define VFIO_COMMAND(name) [VFIO_INDEX(VFIO_##name)] = #name
#define VFIO_COMPAT_COMMAND(name) [VFIO_INDEX(COMPAT_VFIO_##name)] = #name

/* Of containers, groups and devices: numbers below those of devices mean the same to all. */
static const char *const vfio_commands[] = {
	VFIO_COMMAND(GET_API_VERSION),
	VFIO_COMMAND(CHECK_EXTENSION),
	VFIO_COMMAND(SET_IOMMU),
	VFIO_COMMAND(GROUP_GET_STATUS),
	VFIO_COMMAND(GROUP_SET_CONTAINER),
	VFIO_COMMAND(GROUP_UNSET_CONTAINER),
	VFIO_COMMAND(GROUP_GET_DEVICE_FD),
	VFIO_COMMAND(DEVICE_GET_INFO),
	VFIO_COMMAND(DEVICE_GET_REGION_INFO),
	VFIO_COMMAND(DEVICE_GET_IRQ_INFO),
	VFIO_COMMAND(DEVICE_SET_IRQS),
	VFIO_COMMAND(DEVICE_RESET),
	VFIO_COMMAND(DEVICE_GET_PCI_HOT_RESET_INFO),
	VFIO_COMMAND(DEVICE_PCI_HOT_RESET),
	VFIO_COMMAND(DEVICE_QUERY_GFX_PLANE),
	VFIO_COMMAND(DEVICE_GET_GFX_DMABUF),
	VFIO_COMMAND(DEVICE_IOEVENTFD),
	VFIO_COMMAND(DEVICE_FEATURE),
	VFIO_COMPAT_COMMAND(DEVICE_BIND_IOMMUFD),
	VFIO_COMPAT_COMMAND(DEVICE_ATTACH_IOMMUFD_PT),
	VFIO_COMPAT_COMMAND(DEVICE_DETACH_IOMMUFD_PT),
};

/* Of containers, in place of devices' commands of the same number. */
#define CONTAINER_FIRST VFIO_INDEX(VFIO_IOMMU_GET_INFO)
static const char *const container_commands[] = {
	VFIO_COMMAND(IOMMU_GET_INFO), VFIO_COMMAND(IOMMU_MAP_DMA), VFIO_COMMAND(IOMMU_UNMAP_DMA),
	VFIO_COMMAND(IOMMU_ENABLE),   VFIO_COMMAND(IOMMU_DISABLE), VFIO_COMMAND(IOMMU_DIRTY_PAGES),
};

/* include/uapi/linux/iommufd.h, which Linux 6.1 has not: numbers from IOMMUFD_FIRST on. */
#define IOMMUFD_TYPE ';'
#define IOMMUFD_FIRST 0x80
static const char *const iommufd_commands[] = {
	/* 0x80 */
	"DESTROY",
	"IOAS_ALLOC",
	"IOAS_ALLOW_IOVAS",
	"IOAS_COPY",
	"IOAS_IOVA_RANGES",
	"IOAS_MAP",
	"IOAS_UNMAP",
	"OPTION",
	/* 0x88 */
	"VFIO_IOAS",
	"HWPT_ALLOC",
	"GET_HW_INFO",
	"HWPT_SET_DIRTY_TRACKING",
	"HWPT_GET_DIRTY_BITMAP",
	"HWPT_INVALIDATE",
	"FAULT_QUEUE_ALLOC",
	"IOAS_MAP_FILE",
	/* 0x90 */
	"VIOMMU_ALLOC",
	"VDEVICE_ALLOC",
	"IOAS_CHANGE_PROCESS",
	"VEVENTQ_ALLOC",
	"HW_QUEUE_ALLOC",
};

static const char *table_name(const char *const *names, size_t count, __u32 index)
{
	return index < count ? names[index] : NULL;
}

static const char *vfio_command_name(__u32 index, bool container)
{
	if (container && index >= CONTAINER_FIRST)
		return table_name(container_commands, COUNT_OF(container_commands), index);
	return table_name(vfio_commands, COUNT_OF(vfio_commands), index);
}

const char *command_name(__u32 command, bool container, char buffer[COMMAND_NAME_BYTES])
{
	__u32 number = _IOC_NR(command);
	const char *name = NULL;

	/* No command of VFIO or iommufd tells the size of its argument: it can grow. */
	if (command == _IO(VFIO_TYPE, number))
		name = vfio_command_name(number - VFIO_BASE, container);
	if (!name && command == _IO(IOMMUFD_TYPE, number))
		name = table_name(iommufd_commands, COUNT_OF(iommufd_commands),
				  number - IOMMUFD_FIRST);
	if (name)
		return name;
	snprintf(buffer, COMMAND_NAME_BYTES, "0x%x", command);
	return buffer;
}

static const char *const pci_regions[] = {
	[VFIO_PCI_BAR0_REGION_INDEX] = "bar0", [VFIO_PCI_BAR1_REGION_INDEX] = "bar1",
	[VFIO_PCI_BAR2_REGION_INDEX] = "bar2", [VFIO_PCI_BAR3_REGION_INDEX] = "bar3",
	[VFIO_PCI_BAR4_REGION_INDEX] = "bar4", [VFIO_PCI_BAR5_REGION_INDEX] = "bar5",
	[VFIO_PCI_ROM_REGION_INDEX] = "rom",   [VFIO_PCI_CONFIG_REGION_INDEX] = "config",
	[VFIO_PCI_VGA_REGION_INDEX] = "vga",
};
_Static_assert(VFIO_PCI_CONFIG_REGION_INDEX == REGION_CONFIG, "regions are numbered as VFIO's");

const char *region_name(__u16 region, bool is_pci, char buffer[REGION_NAME_BYTES])
{
	if (region == REGION_NONE)
		return "";
	if (region == REGION_BEYOND)
		return "beyond";
	if (region == REGION_ZPCI_IO)
		return "zpci-io";
	if (is_pci && region < COUNT_OF(pci_regions))
		return pci_regions[region];
	snprintf(buffer, REGION_NAME_BYTES, "region%u", region);
	return buffer;
}

int region_number(const char *name)
{
	char buffer[REGION_NAME_BYTES];
	int region = find_name(pci_regions, COUNT_OF(pci_regions), name);

	if (region >= 0)
		return region;
	for (__u16 number = 0; number <= REGION_ZPCI_IO; number++)
		if (!strcmp(region_name(number, false, buffer), name))
			return number;
	return strcmp(name, "beyond") ? -1 : REGION_BEYOND;
}

/* Errors that only the kernel knows, include/linux/errno.h: they show where it returns them. */
static const struct {
	int error;
	const char *name;
} kernel_errnos[] = {
	{ 512, "ERESTARTSYS" }, { 513, "ERESTARTNOINTR" },	  { 514, "ERESTARTNOHAND" },
	{ 515, "ENOIOCTLCMD" }, { 516, "ERESTART_RESTARTBLOCK" }, { 517, "EPROBE_DEFER" },
	{ 524, "ENOTSUPP" },	{ 529, "EIOCBQUEUED" },
};

const char *errno_text(int error, char buffer[ERRNO_NAME_BYTES])
{
	const char *name = strerrorname_np(error);

	for (size_t i = 0; !name && i < COUNT_OF(kernel_errnos); i++)
		if (kernel_errnos[i].error == error)
			name = kernel_errnos[i].name;
	if (name)
		return name;
	snprintf(buffer, ERRNO_NAME_BYTES, "%d", error);
	return buffer;
}

static const char *const loss_names[] = {
	[LOSS_STARTS_WITHOUT_END] = "starts_without_end",
	[LOSS_ENDS_WITHOUT_START] = "ends_without_start",
	[LOSS_IN_FLIGHT_FULL] = "in_flight_full",
	[LOSS_KEYS_FULL] = "keys_full",
	[LOSS_DEVICES_FULL] = "devices_full",
	[LOSS_UNKNOWN_DEVICES] = "unknown_devices",
	[LOSS_ERRNOS_FULL] = "errnos_full",
	[LOSS_EVENTS_DROPPED] = "events_dropped",
	[LOSS_CLOCK_BACKWARDS] = "clock_backwards",
	[LOSS_EXTREMES] = "extremes",
	[LOSS_FOLLOWED_FULL] = "followed_full",
};
_Static_assert(COUNT_OF(loss_names) == LOSSES, "a loss has no name");

const char *loss_name(enum latency_loss cause)
{
	return (unsigned int)cause < LOSSES ? loss_names[cause] : NULL;
}
