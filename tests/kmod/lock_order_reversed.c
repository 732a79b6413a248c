// SPDX-License-Identifier: GPL-2.0-only
/* Test only: lock_order, the other way round; its mutexes are called the same. */
#define OUTER order_two
#define INNER order_one
#include "lock_order.c"
