// SPDX-License-Identifier: GPL-2.0-only
#include "order_edges.h"
#include "unit.h"

#include "../../user/model/order_graph.h"

#include <stdio.h>
#include <string.h>

/* What a graph reported. */
struct told {
	size_t count;
	struct order_cycle last;
	char guard[ORDER_CLASS_BYTES];
	char writer[ORDER_CLASS_BYTES];			  /* what it held */
	char nodes[CYCLE_MOST_EDGES * ORDER_CLASS_BYTES]; /* "a b c", from the smallest on */
};

static struct told told;

static void take(const struct order_cycle *cycle, void *argument)
{
	struct told *into = argument;

	expect_sound(cycle);
	into->count++;
	into->last = *cycle;
	strcpy(into->guard, cycle->guard ? cycle->guard : "");
	strcpy(into->writer, cycle->writer ? cycle->writer->from : "");
	write_nodes(cycle, into->nodes);
}

static struct order_graph *start(void)
{
	struct order_graph *graph = order_graph_new();

	assert_non_null(graph);
	memset(&told, 0, sizeof(told));
	return graph;
}

static struct order_edge guarded(struct order_edge edge, const char *guard)
{
	return guarded_in(edge, guard, E);
}

static struct order_edge of_source(struct order_edge edge, unsigned int source, const char *comm)
{
	edge.source = source;
	strcpy(edge.task.comm, comm);
	return edge;
}

static void add(struct order_graph *graph, const char *from, const char *to, __u32 tid)
{
	add_edge(graph, seen(from, E, to, E, tid));
}

/* Returns how many cycles were reported. */
static size_t check(struct order_graph *graph)
{
	size_t before = told.count;

	assert_int_equal(order_graph_check(graph, take, &told), CYCLES_ALL);
	return told.count - before;
}

static void expect(struct order_graph *graph, enum order_label label, __u64 id)
{
	assert_int_equal(check(graph), 1);
	assert_int_equal(told.last.label, label);
	assert_int_equal(told.last.id, id);
	assert_int_equal(check(graph), 0);
	assert_int_equal(order_graph_cycles(graph, label), 1);
}

/* The only one there is, and of this label. */
static void expect_alone(struct order_graph *graph, enum order_label label)
{
	expect(graph, label, 1);
	order_graph_free(graph);
}

static void expect_silence(struct order_graph *graph)
{
	assert_int_equal(check(graph), 0);
	for (unsigned int label = ORDER_NONE; label < ORDER_LABELS; label++)
		assert_int_equal(order_graph_cycles(graph, label), 0);
	order_graph_free(graph);
}

/*
 * Cycles
 */

static void knows_the_cycle_of_2021(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, seen("zdev.state_lock of D", E, "OPEN(D)", E, 1));
	assert_int_equal(check(graph), 0);
	add_edge(graph, seen("OPEN(D)", S, "zdev.state_lock of D", E, 2));
	expect(graph, ORDER_PREDICTED, 1);
	assert_int_equal(told.last.count, 2);
	assert_string_equal(told.nodes, "OPEN(D) zdev.state_lock of D");
	order_graph_free(graph);
}

static void knows_two_that_meet(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add(graph, "a", "b", 1);
	add(graph, "b", "a", 2);
	expect_alone(graph, ORDER_PREDICTED);
	/* Who only tries to lock waits for nothing: there is no edge the other way. */
	graph = start();
	add(graph, "a", "b", 1);
	add(graph, "a", "b", 2);
	add(graph, "b", "c", 2);
	expect_silence(graph);
}

static void knows_three_that_meet(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add(graph, "c", "a", 3);
	add(graph, "b", "c", 2);
	assert_int_equal(check(graph), 0);
	add(graph, "a", "b", 1);
	expect(graph, ORDER_PREDICTED, 1);
	assert_string_equal(told.nodes, "a b c");
	order_graph_free(graph);
}

static void keeps_apart_what_goes_the_other_way_around(void **state)
{
	static const char *const ends[][2] = { { "a", "b" }, { "b", "c" }, { "c", "a" },
					       { "b", "a" }, { "c", "b" }, { "a", "c" } };
	struct order_graph *graph = start();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		add(graph, ends[i][0], ends[i][1], (__u32)i);
	assert_int_equal(check(graph), 5);
	assert_int_equal(order_graph_cycles(graph, ORDER_PREDICTED), 5);
	assert_int_equal(told.last.id, 5);
	order_graph_free(graph);
}

static void one_task_can_wait_for_itself(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add(graph, "a", "a", 1);
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, guarded(seen("a", E, "a", E, 1), "g"));
	expect_alone(graph, ORDER_PREDICTED);
}

static void add_each(struct order_graph *graph, char first, size_t count, char second,
		     size_t other_count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < other_count; j++)
			if (first + i != second + j)
				add(graph, (char[]){ (char)(first + i), 0 },
				    (char[]){ (char)(second + j), 0 }, (__u32)(first + i));
}

/* From '.' on, at each of 15 places two or three ways, and back: 2^12 * 3^3 = 110,592 cycles. */
static void add_ways(struct order_graph *graph, bool one_task)
{
	char place = '.', next = '0';
	size_t count = 1, edges;

	for (size_t i = 0; i < 15; i++, next += 3) {
		size_t ways = i < 3 ? 3 : 2;

		add_each(graph, place, count, next, ways);
		place = next;
		count = ways;
	}
	add_each(graph, place, count, '.', 1);
	for (edges = 0; one_task && edges < graph->count; edges++)
		graph->edge[edges]->task = graph->edge[0]->task;
}

