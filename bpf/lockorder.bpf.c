// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which order tasks take locks, while they are armed: within an operation on a VFIO device, a
 * write to a file of sysfs that unplugs, unbinds or resets, or another function of the kernel. An
 * edge is noted at the entry of what may have to wait, from what is held then: nobody has to hang
 * for it. The rules are lockdep's.
 *
 * Two things that lockdep does not know count as locks. A VFIO device is held by who is within an
 * operation on it, and wanted by who waits for its last user. A file of sysfs is held by who writes
 * to it, and wanted by who removes it.
 *
 * Compiled by fentry and by kprobe, for kernels without BPF trampolines. What is seldom called, or
 * not there in each kernel, is a kprobe in both.
 */
#include "vmlinux.h"

#include "hook.bpf.h"
#include "lock_objects.bpf.h"
#include "lockorder_graph.bpf.h"
#include "vfio_group.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Devices that user space has been told of, by their vfio_device, or pci_dev. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u8);
} order_devices SEC(".maps");

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_root___lockorder {
	struct rw_semaphore kernfs_rwsem;
};

struct kernfs_elem_dir___lockorder {
	struct kernfs_root___lockorder *root;
};

struct kernfs_node___lockorder {
	struct kernfs_elem_dir___lockorder dir;
};

struct device___lockorder {
	struct mutex mutex;
};

struct vfio_pci_core_device___lockorder {
	struct vfio_device___vfioscope vdev;
};

/* Until 6.3. */
struct module_layout___lockorder {
	void *base;
	unsigned int size;
};

struct module___layout {
	struct module_layout___lockorder core_layout;
};

/* Since 6.4 (kernel commit ac3b43283923). */
struct module_memory___lockorder {
	void *base;
	unsigned int size;
};

struct module___memory {
	struct module_memory___lockorder mem[8];
};

#pragma clang attribute pop

enum mod_mem_type___lockorder {
	MOD_DATA___lockorder = 1,
};

/*
 * Devices
 */

static __always_inline struct order_device_event *begin_device(__u64 object)
{
	struct order_device_event *event;
	__u8 known = 1;

	if (!object || bpf_map_lookup_elem(&order_devices, &object))
		return NULL;
	event = begin_event(sizeof(*event));
	if (!event)
		return NULL;
	bpf_map_update_elem(&order_devices, &object, &known, BPF_ANY);
	__builtin_memset(event, 0, sizeof(*event));
	event->type = ORDER_EVENT_DEVICE;
	return event;
}

