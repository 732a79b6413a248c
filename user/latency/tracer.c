// SPDX-License-Identifier: GPL-2.0-only
#include "tracer.h"

#include "../compat.h"
#include "../message.h"
#include "latency_fentry.skel.h"
#include "latency_fsession.skel.h"
#include "latency_kprobe.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * One load of the programs for one set of hooks. Modules that come later, and
 * hooks that must be attached in a lesser way, get a load of their own; all
 * loads share the maps of the first.
 */
struct part {
	struct part *next;
	struct bpf_object *object;
	size_t links;
	struct bpf_link *link[];
};

struct tracer {
	struct tracer_options options;
	struct kernel kernel;
	struct hook_state *hooks;
	struct part *parts; /* the first load is the last in the list */
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

/* Programs of a hook: at most entry and exit. Plus the two that follow processes. */
#define PROGRAMS_PER_HOOK 2
#define FOLLOW_PROGRAMS 2

#define EVENTS_PER_POLL 1024

/* enum of include/linux/bpf_verifier.h: what the verifier did, not each step. */
#define VERIFIER_STATISTICS 4

static const char *const follow_programs[FOLLOW_PROGRAMS] = { "follow_fork", "follow_free" };

/* The kernel whose functions the programs being loaded attach to: libbpf's handlers are global. */
static const struct kernel *attach_kernel;

/* Says what a typed program attaches to, found in one walk for all of them. */
static int prepare_typed(struct bpf_program *program, struct bpf_prog_load_opts *options,
			 long cookie)
{
	const char *function = strchr(bpf_program__section_name(program), '/') + 1;

	(void)cookie;
	for (size_t i = 0; i < hook_count; i++) {
		if (strcmp(hooks[i].function, function))
			continue;
		options->attach_btf_obj_fd = (__u32)attach_kernel->functions[i].btf_fd;
		options->attach_btf_id = attach_kernel->functions[i].id;
		return 0;
	}
	return -ESRCH;
}

static int attach_typed(const struct bpf_program *program, long cookie, struct bpf_link **link)
{
	(void)cookie;
	*link = bpf_program__attach_trace(program);
	return *link ? 0 : -errno;
}

/* Takes the place of libbpf's own handlers, which know neither fsession nor a quick search. */
static int handle_typed_sections(void)
{
	static const struct {
		const char *section;
		enum bpf_attach_type attach_type;
	} handlers[] = {
		{ "fsession/", COMPAT_TRACE_FSESSION },
		{ "fentry/", BPF_TRACE_FENTRY },
		{ "fexit/", BPF_TRACE_FEXIT },
	};
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = prepare_typed,
		    .prog_attach_fn = attach_typed);
	static bool done;

	for (size_t i = 0; !done && i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		int handler = libbpf_register_prog_handler(handlers[i].section,
							   BPF_PROG_TYPE_TRACING,
							   handlers[i].attach_type, &options);

		if (handler < 0)
			return handler;
	}
	done = true;
	return 0;
}

static struct bpf_object *open_object(enum hook_type type)
{
	const void *bytes = NULL;
	size_t size = 0;

	switch (type) {
	case HOOK_TYPE_FSESSION:
		bytes = latency_fsession__elf_bytes(&size);
		break;
	case HOOK_TYPE_FENTRY:
		bytes = latency_fentry__elf_bytes(&size);
		break;
	default:
		bytes = latency_kprobe__elf_bytes(&size);
	}
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "vfioscope",
		    .kernel_log_level = message_is_verbose() ? VERIFIER_STATISTICS : 0);
	return bpf_object__open_mem(bytes, size, &options);
}

/* The programs of a hook in this load, entry last: it must not run before its exit does. */
static size_t hook_programs(const struct bpf_object *object, const struct hook *hook,
			    struct bpf_program **programs)
{
	static const char *const suffixes[] = { "session", "exit", "entry" };
	size_t found = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char name[128];
		struct bpf_program *program;

		snprintf(name, sizeof(name), "%s_%s", hook->function, suffixes[i]);
		program = bpf_object__find_program_by_name(object, name);
		if (program)
			programs[found++] = program;
	}
	return found;
}

/* What a program beside the hooks is for. */
static bool needs_program(const struct tracer *tracer, const char *name)
{
	return !strcmp(name, "follow_fork") ? tracer->options.config.follow :
					      tracer->options.config.forget_tasks;
}

static void choose_programs(const struct tracer *tracer, struct bpf_object *object,
			    const bool *wanted, bool first)
{
	struct bpf_program *program, *programs[PROGRAMS_PER_HOOK];

	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < hook_count; i++) {
		size_t count = wanted[i] ? hook_programs(object, &hooks[i], programs) : 0;

		for (size_t j = 0; j < count; j++)
			bpf_program__set_autoload(programs[j], true);
	}
	for (size_t i = 0; first && i < FOLLOW_PROGRAMS; i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(object,
									   follow_programs[i]),
					  needs_program(tracer, follow_programs[i]));
}

