/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel tells a device's user by an eventfd. */
#ifndef CLIENT_INTERRUPT_H
#define CLIENT_INTERRUPT_H

struct device;

/* Waits for an interrupt of that index. Returns an errno, ETIMEDOUT after @ms milliseconds. */
int interrupt_wait(const struct device *device, unsigned int index, unsigned int ms);

#endif
