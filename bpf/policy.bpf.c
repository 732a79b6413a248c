// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decides what may be done to devices: where the kernel asks its security modules, by values that
 * nobody can change any more. Compiled for the bpf LSM; as fmod_ret programs for kernels that do
 * not run it; and by kprobe, which can deny nothing, for kernels without a JIT.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "policy_area.bpf.h"
#include "policy_file.bpf.h"
#include "policy_judge.bpf.h"
#include "policy_many.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Whatever denies first, the programs behind it are not asked any more. */
#if defined(HOOK_LSM)
#define HOOK(hook, args...) SEC("lsm/" #hook) long BPF_PROG(hook, ##args)
#elif defined(HOOK_FMOD_RET)
#define HOOK(hook, args...) SEC("fmod_ret/security_" #hook) long BPF_PROG(hook, ##args)
#else
#define HOOK(hook, args...) SEC("kprobe/security_" #hook) long BPF_KPROBE(hook, ##args)
#endif

#ifdef HOOK_KPROBE
#define HOOK_AREA SEC("kprobe/rw_verify_area") long BPF_KPROBE
#define HOOK_ZPCI SEC("kprobe/security_zpci_io") long BPF_KPROBE
#else
#define HOOK_AREA SEC("fentry/rw_verify_area") long BPF_PROG
#define HOOK_ZPCI SEC("fmod_ret/security_zpci_io") long BPF_PROG
#endif

/* A hook returns a negative errno, and the verifier wants to see that it is one. */
#define MOST_ERRNO 4095

static __always_inline long denial(int error)
{
	__u64 bounded = error & MOST_ERRNO;
	long result = 0;

	/* It follows a subtraction, not a change of sign. */
	barrier_var(result);
	return result - bounded;
}

/* include/linux/fs.h */
#define MAY_WRITE 2

#define VFIO_IOCTL_TYPE ';'
#define VFIO_IOCTL_BASE 100
#define IOCTL_TYPE(command) ((command) >> 8)
#define VFIO_GROUP_GET_DEVICE_FD (VFIO_IOCTL_TYPE << 8 | (VFIO_IOCTL_BASE + 6))
#define VFIO_DEVICE_BIND_IOMMUFD (VFIO_IOCTL_TYPE << 8 | (VFIO_IOCTL_BASE + 18))

/*
 * Reads and writes
 */

static __always_inline struct policy_task *begin_vfio(struct file *file, __u32 operation)
{
	struct policy_task *task = policy_this_task();

	if (!task)
		return NULL;
	policy_begin(task, operation);
	task->opens = 1;
	policy_describe_device(task, (void *)vfio_file_device((__u64)READ(file, private_data)));
	return task;
}

static __always_inline int judge_vfio_area(struct file *file, bool write)
{
	struct policy_task *task = begin_vfio(file, write ? POLICY_WRITE : POLICY_READ);

	if (!task)
		return without_memory();
	policy_take_area(task, file);
	policy_find_region(task);
	/* What is written there is a request: security_zpci_io() has it by value. */
	if (task->access.knows_range && task->access.region == REGION_ZPCI_IO) {
		if (policy_settings.judges_requests)
			return 0;
		task->access.knows_range = 0;
		task->access.knows_width = 0;
	}
	return policy_judge(task);
}

static __always_inline void begin_self_test(struct policy_task *task, __u32 operation)
{
	policy_begin(task, operation);
	task->slot = POLICY_ON_TRIAL;
	__builtin_memcpy(task->access.address, POLICY_SELF_TEST_DEVICE,
			 sizeof(POLICY_SELF_TEST_DEVICE));
}

static __always_inline int judge_self_test(struct file *file, __u32 operation)
{
	struct policy_task *task = policy_this_task();

	if (!task)
		return without_memory();
	begin_self_test(task, operation);
	if (operation == POLICY_READ || operation == POLICY_WRITE) {
		policy_take_area(task, file);
		task->access.region = 0;
	}
	return policy_judge(task);
}

