// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include "../kernel_file.h"
#include "../message.h"
#include "../preemption.h"
#include "../program_set.h"
#include "lockorder_fentry.skel.h"
#include "lockorder_kprobe.skel.h"
#include "scopes.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Programs that hook VFIO are loaded with it: its types are there only then. */
enum part_name {
	PART_KERNEL,
	PART_VFIO,
	PARTS,
};

/* What could not be loaded so often is tried again only after so many looks. */
#define FAILURES 4
#define PAUSE 60

struct order_watch {
	bool kprobes;
	unsigned int failures, pause; /* of VFIO's part */
	struct program_set parts[PARTS];
	struct scopes *scopes;
	bool modules_gone; /* since they were hooked */
	struct ring_buffer *ring;
	const struct order_receiver *receiver;
};

static const char *const shared_maps[] = { ".bss",	   "order_tasks", "order_locks",
					   "order_names",  "order_edges", "order_events",
					   "order_devices" };

/*
 * Loading
 */

static enum part_name part_of(const struct bpf_program *program)
{
	return strncmp(bpf_program__name(program), "vfio_", 5) ? PART_KERNEL : PART_VFIO;
}

/* NULL with errno. */
static struct bpf_object *load_object(const struct order_watch *watch, enum part_name part)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "vfioscope_order");
	struct bpf_program *program;
	struct bpf_object *object;
	const void *elf;
	size_t bytes;
	int error = 0;

	elf = watch->kprobes ? lockorder_kprobe__elf_bytes(&bytes) :
			       lockorder_fentry__elf_bytes(&bytes);
	object = bpf_object__open_mem(elf, bytes, &options);
	if (!object)
		return NULL;
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, part_of(program) == part);
	if (part != PART_KERNEL)
		error = program_set_share_maps(object, watch->parts[PART_KERNEL].object,
					       shared_maps,
					       sizeof(shared_maps) / sizeof(shared_maps[0]));
	error = error ?: bpf_object__load(object);
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

static int open_part(struct order_watch *watch, enum part_name name)
{
	return program_set_open(&watch->parts[name], load_object(watch, name));
}

void order_watch_pick_up_modules(struct order_watch *watch)
{
	struct program_set *part = &watch->parts[PART_VFIO];

	if (!kernel_has_vfio()) {
		program_set_close(part);
		watch->failures = watch->pause = 0;
		return;
	}
	if (part->object || (watch->pause && --watch->pause) || !open_part(watch, PART_VFIO))
		return;
	message_debug("VFIO: %s", strerror(errno));
	/* It may only just be loading. */
	if (++watch->failures % FAILURES)
		return;
	watch->pause = PAUSE;
	message_warning("who uses and who removes VFIO devices is not seen: %s", strerror(errno));
}

void order_watch_attach_more(struct order_watch *watch)
{
	for (size_t i = 0; i < PARTS; i++)
		program_set_retry(&watch->parts[i]);
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
	else if (*type == ORDER_EVENT_MODULE)
		receiver->module(receiver->argument);
	return 0;
}

int order_watch_event_fd(const struct order_watch *watch)
{
	return ring_buffer__epoll_fd(watch->ring);
}

int order_watch_receive(struct order_watch *watch)
{
	return ring_buffer__consume(watch->ring) < 0 ? -1 : 0;
}

static int map_of(const struct order_watch *watch, const char *name)
{
	return bpf_object__find_map_fd_by_name(watch->parts[PART_KERNEL].object, name);
}

int order_watch_seen(const struct order_watch *watch, const struct order_key *key,
		     struct order_seen *seen)
{
	return bpf_map_lookup_elem(map_of(watch, "order_edges"), key, seen) ? -1 : 0;
}

__u32 order_watch_modules(const struct order_watch *watch)
{
	struct order_state state = { 0 };
	const __u32 first = 0;

	bpf_map_lookup_elem(map_of(watch, ".bss"), &first, &state);
	return state.modules;
}

bool order_watch_is_current(const struct order_watch *watch, __u64 address, __u32 id)
{
	__u32 known[2]; /* as struct order_lock has it: its number, its kind */

	return !bpf_map_lookup_elem(map_of(watch, "order_locks"), &address, known) &&
	       known[0] == id;
}

void order_watch_forget(const struct order_watch *watch, __u64 address)
{
	bpf_map_delete_elem(map_of(watch, "order_locks"), &address);
}

/*
 * Opening
 */

static int open_kernel_part(struct order_watch *watch)
{
	int error = open_part(watch, PART_KERNEL);

	/* Some kernels load such programs and do not attach them, or call locks otherwise. */
	if (!error || watch->kprobes || errno == EPERM)
		return error;
	message_debug("fentry: %s; taking kprobes", strerror(errno));
	watch->kprobes = true;
	return open_part(watch, PART_KERNEL);
}

struct order_watch *order_watch_open(char *const *scopes, const struct order_receiver *receiver)
{
	struct order_watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		message_error("out of memory");
		return NULL;
	}
	watch->receiver = receiver;
	/* Other programs would be skipped at times (preemption.h), or have no trampolines. */
	watch->kprobes = preemption_in_kernel() || !kernel_has_jit();
	if (open_kernel_part(watch)) {
		program_set_say_failure("watch in which order locks are taken");
		order_watch_close(watch);
		return NULL;
	}
	watch->ring = ring_buffer__new(map_of(watch, "order_events"), receive, watch, NULL);
	if (!watch->ring)
		message_error("cannot read events: %s", strerror(errno));
	else
		watch->scopes = scopes_open(watch->parts[PART_KERNEL].object, scopes);
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
	for (size_t i = PARTS; i-- > 0;)
		program_set_close(&watch->parts[i]);
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
	       !strcmp(name, "mutex_init_entry");
}

struct order_losses order_watch_losses(const struct order_watch *watch)
{
	struct order_losses losses = { .missed_runs = scopes_missed(watch->scopes) };
	const __u32 first = 0;

	bpf_map_lookup_elem(map_of(watch, ".bss"), &first, &losses.state);
	for (size_t i = 0; i < PARTS; i++) {
		const struct program_set *part = &watch->parts[i];

		losses.missed_runs += program_set_missed(part);
		for (size_t j = 0; j < part->absent_count; j++)
			if (!is_optional(part->absent[j]) &&
			    losses.absent < sizeof(losses.names) / sizeof(losses.names[0]))
				losses.names[losses.absent++] = part->absent[j];
	}
	return losses;
}
