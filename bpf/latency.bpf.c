// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long VFIO and PCI operations take: a hook at each place where an
 * operation enters the kernel's VFIO or PCI code. Operations on a device are
 * hooked at the VFIO core's file operations, which every variant driver and
 * every way to open a device goes through.
 */
#include "vmlinux.h"

#include "hook.bpf.h"
#include "follow.bpf.h"
#include "measure.bpf.h"
#include "reached.bpf.h"
#include "shift.bpf.h"

#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

/* include/uapi/linux/errno-base.h; BTF has no macros. */
#define ENOMEM 12
#define EFAULT 14

/* include/uapi/linux/vfio.h and iommufd.h */
#define VFIO_GROUP_GET_DEVICE_FD VFIO_COMMAND(106)
#define VFIO_IOMMU_MAP_DMA VFIO_COMMAND(113)
#define VFIO_IOMMU_UNMAP_DMA VFIO_COMMAND(114)
#define IOMMU_IOAS_MAP VFIO_COMMAND(0x85)
#define IOMMU_IOAS_UNMAP VFIO_COMMAND(0x86)
#define IOMMU_IOAS_MAP_FILE VFIO_COMMAND(0x8f)

/* vfio: a device's file */

static __always_inline struct latency_request file_request(struct file *file,
							   enum latency_operation operation)
{
	return (struct latency_request){
		.operation = operation,
		.region = REGION_NONE,
		.kind = HANDLE_VFIO_FILE,
		.handle = (__u64)READ(file, private_data),
	};
}

static __always_inline int begin_transfer(struct file *file, enum latency_operation operation,
					  size_t count, loff_t *position)
{
	struct latency_request request = file_request(file, operation);
	struct task_struct *task = bpf_get_current_task_btf();

	request.by_offset = true;
	request.argument = read_offset(task, position);
	request.width = count;
	return begin_in(task, NESTING_FILE, request);
}

ENTRY(vfio_device_fops_read, struct file *file, char *buffer, size_t count, loff_t *position)
{
	return begin_transfer(file, OPERATION_READ, count, position);
}

EXIT(vfio_device_fops_read, 4, __s64)
{
	return finish(ctx, NESTING_FILE, result);
}

ENTRY(vfio_device_fops_write, struct file *file, const char *buffer, size_t count, loff_t *position)
{
	return begin_transfer(file, OPERATION_WRITE, count, position);
}

EXIT(vfio_device_fops_write, 4, __s64)
{
	return finish(ctx, NESTING_FILE, result);
}

ENTRY(vfio_device_fops_unl_ioctl, struct file *file, unsigned int command, unsigned long argument)
{
	struct latency_request request = file_request(file, OPERATION_IOCTL);

	request.command = command;
	request.argument = argument;
	return begin(NESTING_FILE, request);
}

EXIT(vfio_device_fops_unl_ioctl, 3, __s64)
{
	if (!result)
		learn_region_shift(VFIO_DEVICE_GET_REGION_INFO);
	return finish(ctx, NESTING_FILE, result);
}

ENTRY(vfio_device_fops_mmap, struct file *file, struct vm_area_struct *vma)
{
	struct latency_request request = file_request(file, OPERATION_MMAP);

	request.by_offset = true;
	request.argument = READ(vma, vm_pgoff) << settings.page_shift;
	return begin(NESTING_FILE, request);
}

EXIT(vfio_device_fops_mmap, 2, int)
{
	return finish(ctx, NESTING_FILE, result);
}

ENTRY(vfio_device_fops_release, struct inode *inode, struct file *file)
{
	struct latency_request request = file_request(file, OPERATION_RELEASE);

	begin(NESTING_FILE, request);
	forget_handles();
	return 0;
}

EXIT(vfio_device_fops_release, 2, int)
{
	forget_handles();
	return finish(ctx, NESTING_FILE, result);
}

/*
 * zpci-vfio-pci: its region, whatever number it has. A write that is a request is counted as what
 * it asks for; one that is none remains a write.
 */