/* More cycles than are kept, and more than steps to find them all. */
static void a_check_says_that_it_was_cut(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_ways(graph, false);
	assert_int_equal(order_graph_check(graph, take, &told), CYCLES_CUT);
	assert_int_equal(told.count, ORDER_KNOWN);
	assert_int_equal(graph->known.count, ORDER_KNOWN);
	order_graph_free(graph);
	/* What cannot happen takes no room from what can. */
	graph = start();
	add_ways(graph, true);
	add_each(graph, 'x', 3, 'x', 3);
	assert_int_equal(order_graph_check(graph, take, &told), CYCLES_CUT);
	assert_int_equal(order_graph_cycles(graph, ORDER_PREDICTED), 5);
	assert_int_equal(order_graph_cycles(graph, ORDER_LOW), ORDER_KNOWN);
	order_graph_free(graph);
	graph = start();
	add_each(graph, 'a', 5, 'a', 5);
	assert_int_equal(check(graph), 84);
	assert_int_equal(order_graph_searches_cut(graph), 0);
	add_each(graph, 'a', 12, 'a', 12);
	assert_int_equal(order_graph_check(graph, take, &told), CYCLES_CUT);
	assert_int_equal(order_graph_check(graph, take, &told), CYCLES_CUT);
	assert_int_equal(order_graph_searches_cut(graph), 1);
	assert_int_equal(graph->known.search, 2);
	assert_true(told.count > 100);
	order_graph_free(graph);
}

/* One task did it all. */
static void add_writers(struct order_graph *graph, size_t locks, size_t writers)
{
	for (size_t lock = 0; lock < locks; lock++)
		for (size_t i = 0; i < writers; i++) {
			const char to[] = { 'a' + (char)lock, '\0' };
			char from[16];

			sprintf(from, "held %zu", i);
			add_edge(graph, seen(from, E, to, E, 1));
		}
}

/* Readers wait behind any of many writers: each cycle takes long to judge. */
static void a_check_is_cut_where_writers_are_many(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	for (char from = 'a'; from < 'h'; from++)
		for (char to = 'a'; to < 'h'; to++)
			if (from != to)
				add_edge(graph,
					 seen((char[]){ from, 0 }, S, (char[]){ to, 0 }, S, 1));
	add_writers(graph, 7, 11);
	assert_int_equal(order_graph_check(graph, take, &told), CYCLES_ALL);
	add_writers(graph, 7, 101);
	assert_int_equal(order_graph_check(graph, take, &told), CYCLES_CUT);
	order_graph_free(graph);
}

/* As many orders as the programs can tell of, and few that are of a cycle. */
static void large_graphs_cost_little(void **state)
{
	struct order_graph *graph = start();
	char from[16], to[16];
	__u64 seed = 1;

	(void)state;
	while (graph->count < ORDER_EDGES) {
		unsigned int first = random_number(&seed) % 2000;
		unsigned int second = first + 1 + random_number(&seed) % 100;

		sprintf(from, "%05u", first);
		sprintf(to, "%05u", second);
		add(graph, from, to, 1);
	}
	assert_int_equal(check(graph), 0);
	add(graph, "01000", "y", 1);
	add(graph, "z", "y", 1);
	add(graph, "y", "z", 2);
	expect(graph, ORDER_PREDICTED, 1);
	assert_string_equal(told.nodes, "y z");
	order_graph_free(graph);
}

/*
 * One task only
 */

static void one_task_is_not_at_two_places(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add(graph, "a", "b", 1);
	add(graph, "b", "a", 1);
	expect(graph, ORDER_LOW, 1);
	add(graph, "b", "a", 2);
	expect(graph, ORDER_PREDICTED, 1);
	assert_int_equal(order_graph_cycles(graph, ORDER_LOW), 0);
	order_graph_free(graph);
}

static void a_number_of_a_task_is_used_again(void **state)
{
	struct order_graph *graph = start();
	struct order_edge edge = seen("b", E, "a", E, 1);

	(void)state;
	add(graph, "a", "b", 1);
	edge.task.start_ns++;
	add_edge(graph, edge);
	expect_alone(graph, ORDER_PREDICTED);
}

static void others_did_so_too(void **state)
{
	struct order_graph *graph = start();
	struct order_edge edge = seen("a", E, "b", E, 1);

	(void)state;
	add(graph, "a", "b", 1);
	add(graph, "b", "a", 1);
	expect(graph, ORDER_LOW, 1);
	edge.many_tasks = true;
	add_edge(graph, edge);
	assert_true(order_graph_edge(graph, "a", "b", E, E)->many_tasks);
	expect_alone(graph, ORDER_PREDICTED);
}

static void tasks_of_two_runs_are_told_apart_by_name(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, of_source(seen("a", E, "b", E, 1), 1, "qemu"));
	add_edge(graph, of_source(seen("b", E, "a", E, 2), 2, "qemu"));
	expect_alone(graph, ORDER_PREDICTED);
	/* One task of the same program did all of it in another run; and then another one. */
	graph = start();
	add_edge(graph, of_source(seen("a", E, "b", E, 1), 1, "kworker"));
	add_edge(graph, of_source(seen("b", E, "a", E, 1), 1, "kworker"));
	add_edge(graph, of_source(seen("a", E, "b", E, 2), 2, "kworker"));
	add_edge(graph, of_source(seen("b", E, "a", E, 2), 2, "kworker"));
	expect(graph, ORDER_LOW, 1);
	add_edge(graph, of_source(seen("a", E, "b", E, 1), 3, "bash"));
	expect_alone(graph, ORDER_PREDICTED);
	/* Within a run the name means nothing. */
	graph = start();
	add_edge(graph, of_source(seen("a", E, "b", E, 1), 1, "qemu"));
	add_edge(graph, of_source(seen("b", E, "a", E, 2), 1, "qemu"));
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, of_source(seen("a", E, "b", E, 1), 1, "qemu"));
	add_edge(graph, of_source(seen("b", E, "a", E, 1), 1, "CPU 0/KVM"));
	expect_alone(graph, ORDER_LOW);
}

/* Those that were seen at all. */
static void add_run(struct order_graph *graph, const struct order_edge edges[2])
{
	for (size_t i = 0; i < 2; i++)
		if (edges[i].count)
			add_edge(graph, edges[i]);
}

/* Two runs, in either order. */
static void expect_of_runs(const struct order_edge one[2], const struct order_edge other[2],
			   enum order_label label)
{
	for (size_t i = 0; i < 2; i++) {
		struct order_graph *graph = start();

		add_run(graph, i ? other : one);
		add_run(graph, i ? one : other);
		expect_alone(graph, label);
	}
}

