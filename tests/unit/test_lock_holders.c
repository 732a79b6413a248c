// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "../../user/model/lock_holders.h"

#include <stdbool.h>

#define DEVICE 0xd000
#define OTHER_DEVICE 0xe000
#define NODE 0x4000
#define HOOKED_NS 1000

static struct lock_task task(__u32 tid, __u32 pid)
{
	return (struct lock_task){ .tid = tid, .pid = pid, .wait = { .lock = 0xa } };
}

static struct lock_task remover(__u32 tid, __u64 device)
{
	return (struct lock_task){ .tid = tid, .pid = tid, .open_wait = { .lock = device } };
}

static struct lock_file device_file(__u32 pid, __u64 device, __s32 descriptor)
{
	return (struct lock_file){ .pid = pid,
				   .descriptor = descriptor,
				   .objects = { .vfio = device, .device = "a device" } };
}

static struct lock_file sysfs_file(__u32 tid, __u64 users)
{
	return (struct lock_file){ .node = NODE, .node_users = users, .tid = tid, .pid = tid };
}

/* In the test, the first word of a task's stack says it. */
static enum lock_use_operation operation_of(const struct lock_task *task, void *argument)
{
	(void)argument;
	return task->stack_bytes ? (enum lock_use_operation)task->stack[0] : LOCK_USES;
}

static __u64 note(struct lock_task *tasks, size_t count, const struct lock_file *files,
		  size_t file_count)
{
	return lock_holders_note(tasks, count, files, file_count,
				 &(struct lock_operations){ operation_of, NULL, HOOKED_NS });
}

static void knows_who_has_a_device_open(void **state)
{
	struct lock_task tasks[] = { remover(1, DEVICE), task(10, 10), task(11, 10), task(12, 12) };
	const struct lock_file files[] = { device_file(10, DEVICE, 7), device_file(10, DEVICE, 8) };

	(void)state;
	note(tasks, COUNT_OF(tasks), files, COUNT_OF(files));
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(tasks[i].has_open[0], DEVICE);
		assert_int_equal(tasks[i].use.vfio, 0);
		assert_string_equal(tasks[i].uses.device, "a device");
	}
	assert_int_equal(tasks[0].has_open[0], 0);
	assert_int_equal(tasks[3].has_open[0], 0);
}

static void leaves_devices_alone_that_nobody_waits_for(void **state)
{
	struct lock_task tasks[] = { remover(1, OTHER_DEVICE), task(10, 10) };
	const struct lock_file file = device_file(10, DEVICE, 7);

	(void)state;
	note(tasks, COUNT_OF(tasks), &file, 1);
	assert_int_equal(tasks[1].has_open[0], 0);
	assert_int_equal(tasks[1].use.vfio, 0);
}

static void leaves_what_the_programs_saw(void **state)
{
	struct lock_task tasks[] = { remover(1, DEVICE), remover(2, 0xf000), task(10, 10) };
	const struct lock_file files[] = { device_file(10, DEVICE, 7), device_file(10, 0xf000, 8) };

	(void)state;
	tasks[2].use.vfio = OTHER_DEVICE;
	tasks[2].use.operation = LOCK_USE_READ;
	tasks[2].argument = 7;
	tasks[2].stack_bytes = 8;
	tasks[2].stack[0] = LOCK_USE_IOCTL;
	note(tasks, COUNT_OF(tasks), files, COUNT_OF(files));
	assert_int_equal(tasks[2].use.vfio, OTHER_DEVICE);
	assert_int_equal(tasks[2].use.operation, LOCK_USE_READ);
	assert_int_equal(tasks[2].uses.device[0], 0);
	assert_int_equal(tasks[2].has_open[0], DEVICE);
	assert_int_equal(tasks[2].has_open[1], 0xf000);
	assert_int_equal(tasks[2].has_open[2], 0);
}

/* A process with more devices than that is one that is not quite seen. */
static void counts_devices_that_find_no_room(void **state)
{
	struct lock_task tasks[LOCK_OPENS + 4];
	struct lock_file files[2 * (LOCK_OPENS + 3)];
	struct lock_task *user = &tasks[LOCK_OPENS + 3];

	(void)state;
	/* Each of them by two descriptors. */
	for (__u32 i = 0; i < LOCK_OPENS + 3; i++) {
		tasks[i] = remover(i + 1, DEVICE + i);
		files[2 * i] = device_file(100, DEVICE + i, (__s32)(2 * i));
		files[2 * i + 1] = device_file(100, DEVICE + i, (__s32)(2 * i + 1));
	}
	*user = task(100, 100);
	assert_int_equal(note(tasks, COUNT_OF(tasks), files, COUNT_OF(files)), 3);
	for (__u32 i = 0; i < LOCK_OPENS; i++)
		assert_int_equal(user->has_open[i], DEVICE + i);
}

