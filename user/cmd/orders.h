/* SPDX-License-Identifier: GPL-2.0-only */
/* vfioscope locks --predict: orders of locks, as they are seen, and what can come of them. */
#ifndef VFIOSCOPE_ORDERS_H
#define VFIOSCOPE_ORDERS_H

#include "dot_file.h"
#include "options.h"

#include "../locks/names.h"

#include <linux/types.h>
#include <stdbool.h>

struct orders;
struct run;

/* All have to last. NULL after an error message. */
struct orders *orders_open(const struct options *options, struct run *run, struct lock_names *names,
			   struct dot_file *dot);
void orders_close(struct orders *orders);

/* A descriptor that can be read when there is news. */
int orders_event_fd(const struct orders *orders);

/*
 * Takes news, and reports cycles that are new. Returns how many of those are hazards, or -1.
 */
long orders_take(struct orders *orders);

/* To be called now and then: modules come and go. */
void orders_tick(struct orders *orders);

/*
 * What orders_take() does, up to the end; and saves the graph, if it is to be, even if nobody reads
 * the reports any more.
 */
long orders_finish(struct orders *orders);

/* Whether an error of these has been said: else it is the output's. */
bool orders_said_error(const struct orders *orders);

/* What was seen, and what was not. 0, or -1 with errno. */
int orders_show_total(const struct orders *orders);

#endif
