/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixed-width integers, and the sizes, of the layouts that BPF programs and
 * user space share. BPF programs have them from vmlinux.h, which must not meet
 * linux/types.h.
 */
#ifndef VFIOSCOPE_TYPES_H
#define VFIOSCOPE_TYPES_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define COMM_BYTES 16
#define DEVICE_NAME_BYTES 40 /* a BDF, or the UUID of a mediated device */
/* "0000:01:00.0/remove", "slots/00000011/power": a file of sysfs, its folder, and where that is */
#define FOLDER_ABOVE_BYTES 24
#define FILE_NAME_BYTES (FOLDER_ABOVE_BYTES + 2 * DEVICE_NAME_BYTES)
#define STACK_FRAMES 32

/* A layout is an agreement: each side proves that it has the same idea of it. */
#define ASSERT_LAYOUT(type, bytes)                                                                 \
	_Static_assert(sizeof(type) == (bytes), "layout of " #type " changed")

#endif