/* include/uapi/linux/vfio_zpci_io.h: flags of a request */
#define VFIO_ZPCI_IO_FLAG_READ 1
#define VFIO_ZPCI_IO_FLAG_BLOCKW 2

/* The struct vfio_device is the core device's first member: vfio_alloc_device() insists on it. */
static __always_inline struct latency_request zpci_request(struct vfio_pci_core_device *core)
{
	return (struct latency_request){
		.region = REGION_ZPCI_IO,
		.kind = HANDLE_VFIO_DEVICE,
		.handle = (__u64)core,
	};
}

ENTRY_ONLY(zpci_io_rw, struct vfio_pci_core_device *core, char *buffer, size_t count,
	   loff_t *position, bool is_write)
{
	struct latency_request request = zpci_request(core);

	request.operation = is_write ? OPERATION_WRITE : OPERATION_READ;
	request.argument = read_offset(bpf_get_current_task_btf(), position) &
			   region_mask(REGION_SHIFT_DEFAULT);
	request.width = count;
	return correct(NESTING_FILE, request);
}

ENTRY_ONLY(zpci_io_request, struct vfio_pci_core_device *core,
	   struct vfio_zpci_io_req___vfioscope *asked)
{
	struct latency_request request = zpci_request(core);
	__u64 flags = READ(asked, flags);

	if (flags != VFIO_ZPCI_IO_FLAG_READ && flags != VFIO_ZPCI_IO_FLAG_BLOCKW)
		return 0;
	request.operation = flags == VFIO_ZPCI_IO_FLAG_READ ? OPERATION_LOAD : OPERATION_STORE;
	request.argument = READ(asked, offset);
	request.width = READ(asked, len);
	return correct(NESTING_FILE, request);
}

/* vfio: a device is opened through its group, or by its own character device */

/* include/uapi/linux/magic.h: only the kernel gives names in this file system. */
#define ANON_INODE_FS_MAGIC 0x09041934

static __always_inline bool is_vfio_file(struct file *file)
{
	static const char vfio_name[] = "[vfio-device]";
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	char have[sizeof(vfio_name)] = {};

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC)
		return false;
	bpf_probe_read_kernel_str(have, sizeof(have), name);
	for (__u32 i = 0; i < sizeof(vfio_name) - 1; i++)
		if (have[i] != vfio_name[i])
			return false;
	return true;
}

/* The private_data of a descriptor, if it is a VFIO device's file; else 0. */
static __always_inline __u64 private_data_of(int descriptor)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file **table = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), table + descriptor);
	/* Another thread may have put a different file there meanwhile. */
	if (!is_vfio_file(file))
		return 0;
	return (__u64)BPF_CORE_READ(file, private_data);
}

ENTRY(vfio_group_fops_unl_ioctl, struct file *file, unsigned int command, unsigned long argument)
{
	if (command != VFIO_GROUP_GET_DEVICE_FD)
		return 0;
	return begin_unknown(NESTING_OPEN, (__u64)READ(file, private_data));
}

EXIT(vfio_group_fops_unl_ioctl, 3, __s64)
{
	struct task_slot *slot = slot_in_flight(NESTING_OPEN);
	struct latency_request request = {
		.operation = OPERATION_OPEN,
		.region = REGION_NONE,
		.kind = HANDLE_GROUP,
	};
	__u64 private_data = 0;

	if (!slot)
		return 0; /* another command */
	forget_handles();
	request.handle = slot->in_flight[NESTING_OPEN].argument;
	if (result >= 0)
		private_data = private_data_of(result);
	if (private_data) {
		request.kind = HANDLE_VFIO_FILE;
		request.handle = private_data;
	}
	correct(NESTING_OPEN, request);
	return finish(ctx, NESTING_OPEN, result);
}

