// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for a mutex or a rw_semaphore, or for the users of a VFIO device to close it, and who
 * holds it. A lock that is taken at once runs none of this: the kernel's tracepoints are where it
 * has to wait. What belongs together is found out later, when somebody has waited for long: the
 * lock itself says who owns it.
 *
 * Compiled by fentry and by kprobe, for kernels without BPF trampolines; tracepoints and the
 * iterator need none.
 */
#include "vmlinux.h"

#include <vfioscope/locks.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "hook.bpf.h"
#include "lock_files.bpf.h"
#include "lock_objects.bpf.h"
#include "lock_sleepers.bpf.h"
#include "lock_stack.bpf.h"
#include "vfio_group.bpf.h"

char LICENSE[] SEC("license") = "GPL";

struct lock_state lock_state;

/* By thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LOCK_WAITS);
	__type(key, __u32);
	__type(value, struct lock_wait);
} lock_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LOCK_OPEN_WAITS);
	__type(key, __u32);
	__type(value, struct lock_wait);
} lock_open_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LOCK_ACTIVE_WAITS);
	__type(key, __u32);
	__type(value, struct lock_wait);
} lock_active_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lock_use);
} lock_uses SEC(".maps");

/*
 * Waits for locks
 */

/* include/trace/events/lock.h */
#define LCB_F_SPIN 1
#define LCB_F_READ 2
#define LCB_F_WRITE 4
#define LCB_F_RT 8
#define LCB_F_PERCPU 16
#define LCB_F_MUTEX 32

/* LOCK_KINDS: none that is looked at, or one that is only spun for. */
static __always_inline __u32 kind_of(unsigned int flags)
{
	if (flags & LCB_F_MUTEX)
		return LOCK_MUTEX;
	if (flags & (LCB_F_SPIN | LCB_F_RT | LCB_F_PERCPU))
		return LOCK_KINDS;
	if (flags & LCB_F_READ)
		return LOCK_RWSEM_READ;
	return flags & LCB_F_WRITE ? LOCK_RWSEM_WRITE : LOCK_KINDS;
}

static __always_inline void note_wait(void *waits, __u64 lock, __u32 kind)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lock_wait wait = {
		.task = (__u64)task,
		.lock = lock,
		.since_ns = bpf_ktime_get_ns(),
		.kind = kind,
	};
	__u32 tid = task->pid;

	if (bpf_map_update_elem(waits, &tid, &wait, BPF_ANY))
		__sync_fetch_and_add(&lock_state.waits_without_room, 1);
}

static __always_inline void forget_wait(void *waits)
{
	__u32 tid = bpf_get_current_task_btf()->pid;

	bpf_map_delete_elem(waits, &tid);
}

/* Who first spins for a mutex and then sleeps says so twice: it is one wait. */
SEC("tp_btf/contention_begin")
int BPF_PROG(contention_begin, void *lock, unsigned int flags)
{
	__u32 kind = kind_of(flags), tid = bpf_get_current_task_btf()->pid;
	struct lock_wait *before;

	if (kind == LOCK_KINDS)
		return 0;
	before = bpf_map_lookup_elem(&lock_waits, &tid);
	if (!before || before->lock != (__u64)lock ||
	    before->task != (__u64)bpf_get_current_task_btf())
		note_wait(&lock_waits, (__u64)lock, kind);
	return 0;
}

SEC("tp_btf/contention_end")
int BPF_PROG(contention_end, void *lock, int result)
{
	__u32 tid = bpf_get_current_task_btf()->pid;
	struct lock_wait *wait = bpf_map_lookup_elem(&lock_waits, &tid);

	if (wait && wait->lock == (__u64)lock)
		forget_wait(&lock_waits);
	return 0;
}

/*
 * Waits for the users of a device, and its users
 */

ENTRY(vfio_unregister_group_dev, struct vfio_device___vfioscope *vfio)
{
	note_wait(&lock_open_waits, (__u64)vfio, LOCK_OPEN);
	return 0;
}

EXIT_VOID(vfio_unregister_group_dev)
{
	forget_wait(&lock_open_waits);
	return 0;
}

/*
 * Waits for who reads or writes a file of sysfs that is to go. By kprobes in any case: the function
 * is static, and nobody waits in it but for these.
 */

SEC("kprobe/kernfs_drain")
int BPF_KPROBE(kernfs_drain_entry, struct kernfs_node___vfioscope *node)
{
	if (users_to_leave(node))
		note_wait(&lock_active_waits, (__u64)node, LOCK_ACTIVE);
	return 0;
}

