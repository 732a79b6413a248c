// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "deadlock.h"

#include <stdlib.h>
#include <string.h>

/* Lasting ones that are known at a time; and edges followed in one search. */
#define MOST_DEADLOCKS 64
#define SEARCH_STEPS 1000000

/*
 * The reader that a semaphore remembers may have let go, who came later than a wait for what it is
 * said to own may be another task in the memory of one that ended, and who just has a device open
 * may close it. Who waits behind them for so many thresholds is worth a suspicion.
 */
#define UNSURE_THRESHOLDS 10

struct deadlocks {
	__u64 threshold_ns;
	deadlock_report report;
	void *argument;
	__u64 last_id;
	__u64 cut;
	struct deadlock known[MOST_DEADLOCKS]; /* found_ns 0: seen once */
	size_t count;
};

/* One pass over the tasks. */
struct pass {
	struct deadlocks *deadlocks;
	const struct lock_task *tasks;
	size_t count;
	struct cycle_edge *edges;
	size_t edge_count, room;
	size_t *by_tid;	       /* places of tasks, by their numbers */
	bool *taken;	       /* tasks that are in a deadlock of this pass */
	bool *stuck;	       /* tasks that are in a deadlock, or wait behind it */
	struct deadlock *seen; /* MOST_DEADLOCKS */
	size_t seen_count;
	bool known_ones; /* only deadlocks that were seen before are taken */
};

/* include/linux/sched.h */
#define STATE_INTERRUPTIBLE 0x0001
#define STATE_WAKEKILL 0x0100

const struct lock_wait *deadlock_wait(const struct lock_task *task)
{
	if (task->wait.lock)
		return &task->wait;
	return task->active_wait.lock ? &task->active_wait : &task->open_wait;
}

bool deadlock_waits_for_use(const struct lock_task *task)
{
	__u32 kind = deadlock_wait(task)->kind;

	return kind == LOCK_OPEN || kind == LOCK_ACTIVE;
}

bool deadlock_is_breakable(const struct lock_task *task)
{
	/* vfio_unregister_group_dev() is interrupted once, complains, and waits on. */
	return !deadlock_waits_for_use(task) && !(task->flags & LOCK_KERNEL_THREAD) &&
	       task->state & (STATE_INTERRUPTIBLE | STATE_WAKEKILL);
}

const struct lock_task *deadlock_breakable_by(const struct deadlock *deadlock)
{
	for (size_t i = 0; i < deadlock->count; i++)
		if (deadlock_is_breakable(&deadlock->task[i]))
			return &deadlock->task[i];
	return NULL;
}

/*
 * Edges: from a task that waits to one that holds what it waits for
 */

static bool by_reader(const struct lock_task *waiter)
{
	return waiter->wait.lock && waiter->flags & LOCK_OWNER_READS;
}

/* It was quicker than who waited already; or has nothing to do with it. */
static bool by_late_owner(const struct lock_task *waiter)
{
	return waiter->wait.lock && waiter->flags & LOCK_OWNER_LATER;
}

static bool has_open(const struct lock_task *task, __u64 vfio)
{
	for (size_t i = 0; i < LOCK_OPENS; i++)
		if (task->has_open[i] == vfio)
			return true;
	return false;
}

static bool is_unsure(const struct lock_task *waiter, const struct lock_task *holder)
{
	switch (deadlock_wait(waiter)->kind) {
	case LOCK_OPEN:
		return holder == waiter || holder->use.vfio != deadlock_wait(waiter)->lock;
	case LOCK_ACTIVE:
		/* Nobody can tell whether it has said that it is not waited for. */
		return holder == waiter || holder->flags & LOCK_IN_FILE_MAYBE;
	default:
		return by_reader(waiter) || by_late_owner(waiter);
	}
}

static bool waits_for_thresholds(const struct pass *pass, const struct lock_task *task,
				 __u64 now_ns, unsigned int thresholds)
{
	const struct lock_wait *wait = deadlock_wait(task);

	return wait->lock && now_ns > wait->since_ns &&
	       now_ns - wait->since_ns >= pass->deadlocks->threshold_ns * thresholds;
}

