// SPDX-License-Identifier: GPL-2.0-only
/* locks --predict without a kernel: what is told becomes reports, totals, and a file. */
#include "unit.h"

#include "../../user/cmd/orders.h"
#include "../../user/lockorder/watch.h"
#include "../../user/render/locks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICE "0000:01:00.0"
#define VFIO 0x9000
#define PCI 0x8000
#define DEV_SET 0x5000

/*
 * In place of the programs: what they tell at the next look, and what they know of each order in
 * the end
 */

static const struct order_receiver *receiver;
static void (*told_next)(void);
static struct order_seen seen_in_the_end;
static size_t asked_for, looked_at, attached, forgotten;
static __u64 orders_so_far;
static __u32 modules;
static __u32 last_gone; /* locks up to that number are no more */
static bool goes_when_looked_at;

struct order_watch *order_watch_open(char *const *scopes, const struct order_receiver *to)
{
	(void)scopes;
	receiver = to;
	return (struct order_watch *)&receiver;
}

void order_watch_close(struct order_watch *watch)
{
	(void)watch;
}

static bool has_new_programs;

bool order_watch_pick_up_modules(struct order_watch *watch)
{
	(void)watch;
	return has_new_programs;
}

void order_watch_attach_more(struct order_watch *watch)
{
	(void)watch;
	attached++;
}

int order_watch_event_fd(const struct order_watch *watch)
{
	(void)watch;
	return -1;
}

/* 1: there is more to receive. */
static int is_cut;

int order_watch_receive(struct order_watch *watch, __u64 until_ns)
{
	(void)watch;
	(void)until_ns;
	if (told_next)
		told_next();
	told_next = NULL;
	return is_cut;
}

int order_watch_seen(const struct order_watch *watch, const struct order_key *key,
		     struct order_seen *seen)
{
	(void)watch;
	(void)key;
	asked_for++;
	*seen = seen_in_the_end;
	return seen->count ? 0 : -1;
}

__u32 order_watch_modules(const struct order_watch *watch)
{
	(void)watch;
	return modules;
}

__u64 order_watch_orders(const struct order_watch *watch)
{
	(void)watch;
	return orders_so_far;
}

void order_watch_forget_order(struct order_watch *watch, const struct order_key *key)
{
	(void)watch;
	(void)key;
	forgotten++;
}

bool order_watch_is_current(const struct order_watch *watch, __u64 address, __u32 id)
{
	bool is_current = id > last_gone;

	(void)watch;
	(void)address;
	looked_at++;
	if (goes_when_looked_at)
		last_gone = id;
	return is_current;
}

void order_watch_forget(struct order_watch *watch, __u64 address)
{
	(void)watch;
	(void)address;
}

struct order_losses order_watch_losses(const struct order_watch *watch)
{
	(void)watch;
	return (struct order_losses){ .state.events_lost = 7 };
}

/* In place of the kernel's names: where a dev_set begins is its lock, and others follow. */

bool lock_member_name(struct lock_names *names, const struct lock_objects *objects, __u64 address,
		      char name[LOCK_NAME_BYTES])
{
	static const char *const locks[] = { "dev_set.lock", "igate", "memory_lock" };
	__u64 place = address - objects->dev_set;

	(void)names;
	if (!objects->dev_set || place >= sizeof(locks) / sizeof(locks[0]))
		return false;
	sprintf(name, "%s of %s", locks[place], objects->device);
	return true;
}

bool lock_variable_name(struct lock_names *names, __u64 address, char name[LOCK_NAME_BYTES])
{
	(void)names;
	(void)address;
	(void)name;
	return false;
}

const char *lock_function_name(struct lock_names *names, __u64 address, char name[FRAME_BYTES])
{
	static const char *const functions[] = {
		"0xfff",
		"bpf_get_task_stack+0x1",
		"___bpf_prog_run+0x2",
		"__bpf_prog_run32+0x3",
		"trace_call_bpf+0x4",
		"kprobe_perf_func+0x5",
		"kretprobe_dispatcher+0x6",
		"arch_rethook_trampoline+0x7",
		"aggr_pre_handler+0x8",
		"ftrace_caller+0x9",
		"device_release_driver+0xa",
		"bpf_prog_0123456789abcdef+0xb",
		"kprobe_of_a_driver+0xc",
	};

	(void)names;
	if (address < sizeof(functions) / sizeof(functions[0]))
		return strcpy(name, functions[address]);
	sprintf(name, "function_%llu", (unsigned long long)address);
	return name;
}

