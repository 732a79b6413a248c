// SPDX-License-Identifier: GPL-2.0-only
#include "preemption.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

bool preemption_of(const char *mode, const char *version)
{
	/* CONFIG_PREEMPT_DYNAMIC: the mode in parentheses is on. */
	if (*mode)
		return strstr(mode, "(full)") || strstr(mode, "(lazy)");
	return strstr(version, "PREEMPT") != NULL;
}

/* A debugfs that nobody else sees: the usual one need not be mounted. A descriptor or -1. */
static int private_debugfs(void)
{
	int context = fsopen("debugfs", FSOPEN_CLOEXEC), folder = -1;

	if (context < 0)
		return -1;
	if (!fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		folder = fsmount(context, FSMOUNT_CLOEXEC, 0);
	close(context);
	return folder;
}

static void read_mode(char *mode, size_t bytes)
{
	int folder = private_debugfs(), file;
	ssize_t got = -1;

	file = folder < 0 ? -1 : openat(folder, "sched/preempt", O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		got = read(file, mode, bytes - 1);
		close(file);
	}
	if (folder >= 0)
		close(folder);
	mode[got > 0 ? got : 0] = '\0';
}

bool preemption_in_kernel(void)
{
	struct utsname name;
	char mode[64];

	read_mode(mode, sizeof(mode));
	uname(&name);
	return preemption_of(mode, name.version);
}
