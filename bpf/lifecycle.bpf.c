// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to PFs and VFs: made, taken away, bound, reset, switched; and who has them open.
 * All of it is rare, so every event is sent as it is, and user space makes sense of them.
 *
 * Compiled by fentry, which misses nothing, and by kprobe, for kernels without BPF trampolines;
 * user/lifecycle/watcher.c takes the programs whose functions there are.
 */
#include "vmlinux.h"

#include <vfioscope/lifecycle.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "hook.bpf.h"
#include "vfio_file.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct lifecycle_config settings SEC(".rodata.config");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found no room. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} dropped SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pci_sriov___lifecycle {
	int pos;
	__u16 num_VFs;
};

/* sriov and physfn share their place: one is a PF's, one a VF's. */
struct pci_dev___lifecycle {
	struct device___vfioscope dev;
	unsigned int is_virtfn : 1;
	unsigned int is_physfn : 1;
	struct pci_sriov___lifecycle *sriov;
	struct pci_dev___lifecycle *physfn;
};

struct vfio_pci_core_device___lifecycle {
	struct pci_dev___lifecycle *pdev;
};

#pragma clang attribute pop

/* include/linux/sched.h: signals have the low bits of the code that a task ends with. */
#define PF_EXITING 0x00000004
#define EXIT_SIGNAL 0x7f

/*
 * Making events
 */

static __always_inline struct lifecycle_event *new_event(enum lifecycle_kind kind,
							 enum lifecycle_phase phase)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct lifecycle_event *event;
	__u32 first = 0;
	__u64 *lost;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		lost = bpf_map_lookup_elem(&dropped, &first);
		if (lost)
			__sync_fetch_and_add(lost, 1);
		return NULL;
	}
	__builtin_memset(event, 0, __builtin_offsetof(struct lifecycle_event, stack));
	event->time_ns = bpf_ktime_get_ns();
	event->pid = task >> 32;
	event->tid = task;
	event->kind = kind;
	event->phase = phase;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	return event;
}

static __always_inline bool is_virtfn(struct pci_dev___lifecycle *function)
{
	return bpf_core_field_exists(function->physfn) &&
	       BPF_CORE_READ_BITFIELD_PROBED(function, is_virtfn);
}

static __always_inline void describe(struct lifecycle_event *event,
				     struct pci_dev___lifecycle *function)
{
	struct pci_dev___lifecycle *physfn;
	struct pci_sriov___lifecycle *sriov;

	bpf_probe_read_kernel_str(event->device, sizeof(event->device),
				  BPF_CORE_READ(function, dev.kobj.name));
	if (is_virtfn(function)) {
		physfn = BPF_CORE_READ(function, physfn);
		bpf_probe_read_kernel_str(event->pf, sizeof(event->pf),
					  BPF_CORE_READ(physfn, dev.kobj.name));
	} else if (bpf_core_field_exists(function->sriov) &&
		   BPF_CORE_READ_BITFIELD_PROBED(function, is_physfn)) {
		sriov = BPF_CORE_READ(function, sriov);
		event->vfs = BPF_CORE_READ(sriov, num_VFs);
		event->sriov = BPF_CORE_READ(sriov, pos);
	}
}

