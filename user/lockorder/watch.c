// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include "../clock.h"
#include "../message.h"
#include "../program_parts.h"
#include "lockorder_fentry.skel.h"
#include "lockorder_kprobe.skel.h"
#include "scopes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct order_watch {
	struct program_parts parts;
	struct scopes *scopes;
	bool modules_gone; /* since they were hooked */
	struct ring_buffer *ring;
	const struct order_receiver *receiver;
	size_t received; /* bytes, by order_watch_receive() */
	__u64 receive_until_ns;
	__u64 locks_removed; /* besides those that the programs remove */
	__u64 edges_removed;
};

/*
 * Loading
 */

static bool is_in(const struct bpf_program *program, enum program_part part)
{
	return !strncmp(bpf_program__name(program), "vfio_", strlen("vfio_")) ==
	       (part == PART_VFIO);
}

static const struct program_source source = {
	.name = "vfioscope_order",
	.fentry_elf = lockorder_fentry__elf_bytes,
	.kprobe_elf = lockorder_kprobe__elf_bytes,
	.is_in = is_in,
};

bool order_watch_pick_up_modules(struct order_watch *watch)
{
	return program_parts_pick_up_vfio(&watch->parts);
}

void order_watch_attach_more(struct order_watch *watch)
{
	program_parts_retry(&watch->parts);
	scopes_attach_again(watch->scopes, watch->modules_gone);
	watch->modules_gone = false;
}

/*
 * News
 */

static void receive_gone(struct order_watch *watch, const struct order_gone_event *event)
{
	watch->modules_gone |= event->bytes != 0;
	watch->receiver->gone(event, watch->receiver->argument);
}

static int receive(void *argument, void *data, size_t bytes)
{
	struct order_watch *watch = argument;
	const struct order_receiver *receiver = watch->receiver;
	const __u32 *type = data;

	if (*type == ORDER_EVENT_LOCK && bytes >= sizeof(struct order_lock_event))
		receiver->lock(data, receiver->argument);
	else if (*type == ORDER_EVENT_EDGE && bytes >= sizeof(struct order_edge_event))
		receiver->edge(data, receiver->argument);
	else if (*type == ORDER_EVENT_DEVICE && bytes >= sizeof(struct order_device_event))
		receiver->device(data, receiver->argument);
	else if (*type == ORDER_EVENT_GONE && bytes >= sizeof(struct order_gone_event))
		receive_gone(watch, data);
	else if (*type == ORDER_EVENT_MODULE && bytes >= sizeof(struct order_module_event))
		receiver->module(data, receiver->argument);
	watch->received += bytes;
	return watch->received < ORDER_RING_BYTES &&
			       clock_ns(CLOCK_MONOTONIC) < watch->receive_until_ns ?
		       0 :
		       -EAGAIN;
}

int order_watch_event_fd(const struct order_watch *watch)
{
	return ring_buffer__epoll_fd(watch->ring);
}

int order_watch_receive(struct order_watch *watch, __u64 until_ns)
{
	int result;

	watch->received = 0;
	watch->receive_until_ns = until_ns;
	result = ring_buffer__consume(watch->ring);
	if (result == -EAGAIN)
		return 1;
	return result < 0 ? -1 : 0;
}

int order_watch_seen(const struct order_watch *watch, const struct order_key *key,
		     struct order_seen *seen)
{
	return bpf_map_lookup_elem(program_parts_map(&watch->parts, "order_edges"), key, seen) ?
		       -1 :
		       0;
}

static void read_state(const struct order_watch *watch, struct order_state *state)
{
	const __u32 first = 0;

	bpf_map_lookup_elem(program_parts_map(&watch->parts, ".bss"), &first, state);
}

__u64 order_watch_orders(const struct order_watch *watch)
{
	struct order_state state = { 0 };

	read_state(watch, &state);
	return state.edges_added;
}

void order_watch_forget_order(struct order_watch *watch, const struct order_key *key)
{
	watch->edges_removed +=
		!bpf_map_delete_elem(program_parts_map(&watch->parts, "order_edges"), key);
}

__u32 order_watch_modules(const struct order_watch *watch)
{
	struct order_state state = { 0 };

	read_state(watch, &state);
	return state.modules;
}

