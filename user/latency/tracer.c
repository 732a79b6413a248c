// SPDX-License-Identifier: GPL-2.0-only
#include "tracer.h"

#include "../message.h"
#include "part.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

struct loaded {
	struct loaded *next;
	struct part *part;
};

struct tracer {
	struct tracer_options options;
	struct kernel kernel;
	struct hook_state *hooks;
	struct loaded *loads; /* the newest first: the last in the list has the maps */
	/* What was missed by programs and probes that are gone. */
	__u64 missed_runs, missed_probes;
	struct ring_buffer *ring;
	unsigned int received; /* events in this poll */
	tracer_receive receive;
	void *receive_argument;
	/* Maps of the first load, shared with the kernel. */
	struct latency_state *state;
	struct latency_stats *stats;
	struct device_info *devices;
	size_t state_bytes, stats_bytes, devices_bytes;
	int errnos_fd;
};

static struct part *first_part(const struct tracer *tracer)
{
	const struct loaded *loaded = tracer->loads;

	while (loaded && loaded->next)
		loaded = loaded->next;
	return loaded ? loaded->part : NULL;
}

static const struct bpf_object *first_object(const struct tracer *tracer)
{
	return part_object(first_part(tracer));
}

/* Loads the wanted hooks' programs; returns 0 or a negative errno. */
static int load(struct tracer *tracer, enum hook_type type, const bool *wanted)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	int error;

	if (!loaded)
		return -ENOMEM;
	error = part_load(&loaded->part, type, &tracer->kernel, &tracer->options, wanted,
			  first_part(tracer));
	if (error) {
		free(loaded);
		return error;
	}
	loaded->next = tracer->loads;
	tracer->loads = loaded;
	return 0;
}

static void unload(struct loaded **place)
{
	struct loaded *loaded = *place;

	*place = loaded->next;
	part_free(loaded->part);
	free(loaded);
}

/*
 * Attaches the wanted hooks of the newest load, and takes those that were
 * attached out of `wanted`. Returns how many are left.
 */
static size_t attach_newest(struct tracer *tracer, enum hook_type type, bool *wanted)
{
	size_t left = 0;

	for (size_t i = 0; i < hook_count; i++) {
		struct hook_state *state = &tracer->hooks[i];

		if (!wanted[i])
			continue;
		state->error = -part_attach_hook(tracer->loads->part, &hooks[i]);
		state->type = type;
		state->attached = !state->error;
		if (state->attached)
			wanted[i] = false;
		else
			left++;
	}
	return left;
}

/* The ways to attach in the order to try them; returns how many. */
static size_t types_to_try(const struct tracer *tracer, enum hook_type *types)
{
	enum hook_type cheapest = tracer->options.cheapest_type;
	size_t count = 0;

	/* Kprobes lose nothing where others may. */
	if (cheapest == HOOK_TYPES) {
		cheapest = 0;
		if (tracer->kernel.preempts)
			types[count++] = HOOK_TYPE_KPROBE;
	}
	for (enum hook_type type = cheapest; type < HOOK_TYPES; type++)
		if (!count || types[0] != type)
			types[count++] = type;
	return count;
}

/* None of these could be loaded in this way; the next way may do. */
static void note_error(struct tracer *tracer, enum hook_type type, const bool *wanted, int error)
{
	for (size_t i = 0; i < hook_count; i++) {
		if (!wanted[i])
			continue;
		tracer->hooks[i].type = type;
		tracer->hooks[i].error = -error;
	}
}

/* Loads and attaches the wanted hooks, each in the first way that works. */
static int attach_hooks(struct tracer *tracer, bool *wanted)
{
	enum hook_type types[HOOK_TYPES];
	size_t count = types_to_try(tracer, types), left, missing = 0;
	int error = -ENOENT;

	for (size_t i = 0; i < hook_count; i++)
		missing += wanted[i];
	for (size_t i = 0; i < count; i++) {
		enum hook_type type = types[i];

		if (kernel_try_type(&tracer->kernel, type, false))
			continue;
		error = load(tracer, type, wanted);
		message_debug("loading %s programs: %s", hook_type_name(type),
			      error ? strerror(-error) : "done");
		if (error) {
			note_error(tracer, type, wanted, error);
			continue;
		}
		left = attach_newest(tracer, type, wanted);
		if (!left)
			return 0;
		/* Without a JIT they load and none is attached: not to be tried for each load. */
		if (left == missing && type != HOOK_TYPE_KPROBE && !tracer->loads->next)
			tracer->kernel.type_error[type] = ENOTSUP;
		missing = left;
	}
	if (!tracer->loads)
		return error;
	for (size_t i = 0; i < hook_count; i++)
		if (wanted[i] && !tracer->hooks[i].error)
			tracer->hooks[i].error = ENOTSUP;
	return 0;
}

