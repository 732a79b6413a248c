/* SPDX-License-Identifier: GPL-2.0-only */
/* The zPCI I/O region: finding it, and one request in one write(2), a good or a bad one. */
#ifndef CLIENT_ZPCI_H
#define CLIENT_ZPCI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct device;

/* Where the data of a request is. */
enum zpci_place {
	ZPCI_BUFFER,
	ZPCI_ADDRESS,  /* as given */
	ZPCI_UNMAPPED, /* a page without a mapping */
	ZPCI_READONLY, /* a page that may be read only: the kernel's one zero page */
	ZPCI_COW,      /* a private page of a file, which must stay as it is */
};

/* A request as it was asked for; also what no kernel takes. */
struct zpci_request {
	uint64_t flags, offset, gaddr; /* gaddr: the address, or the offset in the place */
	uint64_t reserved, reserved2;
	enum zpci_place place;
	unsigned int length, pcias;
	unsigned int at, bytes; /* the part of the region that is written */
};

/* Bytes that the answers of VFIO's ioctls fit in, with all their capabilities. */
#define ROOM_FOR_CAPS 1024

/* The whole of a request, at its place in the region. */
extern const struct zpci_request zpci_whole;

/* "buffer+1", "unmapped", "0x1000" */
bool zpci_parse_gaddr(const char *text, struct zpci_request *request);

/* Looks for the region by type and subtype. Says what is wrong and returns false. */
bool zpci_find(struct device *device);

/*
 * Returns what write(2) did, -1 with errno. EBADMSG, which the kernel never says: memory changed
 * that had to stay as it was.
 */
ssize_t zpci_write(const struct device *device, const struct zpci_request *request, void *buffer);

/*
 * Flags of the zPCI group capability, with so many bytes of room for what the kernel says, and
 * nothing mapped behind them. Returns an errno; ENOENT: the device has no such one, or no room.
 */
int zpci_group_flags(const struct device *device, unsigned int room, uint64_t *flags);

#endif
