// SPDX-License-Identifier: GPL-2.0-only
/* Joins what the kernel tells of orders, what locks are called, the graph, and reports. */
#define _GNU_SOURCE
#include "orders.h"

#include "locks_orders.h"

#include "../clock.h"
#include "../lockorder/watch.h"
#include "../message.h"
#include "../model/order.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define MOST_UNTOLD 1000000
/* Orders of locks that have no name would become more and more. */
#define MOST_ORDERS 65536

/* A lock, by its number. */
struct known_lock {
	__u64 address;
	__u32 kind;
	bool is_named; /* the class is what it is, and no address */
	char given[ORDER_NAME_BYTES];
	char class[ORDER_CLASS_BYTES]; /* empty: there is no lock of this number */
};

/* How much of an order the graph has. */
struct known_edge {
	struct order_key key;
	__u64 count;
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
	struct known_lock *locks;
	size_t lock_count, lock_room;
	struct lock_objects *devices;
	size_t device_count, device_room;
	void *edges; /* tsearch(): struct known_edge */
	__u64 without_room;
	long hazards; /* of one orders_take() */
	bool said;    /* an error: it is not the output's */
	int error;
	struct order_total total; /* counted in the end */
};

/* Room for one more: the array, or NULL when memory is out. */
static void *grow(void *array, size_t *room, size_t count, size_t bytes)
{
	void *larger;

	if (count < *room)
		return array;
	larger = reallocarray(array, *room ? 2 * *room : 64, bytes);
	if (larger)
		*room = *room ? 2 * *room : 64;
	return larger;
}

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

static bool name_member(struct orders *orders, struct known_lock *lock)
{
	for (size_t i = orders->device_count; i-- > 0;)
		if (lock_member_name(orders->names, &orders->devices[i], lock->address,
				     lock->class))
			return true;
	return false;
}

/* Classes that are addresses have the number, too: memory is used again. */
static void name_address(struct known_lock *lock, __u32 id)
{
	snprintf(lock->class, sizeof(lock->class), "%s at 0x%llx#%u",
		 lock->given[0]		   ? lock->given :
		 lock->kind == ORDER_MUTEX ? "mutex" :
					     "rw_semaphore",
		 (unsigned long long)lock->address, id);
}

/*
 * Where a module's variable was another one's may be by the time that names are read. @modules: how
 * many had come and gone when the lock was seen.
 */
static bool name_variable(struct orders *orders, struct known_lock *lock, __u32 modules)
{
	return lock_variable_name(orders->names, lock->address, lock->class) &&
	       (!strchr(lock->class, '[') || order_watch_modules(orders->watch) == modules);
}

static void name_lock(struct orders *orders, struct known_lock *lock, __u32 id, __u32 modules)
{
	lock->is_named = true;
	if (lock->kind == ORDER_OPEN)
		snprintf(lock->class, sizeof(lock->class), "OPEN(%s)", lock->given);
	else if (lock->kind == ORDER_ACTIVE)
		snprintf(lock->class, sizeof(lock->class), "kn->active of %s", lock->given);
	else if (lock->kind == ORDER_FILE)
		snprintf(lock->class, sizeof(lock->class), "of->mutex of %s", lock->given);
	else
		lock->is_named = name_member(orders, lock) || name_variable(orders, lock, modules);
	if (!lock->is_named)
		name_address(lock, id);
}

static struct known_lock *find_lock(struct orders *orders, __u32 id)
{
	return id < orders->lock_count && orders->locks[id].class[0] ? &orders->locks[id] : NULL;
}

static void take_lock(const struct order_lock_event *event, void *argument)
{
	struct orders *orders = argument;
	struct known_lock *lock;

	/* Numbers are given out one by one; few are never told. */
	if (event->id >= orders->lock_count + MOST_UNTOLD)
		return;
	while (orders->lock_count <= event->id) {
		void *larger = grow(orders->locks, &orders->lock_room, orders->lock_count,
				    sizeof(*orders->locks));

		if (!larger) {
			out_of_memory(orders);
			return;
		}
		orders->locks = larger;
		memset(&orders->locks[orders->lock_count++], 0, sizeof(*orders->locks));
	}
	lock = &orders->locks[event->id];
	lock->address = event->address;
	lock->kind = event->kind;
	memcpy(lock->given, event->name, sizeof(lock->given) - 1);
	name_lock(orders, lock, event->id, event->modules);
}

/* A device has become known: what had an address only may be its member. */
static void name_again(struct orders *orders, const struct lock_objects *device)
{
	char class[ORDER_CLASS_BYTES];

	for (__u32 id = 1; id < orders->lock_count; id++) {
		struct known_lock *lock = &orders->locks[id];

		if (lock->is_named || !lock->class[0] ||
		    !lock_member_name(orders->names, device, lock->address, class) ||
		    !order_watch_is_current(orders->watch, lock->address, id))
			continue;
		if (order_graph_rename(orders->graph, lock->class, class))
			out_of_memory(orders);
		memcpy(lock->class, class, sizeof(class));
		lock->is_named = true;
	}
}

