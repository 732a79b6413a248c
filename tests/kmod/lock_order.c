// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: as it comes it locks one mutex within another, and says where they are. Loaded after
 * lock_order_reversed, or before it, its mutexes may be where those were: they are others.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/mutex.h>

#ifndef OUTER
#define OUTER order_one
#define INNER order_two
#endif

static DEFINE_MUTEX(order_one);
static DEFINE_MUTEX(order_two);

static int __init lock_order_init(void)
{
	mutex_lock(&OUTER);
	mutex_lock(&INNER);
	mutex_unlock(&INNER);
	mutex_unlock(&OUTER);
	pr_info("at %px %px\n", &order_one, &order_two);
	return 0;
}

static void __exit lock_order_exit(void)
{
}

module_init(lock_order_init);
module_exit(lock_order_exit);
MODULE_DESCRIPTION("Test only: one mutex within another");
MODULE_LICENSE("GPL");