/* A file of a PCI device in procfs: its configuration, or a BAR that is mapped by it. */
static __always_inline int judge_proc(struct file *file, __u32 operation)
{
	__u64 device = proc_pci_device(file);
	struct policy_task *task;

	if (!device)
		return 0;
	task = policy_this_task();
	if (!task)
		return without_memory();
	policy_begin(task, operation);
	policy_describe_pci(task, (void *)device);
	if (operation != POLICY_SYSFS_RESOURCE) {
		policy_take_area(task, file);
		task->access.region = REGION_CONFIG;
	}
	return policy_judge(task);
}

static __always_inline int judge_sysfs(struct file *file, bool write)
{
	struct kernfs_node___vfioscope *node = sysfs_node(file);
	struct policy_task *task;
	struct short_name name;
	__u32 operation;

	read_name(&name, BPF_CORE_READ(node, name));
	operation = sysfs_operation(&name, write);
	if (operation == POLICY_OPERATIONS)
		return 0;
	task = policy_this_task();
	if (!task)
		return without_memory();
	policy_begin(task, operation);
	if (operation == POLICY_SYSFS_CONFIG_READ || operation == POLICY_SYSFS_CONFIG_WRITE) {
		policy_take_area(task, file);
		task->access.region = REGION_CONFIG;
	}
	return policy_judge_object(task, (__u64)sysfs_object(node));
}

/*
 * What may be ours is looked at by functions of their own: all else is to cost no more than the
 * question. Without callbacks there are more calls within each other already than stack for them.
 */
#ifdef HOOK_KPROBE
#define APART static __always_inline
#else
#define APART static __noinline
#endif

APART int note_area(struct file *file, const loff_t *position, size_t count)
{
	enum file_kind kind = file_kind_of(file);
	struct policy_task *task;
	struct system_call call;
	struct short_name name;

	if (kind == FILE_OF_OTHERS || kind == FILE_VFIO)
		return 0;
	if (kind == FILE_SYSFS) {
		read_name(&name, BPF_CORE_READ(sysfs_node(file), name));
		if (!NAME_IS(name, "config"))
			return 0;
	}
	if (kind == FILE_PROC && !proc_pci_device(file))
		return 0;
	read_system_call(&call);
	if (has_area(&call))
		return 0;
	task = policy_this_task();
	if (task)
		policy_note_area(task, &call, file, position, count);
	return 0;
}

HOOK_AREA(rw_verify_area, int direction, struct file *file, const loff_t *position, size_t count)
{
	return may_be_ours(file) ? note_area(file, position, count) : 0;
}

APART int judge_area(struct file *file, bool write)
{
	switch (file_kind_of(file)) {
	case FILE_VFIO_DEVICE:
		return judge_vfio_area(file, write);
	case FILE_SYSFS:
		return judge_sysfs(file, write);
	case FILE_PROC:
		return judge_proc(file,
				  write ? POLICY_SYSFS_CONFIG_WRITE : POLICY_SYSFS_CONFIG_READ);
	case FILE_SELF_TEST:
		return judge_self_test(file, write ? POLICY_WRITE : POLICY_READ);
	default:
		return 0;
	}
}

HOOK(file_permission, struct file *file, int mask)
{
	return may_be_ours(file) ? denial(judge_area(file, mask & MAY_WRITE)) : 0;
}

/*
 * ioctl
 */

static __always_inline __u32 command_number(unsigned int command)
{
	__u32 number = (command & 0xff) - VFIO_IOCTL_BASE;

	return IOCTL_TYPE(command) == VFIO_IOCTL_TYPE && number < POLICY_IOCTL_OTHER ?
		       number :
		       POLICY_IOCTL_OTHER;
}

static __always_inline int judge_command(struct file *file, unsigned int command)
{
	struct policy_task *task = begin_vfio(file, POLICY_IOCTL);
	int error;

	if (!task)
		return without_memory();
	task->access.command = command_number(command);
	error = policy_judge(task);
	if (error || command != VFIO_DEVICE_BIND_IOMMUFD)
		return error;
	/* By a file of its own a device is opened here. */
	task = begin_vfio(file, POLICY_OPEN);
	if (!task)
		return without_memory();
	task->opens = 0;
	return policy_judge(task);
}

