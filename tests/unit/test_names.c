// SPDX-License-Identifier: GPL-2.0-only
/* Names of operations, commands, regions, errors and losses. */
#include "unit.h"

#include "model/names.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int operation;
	const char *name;
} operations[] = {
	{ OPERATION_READ, "read" },
	{ OPERATION_WRITE, "write" },
	{ OPERATION_IOCTL, "ioctl" },
	{ OPERATION_MMAP, "mmap" },
	{ OPERATION_FAULT, "fault" },
	{ OPERATION_OPEN, "open" },
	{ OPERATION_RELEASE, "release" },
	{ OPERATION_DMA_MAP, "dma-map" },
	{ OPERATION_DMA_UNMAP, "dma-unmap" },
	{ OPERATION_SYSFS_READ, "sysfs-read" },
	{ OPERATION_SYSFS_WRITE, "sysfs-write" },
	{ OPERATION_PROC_READ, "proc-read" },
	{ OPERATION_PROC_WRITE, "proc-write" },
	{ OPERATION_PCI_READ, "pci-read" },
	{ OPERATION_PCI_WRITE, "pci-write" },
	{ OPERATION_RESET, "reset" },
	{ OPERATION_SRIOV_ENABLE, "sriov-enable" },
	{ OPERATION_SRIOV_DISABLE, "sriov-disable" },
	{ OPERATION_LOAD, "load" },
	{ OPERATION_STORE, "store" },
};
_Static_assert(COUNT_OF(operations) == OPERATIONS, "an operation is not tested");

static void operations_have_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(operations); i++) {
		assert_string_equal(operation_name(operations[i].operation), operations[i].name);
		assert_int_equal(operation_number(operations[i].name), operations[i].operation);
	}
}

static void there_are_no_other_operations(void **state)
{
	static const char *const names[] = { "", "Read", "rea", "read ", "dma", "dma_map" };

	(void)state;
	assert_null(operation_name(OPERATIONS));
	assert_null(operation_name(~0u));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(operation_number(names[i]), -1);
}

#define IOMMUFD(number) _IO(';', number)
#define BOTH true, true
#define DEVICES true, false
#define CONTAINERS false, true

