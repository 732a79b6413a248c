// SPDX-License-Identifier: GPL-2.0-only
#include "order_guards.h"

#include <stdlib.h>
#include <string.h>

struct nameless_guards {
	struct order_key key;
	struct order_seen seen;
	struct nameless_guards *next;
};

bool order_guards_describe(const struct order_locks *locks, const struct order_seen *seen,
			   struct order_edge *edge)
{
	bool known = true;

	for (size_t i = 0; i < ORDER_GUARDS; i++) {
		__u32 id = seen->guard[i] & ~ORDER_GUARD_SHARED;
		const struct named_lock *lock = id ? order_locks_find(locks, id) : NULL;

		if (lock)
			order_edge_add_guard(edge, lock->class,
					     seen->guard[i] == id ? ORDER_EXCLUSIVE : ORDER_SHARED);
		else if (id)
			known = false;
	}
	edge->guards_cut |= !known;
	return known;
}

void order_guards_copy(struct order_edge *edge, const struct order_edge *other)
{
	edge->guards = other->guards;
	memcpy(edge->guard, other->guard, sizeof(edge->guard));
}

/* NULL: nothing is known of it. */
static const struct order_edge *find_order(const struct order_locks *locks,
					   const struct order_graph *graph,
					   const struct order_key *key)
{
	const struct named_lock *from = order_locks_find(locks, key->from);
	const struct named_lock *to = order_locks_find(locks, key->to);

	return from && to ? order_graph_edge(graph, from->class, to->class, key->from_mode,
					     key->to_mode) :
			    NULL;
}

static bool has_nameless(const struct order_locks *locks, const struct order_seen *seen)
{
	for (size_t i = 0; i < ORDER_GUARDS; i++) {
		const struct named_lock *lock =
			order_locks_find(locks, seen->guard[i] & ~ORDER_GUARD_SHARED);

		if (lock && !lock->is_named)
			return true;
	}
	return false;
}

void order_guards_wait_for_names(struct nameless_guards **nameless, const struct order_locks *locks,
				 const struct order_graph *graph, const struct order_key *key,
				 const struct order_seen *seen, struct order_edge *edge)
{
	const struct order_edge *known = order_graph_find(graph, edge);
	struct nameless_guards *noted;

	if (!known || !order_edge_is_less_guarded(edge, known) || !has_nameless(locks, seen))
		return;
	noted = malloc(sizeof(*noted));
	/* For want of memory they are other locks. */
	if (!noted)
		return;
	*noted = (struct nameless_guards){ *key, *seen, *nameless };
	*nameless = noted;
	order_guards_copy(edge, known);
}

bool order_guards_take(struct nameless_guards **nameless, const struct order_locks *locks,
		       const struct order_graph *graph, struct order_edge *edge)
{
	const struct order_edge *known = NULL;

	while (*nameless && !known) {
		struct nameless_guards *noted = *nameless;

		known = find_order(locks, graph, &noted->key);
		if (known) {
			*edge = *known;
			edge->count = 0;
			edge->guards = 0;
			order_guards_describe(locks, &noted->seen, edge);
		}
		*nameless = noted->next;
		free(noted);
	}
	return known;
}

void order_guards_free(struct nameless_guards *nameless)
{
	while (nameless) {
		struct nameless_guards *next = nameless->next;

		free(nameless);
		nameless = next;
	}
}
