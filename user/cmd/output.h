/* SPDX-License-Identifier: GPL-2.0-only */
/* Standard output that may fail. */
#ifndef VFIOSCOPE_OUTPUT_H
#define VFIOSCOPE_OUTPUT_H

#include "../message.h"

#include <errno.h>
#include <string.h>

/* Says why writing failed, unless the reader has gone: that is its own decision. */
static inline int output_check(int error)
{
	if (error && errno != EPIPE)
		message_error("cannot write the output: %s", strerror(errno));
	return error;
}

#endif