/* Sizes and contents of the first load's maps. */
static int prepare_maps(struct bpf_object *object, const struct tracer_options *options)
{
	struct bpf_map *settings = bpf_object__find_map_by_name(object, ".rodata.config");
	struct bpf_map *keys = bpf_object__find_map_by_name(object, "key_by_value");
	struct bpf_map *stats = bpf_object__find_map_by_name(object, "stats");
	struct bpf_map *events = bpf_object__find_map_by_name(object, "events");
	struct bpf_map *followed = bpf_object__find_map_by_name(object, "followed");
	int error;

	error = bpf_map__set_initial_value(settings, &options->config, sizeof(options->config));
	error = error ?: bpf_map__set_max_entries(keys, options->config.max_keys);
	error = error ?: bpf_map__set_max_entries(stats, options->config.max_keys);
	if (!options->config.follow)
		error = error ?: bpf_map__set_max_entries(followed, 1);
	if (options->event_bytes)
		error = error ?: bpf_map__set_max_entries(events, options->event_bytes);
	return error;
}

static int share_maps(struct bpf_object *object, const struct bpf_object *first)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, object) {
		const struct bpf_map *shared =
			bpf_object__find_map_by_name(first, bpf_map__name(map));
		int error;

		if (!shared)
			continue;
		error = bpf_map__reuse_fd(map, bpf_map__fd(shared));
		if (error)
			return error;
	}
	return 0;
}

static struct bpf_object *first_object(const struct tracer *tracer)
{
	const struct part *part = tracer->parts;

	while (part && part->next)
		part = part->next;
	return part ? part->object : NULL;
}

static void free_part(struct part *part)
{
	/* Entries first: what has begun may still end. */
	for (size_t i = part->links; i-- > 0;)
		bpf_link__destroy(part->link[i]);
	bpf_object__close(part->object);
	free(part);
}

/* Loads the wanted hooks' programs; returns 0 or a negative errno. */
static int load_part(struct tracer *tracer, enum hook_type type, const bool *wanted)
{
	bool first = !tracer->parts;
	struct part *part;
	int error;

	part = calloc(1, sizeof(*part) + (hook_count * PROGRAMS_PER_HOOK + FOLLOW_PROGRAMS) *
						 sizeof(part->link[0]));
	if (!part)
		return -ENOMEM;
	part->object = open_object(type);
	if (!part->object) {
		error = -errno;
		free(part);
		return error;
	}
	choose_programs(tracer, part->object, wanted, first);
	error = first ? prepare_maps(part->object, &tracer->options) :
			share_maps(part->object, first_object(tracer));
	error = error ?: bpf_object__load(part->object);
	if (error) {
		free_part(part);
		return error;
	}
	part->next = tracer->parts;
	tracer->parts = part;
	return 0;
}

static int attach_program(struct part *part, const struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link)
		return -errno;
	part->link[part->links++] = link;
	return 0;
}

/* Attaches all of a hook's programs or none. */
static int attach_hook(struct part *part, const struct hook *hook)
{
	struct bpf_program *programs[PROGRAMS_PER_HOOK];
	size_t count = hook_programs(part->object, hook, programs), before = part->links;

	for (size_t i = 0; i < count; i++) {
		int error = attach_program(part, programs[i]);

		if (!error)
			continue;
		while (part->links > before)
			bpf_link__destroy(part->link[--part->links]);
		return error;
	}
	return 0;
}

/*
 * Attaches the wanted hooks of the newest load, and takes those that were
 * attached out of `wanted`. Returns how many are left.
 */
