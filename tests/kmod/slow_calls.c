// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: calls of kernel functions take longer, so that two tasks meet where they seldom do.
 *
 *	insmod slow_calls.ko function=pci_update_resource,pci_save_state ms=200,500
 *
 * The time is spent before the function runs, on its processor, which does nothing else meanwhile.
 * parameters/calls has the number of calls that began, for each function.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>

#define MOST_FUNCTIONS	4
#define LONGEST_MS	5000

static char *function[MOST_FUNCTIONS];
static int functions;
module_param_array(function, charp, &functions, 0444);
MODULE_PARM_DESC(function, "The functions");

static unsigned int ms[MOST_FUNCTIONS];
module_param_array(ms, uint, NULL, 0444);
MODULE_PARM_DESC(ms, "Milliseconds for each");

static unsigned int calls[MOST_FUNCTIONS];
module_param_array(calls, uint, &functions, 0444);
MODULE_PARM_DESC(calls, "Not to be set: calls of each");

static struct kprobe probes[MOST_FUNCTIONS];

static int slow_call(struct kprobe *probe, struct pt_regs *regs)
{
	ptrdiff_t i = probe - probes;

	/* Two that count at once may count one. */
	WRITE_ONCE(calls[i], READ_ONCE(calls[i]) + 1);
	mdelay(ms[i]);
	return 0;
}

static void unregister_first(int count)
{
	while (count--)
		unregister_kprobe(&probes[count]);
}

static int __init slow_calls_init(void)
{
	int ret = -EINVAL, i;

	for (i = 0; i < functions; i++) {
		probes[i].symbol_name = function[i];
		probes[i].pre_handler = slow_call;
		ret = ms[i] > LONGEST_MS ? -EINVAL : register_kprobe(&probes[i]);
		if (ret) {
			pr_err("%s for %u ms: error %d\n", function[i], ms[i], ret);
			unregister_first(i);
			break;
		}
	}
	return ret;
}
module_init(slow_calls_init);

static void __exit slow_calls_exit(void)
{
	unregister_first(functions);
}
module_exit(slow_calls_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test only: slow calls of kernel functions");
