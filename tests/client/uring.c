// SPDX-License-Identifier: GPL-2.0-only
/* One read or write at a time through io_uring, by plain system calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"
#include "uring.h"

/* The rings have one entry each, so every index into them is 0: only heads and tails matter. */
struct uring {
	int fd;
	unsigned char *rings;
	size_t rings_size, sqes_size;
	struct io_uring_sqe *sqes;
	uint32_t *sq_tail, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_cqe *cqes;
};

struct uring *uring_new(void)
{
	struct io_uring_params params = { 0 };
	struct uring *ring = calloc(1, sizeof(*ring));
	size_t cq_end;

	if (!ring) {
		message_error("out of memory");
		return NULL;
	}
	ring->fd = syscall(__NR_io_uring_setup, 1, &params);
	if (ring->fd < 0) {
		message_error("io_uring: %s: see the sysctl kernel.io_uring_disabled",
			      strerror(errno));
		free(ring);
		return NULL;
	}
	ring->rings_size = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	cq_end = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	if (cq_end > ring->rings_size)
		ring->rings_size = cq_end;
	ring->sqes_size = params.sq_entries * sizeof(*ring->sqes);
	ring->rings = mmap(NULL, ring->rings_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, ring->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			  IORING_OFF_SQES);
	if (ring->rings == MAP_FAILED || ring->sqes == MAP_FAILED) {
		message_error("io_uring: cannot map the rings: %s", strerror(errno));
		uring_free(ring);
		return NULL;
	}
	ring->sq_tail = (void *)(ring->rings + params.sq_off.tail);
	ring->sq_array = (void *)(ring->rings + params.sq_off.array);
	ring->cq_head = (void *)(ring->rings + params.cq_off.head);
	ring->cq_tail = (void *)(ring->rings + params.cq_off.tail);
	ring->cq_mask = (void *)(ring->rings + params.cq_off.ring_mask);
	ring->cqes = (void *)(ring->rings + params.cq_off.cqes);
	return ring;
}

void uring_free(struct uring *ring)
{
	if (!ring)
		return;
	if (ring->rings != MAP_FAILED)
		munmap(ring->rings, ring->rings_size);
	if (ring->sqes != MAP_FAILED)
		munmap(ring->sqes, ring->sqes_size);
	close(ring->fd);
	free(ring);
}

static int enter(struct uring *ring, unsigned int submit, unsigned int wait)
{
	return syscall(__NR_io_uring_enter, ring->fd, submit, wait, IORING_ENTER_GETEVENTS, NULL,
		       0);
}

ssize_t uring_transfer(struct uring *ring, bool write, int fd, void *buffer, unsigned int len,
		       off_t offset)
{
	uint32_t head = *ring->cq_head;
	int result;

	memset(ring->sqes, 0, sizeof(*ring->sqes));
	ring->sqes->opcode = write ? IORING_OP_WRITE : IORING_OP_READ;
	ring->sqes->fd = fd;
	ring->sqes->addr = (uintptr_t)buffer;
	ring->sqes->len = len;
	ring->sqes->off = offset;
	ring->sq_array[0] = 0;
	__atomic_store_n(ring->sq_tail, *ring->sq_tail + 1, __ATOMIC_RELEASE);
	if (enter(ring, 1, 1) < 0 && errno != EINTR)
		return -1;
	while (__atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) == head)
		if (enter(ring, 0, 1) < 0 && errno != EINTR)
			return -1;
	result = ring->cqes[head & *ring->cq_mask].res;
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}
