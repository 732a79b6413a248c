/* SPDX-License-Identifier: GPL-2.0-only */
/* vfioscope locks: orders of locks in files, and what reports of them have in common. */
#ifndef VFIOSCOPE_LOCKS_ORDERS_H
#define VFIOSCOPE_LOCKS_ORDERS_H

#include "dot_file.h"

#include "../model/order.h"
#include "../render/order.h"

#include <stdbool.h>

struct options;
struct run;

/* locks --from: checks the orders of all files together. Returns the status to exit with. */
int orders_offline(const struct options *options, char **files);

/*
 * Writes the graph of this host to a file, whole or not at all; or to a pipe, whose reader is
 * waited for as long as @run lasts (NULL: for ever). @lost: events that it lacks. Returns 0, or -1
 * after an error message.
 */
int orders_save(const char *path, struct run *run, const struct order_graph *graph, __u64 lost,
		__u64 unnamed);

/* Whether that is going to work, as far as can be told. 0, or -1 after an error message. */
int orders_check_save(const char *path);

/* Whether it can happen. */
bool orders_is_hazard(const struct order_cycle *cycle);

/* Reports the cycle if the options want it; to @dot too. 0, or -1: standard output failed. */
int orders_show(const struct options *options, struct dot_file *dot,
		const struct order_cycle *cycle, __u64 time_ns);

/* Counts what is in the graph; the rest of @total stays. 0, or -1 after an error message. */
int orders_count(const struct order_graph *graph, struct order_total *total);

#endif
