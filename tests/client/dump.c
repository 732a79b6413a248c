// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "device.h"
#include "dump.h"
#include "message.h"

#define LINE 16

static int read_config(const struct device *device, unsigned int width, unsigned char *bytes)
{
	const struct region *config = &device->regions[VFIO_PCI_CONFIG_REGION_INDEX];

	for (uint64_t at = 0; at < config->size; at += width) {
		size_t wanted = config->size - at < width ? config->size - at : width;
		ssize_t ret = pread(device->fd, bytes + at, wanted, (off_t)(config->offset + at));

		if (ret < 0)
			return errno;
		if ((size_t)ret != wanted)
			return ERR_SHORT;
	}
	return 0;
}

int dump_config(const struct device *device, unsigned int width)
{
	uint64_t size = device->regions[VFIO_PCI_CONFIG_REGION_INDEX].size;
	unsigned char *bytes = calloc(1, size);
	int err;

	if (!bytes)
		return ENOMEM;
	err = read_config(device, width, bytes);
	if (!err)
		printf("%s device\n", device->bdf);
	for (uint64_t at = 0; !err && at < size; at += LINE) {
		printf("%02llx:", (unsigned long long)at);
		for (unsigned int i = 0; i < LINE; i++)
			printf(" %02x", bytes[at + i]);
		printf("\n");
	}
	free(bytes);
	fflush(stdout);
	return err;
}