ENTRY(vfio_device_fops_cdev_open, struct inode *inode, struct file *file)
{
	struct latency_request request = {
		.operation = OPERATION_OPEN,
		.region = REGION_NONE,
		.kind = HANDLE_VFIO_DEVICE,
	};

	/* BTF has an empty function where the kernel has no such devices. */
	if (!bpf_core_field_exists(struct vfio_device___vfioscope, cdev))
		return 0;
	request.handle = (__u64)READ(inode, i_cdev) -
			 bpf_core_field_offset(struct vfio_device___vfioscope, cdev);
	forget_handles();
	return begin(NESTING_OPEN, request);
}

EXIT(vfio_device_fops_cdev_open, 2, int)
{
	return finish(ctx, NESTING_OPEN, result);
}

/* vfio-pci-core: faults of a mapped BAR */

/* enum vm_fault_reason */
#define FAULT_OOM 0x1
#define FAULT_ERROR 0x73 /* VM_FAULT_ERROR */
#define FAULT_FALLBACK 0x800

static __always_inline int begin_fault(enum latency_nesting nesting, struct vm_fault *fault)
{
	struct latency_request request = {
		.operation = OPERATION_FAULT,
		.kind = HANDLE_VFIO_FILE,
		.handle = (__u64)READ3(fault, vma, vm_file, private_data),
		.by_offset = true,
		.argument = (__u64)READ(fault, pgoff) << settings.page_shift,
	};

	return begin(nesting, request);
}

static __always_inline int finish_fault(void *ctx, enum latency_nesting nesting,
					unsigned int result)
{
	if (result & FAULT_ERROR)
		return finish(ctx, nesting, result & FAULT_OOM ? -ENOMEM : -EFAULT);
	return finish(ctx, nesting, 0);
}

ENTRY(vfio_pci_mmap_fault, struct vm_fault *fault)
{
	return begin_fault(NESTING_FAULT, fault);
}

EXIT(vfio_pci_mmap_fault, 1, unsigned int)
{
	return finish_fault(ctx, NESTING_FAULT, result);
}

ENTRY(vfio_pci_mmap_page_fault, struct vm_fault *fault)
{
	return begin_fault(NESTING_FAULT, fault);
}

EXIT(vfio_pci_mmap_page_fault, 1, unsigned int)
{
	return finish_fault(ctx, NESTING_FAULT, result);
}

ENTRY(vfio_pci_mmap_huge_fault, struct vm_fault *fault)
{
	if (within(NESTING_FAULT))
		return 0;
	return begin_fault(NESTING_HUGE_FAULT, fault);
}

EXIT(vfio_pci_mmap_huge_fault, 2, unsigned int)
{
	if (within(NESTING_FAULT))
		return 0;
	/* The kernel asks again for a page: that is the fault. */
	if (result & FAULT_FALLBACK)
		return abandon(NESTING_HUGE_FAULT);
	return finish_fault(ctx, NESTING_HUGE_FAULT, result);
}

/* DMA mappings: vfio_iommu_type1 and iommufd */

static __always_inline int begin_iommu(enum device_handle kind, __u64 handle, __u32 command)
{
	struct latency_request request = {
		.operation = OPERATION_IOCTL,
		.region = REGION_NONE,
		.kind = kind,
		.handle = handle,
	};

	switch (command) {
	case VFIO_IOMMU_MAP_DMA:
	case IOMMU_IOAS_MAP:
	case IOMMU_IOAS_MAP_FILE:
		request.operation = OPERATION_DMA_MAP;
		break;
	case VFIO_IOMMU_UNMAP_DMA:
	case IOMMU_IOAS_UNMAP:
		request.operation = OPERATION_DMA_UNMAP;
		break;
	default:
		request.command = command;
	}
	return begin(NESTING_DMA, request);
}

ENTRY(vfio_iommu_type1_ioctl, void *iommu, unsigned int command, unsigned long argument)
{
	return begin_iommu(HANDLE_CONTAINER, (__u64)iommu, command);
}

EXIT(vfio_iommu_type1_ioctl, 3, __s64)
{
	return finish(ctx, NESTING_DMA, result);
}

