/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What part of a device an access is about. The hooks that may deny get neither position nor length
 * of a read or write. pread() and pwrite() have both in the registers of the system call; whatever
 * else reads and writes, rw_verify_area() has them by value, and leaves them with the task. A
 * kernel that preempts may skip that program: then nothing is known of the area.
 */
#ifndef VFIOSCOPE_POLICY_AREA_BPF_H
#define VFIOSCOPE_POLICY_AREA_BPF_H

#include "policy_device.bpf.h"
#include "system_call.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/*
 * The position of a system call lies on the kernel's stack; io_uring has its own elsewhere, and
 * works in other system calls' time.
 */
#define LARGEST_STACK 65536

static __always_inline bool is_on_stack(const void *address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 stack = (__u64)task->stack;

	return (__u64)address >= stack && (__u64)address < stack + LARGEST_STACK;
}

static __always_inline void judge_way(struct policy_task *task, const struct system_call *call,
				      const loff_t *position)
{
	task->area_way = POLICY_VECTORED;
	task->area_knows_width = 0;
	if (!is_on_stack(position))
		return;
	switch (call->number) {
	case CALL_READ:
	case CALL_WRITE:
		task->area_way = POLICY_PLAIN;
		task->area_knows_width = 1;
		break;
	case CALL_READV:
	case CALL_WRITEV:
	case CALL_PREADV:
	case CALL_PWRITEV:
	case CALL_PREADV2:
	case CALL_PWRITEV2:
		task->area_knows_width = call->third == 1; /* segment */
		break;
	}
}

static __always_inline bool has_area(const struct system_call *call)
{
	return call->number == CALL_PREAD64 || call->number == CALL_PWRITE64;
}

/* For what rw_verify_area() itself refuses no hook is called: nothing is kept of it. */
static __always_inline void policy_note_area(struct policy_task *task,
					     const struct system_call *call, struct file *file,
					     const loff_t *position, __u64 length)
{
	__s64 offset = -1;

	task->area_file = 0;
	if (!position || bpf_probe_read_kernel(&offset, sizeof(offset), position))
		return;
	if (offset < 0 || (__s64)length < 0 || (__s64)(offset + length) < 0)
		return;
	task->area_offset = offset;
	task->area_length = length;
	judge_way(task, call, position);
	task->area_file = (__u64)file;
}

/* Nothing else of that system call asks a hook. */
static __always_inline bool area_of_system_call(struct policy_access *access)
{
	struct system_call call;

	read_system_call(&call);
	if (!has_area(&call))
		return false;
	access->offset = call.fourth;
	access->length = call.third;
	access->way = POLICY_PLAIN;
	access->knows_width = 1;
	access->knows_range = 1;
	return true;
}

/* Once: what comes without rw_verify_area() has no area. */
static __always_inline void policy_take_area(struct policy_task *task, struct file *file)
{
	struct policy_access *access = &task->access;
	__u64 area_file = task->area_file;

	task->area_file = 0;
	access->way = POLICY_VECTORED;
	if (area_of_system_call(access) || area_file != (__u64)file)
		return;
	access->offset = task->area_offset;
	access->length = task->area_length;
	access->way = task->area_way;
	access->knows_width = task->area_knows_width;
	access->knows_range = 1;
}

/*
 * Regions of a VFIO device
 */

#define VFIO_REGION_OFFSET_MASK ((1ULL << REGION_SHIFT_DEFAULT) - 1)
#define VFIO_BARS 6
#define VFIO_PCI_FIXED_REGIONS 9

/* kmod/: include/uapi/linux/vfio_zpci_io.h */
#define ZPCI_IO_TYPE (1U << 31 | 0x1014)
#define ZPCI_IO_SUBTYPE 2

static __always_inline bool is_zpci_io(struct vfio_pci_core_device___policy *core, __u64 index)
{
	struct vfio_pci_region___policy *region;

	if (index < VFIO_PCI_FIXED_REGIONS)
		return false;
	index -= VFIO_PCI_FIXED_REGIONS;
	if (index >= (__u64)BPF_CORE_READ(core, num_regions))
		return false;
	region = BPF_CORE_READ(core, region);
	region = (void *)region + index * bpf_core_type_size(struct vfio_pci_region___policy);
	return BPF_CORE_READ(region, type) == ZPCI_IO_TYPE &&
	       BPF_CORE_READ(region, subtype) == ZPCI_IO_SUBTYPE;
}

static __always_inline bool overlaps_msix(struct vfio_pci_core_device___policy *core,
					  const struct policy_access *access)
{
	__u64 start = BPF_CORE_READ(core, msix_offset);
	__u64 bytes = BPF_CORE_READ_BITFIELD_PROBED(core, msix_size);

	return bytes && access->region == BPF_CORE_READ(core, msix_bar) &&
	       access->offset < start + bytes && access->offset + access->length > start;
}

/*
 * From the offset in the file to region and offset in it. Drivers that are built on vfio-pci-core
 * all have the region's number in the bits from REGION_SHIFT_DEFAULT on; of others nothing is
 * known.
 */
static __always_inline void policy_find_region(struct policy_task *task)
{
	struct vfio_pci_core_device___policy *core = NULL;
	struct policy_access *access = &task->access;
	__u64 index = access->offset >> REGION_SHIFT_DEFAULT;

	if (bpf_core_type_exists(struct vfio_pci_core_device___policy) && task->device)
		core = vfio_core_of((void *)task->device);
	if (!core)
		access->knows_range = 0;
	if (!access->knows_range)
		return;
	access->offset &= VFIO_REGION_OFFSET_MASK;
	access->region = index < REGION_LAST ? index : REGION_BEYOND;
	if (is_zpci_io(core, index))
		access->region = REGION_ZPCI_IO;
	else if (index < VFIO_BARS)
		access->in_msix = overlaps_msix(core, access);
}

#endif
