/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel stack that is shown with an event: names of its frames, each of so many bytes. */
#ifndef VFIOSCOPE_RENDER_STACK_H
#define VFIOSCOPE_RENDER_STACK_H

#define FRAME_BYTES 128

#endif
