/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks that were held too when an order was seen, by name. A device that comes back may be told of
 * after its locks: what has no name yet is looked at again.
 */
#ifndef VFIOSCOPE_ORDER_GUARDS_H
#define VFIOSCOPE_ORDER_GUARDS_H

#include "order_locks.h"

#include "../model/order.h"

#include <stdbool.h>

/* Adds those that the kernel tells of. False: one of them is not known any more. */
bool order_guards_describe(const struct order_locks *locks, const struct order_seen *seen,
			   struct order_edge *edge);

void order_guards_copy(struct order_edge *edge, const struct order_edge *other);

/* Sightings whose guards have no names, the last one first; NULL: none. */
struct nameless_guards;

/*
 * If @edge, which was described, lacks what guards the order that is known, and this may be a
 * matter of names: notes them, and leaves in @edge what is known.
 */
void order_guards_wait_for_names(struct nameless_guards **nameless, const struct order_locks *locks,
				 const struct order_graph *graph, const struct order_key *key,
				 const struct order_seen *seen, struct order_edge *edge);

/*
 * Takes one out: in @edge is what is to be added to the order, by the names that there are now.
 * False: there is none left.
 */
bool order_guards_take(struct nameless_guards **nameless, const struct order_locks *locks,
		       const struct order_graph *graph, struct order_edge *edge);

void order_guards_free(struct nameless_guards *nameless);

#endif
