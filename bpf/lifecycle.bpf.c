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

/*
 * Threads within a write to configuration space around VFIO, by tid: what a VFIO user writes comes
 * by the same functions below, and is its own business.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} config_writers SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pci_sriov___lifecycle {
	int pos;
	__u16 num_VFs;
};

struct pci_bus___lifecycle {
	struct resource busn_res;
};

/* sriov and physfn share their place: one is a PF's, one a VF's. */
struct pci_dev___lifecycle {
	struct pci_bus___lifecycle *subordinate;
	struct device___vfioscope dev;
	unsigned int is_virtfn : 1;
	unsigned int is_physfn : 1;
	__u8 pcie_cap;
	__u16 pri_cap;
	__u16 pasid_cap;
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

/* Those that have a begin and an end: one may call another, and each has its own. */
enum hooked_function {
	FUNCTION_pci_stop_and_remove_bus_device_locked,
	FUNCTION_pci_stop_and_remove_bus_device,
	FUNCTION_pci_device_remove,
	FUNCTION_sriov_numvfs_store,
	FUNCTION_pci_enable_sriov,
	FUNCTION_pci_disable_sriov,
	FUNCTION_pci_reset_function,
	FUNCTION_pci_try_reset_function,
	FUNCTION___pci_reset_function_locked,
	FUNCTION_pcie_reset_flr,
	FUNCTION_pcie_flr,
	FUNCTION_pci_reset_bus,
	FUNCTION_pcibios_reset_secondary_bus,
	FUNCTION_pci_enable_pasid,
	FUNCTION_pci_enable_pri,
	FUNCTION_vfio_pci_core_enable,
	FUNCTION_vfio_pci_core_match,
	FUNCTION_vfio_pci_core_match_token_uuid,
};

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

static __always_inline bool is_physfn(struct pci_dev___lifecycle *function)
{
	return bpf_core_field_exists(function->sriov) &&
	       BPF_CORE_READ_BITFIELD_PROBED(function, is_physfn);
}

static __always_inline void describe(struct lifecycle_event *event,
				     struct pci_dev___lifecycle *function)
{
	struct pci_bus___lifecycle *behind = BPF_CORE_READ(function, subordinate);

