/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The zPCI I/O region of a VFIO PCI device: one PCI load or block store, whole, in one write(2).
 *
 * VFIO's BAR regions break an access into naturally aligned pieces of at most 8 bytes. Here the
 * length that was asked for is kept: on s390 a request is one instruction (PCILG, PCISTB, never
 * their MIO forms), elsewhere the widest aligned accesses to the BAR, in order. Only a load that
 * is not naturally aligned (3 bytes, or 4 at offset 2) is done in such pieces everywhere.
 *
 * Finding it
 *	VFIO_DEVICE_GET_REGION_INFO of the regions from VFIO_PCI_NUM_REGIONS on; the region is the
 *	one whose VFIO_REGION_INFO_CAP_TYPE has the type and subtype below. Without it, use the
 *	BAR regions.
 *
 * Using it
 *	pread(2) of all or part of @hdr, at its offset in the region.
 *	pwrite(2) of a whole struct vfio_zpci_io_req at the offset of @req. The call does the
 *	operation and returns when it is done: sizeof(struct vfio_zpci_io_req), or an error.
 *	A request is taken as it was when the call came. Nothing is kept between calls, so any
 *	number of threads may have requests running; the kernel does not order them, but the
 *	bytes of one block are never mixed with those of another.
 *
 * Strict and relaxed devices
 *	Every device is strict but those known to take any alignment (ISM, 1014:04ed) and those
 *	whose sysfs attribute zpci_io/relaxed_align says so. It is reported in hdr.flags and, on
 *	s390, in the zPCI group capability of VFIO_DEVICE_GET_INFO.
 *
 *			strict				relaxed
 *	store length	16 to hdr.max, in steps of 8	1 to hdr.max
 *	store offset	multiple of 8			any
 *	gaddr		multiple of 8			any
 *	pages		crossed on neither side		no rule here; a device may have one
 *	load		1 to 8 bytes that lie in one aligned doubleword of the BAR, on both
 *
 * Pages are the machine's. A BAR of more than 1 TiB has addresses behind what VFIO's BAR region
 * reaches, which gives each region 40 bits of the file offset: there is no way to them but this.
 *
 * Errors of a pread(2)
 *	EINVAL	not within @hdr
 *	EFAULT	the caller's buffer
 *
 * Errors of a pwrite(2); with each of them but the last two the device was not touched
 *	EINVAL	not exactly @req; not exactly one of the flags; a reserved field that is not 0;
 *		a length, an offset or a gaddr against the rules above; a pcias that is none
 *	EPERM	the configuration space (pcias 15): it is behind VFIO's own region; bytes of the
 *		MSI-X table; a store to bytes of the pending bits; or refused by policy, if that
 *		gives no other reason
 *	ENXIO	no memory BAR has that number, or the range does not lie in it
 *	EBUSY	the BAR was in use on the host, or could not be mapped, when the device was opened;
 *		not on s390
 *	ENOMEM	no memory
 *	EFAULT	gaddr cannot be read (store) or written (load)
 *	EIO	the device does not answer: memory decoding is off, it sleeps in D3, is known to be
 *		in an error state or gone. Or, on s390, the instruction failed
 *	EFAULT	of a load: gaddr was writable before the device was read, and no longer after it
 */
#ifndef _UAPI_LINUX_VFIO_ZPCI_IO_H
#define _UAPI_LINUX_VFIO_ZPCI_IO_H

#include <linux/types.h>
#include <linux/vfio.h>

/* PCI vendor id of IBM. */
#define VFIO_REGION_TYPE_IBM_ZPCI_IO	(VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1014U)
#define VFIO_REGION_SUBTYPE_IBM_ZPCI_IO	(2)

/* In vfio_device_info_cap_zpci_group.flags: the device is a relaxed one. */
#ifndef VFIO_DEVICE_INFO_ZPCI_FLAG_RELAXED
#define VFIO_DEVICE_INFO_ZPCI_FLAG_RELAXED	(1 << 1)
#endif

/**
 * struct vfio_zpci_io_hdr - what the device takes; user space reads it, the kernel alone writes it
 * @flags:	VFIO_ZPCI_IO_HDR_FLAG_RELAXED if the device is a relaxed one now; other bits are 0,
 *		and to be ignored
 * @max:	the longest block store, in bytes
 * @reserved:	0
 * @reserved2:	0
 */
struct vfio_zpci_io_hdr {
	__u64 flags;
#define VFIO_ZPCI_IO_HDR_FLAG_RELAXED	(1 << 0)
	__u16 max;
	__u16 reserved;
	__u32 reserved2;
};

/**
 * struct vfio_zpci_io_req - one operation; user space writes it, nobody can read it
 * @flags:	exactly one of VFIO_ZPCI_IO_FLAG_READ: load from the device into memory,
 *		VFIO_ZPCI_IO_FLAG_BLOCKW: store a block of memory to the device
 * @gaddr:	where the data is or goes: an address in the caller's address space. Exactly @len
 *		bytes, in the order in which they lie in the BAR
 * @offset:	where in the PCI address space, in bytes from its start
 * @reserved:	must be 0
 * @len:	bytes
 * @pcias:	PCI address space: 0 to 5, the BARs
 * @reserved2:	must be 0
 *
 * All fields have the byte order of the machine.
 */
struct vfio_zpci_io_req {
	__u64 flags;
#define VFIO_ZPCI_IO_FLAG_READ		(1 << 0)
#define VFIO_ZPCI_IO_FLAG_BLOCKW	(1 << 1)
	__u64 gaddr;
	__u64 offset;
	__u32 reserved;
	__u16 len;
	__u8 pcias;
	__u8 reserved2;
};

/**
 * struct vfio_region_zpci_io - the region
 * @hdr:	can be read, not written
 * @req:	can be written, as a whole; not read
 */
struct vfio_region_zpci_io {
	struct vfio_zpci_io_hdr hdr;
	struct vfio_zpci_io_req req;
};

#endif /* _UAPI_LINUX_VFIO_ZPCI_IO_H */
