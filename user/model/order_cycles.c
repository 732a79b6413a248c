// SPDX-License-Identifier: GPL-2.0-only
#include "order_components.h"
#include "order_graph.h"
#include "order_runs.h"

#include <stdlib.h>
#include <string.h>

#define SEARCH_STEPS 1000000

/* Classes become nodes; the array of edges gets ever shorter. */
struct search {
	struct order_known *known;
	const struct order_edge **writer; /* those that want to write, sorted by what */
	size_t writers;
	const char **node; /* sorted */
	size_t nodes;
	const struct order_edge **edge;
	struct cycle_edge *ends; /* of each edge */
	enum order_place *place; /* of each edge that may be of a cycle */
	size_t edges;
	size_t *number; /* of each node: its component's, then its new one */
	size_t steps;	/* that are left */
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

		if (!to_node)
			continue;
		search->edge[search->edges] = edge;
		search->ends[search->edges++] = (struct cycle_edge){
			(size_t)(node_of(search, edge->from) - search->node),
			(size_t)(to_node - search->node),
		};
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

/*
 * What was seen in some runs only, by one task, and the rest in others, was two tasks: they can do
 * so on one host, some day.
 */
static bool is_all_of_one_task(const struct order_cycle *cycle)
{
	for (size_t i = 0; i < cycle->count; i++)
		if (!order_runs_are_same(cycle->edge[i], cycle->edge[0]))
			return false;
	return true;
}

/*
 * Each edge is about one device at most. Where one of its ends is the device's, the next edge is
 * about the same; so all are, if there is no more than one place where this breaks.
 */
static bool is_about_one_device(const struct order_cycle *cycle)
{
	size_t others = 0;

	for (size_t i = 0; i < cycle->count; i++)
		others += !order_class_is_of_any_device(cycle->edge[i]->from);
	return others <= 1;
}

/* All hold it, and two that read it are not kept apart. */
static bool is_guarded_by(const struct order_cycle *cycle, const char *name)
{
	size_t readers = 0;

	if (order_class_is_of_any_device(name) && !is_about_one_device(cycle))
		return false;
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

/* Within an operation on what @name is, or waiting for the end of all. */
static bool needs_open(const struct order_edge *edge, const char *name)
{
	const struct order_guard *guard = order_find_guard(edge, name);

	return !strcmp(edge->from, name) || (guard && guard->mode == ORDER_SHARED);
}

/* Who holds OPEN alone is past the end of all operations: there is none with anybody else's. */
static bool is_after_end_of(const struct order_cycle *cycle, const struct order_guard *guard)
{
	if (guard->mode != ORDER_EXCLUSIVE || !order_class_is_open(guard->class) ||
	    (order_class_is_of_any_device(guard->class) && !is_about_one_device(cycle)))
		return false;
	for (size_t i = 0; i < cycle->count; i++)
		if (needs_open(cycle->edge[i], guard->class))
			return true;
	return false;
}

/* A device that is in use at one of the places, and removed at another. NULL: there is none. */
static const char *find_removed(const struct order_cycle *cycle)
{
	for (size_t i = 0; i < cycle->count; i++)
		for (size_t j = 0; j < cycle->edge[i]->guards; j++)
			if (is_after_end_of(cycle, &cycle->edge[i]->guard[j]))
				return cycle->edge[i]->guard[j].class;
	return NULL;
}

/* By who is at its places, and what all of them hold. One task can wait for itself, whatever. */
static void judge_tasks(struct order_cycle *cycle)
{
	cycle->label = ORDER_PREDICTED;
	if (cycle->count < 2)
		return;
	if (is_all_of_one_task(cycle)) {
		cycle->label = ORDER_LOW;
		return;
	}
	cycle->guard = find_removed(cycle);
	cycle->is_about_removal = cycle->guard;
	if (!cycle->guard)
		cycle->guard = find_guard(cycle);
	if (cycle->guard)
		cycle->label = ORDER_GUARDED;
}

/* Whether who has it so, and the writer, cannot have it at the same time. */
static bool keeps_out(const struct order_edge *writer, const char *class, enum order_mode mode)
{
	const struct order_guard *guard = order_find_guard(writer, class);
	bool is_from = !strcmp(writer->from, class);

	/* Else it may be another device's. */
	if (order_class_is_of_any_device(class) && !order_class_is_of_any_device(writer->to))
		return false;
	if (mode == ORDER_EXCLUSIVE)
		return guard || is_from;
	return (guard && guard->mode == ORDER_EXCLUSIVE) ||
	       (is_from && writer->from_mode == ORDER_EXCLUSIVE);
}

/*
 * What keeps the writer out as long as the tasks of the cycle wait: what the reader holds that
 * waits behind it; of the others only what is waited for, as the rest may be let go by then. NULL:
 * nothing.
 */
static const char *find_guard_against(const struct order_edge *writer,
				      const struct order_edge *reader,
				      const struct order_cycle *cycle)
{
	const bool is_one_device = is_about_one_device(cycle);

	for (size_t i = 0; i < reader->guards; i++)
		if (keeps_out(writer, reader->guard[i].class, reader->guard[i].mode))
			return reader->guard[i].class;
	for (size_t i = 0; i < cycle->count; i++) {
		const struct order_edge *edge = cycle->edge[i];

		if (order_class_is_of_any_device(edge->from) && !is_one_device)
			continue;
		if (keeps_out(writer, edge->from, edge->from_mode))
			return edge->from;
	}
	return NULL;
}

/* Who writes is none of the tasks that wait already. */
static bool is_in(const struct order_edge *writer, const struct order_cycle *cycle)
{
	for (size_t i = 0; i < cycle->count; i++)
		if (order_runs_are_same(writer, cycle->edge[i]))
			return true;
	return false;
}

/*
 * The reader waits for the next one of the cycle, which reads too, behind a task that waits to
 * write in between. Of those that do, the one counts that makes the cycle gravest.
 * Each that is looked at is a step of the search: there may be as many as orders.
 */
static void judge_reader(struct search *search, const struct order_edge *reader,
			 struct order_cycle *cycle)
{
	const struct order_edge *gravest_writer = NULL;
	enum order_label gravest = ORDER_NONE;
	const char *gravest_guard = NULL;

	for (size_t i = first_writer(search, reader->to);
	     gravest < ORDER_SUSPECTED && i < search->writers &&
	     !strcmp(search->writer[i]->to, reader->to);
	     i++) {
		const struct order_edge *writer = search->writer[i];
		const char *guard = find_guard_against(writer, reader, cycle);
		enum order_label label = guard ? ORDER_GUARDED : ORDER_SUSPECTED;

		search->steps -= search->steps > 0;
		if (is_in(writer, cycle))
			label = ORDER_LOW;
		if (label <= gravest)
			continue;
		gravest = label;
		gravest_guard = label == ORDER_GUARDED ? guard : NULL;
		gravest_writer = writer;
	}
	if (gravest < cycle->label) {
		cycle->label = gravest;
		cycle->guard = gravest_guard;
		cycle->writer = gravest_writer;
		cycle->is_about_writer = true;
	} else if (!cycle->writer) {
		cycle->writer = gravest_writer;
	}
}

static void judge(struct search *search, struct order_cycle *cycle)
{
	judge_tasks(cycle);
	for (size_t i = 0; i < cycle->count && cycle->label != ORDER_NONE; i++) {
		const struct order_edge *waiter = cycle->edge[i];
		const struct order_edge *holder = cycle->edge[(i + 1) % cycle->count];

		if (waiter->to_mode == ORDER_SHARED && holder->from_mode == ORDER_SHARED)
			judge_reader(search, waiter, cycle);
	}
}

static void take_places(struct search *search)
{
	for (size_t i = 0; i < search->edges; i++)
		search->place[i] = order_edge_place(search->edge[i]);
}

/* What it is a copy of, by "*", is a cycle too, or more than one: at least as grave. */
static bool is_copy(const struct search *search, const size_t *edges, size_t length)
{
	bool has_copy = false;

	for (size_t i = 0; i < length; i++) {
		if (search->place[edges[i]] == ORDER_BETWEEN)
			return false;
		has_copy |= search->place[edges[i]] == ORDER_COPY;
	}
	return has_copy;
}

static bool take_cycle(const size_t *edges, size_t length, void *argument)
{
	struct search *search = argument;
	struct order_cycle cycle = { .count = length };

	if (is_copy(search, edges, length))
		return true;
	for (size_t i = 0; i < length; i++)
		cycle.edge[i] = search->edge[edges[i]];
	judge(search, &cycle);
	if (cycle.label != ORDER_NONE)
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
		.edge = calloc(room, sizeof(*search->edge)),
		.place = calloc(room, sizeof(*search->place)),
		.ends = calloc(room, sizeof(*search->ends)),
		.number = calloc(room, sizeof(*search->number)),
	};
	return search->writer && search->node && search->edge && search->place && search->ends &&
			       search->number ?
		       0 :
		       -1;
}

static void close_search(struct search *search)
{
	free(search->writer);
	free(search->node);
	free(search->edge);
	free(search->place);
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
	take_places(search);
	part = graph_of(search);
	order_known_begin(search->known);
	search->steps = SEARCH_STEPS;
	result = cycles_find(&part, &search->steps, take_cycle, search);
	if (search->error)
		return CYCLES_NO_MEMORY;
	return search->known->is_full ? CYCLES_CUT : result;
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
	graph->searches_cut += graph->result == CYCLES_CUT;
	order_known_report(&graph->known, report, argument);
	return graph->result;
}

/*
 * Between devices
 */

static void find_between_devices(struct search *search, bool *between,
				 void (*found)(const struct order_edge *edge, void *argument),
				 void *argument)
{
	for (size_t i = 0; i < search->edges; i++) {
		size_t from = search->number[search->ends[i].from];

		if (from == search->number[search->ends[i].to])
			between[from] |= order_edge_is_between_devices(search->edge[i]);
	}
	for (size_t i = 0; i < search->edges; i++) {
		size_t to = search->number[search->ends[i].to];
		bool is_within = search->number[search->ends[i].from] == to;

		if (between[to] && (is_within || search->edge[i]->to_mode == ORDER_EXCLUSIVE))
			found(search->edge[i], argument);
	}
}

int order_graph_between_devices(struct order_graph *graph,
				void (*found)(const struct order_edge *edge, void *argument),
				void *argument)
{
	bool *between = calloc(graph->count + 1, sizeof(*between));
	struct search search;
	struct cycle_graph whole;
	int error = open_search(&search, graph);

	if (!error && between) {
		take_nodes(&search, graph);
		take_edges(&search, graph);
		whole = graph_of(&search);
		error = order_components(&whole, search.number);
	}
	if (!error && between)
		find_between_devices(&search, between, found, argument);
	close_search(&search);
	free(between);
	return error || !between ? -1 : 0;
}

__u64 order_graph_searches_cut(const struct order_graph *graph)
{
	return graph->searches_cut;
}

size_t order_graph_cycles(const struct order_graph *graph, enum order_label label)
{
	return order_known_count(&graph->known, label);
}
