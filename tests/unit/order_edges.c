// SPDX-License-Identifier: GPL-2.0-only
#include "order_edges.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

struct order_edge seen(const char *from, enum order_mode from_mode, const char *to,
		       enum order_mode to_mode, __u32 tid)
{
	struct order_edge edge = {
		.from_mode = from_mode,
		.to_mode = to_mode,
		.count = 1,
		.first_ns = 100,
		.last_ns = 100,
		.task = { .tid = tid, .pid = tid, .start_ns = tid + 1000 },
		.scope = "write",
		.frames = 1,
	};

	strcpy(edge.from, from);
	strcpy(edge.to, to);
	edge.frame[0] = "mutex_lock";
	sprintf(edge.task.comm, "task-%u", tid);
	return edge;
}

struct order_edge guarded_in(struct order_edge edge, const char *guard, enum order_mode mode)
{
	strcpy(edge.guard[edge.guards].class, guard);
	edge.guard[edge.guards++].mode = mode;
	return edge;
}

void add_edge(struct order_graph *graph, struct order_edge edge)
{
	assert_int_equal(order_graph_add(graph, &edge), 0);
	/* What is known is a copy. */
	memset(&edge, 'x', sizeof(edge));
}

void rename_in(struct order_graph *graph, const char *from, const char *to)
{
	assert_int_equal(order_graph_rename(graph, from, to), 0);
}

static const char *node_at(const struct order_cycle *cycle, size_t at)
{
	return cycle->edge[at % cycle->count]->from;
}

void write_nodes(const struct order_cycle *cycle, char *text)
{
	size_t smallest = 0;

	for (size_t i = 1; i < cycle->count; i++)
		if (strcmp(node_at(cycle, i), node_at(cycle, smallest)) < 0)
			smallest = i;
	for (size_t i = 0; i < cycle->count; i++)
		text += sprintf(text, "%s%s", i ? " " : "", node_at(cycle, smallest + i));
}

void expect_sound(const struct order_cycle *cycle)
{
	assert_in_range(cycle->count, 1, CYCLE_MOST_EDGES);
	for (size_t i = 0; i < cycle->count; i++)
		assert_string_equal(cycle->edge[i]->to, node_at(cycle, i + 1));
	assert_int_equal(cycle->guard != NULL, cycle->label == ORDER_GUARDED);
}