static bool waits_long(const struct pass *pass, const struct lock_task *task, __u64 now_ns)
{
	bool is_sure = !by_reader(task) && !by_late_owner(task);

	return waits_for_thresholds(pass, task, now_ns, is_sure ? 1 : UNSURE_THRESHOLDS);
}

static bool holds(const struct lock_task *holder, const struct lock_task *waiter)
{
	const struct lock_wait *wait = deadlock_wait(waiter);

	switch (wait->kind) {
	case LOCK_OPEN:
		/* Who is in an operation is not removing the device. */
		return has_open(holder, wait->lock) ||
		       (holder->use.vfio == wait->lock && holder != waiter);
	case LOCK_ACTIVE:
		/* Who removes the file that it writes to may say so, and is not counted. */
		return holder->in_file == wait->lock &&
		       (holder != waiter || !(holder->flags & LOCK_IN_FILE_MAYBE));
	default:
		break;
	}
	/*
	 * Whoever was the last reader, and now wants to write, reads no more. And who came after
	 * somebody waited was quicker than that only if readers had just left: more likely it has
	 * the memory of one of them.
	 */
	if (by_reader(waiter) && (holder == waiter || by_late_owner(waiter)))
		return false;
	return waiter->owner_tid && waiter->owner_tid == holder->tid &&
	       waiter->owner_start_ns == holder->start_ns;
}

static int add_edge(struct pass *pass, size_t from, size_t to)
{
	if (pass->edge_count == pass->room) {
		size_t room = pass->room ? 2 * pass->room : 64;
		struct cycle_edge *larger = realloc(pass->edges, room * sizeof(*larger));

		if (!larger)
			return -1;
		pass->edges = larger;
		pass->room = room;
	}
	pass->edges[pass->edge_count++] = (struct cycle_edge){ from, to };
	return 0;
}

static int compare_tids(const void *one, const void *other, void *tasks)
{
	const struct lock_task *all = tasks;
	__u32 left = all[*(const size_t *)one].tid, right = all[*(const size_t *)other].tid;

	return (left > right) - (left < right);
}

/* Its place in by_tid, or where it would be. */
static size_t find_tid(const struct pass *pass, __u32 tid)
{
	size_t low = 0, high = pass->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pass->tasks[pass->by_tid[middle]].tid < tid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* From a task to those of @others that hold what it waits for. */
static int add_edges_to(struct pass *pass, size_t from, const size_t *others, size_t count,
			__u64 now_ns)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		const struct lock_task *waiter = &pass->tasks[from];
		const struct lock_task *holder = &pass->tasks[others[i]];

		if (holds(holder, waiter) &&
		    (!is_unsure(waiter, holder) ||
		     waits_for_thresholds(pass, waiter, now_ns, UNSURE_THRESHOLDS)))
			error = add_edge(pass, from, others[i]);
	}
	return error;
}

/* A lock has one owner; a device, and a file, have users. */
static int add_edges_from(struct pass *pass, size_t from, __u64 now_ns)
{
	const struct lock_task *task = &pass->tasks[from];
	size_t place;

	if (!waits_long(pass, task, now_ns))
		return 0;
	if (deadlock_waits_for_use(task))
		return add_edges_to(pass, from, pass->by_tid, pass->count, now_ns);
	place = find_tid(pass, task->owner_tid);
	return add_edges_to(pass, from, pass->by_tid + place, place < pass->count, now_ns);
}

/* Many may wait: each is not compared with each. */
static int add_edges(struct pass *pass, __u64 now_ns)
{
	int error = 0;

	for (size_t i = 0; i < pass->count; i++)
		pass->by_tid[i] = i;
	qsort_r(pass->by_tid, pass->count, sizeof(*pass->by_tid), compare_tids,
		(void *)pass->tasks);
	for (size_t i = 0; i < pass->count && !error; i++)
		error = add_edges_from(pass, i, now_ns);
	return error;
}

/*
 * Cycles
 */

static bool is_same_task(const struct lock_task *one, const struct lock_task *other)
{
	const struct lock_wait *wait = deadlock_wait(one), *other_wait = deadlock_wait(other);

	return one->tid == other->tid && one->start_ns == other->start_ns &&
	       wait->lock == other_wait->lock && wait->since_ns == other_wait->since_ns &&
	       wait->kind == other_wait->kind && one->owner_tid == other->owner_tid &&
	       one->use.vfio == other->use.vfio && one->use.since_ns == other->use.since_ns;
}

