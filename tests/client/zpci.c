// SPDX-License-Identifier: GPL-2.0-only
/* The zPCI I/O region: finding it, and one request in one write(2), a good or a bad one. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/vfio_zdev.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../include/uapi/linux/vfio_zpci_io.h"
#include "device.h"
#include "message.h"
#include "uapi.h"
#include "zpci.h"

const struct zpci_request zpci_whole = {
	.length = 8,
	.at = offsetof(struct vfio_region_zpci_io, req),
	.bytes = sizeof(struct vfio_zpci_io_req),
};

bool zpci_parse_gaddr(const char *text, struct zpci_request *request)
{
	static const struct {
		const char *name;
		enum zpci_place place;
	} places[] = {
		{ "buffer", ZPCI_BUFFER },
		{ "unmapped", ZPCI_UNMAPPED },
		{ "readonly", ZPCI_READONLY },
		{ "cow", ZPCI_COW },
	};

	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		size_t len = strlen(places[i].name);

		if (strncmp(text, places[i].name, len))
			continue;
		request->place = places[i].place;
		request->gaddr = 0;
		return !text[len] ||
		       (text[len] == '+' && parse_number(text + len + 1, 4096, &request->gaddr));
	}
	request->place = ZPCI_ADDRESS;
	return parse_number(text, UINT64_MAX, &request->gaddr);
}

static bool is_zpci(const unsigned char *info, uint32_t at, uint32_t size)
{
	struct vfio_region_info_cap_type type;
	uint32_t next;

	for (; at && at <= size - sizeof(type); at = next) {
		memcpy(&type, info + at, sizeof(type));
		next = type.header.next > at ? type.header.next : 0;
		if (type.header.id == VFIO_REGION_INFO_CAP_TYPE &&
		    type.type == VFIO_REGION_TYPE_IBM_ZPCI_IO &&
		    type.subtype == VFIO_REGION_SUBTYPE_IBM_ZPCI_IO)
			return true;
	}
	return false;
}

bool zpci_find(struct device *device)
{
	union {
		struct vfio_region_info info;
		unsigned char bytes[ROOM_FOR_CAPS];
	} answer;

	if (device->has_zpci)
		return true;
	for (unsigned int i = VFIO_PCI_NUM_REGIONS; i < MAX_REGIONS; i++) {
		memset(&answer, 0, sizeof(answer));
		answer.info.argsz = sizeof(answer);
		answer.info.index = i;
		device->setup[SETUP_REGION_INFO]++;
		if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &answer.info))
			break;
		if (!(answer.info.flags & VFIO_REGION_INFO_FLAG_CAPS) ||
		    !is_zpci(answer.bytes, answer.info.cap_offset, sizeof(answer)))
			continue;
		device->has_zpci = true;
		device->zpci_offset = answer.info.offset;
		return true;
	}
	message_error("%s: no zPCI I/O region: bind it to zpci-vfio-pci", device->bdf);
	return false;
}

/* Pages that are none of the heap's, and a second sight of their contents. */
struct pages {
	unsigned char *used;
	const unsigned char *seen;
	size_t size;
};

static bool pages_map(enum zpci_place place, struct pages *pages)
{
	int fd = memfd_create("cow", MFD_CLOEXEC);

	pages->size = sysconf(_SC_PAGESIZE);
	if (fd < 0 || ftruncate(fd, pages->size))
		goto failed;
	if (place == ZPCI_COW)
		pages->used = mmap(NULL, pages->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	else
		pages->used =
			mmap(NULL, pages->size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages->used == MAP_FAILED)
		goto failed;
	pages->seen = pages->used;
	if (place == ZPCI_COW)
		pages->seen = mmap(NULL, pages->size, PROT_READ, MAP_SHARED, fd, 0);
	/* The page is there, and its contents are the file's or the zero page's. */
	(void)*(volatile unsigned char *)pages->used;
	if (place == ZPCI_UNMAPPED)
		munmap(pages->used, pages->size);
	close(fd);
	return pages->seen != MAP_FAILED;
failed:
	if (fd >= 0)
		close(fd);
	return false;
}

/* Still all zeroes? */
static bool pages_unmap(enum zpci_place place, struct pages *pages)
{
	bool same = true;

	if (place == ZPCI_UNMAPPED)
		return true;
	for (size_t i = 0; i < pages->size; i++)
		same &= !pages->seen[i];
	if (pages->seen != pages->used)
		munmap((void *)pages->seen, pages->size);
	munmap(pages->used, pages->size);
	return same;
}

ssize_t zpci_write(const struct device *device, const struct zpci_request *request, void *buffer)
{
	union {
		struct vfio_region_zpci_io region;
		unsigned char bytes[ROOM_FOR_CAPS];
	} image = {
		.region.req = {
			.flags = request->flags,
			.gaddr = request->gaddr,
			.offset = request->offset,
			.reserved = request->reserved,
			.len = request->length,
			.pcias = request->pcias,
			.reserved2 = request->reserved2,
		},
	};
	bool mapped = request->place >= ZPCI_UNMAPPED;
	struct pages pages;
	ssize_t ret;
	int err;

	if (request->place == ZPCI_BUFFER)
		image.region.req.gaddr += (uintptr_t)buffer;
	if (mapped && !pages_map(request->place, &pages)) {
		errno = ENOMEM;
		return -1;
	}
	if (mapped)
		image.region.req.gaddr += (uintptr_t)pages.used;
	ret = pwrite(device->fd, image.bytes + request->at, request->bytes,
		     device->zpci_offset + request->at);
	err = errno;
	if (mapped && !pages_unmap(request->place, &pages)) {
		ret = -1;
		err = EBADMSG;
	}
	errno = err;
	return ret;
}

static int find_group(const unsigned char *answer, unsigned int room, uint64_t *flags)
{
	struct vfio_device_info_cap_zpci_group group;
	struct vfio_device_info info = {};
	uint32_t at, next;

	memcpy(&info, answer, room < sizeof(info) ? room : sizeof(info));
	if (!(info.flags & VFIO_DEVICE_FLAGS_CAPS))
		return ENOENT;
	for (at = info.cap_offset; at && at + sizeof(group) <= room; at = next) {
		memcpy(&group, answer + at, sizeof(group));
		next = group.header.next > at ? group.header.next : 0;
		if (group.header.id != VFIO_DEVICE_INFO_CAP_ZPCI_GROUP)
			continue;
		*flags = group.flags;
		return 0;
	}
	return ENOENT;
}

int zpci_group_flags(const struct device *device, unsigned int room, uint64_t *flags)
{
	uint32_t argsz = room;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *pages, *answer;
	int err = 0;

	if (room < sizeof(argsz) || room > page)
		return EINVAL;
	pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return errno;
	answer = pages + page - room;
	memcpy(answer, &argsz, sizeof(argsz));
	if (mprotect(pages + page, page, PROT_NONE) ||
	    ioctl(device->fd, VFIO_DEVICE_GET_INFO, answer))
		err = errno;
	err = err ? err : find_group(answer, room, flags);
	munmap(pages, 2 * page);
	return err;
}
