/* SPDX-License-Identifier: GPL-2.0-only */
/* Graphs of orders that were saved: JSON Lines, as user/render/order_json.c writes them. */
#ifndef VFIOSCOPE_LOCKORDER_FILE_H
#define VFIOSCOPE_LOCKORDER_FILE_H

#include "../model/order.h"

/* Names of hosts and of kernels are no longer, with their NUL. */
#define ORDER_ORIGIN_BYTES ORDER_HOST_BYTES
/* Orders in one file, of a whole fleet perhaps: as many as memory is for. */
#define ORDER_FILE_EDGES (1UL << 24)

/* Where orders were seen; "*" where several files differ. */
struct order_file_origin {
	char host[ORDER_ORIGIN_BYTES], kernel[ORDER_ORIGIN_BYTES];
	__u64 lost;    /* events that are not in it */
	__u64 unnamed; /* orders of locks without a name, that were left out */
};

/*
 * Adds the file's orders to @graph ("-": of standard input), and where they are from to @origin,
 * which is empty at first. The file may be of any content: it is taken whole or not at all.
 * @sources: how many runs the graph has orders of; those of the file are numbered from there on.
 * Returns 0, or -1 after an error message that has the line; if memory is out @graph may have a
 * part.
 */
int order_file_read(const char *path, struct order_graph *graph, unsigned int *sources,
		    struct order_file_origin *origin);

/* So that @origin, which may be empty, is that of both. */
void order_file_merge_origin(struct order_file_origin *origin,
			     const struct order_file_origin *other);

#endif
