// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope locks: who waits for whom, and will for ever. */
#include "commands.h"
#include "locks_orders.h"
#include "options.h"
#include "orders.h"
#include "output.h"
#include "run.h"

#include "../clock.h"
#include "../locks/before.h"
#include "../locks/names.h"
#include "../locks/waits.h"
#include "../locks/watch.h"
#include "../message.h"
#include "../model/deadlock.h"
#include "../privileges.h"
#include "../render/locks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char description[] =
	"Find deadlocks of the kernel: tasks that wait for mutexes, rw_semaphores and for the "
	"users of VFIO devices, each for what the next one holds. A lock that is taken at once "
	"costs nothing.";

/* What was seen once is looked at again after so long. */
#define SECOND_LOOK_NS 100000000
/* Waits are looked at no less often than this. */
#define INTERVAL_NS 500000000ULL

struct locks {
	const struct options *options;
	struct lock_watch *watch;
	struct lock_names *names;
	struct deadlocks *deadlocks;
	struct orders *orders; /* NULL: they are not learned */
	__u64 hazards;	       /* predicted */
	struct dot_file dot;
	__u64 realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	__u64 reported;
	/* Of the pass that goes on. */
	const struct lock_task *tasks;
	size_t task_count;
	__u64 now_ns;
	bool done;
	bool said; /* the error: it is not the output's */
	int error;
};

struct task_texts {
	char lock[LOCK_NAME_BYTES];
	char frame[STACK_FRAMES][FRAME_BYTES];
};

static void name_task(const struct locks *locks, const struct lock_task *task,
		      struct task_texts *texts, struct rendered_lock_task *rendered)
{
	struct symbol_stack stack = { 0 };

	rendered->lock = lock_name(locks->names, deadlock_wait(task), locks->tasks,
				   locks->task_count, texts->lock);
	rendered->frame = texts->frame;
	rendered->frames = 0;
	for (int i = 0; i < task->stack_bytes / (int)sizeof(task->stack[0]); i++) {
		char *frame = texts->frame[rendered->frames];

		lock_function_name(locks->names, task->stack[i], frame);
		rendered->frames += symbol_stack_shows(&stack, frame);
	}
}

static void name_tasks(const struct locks *locks, const struct deadlock *deadlock,
		       struct task_texts *texts, struct rendered_lock_task *tasks)
{
	for (size_t i = 0; i < deadlock->count; i++)
		name_task(locks, &deadlock->task[i], &texts[i], &tasks[i]);
}

static int render(struct locks *locks, const struct rendered_deadlock *rendered)
{
	int error = locks->options->json ? render_deadlock_json(stdout, rendered) :
					   render_deadlock_text(stdout, rendered);

	if (locks->dot.file && rendered->news == DEADLOCK_FOUND)
		dot_file_wrote(&locks->dot, render_deadlock_dot(locks->dot.file, rendered));
	return error;
}

static void show_deadlock(const struct deadlock *deadlock, enum deadlock_news news, void *argument)
{
	struct locks *locks = argument;
	struct rendered_lock_task tasks[DEADLOCK_TASKS] = { 0 };
	struct task_texts *texts = calloc(deadlock->count, sizeof(*texts));
	const struct rendered_deadlock rendered = {
		.deadlock = deadlock,
		.news = news,
		.now_ns = locks->now_ns,
		.time_ns = locks->now_ns + locks->realtime_offset_ns,
		.task = tasks,
	};

	if (!texts || locks->error || locks->done) {
		free(texts);
		return;
	}
	if (news == DEADLOCK_FOUND) {
		name_tasks(locks, deadlock, texts, tasks);
		if (lock_names_renew(locks->names))
			name_tasks(locks, deadlock, texts, tasks);
	}
	locks->error = render(locks, &rendered);
	free(texts);
	locks->reported += news == DEADLOCK_FOUND;
	if (locks->options->count && locks->reported == locks->options->count)
		locks->done = true;
}

