/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that subcommands have in common, and how a command line is taken apart. */
#ifndef VFIOSCOPE_OPTIONS_H
#define VFIOSCOPE_OPTIONS_H

#include "../latency/tracer.h"
#include "../model/report.h"

#include <argp.h>
#include <stdbool.h>

struct options {
	/* For every subcommand. */
	bool json;
	bool verbose;
	bool missing;	     /* what is asked for is well said, but not there */
	char **command;	     /* behind "--", NULL if there is none */
	bool takes_terminal; /* the command gets /dev/null in its place */
	/* What to measure, what to keep apart. */
	struct tracer_options tracer;
	/* When to report, 0: not given. */
	__u64 interval_ns, duration_ns, count;
	/* Of one subcommand. */
	enum report_order order;
	bool histogram;
	bool stack;
	bool hazards;
	__u64 slower_ns;
	__u64 event_bytes;
	__u64 threshold_ns;
	const char *graph; /* a file, NULL: none is wanted */
	bool predict;
	bool all;		    /* cycles that are no hazards, too */
	bool across;		    /* orders of all devices as of one */
	char **scopes;		    /* functions of the kernel, ends with NULL; NULL: none */
	char **from;		    /* files with orders, ends with NULL; NULL: none */
	const char *save, *compare; /* likewise a file, NULL: none */
};

/* Which groups of options a subcommand takes. */
enum option_group {
	OPTIONS_COMMON = 1 << 0,
	OPTIONS_FILTER = 1 << 1,
	OPTIONS_KEYS = 1 << 2,
	OPTIONS_TIME = 1 << 3,
	OPTIONS_SORT = 1 << 4,
	OPTIONS_LATENCY = 1 << 5,
	OPTIONS_TRACE = 1 << 6,
	OPTIONS_EVENTS = 1 << 8,
	OPTIONS_LOCKS = 1 << 9,
	OPTIONS_LIVE = 1 << 7, /* no options: every second unless --interval is given */
};

/*
 * Parses a subcommand's command line. Returns -1 if it is to be run, else the
 * status to exit with; errors have been said then.
 */
int options_parse(struct options *options, unsigned int groups, const char *name,
		  const char *description, int argc, char **argv);

#endif
