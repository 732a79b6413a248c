/* SPDX-License-Identifier: GPL-2.0-only */
/* The cycles of an order graph that were found, and what was reported of them. */
#ifndef VFIOSCOPE_ORDER_KNOWN_H
#define VFIOSCOPE_ORDER_KNOWN_H

#include "order.h"

/*
 * Nobody reads so many reports: a small file can have many more. So many that can happen, and as
 * many that cannot.
 */
#define ORDER_KNOWN 65536

struct known_cycle;

struct order_known {
	struct known_cycle **cycle;
	size_t count, room;
	void *by_names; /* of tsearch(): the same ones */
	__u64 last_id;
	unsigned int search; /* the number of the one that goes on, or was the last */
	size_t noted[2];     /* cycles that cannot happen as they were seen; and that can */
	bool is_full;	     /* it found more than there is room for */
};

void order_known_free(struct order_known *known);

/* From now on, what is noted is of a new search. */
void order_known_begin(struct order_known *known);
/*
 * Of the cycles through the same nodes that one search finds, the gravest is kept, of equals the
 * first; of new ones, ORDER_KNOWN that can happen and as many that cannot. Returns 0, or -1: out
 * of memory.
 */
int order_known_note(struct order_known *known, const struct order_cycle *cycle);
/* Reports what the search found that is new, or graver than it was reported; as order.h has it. */
void order_known_report(struct order_known *known, order_report report, void *argument);

/* Cycles whose nodes become the same are one; one that is at a node twice is none. 0, or -1. */
int order_known_rename(struct order_known *known, const char *from, const char *to);

size_t order_known_count(const struct order_known *known, enum order_label label);

#endif