/* Returns what deadlocks_feed() does. */
static int look(struct locks *locks)
{
	__u64 start_ns = clock_ns(CLOCK_MONOTONIC);
	struct lock_task *tasks;
	long count = lock_watch_tasks(locks->watch, &tasks);
	int result = -1;

	lock_names_follow_modules(locks->names);
	if (count >= 0)
		lock_before_check_waits(locks->watch, locks->names, tasks, (size_t)count, start_ns);
	if (count >= 0 &&
	    !lock_waits_count_elsewhere(lock_watch_waits(locks->watch), tasks, (size_t)count,
					start_ns - locks->options->threshold_ns) &&
	    !lock_before_note_uses(locks->watch, locks->names, tasks, (size_t)count)) {
		locks->tasks = tasks;
		locks->task_count = (size_t)count;
		locks->now_ns = clock_ns(CLOCK_MONOTONIC);
		result = deadlocks_feed(locks->deadlocks, tasks, (size_t)count, locks->now_ns);
		message_debug("%ld tasks wait or use a device, %zu deadlocks last", count,
			      deadlocks_lasting(locks->deadlocks));
	}
	free(tasks);
	if (result < 0) {
		message_error("cannot tell which tasks wait: %s", strerror(errno));
		locks->said = true;
		locks->error = -1;
	}
	return result;
}

/* Only a long wait, or a deadlock that may be over, is worth a look at all tasks. */
static void check(struct locks *locks)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	if (!deadlocks_lasting(locks->deadlocks) &&
	    (now < locks->options->threshold_ns ||
	     !lock_waits_are_long(lock_watch_waits(locks->watch),
				  now - locks->options->threshold_ns)))
		return;
	if (look(locks) <= 0)
		return;
	nanosleep(&(struct timespec){ .tv_nsec = SECOND_LOOK_NS }, NULL);
	look(locks);
}

static bool is_long(const struct lock_wait *wait, __u64 before_ns)
{
	return wait->lock && wait->since_ns <= before_ns;
}

/* Of tasks that wait in the end, in a deadlock or for who waits for what is not seen. */
static __u64 count_long_waits(const struct locks *locks)
{
	const __u64 now = clock_ns(CLOCK_MONOTONIC), threshold_ns = locks->options->threshold_ns;
	const __u64 before_ns = now > threshold_ns ? now - threshold_ns : 0;
	struct lock_task *tasks;
	long count = lock_watch_tasks(locks->watch, &tasks);
	__u64 waits = 0;

	for (long i = 0; i < count; i++)
		waits += is_long(&tasks[i].wait, before_ns) ||
			 is_long(&tasks[i].active_wait, before_ns) ||
			 is_long(&tasks[i].open_wait, before_ns);
	free(tasks);
	return waits;
}

static int show_total(const struct locks *locks, const struct run *run)
{
	const struct lock_watch_losses losses = lock_watch_losses(locks->watch);
	const struct lock_total total = {
		.reported = locks->reported,
		.lasting = deadlocks_lasting(locks->deadlocks),
		.long_waits = count_long_waits(locks),
		.waits_without_room = losses.waits_without_room,
		.uses_without_room = losses.uses_without_room,
		.waits_elsewhere = losses.waits_elsewhere,
		.missed_runs = losses.missed_runs,
		.searches_cut = deadlocks_cut(locks->deadlocks),
		.hooks_were_off = run->hooks_were_off,
		.absent = losses.absent,
		.names = losses.names,
	};

	return locks->options->json ? render_lock_total_json(stdout, &total) :
				      render_lock_total_text(stdout, &total);
}

static int show_totals(const struct locks *locks, const struct run *run)
{
	if (show_total(locks, run) || (locks->orders && orders_show_total(locks->orders)))
		return -1;
	return fflush(stdout);
}

/* @hazards: so many, or -1, as orders.h has it. */
static void count_hazards(struct locks *locks, long hazards)
{
	if (hazards < 0) {
		locks->said |= orders_said_error(locks->orders);
		locks->error = -1;
	} else {
		locks->hazards += (__u64)hazards;
	}
}

static void take_orders(struct locks *locks)
{
	if (locks->orders)
		count_hazards(locks, orders_take(locks->orders));
	if (locks->options->count && locks->reported + locks->hazards >= locks->options->count)
		locks->done = true;
}

static void note_waits_from_before(struct locks *locks)
{
	long count;

	lock_names_follow_modules(locks->names);
	count = lock_before_note_waits(locks->watch, locks->names);
	if (count < 0)
		message_warning("who waited already is not seen: %s", strerror(errno));
	else
		message_debug("%ld tasks waited already", count);
}

