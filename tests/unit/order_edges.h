/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of order graphs share: orders to add, and what each reported cycle has to be. */
#ifndef VFIOSCOPE_ORDER_EDGES_H
#define VFIOSCOPE_ORDER_EDGES_H

#include "../../user/model/order.h"

#define E ORDER_EXCLUSIVE
#define S ORDER_SHARED

/* Seen once, by the task of that number. */
struct order_edge seen(const char *from, enum order_mode from_mode, const char *to,
		       enum order_mode to_mode, __u32 tid);
struct order_edge guarded_in(struct order_edge edge, const char *guard, enum order_mode mode);

void add_edge(struct order_graph *graph, struct order_edge edge);
void rename_in(struct order_graph *graph, const char *from, const char *to);

/* "a b c", from the smallest on. */
void write_nodes(const struct order_cycle *cycle, char *text);

/* Each edge leads to the next one, and there is a guard where there has to be one. */
void expect_sound(const struct order_cycle *cycle);

#endif
