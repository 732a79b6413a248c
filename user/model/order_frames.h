/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of stack frames, each kept once: thousands of orders have the same ones. */
#ifndef VFIOSCOPE_ORDER_FRAMES_H
#define VFIOSCOPE_ORDER_FRAMES_H

struct order_frames {
	void *by_name; /* of tsearch() */
};

/* A copy of @name, the same one each time. NULL: out of memory. */
const char *order_frames_keep(struct order_frames *frames, const char *name);
void order_frames_free(struct order_frames *frames);

#endif
