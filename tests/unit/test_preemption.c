// SPDX-License-Identifier: GPL-2.0-only
#include "preemption.h"
#include "unit.h"

static void test_mode_tells(void **state)
{
	(void)state;
	assert_false(preemption_of("none (voluntary) full \n", "#1 SMP PREEMPT_DYNAMIC Debian"));
	assert_false(preemption_of("(none) voluntary full \n", "#1 SMP PREEMPT_DYNAMIC Debian"));
	assert_true(preemption_of("none voluntary (full) \n", "#1 SMP PREEMPT_DYNAMIC Debian"));
	assert_true(preemption_of("full (lazy) \n", "#1 SMP PREEMPT_DYNAMIC Debian"));
}

static void test_version_tells_without_a_mode(void **state)
{
	(void)state;
	assert_false(preemption_of("", "#1 SMP Debian 6.12.95-1"));
	assert_true(preemption_of("", "#1 SMP PREEMPT_RT Debian 6.12.95-1"));
	assert_true(preemption_of("", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1")); /* in doubt */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode_tells),
		cmocka_unit_test(test_version_tells_without_a_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
