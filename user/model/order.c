// SPDX-License-Identifier: GPL-2.0-only
#include "order_graph.h"
#include "order_runs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct key {
	const char *from, *to;
	enum order_mode from_mode, to_mode;
};

static struct key key_of(const struct order_edge *edge)
{
	return (struct key){ edge->from, edge->to, edge->from_mode, edge->to_mode };
}

static int compare(const struct key *key, const struct order_edge *edge)
{
	int order = strcmp(key->from, edge->from);

	if (!order)
		order = strcmp(key->to, edge->to);
	if (!order)
		order = (int)key->from_mode - (int)edge->from_mode;
	if (!order)
		order = (int)key->to_mode - (int)edge->to_mode;
	return order;
}

/* Where the edge is, or else belongs: bsearch() does not say that. */
static size_t place_of(const struct order_graph *graph, const struct key *key)
{
	size_t first = 0, end = graph->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (compare(key, graph->edge[middle]) > 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static struct order_edge *edge_at(const struct order_graph *graph, size_t place,
				  const struct key *key)
{
	if (place == graph->count || compare(key, graph->edge[place]))
		return NULL;
	return graph->edge[place];
}

static void free_edge(struct order_edge *edge)
{
	order_edge_free_runs(edge);
	free(edge);
}

struct order_graph *order_graph_new(void)
{
	return calloc(1, sizeof(struct order_graph));
}

void order_graph_free(struct order_graph *graph)
{
	if (!graph)
		return;
	for (size_t i = 0; i < graph->count; i++)
		free_edge(graph->edge[i]);
	free(graph->edge);
	order_frames_free(&graph->frames);
	order_known_free(&graph->known);
	free(graph);
}

size_t order_graph_edges(const struct order_graph *graph, const struct order_edge *const **edges)
{
	*edges = (const struct order_edge *const *)graph->edge;
	return graph->count;
}

const struct order_edge *order_graph_edge(const struct order_graph *graph, const char *from,
					  const char *to, enum order_mode from_mode,
					  enum order_mode to_mode)
{
	const struct key key = { from, to, from_mode, to_mode };

	return edge_at(graph, place_of(graph, &key), &key);
}

const struct order_edge *order_graph_find(const struct order_graph *graph,
					  const struct order_edge *edge)
{
	return order_graph_edge(graph, edge->from, edge->to, edge->from_mode, edge->to_mode);
}

/*
 * Two that are one. Each returns whether it can make a difference to a cycle.
 */

/* edge->guards: it is none. */
static size_t place_of_guard(const struct order_edge *edge, const char *name)
{
	size_t place = 0;

	while (place < edge->guards && strcmp(edge->guard[place].class, name) != 0)
		place++;
	return place;
}

const struct order_guard *order_find_guard(const struct order_edge *edge, const char *name)
{
	size_t place = place_of_guard(edge, name);

	return place < edge->guards ? &edge->guard[place] : NULL;
}

void order_edge_add_guard(struct order_edge *edge, const char *class, enum order_mode mode)
{
	size_t place = place_of_guard(edge, class);
	struct order_guard *guard = &edge->guard[place];

	if (place < edge->guards) {
		guard->mode = mode > guard->mode ? mode : guard->mode;
	} else if (place < ORDER_GUARDS) {
		snprintf(guard->class, sizeof(guard->class), "%s", class);
		guard->mode = mode;
		edge->guards++;
	}
}

const char *order_edge_lost_guard(const struct order_edge *edge, const struct order_edge *old)
{
	for (size_t i = 0; i < old->guards; i++) {
		const struct order_guard *same = order_find_guard(edge, old->guard[i].class);

		if (!same || same->mode > old->guard[i].mode)
			return old->guard[i].class;
	}
	return NULL;
}

bool order_edge_is_less_guarded(const struct order_edge *edge, const struct order_edge *old)
{
	return order_edge_lost_guard(edge, old);
}

static bool merge_guards(struct order_edge *known, const struct order_edge *edge)
{
	bool less = order_edge_is_less_guarded(edge, known);
	size_t kept = 0;

	for (size_t i = 0; i < known->guards; i++) {
		struct order_guard guard = known->guard[i];
		const struct order_guard *other = order_find_guard(edge, guard.class);

		if (!other)
			continue;
		if (other->mode > guard.mode)
			guard.mode = other->mode;
		known->guard[kept++] = guard;
	}
	known->guards = kept;
	return less;
}

/* A stack is of a task, in what it did. */
static void merge_stacks(struct order_edge *known, const struct order_edge *edge)
{
	if (known->frames || !edge->frames)
		return;
	known->source = edge->source;
	known->task = edge->task;
	memcpy(known->scope, edge->scope, sizeof(known->scope));
	known->frames = edge->frames;
	memcpy(known->frame, edge->frame, sizeof(known->frame));
}

__u64 order_add_counts(__u64 one, __u64 other)
{
	return one + other > LLONG_MAX ? LLONG_MAX : one + other;
}

static bool merge(struct order_edge *known, const struct order_edge *edge)
{
	bool matters = order_runs_merge(known, edge);

	matters |= merge_guards(known, edge);
	merge_stacks(known, edge);
	known->count = order_add_counts(known->count, edge->count);
	known->guards_cut |= edge->guards_cut;
	if (edge->first_ns < known->first_ns)
		known->first_ns = edge->first_ns;
	if (edge->last_ns > known->last_ns)
		known->last_ns = edge->last_ns;
	return matters;
}

/*
 * Changes
 */

static int make_room(struct order_graph *graph)
{
	size_t room = graph->room ? 2 * graph->room : 64;
	struct order_edge **larger;

	if (graph->count < graph->room)
		return 0;
	larger = realloc(graph->edge, room * sizeof(*larger));
	if (!larger)
		return -1;
	graph->edge = larger;
	graph->room = room;
	return 0;
}

static void insert(struct order_graph *graph, size_t place, struct order_edge *edge)
{
	memmove(&graph->edge[place + 1], &graph->edge[place],
		(graph->count - place) * sizeof(*graph->edge));
	graph->edge[place] = edge;
	graph->count++;
}

static int keep_frames(struct order_graph *graph, struct order_edge *edge)
{
	for (unsigned int i = 0; i < edge->frames; i++) {
		edge->frame[i] = order_frames_keep(&graph->frames, edge->frame[i]);
		if (!edge->frame[i])
			return -1;
	}
	return 0;
}

static int add_new(struct order_graph *graph, size_t place, const struct order_edge *edge)
{
	struct order_edge *copy;

	if (make_room(graph))
		return -1;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -1;
	*copy = *edge;
	if (order_runs_copy(copy, edge)) {
		free(copy);
		return -1;
	}
	insert(graph, place, copy);
	graph->changed = true;
	return 0;
}

int order_graph_add(struct order_graph *graph, const struct order_edge *edge)
{
	const struct key key = key_of(edge);
	size_t place = place_of(graph, &key);
	struct order_edge *known = edge_at(graph, place, &key);
	struct order_edge own = *edge;

	/* Of a stack that is there already only the first one stays. */
	if (known && known->frames)
		own.frames = 0;
	if (keep_frames(graph, &own))
		return -1;
	if (!known)
		return add_new(graph, place, &own);
	graph->changed |= merge(known, &own);
	return 0;
}

static bool rename_class(char class[ORDER_CLASS_BYTES], const char *from, const char *to)
{
	if (strcmp(class, from) != 0)
		return false;
	strcpy(class, to);
	return true;
}

/* Two of them may be called the same then: it is held as the weaker one is. */
static bool rename_guards(struct order_edge *edge, const char *from, const char *to)
{
	size_t count = edge->guards;
	bool any = false;

	edge->guards = 0;
	for (size_t i = 0; i < count; i++) {
		struct order_guard guard = edge->guard[i];

		any |= rename_class(guard.class, from, to);
		order_edge_add_guard(edge, guard.class, guard.mode);
	}
	return any;
}

static bool rename_edge(struct order_edge *edge, const char *from, const char *to)
{
	bool any = rename_class(edge->from, from, to);

	any |= rename_class(edge->to, from, to);
	any |= rename_guards(edge, from, to);
	return any;
}

/* There is room for it: it was here before. */
static void put_back(struct order_graph *graph, struct order_edge *edge)
{
	const struct key key = key_of(edge);
	size_t place = place_of(graph, &key);
	struct order_edge *known = edge_at(graph, place, &key);

	if (known) {
		merge(known, edge);
		free_edge(edge);
	} else {
		insert(graph, place, edge);
	}
}

static int rename_all(struct order_graph *graph, const char *from, const char *to)
{
	struct order_edge **renamed = malloc((graph->count + 1) * sizeof(*renamed));
	size_t kept = 0, moved = 0;

	if (!renamed || order_known_rename(&graph->known, from, to)) {
		free(renamed);
		return -1;
	}
	for (size_t i = 0; i < graph->count; i++) {
		if (rename_edge(graph->edge[i], from, to))
			renamed[moved++] = graph->edge[i];
		else
			graph->edge[kept++] = graph->edge[i];
	}
	graph->count = kept;
	for (size_t i = 0; i < moved; i++)
		put_back(graph, renamed[i]);
	graph->changed |= moved > 0;
	free(renamed);
	return 0;
}

int order_graph_rename(struct order_graph *graph, const char *from, const char *to)
{
	char class[ORDER_CLASS_BYTES] = "";

	strncpy(class, to, sizeof(class) - 1);
	return strcmp(from, class) ? rename_all(graph, from, class) : 0;
}

void order_graph_rename_guards(struct order_graph *graph, const char *from, const char *to)
{
	char class[ORDER_CLASS_BYTES] = "";

	strncpy(class, to, sizeof(class) - 1);
	for (size_t i = 0; i < graph->count; i++)
		graph->changed |= rename_guards(graph->edge[i], from, class);
}

size_t order_graph_forget(struct order_graph *graph,
			  bool (*is_gone)(const char *class, void *argument), void *argument)
{
	size_t kept = 0, gone;

	for (size_t i = 0; i < graph->count; i++) {
		struct order_edge *edge = graph->edge[i];

		if (is_gone(edge->from, argument) || is_gone(edge->to, argument))
			free_edge(edge);
		else
			graph->edge[kept++] = edge;
	}
	gone = graph->count - kept;
	graph->count = kept;
	graph->changed |= gone > 0;
	return gone;
}