/* Tasks are numbered in the order that the kernel lists them in: each has its place. */
static bool is_same(const struct deadlock *one, const struct deadlock *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!is_same_task(&one->task[i], &other->task[i]))
			return false;
	return true;
}

static struct deadlock *find_known(struct deadlocks *deadlocks, const struct deadlock *wanted)
{
	for (size_t i = 0; i < deadlocks->count; i++)
		if (is_same(&deadlocks->known[i], wanted))
			return &deadlocks->known[i];
	return NULL;
}

static bool is_suspected(const struct deadlock *deadlock)
{
	for (size_t i = 0; i < deadlock->count; i++)
		if (is_unsure(&deadlock->task[i], &deadlock->task[(i + 1) % deadlock->count]))
			return true;
	return false;
}

/*
 * Who was given a lock and has not run since, because others keep the processor, is still in the
 * list of who waits. Who really waits sleeps, but for moments.
 */
static bool may_run(const struct deadlock *deadlock)
{
	for (size_t i = 0; i < deadlock->count; i++)
		if (deadlock->task[i].wait.lock && !deadlock->task[i].state)
			return true;
	return false;
}

/* One for all cycles that have tasks in common: it is one knot, whichever way around it. */
static bool take_cycle(const size_t *edges, size_t length, void *argument)
{
	struct pass *pass = argument;
	struct deadlock *deadlock = &pass->seen[pass->seen_count];

	memset(deadlock, 0, sizeof(*deadlock));
	for (size_t i = 0; i < length; i++) {
		size_t task = pass->edges[edges[i]].from;

		if (pass->taken[task])
			return true;
		deadlock->task[deadlock->count++] = pass->tasks[task];
	}
	if (pass->known_ones ? !find_known(pass->deadlocks, deadlock) : may_run(deadlock))
		return true;
	for (size_t i = 0; i < length; i++)
		pass->taken[pass->edges[edges[i]].from] = true;
	deadlock->suspected = is_suspected(deadlock);
	pass->seen_count++;
	return pass->seen_count < MOST_DEADLOCKS;
}

static int find_cycles(struct pass *pass)
{
	const struct cycle_graph graph = { pass->count, pass->edge_count, pass->edges };

	/* What is known first: it is not to change because there is another way around. */
	for (int round = 0; round < 2 && pass->seen_count < MOST_DEADLOCKS; round++) {
		size_t steps = SEARCH_STEPS;

		pass->known_ones = !round;
		switch (cycles_find(&graph, &steps, take_cycle, pass)) {
		case CYCLES_NO_MEMORY:
			return -1;
		case CYCLES_CUT:
			pass->deadlocks->cut++;
			break;
		default:
			break;
		}
	}
	/* There may be more. */
	if (pass->seen_count == MOST_DEADLOCKS)
		pass->deadlocks->cut++;
	return 0;
}

/*
 * Who waits behind
 */

/* A lock has one owner; a device, and a file, have users. */
static bool waits_for_stuck(const struct pass *pass, const struct lock_task *task)
{
	size_t first = 0, last = pass->count;

	if (!deadlock_waits_for_use(task)) {
		first = find_tid(pass, task->owner_tid);
		last = first < last ? first + 1 : last;
	}
	for (size_t i = first; i < last; i++)
		if (pass->stuck[pass->by_tid[i]] && holds(&pass->tasks[pass->by_tid[i]], task))
			return true;
	return false;
}

static void begin_with_deadlock(const struct pass *pass, const struct deadlock *deadlock)
{
	memset(pass->stuck, 0, pass->count * sizeof(*pass->stuck));
	for (size_t i = 0; i < deadlock->count; i++)
		pass->stuck[pass->by_tid[find_tid(pass, deadlock->task[i].tid)]] = true;
}

