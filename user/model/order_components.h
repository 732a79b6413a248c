/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strongly connected components of a directed graph: an edge that leads from one to another is
 * part of no cycle. Pure: what nodes and edges stand for is the caller's.
 */
#ifndef VFIOSCOPE_ORDER_COMPONENTS_H
#define VFIOSCOPE_ORDER_COMPONENTS_H

#include "cycles.h"

/*
 * Writes for each node the number of one that all nodes of its component have. The edges are sorted
 * by the node that they leave. Returns 0, or -1: out of memory.
 */
int order_components(const struct cycle_graph *graph, size_t *component);

#endif
