// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "../../user/model/lifecycle.h"

#include <stdio.h>
#include <string.h>

#define PF "0000:01:00.0"
#define VF "0000:01:10.0"
#define OTHER_VF "0000:01:10.2"
#define BRIDGE "0000:00:01.0"

static char told[512];
static struct finding last;
static struct lifecycle_event last_event;

static void remember(const struct finding *finding, void *argument)
{
	size_t length = strlen(told);

	(void)argument;
	last = *finding;
	last_event = *finding->event;
	snprintf(told + length, sizeof(told) - length, "%s%s%s:%u", length ? " " : "",
		 finding->name, finding->hazard ? "!" : "", finding->pid);
}

/* What is told since the last time, "NAME:PID", hazards with a "!". */
#define expect_told(text)                                                                          \
	do {                                                                                       \
		assert_string_equal(told, text);                                                   \
		told[0] = '\0';                                                                    \
	} while (0)

static __u64 now = 1000000000;

static struct lifecycle_event make(enum lifecycle_kind kind, enum lifecycle_phase phase, __u32 pid,
				   const char *device)
{
	struct lifecycle_event event = {
		.time_ns = now += 1000, .kind = kind, .phase = phase, .pid = pid, .tid = pid
	};

	if (device)
		strcpy(event.device, device);
	if (device && strstr(device, ":10."))
		strcpy(event.pf, PF);
	if (device && !strcmp(device, BRIDGE)) {
		event.first_bus = 1;
		event.last_bus = 2;
	}
	if (device && !strcmp(device, PF)) {
		event.vfs = 2;
		event.is_physfn = 1;
	}
	return event;
}

static void feed(struct lifecycle *lifecycle, enum lifecycle_kind kind, enum lifecycle_phase phase,
		 __u32 pid, const char *device)
{
	struct lifecycle_event event = make(kind, phase, pid, device);

	lifecycle_feed(lifecycle, &event);
}

static void end(struct lifecycle *lifecycle, enum lifecycle_kind kind, __u32 pid, __s64 result)
{
	struct lifecycle_event event = make(kind, LIFECYCLE_END, pid, NULL);

	event.result = result;
	lifecycle_feed(lifecycle, &event);
}

static void open_by(struct lifecycle *lifecycle, __u32 pid, const char *device)
{
	feed(lifecycle, LIFECYCLE_OPEN, LIFECYCLE_BEGIN, pid, device);
	end(lifecycle, LIFECYCLE_OPEN, pid, 0);
}

static void cap(struct lifecycle *lifecycle, enum virtual_cap_action action, const char *device)
{
	struct lifecycle_event event = make(LIFECYCLE_VIRTUAL_CAP, LIFECYCLE_MOMENT, 7, device);

	event.cap = CAP_PASID;
	event.action = (__u8)action;
	lifecycle_feed(lifecycle, &event);
}

static void config_write(struct lifecycle *lifecycle, const char *device, __u8 off)
{
	struct lifecycle_event event = make(LIFECYCLE_CONFIG_WRITE, LIFECYCLE_MOMENT, 5, device);

	event.off = off;
	lifecycle_feed(lifecycle, &event);
}

static void switch_on(struct lifecycle *lifecycle, const char *device, __u8 on)
{
	struct lifecycle_event event = make(LIFECYCLE_CONFIG_WRITE, LIFECYCLE_MOMENT, 6, device);

	event.on = on;
	lifecycle_feed(lifecycle, &event);
}

/* One function may call another of the same kind. */
static void nested(struct lifecycle *lifecycle, enum lifecycle_kind kind,
		   enum lifecycle_phase phase, __u32 pid, const char *device, __s64 result)
{
	struct lifecycle_event event = make(kind, phase, pid, device);

	event.function = 1;
	event.result = result;
	lifecycle_feed(lifecycle, &event);
}

static int setup(void **state)
{
	*state = lifecycle_new(remember, NULL);
	told[0] = '\0';
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	lifecycle_free(*state);
	return 0;
}

