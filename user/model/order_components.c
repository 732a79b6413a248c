// SPDX-License-Identifier: GPL-2.0-only
#include "order_components.h"

#include <stdlib.h>

struct node {
	size_t next, end; /* its edges that are still to be followed */
	size_t number;	  /* of the visit, from 1 on; 0: not yet */
	size_t lowest;	  /* the number of a node of the same component */
	size_t parent;
	bool open; /* it may be of a component with nodes that are yet to come */
};

/* Tarjan's, without recursion: a way through a graph can be as long as the graph is large. */
struct walk {
	const struct cycle_graph *graph;
	struct node *nodes;
	size_t *open, open_count;
	size_t visits;
	size_t *component;
};

static void hand_out_edges(struct walk *walk)
{
	size_t edge = 0;

	for (size_t i = 0; i < walk->graph->nodes; i++) {
		walk->nodes[i].next = edge;
		while (edge < walk->graph->edge_count && walk->graph->edges[edge].from == i)
			edge++;
		walk->nodes[i].end = edge;
	}
}

static void enter(struct walk *walk, size_t at, size_t parent)
{
	struct node *node = &walk->nodes[at];

	node->number = node->lowest = ++walk->visits;
	node->parent = parent;
	node->open = true;
	walk->open[walk->open_count++] = at;
}

static void keep_lowest(struct node *node, size_t number)
{
	if (number < node->lowest)
		node->lowest = number;
}

/* Whoever leads to no earlier node ends a component: all that were entered since are its. */
static void leave(struct walk *walk, size_t at)
{
	const struct node *node = &walk->nodes[at];
	size_t last;

	keep_lowest(&walk->nodes[node->parent], node->lowest);
	if (node->lowest != node->number)
		return;
	do {
		last = walk->open[--walk->open_count];
		walk->nodes[last].open = false;
		walk->component[last] = at;
	} while (last != at);
}

/* A node that was not visited yet; as many as there are nodes: none. */
static size_t next_of(struct walk *walk, size_t at)
{
	struct node *node = &walk->nodes[at];

	while (node->next < node->end) {
		size_t to = walk->graph->edges[node->next++].to;

		if (!walk->nodes[to].number)
			return to;
		if (walk->nodes[to].open)
			keep_lowest(node, walk->nodes[to].number);
	}
	return walk->graph->nodes;
}

static void walk_from(struct walk *walk, size_t start)
{
	size_t at = start;

	enter(walk, start, start);
	for (;;) {
		size_t to = next_of(walk, at);

		if (to < walk->graph->nodes) {
			enter(walk, to, at);
			at = to;
			continue;
		}
		leave(walk, at);
		if (at == start)
			return;
		at = walk->nodes[at].parent;
	}
}

int order_components(const struct cycle_graph *graph, size_t *component)
{
	struct walk walk = {
		.graph = graph,
		.nodes = calloc(graph->nodes + 1, sizeof(*walk.nodes)),
		.open = calloc(graph->nodes + 1, sizeof(*walk.open)),
		.component = component,
	};
	bool room = walk.nodes && walk.open;

	if (room) {
		hand_out_edges(&walk);
		for (size_t i = 0; i < graph->nodes; i++)
			if (!walk.nodes[i].number)
				walk_from(&walk, i);
	}
	free(walk.nodes);
	free(walk.open);
	return room ? 0 : -1;
}