static void *map_memory(const struct bpf_object *object, const char *name, size_t *bytes)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size;
	void *memory;

	size = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	*bytes = (size + page - 1) & ~(page - 1);
	memory = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static int receive_event(void *argument, void *data, size_t bytes)
{
	struct tracer *tracer = argument;

	/* An event without its stack is shorter. */
	if (bytes >= offsetof(struct latency_event, stack))
		tracer->receive(data, tracer->receive_argument);
	/* Who writes faster than we read must not keep us from signals and the time. */
	return ++tracer->received < EVENTS_PER_POLL ? 0 : -ECANCELED;
}

static int map_counters(struct tracer *tracer)
{
	const struct bpf_object *object = first_object(tracer);

	tracer->state = map_memory(object, ".bss", &tracer->state_bytes);
	tracer->stats = map_memory(object, "stats", &tracer->stats_bytes);
	tracer->devices = map_memory(object, "devices", &tracer->devices_bytes);
	tracer->errnos_fd = bpf_object__find_map_fd_by_name(object, "errnos");
	if (!tracer->state || !tracer->stats || !tracer->devices)
		return -errno;
	if (tracer->options.event_bytes) {
		tracer->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"),
						receive_event, tracer, NULL);
		if (!tracer->ring)
			return -errno;
	}
	return 0;
}

/* Accesses that the device widths belong to can be told from others only if all are seen. */
static bool is_asked_for(const struct tracer_options *options, const struct hook *hook)
{
	__u32 operations = options->config.operations;

	if (!options->groups[hook->group])
		return false;
	return !operations || options->groups[HOOK_GROUP_DEVICE_ACCESS] || hook->always ||
	       operations & hook_operations(hook);
}

/* Which hooks are asked for, there, and not attached yet. */
static size_t missing_hooks(struct tracer *tracer, bool *wanted)
{
	size_t count = 0;

	for (size_t i = 0; i < hook_count; i++) {
		struct hook_state *state = &tracer->hooks[i];

		state->presence = tracer->kernel.functions[i].presence;
		state->module = tracer->kernel.functions[i].module;
		wanted[i] = is_asked_for(&tracer->options, &hooks[i]) && !state->attached &&
			    !state->error && state->presence >= HOOK_IN_VMLINUX;
		count += wanted[i];
	}
	return count;
}

/* Of the wanted hooks those of VFIO reads, what most devices do most; returns how many. */
static size_t keep_reads(const bool *wanted, bool *reads)
{
	size_t count = 0;

	for (size_t i = 0; i < hook_count; i++) {
		reads[i] = wanted[i] && hook_operations(&hooks[i]) == 1u << OPERATION_READ;
		count += reads[i];
	}
	return count;
}

static void explain_load_error(int error)
{
	if (error == -EPERM || error == -EACCES)
		message_error("the kernel refuses BPF programs: run as root, or with CAP_BPF, "
			      "CAP_PERFMON and CAP_SYS_ADMIN (see vfioscope doctor)");
	else
		message_error("cannot load BPF programs: %s (vfioscope doctor tells what is "
			      "missing, -v what the kernel says)",
			      strerror(-error));
}

static int open_tracer(struct tracer *tracer)
{
	/*
	 * A command is not to begin before all is there, accesses are not to miss their
	 * widths, nor a trace to fill its buffer meanwhile.
	 */
	bool at_once = tracer->options.config.follow || tracer->options.config.trace ||
		       tracer->options.groups[HOOK_GROUP_DEVICE_ACCESS];
	bool wanted[hook_count], reads[hook_count];
	int error;

	if (kernel_open(&tracer->kernel)) {
		message_error("out of memory");
		return -1;
	}
	if (!tracer->kernel.has_btf) {
		message_error("the kernel has no BTF (/sys/kernel/btf/vmlinux): boot one built "
			      "with CONFIG_DEBUG_INFO_BTF");
		return -1;
	}
	missing_hooks(tracer, wanted);
	if (!keep_reads(wanted, reads))
		at_once = true;
	error = attach_hooks(tracer, at_once ? wanted : reads);
	error = error ?: map_counters(tracer);
	if (!error && at_once)
		tracer_attach_rest(tracer);
	error = error ?: part_attach_follow(first_part(tracer), &tracer->options.config);
	if (error) {
		explain_load_error(error);
		return -1;
	}
	if (tracer->options.groups[HOOK_GROUP_DEVICE_ACCESS] && !tracer_sees_bar_widths(tracer))
		message_warning("this kernel's accessors of BARs cannot be hooked: only the widths "
				"that reach configuration space are seen");
	return 0;
}

