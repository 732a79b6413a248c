/* SPDX-License-Identifier: GPL-2.0-only */
/* Does a list of steps in several threads, for a count, a time, or until told to stop. */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ops.h"

struct thread {
	pthread_t id;
	unsigned int number;
	struct run *run;
	struct worker worker;
	struct stats *stats; /* MAX_PARTS for each step */
	uint64_t next_ns;    /* with a rate: when the next operation is due */
};

struct run {
	/* What is asked for */
	struct session session;
	struct step *steps;
	unsigned int nr_steps;
	unsigned int nr_threads;
	bool split;	      /* a count is for all threads together */
	bool forever;	      /* the list again and again ... */
	uint64_t duration_ns; /* ... for that long, when not 0 */
	double rate;	      /* operations a second and thread, 0 for all it can */
	uint64_t max_samples; /* kept in a thread */
	bool keep_going;

	/* What came of it */
	struct thread *threads;
	uint64_t elapsed_ns;
	bool interrupted; /* a signal came before all was done */
	bool failed;	  /* an operation did not end as it should have */

	/* Between the threads */
	bool replaces_fd;
	atomic_bool stop;
	atomic_uint nr_running;
	pthread_mutex_t lock;
	pthread_cond_t wake; /* stop was set, or a barrier is complete */
	unsigned int barrier_waiting;
	uint64_t barrier_passed;
};

/* Blocks the signals that end a run: before the first system call that is counted. */
void run_block_signals(void);
/* False when it could not start at all; see @failed for what happened in it. */
bool run_do(struct run *run);
void run_free(struct run *run);

#endif