/* By the descriptor, whichever comes first. */
static void knows_an_operation_of_one_of_several_devices(void **state)
{
	const struct lock_file files[] = {
		device_file(10, OTHER_DEVICE, 5),
		device_file(10, DEVICE, 6),
		device_file(10, DEVICE, 7),
		device_file(10, DEVICE, 8),
	};

	(void)state;
	for (__s32 descriptor = -1; descriptor <= 9; descriptor++) {
		struct lock_task tasks[] = { remover(1, DEVICE), task(10, 10) };
		bool is_in = descriptor >= 6 && descriptor <= 8;

		tasks[1].argument = descriptor;
		tasks[1].stack_bytes = 8;
		tasks[1].stack[0] = LOCK_USE_IOCTL;
		note(tasks, COUNT_OF(tasks), files, COUNT_OF(files));
		assert_int_equal(tasks[1].has_open[0], DEVICE);
		assert_int_equal(tasks[1].use.vfio, is_in ? DEVICE : 0);
		if (is_in)
			assert_int_equal(tasks[1].use.operation, LOCK_USE_IOCTL);
	}
}

static void knows_no_operation_by_the_descriptor_alone(void **state)
{
	struct lock_task tasks[] = { remover(1, DEVICE), task(10, 10) };
	const struct lock_file file = device_file(10, DEVICE, 7);

	(void)state;
	tasks[1].argument = 7;
	note(tasks, COUNT_OF(tasks), &file, 1);
	assert_int_equal(tasks[1].use.vfio, 0);
	assert_int_equal(tasks[1].has_open[0], DEVICE);
}

/* It was seen to begin, and was none: now the descriptor is another file. */
static void knows_no_operation_where_it_would_have_been_seen(void **state)
{
	const struct lock_file file = device_file(10, DEVICE, 7);

	(void)state;
	for (int is_before = 0; is_before < 2; is_before++) {
		struct lock_task tasks[] = { remover(1, DEVICE), task(10, 10) };

		tasks[1].argument = 7;
		tasks[1].stack_bytes = 8;
		tasks[1].stack[0] = LOCK_USE_WRITE;
		tasks[1].wait.lock = 0xe000;
		tasks[1].wait.since_ns = HOOKED_NS;
		tasks[1].wait.flags = is_before ? LOCK_WAIT_BEFORE : 0;
		note(tasks, COUNT_OF(tasks), &file, 1);
		assert_int_equal(tasks[1].use.vfio, is_before ? DEVICE : 0);
		assert_int_equal(tasks[1].has_open[0], is_before ? 0 : DEVICE);
	}
}

static void knows_who_is_in_a_file(void **state)
{
	struct lock_task tasks[] = { task(10, 10), task(11, 11), task(12, 12) };
	/* One open file that two processes have, and another one. */
	const struct lock_file files[] = { sysfs_file(11, 2), sysfs_file(12, 2),
					   sysfs_file(11, 2) };

	(void)state;
	note(tasks, COUNT_OF(tasks), files, COUNT_OF(files));
	assert_int_equal(tasks[0].in_file, 0);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(tasks[i].in_file, NODE);
		assert_int_equal(tasks[i].flags & LOCK_IN_FILE_MAYBE, 0);
	}
}

/* One of two is waited for: the other one removes the file that it writes to. */
static void only_suspects_where_more_are_in_a_file_than_are_waited_for(void **state)
{
	struct lock_task tasks[] = { task(11, 11), task(12, 12) };
	const struct lock_file files[] = { sysfs_file(11, 1), sysfs_file(12, 1) };

	(void)state;
	note(tasks, COUNT_OF(tasks), files, COUNT_OF(files));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(tasks[i].in_file, NODE);
		assert_int_equal(tasks[i].flags & LOCK_IN_FILE_MAYBE, LOCK_IN_FILE_MAYBE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_who_has_a_device_open),
		cmocka_unit_test(leaves_devices_alone_that_nobody_waits_for),
		cmocka_unit_test(leaves_what_the_programs_saw),
		cmocka_unit_test(counts_devices_that_find_no_room),
		cmocka_unit_test(knows_an_operation_of_one_of_several_devices),
		cmocka_unit_test(knows_no_operation_by_the_descriptor_alone),
		cmocka_unit_test(knows_no_operation_where_it_would_have_been_seen),
		cmocka_unit_test(knows_who_is_in_a_file),
		cmocka_unit_test(only_suspects_where_more_are_in_a_file_than_are_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