SEC("kretprobe/kernfs_drain")
int kernfs_drain_exit(struct pt_regs *ctx)
{
	forget_wait(&lock_active_waits);
	return 0;
}

static __always_inline int begin_use(__u64 vfio, __u32 operation)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lock_use *use;

	use = bpf_task_storage_get(&lock_uses, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!use) {
		__sync_fetch_and_add(&lock_state.uses_without_room, 1);
		return 0;
	}
	use->since_ns = bpf_ktime_get_ns();
	use->operation = operation;
	use->vfio = vfio;
	return 0;
}

static __always_inline int use_file(struct file *file, __u32 operation)
{
	return begin_use((__u64)vfio_of_file((__u64)READ(file, private_data)), operation);
}

static __always_inline int end_use(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lock_use *use = bpf_task_storage_get(&lock_uses, task, NULL, 0);

	if (use) {
		use->vfio = 0;
		use->operation = LOCK_USES;
	}
	return 0;
}

/* An operation of a device's file. */
#define USE(function, operation, parameters, type)                                                 \
	ENTRY(function, struct file *file)                                                         \
	{                                                                                          \
		return use_file(file, operation);                                                  \
	}                                                                                          \
	EXIT(function, parameters, type)                                                           \
	{                                                                                          \
		return end_use();                                                                  \
	}

USE(vfio_device_fops_read, LOCK_USE_READ, 4, __s64)
USE(vfio_device_fops_write, LOCK_USE_WRITE, 4, __s64)
USE(vfio_device_fops_unl_ioctl, LOCK_USE_IOCTL, 3, __s64)
USE(vfio_device_fops_mmap, LOCK_USE_MMAP, 2, int)

/* The last close is waited for too. */
ENTRY(vfio_device_fops_release, struct inode *inode, struct file *file)
{
	return use_file(file, LOCK_USE_RELEASE);
}

EXIT(vfio_device_fops_release, 2, int)
{
	return end_use();
}

/* Not each kernel has groups. */
SEC("kprobe/vfio_group_fops_unl_ioctl")
int BPF_KPROBE(vfio_group_fops_unl_ioctl_entry)
{
	return begin_use(0, LOCK_USE_OPEN);
}

SEC("kretprobe/vfio_group_fops_unl_ioctl")
int BPF_KRETPROBE(vfio_group_fops_unl_ioctl_exit)
{
	return end_use();
}

static __always_inline struct lock_use *use_of_group(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lock_use *use = bpf_task_storage_get(&lock_uses, task, NULL, 0);

	return use && use->operation == LOCK_USE_OPEN ? use : NULL;
}

static __always_inline __u64 *asked_device(void)
{
	struct lock_use *use = use_of_group();

	return use ? &use->asked : NULL;
}

static __always_inline int found_device(__u64 vfio)
{
	struct lock_use *use = use_of_group();

	if (use)
		use->vfio = vfio;
	return 0;
}

/*
 * Who waits, and who holds
 */

/* What is too large for a program's stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lock_task);
} lock_task_room SEC(".maps");

/* Of a mutex's owner's flags: it is to have it, and has not run since. */
#define MUTEX_FLAG_PICKUP 4UL
/* Of a rw_semaphore's: it is a reader of before. */
#define RWSEM_READER_OWNED 1UL

static __always_inline void find_owner(struct lock_task *found)
{
	struct task_struct *task;
	__u64 word;

	if (found->wait.kind == LOCK_MUTEX) {
		struct mutex *mutex = (void *)found->wait.lock;

		word = BPF_CORE_READ(mutex, owner.counter);
		if (word & MUTEX_FLAG_PICKUP)
			return;
	} else {
		struct rw_semaphore *semaphore = (void *)found->wait.lock;

		word = BPF_CORE_READ(semaphore, owner.counter);
		if (word & RWSEM_READER_OWNED)
			found->flags |= LOCK_OWNER_READS;
	}
	task = (void *)(word & ~OWNER_FLAGS);
	if (!task)
		return;
	found->owner_tid = BPF_CORE_READ(task, pid);
	found->owner_start_ns = BPF_CORE_READ(task, start_boottime);
	if (BPF_CORE_READ(task, start_time) > found->wait.since_ns)
		found->flags |= LOCK_OWNER_LATER;
}