static void numvfs_under_users(void **state)
{
	struct lifecycle_event event;

	/* Nobody has one open: it is news. */
	feed(*state, LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, VF);
	end(*state, LIFECYCLE_REMOVE, 10, 0);
	end(*state, LIFECYCLE_NUMVFS, 10, 2);
	expect_told("vf-destroyed:10 numvfs:10");

	/* Somebody has: told once, before the wait, and not again for each VF. */
	open_by(*state, 20, VF);
	open_by(*state, 21, OTHER_VF);
	feed(*state, LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, VF);
	expect_told("numvfs!:10 vf-destroyed:10");
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, VF);
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 20, VF);
	end(*state, LIFECYCLE_UNBIND, 10, 0);
	end(*state, LIFECYCLE_REMOVE, 10, 0);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, OTHER_VF);
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 21, OTHER_VF);
	end(*state, LIFECYCLE_REMOVE, 10, 0);
	end(*state, LIFECYCLE_NUMVFS, 10, 2);
	expect_told("vf-destroyed:10");

	/* As many as there are: nothing has changed. Of a PF in use: it has. */
	open_by(*state, 30, PF);
	event = make(LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF);
	event.value = event.vfs;
	lifecycle_feed(*state, &event);
	end(*state, LIFECYCLE_NUMVFS, 10, 2);
	expect_told("");
	feed(*state, LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, VF);
	end(*state, LIFECYCLE_REMOVE, 10, 0);
	end(*state, LIFECYCLE_NUMVFS, 10, 2);
	expect_told("vf-destroyed:10 numvfs!:10");
	assert_int_equal(last.severity, SEVERITY_WARNING);
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 30, PF);

	/* VFs that are opened while more are made: they were in nobody's use. */
	feed(*state, LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF);
	open_by(*state, 20, VF);
	end(*state, LIFECYCLE_NUMVFS, 10, 2);
	expect_told("numvfs:10");

	/* Refused: nothing has changed. */
	feed(*state, LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF);
	end(*state, LIFECYCLE_NUMVFS, 10, -16);
	expect_told("numvfs-refused:10");
}

static void users_are_named(void **state)
{
	open_by(*state, 20, VF);
	open_by(*state, 21, OTHER_VF);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, PF);
	nested(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, PF, 0);
	expect_told("removed!:10");
	assert_int_equal(last.users, 2);
	assert_int_equal(last.user[0].pid + last.user[1].pid, 41);
	assert_int_equal(last.severity, SEVERITY_CRITICAL);
	/* Its driver, and its VFs, go with it: that is told already. */
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, PF);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, VF);
	expect_told("vf-destroyed:10");
}

static void unbound(void **state)
{
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, VF);
	end(*state, LIFECYCLE_UNBIND, 10, 0);
	expect_told("");
	open_by(*state, 20, VF);
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, VF);
	expect_told("unbound!:10");
	end(*state, LIFECYCLE_UNBIND, 10, 0);
	/* The PF's driver, with the VFs that it made. */
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 11, PF);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 11, VF);
	expect_told("unbound!:11 vf-destroyed:11");
}

static void reset(void **state)
{
	open_by(*state, 20, VF);
	/* A VF's own is its user's business; one that failed did nothing; one calls another. */
	feed(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 20, VF);
	end(*state, LIFECYCLE_RESET, 20, 0);
	feed(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, PF);
	end(*state, LIFECYCLE_RESET, 10, -25);
	expect_told("");
	feed(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, PF);
	nested(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, PF, 0);
	nested(*state, LIFECYCLE_RESET, LIFECYCLE_END, 10, NULL, 0);
	end(*state, LIFECYCLE_RESET, 10, 0);
	expect_told("pf-reset!:10");
	/* Again; and who had it open when it began may be gone by its end. */
	feed(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, PF);
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 20, VF);
	end(*state, LIFECYCLE_RESET, 10, 0);
	expect_told("pf-reset!:10");
	assert_int_equal(last.users, 1);
	assert_int_equal(last.user[0].pid, 20);
	feed(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, PF);
	open_by(*state, 20, VF);
	end(*state, LIFECYCLE_RESET, 10, 0);
	expect_told("");
}