bool order_watch_is_current(const struct order_watch *watch, __u64 address, __u32 id)
{
	__u32 known[2]; /* as struct order_lock has it: its number, its kind */

	return !bpf_map_lookup_elem(program_parts_map(&watch->parts, "order_locks"), &address,
				    known) &&
	       known[0] == id;
}

void order_watch_forget(struct order_watch *watch, __u64 address)
{
	watch->locks_removed +=
		!bpf_map_delete_elem(program_parts_map(&watch->parts, "order_locks"), &address);
}

/*
 * Opening
 */

struct order_watch *order_watch_open(char *const *scopes, const struct order_receiver *receiver)
{
	struct order_watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		message_error("out of memory");
		return NULL;
	}
	watch->receiver = receiver;
	if (program_parts_open(&watch->parts, &source)) {
		program_set_say_failure("watch in which order locks are taken");
		order_watch_close(watch);
		return NULL;
	}
	watch->ring = ring_buffer__new(program_parts_map(&watch->parts, "order_events"), receive,
				       watch, NULL);
	if (!watch->ring)
		message_error("cannot read events: %s", strerror(errno));
	else
		watch->scopes = scopes_open(watch->parts.sets[PART_KERNEL].object, scopes);
	if (watch->scopes) {
		order_watch_pick_up_modules(watch);
		return watch;
	}
	order_watch_close(watch);
	return NULL;
}

void order_watch_close(struct order_watch *watch)
{
	if (!watch)
		return;
	scopes_close(watch->scopes);
	program_parts_close(&watch->parts);
	ring_buffer__free(watch->ring);
	free(watch);
}

/*
 * Losses
 */

/* What has another name in each kernel, or is there in kernels that check locks themselves. */
static bool is_optional(const char *name)
{
	return strstr(name, "nest") || strstr(name, "_fault_") || strstr(name, "init_generic") ||
	       strstr(name, "vfio_fops_unl_ioctl_") || !strcmp(name, "mutex_init_entry") ||
	       program_parts_is_of_group(name);
}

/* Where elements go while they are counted it begins again, and ends: there are no more. */
static __u64 count_elements(const struct order_watch *watch, const char *name)
{
	const struct bpf_map *map =
		bpf_object__find_map_by_name(watch->parts.sets[PART_KERNEL].object, name);
	const __u64 most = bpf_map__max_entries(map);
	struct order_key keys[2]; /* the largest there is */
	void *last = NULL;
	__u64 count = 0;

	_Static_assert(sizeof(keys[0]) >= sizeof(__u64), "a lock's address is a key, too");
	while (count < most && !bpf_map_get_next_key(bpf_map__fd(map), last, &keys[count % 2]))
		last = &keys[count++ % 2];
	return count;
}

static __u64 excess(__u64 added, __u64 left)
{
	return added > left ? added - left : 0;
}

/* A map of what was used last takes all that comes: what it drops for that nobody says. */
static struct order_state state_of(const struct order_watch *watch)
{
	struct order_state state = { 0 }, later = { 0 };
	__u64 locks, edges;

	read_state(watch, &state);
	locks = count_elements(watch, "order_locks");
	edges = count_elements(watch, "order_edges");
	read_state(watch, &later);
	state.locks_without_room +=
		excess(state.locks_added, locks + later.locks_removed + watch->locks_removed);
	state.edges_without_room += excess(state.edges_added, edges + watch->edges_removed);
	return state;
}

struct order_losses order_watch_losses(const struct order_watch *watch)
{
	struct order_losses losses = {
		.state = state_of(watch),
		.missed_runs = program_parts_missed(&watch->parts) + scopes_missed(watch->scopes),
	};

	for (size_t i = 0; i < PROGRAM_PARTS; i++) {
		const struct program_set *set = &watch->parts.sets[i];

		for (size_t j = 0; j < set->absent_count; j++)
			if (!is_optional(set->absent[j]) &&
			    losses.absent < sizeof(losses.names) / sizeof(losses.names[0]))
				losses.names[losses.absent++] = set->absent[j];
	}
	return losses;
}
