// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test only: tasks that take locks in whatever order somebody writes to /dev/lock_cycles, and so
 * lock each other out. Steps, one after the other, in the task that writes:
 *
 *	mA kA tA uA	mutex A (or B, C, F to V, 0 to 4, 7, 8, < and >): lock, lock killably, try
 *			to lock, unlock
 *	aA		locks mutex A as the last reference to something goes
 *	fA		locks mutex A for ever: nobody lets go of it
 *	iA		initialises mutex A anew, which nobody has
 *	rD wD vD	semaphore D (or E, W to Z, 5, 6, 9): killably for reading, for writing; let
 *			go
 *	p		the last reference to an object goes, whose release takes mutex A
 *	n7 N7		new mutexes, so many at a time: each is locked before A, or within A. Freed
 *			when the task ends, or has other ones
 *	c10007		a crowd: so many kernel threads want mutex A, which a task is to have
 *	s500		sleeps, in milliseconds
 *	g G		pci_rescan_remove_lock: lock, unlock
 *	d0000:01:00.0	takes the PCI device away from its driver
 *	x X y		removes the file of sysfs below; the same as who writes to it; makes it
 *	l10007		mutex A so often: lock, unlock
 *	hB1009		so often, from mutex B on, the only one that it has: locks the next one in
 *			the circle of A, B, C, and unlocks the one before. Two tasks wait for each
 *			other every time, if one begins with A and the other with B.
 *
 * In the end, and when it is killed, a task lets go of what it has. The same steps can be written
 * to the device's file "steps" in sysfs, which is in use meanwhile.
 *
 * Who reads gets two numbers: nanoseconds that the last l or h took, and how often it found a mutex
 * locked.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define MOST_BYTES	256
#define LONGEST_SLEEP	60000
#define MOST_TIMES	10000000
#define MOST_NEW	100000
#define MOST_TASKS	30000
#define TIMES_AT_ONCE	4096
#define CIRCLE		3	/* the first mutexes */

static DEFINE_MUTEX(cycle_a);
static DEFINE_MUTEX(cycle_b);
static DEFINE_MUTEX(cycle_c);
static DEFINE_MUTEX(cycle_f);
static DEFINE_MUTEX(cycle_g);
static DEFINE_MUTEX(cycle_h);
static DEFINE_MUTEX(cycle_i);
static DEFINE_MUTEX(cycle_j);
static DEFINE_MUTEX(cycle_k);
static DEFINE_MUTEX(cycle_l);
static DEFINE_MUTEX(cycle_m);
static DEFINE_MUTEX(cycle_n);
static DEFINE_MUTEX(cycle_o);
static DEFINE_MUTEX(cycle_p);
static DEFINE_MUTEX(cycle_q);
static DEFINE_MUTEX(cycle_r);
static DEFINE_MUTEX(cycle_s);
static DEFINE_MUTEX(cycle_t);
static DEFINE_MUTEX(cycle_u);
static DEFINE_MUTEX(cycle_v);
static DEFINE_MUTEX(cycle_0);
static DEFINE_MUTEX(cycle_1);
static DEFINE_MUTEX(cycle_2);
static DEFINE_MUTEX(cycle_3);
static DEFINE_MUTEX(cycle_4);
static DEFINE_MUTEX(cycle_7);
static DEFINE_MUTEX(cycle_8);
static DEFINE_MUTEX(cycle_get);
static DEFINE_MUTEX(cycle_put);
static DECLARE_RWSEM(cycle_d);
static DECLARE_RWSEM(cycle_e);
static DECLARE_RWSEM(cycle_w);
static DECLARE_RWSEM(cycle_x);
static DECLARE_RWSEM(cycle_y);
static DECLARE_RWSEM(cycle_z);
static DECLARE_RWSEM(cycle_5);
static DECLARE_RWSEM(cycle_6);
static DECLARE_RWSEM(cycle_9);

static const char mutex_letters[] = "ABCFGHIJKLMNOPQRSTUV0123478<>";
static const char semaphore_letters[] = "DEWXYZ569";

