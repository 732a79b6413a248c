// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <linux/vfio.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "interrupt.h"

/* @eventfd: -1 takes the last one away. */
static int set_eventfd(const struct device *device, unsigned int index, int eventfd)
{
	struct {
		struct vfio_irq_set set;
		__s32 eventfd;
	} request = {
		.set = { .argsz = sizeof(request),
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
			 .index = index,
			 .count = 1 },
		.eventfd = eventfd,
	};

	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &request) ? errno : 0;
}

int interrupt_wait(const struct device *device, unsigned int index, unsigned int ms)
{
	struct pollfd wait = { .fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN };
	int ready, err;

	if (wait.fd < 0)
		return errno;
	err = set_eventfd(device, index, wait.fd);
	if (!err) {
		ready = poll(&wait, 1, (int)ms);
		err = ready > 0 ? 0 : ready < 0 ? errno : ETIMEDOUT;
		set_eventfd(device, index, -1);
	}
	close(wait.fd);
	return err;
}
