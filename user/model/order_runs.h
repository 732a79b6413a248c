/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who did something, run by run: whether that was one task each time, and the same that did
 * something else.
 */
#ifndef VFIOSCOPE_ORDER_RUNS_H
#define VFIOSCOPE_ORDER_RUNS_H

#include "order.h"

/* Those who did the other, too. True: this can make a difference to a cycle. */
bool order_runs_merge(struct order_edge *edge, const struct order_edge *other);

/* Whether one task did both in each run that either was seen in, and of one name in all of them. */
bool order_runs_are_same(const struct order_edge *one, const struct order_edge *other);

/* So that both have their own. 0, or -1: out of memory. */
int order_runs_copy(struct order_edge *copy, const struct order_edge *edge);

#endif