static void no_run_hides_what_another_one_has(void **state)
{
	const struct order_edge one[2] = { of_source(seen("a", E, "b", E, 5), 1, "sh"),
					   of_source(seen("b", E, "a", E, 5), 1, "sh") };
	const struct order_edge same[2] = { of_source(seen("a", E, "b", E, 6), 2, "sh"),
					    of_source(seen("b", E, "a", E, 6), 2, "sh") };
	const struct order_edge two[2] = { of_source(seen("a", E, "b", E, 6), 2, "sh"),
					   of_source(seen("b", E, "a", E, 7), 2, "sh") };
	const struct order_edge half[2] = { of_source(seen("a", E, "b", E, 6), 2, "sh") };
	const struct order_edge other[2] = { of_source(seen("a", E, "b", E, 6), 2, "bash"),
					     of_source(seen("b", E, "a", E, 6), 2, "bash") };

	(void)state;
	expect_of_runs(one, other, ORDER_PREDICTED);
	expect_of_runs(one, same, ORDER_LOW);
	expect_of_runs(one, two, ORDER_PREDICTED);
	expect_of_runs(one, half, ORDER_PREDICTED);
}

/* A task that is called otherwise later is one task, by the name that it had first. */
static void a_task_of_two_names_is_one(void **state)
{
	const struct order_edge one[2] = { of_source(seen("a", E, "b", E, 5), 1, "x"),
					   of_source(seen("b", E, "a", E, 5), 1, "x") };
	const struct order_edge same[2] = { of_source(seen("a", E, "b", E, 6), 2, "x"),
					    of_source(seen("b", E, "a", E, 6), 2, "x") };
	const struct order_edge renamed = of_source(seen("a", E, "b", E, 6), 2, "y");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct order_graph *graph = start();

		add_run(graph, i ? one : same);
		if (!i)
			add_edge(graph, renamed);
		add_run(graph, i ? same : one);
		if (i)
			add_edge(graph, renamed);
		expect_alone(graph, ORDER_LOW);
	}
}

/* More than can be told apart are many. */
static void runs_become_many(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	for (unsigned int run = ORDER_RUNS; run--;) {
		add_edge(graph, of_source(seen("a", E, "b", E, run), run, "sh"));
		add_edge(graph, of_source(seen("b", E, "a", E, run), run, "sh"));
	}
	expect(graph, ORDER_LOW, 1);
	assert_int_equal(order_graph_edge(graph, "a", "b", E, E)->runs, ORDER_RUNS);
	add_edge(graph, of_source(seen("a", E, "b", E, 1), ORDER_RUNS, "sh"));
	add_edge(graph, of_source(seen("b", E, "a", E, 1), ORDER_RUNS, "sh"));
	expect_alone(graph, ORDER_PREDICTED);
}

/* The same as in a third run are two that are not the same. */
static void each_task_is_compared_with_each(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, of_source(seen("a", E, "b", E, 1), 1, "qemu"));
	add_edge(graph, of_source(seen("b", E, "c", E, 2), 2, "qemu"));
	add_edge(graph, of_source(seen("c", E, "a", E, 3), 1, "qemu"));
	expect_alone(graph, ORDER_PREDICTED);
}

/*
 * Guards
 */

static void a_guard_keeps_all_others_out(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded(guarded(seen("a", E, "b", E, 1), "h"), "g"));
	add_edge(graph, guarded(guarded(seen("b", E, "a", E, 2), "g"), "i"));
	expect(graph, ORDER_GUARDED, 1);
	assert_string_equal(told.guard, "g");
	/* It was not always held. */
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "h"));
	expect(graph, ORDER_PREDICTED, 1);
	assert_int_equal(order_graph_cycles(graph, ORDER_GUARDED), 0);
	order_graph_free(graph);
}

static void two_guards_are_none(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "g"));
	add_edge(graph, guarded(seen("b", E, "a", E, 2), "h"));
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "g"));
	add_edge(graph, guarded(seen("b", E, "c", E, 2), "g"));
	add(graph, "c", "a", 3);
	expect_alone(graph, ORDER_PREDICTED);
}

static void what_is_waited_for_is_no_guard(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "b"));
	add_edge(graph, guarded(seen("b", E, "a", E, 2), "b"));
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, guarded(guarded(seen("a", E, "b", E, 1), "b"), "g"));
	add_edge(graph, guarded(guarded(seen("b", E, "a", E, 2), "b"), "g"));
	expect_alone(graph, ORDER_GUARDED);
	assert_string_equal(told.guard, "g");
}

/* Who writes keeps readers out, and is kept out by them; readers do not keep each other out. */
static void one_reader_of_a_guard_is_kept_out(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded_in(seen("a", E, "b", E, 1), "g", S));
	add_edge(graph, guarded(seen("b", E, "a", E, 2), "g"));
	expect(graph, ORDER_GUARDED, 1);
	assert_string_equal(told.guard, "g");
	/* It was not always written. */
	add_edge(graph, guarded_in(seen("b", E, "a", E, 2), "g", S));
	expect_alone(graph, ORDER_PREDICTED);
	/* Two tasks may be the readers, and one of them where it did write. */
	graph = start();
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "g"));
	add_edge(graph, guarded_in(seen("b", E, "c", E, 2), "g", S));
	add_edge(graph, guarded_in(seen("c", E, "a", E, 3), "g", S));
	expect_alone(graph, ORDER_PREDICTED);
}

