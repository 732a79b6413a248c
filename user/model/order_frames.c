// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "order_frames.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

static const char *keep_new(struct order_frames *frames, const char *name)
{
	char *copy = strdup(name);

	if (copy && tsearch(copy, &frames->by_name, compare))
		return copy;
	free(copy);
	return NULL;
}

const char *order_frames_keep(struct order_frames *frames, const char *name)
{
	char **known = tfind(name, &frames->by_name, compare);

	return known ? *known : keep_new(frames, name);
}

void order_frames_free(struct order_frames *frames)
{
	tdestroy(frames->by_name, free);
	frames->by_name = NULL;
}