static __always_inline int send(void *ctx, struct lifecycle_event *event)
{
	if (settings.stack && event->phase != LIFECYCLE_END)
		event->stack_bytes = bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline int send_cap(void *ctx, enum lifecycle_kind kind, enum lifecycle_phase phase,
				    struct pci_dev___lifecycle *function, __u16 cap)
{
	struct lifecycle_event *event = new_event(kind, phase);

	if (!event)
		return 0;
	describe(event, function);
	event->cap = cap;
	return send(ctx, event);
}

static __always_inline int send_about(void *ctx, enum lifecycle_kind kind,
				      enum lifecycle_phase phase,
				      struct pci_dev___lifecycle *function)
{
	return send_cap(ctx, kind, phase, function, 0);
}

static __always_inline int send_end(void *ctx, enum lifecycle_kind kind, __s64 result)
{
	struct lifecycle_event *event = new_event(kind, LIFECYCLE_END);

	if (!event)
		return 0;
	event->result = result;
	return send(ctx, event);
}

static __always_inline struct pci_dev___lifecycle *to_pci(void *device)
{
	return device - bpf_core_field_offset(struct pci_dev___lifecycle, dev);
}

/*
 * PCI
 */

ENTRY_ONLY(pci_bus_add_device, void *function)
{
	if (!is_virtfn(function))
		return 0;
	return send_about(ctx, LIFECYCLE_ADD, LIFECYCLE_MOMENT, function);
}

/* One calls the other, if it is not inlined in it. */
ENTRY(pci_stop_and_remove_bus_device_locked, void *function)
{
	return send_about(ctx, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, function);
}

EXIT_VOID(pci_stop_and_remove_bus_device_locked)
{
	return send_end(ctx, LIFECYCLE_REMOVE, 0);
}

ENTRY(pci_stop_and_remove_bus_device, void *function)
{
	return send_about(ctx, LIFECYCLE_REMOVE, LIFECYCLE_BEGIN, function);
}

EXIT_VOID(pci_stop_and_remove_bus_device)
{
	return send_end(ctx, LIFECYCLE_REMOVE, 0);
}

/* By unbind, by remove, and when the driver itself goes. */
ENTRY(pci_device_remove, void *device)
{
	return send_about(ctx, LIFECYCLE_UNBIND, LIFECYCLE_BEGIN, to_pci(device));
}

EXIT_VOID(pci_device_remove)
{
	return send_end(ctx, LIFECYCLE_UNBIND, 0);
}

/* As kstrtou16() takes it, as far as that matters here: decimal. */
static __always_inline __u32 parse_decimal(const char *text)
{
	char digits[6] = {};
	__u32 number = 0;

	bpf_probe_read_kernel_str(digits, sizeof(digits), text);
#pragma unroll
	for (int i = 0; i < 5; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			break;
		number = number * 10 + (__u32)(digits[i] - '0');
	}
	return number;
}

ENTRY(sriov_numvfs_store, void *device, void *attribute, void *text)
{
	struct lifecycle_event *event = new_event(LIFECYCLE_NUMVFS, LIFECYCLE_BEGIN);

	if (!event)
		return 0;
	describe(event, to_pci(device));
	event->value = parse_decimal(text);
	return send(ctx, event);
}

EXIT(sriov_numvfs_store, 4, __s64)
{
	return send_end(ctx, LIFECYCLE_NUMVFS, result);
}

ENTRY(pci_reset_function, void *function)
{
	return send_about(ctx, LIFECYCLE_RESET, LIFECYCLE_BEGIN, function);
}

EXIT(pci_reset_function, 1, __s32)
{
	return send_end(ctx, LIFECYCLE_RESET, result);
}

ENTRY(pci_try_reset_function, void *function)
{
	return send_about(ctx, LIFECYCLE_RESET, LIFECYCLE_BEGIN, function);
}

EXIT(pci_try_reset_function, 1, __s32)
{
	return send_end(ctx, LIFECYCLE_RESET, result);
}

ENTRY(__pci_reset_function_locked, void *function)
{
	return send_about(ctx, LIFECYCLE_RESET, LIFECYCLE_BEGIN, function);
}

EXIT(__pci_reset_function_locked, 1, __s32)
{
	return send_end(ctx, LIFECYCLE_RESET, result);
}

ENTRY(pci_reset_bus, void *function)
{
	return send_about(ctx, LIFECYCLE_RESET, LIFECYCLE_BEGIN, function);
}

EXIT(pci_reset_bus, 1, __s32)
{
	return send_end(ctx, LIFECYCLE_RESET, result);
}

/* Configuration space by sysfs, around VFIO. */
ENTRY_ONLY(pci_write_config, void *file, void *kobj, void *attribute, void *buffer, __u64 offset)
{
	struct lifecycle_event *event = new_event(LIFECYCLE_CONFIG_WRITE, LIFECYCLE_MOMENT);
	__u64 bytes;

	if (!event)
		return 0;
#ifdef HOOK_KPROBE
	bytes = (__u64)sixth_parameter(ctx);
#else
	bytes = ((__u64 *)ctx)[5];
#endif
	/* A kobject is the first member of its device. */
	describe(event, to_pci(kobj));
	event->offset = offset;
	event->bytes = bytes;
	/* No more than a register is looked at: the buffer is as long as what is written. */
	if (bytes >= 4)
		bpf_probe_read_kernel(&event->value, 4, buffer);
	else if (bytes >= 2)
		bpf_probe_read_kernel(&event->value, 2, buffer);
	else
		bpf_probe_read_kernel(&event->value, 1, buffer);
	return send(ctx, event);
}

ENTRY_ONLY(pci_disable_pasid, void *function)
{
	if (is_virtfn(function))
		return 0; /* does nothing */
	return send_cap(ctx, LIFECYCLE_CAP_OFF, LIFECYCLE_MOMENT, function, CAP_PASID);
}

ENTRY_ONLY(pci_disable_pri, void *function)
{
	if (is_virtfn(function))
		return 0;
	return send_cap(ctx, LIFECYCLE_CAP_OFF, LIFECYCLE_MOMENT, function, CAP_PRI);
}

ENTRY(pci_enable_pasid, void *function)
{
	return send_cap(ctx, LIFECYCLE_CAP_ON, LIFECYCLE_BEGIN, function, CAP_PASID);
}

EXIT(pci_enable_pasid, 2, __s32)
{
	return send_end(ctx, LIFECYCLE_CAP_ON, result);
}

ENTRY(pci_enable_pri, void *function)
{
	return send_cap(ctx, LIFECYCLE_CAP_ON, LIFECYCLE_BEGIN, function, CAP_PRI);
}

EXIT(pci_enable_pri, 2, __s32)
{
	return send_end(ctx, LIFECYCLE_CAP_ON, result);
}

/*
 * VFIO. Its types are a module's.
 */

static __always_inline struct pci_dev___lifecycle *vfio_pci_function(void *core)
{
	struct vfio_pci_core_device___lifecycle *device = core;

	return BPF_CORE_READ(device, pdev);
}

ENTRY(vfio_pci_core_enable, void *core)
{
	return send_about(ctx, LIFECYCLE_OPEN, LIFECYCLE_BEGIN, vfio_pci_function(core));
}

EXIT(vfio_pci_core_enable, 1, __s32)
{
	return send_end(ctx, LIFECYCLE_OPEN, result);
}

ENTRY_ONLY(vfio_pci_core_disable, void *core)
{
	struct lifecycle_event *event = new_event(LIFECYCLE_CLOSE, LIFECYCLE_MOMENT);
	struct task_struct *task = (void *)bpf_get_current_task();

	if (!event)
		return 0;
	describe(event, vfio_pci_function(core));
	if (BPF_CORE_READ(task, flags) & PF_EXITING)
		event->signal = BPF_CORE_READ(task, exit_code) & EXIT_SIGNAL;
	return send(ctx, event);
}

ENTRY(vfio_pci_core_match, void *vfio)
{
	struct vfio_device___vfioscope *device = vfio;

	return send_about(ctx, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_BEGIN,
			  to_pci(BPF_CORE_READ(device, dev)));
}

EXIT(vfio_pci_core_match, 2, __s32)
{
	return send_end(ctx, LIFECYCLE_TOKEN_REFUSED, result);
}

/*
 * zpci-vfio-pci
 */

ENTRY_ONLY(pf_sriov_refuse, void *function)
{
	return send_about(ctx, LIFECYCLE_TOKEN_REFUSED, LIFECYCLE_MOMENT, function);
}

/* The trace event zpci_vf_cap, by its parameters: vf, pf, cap, offset, action, users. */
SEC("raw_tp/zpci_vf_cap")
int zpci_vf_cap(struct bpf_raw_tracepoint_args *ctx)
{
	struct lifecycle_event *event = new_event(LIFECYCLE_VIRTUAL_CAP, LIFECYCLE_MOMENT);

	if (!event)
		return 0;
	describe(event, (void *)ctx->args[0]);
	event->cap = ctx->args[2];
	event->offset = ctx->args[3];
	event->action = ctx->args[4];
	event->users = ctx->args[5];
	return send(ctx, event);
}

/*
 * Who has a device open already, told when this is read.
 */

SEC("iter/task_file")
int open_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct device___vfioscope *device;
	struct lifecycle_event *event;
	char name[16] = {};

	if (!task || !file)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	/* The file that a group gives, "[vfio-device]". */
	if (name[0] != '[' || name[1] != 'v' || name[2] != 'f' || name[6] != 'd')
		return 0;
	device = vfio_file_device((__u64)file->private_data);
	event = new_event(LIFECYCLE_OPEN, LIFECYCLE_MOMENT);
	if (!event)
		return 0;
	describe(event, to_pci(device));
	event->pid = task->tgid;
	event->tid = task->pid;
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), task->comm);
	bpf_ringbuf_submit(event, 0);
	return 0;
}