/* Numbers written out where the headers of Linux 6.1 do not have them. */
static const struct {
	__u32 command;
	const char *name;
	bool of_devices, of_containers;
} commands[] = {
	{ VFIO_GET_API_VERSION, "GET_API_VERSION", BOTH },
	{ VFIO_CHECK_EXTENSION, "CHECK_EXTENSION", BOTH },
	{ VFIO_SET_IOMMU, "SET_IOMMU", BOTH },
	{ VFIO_GROUP_GET_STATUS, "GROUP_GET_STATUS", BOTH },
	{ VFIO_GROUP_SET_CONTAINER, "GROUP_SET_CONTAINER", BOTH },
	{ VFIO_GROUP_UNSET_CONTAINER, "GROUP_UNSET_CONTAINER", BOTH },
	{ VFIO_GROUP_GET_DEVICE_FD, "GROUP_GET_DEVICE_FD", BOTH },
	{ VFIO_DEVICE_GET_INFO, "DEVICE_GET_INFO", BOTH },
	{ VFIO_DEVICE_GET_REGION_INFO, "DEVICE_GET_REGION_INFO", BOTH },
	{ VFIO_DEVICE_GET_IRQ_INFO, "DEVICE_GET_IRQ_INFO", BOTH },
	{ VFIO_DEVICE_SET_IRQS, "DEVICE_SET_IRQS", BOTH },
	{ VFIO_DEVICE_RESET, "DEVICE_RESET", BOTH },
	{ VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, "DEVICE_GET_PCI_HOT_RESET_INFO", DEVICES },
	{ VFIO_DEVICE_PCI_HOT_RESET, "DEVICE_PCI_HOT_RESET", DEVICES },
	{ VFIO_DEVICE_QUERY_GFX_PLANE, "DEVICE_QUERY_GFX_PLANE", DEVICES },
	{ VFIO_DEVICE_GET_GFX_DMABUF, "DEVICE_GET_GFX_DMABUF", DEVICES },
	{ VFIO_DEVICE_IOEVENTFD, "DEVICE_IOEVENTFD", DEVICES },
	{ VFIO_DEVICE_FEATURE, "DEVICE_FEATURE", DEVICES },
	{ 0x3b76, "DEVICE_BIND_IOMMUFD", DEVICES },
	{ 0x3b77, "DEVICE_ATTACH_IOMMUFD_PT", DEVICES },
	{ 0x3b78, "DEVICE_DETACH_IOMMUFD_PT", DEVICES },
	{ VFIO_IOMMU_GET_INFO, "IOMMU_GET_INFO", CONTAINERS },
	{ VFIO_IOMMU_MAP_DMA, "IOMMU_MAP_DMA", CONTAINERS },
	{ VFIO_IOMMU_UNMAP_DMA, "IOMMU_UNMAP_DMA", CONTAINERS },
	{ VFIO_IOMMU_ENABLE, "IOMMU_ENABLE", CONTAINERS },
	{ VFIO_IOMMU_DISABLE, "IOMMU_DISABLE", CONTAINERS },
	{ VFIO_IOMMU_DIRTY_PAGES, "IOMMU_DIRTY_PAGES", CONTAINERS },
	{ IOMMUFD(0x80), "DESTROY", BOTH },
	{ IOMMUFD(0x81), "IOAS_ALLOC", BOTH },
	{ IOMMUFD(0x82), "IOAS_ALLOW_IOVAS", BOTH },
	{ IOMMUFD(0x83), "IOAS_COPY", BOTH },
	{ IOMMUFD(0x84), "IOAS_IOVA_RANGES", BOTH },
	{ IOMMUFD(0x85), "IOAS_MAP", BOTH },
	{ IOMMUFD(0x86), "IOAS_UNMAP", BOTH },
	{ IOMMUFD(0x87), "OPTION", BOTH },
	{ IOMMUFD(0x88), "VFIO_IOAS", BOTH },
	{ IOMMUFD(0x89), "HWPT_ALLOC", BOTH },
	{ IOMMUFD(0x8a), "GET_HW_INFO", BOTH },
	{ IOMMUFD(0x8b), "HWPT_SET_DIRTY_TRACKING", BOTH },
	{ IOMMUFD(0x8c), "HWPT_GET_DIRTY_BITMAP", BOTH },
	{ IOMMUFD(0x8d), "HWPT_INVALIDATE", BOTH },
	{ IOMMUFD(0x8e), "FAULT_QUEUE_ALLOC", BOTH },
	{ IOMMUFD(0x8f), "IOAS_MAP_FILE", BOTH },
	{ IOMMUFD(0x90), "VIOMMU_ALLOC", BOTH },
	{ IOMMUFD(0x91), "VDEVICE_ALLOC", BOTH },
	{ IOMMUFD(0x92), "IOAS_CHANGE_PROCESS", BOTH },
	{ IOMMUFD(0x93), "VEVENTQ_ALLOC", BOTH },
	{ IOMMUFD(0x94), "HW_QUEUE_ALLOC", BOTH },
};

/* The name that a command of VFIO must have, or its number. */
static void check_command(__u32 command, bool container)
{
	char buffer[COMMAND_NAME_BYTES], number[COMMAND_NAME_BYTES];
	const char *expected = number;

	snprintf(number, sizeof(number), "0x%x", command);
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (commands[i].command == command &&
		    (container ? commands[i].of_containers : commands[i].of_devices))
			expected = commands[i].name;
	assert_string_equal(command_name(command, container, buffer), expected);
}

static void commands_have_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		char buffer[COMMAND_NAME_BYTES];

		if (commands[i].of_devices)
			assert_string_equal(command_name(commands[i].command, false, buffer),
					    commands[i].name);
		if (commands[i].of_containers)
			assert_string_equal(command_name(commands[i].command, true, buffer),
					    commands[i].name);
	}
}

static void there_are_no_other_commands(void **state)
{
	char buffer[COMMAND_NAME_BYTES];

	(void)state;
	for (__u32 command = 0; command < 1u << 17; command++) {
		check_command(command, false);
		check_command(command, true);
	}
	/* The same number with a size or a direction is not the command. */
	check_command(VFIO_DEVICE_GET_INFO | _IOC(_IOC_READ, 0, 0, 16), false);
	check_command(VFIO_DEVICE_GET_INFO | 1u << _IOC_SIZESHIFT, true);
	assert_string_equal(command_name(~0u, false, buffer), "0xffffffff");
	assert_string_equal(command_name(0, true, buffer), "0x0");
}

