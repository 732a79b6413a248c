/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is to leave a file, or to close it, before it can go: looked for when somebody has waited for
 * that for long. Nothing is noted before.
 */
#ifndef VFIOSCOPE_LOCK_FILES_BPF_H
#define VFIOSCOPE_LOCK_FILES_BPF_H

#include "lock_objects.bpf.h"
#include "sysfs.bpf.h"

#include <vfioscope/locks.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* The low bits of a mutex's or a rw_semaphore's owner are the lock's own. */
#define OWNER_FLAGS 7UL

/* fs/kernfs/kernfs-internal.h: kn->active of what is to go is so much more than its users. */
#define KN_DEACTIVATED_BIAS (-0x7fffffff)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node___locks {
	atomic_t active;
};

#pragma clang attribute pop

/* Of a file that is to go, how many tasks are within it; 0: none, or it is not to go. */
static __always_inline __u64 users_to_leave(struct kernfs_node___vfioscope *node)
{
	__s32 active = BPF_CORE_READ((struct kernfs_node___locks *)node, active.counter);

	return active < 0 && active > KN_DEACTIVATED_BIAS ? active - KN_DEACTIVATED_BIAS : 0;
}

/*
 * Who reads or writes a file of sysfs has the mutex of the open file. False: nobody does, or it is
 * not to go.
 */
static __always_inline bool describe_sysfs_file(struct lock_file *found, struct file *file)
{
	struct kernfs_open_file___vfioscope *open = sysfs_open_file(file);
	struct kernfs_node___vfioscope *node = sysfs_node(file);
	struct task_struct *task;

	if (BPF_CORE_READ(open, file) != file || BPF_CORE_READ(open, kn) != node)
		return false;
	found->node_users = users_to_leave(node);
	if (!found->node_users)
		return false;
	task = (void *)(BPF_CORE_READ(open, mutex.owner.counter) & ~OWNER_FLAGS);
	found->node = (__u64)node;
	found->tid = task ? BPF_CORE_READ(task, pid) : 0;
	return found->tid;
}

static __always_inline bool describe_file(struct lock_file *found, struct file *file)
{
	__u64 vfio;

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) == SYSFS_MAGIC)
		return describe_sysfs_file(found, file);
	if (!bpf_core_type_exists(struct vfio_device___vfioscope) || !is_vfio_device_file(file))
		return false;
	vfio = (__u64)vfio_of_file((__u64)file->private_data);
	if (vfio)
		find_objects(&found->objects, vfio);
	return vfio;
}

/* What is mapped keeps a device open too: to look there takes locks that may be in the deadlock. */
SEC("iter/task_file")
int lock_files(struct bpf_iter__task_file *ctx)
{
	struct lock_file found = { .descriptor = ctx->fd };
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file || !describe_file(&found, file))
		return 0;
	found.pid = task->tgid;
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}

#endif
