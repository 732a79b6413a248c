/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose file it is. All files of the machine come by here: what is neither VFIO's nor PCI's has to
 * leave at once.
 */
#ifndef VFIOSCOPE_POLICY_FILE_BPF_H
#define VFIOSCOPE_POLICY_FILE_BPF_H

#include "policy_subject.bpf.h"
#include "read.bpf.h"
#include "sysfs.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum file_kind {
	FILE_OF_OTHERS,
	FILE_VFIO_DEVICE,
	FILE_VFIO, /* a group, or a container */
	FILE_SYSFS,
	FILE_PROC,
	FILE_SELF_TEST,
};

/* include/uapi/linux/magic.h */
#define PROC_SUPER_MAGIC 0x9fa0

/* Addresses that user space found, where VFIO is no module: else 0. */
const volatile struct policy_settings policy_settings SEC(".rodata.settings");

static __always_inline bool is_of_vfio(const struct file_operations *operations)
{
	struct module *owner = READ(operations, owner);

	if (policy_settings.device_operations)
		return (__u64)operations == policy_settings.device_operations ||
		       (__u64)operations == policy_settings.group_operations;
	return owner && READ_BYTE(owner, name, 0) == 'v' && READ_BYTE(owner, name, 1) == 'f' &&
	       READ_BYTE(owner, name, 2) == 'i' && READ_BYTE(owner, name, 3) == 'o' &&
	       !READ_BYTE(owner, name, 4);
}

/*
 * No call and little else: as long as it says no, a program needs neither registers that it would
 * have to save nor a stack.
 */
static __always_inline bool may_be_ours(struct file *file)
{
	__u64 magic;

	if (policy_state.self_test_process)
		return true;
	/* Each file of VFIO has some, the files of most file systems have none. */
	if (READ(file, private_data) && is_of_vfio(READ(file, f_op)))
		return true;
	magic = READ3(file, f_inode, i_sb, s_magic);
	return magic == SYSFS_MAGIC || magic == PROC_SUPER_MAGIC;
}

static __always_inline enum file_kind file_kind_of(struct file *file)
{
	const struct file_operations *operations = READ(file, f_op);
	struct inode *inode;
	__u64 magic;

	if (is_of_vfio(operations))
		return READ(operations, read) ? FILE_VFIO_DEVICE : FILE_VFIO;
	inode = READ(file, f_inode);
	magic = READ2(inode, i_sb, s_magic);
	if (magic == SYSFS_MAGIC)
		return FILE_SYSFS;
	if (magic == PROC_SUPER_MAGIC)
		return FILE_PROC;
	if (policy_state.self_test_process &&
	    policy_state.self_test_process == bpf_get_current_pid_tgid() >> 32 &&
	    policy_state.self_test_inode == READ(inode, i_ino))
		return FILE_SELF_TEST;
	return FILE_OF_OTHERS;
}

/*
 * sysfs
 */

/* What a file of a device in sysfs does when it is read or written; POLICY_OPERATIONS: nothing. */
static __always_inline __u32 sysfs_operation(const struct short_name *file, bool write)
{
	if (NAME_IS(*file, "config"))
		return write ? POLICY_SYSFS_CONFIG_WRITE : POLICY_SYSFS_CONFIG_READ;
	if (is_named(file, "resource", sizeof("resource") - 1) && file->text[8])
		return POLICY_SYSFS_RESOURCE;
	if (NAME_IS(*file, "rom"))
		return POLICY_SYSFS_RESOURCE;
	if (!write)
		return POLICY_OPERATIONS;
	if (NAME_IS(*file, "sriov_numvfs"))
		return POLICY_SYSFS_NUMVFS;
	if (NAME_IS(*file, "reset") || NAME_IS(*file, "reset_subordinate"))
		return POLICY_SYSFS_RESET;
	if (NAME_IS(*file, "remove") || NAME_IS(*file, "power"))
		return POLICY_SYSFS_REMOVE;
	if (NAME_IS(*file, "unbind"))
		return POLICY_SYSFS_UNBIND;
	return POLICY_OPERATIONS;
}

/*
 * procfs: /proc/bus/pci/01/00.0
 */

static __always_inline __u64 proc_pci_device(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct proc_inode___vfioscope *proc =
		(void *)inode - bpf_core_field_offset(struct proc_inode___vfioscope, vfs_inode);
	struct proc_dir_entry___vfioscope *entry = BPF_CORE_READ(proc, pde), *above;
	struct short_name name;

	if (!entry)
		return 0;
	above = BPF_CORE_READ(entry, parent, parent);
	if (!above)
		return 0;
	read_name(&name, BPF_CORE_READ(above, name));
	if (!NAME_IS(name, "pci"))
		return 0;
	read_name(&name, BPF_CORE_READ(above, parent, name));
	return NAME_IS(name, "bus") ? (__u64)BPF_CORE_READ(entry, data) : 0;
}

#endif
