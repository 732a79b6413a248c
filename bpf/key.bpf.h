/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an operation to the histogram that counts it. The usual case is a key
 * that the task used a moment ago, found in its slot by comparing what can be
 * compared without a look-up; everything else is rare and in find_key().
 */
#ifndef VFIOSCOPE_KEY_BPF_H
#define VFIOSCOPE_KEY_BPF_H

#include "device.bpf.h"
#include "filter.bpf.h"
#include "task.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DEFAULT_KEYS);
	__type(key, struct latency_key);
	__type(value, __u32);
} key_by_value SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DEFAULT_KEYS);
	__type(key, __u32);
	__type(value, struct latency_stats);
} stats SEC(".maps");

/* include/uapi/linux/vfio.h: _IO(';', number) */
#define VFIO_COMMAND(number) (0x3b00 | (number))
#define VFIO_DEVICE_GET_REGION_INFO VFIO_COMMAND(108)

/* An operation that starts. */
struct latency_request {
	__u64 handle;
	__u64 argument; /* with by_offset the file offset */
	__u32 command;
	__u32 width;
	__u16 operation;
	__u16 region;	/* unless by_offset */
	__u8 kind;	/* enum device_handle */
	__u8 by_offset; /* the file offset tells the region */
};

/* Widths above this are rounded up to a power of two: user space chooses them, keys are few. */
#define WIDTH_EXACT 128

static __always_inline __u32 rounded_width(__u32 width)
{
	if (width <= WIDTH_EXACT)
		return width;
	if (width > 1u << 31)
		return 1u << 31;
	return 2u << histogram_highest_bit(width - 1);
}

static __always_inline __u64 region_mask(__u32 shift)
{
	return (1ULL << (shift & 63)) - 1;
}

static __always_inline __u16 region_of(__u64 offset, __u32 shift)
{
	__u64 region = offset >> (shift & 63);

	return region <= REGION_LAST ? region : REGION_BEYOND;
}

static __always_inline bool same_driver(const volatile struct region_shift *known,
					const struct device_info *device)
{
	const __u64 *name = (const __u64 *)device->driver;

	for (__u32 i = 0; i < DRIVER_NAME_BYTES / sizeof(*name); i++)
		if (known->driver_words[i] != name[i])
			return false;
	return true;
}

static __always_inline void set_region_shift(struct device_info *device)
{
	for (int i = 0; i < KNOWN_SHIFTS && settings.shifts[i].shift; i++) {
		if (same_driver(&settings.shifts[i], device)) {
			device->region_shift = settings.shifts[i].shift;
			return;
		}
	}
	device->region_shift = REGION_SHIFT_DEFAULT;
	device->learns = 1;
}

/* Adds a device; returns its index, or 0 if there is no room. */
__noinline __u32 add_device(const struct device_name *seen_name, const struct device_info *seen)
{
	struct device_info *info;
	struct device_name name;
	__u32 device, *known;

	if (!seen_name || !seen)
		return 0;
	name = *seen_name; /* before 6.2 a parameter cannot be the key of a map */
	if (shared.devices >= MAX_DEVICES)
		return 0;
	device = __sync_fetch_and_add(&shared.devices, 1) + 1;
	info = bpf_map_lookup_elem(&devices, &device);
	if (!info)
		return 0;
	*info = *seen;
	__builtin_memcpy(info->name, name.text, sizeof(info->name));
	set_region_shift(info);
	info->accepted = accept_device(info);
	if (!bpf_map_update_elem(&device_by_name, &name, &device, BPF_NOEXIST))
		return device;
	/* Another CPU was faster. */
	known = bpf_map_lookup_elem(&device_by_name, &name);
	return known ? *known : 0;
}

static __always_inline bool same_name(const char *a, const char *b)
{
	const __u64 *left = (const __u64 *)a, *right = (const __u64 *)b;

	for (__u32 i = 0; i < DRIVER_NAME_BYTES / sizeof(*left); i++)
		if (left[i] != right[i])
			return false;
	return true;
}

/* A device that was seen before may have another driver now: the filter is to look again. */
__noinline int renew_device(__u32 device, const struct device_info *seen)
{
	struct device_info *info = bpf_map_lookup_elem(&devices, &device);

	if (!info || !seen || !seen->driver[0] || same_name(info->driver, seen->driver))
		return 0;
	__builtin_memcpy(info->driver, seen->driver, sizeof(info->driver));
	set_region_shift(info);
	info->accepted = accept_device(info);
	forget_handles();
	return 0;
}