/* Where a device is removed that nobody uses any more, nobody is who uses it. */
static void who_uses_a_device_does_not_meet_its_removal(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded_in(seen("a", E, "b", E, 1), "OPEN(x)", S));
	add_edge(graph, guarded(seen("b", E, "a", E, 2), "OPEN(x)"));
	expect(graph, ORDER_GUARDED, 1);
	assert_true(told.last.is_about_removal);
	assert_string_equal(told.guard, "OPEN(x)");
	/* The removal of another one does. */
	add_edge(graph, guarded(seen("b", E, "a", E, 2), "OPEN(y)"));
	expect_alone(graph, ORDER_PREDICTED);
	assert_false(told.last.is_about_removal);
	/* Who waits for the end of all does so before it, whatever is between. */
	graph = start();
	add_edge(graph, seen("OPEN(x)", S, "a", E, 1));
	add(graph, "a", "OPEN(x)", 2);
	expect(graph, ORDER_PREDICTED, 1);
	add_edge(graph, guarded(seen("a", E, "b", E, 2), "OPEN(x)"));
	add(graph, "b", "OPEN(x)", 3);
	expect(graph, ORDER_GUARDED, 2);
	assert_true(told.last.is_about_removal);
	order_graph_free(graph);
	/* Two of a lock are not enough, nor two that use it. */
	graph = start();
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "g"));
	add_edge(graph, guarded_in(seen("b", E, "c", E, 2), "g", S));
	add(graph, "c", "a", 3);
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, guarded_in(seen("a", E, "b", E, 1), "OPEN(x)", S));
	add_edge(graph, guarded_in(seen("b", E, "a", E, 2), "OPEN(x)", S));
	expect_alone(graph, ORDER_PREDICTED);
	/* "*" may be two devices. */
	graph = start();
	add_edge(graph, guarded_in(seen("x of *", E, "bus", E, 1), "OPEN(*)", S));
	add_edge(graph, seen("bus", E, "y of *", E, 2));
	add_edge(graph, guarded(seen("y of *", E, "pool", E, 3), "OPEN(*)"));
	add(graph, "pool", "x of *", 4);
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, guarded_in(seen("x of *", E, "bus", E, 1), "OPEN(*)", S));
	add_edge(graph, guarded(seen("bus", E, "x of *", E, 2), "OPEN(*)"));
	expect_alone(graph, ORDER_GUARDED);
}

static void one_guarded_task_is_one_task(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "g"));
	add_edge(graph, guarded(seen("b", E, "a", E, 1), "g"));
	expect(graph, ORDER_LOW, 1);
	add_edge(graph, guarded(seen("b", E, "a", E, 2), "g"));
	expect(graph, ORDER_GUARDED, 1);
	add(graph, "b", "a", 2);
	expect(graph, ORDER_PREDICTED, 1);
	order_graph_free(graph);
}

/*
 * Readers
 */

static void readers_alone_do_not_block(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, seen("a", S, "b", S, 1));
	add_edge(graph, seen("b", S, "a", S, 2));
	add_edge(graph, seen("c", S, "c", S, 2));
	expect_silence(graph);
	/* A writer of what is no joint of readers. */
	graph = start();
	add_edge(graph, seen("a", S, "b", S, 1));
	add_edge(graph, seen("b", S, "a", E, 2));
	expect_silence(graph);
}

static void readers_block_behind_a_writer(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, seen("a", E, "b", S, 1));
	add_edge(graph, seen("b", S, "a", E, 2));
	assert_int_equal(check(graph), 0);
	/* Who has it may only have tried: nobody waits behind that. */
	add_edge(graph, seen("b", E, "z", E, 3));
	assert_int_equal(check(graph), 0);
	add_edge(graph, seen("0", S, "b", E, 3));
	expect(graph, ORDER_SUSPECTED, 1);
	assert_string_equal(told.writer, "0");
	/* Surer than that: somebody waits for a reader. */
	add_edge(graph, seen("a", E, "b", E, 4));
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, seen("a", S, "a", S, 1));
	add_edge(graph, seen("0", S, "a", E, 3));
	expect_alone(graph, ORDER_SUSPECTED);
}

/* Who reads twice waits for itself only behind another task, which writes. */
static void a_reader_alone_takes_a_writer(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded(seen("a", S, "a", S, 1), "g"));
	add_edge(graph, seen("g", E, "a", E, 1));
	expect(graph, ORDER_LOW, 1);
	add_edge(graph, seen("g", E, "a", E, 2));
	expect(graph, ORDER_GUARDED, 1);
	assert_string_equal(told.guard, "g");
	assert_string_equal(told.writer, "g");
	add_edge(graph, guarded_in(seen("h", E, "a", E, 2), "g", S));
	assert_int_equal(check(graph), 0);
	/* Both of them read what kept them apart. */
	add_edge(graph, guarded_in(seen("a", S, "a", S, 1), "g", S));
	expect_alone(graph, ORDER_SUSPECTED);
	assert_string_equal(told.writer, "h");
	graph = start();
	add_edge(graph, guarded(seen("a", S, "a", S, 1), "g"));
	add_edge(graph, seen("0", S, "a", E, 2));
	expect_alone(graph, ORDER_SUSPECTED);
}

/* As what a task waits for that reads, behind one that writes. */
static void add_readers(struct order_graph *graph, const char *guard)
{
	add_edge(graph, guarded_in(seen("a", S, "b", S, 1), guard, S));
	add_edge(graph, guarded_in(seen("b", S, "a", S, 2), guard, S));
	assert_int_equal(check(graph), 0);
}

static void readers_take_a_writer_each(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_readers(graph, "g");
	/* What all writers hold, and all readers read. */
	add_edge(graph, seen("g", E, "a", E, 3));
	assert_int_equal(check(graph), 0);
	add_edge(graph, seen("g", E, "b", E, 4));
	expect(graph, ORDER_GUARDED, 1);
	assert_string_equal(told.guard, "g");
	assert_true(told.last.is_about_writer);
	/* One of two places is enough to be kept out of. */
	add_edge(graph, seen("0", S, "a", E, 5));
	assert_int_equal(check(graph), 0);
	add_edge(graph, guarded_in(seen("0", S, "b", E, 5), "g", S));
	expect_alone(graph, ORDER_SUSPECTED);
	assert_string_equal(told.writer, "0");
	/* What keeps all of them apart is surer than what keeps one who writes away. */
	graph = start();
	add_edge(graph, guarded(guarded_in(seen("a", S, "b", S, 1), "h", S), "g"));
	add_edge(graph, guarded(guarded_in(seen("b", S, "a", S, 2), "h", S), "g"));
	add_edge(graph, seen("h", E, "a", E, 3));
	add_edge(graph, seen("h", E, "b", E, 4));
	expect(graph, ORDER_GUARDED, 1);
	assert_string_equal(told.guard, "g");
	assert_false(told.last.is_about_writer);
	order_graph_free(graph);
	/* What a task holds that does not wait here may be let go by then. */
	graph = start();
	add_edge(graph, guarded(seen("a", E, "b", S, 1), "g"));
	add_edge(graph, guarded(seen("b", S, "a", E, 2), "h"));
	add_edge(graph, guarded(seen("0", S, "b", E, 3), "h"));
	expect_alone(graph, ORDER_SUSPECTED);
	/* But not what another one waits for. */
	graph = start();
	add_edge(graph, seen("a", S, "b", S, 1));
	add_edge(graph, seen("b", S, "c", E, 2));
	add_edge(graph, seen("c", E, "a", E, 3));
	add_edge(graph, guarded_in(seen("0", S, "b", E, 4), "c", S));
	expect_alone(graph, ORDER_GUARDED);
	assert_string_equal(told.guard, "c");
}

