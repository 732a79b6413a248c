// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"
#include "order.h"

static void add_guards(json_t *object, const char *name, const struct order_edge *edge,
		       enum order_mode mode)
{
	const char *names[ORDER_GUARDS];
	size_t count = 0;

	for (size_t i = 0; i < edge->guards; i++)
		if (edge->guard[i].mode == mode)
			names[count++] = edge->guard[i].class;
	json_add_names(object, name, names, count);
}

/* There is always an array: who reads a graph need not know why it is empty. */
static void add_stack(json_t *object, const struct order_edge *edge)
{
	const char *names[STACK_FRAMES];

	for (unsigned int i = 0; i < edge->frames; i++)
		names[i] = edge->frame[i];
	json_add_names(object, "stack", names, edge->frames);
}

static json_t *task_json(const struct order_task *task)
{
	json_t *object = json_object();

	json_add_number(object, "tid", task->tid);
	json_add_number(object, "pid", task->pid);
	json_add_number(object, "start_ns", task->start_ns);
	json_add_text(object, "comm", task->comm, sizeof(task->comm));
	if (task->host[0])
		json_add_string(object, "host", task->host);
	return object;
}

static json_t *add_edge(json_t *object, const struct order_edge *edge)
{
	json_add_string(object, "from", edge->from);
	json_add_string(object, "from_mode", order_mode_name(edge->from_mode));
	json_add_string(object, "to", edge->to);
	json_add_string(object, "to_mode", order_mode_name(edge->to_mode));
	json_add_number(object, "count", edge->count);
	json_add_number(object, "first_ns", edge->first_ns);
	json_add_number(object, "last_ns", edge->last_ns);
	json_add_bool(object, "many_tasks", edge->many_tasks);
	json_object_set_new(object, "task", task_json(&edge->task));
	json_add_string(object, "scope", edge->scope);
	add_guards(object, "guards", edge, ORDER_EXCLUSIVE);
	add_guards(object, "shared_guards", edge, ORDER_SHARED);
	json_add_bool(object, "guards_cut", edge->guards_cut);
	add_stack(object, edge);
	return object;
}

int render_order_cycle_json(FILE *output, const struct order_cycle *cycle, __u64 time_ns)
{
	json_t *object = json_line("lock-order"), *edges = json_array();

	json_add_number(object, "time_ns", time_ns);
	json_add_number(object, "id", cycle->id);
	json_add_string(object, "label", order_label_name(cycle->label));
	json_add_string(object, "guard", cycle->guard);
	for (size_t i = 0; i < cycle->count; i++)
		json_array_append_new(edges, add_edge(json_object(), cycle->edge[i]));
	json_object_set_new(object, "edges", edges);
	json_object_set_new(object, "writer",
			    cycle->writer ? add_edge(json_object(), cycle->writer) : json_null());
	return json_write(output, object);
}

static void add_runs(json_t *object, const struct order_edge *edge)
{
	json_t *runs = json_array();

	for (size_t i = 0; i < edge->runs; i++) {
		json_t *run = json_object();

		json_add_number(run, "source", edge->run[i].source);
		json_add_number(run, "tid", edge->run[i].tid);
		json_add_number(run, "start_ns", edge->run[i].start_ns);
		json_add_text(run, "comm", edge->run[i].comm, sizeof(edge->run[i].comm));
		json_array_append_new(runs, run);
	}
	json_object_set_new(object, "runs", runs);
}

static int write_graph_edge(FILE *output, const struct order_edge *edge)
{
	json_t *object = add_edge(json_line("lock-order-edge"), edge);

	json_add_number(object, "source", edge->source);
	add_runs(object, edge);
	return json_write(output, object);
}

int render_order_graph_json(FILE *output, const struct rendered_order_graph *rendered)
{
	const struct order_edge *const *edges;
	size_t count = order_graph_edges(rendered->graph, &edges);
	json_t *object = json_line("lock-order-graph");
	int error;

	json_add_string(object, "host", rendered->host);
	json_add_string(object, "kernel", rendered->kernel);
	json_add_number(object, "edges", count);
	json_add_number(object, "lost", rendered->lost);
	json_add_number(object, "unnamed", rendered->unnamed);
	error = json_write(output, object);
	for (size_t i = 0; i < count && !error; i++)
		error = write_graph_edge(output, edges[i]);
	return error;
}

int render_order_only_json(FILE *output, const struct order_edge *edge, const char *in)
{
	json_t *object = json_line("lock-order-difference");

	json_add_string(object, "only_in", in);
	return json_write(output, add_edge(object, edge));
}

int render_order_difference_json(FILE *output, const struct order_difference *difference)
{
	json_t *object = json_line("lock-order-difference-total");

	json_add_number(object, "only_new", difference->only_new);
	json_add_number(object, "only_old", difference->only_old);
	json_add_number(object, "both", difference->both);
	json_add_number(object, "less_guarded", difference->less_guarded);
	json_add_number(object, "lost_new", difference->lost_new);
	json_add_number(object, "lost_old", difference->lost_old);
	return json_write(output, object);
}

int render_order_total_json(FILE *output, const struct order_total *total)
{
	json_t *object = json_line("lock-order-total");

	json_add_number(object, "orders", total->orders);
	json_add_number(object, "classes", total->classes);
	json_add_number(object, "predicted", total->predicted);
	json_add_number(object, "suspected", total->suspected);
	json_add_number(object, "guarded", total->guarded);
	json_add_number(object, "low", total->low);
	json_add_number(object, "searches_cut", total->searches_cut);
	json_add_number(object, "events_lost", total->state.events_lost);
	json_add_number(object, "guards_lost", total->guards_lost);
	json_add_number(object, "tasks_without_room", total->state.tasks_without_room);
	json_add_number(object, "held_without_room", total->state.held_without_room);
	json_add_number(object, "locks_without_room", total->state.locks_without_room);
	json_add_number(object, "edges_without_room", total->state.edges_without_room);
	json_add_number(object, "stacks_failed", total->state.stacks_failed);
	json_add_number(object, "unnamed", total->unnamed);
	json_add_number(object, "exits_missed", total->state.exits_missed);
	json_add_number(object, "not_owned", total->state.not_owned);
	json_add_number(object, "missed_runs", total->missed_runs);
	json_add_names(object, "absent", total->names, total->absent);
	return json_write(output, object);
}
