// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "../../user/model/lock_sleepers.h"

#include <stdbool.h>
#include <string.h>

#define MUTEX_LIST 16
#define SEMAPHORE_LIST 24
#define OPEN_LIST 512
#define STACK 0x100000

/* A waiter, and what it is followed by. */
static struct lock_sleeper sleeper(__u64 node, __u64 next)
{
	return (struct lock_sleeper){
		.task = node + 1,
		.node = node,
		.next = next,
		.kind = LOCK_WAITER_LOCK,
		.mutex_list = MUTEX_LIST,
		.semaphore_list = SEMAPHORE_LIST,
		.open_list = OPEN_LIST,
	};
}

/* Addresses are places in here. */
static const char *const functions[] = {
	"0x0",
	"__mutex_lock.constprop.0+0x5a",
	"mutex_lock_killable+0x12",
	"__ww_mutex_lock_slowpath+0x3",
	"rwsem_down_read_slowpath+0x1b0",
	"__down_read_common+0x9",
	"rwsem_down_write_slowpath+0x200",
	"down_write_killable+0x40",
	"vfio_unregister_group_dev+0x77",
	"schedule+0x2",
	"mutex_unlock+0x2",
	"my_rwsem_down_read+0x2",
	"___down_common+0x20", /* a semaphore: nobody owns it */
	"futex_wait_queue+0x33",
	"kernfs_drain+0x9f",
};

/* Those whose waiters look the same: none, whatever was there before. */
#define FIRST_OTHER 12
#define LAST_OTHER 13

static const char *function_of(__u64 address, void *argument)
{
	(void)argument;
	return functions[address < COUNT_OF(functions) ? address : 0];
}

static void knows_the_kind_by_the_last_call(void **state)
{
	static const enum lock_kind kinds[COUNT_OF(functions)] = {
		LOCK_KINDS,	 LOCK_MUTEX,	   LOCK_MUTEX,	     LOCK_MUTEX, LOCK_RWSEM_READ,
		LOCK_RWSEM_READ, LOCK_RWSEM_WRITE, LOCK_RWSEM_WRITE, LOCK_KINDS, LOCK_KINDS,
		LOCK_KINDS,	 LOCK_KINDS,	   LOCK_KINDS,	     LOCK_KINDS, LOCK_KINDS,
	};
	struct lock_sleeper waiter = sleeper(STACK, 0x5000);

	(void)state;
	for (__u64 i = 0; i < COUNT_OF(functions); i++) {
		bool is_other = i >= FIRST_OTHER && i <= LAST_OTHER;
		enum lock_kind wanted = kinds[i] != LOCK_KINDS || is_other ? kinds[i] :
									     LOCK_RWSEM_READ;

		memset(waiter.words, 0, sizeof(waiter.words));
		waiter.words[LOCK_SLEEPER_WORDS - 3] = i;
		assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), kinds[i]);
		waiter.words[LOCK_SLEEPER_WORDS - 2] = 9; /* what is nearer, and none */
		waiter.words[0] = 4;			  /* what is further away */
		assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), wanted);
	}
	waiter.words[LOCK_SLEEPER_WORDS - 1] = 1;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_MUTEX);
}

/* Below its pointer is what a stack was used for before. */
static void looks_at_no_more_than_the_stack(void **state)
{
	struct lock_sleeper waiter = sleeper(STACK, 0x5000);

	(void)state;
	waiter.words[LOCK_SLEEPER_WORDS - 5] = 1;
	waiter.stack_pointer = STACK - 5 * 8;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_MUTEX);
	waiter.stack_pointer = STACK - 4 * 8;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_KINDS);
}

/* Since 6.17 it knows what a task waits for. */
static void believes_the_kernel(void **state)
{
	struct lock_sleeper waiter = sleeper(STACK, 0x5000);

	(void)state;
	waiter.words[LOCK_SLEEPER_WORDS - 1] = 1;
	waiter.lock = 0x8888;
	waiter.lock_kind = LOCK_RWSEM_WRITE;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_RWSEM_WRITE);
	assert_int_equal(lock_sleeper_lock(&waiter, LOCK_RWSEM_WRITE), 0x8888);
}

