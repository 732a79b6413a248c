// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: tasks that take locks in whatever order somebody writes to /dev/lock_cycles, and so
 * lock each other out. Steps, one after the other, in the task that writes:
 *
 *	mA kA tA uA	mutex A (or B, C): lock, lock killably, try to lock, unlock
 *	rD wD vD	semaphore D (or E): killably for reading, for writing; let go
 *	p		the last reference to an object goes, whose release takes mutex A
 *	s500		sleeps, in milliseconds
 *
 * In the end, and when it is killed, a task lets go of what it has.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define MOST_BYTES	256
#define LONGEST_SLEEP	60000

static DEFINE_MUTEX(cycle_a);
static DEFINE_MUTEX(cycle_b);
static DEFINE_MUTEX(cycle_c);
static DECLARE_RWSEM(cycle_d);
static DECLARE_RWSEM(cycle_e);

static struct mutex *const mutexes[] = { &cycle_a, &cycle_b, &cycle_c };
static struct rw_semaphore *const semaphores[] = { &cycle_d, &cycle_e };

/* Of each lock: how often it is held, and for writing. */
struct steps {
	bool mutex[ARRAY_SIZE(mutexes)];
	unsigned int readers[ARRAY_SIZE(semaphores)];
	bool writer[ARRAY_SIZE(semaphores)];
};

/* Not inlined: the stack is to show it. */
static noinline void release_object(struct kref *references)
{
	mutex_lock(&cycle_a);
	mutex_unlock(&cycle_a);
	kfree(references);
}

static int put_object(void)
{
	struct kref *references = kmalloc(sizeof(*references), GFP_KERNEL);

	if (!references)
		return -ENOMEM;
	kref_init(references);
	kref_put(references, release_object);
	return 0;
}

static int do_mutex(struct steps *steps, char action, unsigned int which)
{
	int ret;

	if (which >= ARRAY_SIZE(mutexes))
		return -EINVAL;
	switch (action) {
	case 'm':
		mutex_lock(mutexes[which]);
		steps->mutex[which] = true;
		return 0;
	case 'k':
		ret = mutex_lock_killable(mutexes[which]);
		steps->mutex[which] = !ret;
		return ret;
	case 't':
		steps->mutex[which] = mutex_trylock(mutexes[which]);
		return 0;
	default:
		if (steps->mutex[which])
			mutex_unlock(mutexes[which]);
		steps->mutex[which] = false;
		return 0;
	}
}

static void let_go(struct steps *steps, unsigned int which)
{
	if (steps->writer[which])
		up_write(semaphores[which]);
	while (steps->readers[which]) {
		up_read(semaphores[which]);
		steps->readers[which]--;
	}
	steps->writer[which] = false;
}

static int do_semaphore(struct steps *steps, char action, unsigned int which)
{
	int ret = 0;

	if (which >= ARRAY_SIZE(semaphores))
		return -EINVAL;
	if (action == 'r') {
		ret = down_read_killable(semaphores[which]);
		steps->readers[which] += !ret;
	} else if (action == 'w') {
		ret = down_write_killable(semaphores[which]);
		steps->writer[which] = !ret;
	} else {
		let_go(steps, which);
	}
	return ret;
}

static int do_sleep(const char *text)
{
	unsigned int ms;

	if (kstrtouint(text, 10, &ms) || ms > LONGEST_SLEEP)
		return -EINVAL;
	msleep(ms);
	return 0;
}

static int do_step(struct steps *steps, const char *step)
{
	switch (step[0]) {
	case 'm':
	case 'k':
	case 't':
	case 'u':
		return do_mutex(steps, step[0], step[1] - 'A');
	case 'r':
	case 'w':
	case 'v':
		return do_semaphore(steps, step[0], step[1] - 'D');
	case 'p':
		return put_object();
	case 's':
		return do_sleep(step + 1);
	default:
		return -EINVAL;
	}
}

static void leave(struct steps *steps)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mutexes); i++)
		do_mutex(steps, 'u', i);
	for (i = 0; i < ARRAY_SIZE(semaphores); i++)
		let_go(steps, i);
}

static ssize_t lock_cycles_write(struct file *file, const char __user *buf, size_t count,
				 loff_t *ppos)
{
	struct steps steps = {};
	char *text, *rest, *step;
	int ret = 0;

	if (count > MOST_BYTES)
		return -E2BIG;
	text = memdup_user_nul(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	rest = text;
	while (!ret && (step = strsep(&rest, " \n")))
		if (*step)
			ret = do_step(&steps, step);
	leave(&steps);
	kfree(text);
	return ret ?: count;
}

static const struct file_operations lock_cycles_fops = {
	.owner	= THIS_MODULE,
	.write	= lock_cycles_write,
};

static struct miscdevice lock_cycles_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "lock_cycles",
	.fops	= &lock_cycles_fops,
	.mode	= 0600,
};
module_misc_device(lock_cycles_device);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test only: locks in whatever order");