static void raise_memlock(void)
{
	/* Before 5.11 maps were charged to this limit; later it does not matter. */
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

struct tracer *tracer_open(const struct tracer_options *options)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));

	if (tracer)
		tracer->hooks = calloc(hook_count, sizeof(*tracer->hooks));
	if (!tracer || !tracer->hooks) {
		message_error("out of memory");
		free(tracer);
		return NULL;
	}
	raise_memlock();
	tracer->options = *options;
	if (open_tracer(tracer)) {
		tracer_close(tracer);
		return NULL;
	}
	return tracer;
}

void tracer_close(struct tracer *tracer)
{
	if (!tracer)
		return;
	if (tracer->state)
		tracer_stop(tracer);
	ring_buffer__free(tracer->ring);
	if (tracer->state)
		munmap(tracer->state, tracer->state_bytes);
	if (tracer->stats)
		munmap(tracer->stats, tracer->stats_bytes);
	if (tracer->devices)
		munmap(tracer->devices, tracer->devices_bytes);
	while (tracer->loads)
		unload(&tracer->loads);
	kernel_close(&tracer->kernel);
	free(tracer->hooks);
	free(tracer);
}

static void forget_cached_keys(struct tracer *tracer)
{
	__atomic_add_fetch(&tracer->state->generation, GENERATION, __ATOMIC_SEQ_CST);
}

void tracer_start(struct tracer *tracer)
{
	__atomic_store_n(&tracer->state->enabled, 1, __ATOMIC_SEQ_CST);
	forget_cached_keys(tracer);
}

void tracer_stop(struct tracer *tracer)
{
	__atomic_store_n(&tracer->state->enabled, 0, __ATOMIC_SEQ_CST);
	forget_cached_keys(tracer);
}

int tracer_follow(struct tracer *tracer, pid_t pid)
{
	int fd = bpf_object__find_map_fd_by_name(first_object(tracer), "followed");
	__u32 process = (__u32)pid;
	__u8 one = 1;

	if (!bpf_map_update_elem(fd, &process, &one, BPF_ANY))
		return 0;
	message_error("cannot follow process %d: %s", pid, strerror(errno));
	return -1;
}

/* Whether every hook that tells when a cached key has become wrong is attached. */
static bool tells_of_all(const struct tracer *tracer)
{
	for (size_t i = 0; i < hook_count; i++)
		if (hooks[i].always && tracer->hooks[i].error)
			return false;
	return true;
}

int tracer_attach_rest(struct tracer *tracer)
{
	bool wanted[hook_count];
	size_t missing = missing_hooks(tracer, wanted);

	if (!missing && tracer->state->settled) {
		kernel_drop_types(&tracer->kernel);
		return 0;
	}
	/* What is cached meanwhile might outlive what it is about. */
	__atomic_store_n(&tracer->state->settled, 0, __ATOMIC_SEQ_CST);
	forget_cached_keys(tracer);
	if (missing)
		attach_hooks(tracer, wanted);
	kernel_drop_types(&tracer->kernel);
	__atomic_store_n(&tracer->state->settled, tells_of_all(tracer), __ATOMIC_SEQ_CST);
	forget_cached_keys(tracer);
	for (size_t i = 0; i < hook_count; i++)
		missing -= wanted[i];
	return (int)missing;
}

/* Loaded, unloaded, or loaded again: only typed programs keep a module from that. */
static bool module_changed(const struct tracer *tracer, size_t hook, __u64 now)
{
	const struct hook_state *state = &tracer->hooks[hook];

	return hooks[hook].module && state->presence != HOOK_IN_VMLINUX &&
	       is_asked_for(&tracer->options, &hooks[hook]) && now != state->module;
}

static void forget_hook(struct tracer *tracer, size_t hook)
{
	struct loaded **place = &tracer->loads;

	tracer->hooks[hook].attached = false;
	tracer->hooks[hook].error = 0;
	while (*place) {
		struct loaded *loaded = *place;

		/* The first load's maps are everybody's. */
		if (part_detach_hook(loaded->part, &hooks[hook], &tracer->missed_probes) ||
		    !loaded->next) {
			place = &loaded->next;
			continue;
		}
		tracer->missed_runs += part_missed_runs(loaded->part);
		unload(place);
	}
}