/* "*" is one device where edges meet at it, and any two elsewhere. */
static void guards_of_another_device_are_none(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, seen("a", E, "bus", S, 1));
	add_edge(graph, guarded(seen("bus", S, "a", E, 2), "state of *"));
	add_edge(graph, guarded(seen("x of *", E, "bus", E, 3), "a"));
	expect(graph, ORDER_GUARDED, 1);
	order_graph_free(graph);
	graph = start();
	add_edge(graph, guarded(seen("x of *", E, "bus", S, 1), "state of *"));
	add_edge(graph, seen("bus", S, "x of *", E, 2));
	add_edge(graph, guarded(seen("y of *", E, "bus", E, 3), "state of *"));
	expect(graph, ORDER_SUSPECTED, 1);
	order_graph_free(graph);
	/* What is waited for is of the device, too. */
	graph = start();
	add_edge(graph, guarded(seen("bus", E, "x of *", S, 1), "state of *"));
	add_edge(graph, seen("x of *", S, "bus", E, 2));
	add_edge(graph, guarded(seen("y of *", E, "x of *", E, 3), "state of *"));
	expect(graph, ORDER_GUARDED, 1);
	assert_string_equal(told.guard, "state of *");
	order_graph_free(graph);
	/* But what is held elsewhere in the cycle is another device's, perhaps. */
	graph = start();
	add_edge(graph, seen("bus", E, "x of *", S, 1));
	add_edge(graph, seen("x of *", S, "pool", E, 2));
	add_edge(graph, seen("pool", E, "y of *", E, 3));
	add_edge(graph, seen("y of *", E, "bus", E, 4));
	add_edge(graph, guarded(seen("z of *", E, "x of *", E, 5), "y of *"));
	expect(graph, ORDER_SUSPECTED, 1);
	order_graph_free(graph);
	/* All edges meet at the device, or two of them do not. */
	graph = start();
	add_edge(graph, guarded(seen("x of *", E, "bus", E, 1), "state of *"));
	add_edge(graph, guarded(seen("bus", E, "y of *", E, 2), "state of *"));
	add_edge(graph, guarded(seen("y of *", E, "x of *", E, 3), "state of *"));
	expect(graph, ORDER_GUARDED, 1);
	order_graph_free(graph);
	graph = start();
	add_edge(graph, guarded(seen("x of *", E, "bus", E, 1), "state of *"));
	add_edge(graph, guarded(seen("bus", E, "y of *", E, 2), "state of *"));
	add_edge(graph, guarded(seen("y of *", E, "pool", E, 3), "state of *"));
	add_edge(graph, guarded(seen("pool", E, "x of *", E, 4), "state of *"));
	expect_alone(graph, ORDER_PREDICTED);
}

static void a_reader_is_not_the_writer_too(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_readers(graph, "g");
	add_edge(graph, seen("0", S, "a", E, 1));
	add_edge(graph, seen("0", S, "b", E, 2));
	expect(graph, ORDER_LOW, 1);
	assert_true(told.last.is_about_writer);
	add_edge(graph, seen("0", S, "b", E, 3));
	assert_int_equal(check(graph), 0);
	add_edge(graph, seen("1", S, "a", E, 3));
	expect_alone(graph, ORDER_SUSPECTED);
}

static void one_exclusive_side_is_enough(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, seen("a", S, "b", E, 1));
	add_edge(graph, seen("b", S, "a", E, 2));
	expect_alone(graph, ORDER_PREDICTED);
	graph = start();
	add_edge(graph, seen("a", E, "b", S, 1));
	add_edge(graph, seen("b", E, "a", S, 2));
	expect_alone(graph, ORDER_PREDICTED);
}

static void readers_come_after_tasks_and_guards(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded(seen("a", E, "b", S, 1), "g"));
	add_edge(graph, guarded(seen("b", S, "a", E, 1), "g"));
	add_edge(graph, seen("z", E, "b", E, 3));
	expect(graph, ORDER_LOW, 1);
	add_edge(graph, guarded(seen("b", S, "a", E, 2), "g"));
	expect(graph, ORDER_GUARDED, 1);
	add_edge(graph, seen("b", S, "a", E, 2));
	expect_alone(graph, ORDER_SUSPECTED);
}

static void the_gravest_of_several_modes_is_reported(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add_edge(graph, guarded(seen("a", E, "b", E, 1), "g"));
	add_edge(graph, seen("a", S, "b", S, 1));
	add_edge(graph, seen("a", S, "b", E, 1));
	add_edge(graph, guarded(seen("b", E, "a", E, 2), "g"));
	add_edge(graph, guarded(seen("b", S, "a", S, 1), "g"));
	expect(graph, ORDER_PREDICTED, 1);
	assert_int_equal(told.last.edge[0]->from_mode, S);
	assert_int_equal(told.last.edge[0]->to_mode, E);
	order_graph_free(graph);
}

/*
 * What is added
 */

static void edges_become_one(void **state)
{
	struct order_graph *graph = start();
	struct order_edge edge = guarded(guarded(seen("a", E, "b", S, 1), "g"), "h");
	const struct order_edge *known;

	(void)state;
	add_edge(graph, edge);
	edge = guarded(guarded(seen("a", E, "b", S, 1), "i"), "h");
	edge.count = 5;
	edge.first_ns = 50;
	edge.last_ns = 170;
	strcpy(edge.scope, "sysfs");
	edge.frame[0] = "down_read";
	add_edge(graph, edge);
	edge.first_ns = 60;
	edge.last_ns = 70;
	add_edge(graph, edge);
	known = order_graph_edge(graph, "a", "b", E, S);
	assert_int_equal(known->count, 11);
	assert_int_equal(known->first_ns, 50);
	assert_int_equal(known->last_ns, 170);
	assert_int_equal(known->guards, 1);
	assert_string_equal(known->guard[0].class, "h");
	assert_string_equal(known->scope, "write");
	assert_string_equal(known->frame[0], "mutex_lock");
	assert_false(known->many_tasks);
	order_graph_free(graph);
}