/* A bridge's bus goes with all that is behind it. */
static void behind_a_bridge(void **state)
{
	struct lifecycle_event event;

	open_by(*state, 20, VF);
	open_by(*state, 21, OTHER_VF);
	open_by(*state, 22, "0000:03:00.0");
	open_by(*state, 23, "0001:01:00.0");
	/* For the sake of one of the PF's functions. */
	feed(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, VF);
	nested(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, BRIDGE, 0);
	nested(*state, LIFECYCLE_RESET, LIFECYCLE_END, 10, NULL, 0);
	expect_told("pf-reset!:10");
	assert_string_equal(last_event.device, PF);
	assert_int_equal(last.users, 2);
	end(*state, LIFECYCLE_RESET, 10, 0);
	expect_told("");
	/* Removed: one hazard, with all who have something open behind it. */
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, BRIDGE);
	expect_told("removed!:10");
	assert_int_equal(last.users, 2);
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, VF);
	end(*state, LIFECYCLE_UNBIND, 10, 0);
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, PF);
	nested(*state, LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF, 0);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, OTHER_VF);
	end(*state, LIFECYCLE_REMOVE, 10, 0);
	nested(*state, LIFECYCLE_NUMVFS, LIFECYCLE_END, 10, NULL, 0);
	end(*state, LIFECYCLE_UNBIND, 10, 0);
	end(*state, LIFECYCLE_REMOVE, 10, 0);
	expect_told("vf-destroyed:10");
	/* Another domain has a bus of that number, too. */
	event = make(LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 11, BRIDGE);
	strcpy(event.device, "0001:00:01.0");
	lifecycle_feed(*state, &event);
	expect_told("removed!:11");
	assert_int_equal(last.user[0].pid, 23);
}

/* A driver that takes its VFs away for reasons of its own. */
static void by_the_driver(void **state)
{
	struct lifecycle_event event = make(LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, 10, PF);

	open_by(*state, 20, VF);
	lifecycle_feed(*state, &event);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, VF);
	expect_told("numvfs!:10 vf-destroyed:10");
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 20, VF);
	end(*state, LIFECYCLE_REMOVE, 10, 0);
	end(*state, LIFECYCLE_NUMVFS, 10, 0);
	expect_told("");
	/* Within sriov_numvfs it is told once. */
	event.vfs = 0;
	event.value = 2;
	lifecycle_feed(*state, &event);
	event.function = 1;
	lifecycle_feed(*state, &event);
	nested(*state, LIFECYCLE_NUMVFS, LIFECYCLE_END, 10, NULL, 0);
	expect_told("");
	end(*state, LIFECYCLE_NUMVFS, 10, 2);
	expect_told("numvfs:10");
}

/* An end that was missed does not silence its thread. */
static void stale(void **state)
{
	open_by(*state, 20, VF);
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, VF);
	expect_told("removed!:10");
	feed(*state, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, 10, VF);
	expect_told("removed!:10");
	assert_int_equal(lifecycle_lost(*state), 1);
}

