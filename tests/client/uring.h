/* SPDX-License-Identifier: GPL-2.0-only */
/* One read or write at a time through io_uring, by plain system calls. */
#ifndef CLIENT_URING_H
#define CLIENT_URING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct uring;

/* Says what is wrong and returns NULL. */
struct uring *uring_new(void);
void uring_free(struct uring *ring);
/* Submits and waits; the number of bytes, or -1 with errno. */
ssize_t uring_transfer(struct uring *ring, bool write, int fd, void *buffer, unsigned int len,
		       off_t offset);

#endif
