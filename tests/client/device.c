// SPDX-License-Identifier: GPL-2.0-only
/* Opening VFIO PCI devices, through group and container or through cdev and iommufd. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "message.h"
#include "uapi.h"

const char *const setup_call_names[SETUP_CALLS] = {
	[SETUP_OPEN] = "open",
	[SETUP_RELEASE] = "release",
	[SETUP_CONFIG_READ] = "config-read",
	[SETUP_CONFIG_WRITE] = "config-write",
	[SETUP_REGION_INFO] = "DEVICE_GET_REGION_INFO",
	[SETUP_BIND_IOMMUFD] = "DEVICE_BIND_IOMMUFD",
	[SETUP_ATTACH_IOMMUFD] = "DEVICE_ATTACH_IOMMUFD_PT",
	[SETUP_GROUP_OPEN] = "group-open",
	[SETUP_GROUP_RELEASE] = "group-release",
	[SETUP_GROUP_STATUS] = "GROUP_GET_STATUS",
	[SETUP_GROUP_SET_CONTAINER] = "GROUP_SET_CONTAINER",
	[SETUP_CONTAINER_OPEN] = "container-open",
	[SETUP_CONTAINER_RELEASE] = "container-release",
	[SETUP_API_VERSION] = "GET_API_VERSION",
	[SETUP_CHECK_EXTENSION] = "CHECK_EXTENSION",
	[SETUP_SET_IOMMU] = "SET_IOMMU",
	[SETUP_IOMMUFD_OPEN] = "iommufd-open",
	[SETUP_IOMMUFD_RELEASE] = "iommufd-release",
	[SETUP_IOAS_ALLOC] = "IOAS_ALLOC",
};

const char *region_name(unsigned int index, char *text)
{
	if (index <= VFIO_PCI_BAR5_REGION_INDEX)
		snprintf(text, REGION_NAME_SIZE, "bar%u", index);
	else if (index == VFIO_PCI_ROM_REGION_INDEX)
		strcpy(text, "rom");
	else if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		strcpy(text, "config");
	else if (index == VFIO_PCI_VGA_REGION_INDEX)
		strcpy(text, "vga");
	else
		snprintf(text, REGION_NAME_SIZE, "region%u", index);
	return text;
}

/* 01:10.0 is 0000:01:10.0; anything that is no address at all is refused here. */
static bool set_bdf(struct device *device, const char *text)
{
	unsigned int domain, bus, slot, function;
	int end = 0;

	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) != 4) {
		domain = 0;
		end = 0;
		sscanf(text, "%2x:%2x.%1x%n", &bus, &slot, &function, &end);
	}
	if (!end || text[end]) {
		message_error("%s: no PCI address: write it like 0000:01:10.0", text);
		return false;
	}
	snprintf(device->bdf, sizeof(device->bdf), "%04x:%02x:%02x.%x", domain, bus, slot,
		 function);
	return true;
}

/* The last part of a link below the device's sysfs folder, or false. */
static bool sysfs_link(const struct device *device, const char *name, char *target, size_t size)
{
	char path[128], link[512];
	const char *last;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", device->bdf, name);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return false;
	link[len] = 0;
	last = strrchr(link, '/');
	last = last ? last + 1 : link;
	if (strlen(last) >= size)
		return false;
	strcpy(target, last);
	return true;
}

static void say_who_drives(const struct device *device, const char *missing)
{
	char driver[64];

	if (sysfs_link(device, "driver", driver, sizeof(driver)))
		message_error("%s: %s: its driver is %s, bind it to vfio-pci", device->bdf, missing,
			      driver);
	else
		message_error("%s: %s: it has no driver, bind it to vfio-pci", device->bdf,
			      missing);
}

static bool device_exists(const struct device *device)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", device->bdf);
	if (!access(path, F_OK))
		return true;
	message_error("%s: no such PCI device: see the names in /sys/bus/pci/devices", device->bdf);
	return false;
}

static const char *open_advice(int err, bool iommufd)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return "run as root or give yourself the file";
	case EBUSY:
		return "another process has it open";
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return iommufd ? "a kernel with CONFIG_IOMMUFD is needed for --cdev" :
				 "load vfio-pci";
	default:
		return "see the kernel log";
	}
}

static int open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		message_error("%s: %s: %s", path, strerror(errno),
			      open_advice(errno, !strcmp(path, "/dev/iommu")));
	return fd;
}

/*
 * Groups and their one container
 */

static bool container_open(struct session *session)
{
	session->iommu_fd = open_path("/dev/vfio/vfio");
	if (session->iommu_fd < 0)
		return false;
	session->setup[SETUP_CONTAINER_OPEN]++;
	session->setup[SETUP_API_VERSION]++;
	if (ioctl(session->iommu_fd, VFIO_GET_API_VERSION) == VFIO_API_VERSION)
		return true;
	message_error("/dev/vfio/vfio: unknown VFIO version: a kernel with another interface");
	return false;
}