static void the_first_task_stays(void **state)
{
	struct order_graph *graph = start();
	const struct order_edge *known;

	(void)state;
	add_edge(graph, of_source(seen("a", E, "b", E, 7), 1, "qemu"));
	add_edge(graph, of_source(seen("a", E, "b", E, 8), 2, "qemu"));
	known = order_graph_edge(graph, "a", "b", E, E);
	assert_int_equal(known->source, 1);
	assert_int_equal(known->task.tid, 7);
	assert_false(known->many_tasks);
	add_edge(graph, of_source(seen("a", E, "b", E, 7), 2, "bash"));
	assert_int_equal(known->task.tid, 7);
	assert_string_equal(known->task.comm, "qemu");
	assert_true(known->many_tasks);
	order_graph_free(graph);
}

static void a_stack_is_better_than_none(void **state)
{
	struct order_graph *graph = start();
	struct order_edge edge = of_source(seen("a", E, "b", E, 7), 1, "qemu");
	const struct order_edge *known;
	char name[16];

	(void)state;
	edge.frames = 0;
	add_edge(graph, edge);
	add_edge(graph, edge);
	edge = of_source(seen("a", E, "b", E, 8), 2, "qemu");
	strcpy(edge.scope, "sysfs");
	strcpy(name, "mutex_lock");
	edge.frame[0] = name;
	add_edge(graph, edge);
	strcpy(name, "xxxxxxxxxx");
	known = order_graph_edge(graph, "a", "b", E, E);
	assert_int_equal(known->frames, 1);
	assert_string_equal(known->frame[0], "mutex_lock");
	assert_string_equal(known->scope, "sysfs");
	assert_int_equal(known->source, 2);
	assert_int_equal(known->task.tid, 8);
	assert_int_equal(known->count, 3);
	assert_false(known->many_tasks);
	order_graph_free(graph);
}

/* Then who it is, is compared by other numbers. */
static void a_stack_of_another_run_matters(void **state)
{
	struct order_graph *graph = start();
	struct order_edge edge = of_source(seen("b", E, "a", E, 1), 1, "qemu");

	(void)state;
	add_edge(graph, of_source(seen("a", E, "b", E, 1), 1, "qemu"));
	edge.frames = 0;
	add_edge(graph, edge);
	expect(graph, ORDER_LOW, 1);
	add_edge(graph, of_source(seen("b", E, "a", E, 7), 2, "qemu"));
	expect_alone(graph, ORDER_PREDICTED);
}

static int compare_edges(const struct order_edge *one, const struct order_edge *other)
{
	int order = strcmp(one->from, other->from);

	if (!order)
		order = strcmp(one->to, other->to);
	if (!order)
		order = (int)one->from_mode - (int)other->from_mode;
	return order ? order : (int)one->to_mode - (int)other->to_mode;
}

static void edges_are_sorted(void **state)
{
	struct order_graph *graph = start();
	const struct order_edge *const *edges;
	size_t count;
	__u64 seed = 7;

	(void)state;
	assert_int_equal(order_graph_edges(graph, &edges), 0);
	for (size_t i = 0; i < 3000; i++) {
		char from[2] = { (char)('a' + random_number(&seed) % 6) };
		char to[2] = { (char)('a' + random_number(&seed) % 6) };

		add_edge(graph,
			 seen(from, random_number(&seed) % 2, to, random_number(&seed) % 2, 1));
	}
	count = order_graph_edges(graph, &edges);
	assert_int_equal(count, 6 * 6 * 4);
	for (size_t i = 0; i < count; i++) {
		assert_true(!i || compare_edges(edges[i - 1], edges[i]) < 0);
		assert_ptr_equal(order_graph_edge(graph, edges[i]->from, edges[i]->to,
						  edges[i]->from_mode, edges[i]->to_mode),
				 edges[i]);
	}
	assert_null(order_graph_edge(graph, "a", "z", E, E));
	assert_null(order_graph_edge(graph, "z", "a", E, E));
	assert_null(order_graph_edge(graph, "", "", E, E));
	order_graph_free(graph);
}

static void expect_search(struct order_graph *graph, bool wanted)
{
	unsigned int before = graph->known.search;

	check(graph);
	assert_int_equal(graph->known.search - before, wanted);
}

static void only_what_matters_is_searched_for(void **state)
{
	struct order_graph *graph = start();
	struct order_edge edge = guarded(guarded(seen("a", E, "b", E, 1), "g"), "h");

	(void)state;
	expect_search(graph, false);
	add_edge(graph, edge);
	expect_search(graph, true);
	expect_search(graph, false);
	edge.last_ns += 1000;
	strcpy(edge.scope, "sysfs");
	add_edge(graph, guarded(edge, "i"));
	expect_search(graph, false);
	edge.guards = 1;
	add_edge(graph, edge);
	expect_search(graph, true);
	edge.task.tid = 2;
	add_edge(graph, edge);
	expect_search(graph, true);
	edge.task.tid = 3;
	add_edge(graph, edge);
	expect_search(graph, false);
	edge.to_mode = S;
	add_edge(graph, edge);
	expect_search(graph, true);
	rename_in(graph, "z", "y");
	rename_in(graph, "a", "a");
	expect_search(graph, false);
	rename_in(graph, "g", "h");
	expect_search(graph, true);
	order_graph_free(graph);
}

/*
 * Other names
 */

static void a_cycle_by_another_name_is_the_same(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add(graph, "a", "b", 1);
	add(graph, "b", "a", 1);
	expect(graph, ORDER_LOW, 1);
	rename_in(graph, "a", "zdev.state_lock of D"); /* it is not the smallest any more */
	assert_int_equal(check(graph), 0);
	assert_null(order_graph_edge(graph, "a", "b", E, E));
	assert_non_null(order_graph_edge(graph, "b", "zdev.state_lock of D", E, E));
	assert_int_equal(order_graph_cycles(graph, ORDER_LOW), 1);
	add(graph, "b", "zdev.state_lock of D", 2);
	expect(graph, ORDER_PREDICTED, 1);
	assert_string_equal(told.nodes, "b zdev.state_lock of D");
	/* Whatever has the old name from now on is another one. */
	add(graph, "a", "b", 1);
	add(graph, "b", "a", 1);
	expect(graph, ORDER_LOW, 2);
	order_graph_free(graph);
}