	bpf_probe_read_kernel_str(event->device, sizeof(event->device),
				  BPF_CORE_READ(function, dev.kobj.name));
	if (is_virtfn(function))
		bpf_probe_read_kernel_str(event->pf, sizeof(event->pf),
					  BPF_CORE_READ(function, physfn, dev.kobj.name));
	else if (is_physfn(function)) {
		event->is_physfn = true;
		event->vfs = BPF_CORE_READ(function, sriov, num_VFs);
	}
	if (behind) {
		event->first_bus = BPF_CORE_READ(behind, busn_res.start);
		event->last_bus = BPF_CORE_READ(behind, busn_res.end);
	}
}

static __always_inline int send(void *ctx, struct lifecycle_event *event)
{
	if (settings.stack && event->phase != LIFECYCLE_END)
		event->stack_bytes = bpf_get_stack(ctx, event->stack, sizeof(event->stack), 0);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline int send_moment(void *ctx, enum lifecycle_kind kind,
				       struct pci_dev___lifecycle *function, __u16 cap)
{
	struct lifecycle_event *event = new_event(kind, LIFECYCLE_MOMENT);

	if (!event)
		return 0;
	describe(event, function);
	event->cap = cap;
	return send(ctx, event);
}

static __always_inline struct lifecycle_event *new_begin(enum lifecycle_kind kind,
							 enum hooked_function hooked,
							 struct pci_dev___lifecycle *function)
{
	struct lifecycle_event *event = new_event(kind, LIFECYCLE_BEGIN);

	if (!event)
		return NULL;
	describe(event, function);
	event->function = hooked;
	return event;
}

static __always_inline int send_begin(void *ctx, enum lifecycle_kind kind,
				      enum hooked_function hooked,
				      struct pci_dev___lifecycle *function, __u16 cap)
{
	struct lifecycle_event *event = new_begin(kind, hooked, function);

	if (!event)
		return 0;
	event->cap = cap;
	return send(ctx, event);
}

static __always_inline int send_end(void *ctx, enum lifecycle_kind kind,
				    enum hooked_function hooked, __s64 result)
{
	struct lifecycle_event *event = new_event(kind, LIFECYCLE_END);

	if (!event)
		return 0;
	event->function = hooked;
	event->result = result;
	return send(ctx, event);
}

static __always_inline struct pci_dev___lifecycle *to_pci(void *device)
{
	return device - bpf_core_field_offset(struct pci_dev___lifecycle, dev);
}

/* A function whose first parameter is the pci_dev, and whose result an int. */
#define SPAN_CAP(name, kind, parameters, cap)                                                      \
	ENTRY(name, void *function)                                                                \
	{                                                                                          \
		return send_begin(ctx, kind, FUNCTION_##name, function, cap);                      \
	}                                                                                          \
	EXIT(name, parameters, __s32)                                                              \
	{                                                                                          \
		return send_end(ctx, kind, FUNCTION_##name, result);                               \
	}

#define SPAN(name, kind, parameters) SPAN_CAP(name, kind, parameters, 0)

#define SPAN_VOID(name, kind)                                                                      \
	ENTRY(name, void *function)                                                                \
	{                                                                                          \
		return send_begin(ctx, kind, FUNCTION_##name, function, 0);                        \
	}                                                                                          \
	EXIT_VOID(name)                                                                            \
	{                                                                                          \
		return send_end(ctx, kind, FUNCTION_##name, 0);                                    \
	}

/*
 * PCI
 */

ENTRY_ONLY(pci_bus_add_device, void *function)
{
	if (!is_virtfn(function))
		return 0;
	return send_moment(ctx, LIFECYCLE_ADD, function, 0);
}

/* One calls the other, if it is not inlined in it. */
SPAN_VOID(pci_stop_and_remove_bus_device_locked, LIFECYCLE_REMOVE)
SPAN_VOID(pci_stop_and_remove_bus_device, LIFECYCLE_REMOVE)

/* By unbind, by remove, and when the driver itself goes. */
ENTRY(pci_device_remove, void *device)
{
	return send_begin(ctx, LIFECYCLE_UNBIND, FUNCTION_pci_device_remove, to_pci(device), 0);
}

EXIT_VOID(pci_device_remove)
{
	return send_end(ctx, LIFECYCLE_UNBIND, FUNCTION_pci_device_remove, 0);
}

/* As kstrtou16() takes it, with a + or without. Not a number: it will be refused. */
static __always_inline __u32 parse_number(const char *text)
{
	unsigned long number = 0;
	char digits[16] = {};

	bpf_probe_read_kernel_str(digits, sizeof(digits), text);
	if (digits[0] == '+')
		digits[0] = ' ';
	bpf_strtoul(digits, sizeof(digits), 0, &number);
	return number;
}

ENTRY(sriov_numvfs_store, void *device, void *attribute, void *text)
{
	struct lifecycle_event *event =
		new_begin(LIFECYCLE_NUMVFS, FUNCTION_sriov_numvfs_store, to_pci(device));

	if (!event)
		return 0;
	event->value = parse_number(text);
	return send(ctx, event);
}

EXIT(sriov_numvfs_store, 4, __s64)
{
	return send_end(ctx, LIFECYCLE_NUMVFS, FUNCTION_sriov_numvfs_store, result);
}

/* By the PF's driver: for sriov_numvfs, when it goes, or for reasons of its own. */
ENTRY(pci_enable_sriov, void *function, int number)
{
	struct lifecycle_event *event =
		new_begin(LIFECYCLE_NUMVFS, FUNCTION_pci_enable_sriov, function);

	if (!event)
		return 0;
	event->value = (__u64)number;
	return send(ctx, event);
}

EXIT(pci_enable_sriov, 2, __s32)
{
	return send_end(ctx, LIFECYCLE_NUMVFS, FUNCTION_pci_enable_sriov, result);
}

SPAN_VOID(pci_disable_sriov, LIFECYCLE_NUMVFS)

/* Each may call others, of the bridge above too; drivers and error recovery call the last ones. */
SPAN(pci_reset_function, LIFECYCLE_RESET, 1)
SPAN(pci_try_reset_function, LIFECYCLE_RESET, 1)
SPAN(__pci_reset_function_locked, LIFECYCLE_RESET, 1)
SPAN(pci_reset_bus, LIFECYCLE_RESET, 1)
SPAN(pcie_flr, LIFECYCLE_RESET, 1)
SPAN_VOID(pcibios_reset_secondary_bus, LIFECYCLE_RESET)

ENTRY(pcie_reset_flr, void *function, bool probe)
{
	if ((__u64)probe & 1) /* asks whether it could */
		return 0;
	return send_begin(ctx, LIFECYCLE_RESET, FUNCTION_pcie_reset_flr, function, 0);
}

EXIT(pcie_reset_flr, 2, __s32)
{
	return send_end(ctx, LIFECYCLE_RESET, FUNCTION_pcie_reset_flr, result);
}

/*
 * Configuration space by sysfs and procfs, around VFIO
 */

static __always_inline int begin_config_write(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u8 present = 1;

	bpf_map_update_elem(&config_writers, &tid, &present, BPF_ANY);
	return 0;
}

static __always_inline int end_config_write(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&config_writers, &tid);
	return 0;
}

ENTRY(pci_write_config, void *file)
{
	return begin_config_write();
}

EXIT(pci_write_config, 6, __s64)
{
	return end_config_write();
}

ENTRY(proc_bus_pci_write, void *file)
{
	return begin_config_write();
}

EXIT(proc_bus_pci_write, 4, __s64)
{
	return end_config_write();
}

/* What is written to configuration space. */
struct config_write {
	__u32 position;
	__u32 bytes;
	__u32 value;
	__u8 off; /* SWITCH_... */
	__u8 on;
};

/* Whether bits of one byte of a register are written, and whether all of them as ones. */
static __always_inline void look_at(struct config_write *write, __u32 at, __u32 bits, __u8 what)
{
	__u32 byte = at - write->position;

	if (byte >= write->bytes)
		return;
	if (~(write->value >> (8 * (byte & 3))) & bits)
		write->off |= what;
	else
		write->on |= what;
}

static __always_inline void look_at_cap(struct config_write *write, __u32 cap, __u32 at, __u32 bits,
					__u8 what)
{
	if (cap)
		look_at(write, cap + at, bits, what);
}

static __always_inline void look_at_registers(struct config_write *write,
					      struct pci_dev___lifecycle *function)
{
	look_at(write, CONFIG_COMMAND, CONFIG_COMMAND_MEMORY, SWITCH_MEMORY);
	if (is_physfn(function))
		look_at_cap(write, BPF_CORE_READ(function, sriov, pos), CONFIG_SRIOV_CONTROL,
			    CONFIG_SRIOV_ENABLE | CONFIG_SRIOV_MEMORY, SWITCH_VF_MEMORY);
	if (bpf_core_field_exists(function->pasid_cap))
		look_at_cap(write, BPF_CORE_READ(function, pasid_cap), CONFIG_PASID_CONTROL,
			    CONFIG_CAP_ENABLE, SWITCH_PASID);
	if (bpf_core_field_exists(function->pri_cap))
		look_at_cap(write, BPF_CORE_READ(function, pri_cap), CONFIG_PRI_CONTROL,
			    CONFIG_CAP_ENABLE, SWITCH_PRI);
	look_at_cap(write, BPF_CORE_READ(function, pcie_cap), CONFIG_EXPRESS_CONTROL,
		    CONFIG_EXPRESS_RESET, SWITCH_RESET);
	if (BPF_CORE_READ(function, subordinate))
		look_at(write, CONFIG_BRIDGE_CONTROL, CONFIG_BRIDGE_RESET, SWITCH_RESET);
}

/*
 * What a device's VFIO user switches off is its own business. What it switches on matters: it can
 * be switched off again.
 */
static __always_inline int config_written(void *ctx, struct pci_dev___lifecycle *function,
					  struct config_write *write)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct lifecycle_event *event;

	/* A VF's memory bit is its PF's, and it shares the rest. */
	if (is_virtfn(function))
		return 0;
	look_at_registers(write, function);
	if (!bpf_map_lookup_elem(&config_writers, &tid)) {
		write->off = 0;
		write->on &= ~SWITCH_RESET;
	}
	/* A reset that is not written says nothing. */
	write->off &= ~SWITCH_RESET;
	if (!write->off && !write->on)
		return 0;
	event = new_event(LIFECYCLE_CONFIG_WRITE, LIFECYCLE_MOMENT);
	if (!event)
		return 0;
	describe(event, function);
	event->off = write->off;
	event->on = write->on;
	return send(ctx, event);
}

ENTRY_ONLY(pci_user_write_config_byte, void *function, int position, __u8 value)
{
	struct config_write write = { .position = (__u64)position,
				      .bytes = 1,
				      .value = (__u64)value };

	return config_written(ctx, function, &write);
}

ENTRY_ONLY(pci_user_write_config_word, void *function, int position, __u16 value)
{
	struct config_write write = { .position = (__u64)position,
				      .bytes = 2,
				      .value = (__u64)value };

	return config_written(ctx, function, &write);
}

ENTRY_ONLY(pci_user_write_config_dword, void *function, int position, __u32 value)
{
	struct config_write write = { .position = (__u64)position,
				      .bytes = 4,
				      .value = (__u64)value };

	return config_written(ctx, function, &write);
}

/*
 * What VFs share with their PF
 */

ENTRY_ONLY(pci_disable_pasid, void *function)
{
	if (is_virtfn(function))
		return 0; /* does nothing */
	return send_moment(ctx, LIFECYCLE_CAP_OFF, function, CAP_PASID);
}

ENTRY_ONLY(pci_disable_pri, void *function)
{
	if (is_virtfn(function))
		return 0;
	return send_moment(ctx, LIFECYCLE_CAP_OFF, function, CAP_PRI);
}

SPAN_CAP(pci_enable_pasid, LIFECYCLE_CAP_ON, 2, CAP_PASID)
SPAN_CAP(pci_enable_pri, LIFECYCLE_CAP_ON, 2, CAP_PRI)

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
	return send_begin(ctx, LIFECYCLE_OPEN, FUNCTION_vfio_pci_core_enable,
			  vfio_pci_function(core), 0);
}

EXIT(vfio_pci_core_enable, 1, __s32)
{
	return send_end(ctx, LIFECYCLE_OPEN, FUNCTION_vfio_pci_core_enable, result);
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

/* Of a group, and of a device's own file: later kernels have one call the other. */
#define TOKEN_SPAN(name)                                                                           \
	ENTRY(name, void *vfio)                                                                    \
	{                                                                                          \
		struct vfio_device___vfioscope *device = vfio;                                     \
                                                                                                   \
		return send_begin(ctx, LIFECYCLE_TOKEN_REFUSED, FUNCTION_##name,                   \
				  to_pci(BPF_CORE_READ(device, dev)), 0);                          \
	}                                                                                          \
	EXIT(name, 2, __s32)                                                                       \
	{                                                                                          \
		return send_end(ctx, LIFECYCLE_TOKEN_REFUSED, FUNCTION_##name, result);            \
	}

TOKEN_SPAN(vfio_pci_core_match)
TOKEN_SPAN(vfio_pci_core_match_token_uuid)

/*
 * zpci-vfio-pci
 */

ENTRY_ONLY(pf_sriov_refuse, void *function)
{
	return send_moment(ctx, LIFECYCLE_TOKEN_REFUSED, function, 0);
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
	event->action = ctx->args[4];
	return send(ctx, event);
}

/*
 * Who has a device open already, told when this is read.
 */

static __always_inline int send_open_file(struct task_struct *task, struct file *file)
{
	struct device___vfioscope *device;
	struct lifecycle_event *event;

	if (!is_vfio_device_file(file))
		return 0;
	device = vfio_file_device((__u64)file->private_data);
	if (!device_is_pci(device))
		return 0;
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

SEC("iter/task_file")
int open_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	return task && file ? send_open_file(task, file) : 0;
}

/* A mapping keeps a device open, without a file. */
SEC("iter/task_vma")
int mapped_files(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct file *file = vma ? vma->vm_file : NULL;

	return task && file ? send_open_file(task, file) : 0;
}
