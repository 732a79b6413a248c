// SPDX-License-Identifier: GPL-2.0-only
/* Does a list of steps in several threads, for a count, a time, or until told to stop. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "message.h"
#include "run.h"

/* SIGUSR1 is the last thread's word to the one that waits for the end. */
static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
}

void run_block_signals(void)
{
	sigset_t set;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void stop_all(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	run->stop = true;
	pthread_cond_broadcast(&run->wake);
	pthread_mutex_unlock(&run->lock);
}

static void sleep_until(struct run *run, uint64_t ns)
{
	struct timespec until = clock_timespec(ns);

	pthread_mutex_lock(&run->lock);
	while (!run->stop && clock_ns() < ns)
		pthread_cond_timedwait(&run->wake, &run->lock, &until);
	pthread_mutex_unlock(&run->lock);
}

static void barrier_wait(struct run *run)
{
	uint64_t mine;

	pthread_mutex_lock(&run->lock);
	mine = run->barrier_passed;
	if (++run->barrier_waiting == run->nr_threads) {
		run->barrier_waiting = 0;
		run->barrier_passed++;
		pthread_cond_broadcast(&run->wake);
	}
	while (mine == run->barrier_passed && !run->stop)
		pthread_cond_wait(&run->wake, &run->lock);
	pthread_mutex_unlock(&run->lock);
}

/* A steady load: a thread that fell behind by over a second does not try to make it good. */
static void pace(struct thread *thread)
{
	struct run *run = thread->run;
	uint64_t now;

	if (!run->rate)
		return;
	now = clock_ns();
	if (now < thread->next_ns)
		sleep_until(run, thread->next_ns);
	else if (now > thread->next_ns + NS_PER_SEC)
		thread->next_ns = now;
	thread->next_ns += NS_PER_SEC / run->rate;
}

static uint64_t share(const struct thread *thread, const struct step *step)
{
	const struct run *run = thread->run;

	if (!run->split || (step->op->flags & OP_UNCOUNTED))
		return step->count;
	return step->count / run->nr_threads + (thread->number < step->count % run->nr_threads);
}

static void say_failure(struct run *run, const struct device *device, const struct step *step,
			int err)
{
	char what[128], hint[96] = "";

	step_describe(step, what, sizeof(what));
	if (step->op->flags & OP_REGION) {
		const struct region *region = &device->regions[step->region];

		if (!region->size)
			snprintf(hint, sizeof(hint), ": the device has no such region");
		else if (step->offset + step->width > region->size)
			snprintf(hint, sizeof(hint), ": the region has 0x%llx bytes",
				 (unsigned long long)region->size);
	}
	pthread_mutex_lock(&run->lock);
	if (!run->failed) {
		run->failed = true;
		if (!err)
			message_error("%s: %s: succeeded, expected %s", device->bdf, what,
				      err_name(step->expect));
		else if (step->expect)
			message_error("%s: %s: %s (%s), expected %s", device->bdf, what,
				      err_text(err), err_name(err), err_name(step->expect));
		else
			message_error("%s: %s: %s (%s)%s", device->bdf, what, err_text(err),
				      err_name(err), hint);
	}
	pthread_mutex_unlock(&run->lock);
}

/* Does the operation; as long as its BAR is not claimed, nobody else does one there. */
static int call(struct worker *worker, const struct step *step, uint64_t nth)
{
	struct device *device = worker->device;
	struct region *region = &device->regions[step->region];
	int err;

	if (!step_needs_memory(step) || region->claimed)
		return step->op->run(worker, step, nth);
	pthread_mutex_lock(&device->claim_lock);
	err = step->op->run(worker, step, nth);
	if (!err)
		region->claimed = true;
	pthread_mutex_unlock(&device->claim_lock);
	return err;
}

static void do_once(struct thread *thread, const struct step *step, uint64_t nth)
{
	struct run *run = thread->run;
	struct worker *worker = &thread->worker;
	struct device *device = worker->device;
	int err;

	pace(thread);
	if (run->replaces_fd) {
		if (step_is_open(step))
			pthread_rwlock_wrlock(&device->fd_lock);
		else
			pthread_rwlock_rdlock(&device->fd_lock);
	}
	err = call(worker, step, nth);
	if (run->replaces_fd)
		pthread_rwlock_unlock(&device->fd_lock);
	if (err == step->expect)
		return;
	worker->stats[worker->last_part].unexpected++;
	if (run->keep_going)
		return;
	say_failure(run, device, step, err);
	stop_all(run);
}

static void do_step(struct thread *thread, const struct step *step)
{
	struct run *run = thread->run;
	uint64_t count = share(thread, step);

	thread->worker.stats = &thread->stats[(step - run->steps) * MAX_PARTS];
	step_begin(&thread->worker, step);
	for (uint64_t nth = 0; nth < count && !run->stop; nth++) {
		if (step->op->run)
			do_once(thread, step, nth);
		else if (step->op->keys & KEY_MS)
			sleep_until(run, clock_ns() + step->ms * 1000000ULL);
		else
			barrier_wait(run);
	}
}

static void *thread_main(void *arg)
{
	struct thread *thread = arg;
	struct run *run = thread->run;

	barrier_wait(run);
	thread->next_ns = clock_ns();
	do {
		for (unsigned int i = 0; i < run->nr_steps && !run->stop; i++)
			do_step(thread, &run->steps[i]);
	} while (run->forever && !run->stop);
	if (atomic_fetch_sub(&run->nr_running, 1) == 1)
		kill(getpid(), SIGUSR1);
	return NULL;
}

/* Until the last thread is through, the time is up, or a signal came. */
static void wait_for_end(struct run *run, uint64_t start)
{
	sigset_t set;
	int sig;

	ending_signals(&set);
	do {
		if (run->duration_ns) {
			uint64_t now = clock_ns(), end = start + run->duration_ns;
			struct timespec left = clock_timespec(end > now ? end - now : 0);

			sig = sigtimedwait(&set, NULL, &left);
		} else {
			sig = sigwaitinfo(&set, NULL);
		}
	} while (sig < 0 && errno == EINTR);
	if (sig == SIGINT || sig == SIGTERM)
		run->interrupted = !run->forever;
	if (sig != SIGUSR1)
		stop_all(run);
}

static bool prepare_devices(struct run *run)
{
	bool memory = false;

	for (unsigned int d = 0; d < run->session.nr_devices; d++) {
		struct device *device = &run->session.devices[d];

		for (unsigned int i = 0; i < run->nr_steps; i++) {
			const struct step *step = &run->steps[i];

			run->replaces_fd |= step_is_open(step);
			memory |= step_needs_memory(step);
			if ((step->op->flags & OP_REGION) &&
			    !device_find_region(device, step->region))
				return false;
			if ((step->op->flags & OP_ZPCI) && !zpci_find(device))
				return false;
		}
	}
	for (unsigned int d = 0; d < run->session.nr_devices; d++) {
		struct device *device = &run->session.devices[d];

		device->enable_memory |= memory && !run->session.leave_memory;
		if (device->enable_memory && !device_memory_on(device))
			return false;
	}
	return true;
}

static bool prepare_thread(struct run *run, unsigned int number)
{
	struct thread *thread = &run->threads[number];

	thread->number = number;
	thread->run = run;
	thread->worker.session = &run->session;
	thread->worker.device = &run->session.devices[number % run->session.nr_devices];
	thread->worker.budget = run->max_samples;
	thread->stats = calloc((size_t)run->nr_steps * MAX_PARTS, sizeof(*thread->stats));
	if (!thread->stats) {
		message_error("out of memory");
		return false;
	}
	return worker_init(&thread->worker, run->steps, run->nr_steps, number);
}

bool run_do(struct run *run)
{
	pthread_condattr_t attr;
	uint64_t start;
	int err = 0;

	pthread_mutex_init(&run->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&run->wake, &attr);
	run->threads = calloc(run->nr_threads, sizeof(*run->threads));
	if (!run->threads) {
		message_error("out of memory");
		return false;
	}
	if (!prepare_devices(run))
		return false;
	for (unsigned int i = 0; i < run->nr_threads; i++)
		if (!prepare_thread(run, i))
			return false;

	start = clock_ns();
	run->nr_running = run->nr_threads;
	for (unsigned int i = 0; i < run->nr_threads; i++) {
		err = pthread_create(&run->threads[i].id, NULL, thread_main, &run->threads[i]);
		if (!err)
			continue;
		message_error("cannot start thread %u: %s: use fewer --threads", i, strerror(err));
		run->failed = true;
		stop_all(run);
		for (unsigned int j = 0; j < i; j++)
			pthread_join(run->threads[j].id, NULL);
		return false;
	}
	wait_for_end(run, start);
	for (unsigned int i = 0; i < run->nr_threads; i++)
		pthread_join(run->threads[i].id, NULL);
	run->elapsed_ns = clock_ns() - start;
	return true;
}

void run_free(struct run *run)
{
	for (unsigned int i = 0; run->threads && i < run->nr_threads; i++) {
		struct thread *thread = &run->threads[i];

		for (unsigned int s = 0; thread->stats && s < run->nr_steps * MAX_PARTS; s++)
			stats_free(&thread->stats[s]);
		free(thread->stats);
		worker_free(&thread->worker);
	}
	free(run->threads);
	free(run->steps);
	free(run->session.devices);
	free(run->session.groups);
}