static bool container_set_iommu(struct session *session, bool noiommu)
{
	int type = noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU;

	if (!noiommu) {
		session->setup[SETUP_CHECK_EXTENSION]++;
		if (ioctl(session->iommu_fd, VFIO_CHECK_EXTENSION, type) <= 0)
			type = VFIO_TYPE1_IOMMU;
	}
	session->setup[SETUP_SET_IOMMU]++;
	if (!ioctl(session->iommu_fd, VFIO_SET_IOMMU, type))
		return true;
	message_error("/dev/vfio/vfio: VFIO_SET_IOMMU: %s: load vfio_iommu_type1", strerror(errno));
	return false;
}

static bool group_join(struct session *session, struct device *device, struct group *group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/dev/vfio/%u", group->number);
	if (access(path, F_OK)) {
		snprintf(path, sizeof(path), "/dev/vfio/noiommu-%u", group->number);
		group->noiommu = !access(path, F_OK);
		if (!group->noiommu) {
			say_who_drives(device, "no VFIO group");
			return false;
		}
	}
	group->fd = open_path(path);
	if (group->fd < 0)
		return false;
	session->setup[SETUP_GROUP_OPEN]++;

	session->setup[SETUP_GROUP_STATUS]++;
	if (ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status)) {
		message_error("%s: VFIO_GROUP_GET_STATUS: %s", path, strerror(errno));
		return false;
	}
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		message_error("%s: group not viable: bind every device of the IOMMU group to "
			      "vfio-pci or to no driver",
			      path);
		return false;
	}
	session->setup[SETUP_GROUP_SET_CONTAINER]++;
	if (ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &session->iommu_fd)) {
		err = errno;
		message_error("%s: VFIO_GROUP_SET_CONTAINER: %s: %s", path, strerror(err),
			      err == EPERM ? "see the kernel log (interrupt remapping?)" :
					     "the groups cannot share a container");
		return false;
	}
	/* The first group brings the IOMMU into the container, the others join it. */
	if (session->nr_groups == 1)
		return container_set_iommu(session, group->noiommu);
	return true;
}

static bool device_find_group(struct session *session, struct device *device)
{
	char text[32];
	uint64_t number;

	if (!sysfs_link(device, "iommu_group", text, sizeof(text)) ||
	    !parse_number(text, UINT32_MAX, &number)) {
		char driver[64];

		if (sysfs_link(device, "driver", driver, sizeof(driver)))
			message_error("%s: no IOMMU group: boot with an IOMMU (intel_iommu=on)",
				      device->bdf);
		else
			say_who_drives(device, "no IOMMU group");
		return false;
	}
	for (unsigned int i = 0; i < session->nr_groups; i++) {
		if (session->groups[i].number == number) {
			device->group = &session->groups[i];
			return true;
		}
	}
	device->group = &session->groups[session->nr_groups++];
	device->group->number = number;
	device->group->fd = -1;
	return group_join(session, device, device->group);
}

/*
 * cdev and iommufd
 */

static bool iommufd_open(struct session *session)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	session->iommu_fd = open_path("/dev/iommu");
	if (session->iommu_fd < 0)
		return false;
	session->setup[SETUP_IOMMUFD_OPEN]++;
	session->setup[SETUP_IOAS_ALLOC]++;
	if (ioctl(session->iommu_fd, IOMMU_IOAS_ALLOC, &alloc)) {
		message_error("/dev/iommu: IOMMU_IOAS_ALLOC: %s", strerror(errno));
		return false;
	}
	session->ioas_id = alloc.out_ioas_id;
	return true;
}

static bool device_find_cdev(struct device *device)
{
	struct dirent *entry;
	char path[96];
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", device->bdf);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, "vfio", 4) &&
		    strlen(entry->d_name) < sizeof(device->cdev))
			strcpy(device->cdev, entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (!device->cdev[0]) {
		say_who_drives(device, "no VFIO device");
		return false;
	}
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", device->cdev);
	if (!access(path, F_OK))
		return true;
	message_error("%s: %s: a kernel with CONFIG_VFIO_DEVICE_CDEV is needed for --cdev", path,
		      strerror(errno));
	return false;
}

