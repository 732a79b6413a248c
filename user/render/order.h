/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orders of locks, and cycles of them, as text, as JSON objects, as graphs. All return 0, or -1 if
 * it cannot be written. Names of any content become fit for a terminal in text and in graphs.
 */
#ifndef VFIOSCOPE_RENDER_ORDER_H
#define VFIOSCOPE_RENDER_ORDER_H

#include "../model/order.h"

#include <stdbool.h>
#include <stdio.h>

/* Where and from what a graph was made. */
struct rendered_order_graph {
	const struct order_graph *graph;
	const char *host, *kernel;
	__u64 lost;    /* events that it lacks */
	__u64 unnamed; /* orders of locks without a name that it lacks */
};

/* How a graph differs from an older one, in numbers of orders. */
struct order_difference {
	size_t only_new, only_old, both;
	size_t less_guarded;	  /* of both: what was held too, each time, is not any more */
	__u64 lost_new, lost_old; /* events: an order may be missing for that alone */
};

struct order_total {
	size_t orders, classes;
	size_t predicted, suspected, guarded, low; /* cycles */
	__u64 searches_cut;
	struct order_state state; /* what was not seen */
	__u64 guards_lost;	  /* of orders, that may have been there each time */
	__u64 missed_runs;
	__u64 unnamed; /* orders of locks without a name, that were left out */
	size_t absent;
	const char *const *names; /* of hooks that are absent */
};

/* @time_ns: when it is told, CLOCK_REALTIME; 0: it is of a file, and its times have dates. */
int render_order_cycle_text(FILE *output, const struct order_cycle *cycle, __u64 time_ns);
int render_order_cycle_json(FILE *output, const struct order_cycle *cycle, __u64 time_ns);
int render_order_cycle_dot(FILE *output, const struct order_cycle *cycle);

/* A file: what the graph is of, then a line for each order. */
int render_order_graph_json(FILE *output, const struct rendered_order_graph *rendered);

/* An order that is in one of two graphs only; and in the end. */
/* @in: "new", "old", or NULL: in both, but less guarded in the new one. */
int render_order_only_text(FILE *output, const struct order_edge *edge, const char *in);
int render_order_only_json(FILE *output, const struct order_edge *edge, const char *in);
int render_order_difference_text(FILE *output, const struct order_difference *difference);
int render_order_difference_json(FILE *output, const struct order_difference *difference);

int render_order_total_text(FILE *output, const struct order_total *total);
int render_order_total_json(FILE *output, const struct order_total *total);

#endif
