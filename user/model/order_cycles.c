// SPDX-License-Identifier: GPL-2.0-only
#include "order_components.h"
#include "order_graph.h"

#include <stdlib.h>
#include <string.h>

#define SEARCH_STEPS 1000000

/* Classes become nodes; the array of edges gets ever shorter. */
struct search {
	struct order_known *known;
	const struct order_edge **writer; /* those that want to write, sorted by what */
	size_t writers;
	const char **node; /* sorted */
	bool *written;	   /* of each node: somebody holds it exclusively, or wants to */
	size_t nodes;
	const struct order_edge **edge;
	struct cycle_edge *ends; /* of each edge */
	size_t edges;
	size_t *number; /* of each node: its component's, then its new one */
	int error;
};

static struct cycle_graph graph_of(const struct search *search)
{
	return (struct cycle_graph){ search->nodes, search->edges, search->ends };
}

/*
 * Nodes and edges
 */

static int compare_names(const void *name, const void *node)
{
	return strcmp(name, *(const char *const *)node);
}

static const char **node_of(const struct search *search, const char *name)
{
	return bsearch(name, search->node, search->nodes, sizeof(*search->node), compare_names);
}

/* What is never held while another is wanted is part of no cycle. */
static void take_nodes(struct search *search, const struct order_graph *graph)
{
	for (size_t i = 0; i < graph->count; i++)
		if (!i || strcmp(graph->edge[i]->from, graph->edge[i - 1]->from) != 0)
			search->node[search->nodes++] = graph->edge[i]->from;
}

static void take_edges(struct search *search, const struct order_graph *graph)
{
	for (size_t i = 0; i < graph->count; i++) {
		const struct order_edge *edge = graph->edge[i];
		const char **to_node = node_of(search, edge->to);
		size_t from = (size_t)(node_of(search, edge->from) - search->node);
		size_t to = to_node ? (size_t)(to_node - search->node) : search->nodes;

		search->written[from] |= edge->from_mode == ORDER_EXCLUSIVE;
		search->written[to] |= edge->to_mode == ORDER_EXCLUSIVE;
		if (!to_node)
			continue;
		search->edge[search->edges] = edge;
		search->ends[search->edges++] = (struct cycle_edge){ from, to };
	}
}

static int compare_wanted(const void *one, const void *other)
{
	const struct order_edge *left = *(const struct order_edge *const *)one;
	const struct order_edge *right = *(const struct order_edge *const *)other;
	int order = strcmp(left->to, right->to);

	return order ?: strcmp(left->from, right->from);
}

static void take_writers(struct search *search, const struct order_graph *graph)
{
	for (size_t i = 0; i < graph->count; i++)
		if (graph->edge[i]->to_mode == ORDER_EXCLUSIVE)
			search->writer[search->writers++] = graph->edge[i];
	qsort(search->writer, search->writers, sizeof(*search->writer), compare_wanted);
}