static void knows_who_waits_for_a_device_by_the_first_function(void **state)
{
	struct lock_sleeper waiter = sleeper(STACK, 0x5000);

	(void)state;
	waiter.kind = LOCK_WAITER_COMPLETION;
	waiter.words[LOCK_SLEEPER_WORDS - 1] = 1;
	waiter.stack[0] = 8;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_KINDS);
	waiter.stack_bytes = -14;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_KINDS);
	waiter.stack_bytes = 16;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_OPEN);
	waiter.stack[0] = 9;
	waiter.stack[1] = 8; /* it does something else there */
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_KINDS);
	waiter.kind = LOCK_WAITER_EVENT;
	waiter.stack[0] = 8;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_KINDS);
	waiter.stack[0] = 14;
	assert_int_equal(lock_sleeper_kind(&waiter, function_of, NULL), LOCK_ACTIVE);
}

/* None of them is in another one's list. */
static void looks_for_no_list_where_the_kernel_knows(void **state)
{
	const size_t count = 100003;
	struct lock_sleeper *sleepers = calloc(count, sizeof(*sleepers));

	(void)state;
	assert_non_null(sleepers);
	for (size_t i = 0; i < count; i++)
		sleepers[i] = (struct lock_sleeper){ .lock = 0x8000 + i, .lock_kind = LOCK_MUTEX };
	lock_sleepers_find_heads(sleepers, count);
	for (size_t i = 0; i < count; i++) {
		assert_true(sleepers[i].lock >= 0x8000);
		assert_int_equal(lock_sleeper_lock(&sleepers[i], LOCK_MUTEX), sleepers[i].lock);
	}
	free(sleepers);
}

/* Which of the files that are to go is on its stack. */
static void knows_the_file_that_is_to_be_left(void **state)
{
	const struct lock_file files[] = {
		{ .objects = { .vfio = 0xd000 } },
		{ .node = 0x4000, .tid = 1 },
		{ .node = 0x4000, .tid = 2 },
		{ .node = 0x4800 },
	};
	struct lock_sleeper waiter = sleeper(STACK, 0x5000);

	(void)state;
	assert_int_equal(lock_sleeper_file(&waiter, files, 4), 0);
	assert_int_equal(lock_sleeper_file(&waiter, NULL, 0), 0);
	waiter.words[LOCK_SLEEPER_WORDS - 1] = 0xd000;
	assert_int_equal(lock_sleeper_file(&waiter, files, 4), 0);
	waiter.words[0] = waiter.words[LOCK_SLEEPER_WORDS - 1] = 0x4000;
	assert_int_equal(lock_sleeper_file(&waiter, files, 4), 0x4000);
	waiter.words[7] = 0x4800; /* it could be either */
	assert_int_equal(lock_sleeper_file(&waiter, files, 4), 0);
	assert_int_equal(lock_sleeper_file(&waiter, files, 3), 0x4000);
}

static void knows_operations_of_files(void **state)
{
	(void)state;
	assert_int_equal(lock_use_of_function("vfs_read+0x1"), LOCK_USE_READ);
	assert_int_equal(lock_use_of_function("vfs_readv+0x1"), LOCK_USE_READ);
	assert_int_equal(lock_use_of_function("vfs_write+0x1"), LOCK_USE_WRITE);
	assert_int_equal(lock_use_of_function("do_iter_write+0x1"), LOCK_USE_WRITE);
	assert_int_equal(lock_use_of_function("__x64_sys_ioctl+0x1"), LOCK_USE_IOCTL);
	assert_int_equal(lock_use_of_function("__s390x_sys_ioctl+0x1"), LOCK_USE_IOCTL);
	assert_int_equal(lock_use_of_function("__x64_sys_futex+0x1"), LOCK_USES);
	assert_int_equal(lock_use_of_function("0x1234"), LOCK_USES);
}

static const struct lock_sleeper *find(const struct lock_sleeper *sleepers, size_t count,
				       __u64 node)
{
	for (size_t i = 0; i < count; i++)
		if (sleepers[i].node == node)
			return &sleepers[i];
	fail();
	return NULL;
}