static unsigned int names_expired;

void lock_names_expire(struct lock_names *names)
{
	(void)names;
	names_expired++;
}

/*
 * What is told
 */

static void tell_lock(__u32 id, __u64 address)
{
	const struct order_lock_event event = { ORDER_EVENT_LOCK, id, address, ORDER_MUTEX, 0, "" };

	receiver->lock(&event, receiver->argument);
}

static __u32 guards_were_cut, guard;
static __u64 first_ns, so_often = 1;
static __s32 frames; /* by number */

static void tell_edge(__u32 from, __u32 to, __u32 tid)
{
	struct order_edge_event event = {
		.type = ORDER_EVENT_EDGE,
		.key = { from, to, ORDER_EXCLUSIVE, ORDER_EXCLUSIVE },
		.seen = { .count = so_often,
			  .first_ns = first_ns,
			  .start_ns = tid,
			  .tid = tid,
			  .tasks = 1,
			  .told = 1,
			  .guards_cut = guards_were_cut,
			  .guard = { guard } },
		.tid = tid,
		.pid = tid,
		.comm = "qemu",
		.stack_bytes = frames * (__s32)sizeof(event.stack[0]),
	};

	for (__s32 i = 0; i < frames; i++)
		event.stack[i] = i;
	receiver->edge(&event, receiver->argument);
}

static void tell_device(__u64 vfio, __u64 dev_set)
{
	const struct order_device_event event = {
		.type = ORDER_EVENT_DEVICE,
		.objects = { .vfio = vfio, .pci = PCI, .dev_set = dev_set, .device = DEVICE },
	};

	receiver->device(&event, receiver->argument);
}

static void tell_gone(__u64 address)
{
	const struct order_gone_event event = { .type = ORDER_EVENT_GONE, .address = address };

	receiver->gone(&event, receiver->argument);
}

/* Two locks, the second one first, and the order of them, by one task. */
static void tell_one_order(void)
{
	tell_lock(2, 0x2000);
	tell_lock(1, DEV_SET);
	tell_edge(1, 2, 7);
}

static void tell_the_other_order(void)
{
	tell_edge(2, 1, 8);
}

/*
 * What comes of it
 */

static struct options options;
static struct dot_file dot;
static char *output;
static size_t output_bytes;
static FILE *heard;

/* @save: a file, or NULL. */
static struct orders *start(const char *to, const char *save)
{
	struct orders *orders;

	told_next = NULL;
	last_gone = 0;
	orders_so_far = forgotten = 0;
	options.save = save;
	memset(&seen_in_the_end, 0, sizeof(seen_in_the_end));
	heard = to ? fopen(to, "w") : open_memstream(&output, &output_bytes);
	assert_non_null(heard);
	orders = orders_open(&options, NULL, NULL, &dot);
	assert_non_null(orders);
	return orders;
}

/* orders_take() or orders_finish(), which write to stdout: cmocka does so, too. */
static long hear(long (*function)(struct orders *orders), struct orders *orders)
{
	FILE *real_stdout = stdout;
	long hazards;

	stdout = heard;
	hazards = function(orders);
	stdout = real_stdout;
	return hazards;
}

static long show_total(struct orders *orders)
{
	return orders_show_total(orders);
}

static void end(struct orders *orders, const char *expected)
{
	orders_close(orders);
	fclose(heard);
	if (expected && !strstr(output, expected))
		fail_msg("\"%s\" is not in: %s", expected, output);
	free(output);
	output = NULL;
}

static void reports_when_it_is_told(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	told_next = tell_one_order;
	assert_int_equal(hear(orders_take, orders), 0);
	told_next = tell_the_other_order;
	assert_int_equal(hear(orders_take, orders), 1);
	assert_int_equal(hear(orders_take, orders), 0);
	assert_int_equal(hear(orders_finish, orders), 0);
	end(orders, "ORDER 1, predicted: ");
}

/* How it came to be noted is no part of it, and takes none of the room for what is. */
static void a_stack_begins_where_the_lock_is_taken(void **state)
{
	static char expected[1024] = "in\n        device_release_driver+0xa\n"
				     "        kprobe_of_a_driver+0xc\n";
	struct orders *orders = start(NULL, NULL);

	(void)state;
	for (int i = 13; i < 11 + STACK_FRAMES; i++)
		sprintf(expected + strlen(expected), "        function_%d\n", i);
	strcat(expected, "    qemu");
	frames = ORDER_STACK_FRAMES;
	tell_one_order();
	tell_the_other_order();
	frames = 0;
	assert_int_equal(hear(orders_take, orders), 1);
	end(orders, expected);
}

