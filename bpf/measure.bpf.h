/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the start of an operation to its place in a histogram. The clock is
 * read last at the start and first at the end: our own work is not measured.
 */
#ifndef VFIOSCOPE_MEASURE_BPF_H
#define VFIOSCOPE_MEASURE_BPF_H

#include "event.bpf.h"
#include "key.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ERRNOS);
	__type(key, struct errno_key);
	__type(value, __u64);
} errnos SEC(".maps");

/* Tries of a compare-and-swap that other CPUs may win. */
#define SWAP_TRIES 8

/*
 * Requests are passed by value: what a hook knows when it is compiled stays
 * known, and a request is put into memory only where find_key() needs it.
 */

static __always_inline __u64 signature_of(struct latency_request request)
{
	return (__u64)(request.command | request.width) << 32 | shared.generation |
	       request.operation | (request.by_offset ? SIGNATURE_BY_OFFSET : 0);
}

static __always_inline bool same_key(const struct cached_key *cached,
				     struct latency_request request, __u64 signature)
{
	if (cached->handle != request.handle || cached->signature != signature)
		return false;
	return !request.by_offset || request.argument - cached->first_offset <= cached->last_offset;
}

/* Says which key the operation belongs to. */
static __always_inline void identify(struct task_slot *slot, struct in_flight *flight,
				     struct latency_request request)
{
	__u64 signature = signature_of(request);
	__u32 place = request.operation ^ request.command ^ request.width;
	struct cached_key *cached;

	if (request.by_offset)
		place ^= request.argument >> REGION_SHIFT_DEFAULT;
	cached = &slot->cached[place & (CACHED_KEYS - 1)];
	OPAQUE(cached);
	if (!same_key(cached, request, signature)) {
		struct latency_request in_memory = request;

		find_key(cached, &in_memory);
		cached->signature = signature;
		/* A trace takes this way each time: settings.by_moment. */
		describe_flight(flight, cached, &in_memory);
	} else if (request.operation == OPERATION_IOCTL) {
		describe_flight(flight, cached, &request);
	}
	flight->key = cached->key;
}

/* The start of an operation of the current task whose device is known. */
static __always_inline int begin_in(struct task_struct *task, enum latency_nesting nesting,
				    struct latency_request request)
{
	struct in_flight *flight;
	struct task_slot *slot;

	slot = enter_task_slot(task, nesting);
	if (!slot)
		return 0;
	flight = &slot->in_flight[nesting];
	identify(slot, flight, request);
	flight->start_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int begin(enum latency_nesting nesting, struct latency_request request)
{
	return begin_in(bpf_get_current_task_btf(), nesting, request);
}

/*
 * What is in flight turns out to be something else, or what it is shows at its end only: it is to
 * be counted as that. The time that it takes to find its key is not the operation's.
 */
static __always_inline int correct(enum latency_nesting nesting, struct latency_request request)
{
	__u64 start = bpf_ktime_get_ns();
	struct task_slot *slot = slot_in_flight(nesting);
	struct in_flight *flight;

	if (!slot)
		return 0;
	flight = &slot->in_flight[nesting];
	identify(slot, flight, request);
	flight->start_ns += bpf_ktime_get_ns() - start;
	return 0;
}

/* The start of one whose device shows at its end only: correct(), before finish(). */
static __always_inline int begin_unknown(enum latency_nesting nesting, __u64 argument)
{
	struct in_flight *flight;
	struct task_slot *slot;

	if (!shared.enabled)
		return 0;
	slot = enter_task_slot(bpf_get_current_task_btf(), nesting);
	if (!slot)
		return 0;
	flight = &slot->in_flight[nesting];
	flight->key = KEY_UNKNOWN;
	flight->argument = argument;
	flight->start_ns = bpf_ktime_get_ns();
	return 0;
}

__noinline int add_errno(__u32 key, __s32 error)
{
	struct errno_key errno_key = { .key = key, .error = error };
	__u64 one = 1, *count;

	count = bpf_map_lookup_elem(&errnos, &errno_key);
	if (!count) {
		if (!bpf_map_update_elem(&errnos, &errno_key, &one, BPF_NOEXIST))
			return 0;
		count = bpf_map_lookup_elem(&errnos, &errno_key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_loss(LOSS_ERRNOS_FULL);
	return 0;
}

/* Raises *extreme to value, whatever other CPUs do meanwhile. */
static __always_inline void raise_to(__u64 *extreme, __u64 value)
{
	for (int i = 0; i < SWAP_TRIES; i++) {
		__u64 now = *extreme;

		if (value <= now || __sync_val_compare_and_swap(extreme, now, value) == now)
			return;
	}
	count_loss(LOSS_EXTREMES);
}

__noinline int add_extremes(__u32 key, __u64 duration)
{
	struct latency_stats *entry = bpf_map_lookup_elem(&stats, &key);

	if (!entry)
		return 0;
	raise_to(&entry->max_ns, duration);
	raise_to(&entry->min_inverted_ns, ~duration);
	return 0;
}

static __always_inline void add_duration(struct latency_stats *entry, __u32 key, __u64 duration)
{
	__u64 slot = histogram_slot_near(duration, &entry->shift);

	if (slot < HISTOGRAM_SLOTS)
		__sync_fetch_and_add(&entry->slots[slot], 1);
	__sync_fetch_and_add(&entry->sum_ns, duration);
	if (duration > entry->max_ns || ~duration > entry->min_inverted_ns)
		add_extremes(key, duration);
}

/* A kernel function's result that is an error: include/linux/err.h. */
static __always_inline bool is_error(__s64 result)
{
	return result < 0 && result >= -4095;
}

static __always_inline void count_operation(void *ctx, const struct in_flight *flight, __u64 now,
					    __s64 result)
{
	__u32 key = flight->key;
	struct latency_stats *entry = bpf_map_lookup_elem(&stats, &key);
	__u64 duration = now - flight->start_ns;

	if (!entry)
		return; /* filtered, or counted as lost at its start */
	if ((__s64)duration < 0) {
		count_loss(LOSS_CLOCK_BACKWARDS);
		return;
	}
	if (is_error(result)) {
		__sync_fetch_and_add(&entry->errors, 1);
		add_errno(key, -result);
	} else {
		add_duration(entry, key, duration);
	}
	if (settings.trace && duration >= settings.slower_ns)
		send_event(ctx, flight, duration, result);
}

static __always_inline void count_end_without_start(void)
{
	/* While hooks are attached, ends are before starts. */
	if (shared.enabled && shared.settled)
		count_loss(LOSS_ENDS_WITHOUT_START);
}

/* The end of an operation. result: what the function returned, negative errnos are failures. */
static __always_inline int finish(void *ctx, enum latency_nesting nesting, __s64 result)
{
	__u64 now = bpf_ktime_get_ns();
	struct task_slot *slot = slot_in_flight(nesting);

	if (slot) {
		count_operation(ctx, &slot->in_flight[nesting], now, result);
		leave_task_slot(slot, nesting);
	} else {
		count_end_without_start();
	}
	return 0;
}

/* The end of one that does not count. */
static __always_inline int abandon(enum latency_nesting nesting)
{
	struct task_slot *slot = slot_in_flight(nesting);

	if (slot)
		leave_task_slot(slot, nesting);
	return 0;
}

/* Whether the current task is in an operation of another kind. */
static __always_inline bool within(enum latency_nesting outer)
{
	return slot_in_flight(outer);
}

#endif
