// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "../../user/model/deadlock.h"

#include <string.h>

#define SECOND 1000000000ULL
#define NOW (100 * SECOND)
#define DEVICE 0xd000

struct told {
	size_t found, resolved;
	struct deadlock last;
};

static void take(const struct deadlock *deadlock, enum deadlock_news news, void *argument)
{
	struct told *told = argument;

	told->found += news == DEADLOCK_FOUND;
	told->resolved += news == DEADLOCK_RESOLVED;
	told->last = *deadlock;
}

/* A task that waits for the lock which @owner has. */
static struct lock_task waiter(__u32 tid, __u64 lock, __u32 owner)
{
	return (struct lock_task){
		.tid = tid,
		.pid = tid,
		.start_ns = tid + 1000,
		.state = 2, /* TASK_UNINTERRUPTIBLE */
		.wait = { .lock = lock, .since_ns = NOW - 3 * SECOND, .kind = LOCK_MUTEX },
		.owner_tid = owner,
		.owner_start_ns = owner + 1000,
	};
}

/* A task that waits until @device is closed. */
static struct lock_task remover(__u32 tid, __u64 device)
{
	struct lock_task task = waiter(tid, 0, 0);

	task.owner_tid = 0;
	task.open_wait = (struct lock_wait){ .lock = device,
					     .since_ns = NOW - 2 * SECOND,
					     .kind = LOCK_OPEN };
	return task;
}

static struct lock_task in_use(struct lock_task task, __u64 device)
{
	task.use = (struct lock_use){ .vfio = device,
				      .since_ns = NOW - 2 * SECOND,
				      .operation = LOCK_USE_WRITE };
	return task;
}

static struct told told;

static struct deadlocks *start(void)
{
	struct deadlocks *deadlocks = deadlocks_new(SECOND, take, &told);

	memset(&told, 0, sizeof(told));
	assert_non_null(deadlocks);
	return deadlocks;
}

/* Two looks at the same. */
static void feed(struct deadlocks *deadlocks, const struct lock_task *tasks, size_t count)
{
	assert_true(deadlocks_feed(deadlocks, tasks, count, NOW) >= 0);
	assert_true(deadlocks_feed(deadlocks, tasks, count, NOW) >= 0);
}

