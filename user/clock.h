/* SPDX-License-Identifier: GPL-2.0-only */
/* A clock, in nanoseconds. */
#ifndef VFIOSCOPE_CLOCK_H
#define VFIOSCOPE_CLOCK_H

#include <linux/types.h>
#include <time.h>

static inline __u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
}

/* What turns a CLOCK_MONOTONIC time into one of CLOCK_REALTIME. */
static inline __u64 clock_realtime_offset_ns(void)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

#endif