static void find_behind(const struct pass *pass, struct deadlock *deadlock)
{
	bool more = true;

	begin_with_deadlock(pass, deadlock);
	while (more) {
		more = false;
		for (size_t i = 0; i < pass->count; i++) {
			const struct lock_task *task = &pass->tasks[i];

			if (pass->stuck[i] || !deadlock_wait(task)->lock ||
			    !waits_for_stuck(pass, task))
				continue;
			pass->stuck[i] = more = true;
			if (deadlock->behind < DEADLOCK_BEHIND)
				deadlock->behind_task[deadlock->behind] = *task;
			deadlock->behind++;
		}
	}
}

/*
 * What is new
 */

static void tell(struct deadlocks *deadlocks, const struct deadlock *deadlock,
		 enum deadlock_news news)
{
	deadlocks->report(deadlock, news, deadlocks->argument);
}

/* What was told of and is not seen any more. */
static void tell_resolved(const struct pass *pass)
{
	struct deadlocks *deadlocks = pass->deadlocks;

	for (size_t i = 0; i < deadlocks->count; i++) {
		const struct deadlock *known = &deadlocks->known[i];
		bool lasts = false;

		for (size_t j = 0; j < pass->seen_count; j++)
			lasts |= is_same(known, &pass->seen[j]);
		if (!lasts && known->found_ns)
			tell(deadlocks, known, DEADLOCK_RESOLVED);
	}
}

/* Returns how many were seen for the first time. */
static int tell_found(const struct pass *pass, __u64 now_ns)
{
	struct deadlocks *deadlocks = pass->deadlocks;
	int new_ones = 0;

	for (size_t i = 0; i < pass->seen_count; i++) {
		struct deadlock *seen = &pass->seen[i];
		const struct deadlock *known = find_known(deadlocks, seen);

		if (!known) {
			new_ones++;
			continue;
		}
		seen->id = known->id;
		seen->found_ns = known->found_ns;
		if (seen->found_ns)
			continue;
		seen->id = ++deadlocks->last_id;
		seen->found_ns = now_ns;
		find_behind(pass, seen);
		tell(deadlocks, seen, DEADLOCK_FOUND);
	}
	return new_ones;
}

static int feed(struct pass *pass, __u64 now_ns)
{
	struct deadlocks *deadlocks = pass->deadlocks;
	int new_ones;

	if (add_edges(pass, now_ns) || find_cycles(pass))
		return -1;
	tell_resolved(pass);
	new_ones = tell_found(pass, now_ns);
	memcpy(deadlocks->known, pass->seen, pass->seen_count * sizeof(*pass->seen));
	deadlocks->count = pass->seen_count;
	return new_ones;
}

int deadlocks_feed(struct deadlocks *deadlocks, const struct lock_task *tasks, size_t count,
		   __u64 now_ns)
{
	struct pass pass = {
		.deadlocks = deadlocks,
		.tasks = tasks,
		.count = count,
		.by_tid = calloc(count + 1, sizeof(*pass.by_tid)),
		.taken = calloc(count + 1, sizeof(*pass.taken)),
		.stuck = calloc(count + 1, sizeof(*pass.stuck)),
		.seen = calloc(MOST_DEADLOCKS, sizeof(*pass.seen)),
	};
	bool has_memory = pass.by_tid && pass.taken && pass.stuck && pass.seen;
	int result = has_memory ? feed(&pass, now_ns) : -1;

	free(pass.edges);
	free(pass.by_tid);
	free(pass.stuck);
	free(pass.taken);
	free(pass.seen);
	return result;
}

struct deadlocks *deadlocks_new(__u64 threshold_ns, deadlock_report report, void *argument)
{
	struct deadlocks *deadlocks = calloc(1, sizeof(*deadlocks));

	if (!deadlocks)
		return NULL;
	deadlocks->threshold_ns = threshold_ns;
	deadlocks->report = report;
	deadlocks->argument = argument;
	return deadlocks;
}

void deadlocks_free(struct deadlocks *deadlocks)
{
	free(deadlocks);
}

size_t deadlocks_lasting(const struct deadlocks *deadlocks)
{
	size_t lasting = 0;

	for (size_t i = 0; i < deadlocks->count; i++)
		lasting += deadlocks->known[i].found_ns != 0;
	return lasting;
}

__u64 deadlocks_cut(const struct deadlocks *deadlocks)
{
	return deadlocks->cut;
}
