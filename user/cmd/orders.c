// SPDX-License-Identifier: GPL-2.0-only
/* Joins what the kernel tells of orders, what locks are called, the graph, and reports. */
#define _GNU_SOURCE
#include "orders.h"

#include "locks_orders.h"
#include "order_guards.h"
#include "order_locks.h"

#include "../clock.h"
#include "../lockorder/watch.h"
#include "../message.h"
#include "../model/order.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* There is more to be done than to receive news. */
#define RECEIVE_NS 200000000

/* Orders of locks that have no name become more and more. */
#define MOST_ORDERS 65536

/* How much of an order the graph has. */
struct known_edge {
	struct order_key key;
	__u64 count, first_ns;
	bool is_refused;	 /* there was no room */
	struct known_edge *next; /* of those to be forgotten */
};

struct orders {
	const struct options *options;
	struct lock_names *names;
	struct dot_file *dot;
	struct run *run;
	struct order_receiver receiver;
	struct order_watch *watch;
	struct order_graph *graph;
	__u64 realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	struct order_locks *locks;
	size_t locks_left, orders_left; /* when what is no more was forgotten last */
	__u64 told_of;			/* orders, up to then */
	__u32 modules;			/* that had come or gone when they were looked at */
	__u32 expired;			/* and when names were to be read anew */
	bool is_ending;			/* what comes now came too late */
	void *edges;			/* tsearch(): struct known_edge */
	struct nameless_guards *nameless;
	__u64 without_room, guards_lost, refused;
	bool is_full;	    /* of orders, and this is said */
	bool has_forgotten; /* locks: their orders are next */
	long hazards;	    /* of one orders_take() */
	bool said;	    /* an error: it is not the output's */
	int error;
	/* Counted in the end. */
	struct order_total total;
	struct order_losses losses;
};

static void out_of_memory(struct orders *orders)
{
	if (!orders->said)
		message_error("out of memory");
	orders->said = true;
	orders->error = -1;
}

/*
 * Locks
 */

static void rename_class(const char *from, const char *to, bool as_guard, void *argument)
{
	struct orders *orders = argument;

	if (as_guard)
		order_graph_rename_guards(orders->graph, from, to);
	else if (order_graph_rename(orders->graph, from, to))
		out_of_memory(orders);
}

static void take_lock(const struct order_lock_event *event, void *argument)
{
	struct orders *orders = argument;

	if (order_locks_add(orders->locks, event))
		out_of_memory(orders);
}

static void take_device(const struct order_device_event *event, void *argument)
{
	struct orders *orders = argument;

	if (order_locks_add_device(orders->locks, &event->objects))
		out_of_memory(orders);
}

/*
 * To read them takes a while, in which modules may come and go: what happened before, and is told
 * now, is in them.
 */
static void expire_names(struct orders *orders, __u32 modules)
{
	if ((__s32)(modules - orders->expired) <= 0)
		return;
	orders->expired = order_watch_modules(orders->watch);
	lock_names_expire(orders->names);
}

static void take_gone(const struct order_gone_event *event, void *argument)
{
	struct orders *orders = argument;

	order_locks_forget(orders->locks, event);
	if (event->bytes && !orders->is_ending)
		expire_names(orders, event->modules);
}

static void follow_modules(struct orders *orders, __u32 modules)
{
	orders->modules = order_watch_modules(orders->watch);
	order_watch_attach_more(orders->watch);
	expire_names(orders, modules);
}

static void take_module(const struct order_module_event *event, void *argument)
{
	struct orders *orders = argument;

	if (!orders->is_ending)
		follow_modules(orders, event->modules);
}

/*
 * Orders
 */

static int compare_edges(const void *a, const void *b)
{
	return memcmp(&((const struct known_edge *)a)->key, &((const struct known_edge *)b)->key,
		      sizeof(struct order_key));
}

/* NULL: out of memory. */
static struct known_edge *find_edge(struct orders *orders, const struct order_key *key)
{
	const struct known_edge wanted = { .key = *key };
	struct known_edge **found = tfind(&wanted, &orders->edges, compare_edges), *new;

	if (found)
		return *found;
	new = malloc(sizeof(*new));
	if (!new)
		return NULL;
	*new = wanted;
	found = tsearch(new, &orders->edges, compare_edges);
	if (!found)
		free(new);
	return found ? new : NULL;
}