static void edges_of_one_name_become_one(void **state)
{
	struct order_graph *graph = start();
	const struct order_edge *edge;

	(void)state;
	add_edge(graph, guarded(guarded(seen("a", E, "c", E, 1), "g"), "h"));
	add_edge(graph, guarded(seen("b", E, "c", E, 2), "i"));
	add_edge(graph, guarded(guarded(seen("b", S, "c", E, 2), "g"), "i"));
	add_edge(graph, seen("c", E, "a", E, 2));
	rename_in(graph, "g", "i");
	assert_string_equal(order_graph_edge(graph, "a", "c", E, E)->guard[0].class, "i");
	/* It was there already. */
	assert_int_equal(order_graph_edge(graph, "b", "c", S, E)->guards, 1);
	rename_in(graph, "a", "b");
	assert_int_equal(graph->count, 3);
	edge = order_graph_edge(graph, "b", "c", E, E);
	assert_int_equal(edge->count, 2);
	assert_int_equal(edge->task.tid, 2);
	assert_true(edge->many_tasks);
	assert_int_equal(edge->guards, 1);
	assert_string_equal(edge->guard[0].class, "i");
	assert_non_null(order_graph_edge(graph, "c", "b", E, E));
	assert_null(order_graph_edge(graph, "c", "a", E, E));
	order_graph_free(graph);
}

static void cycles_of_one_name_become_one(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add(graph, "c", "a", 1);
	add(graph, "a", "c", 1);
	expect(graph, ORDER_LOW, 1);
	add(graph, "c", "b", 1);
	add(graph, "b", "c", 2);
	expect(graph, ORDER_PREDICTED, 2);
	rename_in(graph, "b", "a");
	assert_int_equal(check(graph), 0);
	assert_int_equal(order_graph_cycles(graph, ORDER_LOW), 0);
	assert_int_equal(order_graph_cycles(graph, ORDER_PREDICTED), 1);
	order_graph_free(graph);
	/* It has the older number. */
	graph = start();
	add(graph, "c", "a", 1);
	add(graph, "a", "c", 1);
	expect(graph, ORDER_LOW, 1);
	add_edge(graph, guarded(seen("c", E, "b", E, 1), "g"));
	add_edge(graph, guarded(seen("b", E, "c", E, 2), "g"));
	expect(graph, ORDER_GUARDED, 2);
	rename_in(graph, "a", "b");
	expect_alone(graph, ORDER_PREDICTED);
}

/* And what was told of two locks does not say that they are one. */
static void a_name_can_close_a_cycle(void **state)
{
	struct order_graph *graph = start();

	(void)state;
	add(graph, "a", "b", 1);
	add(graph, "b", "c", 2);
	assert_int_equal(check(graph), 0);
	rename_in(graph, "c", "a");
	expect(graph, ORDER_PREDICTED, 1);
	rename_in(graph, "b", "a");
	expect(graph, ORDER_PREDICTED, 2);
	assert_string_equal(told.nodes, "a");
	order_graph_free(graph);
}

static void names_that_are_too_long_are_cut(void **state)
{
	struct order_graph *graph = start();
	char name[2 * ORDER_CLASS_BYTES];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	add(graph, "a", "b", 1);
	add(graph, "b", "a", 2);
	expect(graph, ORDER_PREDICTED, 1);
	rename_in(graph, "a", name);
	assert_int_equal(check(graph), 0);
	name[ORDER_CLASS_BYTES - 1] = '\0';
	assert_non_null(order_graph_edge(graph, name, "b", E, E));
	order_graph_free(graph);
}

/*
 * Devices
 */

static void expect_general(const char *from, const char *to, const char *guard,
			   const char *general_from, const char *general_to,
			   const char *general_guard)
{
	struct order_edge edge =
		guarded(guarded(seen(from, E, to, E, 1), guard), "zdev.state_lock of Y");

	order_edge_generalise(&edge);
	assert_string_equal(edge.from, general_from);
	assert_string_equal(edge.to, general_to);
	assert_string_equal(edge.guard[0].class, general_guard);
	assert_string_equal(edge.guard[1].class, "zdev.state_lock of Y");
}

static void an_order_of_one_device_is_one_of_any(void **state)
{
	(void)state;
	expect_general("zdev.state_lock of 1:00", "OPEN(1:00)", "memory_lock of 1:00",
		       "zdev.state_lock of *", "OPEN(*)", "memory_lock of *");
	expect_general("OPEN(1:00)", "rescan_lock", "OPEN(1:00)", "OPEN(*)", "rescan_lock",
		       "OPEN(*)");
	expect_general("rescan_lock", "kn->active of 1:00/x", "kn->active of 1:00/rescan",
		       "rescan_lock", "kn->active of */x", "kn->active of */rescan");
	expect_general("dev->mutex of the end of 1:00", "b", "b of 1:0",
		       "dev->mutex of the end of *", "b", "b of 1:0");
	expect_general("kn->active of 1:00/link/l1_aspm", "b", "OPEN(1:00)",
		       "kn->active of */link/l1_aspm", "b", "OPEN(*)");
	expect_general("kn->active of slots/00000011/power", "b", "OPEN(00000011)",
		       "kn->active of slots/*/power", "b", "OPEN(*)");
	expect_general("lock of 1", "b of 1", "c of 12", "lock of *", "b of *", "c of 12");
	expect_general("kn->active of 00000011/power", "zdev.state_lock of 00000011", "c",
		       "kn->active of */power", "zdev.state_lock of *", "c");
	expect_general("of->mutex of 1:00/reset", "pdev.dev.mutex of 1:00", "OPEN(1:00)",
		       "of->mutex of */reset", "pdev.dev.mutex of *", "OPEN(*)");
	expect_general("kn->active of vfio-pci/unbind", "pdev.dev.mutex of 1:00",
		       "of->mutex of vfio-pci/unbind", "kn->active of vfio-pci/unbind",
		       "pdev.dev.mutex of *", "of->mutex of vfio-pci/unbind");
}

