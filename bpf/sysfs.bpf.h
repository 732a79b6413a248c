/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of sysfs, and what they are files of. */
#ifndef VFIOSCOPE_SYSFS_BPF_H
#define VFIOSCOPE_SYSFS_BPF_H

#include "kernel.bpf.h"

#include <vfioscope/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* include/uapi/linux/magic.h */
#define SYSFS_MAGIC 0x62656572

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node___vfioscope {
	struct kernfs_node___vfioscope *parent;
	const char *name;
	void *priv;
	unsigned short flags;
};

struct kernfs_open_file___vfioscope {
	struct kernfs_node___vfioscope *kn;
	struct file *file;
	struct mutex mutex; /* of who reads or writes it */
};

/* Since 6.15 (kernel commit 633488947ef6). */
struct kernfs_node___renamed {
	struct kernfs_node___vfioscope *__parent;
};

struct kset___sysfs {
	struct kobject___vfioscope kobj;
};

struct kobject___sysfs {
	struct kset___sysfs *kset;
};

#pragma clang attribute pop

struct short_name {
	char text[24];
};

static __always_inline void read_name(struct short_name *name, const char *address)
{
	__builtin_memset(name, 0, sizeof(*name));
	bpf_probe_read_kernel_str(name->text, sizeof(name->text), address);
}

#define NAME_IS(name, literal) is_named(&(name), literal, sizeof(literal))

static __always_inline bool is_named(const struct short_name *name, const char *literal,
				     __u32 bytes)
{
	for (__u32 i = 0; i < bytes; i++)
		if (name->text[i] != literal[i])
			return false;
	return true;
}

static __always_inline struct kernfs_node___vfioscope *
kernfs_parent(struct kernfs_node___vfioscope *node)
{
	if (bpf_core_field_exists(struct kernfs_node___vfioscope, parent))
		return BPF_CORE_READ(node, parent);
	return BPF_CORE_READ((struct kernfs_node___renamed *)node, __parent);
}

static __always_inline struct kernfs_node___vfioscope *sysfs_node(struct file *file)
{
	return (void *)BPF_CORE_READ(file, f_inode, i_private);
}

/* What the kernel keeps of an open file; anything, if it is none of sysfs but a folder. */
static __always_inline struct kernfs_open_file___vfioscope *sysfs_open_file(struct file *file)
{
	struct seq_file *sequence = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(sequence, private);
}

/* The object whose folder a file is in. */
static __always_inline void *sysfs_object(struct kernfs_node___vfioscope *node)
{
	struct kernfs_node___vfioscope *folder = kernfs_parent(node);

	return folder ? BPF_CORE_READ(folder, priv) : NULL;
}

/* Names of devices have one: there is no other folder of that name. */
static __always_inline bool has_colon(const struct short_name *name)
{
	bool found = false;

	for (__u32 i = 0; i < sizeof(name->text); i++)
		found |= name->text[i] == ':';
	return found;
}

/* With a slash: as many of @bytes as it takes, 0 if it has no name. */
static __always_inline long put_folder(char *text, __u32 bytes,
				       struct kernfs_node___vfioscope *folder)
{
	long length = bpf_probe_read_kernel_str(text, bytes, BPF_CORE_READ(folder, name));

	if (length <= 1)
		return 0;
	/* Two comparisons in one are more than the verifier of 6.12 understands. */
	barrier_var(length);
	if (length > bytes)
		return 0;
	text[length - 1] = '/';
	return length;
}

/* In FILE_NAME_BYTES. */
static __always_inline void name_file(char *name, struct kernfs_node___vfioscope *node)
{
	struct kernfs_node___vfioscope *folder = kernfs_parent(node);
	struct short_name start;
	long length = 0;

	read_name(&start, BPF_CORE_READ(folder, name));
	if (!has_colon(&start))
		length = put_folder(name, FOLDER_ABOVE_BYTES, kernfs_parent(folder));
	name += length;
	length = put_folder(name, DEVICE_NAME_BYTES, folder);
	bpf_probe_read_kernel_str(name + length, DEVICE_NAME_BYTES, BPF_CORE_READ(node, name));
}

/* Which set of objects it belongs to: "devices", the "drivers" of a bus, "slots". */
static __always_inline void sysfs_set(void *object, struct short_name *name)
{
	read_name(name, BPF_CORE_READ((struct kobject___sysfs *)object, kset, kobj.name));
}

#endif