/* What leads from the lock's function to ours: BPF's own, and how it got there. */
static bool is_of_probe(const char *name)
{
	static const char *const beginnings[] = {
		"0x",
		"bpf_",
		"__bpf_",
		"___bpf_", /* where there is no JIT */
		"trace_call_bpf",
		"kprobe_",
		"kretprobe_",
		"__kretprobe_",
		"rethook_",
		"arch_rethook_",
		"aggr_pre_handler",
		"ftrace_",
		"arch_ftrace_",
	};

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

struct frame_texts {
	char text[STACK_FRAMES][ORDER_FRAME_BYTES];
};

/* The names are those in @texts. */
static void describe_stack(struct orders *orders, const struct order_edge_event *event,
			   struct frame_texts *texts, struct order_edge *edge)
{
	size_t frames = (size_t)event->stack_bytes / sizeof(event->stack[0]);
	struct symbol_stack stack = { 0 };

	if (event->stack_bytes <= 0 || frames > ORDER_STACK_FRAMES)
		return;
	for (size_t i = 0; i < frames && edge->frames < STACK_FRAMES; i++) {
		char *name = texts->text[edge->frames];

		lock_function_name(orders->names, event->stack[i], name);
		if (symbol_stack_shows(&stack, name) && (edge->frames || !is_of_probe(name)))
			edge->frame[edge->frames++] = name;
	}
}

/* How often since. What two processors tell may be the other way round. */
static __u64 take_count(struct known_edge *known, const struct order_seen *seen)
{
	__u64 before = known->count;

	/* The kernel begins anew with an order that it had no room for any more. */
	if (seen->first_ns != known->first_ns)
		before = 0;
	known->first_ns = seen->first_ns;
	known->count = seen->count > before ? seen->count : before;
	return known->count - before;
}

/* What the kernel has of the order, beyond what the graph has. NULL: that cannot be said. */
static struct known_edge *describe_order(struct orders *orders, const struct order_key *key,
					 const struct order_seen *seen, struct order_edge *edge)
{
	static const struct named_lock nothing = { .class = ORDER_NOTHING };
	const struct named_lock *from = key->from ? order_locks_find(orders->locks, key->from) :
						    &nothing,
				*to = order_locks_find(orders->locks, key->to);
	struct known_edge *known = from && to ? find_edge(orders, key) : NULL;

	/* A lock was not told of, or is forgotten. */
	if (!from || !to)
		orders->without_room++;
	else if (!known)
		out_of_memory(orders);
	if (!known)
		return NULL;
	memcpy(edge->from, from->class, sizeof(edge->from));
	memcpy(edge->to, to->class, sizeof(edge->to));
	edge->from_mode = key->from_mode;
	edge->to_mode = key->to_mode;
	edge->count = take_count(known, seen);
	edge->first_ns = seen->first_ns + orders->realtime_offset_ns;
	edge->last_ns = seen->last_ns + orders->realtime_offset_ns;
	edge->many_tasks = seen->tasks > 1;
	edge->guards_cut = seen->guards_cut;
	edge->task.tid = seen->tid;
	edge->task.start_ns = seen->start_ns;
	return known;
}

static size_t count_orders(const struct orders *orders)
{
	const struct order_edge *const *edges;

	return order_graph_edges(orders->graph, &edges);
}

/* All of it is new when there is room some day. */
static void refuse_order(struct orders *orders, struct known_edge *known)
{
	if (!orders->is_full)
		message_warning("there are %d orders, and no room for more: begin anew, or hazards "
				"are missed",
				MOST_ORDERS);
	orders->is_full = true;
	orders->refused += !known->is_refused;
	known->is_refused = true;
	known->count = 0;
}

static void add_order(struct orders *orders, struct known_edge *known,
		      const struct order_edge *edge)
{
	if (count_orders(orders) >= MOST_ORDERS && !order_graph_find(orders->graph, edge)) {
		refuse_order(orders, known);
		return;
	}
	orders->refused -= known->is_refused;
	known->is_refused = false;
	if (order_graph_add(orders->graph, edge))
		out_of_memory(orders);
}

static void lose_guard(struct orders *orders, const char *guard, const struct order_edge *edge,
		       const char *why)
{
	orders->guards_lost++;
	message_debug("%s guards %s -> %s, or not: %s", guard, edge->from, edge->to, why);
}

/* One is not known any more: it may be what the order is guarded by. */
static void keep_guards(struct orders *orders, struct order_edge *edge)
{
	const struct order_edge *known = order_graph_find(orders->graph, edge);
	const char *guard = known ? order_edge_lost_guard(edge, known) : NULL;

	if (!guard)
		return;
	lose_guard(orders, guard, edge, "a lock is forgotten");
	order_guards_copy(edge, known);
}

static void take_edge(const struct order_edge_event *event, void *argument)
{
	struct orders *orders = argument;
	struct order_edge edge = { 0 };
	struct known_edge *known = describe_order(orders, &event->key, &event->seen, &edge);
	struct frame_texts texts;

	if (!known)
		return;
	if (!order_guards_describe(orders->locks, &event->seen, &edge))
		keep_guards(orders, &edge);
	order_guards_wait_for_names(&orders->nameless, orders->locks, orders->graph, &event->key,
				    &event->seen, &edge);
	if (event->seen.tid == event->tid) {
		edge.task.pid = event->pid;
		memcpy(edge.task.comm, event->comm, sizeof(edge.task.comm));
	}
	snprintf(edge.scope, sizeof(edge.scope), "%s", order_scope_name(event->scope));
	describe_stack(orders, event, &texts, &edge);
	add_order(orders, known, &edge);
}

/* They have names by now, or none. */
static void take_nameless(struct orders *orders)
{
	struct order_edge edge;

	while (order_guards_take(&orders->nameless, orders->locks, orders->graph, &edge))
		if (order_graph_add(orders->graph, &edge))
			out_of_memory(orders);
}

/* The count goes on without news. Of guards that is there what could not be told. */
static void count_order(struct orders *orders, struct known_edge *known)
{
	const struct order_edge *told;
	struct order_edge edge = { 0 };
	struct order_seen seen;
	const char *guard;
	bool has_all;

	if (order_watch_seen(orders->watch, &known->key, &seen) ||
	    !describe_order(orders, &known->key, &seen, &edge))
		return;
	told = order_graph_find(orders->graph, &edge);
	has_all = order_guards_describe(orders->locks, &seen, &edge);
	/* The kernel has given up one that is held by other and other numbers. */
	guard = told ? order_edge_lost_guard(&edge, told) : NULL;
	if (guard && seen.told && has_all)
		lose_guard(orders, guard, &edge, "it changes too often");
	if (told && (seen.told || !has_all))
		order_guards_copy(&edge, told);
	add_order(orders, known, &edge);
}

static void count_node(const void *node, VISIT visit, void *argument)
{
	if (visit == postorder || visit == leaf)
		count_order(argument, *(struct known_edge *const *)node);
}

/*
 * Reports
 */

static void report(const struct order_cycle *cycle, void *argument)
{
	struct orders *orders = argument;
	__u64 now_ns = clock_ns(CLOCK_MONOTONIC) + orders->realtime_offset_ns;

	orders->hazards += orders_is_hazard(cycle);
	if (!orders->error)
		orders->error = orders_show(orders->options, orders->dot, cycle, now_ns);
}

static void check_graph(struct orders *orders)
{
	if (order_graph_check(orders->graph, report, orders) == CYCLES_NO_MEMORY)
		out_of_memory(orders);
}

/* True: that is all. */
static bool receive(struct orders *orders)
{
	__u64 until_ns = orders->is_ending ? ~0ULL : clock_ns(CLOCK_MONOTONIC) + RECEIVE_NS;
	int result = order_watch_receive(orders->watch, until_ns);

	if (result >= 0)
		return !result;
	message_error("cannot read events: %s", strerror(errno));
	orders->said = true;
	orders->error = -1;
	return false;
}

static bool is_nameless_and_gone(const char *class, void *argument)
{
	return order_class_is_address(class) &&
	       !order_locks_find(argument, (__u32)strtoul(strrchr(class, '#') + 1, NULL, 10));
}

/* Of what is no more, and nobody can ask for by its name. */
static void forget_orders(struct orders *orders)
{
	orders->total.unnamed +=
		order_graph_forget(orders->graph, is_nameless_and_gone, orders->locks);
	orders->orders_left = count_orders(orders);
	orders->has_forgotten = false;
}

long orders_take(struct orders *orders)
{
	orders->hazards = 0;
	receive(orders);
	check_graph(orders);
	/* Not before it was checked what came last. */
	if (orders->has_forgotten)
		forget_orders(orders);
	return orders->error ? -1 : orders->hazards;
}

/*
 * Locks that are no more, and their orders, would be kept for ever: of each open file of sysfs one.
 */

struct stale_edges {
	const struct order_locks *locks;
	struct known_edge *first;
};

static bool is_stale(const struct order_locks *locks, __u32 id)
{
	const struct named_lock *lock = order_locks_find(locks, id);

	return lock && order_lock_is_stale(lock);
}

static void find_stale(const void *node, VISIT visit, void *argument)
{
	struct known_edge *edge = *(struct known_edge *const *)node;
	struct stale_edges *stale = argument;

	if ((visit != postorder && visit != leaf) ||
	    (!is_stale(stale->locks, edge->key.from) && !is_stale(stale->locks, edge->key.to)))
		return;
	edge->next = stale->first;
	stale->first = edge;
}

static void forget_edges(struct orders *orders, struct known_edge *edge)
{
	while (edge) {
		struct known_edge *next = edge->next;

		count_order(orders, edge);
		order_watch_forget_order(orders->watch, &edge->key);
		tdelete(edge, &orders->edges, compare_edges);
		free(edge);
		edge = next;
	}
}

static void forget_stale(struct orders *orders)
{
	struct stale_edges stale = { .locks = orders->locks };

	/* There may be news of those that are stale. */
	if (!receive(orders))
		return;
	order_locks_find_stale(orders->locks);
	take_nameless(orders);
	twalk_r(orders->edges, find_stale, &stale);
	forget_edges(orders, stale.first);
	order_locks_forget_stale(orders->locks);
	orders->locks_left = order_locks_count(orders->locks);
	orders->told_of = order_watch_orders(orders->watch);
	orders->has_forgotten = true;
}

/*
 * When half of what was left since is used; of the kernel's room, a quarter: what is no more leaves
 * that at the next look only.
 */
static bool is_time_to_forget(const struct orders *orders)
{
	return order_watch_orders(orders->watch) - orders->told_of > ORDER_EDGES / 4 ||
	       order_locks_count(orders->locks) > orders->locks_left + ORDER_LOCKS ||
	       count_orders(orders) > (orders->orders_left + MOST_ORDERS) / 2;
}

void orders_tick(struct orders *orders)
{
	take_nameless(orders);
	if (order_watch_pick_up_modules(orders->watch))
		lock_names_expire(orders->names);
	/* The event that says so may be lost. */
	if (order_watch_modules(orders->watch) != orders->modules)
		follow_modules(orders, order_watch_modules(orders->watch));
	if (is_time_to_forget(orders))
		forget_stale(orders);
}

int orders_event_fd(const struct orders *orders)
{
	return order_watch_event_fd(orders->watch);
}

bool orders_said_error(const struct orders *orders)
{
	return orders->said;
}

static void count_losses(struct orders *orders)
{
	orders->losses = order_watch_losses(orders->watch);
	orders->losses.state.edges_without_room += orders->without_room + orders->refused;
}

/* Whatever may have kept an order, or what is known of it, from being saved. */
static __u64 count_lost(const struct orders *orders)
{
	const struct order_state *state = &orders->losses.state;

	return state->events_lost + orders->guards_lost + state->tasks_without_room +
	       state->held_without_room + state->locks_without_room + state->edges_without_room +
	       orders->losses.missed_runs;
}

static int save(struct orders *orders)
{
	const char *path = orders->options->save;

	if (!path)
		return 0;
	return orders_save(path, orders->run, orders->graph, count_lost(orders),
			   orders->total.unnamed);
}

long orders_finish(struct orders *orders)
{
	orders->hazards = 0;
	orders->is_ending = true;
	receive(orders);
	take_nameless(orders);
	twalk_r(orders->edges, count_node, orders);
	check_graph(orders);
	count_losses(orders);
	if (orders_count(orders->graph, &orders->total) || save(orders)) {
		orders->said = true;
		orders->error = -1;
	}
	return orders->error ? -1 : orders->hazards;
}

int orders_show_total(const struct orders *orders)
{
	const struct order_losses *losses = &orders->losses;
	struct order_total total = orders->total;

	total.searches_cut = order_graph_searches_cut(orders->graph);
	total.state = losses->state;
	total.guards_lost = orders->guards_lost;
	total.missed_runs = losses->missed_runs;
	total.absent = losses->absent;
	total.names = losses->names;
	return orders->options->json ? render_order_total_json(stdout, &total) :
				       render_order_total_text(stdout, &total);
}

/*
 * Opening
 */

struct orders *orders_open(const struct options *options, struct run *run, struct lock_names *names,
			   struct dot_file *dot)
{
	struct orders *orders = calloc(1, sizeof(*orders));

	if (orders) {
		orders->graph = order_graph_new();
		orders->locks = order_locks_new(names, rename_class, orders);
	}
	if (!orders || !orders->graph || !orders->locks) {
		message_error("out of memory");
		orders_close(orders);
		return NULL;
	}
	orders->options = options;
	orders->run = run;
	orders->names = names;
	orders->dot = dot;
	orders->realtime_offset_ns = clock_realtime_offset_ns();
	orders->receiver = (struct order_receiver){
		.lock = take_lock,
		.edge = take_edge,
		.device = take_device,
		.gone = take_gone,
		.module = take_module,
		.argument = orders,
	};
	/* Not only in the end, when it is too late. */
	if (!options->save || !orders_check_save(options->save))
		orders->watch = order_watch_open(options->scopes, &orders->receiver);
	if (orders->watch) {
		order_locks_watch(orders->locks, orders->watch);
		return orders;
	}
	orders_close(orders);
	return NULL;
}

void orders_close(struct orders *orders)
{
	if (!orders)
		return;
	order_watch_close(orders->watch);
	order_graph_free(orders->graph);
	tdestroy(orders->edges, free);
	order_guards_free(orders->nameless);
	order_locks_free(orders->locks);
	free(orders);
}
