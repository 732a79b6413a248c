// SPDX-License-Identifier: GPL-2.0-only
#include "privileges.h"

#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

const struct privilege privileges[] = {
	{ "cap_bpf", "to load BPF programs", true },
	{ "cap_perfmon", "to attach them to kernel functions", true },
	{ "cap_sys_admin", "to read the BTF of modules, and on kernels before 5.8", true },
	{ "cap_syslog", "to read /proc/kallsyms: names in stacks", false },
};

const size_t privilege_count = sizeof(privileges) / sizeof(privileges[0]);

bool privilege_held(const struct privilege *privilege)
{
	cap_flag_value_t held = CAP_CLEAR;
	cap_t state = cap_get_proc();
	cap_value_t number;

	if (!state)
		return false;
	if (!cap_from_name(privilege->name, &number))
		cap_get_flag(state, number, CAP_EFFECTIVE, &held);
	cap_free(state);
	return held == CAP_SET;
}

static void keep(cap_t limited, cap_t state, cap_value_t number)
{
	static const cap_flag_t flags[] = { CAP_PERMITTED, CAP_EFFECTIVE };
	cap_flag_value_t held;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!cap_get_flag(state, number, flags[i], &held))
			cap_set_flag(limited, flags[i], 1, &number, held);
}

void privileges_limit(void)
{
	cap_t state = cap_get_proc(), limited = cap_init();
	cap_value_t number;

	for (size_t i = 0; state && limited && i < privilege_count; i++)
		if (!cap_from_name(privileges[i].name, &number))
			keep(limited, state, number);
	if (!state || !limited || cap_set_proc(limited))
		message_warning("cannot give up privileges: %s", strerror(errno));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	cap_free(limited);
	cap_free(state);
}