static struct mutex *const mutexes[] = {
	&cycle_a, &cycle_b, &cycle_c, &cycle_f, &cycle_g, &cycle_h, &cycle_i,
	&cycle_j, &cycle_k, &cycle_l, &cycle_m, &cycle_n, &cycle_o, &cycle_p,
	&cycle_q, &cycle_r, &cycle_s, &cycle_t, &cycle_u, &cycle_v, &cycle_0,
	&cycle_1, &cycle_2, &cycle_3, &cycle_4, &cycle_7, &cycle_8,
	&cycle_get, &cycle_put,
};
static struct rw_semaphore *const semaphores[] = {
	&cycle_d, &cycle_e, &cycle_w, &cycle_x, &cycle_y, &cycle_z, &cycle_5,
	&cycle_6, &cycle_9,
};

/* Of each lock: how often it is held, and for writing. */
struct steps {
	bool mutex[ARRAY_SIZE(mutexes)];
	unsigned int readers[ARRAY_SIZE(semaphores)];
	bool writer[ARRAY_SIZE(semaphores)];
	bool rescan_remove;
	struct mutex *new;
	unsigned int new_count;
};

/* Of the last loop that ended. */
static u64 loop_ns;
static unsigned int loop_waits;

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
	atomic_t references = ATOMIC_INIT(1);
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
	case 'a':
		steps->mutex[which] = atomic_dec_and_mutex_lock(&references, mutexes[which]);
		return 0;
	case 'f':
		mutex_lock(mutexes[which]);
		return 0;
	case 'i':
		if (mutex_is_locked(mutexes[which]))
			return -EBUSY;
		mutex_init(mutexes[which]);
		return 0;
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

static void lock_both(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void free_new(struct steps *steps)
{
	unsigned int i;

	for (i = 0; i < steps->new_count; i++)
		mutex_destroy(&steps->new[i]);
	kvfree(steps->new);
	steps->new = NULL;
	steps->new_count = 0;
}

static int lock_new(struct steps *steps, bool first, const char *text)
{
	unsigned int count, i;
	struct mutex *new;

	if (kstrtouint(text, 10, &count) || !count || count > MOST_NEW || steps->mutex[0])
		return -EINVAL;
	free_new(steps);
	new = kvcalloc(count, sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		mutex_init(&new[i]);
	for (i = 0; i < count; i++)
		lock_both(first ? &new[i] : &cycle_a, first ? &cycle_a : &new[i]);
	steps->new = new;
	steps->new_count = count;
	return 0;
}

static int do_rescan_remove(struct steps *steps, bool lock)
{
	if (lock && !steps->rescan_remove)
		pci_lock_rescan_remove();
	else if (!lock && steps->rescan_remove)
		pci_unlock_rescan_remove();
	steps->rescan_remove = lock;
	return 0;
}

static int release_driver(const char *name)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, name);

	if (!dev)
		return -ENODEV;
	device_release_driver(dev);
	put_device(dev);
	return 0;
}

static ssize_t steps_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count);
static DEVICE_ATTR_WO(steps);

static int do_file(struct device *dev, char action)
{
	switch (action) {
	case 'x':
		device_remove_file(dev, &dev_attr_steps);
		return 0;
	case 'X':
		return device_remove_file_self(dev, &dev_attr_steps) ? 0 : -ENOENT;
	default:
		return device_create_file(dev, &dev_attr_steps);
	}
}

static int want_mutex(void *unused)
{
	mutex_lock(&cycle_a);
	mutex_unlock(&cycle_a);
	module_put_and_kthread_exit(0);
}

static int start_crowd(const char *text)
{
	struct task_struct *task;
	unsigned int count;

	if (kstrtouint(text, 10, &count) || count > MOST_TASKS || !mutex_is_locked(&cycle_a))
		return -EINVAL;
	while (count--) {
		__module_get(THIS_MODULE);
		task = kthread_run(want_mutex, NULL, "crowd");
		if (IS_ERR(task)) {
			module_put(THIS_MODULE);
			return PTR_ERR(task);
		}
	}
	return 0;
}

static int do_sleep(const char *text)
{
	unsigned int ms;

	if (kstrtouint(text, 10, &ms) || ms > LONGEST_SLEEP)
		return -EINVAL;
	msleep(ms);
	return 0;
}