/* Its index, or 0: a loss if the operation is to be counted. */
static __always_inline __u32 find_device(const struct latency_request *request, bool counted)
{
	struct device_name name = {};
	struct device_info seen = {};
	__u32 device, *known;

	if (describe_device(request->kind, request->handle, &name, &seen)) {
		if (counted)
			count_loss(LOSS_UNKNOWN_DEVICES);
		return 0;
	}
	known = bpf_map_lookup_elem(&device_by_name, &name);
	if (!known) {
		device = add_device(&name, &seen);
		if (!device && counted)
			count_loss(LOSS_DEVICES_FULL);
		return device;
	}
	renew_device(*known, &seen);
	return *known;
}

/* The index of the key's histogram, or KEY_LOST. */
__noinline __u32 find_stats(const struct latency_key *wanted)
{
	struct latency_stats *entry;
	struct latency_key key;
	__u32 index, *known;

	if (!wanted)
		return KEY_LOST;
	key = *wanted;
	known = bpf_map_lookup_elem(&key_by_value, &key);
	if (known)
		return *known;
	if (shared.keys >= settings.max_keys) {
		count_loss(LOSS_KEYS_FULL);
		return KEY_LOST;
	}
	index = __sync_fetch_and_add(&shared.keys, 1);
	entry = bpf_map_lookup_elem(&stats, &index);
	if (!entry) {
		count_loss(LOSS_KEYS_FULL);
		return KEY_LOST;
	}
	entry->key = key;
	if (!bpf_map_update_elem(&key_by_value, &key, &index, BPF_NOEXIST)) {
		entry->used = 1;
		return index;
	}
	/* Another CPU was faster: its histogram is the one. This one stays unused. */
	known = bpf_map_lookup_elem(&key_by_value, &key);
	if (known)
		return *known;
	count_loss(LOSS_KEYS_FULL);
	return KEY_LOST;
}

static __always_inline void fill_key(struct latency_key *key, const struct latency_request *request,
				     __u32 device, __u16 region, __u32 flags)
{
	if (settings.by_device)
		key->device = device;
	key->region = settings.by_region ? region : REGION_NONE;
	if (settings.by_operation) {
		key->operation = request->operation;
		key->command = request->command;
		key->container = request->command && flags & DEVICE_IS_CONTAINER;
	} else {
		key->operation = OPERATIONS;
	}
	if (settings.by_width)
		key->width = rounded_width(request->width);
	if (settings.by_pid)
		key->pid = bpf_get_current_pid_tgid() >> 32;
	if (settings.by_comm)
		bpf_get_current_comm(key->comm, sizeof(key->comm));
	if (settings.by_cgroup)
		key->cgroup = bpf_get_current_cgroup_id();
}

/* Tells how a driver lays out its regions, whoever asks: see shift.bpf.h. */
static __always_inline bool teaches(const struct latency_request *request)
{
	return request->command == VFIO_DEVICE_GET_REGION_INFO && request->kind == HANDLE_VFIO_FILE;
}

/*
 * Finds or makes the key of an operation and remembers it in `cached`. Sets
 * cached->key to KEY_FILTERED or KEY_LOST where there is none. A global
 * function: the verifier looks at it once for each program, without what is
 * known of the parameters, which are NULL to it.
 */
__noinline int find_key(struct cached_key *cached, const struct latency_request *request)
{
	struct latency_key key = {};
	struct device_info *info;
	__u16 region;
	__u32 device;
	bool accepted;

	if (!cached || !request)
		return 0;
	region = request->region;
	cached->key = KEY_FILTERED;
	cached->handle = 0;
	cached->device = 0;
	accepted = shared.enabled && accept_operation(request->operation) && accept_task();
	if (!accepted && !(shared.enabled && teaches(request)))
		return 0;
	device = find_device(request, accepted);
	info = bpf_map_lookup_elem(&devices, &device);
	if (!info || !device) {
		if (accepted)
			cached->key = KEY_LOST;
		return 0;
	}
	cached->device = device;
	if (request->by_offset) {
		region = region_of(request->argument, info->region_shift);
		cached->first_offset = request->argument & ~region_mask(info->region_shift);
		cached->last_offset = region_mask(info->region_shift);
	}
	cached->region = region;
	if (accepted && info->accepted && (!settings.filter_region || accept_region(region)) &&
	    (!settings.filter_width || accept_width(request->width))) {
		fill_key(&key, request, device, region, info->flags);
		cached->key = find_stats(&key);
	}
	if (!accepted || cached->key == KEY_LOST)
		return 0;
	/* What a container is named after changes, and nothing tells when. */
	if (!shared.settled || settings.by_moment || request->kind == HANDLE_CONTAINER)
		return 0;
	cached->handle = request->handle;
	return 0;
}

#endif