static void capability_lost(void **state)
{
	open_by(*state, 20, VF);
	open_by(*state, 21, OTHER_VF);
	cap(*state, VIRTUAL_CAP_ENABLED, VF);
	cap(*state, VIRTUAL_CAP_ENABLED, OTHER_VF);
	/* Who wrote to the PF did it, not who found out; both VFs are one hazard. */
	config_write(*state, PF, SWITCH_PASID);
	expect_told("pasid-lost!:5");
	assert_int_equal(last.users, 2);
	config_write(*state, PF, SWITCH_PASID);
	config_write(*state, PF, SWITCH_MEMORY);
	cap(*state, VIRTUAL_CAP_LOST, VF);
	cap(*state, VIRTUAL_CAP_LOST, OTHER_VF);
	expect_told("");
	cap(*state, VIRTUAL_CAP_REFUSED, VF);
	expect_told("pasid-refused!:7");
	/* Long after the last write nobody is blamed. */
	cap(*state, VIRTUAL_CAP_ENABLED, VF);
	now += 60000000000;
	cap(*state, VIRTUAL_CAP_LOST, VF);
	expect_told("pasid-lost!:0");
	cap(*state, VIRTUAL_CAP_ENABLED, VF);
	cap(*state, VIRTUAL_CAP_DISABLED, VF);
	expect_told("");
	/* Whoever resets the PF switches it off, too. */
	cap(*state, VIRTUAL_CAP_ENABLED, VF);
	feed(*state, LIFECYCLE_RESET, LIFECYCLE_BEGIN, 10, PF);
	end(*state, LIFECYCLE_RESET, 10, 0);
	cap(*state, VIRTUAL_CAP_LOST, VF);
	expect_told("pf-reset!:10 pasid-lost!:10");
	/* Enabled before all this was watched: once, whoever tells. */
	switch_on(*state, PF, SWITCH_PASID);
	config_write(*state, PF, SWITCH_PASID);
	cap(*state, VIRTUAL_CAP_LOST, VF);
	cap(*state, VIRTUAL_CAP_LOST, OTHER_VF);
	expect_told("pasid-off!:5");
	cap(*state, VIRTUAL_CAP_ENABLED, OTHER_VF);
	cap(*state, VIRTUAL_CAP_LOST, OTHER_VF);
	expect_told("pasid-lost!:5");
	/* For a moment only: nobody but who wrote it knows. */
	cap(*state, VIRTUAL_CAP_ENABLED, VF);
	config_write(*state, PF, SWITCH_PASID);
	switch_on(*state, PF, SWITCH_PASID);
	config_write(*state, PF, SWITCH_PASID);
	expect_told("pasid-lost!:5 pasid-lost!:5");
}

static void capability_off(void **state)
{
	struct lifecycle_event event = make(LIFECYCLE_CAP_OFF, LIFECYCLE_MOMENT, 10, PF);

	event.cap = CAP_PRI;
	lifecycle_feed(*state, &event);
	expect_told("");
	open_by(*state, 20, VF);
	lifecycle_feed(*state, &event);
	expect_told("pri-off!:10");
	event = make(LIFECYCLE_CAP_ON, LIFECYCLE_BEGIN, 20, VF);
	event.cap = CAP_PRI;
	lifecycle_feed(*state, &event);
	end(*state, LIFECYCLE_CAP_ON, 20, -22);
	expect_told("pri-refused!:20");
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 20, VF);
	lifecycle_feed(*state, &event);
	end(*state, LIFECYCLE_CAP_ON, 20, -22);
	expect_told("");
}

static void memory_disabled(void **state)
{
	config_write(*state, PF, SWITCH_MEMORY);
	config_write(*state, PF, SWITCH_VF_MEMORY);
	expect_told("");
	open_by(*state, 20, PF);
	config_write(*state, PF, SWITCH_VF_MEMORY);
	config_write(*state, PF, SWITCH_PRI);
	expect_told("");
	config_write(*state, PF, SWITCH_MEMORY);
	expect_told("memory-disabled!:5");
	assert_int_equal(last.users, 1);
	/* It is off already, until somebody switches it on. */
	config_write(*state, PF, SWITCH_MEMORY);
	expect_told("");
	switch_on(*state, PF, SWITCH_MEMORY);
	config_write(*state, PF, SWITCH_MEMORY);
	expect_told("memory-disabled!:5");
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 20, PF);
	open_by(*state, 20, PF);
	config_write(*state, PF, SWITCH_MEMORY);
	expect_told("memory-disabled!:5");
	feed(*state, LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 20, PF);
	open_by(*state, 21, VF);
	config_write(*state, PF, SWITCH_MEMORY | SWITCH_VF_MEMORY | SWITCH_PRI);
	expect_told("");
	switch_on(*state, PF, SWITCH_MEMORY | SWITCH_VF_MEMORY | SWITCH_PRI);
	config_write(*state, PF, SWITCH_MEMORY);
	expect_told("");
	config_write(*state, PF, SWITCH_VF_MEMORY);
	expect_told("memory-disabled!:5");
	config_write(*state, PF, SWITCH_PRI);
	expect_told("pri-off!:5");
	/* A reset by hand. */
	switch_on(*state, PF, SWITCH_RESET);
	expect_told("pf-reset!:6");
	switch_on(*state, BRIDGE, SWITCH_RESET);
	expect_told("pf-reset!:6");
}