static void tells_once_that_it_is_there_and_once_that_it_is_gone(void **state)
{
	const struct lock_task tasks[] = { waiter(7, 0xa, 8), waiter(8, 0xb, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	assert_int_equal(deadlocks_feed(deadlocks, tasks, 2, NOW), 1);
	assert_int_equal(told.found, 0); /* once is not enough */
	for (int i = 0; i < 5; i++)
		assert_int_equal(deadlocks_feed(deadlocks, tasks, 2, NOW), 0);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.count, 2);
	assert_int_equal(told.last.id, 1);
	assert_false(told.last.suspected);
	assert_int_equal(deadlocks_lasting(deadlocks), 1);
	assert_int_equal(deadlocks_feed(deadlocks, tasks, 1, NOW), 0);
	assert_int_equal(told.resolved, 1);
	assert_int_equal(told.last.id, 1);
	assert_int_equal(deadlocks_lasting(deadlocks), 0);
	feed(deadlocks, NULL, 0);
	assert_int_equal(told.resolved, 1);
	deadlocks_free(deadlocks);
}

/* It has the lock, and has not run since. */
static void waits_until_all_of_them_sleep(void **state)
{
	struct lock_task tasks[] = { waiter(7, 0xa, 8), waiter(8, 0xb, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[1].state = 0;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	tasks[1].state = 2;
	assert_int_equal(deadlocks_feed(deadlocks, tasks, 2, NOW), 1);
	tasks[1].state = 0; /* for a moment */
	assert_int_equal(deadlocks_feed(deadlocks, tasks, 2, NOW), 0);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.resolved, 0);
	deadlocks_free(deadlocks);
}

static void is_another_one_when_a_wait_began_anew(void **state)
{
	struct lock_task tasks[] = { waiter(7, 0xa, 8), waiter(8, 0xb, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	assert_int_equal(deadlocks_feed(deadlocks, tasks, 2, NOW), 1);
	tasks[1].wait.since_ns += 1;
	assert_int_equal(deadlocks_feed(deadlocks, tasks, 2, NOW), 1);
	assert_int_equal(told.found, 0);
	feed(deadlocks, tasks, 2);
	tasks[0].wait.since_ns += 1;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 2);
	assert_int_equal(told.resolved, 1);
	deadlocks_free(deadlocks);
}

static void looks_at_long_waits_alone(void **state)
{
	struct lock_task tasks[] = { waiter(7, 0xa, 8), waiter(8, 0xb, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[1].wait.since_ns = NOW - SECOND + 1;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	tasks[1].wait.since_ns = NOW - SECOND;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	deadlocks_free(deadlocks);
}

static void takes_nobody_for_another_with_the_same_number(void **state)
{
	struct lock_task tasks[] = { waiter(7, 0xa, 8), waiter(8, 0xb, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[1].start_ns++;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	deadlocks_free(deadlocks);
}

static void knows_who_waits_for_itself(void **state)
{
	const struct lock_task task = waiter(7, 0xa, 7);
	struct deadlocks *deadlocks = start();

	(void)state;
	feed(deadlocks, &task, 1);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.count, 1);
	deadlocks_free(deadlocks);
}

static void knows_a_device_that_is_to_be_closed(void **state)
{
	const struct lock_task tasks[] = {
		remover(7, DEVICE),
		in_use(waiter(8, 0xa, 7), DEVICE),
		in_use(waiter(9, 0xb, 7), DEVICE + 1), /* another device's: it waits behind */
		in_use(waiter(10, 0xa, 7), DEVICE),
	};
	struct deadlocks *deadlocks = start();

	(void)state;
	feed(deadlocks, tasks, 4);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.count, 2);
	assert_int_equal(told.last.task[0].tid, 7);
	assert_int_equal(told.last.task[1].tid, 8);
	assert_int_equal(told.last.behind, 2);
	deadlocks_free(deadlocks);
}

static void is_breakable_where_a_kill_ends_the_wait(void **state)
{
	struct lock_task task = waiter(7, 0xa, 8);

	(void)state;
	task.state = 2;
	assert_false(deadlock_is_breakable(&task));
	task.state = 0x102;
	assert_true(deadlock_is_breakable(&task));
	task.state = 1;
	assert_true(deadlock_is_breakable(&task));
	task.flags = LOCK_KERNEL_THREAD;
	assert_false(deadlock_is_breakable(&task));
	task = remover(8, DEVICE);
	task.state = 1;
	assert_false(deadlock_is_breakable(&task));
}

/* What it waits for within the wait counts. */
static void takes_the_inner_wait(void **state)
{
	struct lock_task tasks[] = { remover(7, DEVICE), in_use(waiter(8, 0xa, 7), DEVICE) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[0].wait = (struct lock_wait){ .lock = 0xc, .since_ns = NOW - 2 * SECOND };
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	deadlocks_free(deadlocks);
}

static void suspects_where_readers_hold(void **state)
{
	struct lock_task tasks[] = { waiter(7, 0xa, 8), waiter(8, 0xb, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[1].flags = LOCK_OWNER_READS;
	tasks[1].wait.since_ns = NOW - 10 * SECOND + 1;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0); /* the reader may have let go */
	tasks[1].wait.since_ns = NOW - 10 * SECOND;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	assert_true(told.last.suspected);
	feed(deadlocks, NULL, 0);
	tasks[1].owner_tid = tasks[1].tid;
	tasks[1].owner_start_ns = tasks[1].start_ns;
	feed(deadlocks, &tasks[1], 1);
	assert_int_equal(told.found, 1); /* nobody is taken for the reader that it was */
	deadlocks_free(deadlocks);
}

/* Memory of tasks is used again: who came later than the wait need not own what is waited for. */
static void suspects_an_owner_that_came_later(void **state)
{
	struct lock_task tasks[] = { waiter(7, 0xa, 8), waiter(8, 0xb, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[0].flags = LOCK_OWNER_LATER;
	tasks[0].wait.since_ns = NOW - 10 * SECOND + 1;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	tasks[0].wait.since_ns = NOW - 10 * SECOND;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	assert_true(told.last.suspected);
	feed(deadlocks, NULL, 0);
	/* Behind who waits to write nobody begins to read. */
	tasks[0].flags |= LOCK_OWNER_READS;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	deadlocks_free(deadlocks);
}

static void suspects_who_has_any_of_them_open(void **state)
{
	struct lock_task tasks[] = { remover(7, DEVICE), waiter(8, 0xa, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[0].open_wait.since_ns = NOW - 10 * SECOND;
	for (__u64 i = 0; i < LOCK_OPENS; i++)
		tasks[1].has_open[i] = 0xe000 + i;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	tasks[1].has_open[LOCK_OPENS - 1] = DEVICE;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	deadlocks_free(deadlocks);
}

/* Who has the device open, and is in no operation, may close it as long as it can. */
static void suspects_who_has_a_device_open(void **state)
{
	struct lock_task tasks[] = { remover(7, DEVICE), waiter(8, 0xa, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[1].has_open[0] = DEVICE;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	tasks[0].open_wait.since_ns = NOW - 10 * SECOND;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	assert_true(told.last.suspected);
	deadlocks_free(deadlocks);
}

/* What it is in is another one. */
static void suspects_who_has_two_devices_open(void **state)
{
	struct lock_task tasks[] = { remover(7, DEVICE), in_use(waiter(8, 0xa, 7), 0xe000) };
	struct deadlocks *deadlocks = start();

	(void)state;
	tasks[0].open_wait.since_ns = NOW - 10 * SECOND;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	tasks[1].has_open[0] = DEVICE;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	assert_true(told.last.suspected);
	tasks[1].use.vfio = DEVICE;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 2);
	assert_false(told.last.suspected);
	deadlocks_free(deadlocks);
}

/* Who is in an operation does not remove the device; who has it open may. */
static void suspects_who_removes_what_it_has_open(void **state)
{
	struct lock_task task = in_use(remover(7, DEVICE), DEVICE);
	struct deadlocks *deadlocks = start();

	(void)state;
	task.open_wait.since_ns = NOW - 10 * SECOND;
	feed(deadlocks, &task, 1);
	assert_int_equal(told.found, 0);
	task.has_open[0] = DEVICE;
	feed(deadlocks, &task, 1);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.count, 1);
	assert_true(told.last.suspected);
	task.state = 1; /* TASK_INTERRUPTIBLE */
	assert_false(deadlock_is_breakable(&task));
	deadlocks_free(deadlocks);
}

#define NODE 0x4000

/* A task that waits until nobody is in the file any more. */
static struct lock_task file_remover(__u32 tid)
{
	struct lock_task task = waiter(tid, 0, 0);

	task.active_wait = (struct lock_wait){ .lock = NODE,
					       .since_ns = NOW - 2 * SECOND,
					       .kind = LOCK_ACTIVE };
	return task;
}

static void knows_a_file_that_is_to_be_left(void **state)
{
	struct lock_task tasks[] = { file_remover(7), waiter(8, 0xa, 7) };
	struct deadlocks *deadlocks = start();

	(void)state;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 0);
	tasks[1].in_file = NODE;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.count, 2);
	assert_false(told.last.suspected);
	tasks[0].state = 1; /* TASK_INTERRUPTIBLE */
	assert_false(deadlock_is_breakable(&tasks[0]));
	/* The removal of a device removes its files. */
	tasks[0].open_wait = (struct lock_wait){ .lock = DEVICE, .kind = LOCK_OPEN };
	assert_int_equal(deadlock_wait(&tasks[0])->kind, LOCK_ACTIVE);
	tasks[1].flags = LOCK_IN_FILE_MAYBE;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.resolved, 1);
	tasks[0].active_wait.since_ns = NOW - 10 * SECOND;
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.found, 2);
	assert_true(told.last.suspected);
	deadlocks_free(deadlocks);
}

/* It may have said that it is not waited for, as the kernel's own files do: then others are. */
static void suspects_who_removes_the_file_that_it_is_in(void **state)
{
	struct lock_task task = file_remover(7);
	struct deadlocks *deadlocks = start();

	(void)state;
	task.in_file = NODE;
	feed(deadlocks, &task, 1);
	assert_int_equal(told.found, 0);
	task.active_wait.since_ns = NOW - 10 * SECOND;
	feed(deadlocks, &task, 1);
	assert_int_equal(told.found, 1);
	assert_true(told.last.suspected);
	task.flags = LOCK_IN_FILE_MAYBE;
	task.active_wait.since_ns = NOW - 20 * SECOND;
	feed(deadlocks, &task, 1);
	assert_int_equal(told.found, 1);
	deadlocks_free(deadlocks);
}

static void keeps_to_the_way_around_that_it_knows(void **state)
{
	struct lock_task tasks[] = {
		in_use(waiter(5, 0xa, 0), DEVICE),
		remover(7, DEVICE),
		in_use(waiter(8, 0xa, 7), DEVICE),
	};
	struct deadlocks *deadlocks = start();

	(void)state;
	feed(deadlocks, tasks, 3);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.task[1].tid, 8);
	tasks[0] = in_use(waiter(5, 0xa, 7), DEVICE);
	feed(deadlocks, tasks, 3);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.resolved, 0);
	deadlocks_free(deadlocks);
}

static void knows_several_at_once(void **state)
{
	const struct lock_task tasks[] = {
		waiter(1, 0xa, 2), waiter(2, 0xb, 1), waiter(3, 0xc, 4),
		waiter(4, 0xd, 5), waiter(5, 0xe, 3), waiter(6, 0xa, 2),
	};
	struct deadlocks *deadlocks = start();

	(void)state;
	feed(deadlocks, tasks, COUNT_OF(tasks));
	assert_int_equal(told.found, 2);
	assert_int_equal(told.last.count, 3);
	assert_int_equal(deadlocks_lasting(deadlocks), 2);
	feed(deadlocks, tasks, 2);
	assert_int_equal(told.resolved, 1);
	assert_int_equal(told.last.count, 3);
	deadlocks_free(deadlocks);
}

/* Were each compared with each, nobody would wait for it. */
static void knows_two_in_a_crowd(void **state)
{
	const size_t count = 100003;
	struct lock_task *tasks = calloc(count, sizeof(*tasks));
	struct deadlocks *deadlocks = start();

	(void)state;
	assert_non_null(tasks);
	for (__u32 i = 0; i < count; i++)
		tasks[i] = waiter((int)i + 1, 0xa, 50000);
	tasks[50000 - 1] = waiter(50000, 0xb, 77777);
	feed(deadlocks, tasks, count);
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.count, 2);
	assert_int_equal(told.last.task[0].tid, 50000);
	assert_int_equal(told.last.task[1].tid, 77777);
	assert_int_equal(told.last.behind, count - 2);
	deadlocks_free(deadlocks);
	free(tasks);
}

/* Also those that wait for one of whom there are too many to be told. */
static void counts_all_who_wait_behind(void **state)
{
	struct lock_task tasks[2 + 17 + 10] = { waiter(200, 0xa, 201), waiter(201, 0xb, 200) };
	struct deadlocks *deadlocks = start();

	(void)state;
	for (__u32 i = 0; i < 17; i++)
		tasks[2 + i] = waiter(300 + i, 0xa, 201);
	for (__u32 i = 0; i < 10; i++)
		tasks[19 + i] = waiter(10 + i, 0x100, 316);
	feed(deadlocks, tasks, COUNT_OF(tasks));
	assert_int_equal(told.found, 1);
	assert_int_equal(told.last.behind, 27);
	deadlocks_free(deadlocks);
}

static void says_that_there_may_be_more(void **state)
{
	struct deadlocks *deadlocks = start();
	struct lock_task tasks[70];

	(void)state;
	for (__u32 i = 0; i < COUNT_OF(tasks); i++)
		tasks[i] = waiter(i + 1, 0xa + i, i + 1);
	feed(deadlocks, tasks, 63);
	assert_int_equal(told.found, 63);
	assert_int_equal(deadlocks_cut(deadlocks), 0);
	feed(deadlocks, tasks, COUNT_OF(tasks));
	assert_int_equal(told.found, 64);
	assert_true(deadlocks_cut(deadlocks) > 0);
	deadlocks_free(deadlocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_once_that_it_is_there_and_once_that_it_is_gone),
		cmocka_unit_test(waits_until_all_of_them_sleep),
		cmocka_unit_test(is_another_one_when_a_wait_began_anew),
		cmocka_unit_test(looks_at_long_waits_alone),
		cmocka_unit_test(takes_nobody_for_another_with_the_same_number),
		cmocka_unit_test(knows_who_waits_for_itself),
		cmocka_unit_test(knows_a_device_that_is_to_be_closed),
		cmocka_unit_test(is_breakable_where_a_kill_ends_the_wait),
		cmocka_unit_test(takes_the_inner_wait),
		cmocka_unit_test(suspects_where_readers_hold),
		cmocka_unit_test(suspects_who_has_a_device_open),
		cmocka_unit_test(suspects_who_has_two_devices_open),
		cmocka_unit_test(suspects_who_removes_what_it_has_open),
		cmocka_unit_test(suspects_an_owner_that_came_later),
		cmocka_unit_test(suspects_who_has_any_of_them_open),
		cmocka_unit_test(knows_a_file_that_is_to_be_left),
		cmocka_unit_test(suspects_who_removes_the_file_that_it_is_in),
		cmocka_unit_test(keeps_to_the_way_around_that_it_knows),
		cmocka_unit_test(knows_several_at_once),
		cmocka_unit_test(knows_two_in_a_crowd),
		cmocka_unit_test(counts_all_who_wait_behind),
		cmocka_unit_test(says_that_there_may_be_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
