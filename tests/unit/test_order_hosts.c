// SPDX-License-Identifier: GPL-2.0-only
/* Orders of many hosts and devices as of one. */
#include "order_edges.h"
#include "unit.h"

#include "../../user/model/order_hosts.h"

#define count_of(array) (sizeof(array) / sizeof((array)[0]))

static void learn(struct order_hosts *hosts, const char *host, const struct order_edge *edges,
		  size_t count)
{
	struct order_graph *graph = order_graph_new();

	for (size_t i = 0; i < count; i++)
		add_edge(graph, edges[i]);
	assert_int_equal(order_hosts_add(hosts, host, graph), 0);
	order_graph_free(graph);
}

/* Of that run. */
static void learn_one(struct order_hosts *hosts, const char *host, unsigned int run,
		      const char *from, const char *to)
{
	struct order_edge edge = seen(from, E, to, E, run);

	edge.source = run;
	learn(hosts, host, &edge, 1);
}

static struct order_graph *merged(struct order_hosts *hosts)
{
	struct order_graph *graph = order_graph_new();

	assert_int_equal(order_hosts_merge(hosts, graph), 0);
	return graph;
}

static size_t edges_of(const struct order_graph *graph)
{
	const struct order_edge *const *edges;

	return order_graph_edges(graph, &edges);
}

static void ignore_cycle(const struct order_cycle *cycle, void *argument)
{
	(void)argument;
	expect_sound(cycle);
}

static void end(struct order_hosts *hosts, struct order_graph *graph, enum order_label label,
		size_t cycles)
{
	assert_int_equal(order_graph_check(graph, ignore_cycle, NULL), CYCLES_ALL);
	assert_int_equal(order_graph_cycles(graph, label), cycles);
	order_graph_free(graph);
	order_hosts_free(hosts);
}

static void what_holds_for_one_device_holds_for_all(void **state)
{
	struct order_hosts *hosts = order_hosts_new();
	struct order_graph *graph;

	(void)state;
	learn_one(hosts, "h1", 0, "a of 1:00", "b of 1:00");
	learn_one(hosts, "h2", 1, "b of 2:00", "a of 2:00");
	graph = merged(hosts);
	assert_string_equal(order_graph_edge(graph, "a of *", "b of *", E, E)->task.host, "h1");
	assert_string_equal(order_graph_edge(graph, "b of *", "a of *", E, E)->task.host, "h2");
	end(hosts, graph, ORDER_PREDICTED, 1);
	/* Between two of them it holds where it was seen. */
	hosts = order_hosts_new();
	learn_one(hosts, "h1", 0, "a of 1:00", "a of 2:00");
	learn_one(hosts, "h2", 1, "a of 2:00", "a of 1:00");
	graph = merged(hosts);
	assert_non_null(order_graph_edge(graph, "a of 1:00 on h1", "a of 2:00 on h1", E, E));
	end(hosts, graph, ORDER_PREDICTED, 0);
	hosts = order_hosts_new();
	learn_one(hosts, "h1", 0, "a of 1:00", "a of 2:00");
	learn_one(hosts, "h1", 1, "a of 2:00", "a of 1:00");
	end(hosts, merged(hosts), ORDER_PREDICTED, 1);
}

/* They are no orders of any device; what else there is of these devices is. */
static void cycles_through_two_devices_stay(void **state)
{
	const struct order_edge edges[] = {
		seen("a of 1:00", E, "b of 2:00", E, 1), seen("b of 2:00", E, "c", E, 2),
		seen("c", E, "a of 1:00", E, 3),	 seen("a of 3:00", E, "c", E, 4),
		seen("c", E, "d of 1:00", E, 5),
	};
	struct order_hosts *hosts = order_hosts_new();
	struct order_graph *graph;

	(void)state;
	learn(hosts, "h", edges, count_of(edges));
	learn(hosts, "h", edges, count_of(edges));
	graph = merged(hosts);
	/*
	 * "b of *" to c, c to "a of *", "a of *" to c, c to "d of *"; those of the cycle, and who
	 * else wants to write c.
	 */
	assert_int_equal(edges_of(graph), 4 + 3 + 1);
	/* The other one is of "a of *" and c. */
	end(hosts, graph, ORDER_PREDICTED, 2);
}