static void tokens_and_owners(void **state)
{
	struct lifecycle_event event = make(LIFECYCLE_CLOSE, LIFECYCLE_MOMENT, 20, PF);

	feed(*state, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_BEGIN, 30, VF);
	end(*state, LIFECYCLE_TOKEN_REFUSED, 30, 1);
	expect_told("");
	feed(*state, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_BEGIN, 30, VF);
	end(*state, LIFECYCLE_TOKEN_REFUSED, 30, -13);
	feed(*state, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_MOMENT, 31, PF);
	expect_told("token-refused!:30 token-refused!:31");
	/* One function asks the other. */
	feed(*state, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_BEGIN, 30, VF);
	nested(*state, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_BEGIN, 30, VF, 0);
	nested(*state, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_END, 30, NULL, -13);
	end(*state, LIFECYCLE_TOKEN_REFUSED, 30, -22);
	expect_told("token-refused!:30");
	open_by(*state, 20, PF);
	lifecycle_feed(*state, &event);
	expect_told("");
	open_by(*state, 20, PF);
	event.signal = 9;
	lifecycle_feed(*state, &event);
	expect_told("pf-owner-killed!:20");
	assert_int_equal(last.severity, SEVERITY_WARNING);
	open_by(*state, 21, VF);
	lifecycle_feed(*state, &event);
	expect_told("pf-owner-killed!:20");
	assert_int_equal(last.severity, SEVERITY_CRITICAL);
}

/* Ends whose begin was not seen, and opens that failed. */
static void unmatched(void **state)
{
	end(*state, LIFECYCLE_NUMVFS, 10, 2);
	end(*state, LIFECYCLE_OPEN, 10, 0);
	feed(*state, LIFECYCLE_OPEN, LIFECYCLE_BEGIN, 20, VF);
	end(*state, LIFECYCLE_OPEN, 20, -16);
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, VF);
	expect_told("");
	assert_int_equal(lifecycle_lost(*state), 0);

	/* A close that was not seen: the new user is the one. */
	open_by(*state, 20, VF);
	open_by(*state, 21, VF);
	feed(*state, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, 10, VF);
	expect_told("unbound!:10");
	assert_int_equal(last.users, 1);
	assert_int_equal(last.user[0].pid, 21);
}

/* Ends that do not come are not kept for ever. */
static void endless(void **state)
{
	for (__u32 pid = 1; pid <= 1027; pid++)
		feed(*state, LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN, pid, PF);
	assert_int_equal(lifecycle_lost(*state), 3);
	end(*state, LIFECYCLE_NUMVFS, 3, 2);
	expect_told("");
	end(*state, LIFECYCLE_NUMVFS, 4, 2);
	expect_told("numvfs:4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numvfs_under_users, setup, teardown),
		cmocka_unit_test_setup_teardown(users_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(unbound, setup, teardown),
		cmocka_unit_test_setup_teardown(reset, setup, teardown),
		cmocka_unit_test_setup_teardown(behind_a_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(by_the_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(stale, setup, teardown),
		cmocka_unit_test_setup_teardown(capability_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(capability_off, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_disabled, setup, teardown),
		cmocka_unit_test_setup_teardown(tokens_and_owners, setup, teardown),
		cmocka_unit_test_setup_teardown(unmatched, setup, teardown),
		cmocka_unit_test_setup_teardown(endless, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
