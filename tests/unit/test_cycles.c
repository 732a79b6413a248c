// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "../../user/model/cycles.h"

#include <string.h>

#define MOST_CYCLES 8192
#define STEPS 1000000

struct cycle {
	size_t length;
	size_t edges[CYCLE_MOST_EDGES];
};

struct cycles {
	size_t count;
	struct cycle at[MOST_CYCLES];
};

static bool keep(const size_t *edges, size_t length, void *argument)
{
	struct cycles *cycles = argument;
	struct cycle *cycle = &cycles->at[cycles->count++];

	assert_true(cycles->count < MOST_CYCLES && length <= CYCLE_MOST_EDGES);
	memset(cycle, 0, sizeof(*cycle));
	cycle->length = length;
	memcpy(cycle->edges, edges, length * sizeof(*edges));
	return true;
}

static bool keep_first(const size_t *edges, size_t length, void *argument)
{
	keep(edges, length, argument);
	return false;
}

static int compare_cycles(const void *first, const void *second)
{
	return memcmp(first, second, sizeof(struct cycle));
}

static void sort(struct cycles *cycles)
{
	qsort(cycles->at, cycles->count, sizeof(*cycles->at), compare_cycles);
}

/*
 * The reference: from each node all ways that come back to it, with no node twice and none that is
 * smaller. No distances, no order.
 */
static void walk(const struct cycle_graph *graph, struct cycle *path, size_t start, size_t node,
		 struct cycles *cycles)
{
	for (size_t i = 0; i < graph->edge_count; i++) {
		size_t to = graph->edges[i].to;
		bool again = false;

		if (graph->edges[i].from != node || to < start)
			continue;
		for (size_t j = 0; j < path->length; j++)
			again |= graph->edges[path->edges[j]].to == to;
		if (again || path->length == CYCLE_MOST_EDGES)
			continue;
		path->edges[path->length++] = i;
		if (to == start)
			keep(path->edges, path->length, cycles);
		else
			walk(graph, path, start, to, cycles);
		path->edges[--path->length] = 0;
	}
}

static struct cycles found, wanted;

static void find(const struct cycle_graph *graph)
{
	size_t steps = STEPS;

	found.count = 0;
	assert_int_equal(cycles_find(graph, &steps, keep, &found), CYCLES_ALL);
}

static void compare_with_reference(const struct cycle_graph *graph)
{
	find(graph);
	sort(&found);
	wanted.count = 0;
	for (size_t node = 0; node < graph->nodes; node++) {
		struct cycle path = { 0 };

		walk(graph, &path, node, node, &wanted);
	}
	sort(&wanted);
	assert_int_equal(found.count, wanted.count);
	assert_memory_equal(found.at, wanted.at, found.count * sizeof(*found.at));
}

static void finds_what_brute_force_finds(void **state)
{
	struct cycle_edge edges[20];
	__u64 seed = 1;
	size_t total = 0;

	(void)state;
	for (size_t round = 0; round < 20011; round++) {
		struct cycle_graph graph = { .nodes = 1 + random_number(&seed) % 9,
					     .edge_count = random_number(&seed) % COUNT_OF(edges),
					     .edges = edges };

		for (size_t i = 0; i < graph.edge_count; i++)
			edges[i] = (struct cycle_edge){ random_number(&seed) % graph.nodes,
							random_number(&seed) % graph.nodes };
		compare_with_reference(&graph);
		total += found.count;
	}
	assert_true(total > 100000);
}

static void finds_all_of_a_complete_graph(void **state)
{
	struct cycle_edge edges[5 * 4];
	struct cycle_graph graph = { .nodes = 5, .edges = edges };

	(void)state;
	for (size_t from = 0; from < 5; from++)
		for (size_t to = 0; to < 5; to++)
			if (from != to)
				edges[graph.edge_count++] = (struct cycle_edge){ from, to };
	find(&graph);
	/* Of 2, 3, 4 and 5 nodes. */
	assert_int_equal(found.count, 10 + 20 + 30 + 24);
}

static bool note_short(const size_t *edges, size_t length, void *argument)
{
	(void)edges;
	*(size_t *)argument += length <= CYCLE_FEW_EDGES;
	return true;
}

/* There are more than anybody can count: a short one at the end is found all the same. */
static void finds_the_short_ones_first(void **state)
{
	struct cycle_edge edges[20 * 19 + 2];
	struct cycle_graph graph = { .nodes = 22, .edges = edges };
	size_t short_ones = 0, steps = 100003;

	(void)state;
	for (size_t from = 0; from < 20; from++)
		for (size_t to = 0; to < 20; to++)
			if (from != to)
				edges[graph.edge_count++] = (struct cycle_edge){ from, to };
	edges[graph.edge_count++] = (struct cycle_edge){ 20, 21 };
	edges[graph.edge_count++] = (struct cycle_edge){ 21, 20 };
	assert_int_equal(cycles_find(&graph, &steps, note_short, &short_ones), CYCLES_CUT);
	assert_int_equal(short_ones, 190 + 1);
}