/* A hazard of any device is no other one by that device's name. */
static void copies_make_no_cycles_of_their_own(void **state)
{
	const struct order_edge edges[] = {
		seen("a of 1:00", E, "c", E, 1),
		seen("c", E, "a of 1:00", E, 2),
		seen("a of 1:00", E, "b of 2:00", E, 3),
		seen("b of 2:00", E, "c", E, 4),
	};
	struct order_hosts *hosts = order_hosts_new();
	struct order_graph *graph;

	(void)state;
	learn(hosts, "h", edges, count_of(edges));
	graph = merged(hosts);
	assert_int_equal(edges_of(graph), 4 + 3);
	assert_int_equal(order_edge_place(&edges[0]), ORDER_ANYWHERE);
	assert_int_equal(order_edge_place(order_graph_edge(graph, "a of *", "c", E, E)),
			 ORDER_ANYWHERE);
	assert_int_equal(order_edge_place(order_graph_edge(graph, "a of 1:00 on h", "c", E, E)),
			 ORDER_COPY);
	assert_int_equal(
		order_edge_place(order_graph_edge(graph, "a of 1:00 on h", "b of 2:00 on h", E, E)),
		ORDER_BETWEEN);
	end(hosts, graph, ORDER_PREDICTED, 2);
}

static size_t cycles_of_two_devices(const char *host_of_second, const char *host_of_third)
{
	struct order_hosts *hosts = order_hosts_new();
	struct order_graph *graph;
	size_t cycles;

	learn_one(hosts, "h1", 0, "a of 1:00", "b of 2:00");
	learn_one(hosts, host_of_second, 1, "b of 2:00", "c");
	learn_one(hosts, host_of_third, 2, "c", "a of 1:00");
	graph = merged(hosts);
	assert_int_equal(order_graph_check(graph, ignore_cycle, NULL), CYCLES_ALL);
	cycles = order_graph_cycles(graph, ORDER_PREDICTED);
	order_graph_free(graph);
	order_hosts_free(hosts);
	return cycles;
}

/* In whichever of the host's runs. */
static void cycles_through_two_devices_are_of_a_host(void **state)
{
	(void)state;
	assert_int_equal(cycles_of_two_devices("h1", "h1"), 1);
	assert_int_equal(cycles_of_two_devices("h1", "h2"), 0);
	assert_int_equal(cycles_of_two_devices("h2", "h2"), 0);
}

/* A reader waits behind who writes, whoever that is. */
static void writers_between_two_devices_stay(void **state)
{
	const struct order_edge edges[] = {
		seen("a of 1:00", E, "b of 2:00", S, 1),
		seen("b of 2:00", S, "a of 1:00", E, 2),
		seen(ORDER_NOTHING, E, "b of 2:00", E, 3),
	};
	struct order_hosts *hosts = order_hosts_new();

	(void)state;
	learn(hosts, "h", edges, count_of(edges));
	end(hosts, merged(hosts), ORDER_SUSPECTED, 1);
}

#define NAMELESS "mutex at 0x5000#1"

/* What is at an address is another lock in each run. */
static void nameless_locks_are_left_out(void **state)
{
	struct order_edge guarded_by_it = guarded_in(seen("a", E, "b", E, 1), NAMELESS, E);
	struct order_hosts *hosts = order_hosts_new();
	const struct order_edge *edge;
	struct order_graph *graph;

	(void)state;
	learn_one(hosts, "h", 0, "a", NAMELESS);
	learn_one(hosts, "h", 1, NAMELESS, "a");
	learn(hosts, "h", &guarded_by_it, 1);
	graph = merged(hosts);
	assert_int_equal(edges_of(graph), 1);
	assert_int_equal(order_hosts_unnamed(hosts), 2);
	edge = order_graph_edge(graph, "a", "b", E, E);
	assert_int_equal(edge->guards, 0);
	assert_true(edge->guards_cut);
	end(hosts, graph, ORDER_PREDICTED, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_holds_for_one_device_holds_for_all),
	cmocka_unit_test(cycles_through_two_devices_stay),
	cmocka_unit_test(copies_make_no_cycles_of_their_own),
	cmocka_unit_test(cycles_through_two_devices_are_of_a_host),
	cmocka_unit_test(writers_between_two_devices_stay),
	cmocka_unit_test(nameless_locks_are_left_out),
};

RUN_TESTS(tests)