static int cdev_open_fd(struct session *session, struct device *device)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = session->iommu_fd,
	};
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = session->ioas_id,
	};
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", device->cdev);
	device->fd = open(path, O_RDWR | O_CLOEXEC);
	if (device->fd < 0)
		return errno;
	device->setup[SETUP_BIND_IOMMUFD]++;
	if (!ioctl(device->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind)) {
		device->setup[SETUP_ATTACH_IOMMUFD]++;
		if (!ioctl(device->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
			return 0;
	}
	err = errno;
	close(device->fd);
	device->setup[SETUP_RELEASE]++;
	device->fd = -1;
	return err;
}

/*
 * Both ways
 */

int device_open_fd(struct session *session, struct device *device)
{
	char name[96];

	for (unsigned int i = 0; i < MAX_REGIONS; i++)
		device->regions[i].claimed = false;
	if (session->use_cdev)
		return cdev_open_fd(session, device);
	if (session->vf_token)
		snprintf(name, sizeof(name), "%s vf_token=%s", device->bdf, session->vf_token);
	else
		snprintf(name, sizeof(name), "%s", device->bdf);
	device->fd = ioctl(device->group->fd, VFIO_GROUP_GET_DEVICE_FD, name);
	return device->fd < 0 ? errno : 0;
}

static bool device_first_open(struct session *session, struct device *device)
{
	char driver[64] = "none";
	int err;

	if (!device_exists(device))
		return false;
	if (session->use_cdev ? !device_find_cdev(device) : !device_find_group(session, device))
		return false;
	device->setup[SETUP_OPEN]++;
	err = device_open_fd(session, device);
	if (!err)
		return true;
	sysfs_link(device, "driver", driver, sizeof(driver));
	message_error("%s: cannot open the device (driver %s): %s: %s", device->bdf, driver,
		      strerror(err),
		      err == EACCES ? "its PF needs --vf-token, or the caller more rights" :
		      err == EBUSY  ? "another process has it open" :
		      err == ENODEV ? "bind it to vfio-pci" :
				      "see the kernel log");
	return false;
}

bool session_open(struct session *session, const char *const *bdfs, unsigned int nr)
{
	session->iommu_fd = -1;
	session->devices = calloc(nr, sizeof(*session->devices));
	session->groups = calloc(nr, sizeof(*session->groups));
	if (!session->devices || !session->groups) {
		message_error("out of memory");
		return false;
	}
	for (unsigned int i = 0; i < nr; i++) {
		struct device *device = &session->devices[i];

		device->fd = -1;
		pthread_rwlock_init(&device->fd_lock, NULL);
		pthread_mutex_init(&device->claim_lock, NULL);
		if (!set_bdf(device, bdfs[i]) || !device_exists(device))
			return false;
		for (unsigned int j = 0; j < i; j++) {
			if (!strcmp(session->devices[j].bdf, device->bdf)) {
				message_error("%s: named twice: use --threads for more load",
					      device->bdf);
				return false;
			}
		}
	}
	if (session->use_cdev ? !iommufd_open(session) : !container_open(session))
		return false;
	for (unsigned int i = 0; i < nr; i++) {
		session->nr_devices++;
		if (!device_first_open(session, &session->devices[i]))
			return false;
	}
	return true;
}

bool device_find_region(struct device *device, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };
	struct region *region = &device->regions[index];
	char name[REGION_NAME_SIZE];

	if (region->known)
		return true;
	device->setup[SETUP_REGION_INFO]++;
	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &info)) {
		message_error("%s: %s: %s: the device has no such region", device->bdf,
			      region_name(index, name), strerror(errno));
		return false;
	}
	region->known = true;
	region->flags = info.flags;
	region->offset = info.offset;
	region->size = info.size;
	return true;
}

bool device_memory_on(struct device *device)
{
	uint64_t offset;
	uint16_t command;

	if (!device_find_region(device, VFIO_PCI_CONFIG_REGION_INDEX))
		return false;
	offset = device->regions[VFIO_PCI_CONFIG_REGION_INDEX].offset + PCI_COMMAND;
	device->setup[SETUP_CONFIG_READ]++;
	if (pread(device->fd, &command, sizeof(command), offset) != sizeof(command))
		goto failed;
	if (le16toh(command) & PCI_COMMAND_MEMORY)
		return true;
	command = htole16(le16toh(command) | PCI_COMMAND_MEMORY);
	device->setup[SETUP_CONFIG_WRITE]++;
	if (pwrite(device->fd, &command, sizeof(command), offset) == sizeof(command))
		return true;
failed:
	message_error("%s: cannot enable memory in the command register: %s", device->bdf,
		      strerror(errno));
	return false;
}

void session_close(struct session *session)
{
	for (unsigned int i = 0; i < session->nr_devices; i++) {
		struct device *device = &session->devices[i];

		if (device->fd >= 0) {
			close(device->fd);
			device->setup[SETUP_RELEASE]++;
		}
		device->fd = -1;
	}
	for (unsigned int i = 0; i < session->nr_groups; i++) {
		if (session->groups[i].fd >= 0) {
			close(session->groups[i].fd);
			session->setup[SETUP_GROUP_RELEASE]++;
		}
		session->groups[i].fd = -1;
	}
	if (session->iommu_fd >= 0) {
		close(session->iommu_fd);
		session->setup[session->use_cdev ? SETUP_IOMMUFD_RELEASE :
						   SETUP_CONTAINER_RELEASE]++;
	}
	session->iommu_fd = -1;
}