static void has_nothing_to_find(void **state)
{
	const struct cycle_edge edges[] = { { 0, 1 }, { 0, 2 }, { 1, 2 }, { 1, 2 }, { 3, 2 } };
	const struct cycle_graph graph = { 4, COUNT_OF(edges), edges }, empty = { 0 };

	(void)state;
	find(&graph);
	assert_int_equal(found.count, 0);
	find(&empty);
	assert_int_equal(found.count, 0);
}

static void knows_one_node_and_two_edges_beside_each_other(void **state)
{
	const struct cycle_edge edges[] = { { 1, 1 }, { 0, 2 }, { 2, 0 }, { 0, 2 } };
	const struct cycle_graph graph = { 3, COUNT_OF(edges), edges };

	(void)state;
	find(&graph);
	assert_int_equal(found.count, 3);
	assert_int_equal(found.at[0].length, 2);
	assert_int_equal(found.at[0].edges[0], 1);
	assert_int_equal(found.at[0].edges[1], 2);
	assert_int_equal(found.at[1].edges[0], 3);
	assert_int_equal(found.at[2].length, 1);
	assert_int_equal(found.at[2].edges[0], 0);
}

static void ring(struct cycle_edge *edges, size_t nodes)
{
	for (size_t i = 0; i < nodes; i++)
		edges[i] = (struct cycle_edge){ i, (i + 1) % nodes };
}

static void looks_so_far_and_no_further(void **state)
{
	struct cycle_edge edges[CYCLE_MOST_EDGES + 1];
	const struct cycle_graph longest = { CYCLE_MOST_EDGES, CYCLE_MOST_EDGES, edges };
	const struct cycle_graph longer = { CYCLE_MOST_EDGES + 1, CYCLE_MOST_EDGES + 1, edges };
	size_t steps = STEPS;

	(void)state;
	ring(edges, CYCLE_MOST_EDGES);
	find(&longest);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.at[0].length, CYCLE_MOST_EDGES);
	ring(edges, CYCLE_MOST_EDGES + 1);
	found.count = 0;
	assert_int_equal(cycles_find(&longer, &steps, keep, &found), CYCLES_CUT);
	assert_int_equal(found.count, 0);
}

static void ends_when_it_is_told_to(void **state)
{
	const struct cycle_edge edges[] = { { 0, 1 }, { 1, 0 }, { 2, 2 } };
	const struct cycle_graph graph = { 3, COUNT_OF(edges), edges };
	size_t steps = STEPS;

	(void)state;
	found.count = 0;
	assert_int_equal(cycles_find(&graph, &steps, keep_first, &found), CYCLES_ALL);
	assert_int_equal(found.count, 1);
	found.count = 0;
	steps = 1;
	assert_int_equal(cycles_find(&graph, &steps, keep, &found), CYCLES_CUT);
	assert_int_equal(found.count, 0);
}

static size_t steps_left;

static bool take_all_steps(const size_t *edges, size_t length, void *argument)
{
	steps_left = 0;
	return keep(edges, length, argument);
}

/* What is done with a cycle may take longer than to find it. */
static void ends_when_the_report_took_all_steps(void **state)
{
	const struct cycle_edge edges[] = { { 0, 0 }, { 1, 1 } };
	const struct cycle_graph graph = { 2, COUNT_OF(edges), edges };

	(void)state;
	found.count = 0;
	steps_left = STEPS;
	assert_int_equal(cycles_find(&graph, &steps_left, take_all_steps, &found), CYCLES_CUT);
	assert_int_equal(found.count, 1);
}

/* Nothing is followed, but from each node all before it are looked at. */
static void ends_when_it_looked_too_often(void **state)
{
	struct cycle_edge edges[211];
	const struct cycle_graph graph = { COUNT_OF(edges) + 1, COUNT_OF(edges), edges };
	size_t few = 17, enough = 31;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(edges); i++)
		edges[i] = (struct cycle_edge){ i + 1, i };
	assert_int_equal(cycles_find(&graph, &few, keep, &found), CYCLES_CUT);
	assert_int_equal(cycles_find(&graph, &enough, keep, &found), CYCLES_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_brute_force_finds),
		cmocka_unit_test(finds_all_of_a_complete_graph),
		cmocka_unit_test(finds_the_short_ones_first),
		cmocka_unit_test(has_nothing_to_find),
		cmocka_unit_test(knows_one_node_and_two_edges_beside_each_other),
		cmocka_unit_test(looks_so_far_and_no_further),
		cmocka_unit_test(ends_when_it_is_told_to),
		cmocka_unit_test(ends_when_the_report_took_all_steps),
		cmocka_unit_test(ends_when_it_looked_too_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
