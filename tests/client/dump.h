/* SPDX-License-Identifier: GPL-2.0-only */
/* Configuration space as user space sees it. */
#ifndef CLIENT_DUMP_H
#define CLIENT_DUMP_H

struct device;

/*
 * Prints all of a device's configuration space, read @width bytes at a time, as lspci -F takes it.
 * Returns an errno or ERR_SHORT.
 */
int dump_config(const struct device *device, unsigned int width);

#endif
