/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run of a subcommand: how long it lasts, when it reports, the command
 * that it runs, and the signals that end it.
 */
#ifndef VFIOSCOPE_RUN_H
#define VFIOSCOPE_RUN_H

#include "options.h"

#include <stdbool.h>
#include <sys/types.h>

struct run {
	__u64 interval_ns, end_ns, next_ns; /* CLOCK_MONOTONIC; 0: never */
	__u64 count;			    /* reports left, 0: no limit */
	int signals;			    /* signalfd */
	pid_t child;			    /* 0: none, or it has ended */
	int release;			    /* closing it lets the child go on */
	int child_status;		    /* exit status to take over */
	bool had_child;
	bool signalled;	     /* a signal that ends the run came */
	bool hooks_were_off; /* for a time, at a look: what was done then was not seen */
	bool hooks_are_off;
	bool over; /* what ends the run came, if only while output waited for its reader */
};

enum run_event {
	RUN_TICK,   /* an interval is over, or without intervals a second */
	RUN_END,    /* time is up, the command has ended, or a signal came */
	RUN_READY,  /* the extra descriptor can be read */
	RUN_RESIZE, /* the terminal has another size */
	RUN_FAILED, /* said already */
};

/*
 * Starts the command, if there is one, and holds it before it begins. Call
 * before programs are attached: the child must not hold their descriptors.
 * Returns 0, or -1 after an error message.
 */
int run_open(struct run *run, const struct options *options);

/* Lets the command begin; time counts from here. */
void run_start(struct run *run, const struct options *options);

/* Waits for what comes next; extra is another descriptor to wait for, or -1. */
enum run_event run_wait(struct run *run, int extra);

/* A reader that takes nothing for so long once a signal has come will not. */
#define OUTPUT_GRACE_MS 2000

/*
 * Waits until `file` takes output. Returns 0, or -1 with errno: EINTR if a
 * signal that ends the run came and nothing is taken for two seconds, or
 * another signal came.
 */
int run_wait_for_output(struct run *run, int file);

/* Waits so long, unless a signal comes. Returns 0, or -1 with EINTR as above. */
int run_pause(struct run *run, int pause_ms);

/* Ends the command if it still runs, and gives the status to exit with. */
int run_close(struct run *run);

#endif
