// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: calls of a kernel function take longer, so that two tasks meet where they seldom do.
 *
 *	insmod slow_calls.ko function=pci_update_resource ms=200
 *
 * The time is spent before the function runs, on its processor, which does nothing else meanwhile.
 * parameters/calls has the number of calls that began.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#define LONGEST_MS	5000

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "The function");

static unsigned int ms;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "Milliseconds");

static unsigned int calls;
module_param(calls, uint, 0444);
MODULE_PARM_DESC(calls, "Not to be set: calls");

static int slow_call(struct kprobe *probe, struct pt_regs *regs)
{
	/* Two that count at once may count one. */
	WRITE_ONCE(calls, READ_ONCE(calls) + 1);
	mdelay(ms);
	return 0;
}

static struct kprobe probe = { .pre_handler = slow_call };

static int __init slow_calls_init(void)
{
	int ret;

	if (!function || ms > LONGEST_MS)
		return -EINVAL;
	probe.symbol_name = function;
	ret = register_kprobe(&probe);
	if (ret)
		pr_err("%s: error %d\n", function, ret);
	return ret;
}
module_init(slow_calls_init);

static void __exit slow_calls_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(slow_calls_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test only: slow calls of a kernel function");