static size_t attach_part(struct tracer *tracer, enum hook_type type, bool *wanted)
{
	struct part *part = tracer->parts;
	size_t left = 0;

	for (size_t i = 0; i < hook_count; i++) {
		struct hook_state *state = &tracer->hooks[i];

		if (!wanted[i])
			continue;
		state->error = -attach_hook(part, &hooks[i]);
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

/* Loads and attaches the wanted hooks, each in the first way that works. */
static int attach_hooks(struct tracer *tracer, bool *wanted)
{
	enum hook_type types[HOOK_TYPES];
	size_t count = types_to_try(tracer, types);
	int error = -ENOENT;

	for (size_t i = 0; i < count; i++) {
		enum hook_type type = types[i];

		if (!tracer->kernel.has_type[type])
			continue;
		error = load_part(tracer, type, wanted);
		message_debug("loading %s programs: %s", hook_type_name(type),
			      error ? strerror(-error) : "done");
		if (error)
			continue;
		if (!attach_part(tracer, type, wanted))
			return 0;
	}
	return tracer->parts ? 0 : error;
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

static int attach_follow(struct tracer *tracer)
{
	struct part *part = tracer->parts;
	int error = 0;

	while (part->next)
		part = part->next;
	for (size_t i = 0; !error && i < FOLLOW_PROGRAMS; i++)
		if (needs_program(tracer, follow_programs[i]))
			error = attach_program(part, bpf_object__find_program_by_name(
							     part->object, follow_programs[i]));
	return error;
}

/* Which hooks are asked for, there, and not attached yet. */
static size_t missing_hooks(struct tracer *tracer, bool *wanted)
{
	size_t count = 0;

	for (size_t i = 0; i < hook_count; i++) {
		struct hook_state *state = &tracer->hooks[i];

		state->presence = tracer->kernel.functions[i].presence;
		wanted[i] = tracer->options.groups[hooks[i].group] && !state->attached &&
			    !state->error && state->presence >= HOOK_IN_VMLINUX;
		count += wanted[i];
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
	bool wanted[hook_count];
	int error;

	if (handle_typed_sections() || kernel_open(&tracer->kernel)) {
		message_error("out of memory");
		return -1;
	}
	attach_kernel = &tracer->kernel;
	if (!tracer->kernel.has_btf) {
		message_error("the kernel has no BTF (/sys/kernel/btf/vmlinux): boot one built "
			      "with CONFIG_DEBUG_INFO_BTF");
		return -1;
	}
	missing_hooks(tracer, wanted);
	error = attach_hooks(tracer, wanted);
	error = error ?: map_counters(tracer);
	error = error ?: attach_follow(tracer);
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
	while (tracer->parts) {
		struct part *next = tracer->parts->next;

		free_part(tracer->parts);
		tracer->parts = next;
	}
	kernel_close(&tracer->kernel);
	free(tracer->hooks);
	free(tracer);
}

void tracer_start(struct tracer *tracer)
{
	__atomic_store_n(&tracer->state->enabled, 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&tracer->state->generation, GENERATION, __ATOMIC_SEQ_CST);
}

void tracer_stop(struct tracer *tracer)
{
	__atomic_store_n(&tracer->state->enabled, 0, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&tracer->state->generation, GENERATION, __ATOMIC_SEQ_CST);
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

static bool module_arrived(const struct tracer *tracer)
{
	for (size_t i = 0; i < hook_count; i++)
		if (tracer->options.groups[hooks[i].group] &&
		    tracer->hooks[i].presence == HOOK_NO_MODULE &&
		    kernel_has_module(hooks[i].module))
			return true;
	return false;
}

int tracer_pick_up_modules(struct tracer *tracer)
{
	bool wanted[hook_count];
	size_t before;

	if (!module_arrived(tracer))
		return 0;
	kernel_find_hooks(&tracer->kernel);
	before = missing_hooks(tracer, wanted);
	if (!before)
		return 0;
	attach_hooks(tracer, wanted);
	for (size_t i = 0; i < hook_count; i++)
		before -= wanted[i];
	return (int)before;
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

size_t tracer_errnos(const struct tracer *tracer, __u32 key, struct errno_count *counts,
		     size_t most)
{
	struct errno_key at, *previous = NULL;
	size_t found = 0;

	while (found < most && !bpf_map_get_next_key(tracer->errnos_fd, previous, &at)) {
		if (at.key == key &&
		    !bpf_map_lookup_elem(tracer->errnos_fd, &at, &counts[found].count))
			counts[found++].error = at.error;
		previous = &at;
	}
	return found;
}

static __u64 count_missed_runs(const struct part *part)
{
	struct bpf_program *program;
	__u64 missed = 0;

	bpf_object__for_each_program (program, part->object) {
		struct bpf_prog_info info = {};
		__u32 bytes = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &bytes))
			missed += info.recursion_misses;
	}
	return missed;
}

static __u64 count_missed_probes(const struct part *part)
{
	__u64 missed = 0;

	for (size_t i = 0; i < part->links; i++) {
		struct compat_link_info info = {};
		__u32 bytes = sizeof(info);

		if (bpf_obj_get_info_by_fd(bpf_link__fd(part->link[i]), &info, &bytes))
			continue;
		if (info.type == COMPAT_LINK_PERF_EVENT &&
		    (info.perf_event_type == COMPAT_PERF_EVENT_KPROBE ||
		     info.perf_event_type == COMPAT_PERF_EVENT_KRETPROBE))
			missed += info.missed;
	}
	return missed;
}

static __u64 count_in_flight(const struct task_slot *slot)
{
	__u64 count = 0;

	for (unsigned int nesting = 0; nesting < NESTINGS; nesting++)
		count += slot->owner & 1u << nesting && slot->in_flight[nesting].key < KEY_LOST;
	return count;
}

void tracer_losses(const struct tracer *tracer, struct report_losses *losses)
{
	memset(losses, 0, sizeof(*losses));
	memcpy(losses->by_cause, tracer->state->losses, sizeof(losses->by_cause));
	for (const struct part *part = tracer->parts; part; part = part->next) {
		losses->missed_runs += count_missed_runs(part);
		losses->missed_probes += count_missed_probes(part);
	}
	for (size_t i = 0; i < TASK_SLOTS; i++)
		losses->in_flight += count_in_flight(&tracer->state->tasks[i]);
	for (size_t i = 0; i < hook_count; i++)
		losses->unattached += tracer->hooks[i].error && !hooks[i].entry_only;
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
		if (hooks[i].entry_only && tracer->hooks[i].attached)
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
		return 0;
	errno = -result;
	return -1;
}