static void an_order_between_devices_stays(void **state)
{
	(void)state;
	expect_general("a of 1:00", "OPEN(2:00)", "b of 1:00", "a of 1:00", "OPEN(2:00)",
		       "b of 1:00");
	expect_general("a of 1:00", "b of 1:000", "c of 1:00", "a of 1:00", "b of 1:000",
		       "c of 1:00");
	expect_general("a of *", "b of 1:00", "c of 1:00", "a of *", "b of 1:00", "c of 1:00");
}

static void an_order_of_no_device_stays(void **state)
{
	static const char *const classes[] = {
		"",
		"rescan_lock",
		"of 1:00",
		"a of ",
		"OPEN()",
		"OPEN(1:00",
		"kn->active of rescan",
		"kn->active of /rescan",
		"XOPEN(1:0)",
		"a of1:00",
		"kn->active of rescan ",
		"OPEN",
		"kn->active of pci/rescan",
		"of->mutex of pci/rescan",
		"kn->active of e1000e/bind",
		"kn->active of drivers/e1000e/bind",
		"kn->active of bus/pci/rescan",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(classes); i++)
		for (size_t j = 0; j < COUNT_OF(classes); j++)
			expect_general(classes[i], classes[j], "OPEN(Y)", classes[i], classes[j],
				       "OPEN(Y)");
}

static void what_is_general_stays_so(void **state)
{
	(void)state;
	expect_general("zdev.state_lock of *", "OPEN(*)", "kn->active of */rescan",
		       "zdev.state_lock of *", "OPEN(*)", "kn->active of */rescan");
	assert_true(order_class_is_of_any_device("kn->active of */rescan"));
	assert_true(order_class_is_of_any_device("kn->active of */link/l1_aspm"));
	assert_true(order_class_is_of_any_device("of->mutex of slots/*/power"));
	assert_true(order_class_is_of_any_device("OPEN(*)"));
	assert_false(order_class_is_of_any_device("kn->active of pci/rescan"));
	assert_false(order_class_is_of_any_device("kn->active of bus/pci/rescan"));
	assert_false(order_class_is_of_any_device("OPEN(1:00)"));
}

/*
 * Names
 */

static void numbers_have_names(void **state)
{
	static const char *const labels[] = { "none",	   "low",	"guarded",
					      "suspected", "predicted", "?" };
	static const char *const scopes[] = { "read",	   "write",	  "ioctl",    "mmap",
					      "release",   "open_device", "fault",    "group",
					      "container", "sysfs",	  "function", "?" };

	(void)state;
	for (unsigned int i = 0; i < COUNT_OF(labels); i++)
		assert_string_equal(order_label_name(i), labels[i]);
	for (unsigned int i = 0; i < COUNT_OF(scopes); i++)
		assert_string_equal(order_scope_name(i), scopes[i]);
	assert_string_equal(order_mode_name(ORDER_EXCLUSIVE), "exclusive");
	assert_string_equal(order_mode_name(ORDER_SHARED), "shared");
	assert_string_equal(order_mode_name(2), "?");
	assert_string_equal(order_label_name(-1U), "?");
	assert_string_equal(order_scope_name(-1U), "?");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(knows_the_cycle_of_2021),
	cmocka_unit_test(knows_two_that_meet),
	cmocka_unit_test(knows_three_that_meet),
	cmocka_unit_test(keeps_apart_what_goes_the_other_way_around),
	cmocka_unit_test(one_task_can_wait_for_itself),
	cmocka_unit_test(one_reader_of_a_guard_is_kept_out),
	cmocka_unit_test(a_reader_alone_takes_a_writer),
	cmocka_unit_test(readers_take_a_writer_each),
	cmocka_unit_test(guards_of_another_device_are_none),
	cmocka_unit_test(a_reader_is_not_the_writer_too),
	cmocka_unit_test(a_check_says_that_it_was_cut),
	cmocka_unit_test(a_check_is_cut_where_writers_are_many),
	cmocka_unit_test(large_graphs_cost_little),
	cmocka_unit_test(one_task_is_not_at_two_places),
	cmocka_unit_test(a_number_of_a_task_is_used_again),
	cmocka_unit_test(others_did_so_too),
	cmocka_unit_test(tasks_of_two_runs_are_told_apart_by_name),
	cmocka_unit_test(no_run_hides_what_another_one_has),
	cmocka_unit_test(a_task_of_two_names_is_one),
	cmocka_unit_test(runs_become_many),
	cmocka_unit_test(each_task_is_compared_with_each),
	cmocka_unit_test(a_guard_keeps_all_others_out),
	cmocka_unit_test(two_guards_are_none),
	cmocka_unit_test(what_is_waited_for_is_no_guard),
	cmocka_unit_test(who_uses_a_device_does_not_meet_its_removal),
	cmocka_unit_test(one_guarded_task_is_one_task),
	cmocka_unit_test(readers_alone_do_not_block),
	cmocka_unit_test(readers_block_behind_a_writer),
	cmocka_unit_test(one_exclusive_side_is_enough),
	cmocka_unit_test(readers_come_after_tasks_and_guards),
	cmocka_unit_test(the_gravest_of_several_modes_is_reported),
	cmocka_unit_test(edges_become_one),
	cmocka_unit_test(the_first_task_stays),
	cmocka_unit_test(a_stack_is_better_than_none),
	cmocka_unit_test(a_stack_of_another_run_matters),
	cmocka_unit_test(edges_are_sorted),
	cmocka_unit_test(only_what_matters_is_searched_for),
	cmocka_unit_test(a_cycle_by_another_name_is_the_same),
	cmocka_unit_test(edges_of_one_name_become_one),
	cmocka_unit_test(cycles_of_one_name_become_one),
	cmocka_unit_test(a_name_can_close_a_cycle),
	cmocka_unit_test(names_that_are_too_long_are_cut),
	cmocka_unit_test(an_order_of_one_device_is_one_of_any),
	cmocka_unit_test(an_order_between_devices_stays),
	cmocka_unit_test(an_order_of_no_device_stays),
	cmocka_unit_test(what_is_general_stays_so),
	cmocka_unit_test(numbers_have_names),
};

RUN_TESTS(tests)