/* The first one that wants to write it; search->writers: there is none. */
static size_t first_writer(const struct search *search, const char *name)
{
	size_t first = 0, end = search->writers;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (strcmp(search->writer[middle]->to, name) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	if (first < search->writers && strcmp(search->writer[first]->to, name) != 0)
		return search->writers;
	return first;
}

/* What leads from one component to another cannot come back. */
static void keep_edges_within_components(struct search *search)
{
	size_t kept = 0;

	for (size_t i = 0; i < search->edges; i++) {
		const struct cycle_edge ends = search->ends[i];

		if (search->number[ends.from] != search->number[ends.to])
			continue;
		search->edge[kept] = search->edge[i];
		search->ends[kept++] = ends;
	}
	search->edges = kept;
}

/*
 * Each node that is left has an edge that leaves it, and edges are sorted by that: so nodes keep
 * their order.
 */
static void keep_nodes_with_edges(struct search *search)
{
	size_t kept = 0;

	for (size_t i = 0; i < search->edges; i++) {
		size_t node = search->ends[i].from;

		if (i && search->ends[i - 1].from == node)
			continue;
		search->written[kept] = search->written[node];
		search->number[node] = kept++;
	}
	for (size_t i = 0; i < search->edges; i++) {
		struct cycle_edge *ends = &search->ends[i];

		*ends = (struct cycle_edge){ search->number[ends->from], search->number[ends->to] };
	}
	search->nodes = kept;
}

/*
 * Cycles
 */

/* By where tasks wait: readers do so only behind a writer. */
static void judge_waits(const struct search *search, const size_t *edges, struct order_cycle *cycle)
{
	cycle->label = ORDER_PREDICTED;
	for (size_t i = 0; i < cycle->count; i++) {
		const struct order_edge *waiter = cycle->edge[i];
		const struct order_edge *holder = cycle->edge[(i + 1) % cycle->count];
		size_t writer;

		if (waiter->to_mode == ORDER_EXCLUSIVE || holder->from_mode == ORDER_EXCLUSIVE)
			continue;
		if (!search->written[search->ends[edges[i]].to]) {
			cycle->label = ORDER_NONE;
			return;
		}
		cycle->label = ORDER_SUSPECTED;
		writer = first_writer(search, waiter->to);
		if (!cycle->writer && writer < search->writers)
			cycle->writer = search->writer[writer];
	}
}

/* Tasks of two runs are two: they can do so on one host, some day. */
static bool is_of_one_task(const struct order_cycle *cycle)
{
	const struct order_edge *first = cycle->edge[0];

	for (size_t i = 0; i < cycle->count; i++)
		if (cycle->edge[i]->many_tasks || cycle->edge[i]->source != first->source ||
		    !order_same_task(cycle->edge[i], first))
			return false;
	return true;
}

/* All hold it, and two that read it are not kept apart. */
static bool is_guarded_by(const struct order_cycle *cycle, const char *name)
{
	size_t readers = 0;

	for (size_t i = 0; i < cycle->count; i++) {
		const struct order_guard *guard = order_find_guard(cycle->edge[i], name);

		/* What is itself waited for in the cycle keeps nobody out of it. */
		if (!guard || !strcmp(cycle->edge[i]->from, name))
			return false;
		readers += guard->mode == ORDER_SHARED;
	}
	return readers <= 1;
}

static const char *find_guard(const struct order_cycle *cycle)
{
	const struct order_edge *first = cycle->edge[0];

	for (size_t i = 0; i < first->guards; i++)
		if (is_guarded_by(cycle, first->guard[i].class))
			return first->guard[i].class;
	return NULL;
}

/* By who is at its places, and what all of them hold. */
static void judge_tasks(struct order_cycle *cycle)
{
	const char *guard = find_guard(cycle);

	if (is_of_one_task(cycle)) {
		cycle->label = ORDER_LOW;
	} else if (guard) {
		cycle->label = ORDER_GUARDED;
		cycle->guard = guard;
	}
}

/* NULL: the writer may come between. */
static const char *find_guard_against(const struct order_edge *writer,
				      const struct order_edge *reader)
{
	for (size_t i = 0; i < reader->guards; i++) {
		const struct order_guard *guard = &reader->guard[i];
		const struct order_guard *same = order_find_guard(writer, guard->class);
		enum order_mode mode = same ? same->mode : writer->from_mode;

		if ((same || !strcmp(writer->from, guard->class)) &&
		    (mode == ORDER_EXCLUSIVE || guard->mode == ORDER_EXCLUSIVE))
			return guard->class;
	}
	return NULL;
}

/*
 * Who reads twice waits for itself behind another task, which waits to write in between. Of those
 * that do, the one counts that makes it gravest.
 */
static void judge_reader(const struct search *search, struct order_cycle *cycle)
{
	const struct order_edge *reader = cycle->edge[0];
	enum order_label gravest = ORDER_NONE;

	for (size_t i = first_writer(search, reader->to);
	     i < search->writers && !strcmp(search->writer[i]->to, reader->to); i++) {
		const struct order_edge *writer = search->writer[i];
		const struct order_cycle pair = { .count = 2, .edge = { reader, writer } };
		const char *guard = find_guard_against(writer, reader);
		enum order_label label = guard ? ORDER_GUARDED : ORDER_SUSPECTED;

		if (is_of_one_task(&pair))
			label = ORDER_LOW;
		if (label <= gravest)
			continue;
		gravest = label;
		cycle->guard = label == ORDER_GUARDED ? guard : NULL;
		cycle->writer = writer;
	}
	if (gravest != ORDER_NONE)
		cycle->label = gravest;
}

static bool take_cycle(const size_t *edges, size_t length, void *argument)
{
	struct search *search = argument;
	struct order_cycle cycle = { .count = length };

	for (size_t i = 0; i < length; i++)
		cycle.edge[i] = search->edge[edges[i]];
	judge_waits(search, edges, &cycle);
	if (cycle.label == ORDER_NONE)
		return true;
	/* One task can wait for itself, whatever it holds. */
	if (length > 1)
		judge_tasks(&cycle);
	else if (cycle.label == ORDER_SUSPECTED)
		judge_reader(search, &cycle);
	search->error = order_known_note(search->known, &cycle);
	return !search->error;
}

/*
 * Search
 */

static int open_search(struct search *search, struct order_graph *graph)
{
	size_t room = graph->count + 1;

	*search = (struct search){
		.known = &graph->known,
		.writer = calloc(room, sizeof(*search->writer)),
		.node = calloc(room, sizeof(*search->node)),
		.written = calloc(room, sizeof(*search->written)),
		.edge = calloc(room, sizeof(*search->edge)),
		.ends = calloc(room, sizeof(*search->ends)),
		.number = calloc(room, sizeof(*search->number)),
	};
	return search->writer && search->node && search->written && search->edge && search->ends &&
			       search->number ?
		       0 :
		       -1;
}

static void close_search(struct search *search)
{
	free(search->writer);
	free(search->node);
	free(search->written);
	free(search->edge);
	free(search->ends);
	free(search->number);
}

static enum cycles_result find(struct search *search, const struct order_graph *graph)
{
	struct cycle_graph whole, part;
	enum cycles_result result;

	take_nodes(search, graph);
	take_edges(search, graph);
	take_writers(search, graph);
	whole = graph_of(search);
	if (order_components(&whole, search->number))
		return CYCLES_NO_MEMORY;
	keep_edges_within_components(search);
	keep_nodes_with_edges(search);
	part = graph_of(search);
	order_known_begin(search->known);
	result = cycles_find(&part, SEARCH_STEPS, take_cycle, search);
	return search->error ? CYCLES_NO_MEMORY : result;
}

enum cycles_result order_graph_check(struct order_graph *graph, order_report report, void *argument)
{
	struct search search;

	if (!graph->changed)
		return graph->result;
	if (open_search(&search, graph))
		graph->result = CYCLES_NO_MEMORY;
	else
		graph->result = find(&search, graph);
	close_search(&search);
	if (graph->result == CYCLES_NO_MEMORY)
		return CYCLES_NO_MEMORY;
	graph->changed = false;
	order_known_report(&graph->known, report, argument);
	return graph->result;
}

size_t order_graph_cycles(const struct order_graph *graph, enum order_label label)
{
	return order_known_count(&graph->known, label);
}