static __always_inline void take_wait(struct lock_wait *to, void *waits,
				      const struct task_struct *task)
{
	__u32 tid = task->pid;
	struct lock_wait *wait = bpf_map_lookup_elem(waits, &tid);

	if (wait && wait->task == (__u64)task)
		*to = *wait;
}

/*
 * Its end is not seen where it began before, or the kernel has no more room for return probes: user
 * space forgets those that are not told.
 */
static __always_inline void check_active_wait(struct lock_task *found)
{
	if (users_to_leave((void *)found->active_wait.lock))
		name_file(found->waits_file, (void *)found->active_wait.lock);
	else
		found->active_wait.lock = 0;
}

/* Of the device whose file it is: whoever is in it may want the device's mutex. */
static __always_inline void find_file_objects(struct lock_objects *objects, __u64 node)
{
	void *object = sysfs_object((void *)node);
	struct short_name set;

	if (!object)
		return;
	sysfs_set(object, &set);
	if (NAME_IS(set, "devices"))
		find_device_objects(objects, object);
}

/* kernel/locking/mutex.h, rwsem.c */
#define MUTEX_FLAG_WAITERS 1UL
#define RWSEM_FLAG_WAITERS 2UL

static __always_inline bool has_waiters(const struct lock_wait *wait)
{
	struct rw_semaphore *semaphore = (void *)wait->lock;
	struct mutex *mutex = (void *)wait->lock;

	if (wait->kind == LOCK_MUTEX)
		return BPF_CORE_READ(mutex, owner.counter) & MUTEX_FLAG_WAITERS;
	return BPF_CORE_READ(semaphore, count.counter) & RWSEM_FLAG_WAITERS;
}

/* Found on a stack: what it waited for may have been misread. */
static __always_inline void check_wait_from_before(struct lock_task *found)
{
	struct lock_wait *now;

	if (!(found->wait.flags & LOCK_WAIT_BEFORE) || has_waiters(&found->wait))
		return;
	now = bpf_map_lookup_elem(&lock_waits, &found->tid);
	if (now && now->since_ns == found->wait.since_ns)
		bpf_map_delete_elem(&lock_waits, &found->tid);
	found->wait.lock = 0;
}

static __always_inline __s32 argument_of(struct task_struct *task)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);

	return task->flags & PF_KTHREAD ? -1 : (__s32)PT_REGS_PARM1_CORE_SYSCALL(registers);
}

static __always_inline bool waits(const struct lock_task *task)
{
	return task->wait.lock || task->active_wait.lock || task->open_wait.lock;
}

static __always_inline bool describe_task(struct lock_task *found, struct task_struct *task)
{
	struct lock_use *use = bpf_task_storage_get(&lock_uses, task, NULL, 0);

	__builtin_memset(found, 0, __builtin_offsetof(struct lock_task, stack));
	take_wait(&found->wait, &lock_waits, task);
	take_wait(&found->active_wait, &lock_active_waits, task);
	take_wait(&found->open_wait, &lock_open_waits, task);
	found->tid = task->pid;
	found->flags = task->flags & PF_KTHREAD ? LOCK_KERNEL_THREAD : 0;
	if (found->wait.lock)
		check_wait_from_before(found);
	if (found->active_wait.lock)
		check_active_wait(found);
	if (use)
		found->use = *use;
	if (!waits(found) && !found->use.vfio)
		return false;
	found->start_ns = task->start_boottime;
	found->argument = argument_of(task);
	found->pid = task->tgid;
	found->state = task->__state;
	__builtin_memcpy(found->comm, task->comm, sizeof(found->comm));
	if (found->wait.lock)
		find_owner(found);
	if (found->open_wait.lock)
		find_objects(&found->waits, found->open_wait.lock);
	else if (found->active_wait.lock)
		find_file_objects(&found->waits, found->active_wait.lock);
	find_physfn_objects(&found->physfn, found->waits.pci);
	if (found->use.vfio)
		find_objects(&found->uses, found->use.vfio);
	return true;
}

SEC("iter/task")
int lock_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct lock_task *found;
	__u32 first = 0;

	found = bpf_map_lookup_elem(&lock_task_room, &first);
	if (!task || !found || !describe_task(found, task))
		return 0;
	if (waits(found))
		found->stack_bytes = stack_of(task, found->stack, sizeof(found->stack));
	bpf_seq_write(ctx->meta->seq, found, sizeof(*found));
	return 0;
}