int tracer_pick_up_modules(struct tracer *tracer)
{
	__u64 modules[hook_count];
	bool changed = false;

	kernel_modules(modules);
	for (size_t i = 0; i < hook_count; i++)
		changed = changed || module_changed(tracer, i, modules[i]);
	if (!changed)
		return 0;
	kernel_find_hooks(&tracer->kernel);
	/* By what was found, not by what was seen before: modules go on coming and going. */
	for (size_t i = 0; i < hook_count; i++)
		if (tracer->hooks[i].module != tracer->kernel.functions[i].module)
			forget_hook(tracer, i);
	return tracer_attach_rest(tracer);
}

struct latency_stats *tracer_stats(const struct tracer *tracer, __u32 *count)
{
	__u32 keys = __atomic_load_n(&tracer->state->keys, __ATOMIC_ACQUIRE);

	*count = keys < tracer->options.config.max_keys ? keys : tracer->options.config.max_keys;
	return tracer->stats;
}

const struct device_info *tracer_device(const struct tracer *tracer, __u32 index)
{
	return index < MAX_DEVICES ? &tracer->devices[index] : NULL;
}

size_t tracer_errnos(const struct tracer *tracer, struct errno_key *keys, __u64 *counts)
{
	__u32 position, found = MAX_ERRNOS;

	if (bpf_map_lookup_batch(tracer->errnos_fd, NULL, &position, keys, counts, &found, NULL) &&
	    errno != ENOENT) /* the end of the map */
		return 0;
	return found;
}

static __u64 count_in_flight(const struct task_slot *slot)
{
	__u64 count = 0;

	for (unsigned int nesting = 0; nesting < NESTINGS; nesting++)
		count += slot->owner & 1u << nesting && slot->in_flight[nesting].key < KEY_LOST;
	return count;
}

/* What tells the widths that reach BARs, and measures nothing. */
static bool is_accessor(const struct hook *hook)
{
	return hook->group == HOOK_GROUP_DEVICE_ACCESS && hook->entry_only;
}

void tracer_losses(const struct tracer *tracer, struct report_losses *losses)
{
	memset(losses, 0, sizeof(*losses));
	memcpy(losses->by_cause, tracer->state->losses, sizeof(losses->by_cause));
	losses->missed_runs = tracer->missed_runs;
	losses->missed_probes = tracer->missed_probes;
	for (const struct loaded *loaded = tracer->loads; loaded; loaded = loaded->next) {
		losses->missed_runs += part_missed_runs(loaded->part);
		losses->missed_probes += part_missed_probes(loaded->part);
	}
	for (size_t i = 0; i < TASK_SLOTS; i++)
		losses->in_flight += count_in_flight(&tracer->state->tasks[i]);
	for (size_t i = 0; i < hook_count; i++)
		losses->unattached += tracer->hooks[i].error && !is_accessor(&hooks[i]);
}

const struct tracer_options *tracer_options(const struct tracer *tracer)
{
	return &tracer->options;
}

struct kernel *tracer_kernel(struct tracer *tracer)
{
	return &tracer->kernel;
}

const struct hook_state *tracer_hooks(const struct tracer *tracer)
{
	return tracer->hooks;
}

bool tracer_sees_bar_widths(const struct tracer *tracer)
{
	for (size_t i = 0; i < hook_count; i++)
		if (is_accessor(&hooks[i]) && tracer->hooks[i].attached)
			return true;
	return false;
}

__u64 tracer_map_bytes(const struct tracer *tracer)
{
	const struct bpf_map *map;
	__u64 bytes = 0;

	bpf_object__for_each_map (map, first_object(tracer))
		bytes += (__u64)bpf_map__max_entries(map) *
			 (bpf_map__key_size(map) + bpf_map__value_size(map));
	return bytes;
}

int tracer_event_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer_poll(struct tracer *tracer, int timeout_ms, tracer_receive receive, void *argument)
{
	int result;

	tracer->receive = receive;
	tracer->receive_argument = argument;
	tracer->received = 0;
	result = ring_buffer__poll(tracer->ring, timeout_ms);
	if (result >= 0 || result == -ECANCELED)
		return (int)tracer->received;
	errno = -result;
	return -1;
}
