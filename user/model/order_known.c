// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "order_known.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* The classes of a cycle's nodes, one after the other; the smallest is the first. */
struct names {
	size_t bytes;
	const char *text;
};

struct known_cycle {
	struct names names; /* the first member: the tree compares these */
	struct order_cycle cycle;
	enum order_label told; /* ORDER_NONE: it was not reported */
	unsigned int search;   /* that found it last */
	char text[];
};

#define MOST_BYTES (CYCLE_MOST_EDGES * ORDER_CLASS_BYTES)

static int compare(const void *first, const void *second)
{
	const struct names *one = first, *other = second;

	if (one->bytes != other->bytes)
		return one->bytes < other->bytes ? -1 : 1;
	return memcmp(one->text, other->text, one->bytes);
}

static struct names names_of(const char *const *node, size_t count, char text[MOST_BYTES])
{
	size_t smallest = 0;
	char *end = text;

	for (size_t i = 1; i < count; i++)
		if (strcmp(node[i], node[smallest]) < 0)
			smallest = i;
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, node[(smallest + i) % count]) + 1;
	return (struct names){ (size_t)(end - text), text };
}

/* A copy of @cycle by other names. */
static struct known_cycle *copy_as(const struct known_cycle *cycle, struct names names)
{
	struct known_cycle *copy = malloc(sizeof(*copy) + names.bytes);

	if (!copy)
		return NULL;
	*copy = *cycle;
	copy->names = (struct names){ names.bytes, copy->text };
	memcpy(copy->text, names.text, names.bytes);
	return copy;
}

/*
 * What is noted
 */

static int make_room(struct order_known *known)
{
	size_t room = known->room ? 2 * known->room : 64;
	struct known_cycle **larger;

	if (known->count < known->room)
		return 0;
	larger = realloc(known->cycle, room * sizeof(*larger));
	if (!larger)
		return -1;
	known->cycle = larger;
	known->room = room;
	return 0;
}

static int note_new(struct order_known *known, const struct order_cycle *cycle, struct names names)
{
	const struct known_cycle new = { .cycle = *cycle, .search = known->search };
	size_t *noted = &known->noted[cycle->label >= ORDER_SUSPECTED];
	struct known_cycle *copy;

	if (*noted >= ORDER_KNOWN) {
		known->is_full = true;
		return 0;
	}
	if (make_room(known))
		return -1;
	copy = copy_as(&new, names);
	if (!copy || !tsearch(copy, &known->by_names, compare)) {
		free(copy);
		return -1;
	}
	known->cycle[known->count++] = copy;
	(*noted)++;
	return 0;
}

void order_known_begin(struct order_known *known)
{
	known->search++;
	known->is_full = false;
}

int order_known_note(struct order_known *known, const struct order_cycle *cycle)
{
	const char *node[CYCLE_MOST_EDGES];
	char text[MOST_BYTES];
	struct names names;
	struct known_cycle **found, *same;
	__u64 id;

	for (size_t i = 0; i < cycle->count; i++)
		node[i] = cycle->edge[i]->from;
	names = names_of(node, cycle->count, text);
	found = tfind(&names, &known->by_names, compare);
	if (!found)
		return note_new(known, cycle, names);
	same = *found;
	if (same->search == known->search && same->cycle.label >= cycle->label)
		return 0;
	id = same->cycle.id;
	same->cycle = *cycle;
	same->cycle.id = id;
	same->search = known->search;
	return 0;
}

static void report_some(struct order_known *known, enum order_label label, size_t length,
			order_report report, void *argument)
{
	for (size_t i = 0; i < known->count; i++) {
		struct known_cycle *cycle = known->cycle[i];

		if (cycle->cycle.label != label || cycle->cycle.count != length ||
		    cycle->search != known->search || label <= cycle->told)
			continue;
		if (!cycle->cycle.id)
			cycle->cycle.id = ++known->last_id;
		cycle->told = label;
		report(&cycle->cycle, argument);
	}
}

void order_known_report(struct order_known *known, order_report report, void *argument)
{
	for (enum order_label label = ORDER_LABELS - 1; label > ORDER_NONE; label--)
		for (size_t length = 1; length <= CYCLE_MOST_EDGES; length++)
			report_some(known, label, length, report, argument);
}

size_t order_known_count(const struct order_known *known, enum order_label label)
{
	size_t count = 0;

	for (size_t i = 0; i < known->count; i++)
		count += known->cycle[i]->cycle.id && known->cycle[i]->cycle.label == label;
	return count;
}

/*
 * Other names
 */

/* Whether one of the nodes is called @from. */
static bool rename_nodes(const struct known_cycle *cycle, const char *from, const char *to,
			 const char *node[CYCLE_MOST_EDGES])
{
	const char *name = cycle->text;
	bool any = false;

	for (size_t i = 0; i < cycle->cycle.count; i++) {
		bool is_it = !strcmp(name, from);

		node[i] = is_it ? to : name;
		any |= is_it;
		name += strlen(name) + 1;
	}
	return any;
}

static bool is_twice_at(const struct known_cycle *cycle, const char *const *node, const char *name)
{
	size_t times = 0;

	for (size_t i = 0; i < cycle->cycle.count; i++)
		times += !strcmp(node[i], name);
	return times > 1;
}

/* Whoever reads the reports has read both. */
static void merge(struct known_cycle *cycle, const struct known_cycle *other)
{
	__u64 id = other->cycle.id;

	if (id && (!cycle->cycle.id || id < cycle->cycle.id))
		cycle->cycle.id = id;
	if (other->told > cycle->told)
		cycle->told = other->told;
	if (other->cycle.label > cycle->cycle.label)
		cycle->cycle.label = other->cycle.label;
}

/* Puts in *@renamed what there is of @cycle then: NULL if that is part of another one, or none. */
static int rename_cycle(struct order_known *known, struct known_cycle *cycle, const char *from,
			const char *to, struct known_cycle **renamed)
{
	const char *node[CYCLE_MOST_EDGES];
	char text[MOST_BYTES];
	struct known_cycle **found, *copy = NULL;

	*renamed = cycle;
	if (!rename_nodes(cycle, from, to, node))
		return 0;
	if (!is_twice_at(cycle, node, to)) {
		copy = copy_as(cycle, names_of(node, cycle->cycle.count, text));
		found = copy ? tsearch(copy, &known->by_names, compare) : NULL;
		if (!found) {
			free(copy);
			return -1;
		}
		if (*found != copy) {
			merge(*found, copy);
			free(copy);
			copy = NULL;
		}
	}
	tdelete(cycle, &known->by_names, compare);
	free(cycle);
	*renamed = copy;
	return 0;
}

int order_known_rename(struct order_known *known, const char *from, const char *to)
{
	size_t kept = 0;
	int error = 0;

	for (size_t i = 0; i < known->count; i++) {
		struct known_cycle *renamed = known->cycle[i];

		if (!error)
			error = rename_cycle(known, known->cycle[i], from, to, &renamed);
		if (renamed)
			known->cycle[kept++] = renamed;
	}
	known->count = kept;
	return error;
}

void order_known_free(struct order_known *known)
{
	tdestroy(known->by_names, free);
	free(known->cycle);
}
