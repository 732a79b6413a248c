// SPDX-License-Identifier: GPL-2.0-only
/* Test only: lock_cycles once more, at /dev/lock_cycles_twin; its locks are called the same. */
#define lock_cycles_write lock_cycles_twin_write
#include "lock_cycles.c"