__noinline int order_note_vfio(__u64 vfio)
{
	struct order_device_event *event = begin_device(vfio);

	if (!event)
		return 0;
	find_objects(&event->objects, vfio);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

__noinline int order_note_pci(__u64 device)
{
	struct pci_dev___locks *pci;
	struct order_device_event *event;

	if (!device || !device_is_pci((void *)device))
		return 0;
	pci = (void *)device - bpf_core_field_offset(struct pci_dev___locks, dev);
	event = begin_device((__u64)pci);
	if (!event)
		return 0;
	bpf_probe_read_kernel_str(event->objects.device, sizeof(event->objects.device),
				  BPF_CORE_READ((struct device___vfioscope *)device, kobj.name));
	find_pci_objects(&event->objects, pci);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

static __always_inline void tell_gone(__u64 address, __u64 bytes)
{
	struct order_gone_event *event = begin_event(sizeof(*event));

	if (!event)
		return;
	event->type = ORDER_EVENT_GONE;
	event->modules = *(volatile __u32 *)&order_state.modules;
	event->address = address;
	event->bytes = bytes;
	bpf_ringbuf_submit(event, 0);
}

/* User space may know one for which there was no more room here. */
static __always_inline void forget_device(__u64 object)
{
	bpf_map_delete_elem(&order_devices, &object);
	tell_gone(object, 0);
}

SEC("kprobe/pci_release_dev")
int BPF_KPROBE(pci_release_dev_entry, __u64 device)
{
	forget_device(device - bpf_core_field_offset(struct pci_dev___locks, dev));
	return 0;
}

/*
 * Locks. Who gets one at once is not told from who waits: it could have had to.
 */

/* False: it is nobody's who is armed. */
static __always_inline bool is_about(__u64 lock)
{
	struct order_armed_task *armed = nobody_is_armed() ? NULL : armed_task();

	if (armed)
		armed->wanted = lock;
	return armed;
}

static __always_inline int take(__u64 lock, __u32 kind, __u32 mode)
{
	if (!is_about(lock))
		return 0;
	order_want(kind, mode, 0, 0);
	return order_hold(kind, mode, false);
}

static __always_inline int take_or_fail(__u64 lock, __u32 kind, __u32 mode)
{
	return is_about(lock) ? order_want(kind, mode, 0, 0) : 0;
}

static __always_inline int try(__u64 lock)
{
	is_about(lock);
	return 0;
}

/* What the task wanted when the function began. */
static __always_inline int got(bool success, __u32 kind, __u32 mode, bool tried)
{
	return !success || nobody_is_armed() || !armed_task() ? 0 : order_hold(kind, mode, tried);
}

static __always_inline int release(__u64 lock)
{
	return is_about(lock) ? order_release() : 0;
}

ENTRY_ONLY(mutex_lock, struct mutex *lock)
{
	return take((__u64)lock, ORDER_MUTEX, ORDER_EXCLUSIVE);
}

ENTRY_ONLY(mutex_unlock, struct mutex *lock)
{
	return release((__u64)lock);
}

ENTRY_ONLY(down_read, struct rw_semaphore *lock)
{
	return take((__u64)lock, ORDER_RWSEM, ORDER_SHARED);
}

ENTRY_ONLY(down_write, struct rw_semaphore *lock)
{
	return take((__u64)lock, ORDER_RWSEM, ORDER_EXCLUSIVE);
}

ENTRY_ONLY(up_read, struct rw_semaphore *lock)
{
	return release((__u64)lock);
}

ENTRY_ONLY(up_write, struct rw_semaphore *lock)
{
	return release((__u64)lock);
}

ENTRY_ONLY(downgrade_write, struct rw_semaphore *lock)
{
	return is_about((__u64)lock) ? order_downgrade() : 0;
}

/* A lock that is taken, unless a signal comes. */
#define FALLIBLE(function, kind, mode)                                                             \
	ENTRY(function, __u64 lock)                                                                \
	{                                                                                          \
		return take_or_fail(lock, kind, mode);                                             \
	}                                                                                          \
	EXIT(function, 1, int)                                                                     \
	{                                                                                          \
		return got(!result, kind, mode, false);                                            \
	}

FALLIBLE(mutex_lock_interruptible, ORDER_MUTEX, ORDER_EXCLUSIVE)
FALLIBLE(mutex_lock_killable, ORDER_MUTEX, ORDER_EXCLUSIVE)
FALLIBLE(down_read_interruptible, ORDER_RWSEM, ORDER_SHARED)
FALLIBLE(down_read_killable, ORDER_RWSEM, ORDER_SHARED)
FALLIBLE(down_write_killable, ORDER_RWSEM, ORDER_EXCLUSIVE)

/* One that is taken if it is free. */
#define TRIED(function, kind, mode)                                                                \
	ENTRY(function, __u64 lock)                                                                \
	{                                                                                          \
		return try(lock);                                                                  \
	}                                                                                          \
	EXIT(function, 1, int)                                                                     \
	{                                                                                          \
		return got(result, kind, mode, true);                                              \
	}

TRIED(mutex_trylock, ORDER_MUTEX, ORDER_EXCLUSIVE)
TRIED(down_read_trylock, ORDER_RWSEM, ORDER_SHARED)
TRIED(down_write_trylock, ORDER_RWSEM, ORDER_EXCLUSIVE)

/* The last put: only its end tells whether it took the lock. */
ENTRY(atomic_dec_and_mutex_lock, void *count, struct mutex *lock)
{
	return try((__u64)lock);
}

EXIT(atomic_dec_and_mutex_lock, 2, int)
{
	return result && !nobody_is_armed() ? order_take_once(ORDER_MUTEX, ORDER_EXCLUSIVE) : 0;
}

/* Where the kernel checks locks itself (CONFIG_DEBUG_LOCK_ALLOC), they are called otherwise. */
#define NESTED(function, kind, mode)                                                               \
	SEC("kprobe/" #function) int BPF_KPROBE(function##_entry, __u64 lock)                      \
	{                                                                                          \
		return take(lock, kind, mode);                                                     \
	}

NESTED(mutex_lock_nested, ORDER_MUTEX, ORDER_EXCLUSIVE)
NESTED(_mutex_lock_nest_lock, ORDER_MUTEX, ORDER_EXCLUSIVE)
NESTED(down_read_nested, ORDER_RWSEM, ORDER_SHARED)
NESTED(down_write_nested, ORDER_RWSEM, ORDER_EXCLUSIVE)
NESTED(_down_write_nest_lock, ORDER_RWSEM, ORDER_EXCLUSIVE)

#define NESTED_FALLIBLE(function, kind, mode)                                                      \
	SEC("kprobe/" #function) int BPF_KPROBE(function##_entry, __u64 lock)                      \
	{                                                                                          \
		return take_or_fail(lock, kind, mode);                                             \
	}                                                                                          \
	SEC("kretprobe/" #function) int BPF_KRETPROBE(function##_exit, int result)                 \
	{                                                                                          \
		return got(!result, kind, mode, false);                                            \
	}

NESTED_FALLIBLE(mutex_lock_interruptible_nested, ORDER_MUTEX, ORDER_EXCLUSIVE)
NESTED_FALLIBLE(mutex_lock_killable_nested, ORDER_MUTEX, ORDER_EXCLUSIVE)
NESTED_FALLIBLE(down_read_killable_nested, ORDER_RWSEM, ORDER_SHARED)
NESTED_FALLIBLE(down_write_killable_nested, ORDER_RWSEM, ORDER_EXCLUSIVE)

static __always_inline void forget_name(__u64 lock)
{
	if (bpf_map_lookup_elem(&order_names, &lock))
		bpf_map_delete_elem(&order_names, &lock);
}

/* What lies there now is another lock than before, if there was one. */
static __always_inline int initialise(__u64 lock, __u64 name)
{
	forget_lock(lock);
	if (name && !nobody_is_armed() && armed_task())
		bpf_map_update_elem(&order_names, &lock, &name, BPF_ANY);
	else
		forget_name(lock);
	return 0;
}

SEC("kprobe/__mutex_init")
int BPF_KPROBE(mutex_init_entry, __u64 lock, __u64 name)
{
	return initialise(lock, name);
}

SEC("kprobe/mutex_init_generic")
int BPF_KPROBE(mutex_init_generic_entry, __u64 lock)
{
	return initialise(lock, 0);
}

SEC("kprobe/__init_rwsem")
int BPF_KPROBE(init_rwsem_entry, __u64 lock, __u64 name)
{
	return initialise(lock, name);
}

/*
 * Files of sysfs
 */

/* fs/kernfs: include/linux/kernfs.h */
#define KERNFS_FILE 2

/* Returns what it was. */
static __always_inline bool note_writes(bool writes)
{
	struct order_armed_task *armed = armed_task();
	bool before = armed && armed->writes;

	if (armed)
		armed->writes = writes;
	return before;
}

static __always_inline bool is_of_interest(const struct short_name *name)
{
	return NAME_IS(*name, "power") || NAME_IS(*name, "unbind") || NAME_IS(*name, "bind") ||
	       NAME_IS(*name, "remove") || NAME_IS(*name, "rescan") || NAME_IS(*name, "reset") ||
	       NAME_IS(*name, "sriov_numvfs") || NAME_IS(*name, "recover") ||
	       NAME_IS(*name, "drivers_probe");
}

static __always_inline void forget_scope_of_task(void)
{
	struct order_armed_task *armed = armed_task();

	if (armed)
		forget_scope(armed);
}

/* An open file has a mutex of its own: it is the file's, whoever opens it. */
static __always_inline void name_mutex_of(struct file *file, struct kernfs_node___vfioscope *node)
{
	struct order_armed_task *armed = armed_task();
	__u64 mutex = (__u64)sysfs_open_file(file) +
		      bpf_core_field_offset(struct kernfs_open_file___vfioscope, mutex);

	if (armed)
		armed->of_mutex = mutex;
	if (!known_number(mutex, ORDER_MUTEX))
		number_lock(mutex, ORDER_MUTEX, (__u64)node);
}

ENTRY(kernfs_fop_write_iter, struct kiocb *iocb)
{
	struct kernfs_node___vfioscope *node = sysfs_node(BPF_CORE_READ(iocb, ki_filp));
	struct short_name name;
	void *object;

	read_name(&name, BPF_CORE_READ(node, name));
	if (!is_of_interest(&name))
		return 0;
	arm(ORDER_SCOPE_SYSFS);
	if (note_writes(true))
		forget_scope_of_task();
	name_mutex_of(BPF_CORE_READ(iocb, ki_filp), node);
	object = sysfs_object(node);
	if (!object)
		return 0;
	sysfs_set(object, &name);
	return NAME_IS(name, "devices") ? order_note_pci((__u64)object) : 0;
}

EXIT(kernfs_fop_write_iter, 2, __s64)
{
	if (nobody_is_armed() || !note_writes(false))
		return 0;
	return disarm();
}

ENTRY(kernfs_get_active, __u64 node)
{
	return try(node);
}

EXIT(kernfs_get_active, 1, __u64)
{
	return got(result, ORDER_ACTIVE, ORDER_SHARED, true);
}

ENTRY_ONLY(kernfs_put_active, __u64 node)
{
	return release(node);
}

SEC("kprobe/kernfs_break_active_protection")
int BPF_KPROBE(kernfs_break_active_protection_entry, __u64 node)
{
	return release(node);
}

/* Does the same, at times without a call. */
SEC("kprobe/kernfs_remove_self")
int BPF_KPROBE(kernfs_remove_self_entry, __u64 node)
{
	return release(node);
}

SEC("kprobe/kernfs_unbreak_active_protection")
int BPF_KPROBE(kernfs_unbreak_active_protection_entry, __u64 node)
{
	/* What was removed meanwhile nobody waits for any more. */
	if (!known_number(node, ORDER_ACTIVE) || !is_about(node))
		return 0;
	return order_hold(ORDER_ACTIVE, ORDER_SHARED, true);
}

/* fs/kernfs/dir.c: kernfs_root() */
static __always_inline __u64 root_of(struct kernfs_node___vfioscope *node)
{
	struct kernfs_node___vfioscope *folder = kernfs_parent(node) ?: node;

	return (__u64)BPF_CORE_READ((struct kernfs_node___lockorder *)folder, dir.root);
}

/* The tree's locks, which are held here, are let go before who writes is waited for. */
SEC("kprobe/kernfs_drain")
int BPF_KPROBE(kernfs_drain_entry, struct kernfs_node___vfioscope *node)
{
	__u64 address = (__u64)node;
	struct short_name name;

	if (!(BPF_CORE_READ(node, flags) & KERNFS_FILE))
		return 0;
	read_name(&name, BPF_CORE_READ(node, name));
	/* Each device has a hundred more: only what somebody was seen to write to. */
	if (!is_of_interest(&name) && !known_number(address, ORDER_ACTIVE))
		return 0;
	if (is_about(address))
		order_want(ORDER_ACTIVE, ORDER_EXCLUSIVE, root_of(node),
			   bpf_core_type_size(struct kernfs_root___lockorder));
	forget_lock(address);
	return 0;
}

/*
 * VFIO
 */

__noinline int order_begin_use(__u64 vfio, __u32 scope, __u32 use)
{
	struct order_armed_task *armed;

	if (!vfio || use >= ORDER_USES)
		return 0;
	arm(scope);
	order_note_vfio(vfio);
	armed = armed_task();
	if (!armed)
		return 0;
	if (armed->uses[use]) {
		pop(armed, armed->uses[use]);
		forget_scope(armed);
	}
	armed->uses[use] = vfio;
	push(armed, vfio, number_of(vfio, ORDER_OPEN), ORDER_OPEN, ORDER_SHARED, true);
	return 0;
}

__noinline int order_end_use(__u32 use)
{
	struct order_armed_task *armed = armed_task();

	/* It began unseen, or its end is seen twice, as user space loads this anew. */
	if (!armed || use >= ORDER_USES || !armed->uses[use])
		return 0;
	pop(armed, armed->uses[use]);
	armed->uses[use] = 0;
	return disarm();
}

static __always_inline int use_file(struct file *file, __u32 scope)
{
	return order_begin_use((__u64)vfio_of_file((__u64)READ(file, private_data)), scope,
			       ORDER_USE_FILE);
}

#define USE(function, scope, parameters, type)                                                     \
	ENTRY(function, struct file *file)                                                         \
	{                                                                                          \
		return use_file(file, scope);                                                      \
	}                                                                                          \
	EXIT(function, parameters, type)                                                           \
	{                                                                                          \
		return order_end_use(ORDER_USE_FILE);                                              \
	}

USE(vfio_device_fops_read, LOCK_USE_READ, 4, __s64)
USE(vfio_device_fops_write, LOCK_USE_WRITE, 4, __s64)
USE(vfio_device_fops_unl_ioctl, LOCK_USE_IOCTL, 3, __s64)
USE(vfio_device_fops_mmap, LOCK_USE_MMAP, 2, int)

/* Who closes it last has it open until all is undone. */
ENTRY(vfio_device_fops_release, struct inode *inode, struct file *file)
{
	return use_file(file, LOCK_USE_RELEASE);
}

EXIT(vfio_device_fops_release, 2, int)
{
	return order_end_use(ORDER_USE_FILE);
}

/* A task is in one at a time: what begins again has ended before. */
static __always_inline int begin_ioctl(__u32 scope)
{
	struct order_armed_task *armed;

	arm(scope);
	armed = armed_task();
	if (!armed)
		return 0;
	if (armed->in_ioctl) {
		order_end_use(ORDER_USE_GROUP);
		forget_scope(armed);
	}
	armed->in_ioctl = scope;
	return 0;
}

static __always_inline int end_ioctl(void)
{
	struct order_armed_task *armed = armed_task();

	if (!armed || !armed->in_ioctl)
		return 0;
	armed->in_ioctl = 0;
	order_end_use(ORDER_USE_GROUP);
	return disarm();
}

/* Not each kernel has groups, and containers. */
#define IOCTL(function, scope)                                                                     \
	SEC("kprobe/" #function) int BPF_KPROBE(function##_entry)                                  \
	{                                                                                          \
		return begin_ioctl(scope);                                                         \
	}                                                                                          \
	SEC("kretprobe/" #function) int BPF_KRETPROBE(function##_exit)                             \
	{                                                                                          \
		return end_ioctl();                                                                \
	}

IOCTL(vfio_group_fops_unl_ioctl, ORDER_SCOPE_GROUP)
IOCTL(vfio_fops_unl_ioctl, ORDER_SCOPE_CONTAINER)

static __always_inline __u64 *asked_device(void)
{
	struct order_armed_task *armed = armed_task();

	return armed && armed->in_ioctl == ORDER_SCOPE_GROUP ? &armed->asked : NULL;
}

static __always_inline int found_device(__u64 vfio)
{
	struct order_armed_task *armed = armed_task();

	if (!armed || armed->uses[ORDER_USE_GROUP] == vfio)
		return 0;
	return order_begin_use(vfio, ORDER_SCOPE_GROUP, ORDER_USE_GROUP);
}

static __always_inline int use_mapping(struct vm_fault *fault, __u32 use)
{
	struct vfio_pci_core_device___lockorder *core;

	if (!bpf_core_type_exists(struct vfio_pci_core_device___lockorder))
		return 0;
	core = BPF_CORE_READ(fault, vma, vm_private_data);
	return order_begin_use(
		(__u64)core + bpf_core_field_offset(struct vfio_pci_core_device___lockorder, vdev),
		ORDER_SCOPE_FAULT, use);
}

/* Each kernel has some of these; the one for a page may be part of the one for more. */
#define FAULT(function, use)                                                                       \
	SEC("kprobe/" #function) int BPF_KPROBE(function##_entry, struct vm_fault *fault)          \
	{                                                                                          \
		return use_mapping(fault, use);                                                    \
	}                                                                                          \
	SEC("kretprobe/" #function) int BPF_KRETPROBE(function##_exit)                             \
	{                                                                                          \
		return order_end_use(use);                                                         \
	}

FAULT(vfio_pci_mmap_fault, ORDER_USE_FAULT)
FAULT(vfio_pci_mmap_huge_fault, ORDER_USE_FAULT)
FAULT(vfio_pci_mmap_page_fault, ORDER_USE_PAGE_FAULT)

static __always_inline __u64 mutex_of_device(__u64 vfio)
{
	if (!bpf_core_type_exists(struct vfio_device___vfioscope))
		return 0;
	return (__u64)BPF_CORE_READ((struct vfio_device___vfioscope *)vfio, dev) +
	       bpf_core_field_offset(struct device___lockorder, mutex);
}

/* There is nobody who has it open any more: what lies there next is another device. */
static __always_inline bool leave(struct order_armed_task *armed)
{
	__u64 vfio = armed->leaves;

	if (!vfio)
		return false;
	order_hold_removed(vfio, mutex_of_device(vfio));
	forget_lock(vfio);
	forget_device(vfio);
	armed->leaves = 0;
	return true;
}

ENTRY(vfio_unregister_group_dev, __u64 vfio)
{
	struct order_armed_task *armed;

	arm(ORDER_SCOPE_FUNCTION);
	armed = armed_task();
	if (!armed)
		return 0;
	if (leave(armed))
		forget_scope(armed);
	armed->leaves = vfio;
	armed->wanted = vfio;
	order_note_vfio(*(volatile __u64 *)&armed->leaves);
	return order_want(ORDER_OPEN, ORDER_EXCLUSIVE, 0, 0);
}

EXIT_VOID(vfio_unregister_group_dev)
{
	struct order_armed_task *armed = armed_task();

	return armed && leave(armed) ? disarm() : 0;
}

/*
 * Other functions that arm a task; user space knows which
 */

SEC("kprobe")
int BPF_KPROBE(scope_entry)
{
	return arm(ORDER_SCOPE_FUNCTION);
}

SEC("kprobe")
int BPF_KPROBE(scope_of_pci_entry, __u64 device)
{
	arm(ORDER_SCOPE_FUNCTION);
	return order_note_pci(device ? device + bpf_core_field_offset(struct pci_dev___locks, dev) :
				       0);
}

SEC("kprobe")
int BPF_KPROBE(scope_of_device_entry, __u64 device)
{
	arm(ORDER_SCOPE_FUNCTION);
	return order_note_pci(device);
}

SEC("kretprobe")
int BPF_KRETPROBE(scope_exit)
{
	return nobody_is_armed() ? 0 : disarm();
}

/*
 * Modules
 */

static __always_inline void module_gone(__u64 base, __u64 bytes)
{
	if (bytes)
		tell_gone(base, bytes);
}

SEC("tp_btf/module_load")
int BPF_PROG(module_load, void *loaded)
{
	__u32 before = __sync_fetch_and_add(&order_state.modules, 1);
	struct order_module_event *event;

	event = begin_event(sizeof(*event));
	if (!event)
		return 0;
	event->type = ORDER_EVENT_MODULE;
	event->modules = before + 1;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* An element of the kernel's array is larger than what is declared of it here. */
static __always_inline struct module_memory___lockorder *data_of(void *module)
{
	__u64 which = bpf_core_enum_value(enum mod_mem_type___lockorder, MOD_DATA___lockorder);

	return module + bpf_core_field_offset(struct module___memory, mem) +
	       which * bpf_core_type_size(struct module_memory___lockorder);
}

SEC("tp_btf/module_free")
int BPF_PROG(module_free, void *freed)
{
	__sync_fetch_and_add(&order_state.modules, 1);
	if (bpf_core_type_exists(struct module_memory___lockorder)) {
		struct module_memory___lockorder *data = data_of(freed);

		module_gone((__u64)BPF_CORE_READ(data, base), BPF_CORE_READ(data, size));
	} else {
		struct module___layout *module = freed;

		module_gone((__u64)BPF_CORE_READ(module, core_layout.base),
			    BPF_CORE_READ(module, core_layout.size));
	}
	return 0;
}
