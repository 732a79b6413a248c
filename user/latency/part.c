// SPDX-License-Identifier: GPL-2.0-only
#include "part.h"

#include "../bpf_object.h"
#include "../compat.h"
#include "../message.h"
#include "../missed.h"
#include "core_btf.h"
#include "latency_fentry.skel.h"
#include "latency_fsession.skel.h"
#include "latency_kprobe.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Programs of a hook: at most entry and exit. Plus the two that follow processes. */
#define PROGRAMS_PER_HOOK 2
#define FOLLOW_PROGRAMS 2

struct part {
	struct bpf_object *object;
	size_t links;
	struct {
		struct bpf_link *link;	 /* NULL: its function went away with its module */
		const struct hook *hook; /* NULL: none */
	} at[];
};

/* enum of include/linux/bpf_verifier.h: what the verifier did, not each step. */
#define VERIFIER_STATISTICS 4

static const char *const follow_programs[FOLLOW_PROGRAMS] = { "follow_fork", "follow_free" };

static bool is_follow(const struct bpf_program *program)
{
	for (size_t i = 0; i < FOLLOW_PROGRAMS; i++)
		if (!strcmp(bpf_program__name(program), follow_programs[i]))
			return true;
	return false;
}

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
		options->attach_prog_fd = 0;
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

static const void *object_of(enum hook_type type, size_t *bytes)
{
	switch (type) {
	case HOOK_TYPE_FSESSION:
		return latency_fsession__elf_bytes(bytes);
	case HOOK_TYPE_FENTRY:
		return latency_fentry__elf_bytes(bytes);
	default:
		return latency_kprobe__elf_bytes(bytes);
	}
}

/* types: a descriptor of what to relocate against, or negative: libbpf is to look itself. */
static struct bpf_object *open_object(const void *elf, size_t bytes, int types)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", types);
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "vfioscope",
		    .kernel_log_level = message_is_verbose() ? VERIFIER_STATISTICS : 0,
		    .btf_custom_path = types >= 0 && !access(path, R_OK) ? path : NULL);
	return bpf_object__open_mem(elf, bytes, &options);
}

/*
 * What typed programs attach to is said by prepare_typed(). libbpf would read all
 * of vmlinux's BTF to find it, unless it is a program's; which is not looked at.
 */
static int keep_from_searching(struct bpf_object *object, int some_file)
{
	struct bpf_program *program;
	int error = 0;

	bpf_object__for_each_program (program, object)
		if (bpf_program__autoload(program) &&
		    bpf_program__type(program) == BPF_PROG_TYPE_TRACING && !is_follow(program))
			error = error ?: bpf_program__set_attach_target(program, some_file, NULL);
	return error;
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
static bool needs_program(const struct latency_config *config, const char *name)
{
	return !strcmp(name, "follow_fork") ? config->follow : config->forget_tasks;
}

static void choose_programs(const struct tracer_options *options, struct bpf_object *object,
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
					  needs_program(&options->config, follow_programs[i]));
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

/* Chooses, relocates and loads; types as for open_object(). NULL with errno if it fails. */
static struct bpf_object *load_object(const void *elf, size_t bytes,
				      const struct tracer_options *options, const bool *wanted,
				      const struct part *first, int types)
{
	struct bpf_object *object = open_object(elf, bytes, types);
	int error;

	if (!object)
		return NULL;
	choose_programs(options, object, wanted, !first);
	error = first ? share_maps(object, first->object) : prepare_maps(object, options);
	if (!error && types >= 0)
		error = keep_from_searching(object, types);
	return bpf_object_load(object, error);
}

/* With the types collected for it, or if that does not do, with all that libbpf finds. */
static struct bpf_object *load_somehow(enum hook_type type, const struct kernel *kernel,
				       const struct tracer_options *options, const bool *wanted,
				       const struct part *first)
{
	size_t bytes;
	const void *elf = object_of(type, &bytes);
	int types = core_btf_create(kernel->types, kernel->types_count, elf, bytes);
	struct bpf_object *object;
	int error;

	message_debug("the kernel's types for relocation: %s",
		      types < 0 ? strerror(-types) : "collected");
	object = load_object(elf, bytes, options, wanted, first, types);
	if (types < 0)
		return object;
	error = errno;
	close(types);
	/* Privileges are not among what is missing then. */
	if (!object && error != EPERM)
		return load_object(elf, bytes, options, wanted, first, -1);
	errno = error;
	return object;
}

int part_load(struct part **loaded, enum hook_type type, const struct kernel *kernel,
	      const struct tracer_options *options, const bool *wanted, const struct part *first)
{
	struct part *part;
	int error;

	error = handle_typed_sections();
	if (error)
		return error;
	part = calloc(1, sizeof(*part) + (hook_count * PROGRAMS_PER_HOOK + FOLLOW_PROGRAMS) *
						 sizeof(part->at[0]));
	if (!part)
		return -ENOMEM;
	attach_kernel = kernel;
	part->object = load_somehow(type, kernel, options, wanted, first);
	if (!part->object) {
		error = -errno;
		free(part);
		return error;
	}
	*loaded = part;
	return 0;
}

void part_free(struct part *part)
{
	if (!part)
		return;
	/* Entries first: what has begun may still end. */
	for (size_t i = part->links; i-- > 0;)
		bpf_link__destroy(part->at[i].link);
	bpf_object__close(part->object);
	free(part);
}

static int attach_program(struct part *part, const struct bpf_program *program,
			  const struct hook *hook)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link)
		return -errno;
	part->at[part->links].hook = hook;
	part->at[part->links++].link = link;
	return 0;
}

int part_attach_hook(struct part *part, const struct hook *hook)
{
	struct bpf_program *programs[PROGRAMS_PER_HOOK];
	size_t count = hook_programs(part->object, hook, programs), before = part->links;

	for (size_t i = 0; i < count; i++) {
		int error = attach_program(part, programs[i], hook);

		if (!error)
			continue;
		while (part->links > before)
			bpf_link__destroy(part->at[--part->links].link);
		return error;
	}
	return 0;
}

int part_attach_follow(struct part *part, const struct latency_config *config)
{
	for (size_t i = 0; i < FOLLOW_PROGRAMS; i++) {
		const char *name = follow_programs[i];
		int error = 0;

		if (needs_program(config, name))
			error = attach_program(
				part, bpf_object__find_program_by_name(part->object, name), NULL);
		if (error)
			return error;
	}
	return 0;
}

bool part_detach_hook(struct part *part, const struct hook *hook, __u64 *missed)
{
	bool in_use = false;

	for (size_t i = 0; i < part->links; i++) {
		if (part->at[i].hook == hook) {
			*missed += missed_by_link(part->at[i].link);
			bpf_link__destroy(part->at[i].link);
			part->at[i].link = NULL;
			part->at[i].hook = NULL;
		}
		in_use |= part->at[i].link != NULL;
	}
	return in_use;
}

__u64 part_missed_probes(const struct part *part)
{
	__u64 missed = 0;

	for (size_t i = 0; i < part->links; i++)
		missed += missed_by_link(part->at[i].link);
	return missed;
}

__u64 part_missed_runs(const struct part *part)
{
	return missed_by_programs(part->object);
}

const struct bpf_object *part_object(const struct part *part)
{
	return part->object;
}
