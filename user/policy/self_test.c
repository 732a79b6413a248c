// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "self_test.h"

#include "state.h"
#include "table.h"

#include "../message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* What no memory file says by itself. */
#define DENIAL EXDEV
#define DENIED_WIDTH 3

/* Rules by what they deny; whatever else is done to the file passes. */
enum denied {
	DENY_WIDTH,
	DENY_IOCTL,
	DENY_MAPPING,
	DENIALS
};

struct self_test {
	const struct policy_maps *maps;
	bool can_deny;
	int file;
	void *page; /* mapped before */
	const char *failure;
};

static int make_table(struct policy_table *table)
{
	struct policy_statement rules[DENIALS] = {
		[DENY_WIDTH] = { .name = "width",
				 .operations = 1 << POLICY_READ,
				 .width = { DENIED_WIDTH },
				 .widths = 1 },
		[DENY_IOCTL] = { .name = "ioctl", .operations = 1 << POLICY_IOCTL },
		[DENY_MAPPING] = { .name = "mapping", .operations = 1 << POLICY_MMAP },
	};
	const struct policy policy = {
		.name = POLICY_SELF_TEST_DEVICE,
		.enforce = true,
		.on_unknown = POLICY_DENY,
		.rules = rules,
		.rule_count = DENIALS,
	};
	struct policy_error error;

	for (size_t i = 0; i < DENIALS; i++) {
		rules[i].action = POLICY_DENY;
		rules[i].error = DENIAL;
	}
	if (!policy_compile(&policy, table, &error))
		return 0;
	message_error("self-test: %s", error.text);
	return -1;
}

static __u64 denials(const struct self_test *test, enum denied rule)
{
	int table = policy_table_open(test->maps->in_force, POLICY_ON_TRIAL);
	struct policy_value value = { 0 };

	if (table >= 0) {
		policy_table_read(table, POLICY_COUNTS, rule, &value);
		close(table);
	}
	return value.counts.denied;
}

static void fail(struct self_test *test, const char *failure)
{
	if (!test->failure)
		test->failure = failure;
}

/* failed: what the call returned means failure; errno is its. */
static void expect_denial(struct self_test *test, bool failed, enum denied rule, __u64 before,
			  const char *what)
{
	bool denied = test->can_deny ? failed && errno == DENIAL : true;

	if (!denied || denials(test, rule) != before + 1)
		fail(test, what);
}

static void try_width(struct self_test *test)
{
	char byte[DENIED_WIDTH] = "x";
	__u64 before = denials(test, DENY_WIDTH);

	if (pwrite(test->file, byte, 1, 0) != 1 || pread(test->file, byte, 1, 0) != 1)
		fail(test, "an allowed pread() or pwrite() failed");
	if (denials(test, DENY_WIDTH) != before)
		fail(test, "an allowed pread() was counted as denied");
	expect_denial(test, pread(test->file, byte, sizeof(byte), 0) < 0, DENY_WIDTH, before,
		      "a forbidden pread() was not denied");
}

/*
 * The length of a vector is known by another hook, which a kernel that preempts may skip now and
 * then. What it does not know is denied.
 */
static void try_vector(struct self_test *test)
{
	__u64 before = denials(test, DENY_WIDTH);
	char byte;
	const struct iovec segment = { .iov_base = &byte, .iov_len = 1 };
	bool known = false;

	for (int i = 0; i < 5 && !known; i++) {
		bool passed = preadv(test->file, &segment, 1, 0) == 1;
		__u64 after = denials(test, DENY_WIDTH);

		known = passed && after == before;
		before = after;
	}
	if (!known)
		fail(test, "an allowed preadv() was denied");
}

static void try_ioctl(struct self_test *test)
{
	__u64 before = denials(test, DENY_IOCTL);
	int count;

	expect_denial(test, ioctl(test->file, FIONREAD, &count) < 0, DENY_IOCTL, before,
		      "a forbidden ioctl() was not denied");
}

static void try_mappings(struct self_test *test)
{
	__u64 before = denials(test, DENY_MAPPING);
	size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, bytes, PROT_READ, MAP_SHARED, test->file, 0);

	expect_denial(test, page == MAP_FAILED, DENY_MAPPING, before,
		      "a forbidden mmap() was not denied");
	if (page != MAP_FAILED)
		munmap(page, bytes);
	before = denials(test, DENY_MAPPING);
	expect_denial(test, mprotect(test->page, bytes, PROT_READ | PROT_WRITE) < 0, DENY_MAPPING,
		      before, "a forbidden mprotect() was not denied");
}

static int open_test_file(struct self_test *test)
{
	size_t bytes = (size_t)sysconf(_SC_PAGESIZE);

	test->file = memfd_create("vfioscope", MFD_CLOEXEC);
	if (test->file < 0 || ftruncate(test->file, (off_t)bytes))
		return -1;
	test->page = mmap(NULL, bytes, PROT_READ, MAP_SHARED, test->file, 0);
	return test->page == MAP_FAILED ? -1 : 0;
}

static void close_test_file(struct self_test *test)
{
	if (test->page && test->page != MAP_FAILED)
		munmap(test->page, (size_t)sysconf(_SC_PAGESIZE));
	if (test->file >= 0)
		close(test->file);
}

/* The process last: from then on its file is judged. */
static void watch_file(struct policy_state *state, __u64 inode)
{
	state->self_test_inode = inode;
	__atomic_store_n(&state->self_test_process, inode ? (__u32)getpid() : 0, __ATOMIC_SEQ_CST);
}

static int run(struct self_test *test, struct policy_state *state)
{
	struct policy_table table;
	struct stat file;
	int error;

	if (open_test_file(test) || fstat(test->file, &file)) {
		message_error("self-test: no file in memory: %s", strerror(errno));
		return -1;
	}
	if (make_table(&table))
		return -1;
	error = policy_table_put(test->maps->in_force, POLICY_ON_TRIAL, &table, 0);
	policy_table_free(&table);
	if (error)
		return -1;
	watch_file(state, file.st_ino);
	try_width(test);
	try_vector(test);
	try_ioctl(test);
	try_mappings(test);
	watch_file(state, 0);
	return policy_table_clear(test->maps->in_force, POLICY_ON_TRIAL);
}

int policy_self_test(const struct policy_maps *maps, enum policy_hooks hooks)
{
	struct self_test test = {
		.maps = maps,
		.can_deny = hooks != POLICY_HOOKS_KPROBE,
		.file = -1,
	};
	struct policy_state *state = policy_state_map(maps->state);
	int error;

	if (!state)
		return -1;
	error = run(&test, state);
	close_test_file(&test);
	policy_state_unmap(state);
	if (test.failure)
		message_error("the self-test failed, so nothing was changed: %s (hooked by %s)",
			      test.failure, policy_hooks_name(hooks));
	return error || test.failure ? -1 : 0;
}
