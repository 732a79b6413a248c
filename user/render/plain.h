/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts that lines on a terminal are made of. */
#ifndef VFIOSCOPE_RENDER_PLAIN_H
#define VFIOSCOPE_RENDER_PLAIN_H

#include <vfioscope/types.h>

/* Replaces what a terminal would not show as it is. */
void render_plain(char *text);

/* A CLOCK_REALTIME time as local time, in a format of strftime()'s; or "18:50:38.634371". */
#define CLOCK_BYTES 32
const char *render_time(__u64 time_ns, const char *format, char text[CLOCK_BYTES]);
const char *render_clock(__u64 time_ns, char text[CLOCK_BYTES]);

/* "comm[id]", of a task's comm as the kernel has it: without what a terminal would obey. */
#define WHO_BYTES 40
const char *render_who(const char *comm, __u32 id, char text[WHO_BYTES]);

#endif