/* What comes after the last look is no less of a hazard. */
static void reports_in_the_end(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	told_next = tell_one_order;
	assert_int_equal(hear(orders_take, orders), 0);
	told_next = tell_the_other_order;
	assert_int_equal(hear(orders_finish, orders), 1);
	end(orders, "ORDER 1, predicted: ");
	/* That another task did so, too, was not told. */
	orders = start(NULL, NULL);
	tell_one_order();
	tell_edge(2, 1, 7);
	assert_int_equal(hear(orders_take, orders), 0);
	seen_in_the_end = (struct order_seen){ .count = 2, .tid = 7, .start_ns = 7, .tasks = 2 };
	assert_int_equal(hear(orders_finish, orders), 1);
	end(orders, "ORDER 1, predicted: ");
}

/* A device is met by one of its parts, and then by another one. */
static void knows_all_parts_of_a_device(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	tell_device(VFIO, DEV_SET);
	tell_device(0, 0);
	tell_one_order();
	tell_the_other_order();
	assert_int_equal(hear(orders_take, orders), 1);
	end(orders, "    +> dev_set.lock of " DEVICE "\n");
	/* And what was freed is none of them. */
	orders = start(NULL, NULL);
	tell_device(VFIO, DEV_SET);
	tell_gone(VFIO);
	tell_device(0, 0);
	tell_one_order();
	tell_the_other_order();
	assert_int_equal(hear(orders_take, orders), 1);
	end(orders, "    |  mutex at 0x5000#1\n");
}

/* A lock that was taken before its device became known. */
static void names_a_lock_later(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	tell_one_order();
	tell_device(VFIO, DEV_SET);
	tell_the_other_order();
	assert_int_equal(hear(orders_take, orders), 1);
	end(orders, "    +> dev_set.lock of " DEVICE "\n");
}

static void says_that_guards_found_no_room(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	tell_one_order();
	tell_the_other_order();
	guards_were_cut = 1;
	tell_the_other_order();
	guards_were_cut = 0;
	assert_int_equal(hear(orders_take, orders), 1);
	end(orders, "    more locks may have been held beside mutex at 0x2000#2 than were noted\n");
}

/* What guards it comes back, by another number. */
static void guards_are_known_by_name(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	tell_device(VFIO, DEV_SET);
	tell_lock(1, DEV_SET);
	tell_lock(2, 0x2000);
	tell_lock(3, 0x3000);
	guard = 1;
	tell_edge(2, 3, 7);
	tell_edge(3, 2, 8);
	assert_int_equal(hear(orders_take, orders), 0);
	tell_lock(4, DEV_SET);
	guard = 4;
	tell_edge(3, 2, 9);
	assert_int_equal(hear(orders_take, orders), 0);
	/* Until they are seen without it. */
	guard = 0;
	tell_edge(3, 2, 9);
	assert_int_equal(hear(orders_take, orders), 1);
	end(orders, "ORDER 1, predicted: ");
}

/* It comes back, and whose it is is told after it was held. */
static long hazards_of_nameless_guard(bool has_name)
{
	struct orders *orders = start(NULL, NULL);
	long hazards;

	tell_device(VFIO, DEV_SET);
	tell_lock(1, DEV_SET);
	tell_lock(2, 0x2000);
	tell_lock(3, 0x3000);
	guard = 1;
	tell_edge(2, 3, 7);
	tell_edge(3, 2, 8);
	tell_lock(4, DEV_SET + 0x100);
	guard = 4;
	tell_edge(3, 2, 9);
	guard = 0;
	assert_int_equal(hear(orders_take, orders), 0);
	if (has_name)
		tell_device(VFIO, DEV_SET + 0x100);
	orders_tick(orders);
	hazards = hear(orders_take, orders);
	end(orders, NULL);
	return hazards;
}

static void guards_may_have_names_later(void **state)
{
	(void)state;
	assert_int_equal(hazards_of_nameless_guard(true), 0);
	assert_int_equal(hazards_of_nameless_guard(false), 1);
}

