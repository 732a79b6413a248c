/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orders of several hosts, as of one: what was seen of one device holds for every one. Cycles
 * through two devices are of a host, in whichever of its runs their orders were seen.
 */
#ifndef VFIOSCOPE_ORDER_HOSTS_H
#define VFIOSCOPE_ORDER_HOSTS_H

#include "order.h"

struct order_hosts;

/* NULL: out of memory. */
struct order_hosts *order_hosts_new(void);
void order_hosts_free(struct order_hosts *hosts);

/* What was seen on @host, in some of its runs. 0, or -1: out of memory. */
int order_hosts_add(struct order_hosts *hosts, const char *host, const struct order_graph *graph);

/* Adds all of it to @graph, see order_edge_generalise(). 0, or -1: out of memory. */
int order_hosts_merge(struct order_hosts *hosts, struct order_graph *graph);

/* How many orders were left out, as a lock of theirs has no name that means anything elsewhere. */
__u64 order_hosts_unnamed(const struct order_hosts *hosts);

#endif
