/* SPDX-License-Identifier: GPL-2.0-only */
/* The cycles of a directed graph. Pure: what nodes and edges stand for is the caller's. */
#ifndef VFIOSCOPE_CYCLES_H
#define VFIOSCOPE_CYCLES_H

#include <stdbool.h>
#include <stddef.h>

/* Nodes are numbered from 0. Two edges may join the same nodes, an edge may join one to itself. */
struct cycle_edge {
	size_t from, to;
};

struct cycle_graph {
	size_t nodes;
	size_t edge_count;
	const struct cycle_edge *edges;
};

/* Longer cycles are not looked for; those of few edges are looked for first. */
#define CYCLE_MOST_EDGES 16
#define CYCLE_FEW_EDGES 2

/*
 * A cycle: the numbers of @length edges, each of which begins where the one before ends; the first
 * one leaves the node with the smallest number. Returns false to end the search.
 */
typedef bool (*cycle_report)(const size_t *edges, size_t length, void *argument);

enum cycles_result {
	CYCLES_NO_MEMORY = -1,
	CYCLES_ALL, /* or as many as @report wanted */
	CYCLES_CUT, /* @steps were not enough, or there are longer ones */
};

/*
 * Reports each elementary cycle (no node twice) of at most CYCLE_MOST_EDGES edges once: those of at
 * most CYCLE_FEW_EDGES, then the others; of each by its smallest node, shorter ones first. A graph
 * can have more than anybody can count: the search ends when none of @steps are left. Each edge
 * that is followed takes one, and so does looking how far a thousand of them are from where a cycle
 * may begin; @report may take more of them for what it does.
 */
enum cycles_result cycles_find(const struct cycle_graph *graph, size_t *steps, cycle_report report,
			       void *argument);

#endif