/* A device comes back, and all locks of an order were taken before it is told of. */
static void guards_get_their_names_before_orders(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	tell_device(VFIO, DEV_SET);
	for (__u32 i = 0; i < 3; i++)
		tell_lock(1 + i, DEV_SET + i);
	guard = 3;
	tell_edge(1, 2, 7);
	tell_edge(2, 1, 8);
	for (__u32 i = 0; i < 3; i++)
		tell_lock(4 + i, DEV_SET + 0x100 + i);
	guard = 6;
	tell_edge(4, 5, 9);
	tell_device(VFIO, DEV_SET + 0x100);
	guard = 0;
	assert_int_equal(hear(orders_take, orders), 0);
	tell_edge(4, 5, 9);
	assert_int_equal(hear(orders_take, orders), 1);
	end(orders, "ORDER 1, predicted: ");
}

/* It goes while it gets its name: that is the same one in all places. */
static void a_guard_may_go_while_it_is_named(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	tell_lock(1, DEV_SET);
	tell_lock(2, 0x2000);
	tell_lock(3, 0x3000);
	guard = 1;
	tell_edge(2, 3, 7);
	guard = 0;
	goes_when_looked_at = true;
	tell_device(VFIO, DEV_SET);
	goes_when_looked_at = false;
	seen_in_the_end = (struct order_seen){ .count = 2, .tasks = 1, .told = 1, .guard = { 1 } };
	assert_int_equal(hear(orders_finish, orders), 0);
	assert_int_equal(hear(show_total, orders), 0);
	end(orders, "guards lost 0,");
}

static bool has_line_with(const char *path, const char *text)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		found |= strstr(line, text) != NULL;
	fclose(file);
	return found;
}

/* Of locks 2 and 3 both, under lock 1. */
static void tell_guarded_orders(void)
{
	for (__u32 id = 1; id <= 3; id++)
		tell_lock(id, (__u64)0x1000 * id);
	guard = 1;
	tell_edge(2, 3, 7);
	tell_edge(3, 2, 8);
	guard = 0;
}

/* Whether it was the one that guards them cannot be said any more, but that this was lost. */
static void a_guard_that_is_forgotten_may_be_the_one(void **state)
{
	char path[] = "/tmp/test_orders.XXXXXX";
	struct orders *orders;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	orders = start(NULL, path);
	tell_guarded_orders();
	guard = 4;
	tell_edge(3, 2, 9);
	guard = 0;
	assert_int_equal(hear(orders_take, orders), 0);
	assert_int_equal(hear(orders_finish, orders), 0);
	assert_true(has_line_with(path, "\"lost\":8,"));
	unlink(path);
	assert_int_equal(hear(show_total, orders), 0);
	end(orders, "events lost 7, guards lost 1,");
}

static long hazards_in_the_end(__u32 told, __u32 left)
{
	struct orders *orders = start(NULL, NULL);
	long hazards;

	tell_guarded_orders();
	assert_int_equal(hear(orders_take, orders), 0);
	seen_in_the_end =
		(struct order_seen){ .count = 2, .tasks = 1, .told = told, .guard = { left } };
	hazards = hear(orders_finish, orders);
	assert_int_equal(hear(show_total, orders), 0);
	/* What is not told of any more is lost: of both orders. */
	end(orders, told ? "events lost 7, guards lost 2," : "events lost 7, guards lost 0,");
	return hazards;
}

static void what_was_not_told_is_found_in_the_end(void **state)
{
	(void)state;
	assert_int_equal(hazards_in_the_end(0, 0), 1);
	assert_int_equal(hazards_in_the_end(0, 1), 0);
	/* Else it is no news; nor is a lock that is forgotten. */
	assert_int_equal(hazards_in_the_end(1, 0), 0);
	assert_int_equal(hazards_in_the_end(0, 7), 0);
}

/* Nobody reads the reports: what was learned is not lost for that. */
static void saves_what_nobody_reads(void **state)
{
	char path[] = "/tmp/test_orders.XXXXXX";
	struct orders *orders;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	orders = start("/dev/full", path);
	setvbuf(heard, NULL, _IONBF, 0);
	told_next = tell_one_order;
	assert_int_equal(hear(orders_take, orders), 0);
	told_next = tell_the_other_order;
	assert_int_equal(hear(orders_take, orders), -1);
	assert_int_equal(hear(orders_finish, orders), -1);
	assert_false(orders_said_error(orders));
	end(orders, NULL);
	assert_true(has_line_with(path, "\"edges\":2,\"lost\":7,"));
	unlink(path);
}

