/* SPDX-License-Identifier: GPL-2.0-only */
/* Which operations the user wants to see. Nothing here runs for a cached key. */
#ifndef VFIOSCOPE_FILTER_BPF_H
#define VFIOSCOPE_FILTER_BPF_H

#include <vfioscope/latency.h>

#include <bpf/bpf_helpers.h>

const volatile struct latency_config settings SEC(".rodata.config");

/* Processes of the traced command, by thread group id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, __u8);
} followed SEC(".maps");

/* Steps a match may take: a pattern with several stars goes back and forth. */
#define MATCH_STEPS 256

/* Shell pattern with * and ?. Both strings end with a NUL within `bytes`, a power of two. */
static __always_inline bool matches(const volatile char *pattern, const char *text, __u32 bytes)
{
	__u32 at = 0, in = 0, star = bytes, star_in = 0;

	for (int step = 0; step < MATCH_STEPS; step++) {
		char want, have;

		if (at >= bytes || in >= bytes)
			return false;
		want = pattern[at];
		have = text[in];
		if (want == '*') {
			star = at++;
			star_in = in;
		} else if (!have) {
			return !want;
		} else if (want == '?' || want == have) {
			at++;
			in++;
		} else if (star < bytes) {
			at = star + 1;
			in = ++star_in;
		} else {
			return false;
		}
	}
	return false;
}

static __noinline bool accept_name(const struct device_info *device)
{
	for (__u32 i = 0; i < FILTER_DEVICES && i < settings.devices; i++)
		if (matches(settings.device[i], device->name, DEVICE_NAME_BYTES))
			return true;
	return false;
}

static __noinline bool accept_driver(const struct device_info *device)
{
	for (__u32 i = 0; i < FILTER_DRIVERS && i < settings.drivers; i++)
		if (matches(settings.driver[i], device->driver, DRIVER_NAME_BYTES))
			return true;
	return false;
}

static __always_inline bool accept_device(const struct device_info *device)
{
	return (!settings.devices || accept_name(device)) &&
	       (!settings.drivers || accept_driver(device));
}

static __always_inline bool accept_width(__u32 width)
{
	for (int i = 0; i < FILTER_WIDTHS; i++)
		if (settings.widths[i] && settings.widths[i] == width)
			return true;
	return false;
}

static __always_inline bool accept_operation(__u16 operation)
{
	return !settings.operations || settings.operations >> (operation & 31) & 1;
}

static __always_inline bool accept_region(__u16 region)
{
	return region <= REGION_ZPCI_IO && settings.regions >> region & 1;
}

static __always_inline bool accept_task(void)
{
	__u32 process = bpf_get_current_pid_tgid() >> 32;

	if (settings.pid && settings.pid != process)
		return false;
	if (settings.filter_comm) {
		char comm[COMM_BYTES] = {};

		bpf_get_current_comm(comm, sizeof(comm));
		for (int i = 0; i < COMM_BYTES; i++) {
			if (comm[i] != settings.comm[i])
				return false;
			if (!comm[i])
				break;
		}
	}
	if (settings.filter_cgroup && bpf_get_current_cgroup_id() != settings.cgroup)
		return false;
	return !settings.follow || bpf_map_lookup_elem(&followed, &process);
}

#endif