ENTRY(iommufd_fops_ioctl, struct file *file, unsigned int command, unsigned long argument)
{
	return begin_iommu(HANDLE_IOMMUFD, (__u64)READ(file, private_data), command);
}

EXIT(iommufd_fops_ioctl, 3, __s64)
{
	return finish(ctx, NESTING_DMA, result);
}

/* The host's own accesses to configuration space: sysfs and /proc/bus/pci */

static __always_inline int begin_host(enum latency_operation operation, enum device_handle kind,
				      void *device, __u64 offset, __u32 width)
{
	struct latency_request request = {
		.operation = operation,
		.region = REGION_CONFIG,
		.kind = kind,
		.handle = (__u64)device,
		.argument = offset,
		.width = width,
	};

	return begin(NESTING_HOST, request);
}

ENTRY(pci_read_config, struct file *file, struct kobject *kobject, struct bin_attribute *attribute,
      char *buffer, loff_t offset, size_t count)
{
	return begin_host(OPERATION_SYSFS_READ, HANDLE_DEVICE, kobject, offset, count);
}

EXIT(pci_read_config, 6, __s64)
{
	return finish(ctx, NESTING_HOST, result);
}

ENTRY(pci_write_config, struct file *file, struct kobject *kobject, struct bin_attribute *attribute,
      char *buffer, loff_t offset, size_t count)
{
	return begin_host(OPERATION_SYSFS_WRITE, HANDLE_DEVICE, kobject, offset, count);
}

EXIT(pci_write_config, 6, __s64)
{
	return finish(ctx, NESTING_HOST, result);
}

static __always_inline void *proc_device(struct file *file)
{
	struct inode *inode = (void *)BPF_CORE_READ(file, f_inode);
	struct proc_inode___vfioscope *proc =
		(void *)inode - bpf_core_field_offset(struct proc_inode___vfioscope, vfs_inode);

	return BPF_CORE_READ(proc, pde, data);
}

ENTRY(proc_bus_pci_read, struct file *file, char *buffer, size_t count, loff_t *position)
{
	return begin_host(OPERATION_PROC_READ, HANDLE_PCI_DEVICE, proc_device(file),
			  read_offset(bpf_get_current_task_btf(), position), count);
}

EXIT(proc_bus_pci_read, 4, __s64)
{
	return finish(ctx, NESTING_HOST, result);
}

ENTRY(proc_bus_pci_write, struct file *file, const char *buffer, size_t count, loff_t *position)
{
	return begin_host(OPERATION_PROC_WRITE, HANDLE_PCI_DEVICE, proc_device(file),
			  read_offset(bpf_get_current_task_btf(), position), count);
}

EXIT(proc_bus_pci_write, 4, __s64)
{
	return finish(ctx, NESTING_HOST, result);
}

/* Functions of the PCI core */

static __always_inline int begin_pci(enum latency_nesting nesting, enum latency_operation operation,
				     struct pci_dev *device)
{
	struct latency_request request = {
		.operation = operation,
		.region = REGION_NONE,
		.kind = HANDLE_PCI_DEVICE,
		.handle = (__u64)device,
	};

	return begin(nesting, request);
}

ENTRY(pci_reset_function, struct pci_dev *device)
{
	return begin_pci(NESTING_RESET, OPERATION_RESET, device);
}

EXIT(pci_reset_function, 1, int)
{
	return finish(ctx, NESTING_RESET, result);
}

ENTRY(pci_try_reset_function, struct pci_dev *device)
{
	return begin_pci(NESTING_RESET, OPERATION_RESET, device);
}

EXIT(pci_try_reset_function, 1, int)
{
	return finish(ctx, NESTING_RESET, result);
}

ENTRY(pci_reset_bus, struct pci_dev *device)
{
	return begin_pci(NESTING_RESET, OPERATION_RESET, device);
}

EXIT(pci_reset_bus, 1, int)
{
	return finish(ctx, NESTING_RESET, result);
}

