/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of an order graph share. */
#ifndef VFIOSCOPE_ORDER_GRAPH_H
#define VFIOSCOPE_ORDER_GRAPH_H

#include "order_frames.h"
#include "order_known.h"

struct order_graph {
	struct order_edge **edge; /* sorted by from, to and modes */
	size_t count, room;
	struct order_frames frames; /* of all edges */
	struct order_known known;
	bool changed; /* since the last search, so that another one may find something else */
	enum cycles_result result; /* of the last search */
	__u64 searches_cut;
};

#endif