static const char *const pci_regions[] = {
	"bar0", "bar1", "bar2", "bar3", "bar4", "bar5", "rom", "config", "vga",
};

static void regions_have_names(void **state)
{
	char buffer[REGION_NAME_BYTES], number[REGION_NAME_BYTES];

	(void)state;
	for (__u16 region = 0; region <= REGION_LAST; region++) {
		const char *name = region_name(region, true, buffer);

		snprintf(number, sizeof(number), "region%d", region);
		assert_string_equal(name,
				    region < COUNT_OF(pci_regions) ? pci_regions[region] : number);
		assert_int_equal(region_number(name), region);
		name = region_name(region, false, buffer);
		assert_string_equal(name, number);
		assert_int_equal(region_number(name), region);
	}
	assert_string_equal(region_name(REGION_CONFIG, true, buffer), "config");
	assert_string_equal(region_name(0xfffd, true, buffer), "region65533");
}

static void regions_that_are_none(void **state)
{
	static const char *const names[] = { "",	 "bar6",       "bar",	    "bar00",
					     "BAR0",	 "region63",   "region09",  "region-1",
					     "region",	 "Config",     "region0x1", "none",
					     "region9 ", "region65535" };
	char buffer[REGION_NAME_BYTES];

	(void)state;
	for (int is_pci = 0; is_pci < 2; is_pci++) {
		assert_string_equal(region_name(REGION_NONE, is_pci, buffer), "");
		assert_string_equal(region_name(REGION_BEYOND, is_pci, buffer), "beyond");
	}
	assert_int_equal(region_number("beyond"), REGION_BEYOND);
	assert_string_equal(region_name(REGION_ZPCI_IO, true, buffer), "zpci-io");
	assert_int_equal(region_number("zpci-io"), REGION_ZPCI_IO);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(region_number(names[i]), -1);
}

static void errnos_have_names(void **state)
{
	char buffer[ERRNO_NAME_BYTES];

	(void)state;
	assert_string_equal(errno_text(ENODEV, buffer), "ENODEV");
	assert_string_equal(errno_text(EINVAL, buffer), "EINVAL");
	assert_string_equal(errno_text(EHWPOISON, buffer), "EHWPOISON");
	assert_string_equal(errno_text(512, buffer), "ERESTARTSYS");
	assert_string_equal(errno_text(515, buffer), "ENOIOCTLCMD");
	assert_string_equal(errno_text(524, buffer), "ENOTSUPP");
	for (int error = 1; error <= EHWPOISON; error++) {
		if (error == 41 || error == 58) /* never given to an error */
			continue;
		assert_int_equal(errno_text(error, buffer)[0], 'E');
	}
}

static void other_errnos_are_numbers(void **state)
{
	static const int errors[] = { 0, -1, -ENODEV, 41, 134, 511, 4095, 2147483647, -2147483647 };
	char buffer[ERRNO_NAME_BYTES], number[ERRNO_NAME_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		snprintf(number, sizeof(number), "%d", errors[i]);
		assert_string_equal(errno_text(errors[i], buffer), number);
	}
}

/* Members of a JSON object: scripts rely on them. */
static const char *const losses[] = {
	"starts_without_end", "ends_without_start", "in_flight_full", "keys_full",
	"devices_full",	      "unknown_devices",    "errnos_full",    "events_dropped",
	"clock_backwards",    "extremes",	    "followed_full",
};
_Static_assert(COUNT_OF(losses) == LOSSES, "a loss is not tested");

static void losses_have_names(void **state)
{
	(void)state;
	for (int cause = 0; cause < LOSSES; cause++)
		assert_string_equal(loss_name(cause), losses[cause]);
	assert_null(loss_name(LOSSES));
	assert_null(loss_name(-1));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(operations_have_names), cmocka_unit_test(there_are_no_other_operations),
	cmocka_unit_test(commands_have_names),	 cmocka_unit_test(there_are_no_other_commands),
	cmocka_unit_test(regions_have_names),	 cmocka_unit_test(regions_that_are_none),
	cmocka_unit_test(errnos_have_names),	 cmocka_unit_test(other_errnos_are_numbers),
	cmocka_unit_test(losses_have_names),
};

RUN_TESTS(tests)