/* The other two call it, so does vfio-pci when a device is closed. */
ENTRY(__pci_reset_function_locked, struct pci_dev *device)
{
	if (within(NESTING_RESET))
		return 0;
	return begin_pci(NESTING_RESET_LOCKED, OPERATION_RESET, device);
}

EXIT(__pci_reset_function_locked, 1, int)
{
	if (within(NESTING_RESET))
		return 0;
	return finish(ctx, NESTING_RESET_LOCKED, result);
}

ENTRY(pci_enable_sriov, struct pci_dev *device)
{
	return begin_pci(NESTING_SRIOV, OPERATION_SRIOV_ENABLE, device);
}

EXIT(pci_enable_sriov, 2, int)
{
	forget_handles();
	return finish(ctx, NESTING_SRIOV, result);
}

ENTRY(pci_disable_sriov, struct pci_dev *device)
{
	return begin_pci(NESTING_SRIOV, OPERATION_SRIOV_DISABLE, device);
}

EXIT_VOID(pci_disable_sriov)
{
	forget_handles();
	return finish(ctx, NESTING_SRIOV, 0);
}

/* Accesses that reach the device, and those that come from elsewhere in the kernel */

static __always_inline int begin_pci_user(enum latency_operation operation, struct pci_dev *device,
					  int offset, __u32 width_bit)
{
	struct latency_request request = {
		.operation = operation,
		.region = REGION_CONFIG,
		.kind = HANDLE_PCI_DEVICE,
		.handle = (__u64)device,
		.argument = (__u32)offset,
		.width = 1u << width_bit,
	};

	if (reached_within(NESTING_FILE, width_bit) || reached_within(NESTING_HOST, width_bit))
		return 0;
	return begin(NESTING_PCI, request);
}

static __always_inline int finish_pci_user(void *ctx, int result)
{
	if (within(NESTING_FILE) || within(NESTING_HOST))
		return 0;
	return finish(ctx, NESTING_PCI, result);
}

#define PCI_USER(function, operation, width_bit)                                                   \
	ENTRY(function, struct pci_dev *device, int offset)                                        \
	{                                                                                          \
		return begin_pci_user(operation, device, offset, width_bit);                       \
	}                                                                                          \
	EXIT(function, 3, int)                                                                     \
	{                                                                                          \
		return finish_pci_user(ctx, result);                                               \
	}

PCI_USER(pci_user_read_config_byte, OPERATION_PCI_READ, 0)
PCI_USER(pci_user_read_config_word, OPERATION_PCI_READ, 1)
PCI_USER(pci_user_read_config_dword, OPERATION_PCI_READ, 2)
PCI_USER(pci_user_write_config_byte, OPERATION_PCI_WRITE, 0)
PCI_USER(pci_user_write_config_word, OPERATION_PCI_WRITE, 1)
PCI_USER(pci_user_write_config_dword, OPERATION_PCI_WRITE, 2)

/*
 * BARs and ROM: the accessors of the kernel's core, which vfio-pci's own are
 * compiled into.
 */
#define REACHED(function, width_bit)                                                               \
	ENTRY_ONLY(function)                                                                       \
	{                                                                                          \
		return reached(width_bit);                                                         \
	}

REACHED(ioread8, 0)
REACHED(ioread16, 1)
REACHED(ioread32, 2)
REACHED(ioread64_lo_hi, 3)
REACHED(iowrite8, 0)
REACHED(iowrite16, 1)
REACHED(iowrite32, 2)
REACHED(iowrite64_lo_hi, 3)

/* s390x: PCILG and PCISTG, 1 to 8 bytes. */
static __always_inline int reached_bytes(unsigned long bytes)
{
	if (!bytes || bytes > 8 || bytes & (bytes - 1))
		return 0; /* not one access: PCISTB */
	return reached(histogram_highest_bit(bytes));
}

ENTRY_ONLY(zpci_load, void *data, void *address, unsigned long bytes)
{
	return reached_bytes(bytes);
}

ENTRY_ONLY(zpci_store, void *address, __u64 data, unsigned long bytes)
{
	return reached_bytes(bytes);
}
