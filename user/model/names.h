/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that reports and options use for the numbers in latency.h. */
#ifndef VFIOSCOPE_NAMES_H
#define VFIOSCOPE_NAMES_H

#include <linux/types.h>
#include <stdbool.h>
#include <vfioscope/latency.h>

/* "read", "dma-map", ...; NULL if there is none. */
const char *operation_name(unsigned int operation);
/* The number of an operation, or -1. */
int operation_number(const char *name);

/*
 * "DEVICE_GET_INFO" for an ioctl command of VFIO or iommufd; else hexadecimal, in
 * buffer. Devices and containers use some numbers for different commands: container
 * tells which of them was asked: DEVICE_IS_CONTAINER.
 */
#define COMMAND_NAME_BYTES 16
const char *command_name(__u32 command, bool container, char buffer[COMMAND_NAME_BYTES]);

/*
 * "bar0".."bar5", "rom", "config", "vga", "region9".. of a PCI device, "region0".. of
 * another; "beyond" for offsets that no region has; "" for REGION_NONE.
 */
#define REGION_NAME_BYTES 16
const char *region_name(__u16 region, bool is_pci, char buffer[REGION_NAME_BYTES]);
/* The number of a region up to REGION_LAST, REGION_BEYOND, or -1. */
int region_number(const char *name);

/* "ENODEV"; a number in buffer if it has no name. */
#define ERRNO_NAME_BYTES 16
const char *errno_text(int error, char buffer[ERRNO_NAME_BYTES]);

/* "starts_without_end", ...: member names of a loss object; NULL if there is none. */
const char *loss_name(enum latency_loss cause);

#endif
