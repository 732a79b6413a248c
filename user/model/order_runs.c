// SPDX-License-Identifier: GPL-2.0-only
#include "order_runs.h"

#include <stdlib.h>
#include <string.h>

static struct order_run first_run(const struct order_edge *edge)
{
	struct order_run run = { edge->source, edge->task.tid, edge->task.start_ns, "" };

	memcpy(run.comm, edge->task.comm, sizeof(run.comm));
	return run;
}

static bool is_same_task(const struct order_run *one, const struct order_run *other)
{
	return one->tid == other->tid && one->start_ns == other->start_ns;
}

/* Tasks of two runs are told apart by name alone. */
static bool is_one_program(const struct order_edge *edge)
{
	for (size_t i = 1; i < edge->runs; i++)
		if (strncmp(edge->run[i].comm, edge->run[0].comm, COMM_BYTES) != 0)
			return false;
	return true;
}

void order_edge_free_runs(struct order_edge *edge)
{
	free(edge->run);
	edge->run = NULL;
	edge->runs = 0;
}

static bool become_many(struct order_edge *edge)
{
	order_edge_free_runs(edge);
	edge->many_tasks = true;
	return true;
}

/* Where the run is, or else belongs. */
static size_t place_of(const struct order_edge *edge, unsigned int source)
{
	size_t place = 0;

	while (place < edge->runs && edge->run[place].source < source)
		place++;
	return place;
}

static bool insert(struct order_edge *edge, size_t place, const struct order_run *run)
{
	struct order_run *larger =
		edge->runs < ORDER_RUNS ? reallocarray(edge->run, edge->runs + 1, sizeof(*larger)) :
					  NULL;

	if (!larger)
		return false;
	memmove(&larger[place + 1], &larger[place], (edge->runs - place) * sizeof(*larger));
	larger[place] = *run;
	edge->run = larger;
	edge->runs++;
	return true;
}

bool order_edge_add_run(struct order_edge *edge, const struct order_run *run)
{
	const struct order_run first = first_run(edge);
	size_t place;

	if (edge->many_tasks)
		return false;
	if (!edge->runs && run->source == first.source)
		return is_same_task(run, &first) ? false : become_many(edge);
	if (!edge->runs && !insert(edge, 0, &first))
		return become_many(edge);
	place = place_of(edge, run->source);
	if (place < edge->runs && edge->run[place].source == run->source)
		return is_same_task(run, &edge->run[place]) ? false : become_many(edge);
	/* For want of memory, or room, they are taken to be many. */
	return insert(edge, place, run) ? true : become_many(edge);
}

bool order_runs_merge(struct order_edge *edge, const struct order_edge *other)
{
	const struct order_run first = first_run(other);
	bool matters;

	if (edge->many_tasks)
		return false;
	if (other->many_tasks)
		return become_many(edge);
	matters = order_edge_add_run(edge, &first);
	for (size_t i = 0; i < other->runs; i++)
		matters |= order_edge_add_run(edge, &other->run[i]);
	return matters;
}

bool order_runs_are_same(const struct order_edge *one, const struct order_edge *other)
{
	const struct order_run first = first_run(one), second = first_run(other);

	if (one->many_tasks || other->many_tasks || one->runs != other->runs)
		return false;
	if (!one->runs)
		return first.source == second.source && is_same_task(&first, &second);
	for (size_t i = 0; i < one->runs; i++)
		if (one->run[i].source != other->run[i].source ||
		    !is_same_task(&one->run[i], &other->run[i]))
			return false;
	return is_one_program(one) && is_one_program(other);
}

int order_runs_copy(struct order_edge *copy, const struct order_edge *edge)
{
	copy->run = NULL;
	if (!edge->runs)
		return 0;
	copy->run = reallocarray(NULL, edge->runs, sizeof(*copy->run));
	if (!copy->run)
		return -1;
	memcpy(copy->run, edge->run, edge->runs * sizeof(*copy->run));
	return 0;
}
