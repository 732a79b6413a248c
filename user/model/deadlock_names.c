// SPDX-License-Identifier: GPL-2.0-only
#include "deadlock_names.h"

const char *lock_kind_name(unsigned int kind)
{
	static const char *const names[LOCK_KINDS] = {
		[LOCK_MUTEX] = "mutex",
		[LOCK_RWSEM_READ] = "rwsem-read",
		[LOCK_RWSEM_WRITE] = "rwsem-write",
		[LOCK_OPEN] = "close",
		[LOCK_ACTIVE] = "active",
	};

	return kind < LOCK_KINDS ? names[kind] : "?";
}

const char *lock_use_name(unsigned int operation)
{
	static const char *const names[LOCK_USES] = {
		[LOCK_USE_READ] = "read",	[LOCK_USE_WRITE] = "write",
		[LOCK_USE_IOCTL] = "ioctl",	[LOCK_USE_MMAP] = "mmap",
		[LOCK_USE_RELEASE] = "release", [LOCK_USE_OPEN] = "open_device",
	};

	return operation < LOCK_USES ? names[operation] : "?";
}

const char *deadlock_label(const struct deadlock *deadlock)
{
	return deadlock->suspected ? "suspected" : "confirmed";
}