static void counts_what_is_told_in_any_order(void **state)
{
	static const struct {
		__u64 first_ns, count;
	} told[] = { { 5, 1 }, { 5, 11 }, { 5, 7 }, { 5, 13 }, { 9, 2 }, { 9, 14 } };
	char path[] = "/tmp/test_orders.XXXXXX";
	struct orders *orders;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	orders = start(NULL, path);
	tell_lock(1, 0x1000);
	tell_lock(2, 0x2000);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		first_ns = told[i].first_ns;
		so_often = told[i].count;
		tell_edge(1, 2, 7);
	}
	first_ns = 0;
	so_often = 1;
	assert_int_equal(hear(orders_finish, orders), 0);
	/* The kernel began anew once. */
	assert_true(has_line_with(path, "\"count\":27,"));
	unlink(path);
	end(orders, NULL);
}

static void tell_the_last_of_it(void)
{
	tell_edge(2, 1, 8);
}

/* What was seen of locks that are no more stays, if they have a name, and they do not. */
static void forgets_locks_that_are_no_more(void **state)
{
	const struct order_lock_event open = {
		.type = ORDER_EVENT_LOCK,
		.id = 2,
		.address = VFIO,
		.kind = ORDER_OPEN,
		.name = DEVICE,
	};
	char path[] = "/tmp/test_orders.XXXXXX";
	struct orders *orders;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	orders = start(NULL, path);
	tell_device(VFIO, DEV_SET);
	tell_lock(1, DEV_SET);
	receiver->lock(&open, receiver->argument);
	tell_edge(1, 2, 7);
	tell_lock(3, 0x3000);
	tell_lock(4, 0x4000);
	tell_edge(4, 3, 7);
	tell_edge(4, 2, 7);
	tell_edge(2, 4, 7);
	for (__u32 id = 5; id < ORDER_LOCKS + 7; id++)
		tell_lock(id, 0x10000 + id);
	tell_edge(4, 5, 7);
	assert_int_equal(hear(orders_take, orders), 0);
	last_gone = 3;
	seen_in_the_end = (struct order_seen){ .count = 5, .tid = 7, .start_ns = 7, .tasks = 1 };
	orders_tick(orders);
	/* Who has one still is not wrong yet. */
	assert_int_equal(forgotten, 0);
	/* There may be news of them. */
	orders_so_far = ORDER_EDGES / 4 + 1;
	looked_at = 0;
	is_cut = 1;
	orders_tick(orders);
	is_cut = 0;
	assert_int_equal(looked_at, 0);
	told_next = tell_the_last_of_it;
	orders_tick(orders);
	assert_int_equal(forgotten, 5);
	/* There are fewer now: it takes as many new ones to look again. */
	looked_at = 0;
	orders_tick(orders);
	assert_int_equal(looked_at, 0);
	seen_in_the_end.count = 0;
	assert_int_equal(hear(orders_take, orders), 1);
	/* It comes too late. */
	tell_edge(1, 2, 9);
	asked_for = 0;
	assert_int_equal(hear(orders_finish, orders), 0);
	assert_int_equal(asked_for, 1);
	assert_true(has_line_with(path, "\"count\":5,"));
	assert_true(has_line_with(path, "\"edges\":5,\"lost\":8,\"unnamed\":1}"));
	assert_int_equal(hear(show_total, orders), 0);
	unlink(path);
	end(orders, " orders without room 1,");
}

#define MOST_ORDERS 65536

/* All it has room for, and one more, which is told of twice. */
static void tell_too_many_orders(void)
{
	const __u32 held = MOST_ORDERS + 2;

	tell_lock(held, 0x1000);
	for (__u32 id = 1; id <= MOST_ORDERS + 1; id++) {
		tell_lock(id, 0x1000000 + id);
		tell_edge(held, id, 7);
	}
	so_often = 2;
	tell_edge(held, MOST_ORDERS + 1, 7);
	so_often = 1;
}