/*
 * Devices
 */

/* Of each device there is one: NULL if there is no room. */
static struct lock_objects *place_of_device(struct orders *orders,
					    const struct lock_objects *objects)
{
	void *larger;

	for (size_t i = 0; i < orders->device_count; i++)
		if (objects->pci ? orders->devices[i].pci == objects->pci :
				   orders->devices[i].vfio == objects->vfio)
			return &orders->devices[i];
	larger = grow(orders->devices, &orders->device_room, orders->device_count,
		      sizeof(*orders->devices));
	if (!larger)
		return NULL;
	orders->devices = larger;
	orders->devices[orders->device_count] = (struct lock_objects){ 0 };
	return &orders->devices[orders->device_count++];
}

/* What a device is told of again need not be all that it has: only one of its parts was met. */
static void merge_device(struct lock_objects *device, const struct lock_objects *objects)
{
	const struct lock_objects known = *device;

	*device = *objects;
	device->pci = objects->pci ?: known.pci;
	device->zdev = objects->zdev ?: known.zdev;
	if (objects->vfio)
		return;
	device->vfio = known.vfio;
	device->core = known.core;
	device->dev_set = known.dev_set;
	device->group = known.group;
}

static void take_device(const struct order_device_event *event, void *argument)
{
	struct orders *orders = argument;
	struct lock_objects *device = place_of_device(orders, &event->objects);

	if (!device) {
		out_of_memory(orders);
		return;
	}
	merge_device(device, &event->objects);
	name_again(orders, device);
}

/* The object is freed, and what lies there next is not the device's. */
static void forget_object(struct orders *orders, __u64 address)
{
	size_t kept = 0;

	for (size_t i = 0; i < orders->device_count; i++) {
		struct lock_objects device = orders->devices[i];

		if (device.pci == address)
			device = (struct lock_objects){ 0 };
		if (device.vfio == address)
			device.vfio = device.core = device.dev_set = device.group = 0;
		if (device.pci || device.vfio)
			orders->devices[kept++] = device;
	}
	orders->device_count = kept;
}

static void forget_module(struct orders *orders, __u64 address, __u64 bytes)
{
	for (size_t id = 1; id < orders->lock_count; id++)
		if (orders->locks[id].address - address < bytes)
			order_watch_forget(orders->watch, orders->locks[id].address);
	lock_names_expire(orders->names);
}

static void take_gone(const struct order_gone_event *event, void *argument)
{
	if (event->bytes)
		forget_module(argument, event->address, event->bytes);
	else
		forget_object(argument, event->address);
}

static void take_module(void *argument)
{
	struct orders *orders = argument;

	order_watch_attach_more(orders->watch);
	lock_names_expire(orders->names);
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
	struct known_edge *new = calloc(1, sizeof(*new)), **found;

	if (!new)
		return NULL;
	new->key = *key;
	found = tsearch(new, &orders->edges, compare_edges);
	if (!found || *found != new)
		free(new);
	return found ? *found : NULL;
}

/* An open file's mutex is its own: who opens the file again is not kept out by it. */
static void describe_guards(struct orders *orders, const struct order_seen *seen,
			    struct order_edge *edge)
{
	for (size_t i = 0; i < ORDER_GUARDS; i++) {
		__u32 id = seen->guard[i] & ~ORDER_GUARD_SHARED;
		const struct known_lock *lock = id ? find_lock(orders, id) : NULL;

		if (lock && lock->kind != ORDER_FILE)
			order_edge_add_guard(edge, lock->class,
					     seen->guard[i] == id ? ORDER_EXCLUSIVE : ORDER_SHARED);
	}
}