static void tick(struct locks *locks, const struct run *run)
{
	lock_watch_set_hooked(locks->watch, !run->hooks_are_off);
	if (lock_watch_pick_up_modules(locks->watch)) {
		lock_names_expire(locks->names); /* what hooks VFIO's functions is new, too */
		note_waits_from_before(locks);
	}
	if (locks->orders)
		orders_tick(locks->orders);
	check(locks);
}

static int watch(struct locks *locks, struct run *run, const struct options *times)
{
	int news = locks->orders ? orders_event_fd(locks->orders) : -1;
	enum run_event event = RUN_TICK;

	if (lock_names_are_hidden(locks->names))
		message_warning("who waited already is not seen, nor functions' names: the kernel "
				"hides them (CAP_SYSLOG, and kernel.kptr_restrict less than 2)");
	if (!lock_watch_waits(locks->watch)->of_all_tasks)
		message_warning("only tasks of this PID namespace are seen waiting, and by their "
				"numbers in the host's: run it there (a container with "
				"--pid=host)");
	note_waits_from_before(locks);
	run_start(run, times);
	while (!locks->error && !locks->done && event != RUN_END && event != RUN_FAILED) {
		event = run_wait(run, news);
		if (event == RUN_TICK)
			tick(locks, run);
		if (!locks->error)
			take_orders(locks);
		if (!locks->error && fflush(stdout))
			locks->error = -1;
	}
	if (locks->orders)
		count_hazards(locks, orders_finish(locks->orders));
	/* What cannot be saved was seen all the same. */
	if ((!locks->error || locks->said) && show_totals(locks, run))
		locks->error = -1;
	if (!locks->said)
		output_check(locks->error);
	return locks->error || event == RUN_FAILED ? -1 : 0;
}

/* -1 after an error message, or STATUS_FOUND if there is something. */
static int locks_with(const struct options *options, struct run *run, const struct options *times)
{
	struct locks locks = {
		.options = options,
		.realtime_offset_ns = clock_realtime_offset_ns(),
		.names = lock_names_new(),
	};
	int error = -1;

	locks.deadlocks = deadlocks_new(options->threshold_ns, show_deadlock, &locks);
	if (!locks.deadlocks || !locks.names)
		message_error("out of memory");
	else if (!dot_file_open(&locks.dot, options->graph, run) &&
		 !dot_file_is_other(&locks.dot, "--save", options->save))
		locks.watch = lock_watch_open();
	if (locks.watch && options->predict)
		locks.orders = orders_open(options, run, locks.names, &locks.dot);
	if (locks.watch && !options->predict == !locks.orders && !dot_file_begin(&locks.dot))
		error = watch(&locks, run, times);
	error |= dot_file_close(&locks.dot);
	orders_close(locks.orders);
	lock_watch_close(locks.watch);
	deadlocks_free(locks.deadlocks);
	lock_names_free(locks.names);
	if (!error && locks.reported + locks.hazards)
		error = STATUS_FOUND;
	return error;
}

/* What it found is told by the status, unless that is the command's. */
static int status_of(int result, int status, const struct options *options)
{
	if (result < 0)
		return STATUS_FAILURE;
	return options->command || status ? status : result;
}

int command_locks(int argc, char **argv)
{
	struct options options, times;
	struct run run;
	int status, error;

	status = options_parse(&options, OPTIONS_COMMON | OPTIONS_TIME | OPTIONS_LOCKS, "locks",
			       description, argc, argv);
	if (status >= 0)
		return status;
	if (options.from)
		return orders_offline(&options, options.from);
	times = options;
	times.count = 0;
	if (!times.interval_ns)
		times.interval_ns = options.threshold_ns / 2 < INTERVAL_NS ?
					    options.threshold_ns / 2 :
					    INTERVAL_NS;
	if (run_open(&run, &times))
		return STATUS_FAILURE;
	if (output_open(&run)) {
		run_close(&run);
		return STATUS_FAILURE;
	}
	privileges_limit();
	error = locks_with(&options, &run, &times);
	output_close();
	status = run_close(&run);
	return status_of(error, status, &options);
}