APART int judge_ioctl(struct file *file, unsigned int command)
{
	switch (file_kind_of(file)) {
	case FILE_VFIO_DEVICE:
		return judge_command(file, command);
	case FILE_VFIO:
		return command == VFIO_GROUP_GET_DEVICE_FD ?
			       policy_judge_group((__u64)READ(file, private_data)) :
			       0;
	case FILE_SELF_TEST:
		return judge_self_test(file, POLICY_IOCTL);
	default:
		return 0;
	}
}

HOOK(file_ioctl, struct file *file, unsigned int command)
{
	return may_be_ours(file) ? denial(judge_ioctl(file, command)) : 0;
}

HOOK(file_ioctl_compat, struct file *file, unsigned int command)
{
	return may_be_ours(file) ? denial(judge_ioctl(file, command)) : 0;
}

/*
 * mmap
 */

static __always_inline int judge_mapping(struct file *file, __u64 offset, __u64 length,
					 bool knows_range)
{
	struct policy_task *task;

	switch (file_kind_of(file)) {
	case FILE_VFIO_DEVICE:
		task = begin_vfio(file, POLICY_MMAP);
		if (!task)
			return without_memory();
		task->access.offset = offset;
		task->access.length = length;
		task->access.knows_range = knows_range;
		policy_find_region(task);
		return policy_judge(task);
	case FILE_SYSFS:
		return judge_sysfs(file, true);
	case FILE_PROC:
		return judge_proc(file, POLICY_SYSFS_RESOURCE);
	case FILE_SELF_TEST:
		return judge_self_test(file, POLICY_MMAP);
	default:
		return 0;
	}
}

/* Other system calls that map have their range elsewhere. */
APART int judge_mmap(struct file *file)
{
	struct system_call call;

	read_system_call(&call);
	return judge_mapping(file, call.sixth, call.second, call.number == CALL_MMAP);
}

#define PAGE_BITS 12

static __always_inline int judge_mprotect(struct vm_area_struct *area)
{
	struct file *file = READ(area, vm_file);

	if (!file)
		return 0;
	return judge_mapping(file, READ(area, vm_pgoff) << PAGE_BITS,
			     READ(area, vm_end) - READ(area, vm_start), true);
}

#ifdef HOOK_LSM
HOOK(mmap_file, struct file *file, unsigned long asked, unsigned long protection,
     unsigned long flags)
#else
HOOK(mmap_file, struct file *file, unsigned long protection, unsigned long flags)
#endif
{
	return file && may_be_ours(file) ? denial(judge_mmap(file)) : 0;
}

HOOK(file_mprotect, struct vm_area_struct *area, unsigned long asked, unsigned long protection)
{
	return denial(judge_mprotect(area));
}

/*
 * Requests to the zPCI I/O region
 */

/* kmod/: include/uapi/linux/vfio_zpci_io.h */
#define ZPCI_IO_LOAD 1

/* In the system call that wrote the request: the task still has the device. */
static __always_inline int judge_request(__u64 device, bool load, __u32 bar, __u64 offset,
					 __u32 length)
{
	struct policy_task *task = policy_this_task();
	struct pci_dev___policy *pci;

	if (!task)
		return without_memory();
	pci = (void *)task->device;
	if (!pci || BPF_CORE_READ(pci, devfn) != (device & 0xff) ||
	    BPF_CORE_READ(pci, bus, number) != (device >> 8 & 0xff))
		return without_memory();
	policy_begin(task, load ? POLICY_READ : POLICY_WRITE);
	task->opens = 1;
	policy_describe_pci(task, pci);
	task->access.region = bar;
	task->access.offset = offset;
	task->access.length = length;
	task->access.knows_range = 1;
	task->access.knows_width = 1;
	task->access.by_zpci_io = 1;
	return policy_judge(task);
}

HOOK_ZPCI(security_zpci_io, __u64 device, __u32 flags, __u32 bar, __u64 offset, __u32 length)
{
	return denial(judge_request(device, flags & ZPCI_IO_LOAD, bar, offset, length));
}