/* Others get their turn, and who is killed ends. */
static int pause_in_loop(unsigned int times)
{
	if (times % TIMES_AT_ONCE)
		return 0;
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int lock_often(struct steps *steps, const char *text)
{
	unsigned int times;
	int ret = 0;
	u64 start;

	if (kstrtouint(text, 10, &times) || times > MOST_TIMES || steps->mutex[0])
		return -EINVAL;
	start = ktime_get_ns();
	while (!ret && times--) {
		mutex_lock(&cycle_a);
		mutex_unlock(&cycle_a);
		ret = pause_in_loop(times);
	}
	loop_ns = ktime_get_ns() - start;
	loop_waits = 0;
	return ret;
}

static int hand_over_hand(struct steps *steps, unsigned int which, const char *text)
{
	unsigned int times, next, waits = 0;
	int ret = 0;
	u64 start;

	if (which >= CIRCLE || !steps->mutex[which])
		return -EINVAL;
	for (next = 0; next < CIRCLE; next++)
		if (steps->mutex[next] && next != which)
			return -EINVAL;
	if (kstrtouint(text, 10, &times) || times > MOST_TIMES)
		return -EINVAL;
	start = ktime_get_ns();
	while (!ret && times--) {
		next = (which + 1) % CIRCLE;
		waits += mutex_is_locked(mutexes[next]);
		mutex_lock(mutexes[next]);
		mutex_unlock(mutexes[which]);
		steps->mutex[which] = false;
		steps->mutex[next] = true;
		which = next;
		ret = pause_in_loop(times);
	}
	loop_ns = ktime_get_ns() - start;
	loop_waits = waits;
	return ret;
}

/* A number that is too large for a letter that is none. */
static unsigned int find(const char *letters, char letter)
{
	const char *found = letter ? strchr(letters, letter) : NULL;

	return found ? found - letters : strlen(letters);
}

static struct miscdevice lock_cycles_device;

static int do_step(struct steps *steps, const char *step)
{
	switch (step[0]) {
	case 'm':
	case 'k':
	case 'a':
	case 'f':
	case 'i':
	case 't':
	case 'u':
		return do_mutex(steps, step[0], find(mutex_letters, step[1]));
	case 'r':
	case 'w':
	case 'v':
		return do_semaphore(steps, step[0], find(semaphore_letters, step[1]));
	case 'p':
		return put_object();
	case 'n':
	case 'N':
		return lock_new(steps, step[0] == 'n', step + 1);
	case 'c':
		return start_crowd(step + 1);
	case 's':
		return do_sleep(step + 1);
	case 'g':
	case 'G':
		return do_rescan_remove(steps, step[0] == 'g');
	case 'd':
		return release_driver(step + 1);
	case 'x':
	case 'X':
	case 'y':
		return do_file(lock_cycles_device.this_device, step[0]);
	case 'l':
		return lock_often(steps, step + 1);
	case 'h':
		return step[1] ? hand_over_hand(steps, step[1] - 'A', step + 2) : -EINVAL;
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
	do_rescan_remove(steps, false);
	free_new(steps);
}

/* Steps, one after the other; @text is written to. */
static int do_steps(char *text)
{
	struct steps steps = {};
	char *step;
	int ret = 0;

	while (!ret && (step = strsep(&text, " \n")))
		if (*step)
			ret = do_step(&steps, step);
	leave(&steps);
	return ret;
}

static ssize_t steps_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	char *text = kstrndup(buf, count, GFP_KERNEL);
	int ret;

	if (!text)
		return -ENOMEM;
	ret = do_steps(text);
	kfree(text);
	return ret ?: count;
}

static ssize_t lock_cycles_write(struct file *file, const char __user *buf, size_t count,
				 loff_t *ppos)
{
	char *text;
	int ret;

	if (count > MOST_BYTES)
		return -E2BIG;
	text = memdup_user_nul(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = do_steps(text);
	kfree(text);
	return ret ?: count;
}

static ssize_t lock_cycles_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	char text[40];
	int bytes = scnprintf(text, sizeof(text), "%llu %u\n", loop_ns, loop_waits);

	return simple_read_from_buffer(buf, count, ppos, text, bytes);
}

static const struct file_operations lock_cycles_fops = {
	.owner	= THIS_MODULE,
	.read	= lock_cycles_read,
	.write	= lock_cycles_write,
};

static struct attribute *lock_cycles_attrs[] = {
	&dev_attr_steps.attr,
	NULL
};
ATTRIBUTE_GROUPS(lock_cycles);

static struct miscdevice lock_cycles_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= KBUILD_MODNAME,
	.fops	= &lock_cycles_fops,
	.groups	= lock_cycles_groups,
	.mode	= 0600,
};
module_misc_device(lock_cycles_device);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test only: locks in whatever order");