/* What leads from the lock's function to ours: BPF's own, and how it got there. */
static bool is_of_probe(const char *name)
{
	static const char *const beginnings[] = {
		"0x",	   "bpf_",
		"__bpf_",  "trace_call_bpf",
		"kprobe_", "aggr_pre_handler",
		"ftrace_", "arch_ftrace_",
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

	if (event->stack_bytes <= 0 || frames > STACK_FRAMES)
		return;
	for (size_t i = 0; i < frames; i++) {
		char *name = texts->text[edge->frames];

		lock_function_name(orders->names, event->stack[i], name);
		if (edge->frames ? !lock_function_is_trampoline(name) : !is_of_probe(name))
			edge->frame[edge->frames++] = name;
	}
}

/* What the kernel has of the order, beyond what the graph has. */
static bool describe_order(struct orders *orders, const struct order_key *key,
			   const struct order_seen *seen, struct order_edge *edge)
{
	static const struct known_lock nothing = { .class = ORDER_NOTHING };
	const struct known_lock *from = key->from ? find_lock(orders, key->from) : &nothing,
				*to = find_lock(orders, key->to);
	struct known_edge *known = find_edge(orders, key);

	if (!known)
		out_of_memory(orders);
	if (!from || !to || !known)
		return false;
	memcpy(edge->from, from->class, sizeof(edge->from));
	memcpy(edge->to, to->class, sizeof(edge->to));
	edge->from_mode = key->from_mode;
	edge->to_mode = key->to_mode;
	/* The kernel begins anew with an order that it had no room for any more. */
	edge->count = seen->count - (seen->count < known->count ? 0 : known->count);
	known->count = seen->count;
	edge->first_ns = seen->first_ns + orders->realtime_offset_ns;
	edge->last_ns = seen->last_ns + orders->realtime_offset_ns;
	edge->many_tasks = seen->tasks > 1;
	edge->guards_cut = seen->guards_cut;
	edge->task.tid = seen->tid;
	edge->task.start_ns = seen->start_ns;
	describe_guards(orders, seen, edge);
	return true;
}

static void add_order(struct orders *orders, const struct order_edge *edge)
{
	const struct order_edge *const *edges;

	if (order_graph_edges(orders->graph, &edges) >= MOST_ORDERS &&
	    !order_graph_edge(orders->graph, edge->from, edge->to, edge->from_mode, edge->to_mode))
		orders->without_room++;
	else if (order_graph_add(orders->graph, edge))
		out_of_memory(orders);
}

static void take_edge(const struct order_edge_event *event, void *argument)
{
	struct orders *orders = argument;
	struct order_edge edge = { 0 };
	struct frame_texts texts;

	if (!describe_order(orders, &event->key, &event->seen, &edge))
		return;
	if (event->seen.tid == event->tid) {
		edge.task.pid = event->pid;
		memcpy(edge.task.comm, event->comm, sizeof(edge.task.comm));
	}
	snprintf(edge.scope, sizeof(edge.scope), "%s", order_scope_name(event->scope));
	describe_stack(orders, event, &texts, &edge);
	add_order(orders, &edge);
}

/* The count goes on without news. */
static void count_order(struct orders *orders, const struct known_edge *known)
{
	struct order_edge edge = { 0 };
	struct order_seen seen;

	if (!order_watch_seen(orders->watch, &known->key, &seen) &&
	    describe_order(orders, &known->key, &seen, &edge))
		add_order(orders, &edge);
}

static void count_node(const void *node, VISIT visit, void *argument)
{
	if (visit == postorder || visit == leaf)
		count_order(argument, *(const struct known_edge *const *)node);
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

static void receive(struct orders *orders)
{
	if (!order_watch_receive(orders->watch))
		return;
	message_error("cannot read events: %s", strerror(errno));
	orders->said = true;
	orders->error = -1;
}

long orders_take(struct orders *orders)
{
	orders->hazards = 0;
	receive(orders);
	check_graph(orders);
	return orders->error ? -1 : orders->hazards;
}

void orders_tick(struct orders *orders)
{
	order_watch_pick_up_modules(orders->watch);
}

int orders_event_fd(const struct orders *orders)
{
	return order_watch_event_fd(orders->watch);
}

bool orders_said_error(const struct orders *orders)
{
	return orders->said;
}

static int save(struct orders *orders)
{
	const char *path = orders->options->save;

	if (!path)
		return 0;
	return orders_save(path, orders->run, orders->graph,
			   order_watch_losses(orders->watch).state.events_lost);
}

long orders_finish(struct orders *orders)
{
	orders->hazards = 0;
	receive(orders);
	twalk_r(orders->edges, count_node, orders);
	check_graph(orders);
	if (orders_count(orders->graph, &orders->total) || save(orders)) {
		orders->said = true;
		orders->error = -1;
	}
	return orders->error ? -1 : orders->hazards;
}

int orders_show_total(const struct orders *orders)
{
	const struct order_losses losses = order_watch_losses(orders->watch);
	struct order_total total = orders->total;

	total.searches_cut = order_graph_searches_cut(orders->graph);
	total.state = losses.state;
	total.state.edges_without_room += orders->without_room;
	total.missed_runs = losses.missed_runs;
	total.absent = losses.absent;
	total.names = losses.names;
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

	if (orders)
		orders->graph = order_graph_new();
	if (!orders || !orders->graph) {
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
		/* The programs have names, too. */
		lock_names_expire(names);
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
	free(orders->devices);
	free(orders->locks);
	free(orders);
}