/* The list goes on from each one to the next, and from the last one to its head. */
static void follows_lists_to_their_heads(void **state)
{
	struct lock_sleeper sleepers[] = {
		sleeper(STACK + 300, 0x5010), sleeper(STACK + 100, STACK + 200),
		sleeper(STACK + 400, 0x6018), sleeper(STACK + 200, STACK + 300),
		sleeper(STACK + 500, 0x7200),
	};

	(void)state;
	lock_sleepers_find_heads(sleepers, COUNT_OF(sleepers));
	for (__u64 i = 1; i <= 3; i++)
		assert_int_equal(lock_sleeper_lock(find(sleepers, 5, STACK + 100 * i), LOCK_MUTEX),
				 0x5010 - MUTEX_LIST);
	assert_int_equal(lock_sleeper_lock(find(sleepers, 5, STACK + 400), LOCK_RWSEM_READ),
			 0x6018 - SEMAPHORE_LIST);
	assert_int_equal(lock_sleeper_lock(find(sleepers, 5, STACK + 400), LOCK_RWSEM_WRITE),
			 0x6018 - SEMAPHORE_LIST);
	assert_int_equal(lock_sleeper_lock(find(sleepers, 5, STACK + 500), LOCK_OPEN),
			 0x7200 - OPEN_LIST);
	lock_sleepers_find_heads(NULL, 0);
}

/* The kernel went on while they were read: three that follow each other have no head. */
static void survives_lists_without_a_head(void **state)
{
	struct lock_sleeper sleepers[] = {
		sleeper(STACK + 100, STACK + 200), sleeper(STACK + 200, STACK + 300),
		sleeper(STACK + 300, STACK + 100), sleeper(STACK + 400, STACK + 400),
		sleeper(STACK + 500, STACK + 100),
	};

	(void)state;
	lock_sleepers_find_heads(sleepers, COUNT_OF(sleepers));
	for (size_t i = 0; i < COUNT_OF(sleepers); i++)
		assert_int_equal(lock_sleeper_lock(&sleepers[i], LOCK_MUTEX), 0);
}

static void knows_no_lock_where_the_kernel_has_no_such_list(void **state)
{
	struct lock_sleeper waiter = sleeper(STACK, 0x7200);

	(void)state;
	waiter.open_list = 0;
	assert_int_equal(lock_sleeper_lock(&waiter, LOCK_OPEN), 0);
	assert_int_equal(lock_sleeper_lock(&waiter, LOCK_MUTEX), 0x7200 - MUTEX_LIST);
	waiter.next = MUTEX_LIST;
	assert_int_equal(lock_sleeper_lock(&waiter, LOCK_MUTEX), 0);
}

/* Were each list gone through from each of its waiters, nobody would wait for it. */
static void knows_a_long_list(void **state)
{
	const size_t count = 100003;
	struct lock_sleeper *sleepers = calloc(count, sizeof(*sleepers));

	(void)state;
	assert_non_null(sleepers);
	for (size_t i = 0; i < count; i++)
		sleepers[i] =
			sleeper(STACK + 64 * i, i + 1 < count ? STACK + 64 * (i + 1) : 0x5010);
	lock_sleepers_find_heads(sleepers, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(lock_sleeper_lock(&sleepers[i], LOCK_MUTEX), 0x5000);
	free(sleepers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_kind_by_the_last_call),
		cmocka_unit_test(knows_who_waits_for_a_device_by_the_first_function),
		cmocka_unit_test(looks_at_no_more_than_the_stack),
		cmocka_unit_test(believes_the_kernel),
		cmocka_unit_test(looks_for_no_list_where_the_kernel_knows),
		cmocka_unit_test(knows_the_file_that_is_to_be_left),
		cmocka_unit_test(knows_operations_of_files),
		cmocka_unit_test(follows_lists_to_their_heads),
		cmocka_unit_test(survives_lists_without_a_head),
		cmocka_unit_test(knows_no_lock_where_the_kernel_has_no_such_list),
		cmocka_unit_test(knows_a_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
