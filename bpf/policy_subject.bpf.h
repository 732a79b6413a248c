/* SPDX-License-Identifier: GPL-2.0-only */
/* Who an access is by, as far as the rules ask. */
#ifndef VFIOSCOPE_POLICY_SUBJECT_BPF_H
#define VFIOSCOPE_POLICY_SUBJECT_BPF_H

#include "policy_task.bpf.h"
#include "sysfs.bpf.h"
#include "system_call.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct mount___vfioscope {
	struct mount___vfioscope *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

#pragma clang attribute pop

/*
 * The steps are global functions: each is verified once, not for each step of a path.
 */

/* 1: the path is known from its beginning, or has too many names. */
static __always_inline int path_add(struct path_walk *walk, const void *name)
{
	__u32 count = walk->count;

	if (count >= PATH_NAMES)
		return 1;
	walk->name[count] = (__u64)name;
	walk->count = count + 1;
	return 0;
}

__noinline int policy_walk_cgroup(struct path_walk *walk)
{
	struct kernfs_node___vfioscope *node, *parent;

	if (!walk)
		return 1;
	node = (void *)walk->here;
	parent = node ? kernfs_parent(node) : NULL;
	if (!parent) {
		walk->whole = 1;
		return 1;
	}
	walk->here = (__u64)parent;
	return path_add(walk, BPF_CORE_READ(node, name));
}

/* As the mounts of the process have it. */
__noinline int policy_walk_file(struct path_walk *walk)
{
	struct mount___vfioscope *real, *above;
	struct dentry *dentry, *parent;

	if (!walk)
		return 1;
	dentry = (void *)walk->here;
	real = (void *)(walk->mount - bpf_core_field_offset(struct mount___vfioscope, mnt));
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry != BPF_CORE_READ(real, mnt.mnt_root) && dentry != parent) {
		walk->here = (__u64)parent;
		return path_add(walk, BPF_CORE_READ(dentry, d_name.name));
	}
	above = BPF_CORE_READ(real, mnt_parent);
	if (above == real || !above) {
		walk->whole = 1;
		return 1;
	}
	walk->here = (__u64)BPF_CORE_READ(real, mnt_mountpoint);
	walk->mount = (__u64)above + bpf_core_field_offset(struct mount___vfioscope, mnt);
	return 0;
}

/* A / and the last name that is left. What does not fit is left out: rules are shorter. */
__noinline int policy_write_name(struct path_walk *walk)
{
	__u32 last, length;
	long bytes;

	if (!walk)
		return 1;
	last = walk->count - 1;
	length = walk->length;
	if (last >= PATH_NAMES || length >= POLICY_TEXT_BYTES - 1)
		return 1;
	walk->text[length++] = '/';
	bytes = bpf_probe_read_kernel_str(&walk->text[length], POLICY_TEXT_BYTES,
					  (const void *)walk->name[last]);
	if (bytes > 0)
		length += bytes - 1;
	walk->length = length;
	walk->count = last;
	return 0;
}

static __always_inline bool write_path(struct path_walk *walk, struct policy_text *path)
{
	walk->text[0] = '/';
	for (int i = 0; i < PATH_NAMES; i++)
		if (policy_write_name(walk))
			break;
	walk->text[POLICY_TEXT_BYTES - 1] = '\0';
	__builtin_memcpy(path, walk->text, sizeof(*path));
	return walk->whole;
}

static __always_inline bool describe_cgroup(struct policy_task *task)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct path_walk *walk = &task->walk;

	__builtin_memset(walk, 0, sizeof(*walk));
	walk->here = (__u64)BPF_CORE_READ(current, cgroups, dfl_cgrp, kn);
	for (int i = 0; i <= PATH_NAMES; i++)
		if (policy_walk_cgroup(walk))
			break;
	return write_path(walk, &task->access.cgroup);
}

static __always_inline bool describe_executable(struct policy_task *task)
{
	struct task_struct *current = (void *)bpf_get_current_task();
	struct file *file = BPF_CORE_READ(current, mm, exe_file);
	struct path_walk *walk = &task->walk;

	if (!file) /* a kernel thread */
		return true;
	__builtin_memset(walk, 0, sizeof(*walk));
	walk->here = (__u64)BPF_CORE_READ(file, f_path.dentry);
	walk->mount = (__u64)BPF_CORE_READ(file, f_path.mnt);
	for (int i = 0; i < 2 * PATH_NAMES; i++)
		if (policy_walk_file(walk))
			break;
	return write_path(walk, &task->access.executable);
}

/* What io_uring leaves to workers is its process's doing. */
static __always_inline void describe_comm(struct policy_access *access)
{
	struct task_struct *current = bpf_get_current_task_btf();

	if (current->flags & PF_IO_WORKER)
		bpf_probe_read_kernel_str(access->comm, sizeof(access->comm),
					  BPF_CORE_READ(current, group_leader, comm));
	else
		bpf_get_current_comm(access->comm, sizeof(access->comm));
}

/* False: not all that the rules ask for could be found out. */
static __always_inline bool policy_describe_subject(struct policy_task *task,
						    const struct policy_header *header)
{
	struct policy_access *access = &task->access;
	bool whole = true;

	access->uid = bpf_get_current_uid_gid();
	describe_comm(access);
	if (header->reads_cgroup)
		whole &= describe_cgroup(task);
	if (header->reads_executable)
		whole &= describe_executable(task);
	return whole;
}

#endif