/* Which is refused once, and whole when others have made room for it. */
static void takes_what_was_refused_when_there_is_room(void **state)
{
	char path[] = "/tmp/test_orders.XXXXXX";
	struct orders *orders = start(NULL, NULL);

	(void)state;
	tell_too_many_orders();
	seen_in_the_end = (struct order_seen){ .count = 2, .tid = 7, .start_ns = 7, .tasks = 1 };
	assert_int_equal(hear(orders_finish, orders), 0);
	assert_int_equal(hear(show_total, orders), 0);
	end(orders, " orders without room 1,");
	assert_int_equal(close(mkstemp(path)), 0);
	orders = start(NULL, path);
	tell_too_many_orders();
	last_gone = MOST_ORDERS / 2;
	orders_tick(orders);
	orders_so_far = ORDER_EDGES / 4 + 1;
	orders_tick(orders);
	assert_int_equal(hear(orders_take, orders), 0);
	seen_in_the_end = (struct order_seen){ .count = 2, .tid = 7, .start_ns = 7, .tasks = 1 };
	assert_int_equal(hear(orders_finish, orders), 0);
	assert_true(has_line_with(path, "\"edges\":32769,\"lost\":7,\"unnamed\":32768}"));
	assert_true(has_line_with(path, "#65537\",\"to_mode\":\"exclusive\",\"count\":2,"));
	unlink(path);
	end(orders, NULL);
}

static void tell_module(__u32 number)
{
	const struct order_module_event event = { ORDER_EVENT_MODULE, number };

	receiver->module(&event, receiver->argument);
}

static void tell_another_module(void)
{
	tell_module(12);
}

static void looks_again_when_a_module_came_unheard(void **state)
{
	struct orders *orders = start(NULL, NULL);

	(void)state;
	attached = 0;
	modules = 1;
	orders_tick(orders);
	orders_tick(orders);
	assert_int_equal(attached, 1);
	modules = 2;
	tell_module(2);
	orders_tick(orders);
	assert_int_equal(attached, 2);
	/* Programs that came with it have names, too. */
	names_expired = 0;
	orders_tick(orders);
	assert_int_equal(names_expired, 0);
	has_new_programs = true;
	orders_tick(orders);
	has_new_programs = false;
	assert_int_equal(names_expired, 1);
	end(orders, NULL);
}

/* To read names takes longer than modules take to come. */
static void names_are_read_once_for_what_was_before(void **state)
{
	const struct order_gone_event gone = { ORDER_EVENT_GONE, 8, 0xc0000000, 4096 };
	struct orders *orders = start(NULL, NULL);

	(void)state;
	attached = names_expired = 0;
	modules = 7;
	tell_module(5);
	assert_int_equal(names_expired, 1);
	/* These came before 7 had. */
	tell_module(6);
	tell_module(7);
	assert_int_equal(names_expired, 1);
	assert_int_equal(attached, 3);
	modules = 9;
	receiver->gone(&gone, receiver->argument);
	assert_int_equal(names_expired, 2);
	tell_module(9);
	assert_int_equal(names_expired, 2);
	modules = 11;
	tell_module(10);
	assert_int_equal(names_expired, 3);
	/* In the end nothing is waited for any more. */
	modules = 12;
	attached = 0;
	told_next = tell_another_module;
	hear(orders_finish, orders);
	assert_null(told_next);
	assert_int_equal(names_expired, 3);
	assert_int_equal(attached, 0);
	end(orders, NULL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reports_when_it_is_told),
	cmocka_unit_test(a_stack_begins_where_the_lock_is_taken),
	cmocka_unit_test(names_are_read_once_for_what_was_before),
	cmocka_unit_test(reports_in_the_end),
	cmocka_unit_test(knows_all_parts_of_a_device),
	cmocka_unit_test(names_a_lock_later),
	cmocka_unit_test(says_that_guards_found_no_room),
	cmocka_unit_test(forgets_locks_that_are_no_more),
	cmocka_unit_test(guards_are_known_by_name),
	cmocka_unit_test(guards_may_have_names_later),
	cmocka_unit_test(guards_get_their_names_before_orders),
	cmocka_unit_test(a_guard_may_go_while_it_is_named),
	cmocka_unit_test(a_guard_that_is_forgotten_may_be_the_one),
	cmocka_unit_test(what_was_not_told_is_found_in_the_end),
	cmocka_unit_test(counts_what_is_told_in_any_order),
	cmocka_unit_test(takes_what_was_refused_when_there_is_room),
	cmocka_unit_test(looks_again_when_a_module_came_unheard),
	cmocka_unit_test(saves_what_nobody_reads),
};

RUN_TESTS(tests)
