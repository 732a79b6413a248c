// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool kernel_file_has(const char *path, const char *word)
{
	char text[512] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t bytes;

	if (file < 0)
		return false;
	bytes = read(file, text, sizeof(text) - 1);
	close(file);
	return bytes > 0 && strstr(text, word);
}

/* The file says 0 where it is off, and is not there where it is not built in. */
bool kernel_has_jit(void)
{
	return kernel_file_has("/proc/sys/net/core/bpf_jit_enable", "1") ||
	       kernel_file_has("/proc/sys/net/core/bpf_jit_enable", "2");
}

bool kernel_is_confidential(void)
{
	return kernel_file_has("/sys/kernel/security/lockdown", "[confidentiality]");
}

bool kernel_ftrace_is_off(void)
{
	return kernel_file_has("/proc/sys/kernel/ftrace_enabled", "0");
}

bool kernel_kprobes_are_off(void)
{
	return kernel_file_has("/sys/kernel/debug/kprobes/enabled", "0");
}

/* The number that the first one always has: include/linux/proc_ns.h */
#define FIRST_PID_NAMESPACE 0xEFFFFFFC

bool kernel_shows_all_tasks(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) || status.st_ino == FIRST_PID_NAMESPACE;
}

bool kernel_has_vfio(void)
{
	/* Built in, it shows by the driver that needs it, which has parameters. */
	return !access("/sys/kernel/btf/vfio", F_OK) || !access("/sys/module/vfio_pci", F_OK);
}

unsigned long kernel_module_number(const char *module)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	return kernel_file_has(path, "live") && !stat(path, &status) ? status.st_ino : 0;
}
