// SPDX-License-Identifier: GPL-2.0-only
#include "cycles.h"

#include <limits.h>
#include <stdlib.h>

#define FAR UINT_MAX

/* Edges looked at for how far a node is: each takes so much less time than one that is followed. */
#define LOOKS_OF_A_STEP 1000

/* The edges of each node, side by side: those of @node from first[node] to first[node + 1]. */
struct adjacency {
	size_t *first;
	size_t *edges;
};

struct search {
	const struct cycle_graph *graph;
	struct adjacency out, in;
	size_t start;		/* of the cycles that are looked for: their smallest node */
	unsigned int *distance; /* of each node to start, by nodes from start on; FAR: none */
	size_t *queue;		/* nodes that have a distance */
	size_t queued;
	bool *on_path;
	size_t path[CYCLE_MOST_EDGES];
	size_t *steps, looks; /* that are left */
	cycle_report report;
	void *argument;
	bool done;
};

static size_t node_of(const struct cycle_graph *graph, size_t edge, bool incoming)
{
	return incoming ? graph->edges[edge].to : graph->edges[edge].from;
}

static int adjacency_open(struct adjacency *adjacency, const struct cycle_graph *graph,
			  bool incoming)
{
	size_t *first = calloc(graph->nodes + 2, sizeof(*first));
	size_t *edges = calloc(graph->edge_count + 1, sizeof(*edges));

	*adjacency = (struct adjacency){ first, edges };
	if (!first || !edges)
		return -1;
	/* Counted two places further on, so that filling in moves each to its own place. */
	for (size_t i = 0; i < graph->edge_count; i++)
		first[node_of(graph, i, incoming) + 2]++;
	for (size_t node = 0; node < graph->nodes; node++)
		first[node + 2] += first[node + 1];
	for (size_t i = 0; i < graph->edge_count; i++)
		edges[first[node_of(graph, i, incoming) + 1]++] = i;
	return 0;
}

static void adjacency_close(struct adjacency *adjacency)
{
	free(adjacency->first);
	free(adjacency->edges);
}

/*
 * Breadth first, against the edges, and not to nodes whose cycles have been reported, nor beyond
 * @farthest. False: no looks are left.
 */
static bool measure_distances(struct search *search, size_t farthest)
{
	size_t head = 0;

	while (search->queued)
		search->distance[search->queue[--search->queued]] = FAR;
	search->distance[search->start] = 0;
	search->queue[search->queued++] = search->start;
	while (head < search->queued) {
		size_t node = search->queue[head++];

		if (search->distance[node] == farthest)
			break;
		for (size_t i = search->in.first[node]; i < search->in.first[node + 1]; i++) {
			size_t from = search->graph->edges[search->in.edges[i]].from;

			if (!search->looks--)
				return false;
			if (from < search->start || search->distance[from] != FAR)
				continue;
			search->distance[from] = search->distance[node] + 1;
			search->queue[search->queued++] = from;
		}
	}
	return true;
}

/* Follows all paths from @node that are back at the start after exactly @length edges. */
static void follow(struct search *search, size_t node, size_t depth, size_t length)
{
	search->on_path[node] = true;
	for (size_t i = search->out.first[node]; i < search->out.first[node + 1]; i++) {
		size_t edge = search->out.edges[i], to = search->graph->edges[edge].to;
		size_t left = length - depth - 1;

		if (to < search->start || search->distance[to] > left)
			continue;
		if (!*search->steps)
			break;
		--*search->steps;
		search->path[depth] = edge;
		if (!left)
			search->done = !search->report(search->path, length, search->argument);
		else if (!search->on_path[to])
			follow(search, to, depth + 1, length);
		if (search->done)
			break;
	}
	search->on_path[node] = false;
}

/* Most nodes are none where a cycle could begin: they only wait behind others. */
static bool has_edges(const struct adjacency *adjacency, size_t node)
{
	return adjacency->first[node] < adjacency->first[node + 1];
}

/* The shortest way back to the start, as far as it is known to be none of those reported. */
static bool is_too_long(const struct search *search)
{
	size_t shortest = FAR;

	for (size_t i = search->out.first[search->start]; i < search->out.first[search->start + 1];
	     i++) {
		size_t to = search->graph->edges[search->out.edges[i]].to;

		if (to >= search->start && search->distance[to] < shortest)
			shortest = search->distance[to];
	}
	return shortest != FAR && shortest + 1 > CYCLE_MOST_EDGES;
}

static enum cycles_result find_by_length(struct search *search, size_t shortest, size_t longest,
					 size_t farthest)
{
	enum cycles_result result = CYCLES_ALL;

	for (search->start = 0; search->start < search->graph->nodes; search->start++) {
		if (!has_edges(&search->out, search->start) ||
		    !has_edges(&search->in, search->start))
			continue;
		if (!measure_distances(search, farthest))
			return CYCLES_CUT;
		if (is_too_long(search))
			result = CYCLES_CUT;
		for (size_t length = shortest; length <= longest; length++) {
			follow(search, search->start, 0, length);
			if (search->done)
				return CYCLES_ALL;
			if (!*search->steps)
				return CYCLES_CUT;
		}
	}
	return result;
}

/* The shortest say most: what is of many nodes is not to keep anybody from them. */
static enum cycles_result find_all(struct search *search)
{
	enum cycles_result result;

	for (size_t node = 0; node < search->graph->nodes; node++)
		search->distance[node] = FAR;
	result = find_by_length(search, 1, CYCLE_FEW_EDGES, CYCLE_FEW_EDGES - 1);
	if (search->done || result == CYCLES_CUT)
		return result;
	/* As far as there is any: whether there are longer cycles is said, too. */
	return find_by_length(search, CYCLE_FEW_EDGES + 1, CYCLE_MOST_EDGES, FAR);
}

enum cycles_result cycles_find(const struct cycle_graph *graph, size_t *steps, cycle_report report,
			       void *argument)
{
	struct search search = {
		.graph = graph,
		.distance = calloc(graph->nodes + 1, sizeof(*search.distance)),
		.queue = calloc(graph->nodes + 1, sizeof(*search.queue)),
		.on_path = calloc(graph->nodes + 1, sizeof(*search.on_path)),
		.steps = steps,
		.looks = *steps * LOOKS_OF_A_STEP,
		.report = report,
		.argument = argument,
	};
	enum cycles_result result = CYCLES_NO_MEMORY;

	if (!adjacency_open(&search.out, graph, false) &&
	    !adjacency_open(&search.in, graph, true) && search.distance && search.queue &&
	    search.on_path)
		result = find_all(&search);
	adjacency_close(&search.out);
	adjacency_close(&search.in);
	free(search.distance);
	free(search.queue);
	free(search.on_path);
	return result;
}
