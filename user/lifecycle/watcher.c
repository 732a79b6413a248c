// SPDX-License-Identifier: GPL-2.0-only
#include "watcher.h"

#include "../bpf_object.h"
#include "../iterator.h"
#include "../message.h"
#include "../missed.h"
#include "lifecycle_fentry.skel.h"
#include "lifecycle_kprobe.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Programs are loaded module by module: their types are there with it only. */
enum part_name {
	PART_KERNEL,
	PART_VFIO,
	PART_ZPCI,
	PARTS,
};

static const char *const part_modules[PARTS] = {
	[PART_VFIO] = "vfio_pci_core",
	[PART_ZPCI] = "zpci_vfio_pci",
};

/* What is not the kernel's own. */
static const struct {
	const char *program;
	enum part_name part;
} program_parts[] = {
	{ "vfio_pci_core_enable", PART_VFIO }, { "vfio_pci_core_disable", PART_VFIO },
	{ "vfio_pci_core_match", PART_VFIO },  { "vfio_pci_core_match_token_uuid", PART_VFIO },
	{ "open_files", PART_VFIO },	       { "mapped_files", PART_VFIO },
	{ "pf_sriov_refuse", PART_ZPCI },      { "zpci_vf_cap", PART_ZPCI },
};

#define MOST_PROGRAMS 64

struct part {
	struct bpf_object *object; /* NULL: its module is not loaded, or it cannot be */
	struct bpf_link *links[MOST_PROGRAMS];
	size_t link_count;
	bool warned; /* that it cannot be, since its module was loaded */
};

struct watcher {
	bool stack;
	bool kprobes; /* typed programs cannot be loaded */
	struct part parts[PARTS];
	struct ring_buffer *ring;
	watcher_receive receive;
	void *argument;
	__u64 missed_before; /* by parts that are gone */
	const char *absent[MOST_PROGRAMS];
	size_t absent_count;
};

static const char *function_of(const struct bpf_program *program)
{
	return strchr(bpf_program__section_name(program), '/') + 1;
}

static bool is_typed(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return !strncmp(section, "fentry/", 7) || !strncmp(section, "fexit/", 6);
}

static bool is_iterator(const struct bpf_program *program)
{
	return !strncmp(bpf_program__section_name(program), "iter/", 5);
}

static enum part_name part_of(const struct bpf_program *program)
{
	const char *names[] = { function_of(program), bpf_program__name(program) };

	for (size_t i = 0; i < sizeof(program_parts) / sizeof(program_parts[0]); i++)
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if (!strcmp(program_parts[i].program, names[j]))
				return program_parts[i].part;
	return PART_KERNEL;
}

static bool has_module(enum part_name part)
{
	char path[64];

	if (!part_modules[part])
		return true;
	snprintf(path, sizeof(path), "/sys/module/%s", part_modules[part]);
	if (!access(path, F_OK))
		return true;
	/* Built in, it shows by the driver that needs it, which has parameters. */
	return part == PART_VFIO && !access("/sys/module/vfio_pci", F_OK);
}

static void note_absent(struct watcher *watcher, const struct bpf_program *program)
{
	/* The object may be closed; the name is told once for entry and exit. */
	const char *function = function_of(program);

	/* Since 6.18; before, vfio_pci_core_match does it all. */
	if (!strcmp(function, "vfio_pci_core_match_token_uuid"))
		return;
	for (size_t i = 0; i < watcher->absent_count; i++)
		if (!strcmp(watcher->absent[i], function))
			return;
	function = strdup(function);
	if (function && watcher->absent_count < MOST_PROGRAMS)
		watcher->absent[watcher->absent_count++] = function;
}

static void forget_absent(struct watcher *watcher)
{
	while (watcher->absent_count)
		free((void *)watcher->absent[--watcher->absent_count]);
}

/*
 * Loading
 */

/* Functions that typed programs can attach to, of the kernel and a module. */
struct functions {
	struct btf *kernel, *module;
};

static void functions_open(struct functions *functions, enum part_name part)
{
	functions->kernel = btf__load_vmlinux_btf();
	functions->module = functions->kernel && part_modules[part] ?
				    btf__load_module_btf(part_modules[part], functions->kernel) :
				    NULL;
}

static void functions_close(struct functions *functions)
{
	btf__free(functions->module);
	btf__free(functions->kernel);
}

static bool is_known(const struct functions *functions, const char *name)
{
	const struct btf *btf = functions->module ? functions->module : functions->kernel;

	return btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

static void choose_programs(struct watcher *watcher, struct bpf_object *object, enum part_name part)
{
	struct bpf_program *program;
	struct functions functions;

	functions_open(&functions, part);
	bpf_object__for_each_program (program, object) {
		bool wanted = part_of(program) == part;

		if (wanted && is_typed(program) && !is_known(&functions, function_of(program))) {
			note_absent(watcher, program);
			wanted = false;
		}
		bpf_program__set_autoload(program, wanted);
	}
	functions_close(&functions);
}

/* The maps are the first part's. */
static int share_maps(const struct watcher *watcher, struct bpf_object *object)
{
	const struct lifecycle_config config = { .stack = watcher->stack };
	const struct bpf_object *first = watcher->parts[PART_KERNEL].object;
	static const char *const shared[] = { "events", "dropped" };
	int error;

	error = bpf_map__set_initial_value(bpf_object__find_map_by_name(object, ".rodata.config"),
					   &config, sizeof(config));
	for (size_t i = 0; first && !error && i < sizeof(shared) / sizeof(shared[0]); i++)
		error = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, shared[i]),
					  bpf_object__find_map_fd_by_name(first, shared[i]));
	return error;
}

static struct bpf_object *open_object(bool kprobes)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "vfioscope_events");
	const void *elf;
	size_t bytes;

	elf = kprobes ? lifecycle_kprobe__elf_bytes(&bytes) : lifecycle_fentry__elf_bytes(&bytes);
	return bpf_object__open_mem(elf, bytes, &options);
}

/* Returns NULL with errno. */
static struct bpf_object *load_programs(struct watcher *watcher, enum part_name part)
{
	struct bpf_object *object = open_object(watcher->kprobes);

	if (!object)
		return NULL;
	choose_programs(watcher, object, part);
	return bpf_object_load(object, share_maps(watcher, object));
}

static bool is_exit(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return !strncmp(section, "fexit/", 6) || !strncmp(section, "kretprobe/", 10);
}

static void attach_programs(struct watcher *watcher, struct part *part, bool exits)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, part->object) {
		struct bpf_link *link;

		if (!bpf_program__autoload(program) || is_iterator(program) ||
		    is_exit(program) != exits || part->link_count == MOST_PROGRAMS)
			continue;
		link = bpf_program__attach(program);
		if (link)
			part->links[part->link_count++] = link;
		else
			note_absent(watcher, program);
	}
}

static __u64 missed_by_part(const struct part *part)
{
	__u64 missed = 0;

	if (!part->object)
		return 0;
	for (size_t i = 0; i < part->link_count; i++)
		missed += missed_by_link(part->links[i]);
	return missed + missed_by_programs(part->object);
}

static void close_part(struct watcher *watcher, struct part *part)
{
	watcher->missed_before += missed_by_part(part);
	while (part->link_count)
		bpf_link__destroy(part->links[--part->link_count]);
	bpf_object__close(part->object);
	part->object = NULL;
}

/* It sends events, and writes nothing. */
static int run_iterator(const struct part *part, const char *name)
{
	void *nothing;
	long result = iterator_run(part->object, name, 0, 1, &nothing);

	free(nothing);
	return (int)result;
}

/*
 * Has the kernel send an event for each VFIO device that is open, before reading comes to an end.
 * Returns 0, or -1 with errno.
 */
static int send_open_files(const struct part *part)
{
	return run_iterator(part, "open_files") || run_iterator(part, "mapped_files") ? -1 : 0;
}

/* Returns -1 with errno, and the part is closed. */
static int load_part(struct watcher *watcher, enum part_name name)
{
	struct part *part = &watcher->parts[name];

	part->object = load_programs(watcher, name);
	if (!part->object)
		return -1;
	/* What has begun has to end: exits first. */
	attach_programs(watcher, part, true);
	attach_programs(watcher, part, false);
	if (part->link_count || name != PART_KERNEL)
		return 0;
	close_part(watcher, part);
	errno = EOPNOTSUPP;
	return -1;
}

static int open_part(struct watcher *watcher, enum part_name name)
{
	int error = load_part(watcher, name);

	/* Not every kernel has trampolines: some load such programs and do not attach them. */
	if (error && name == PART_KERNEL && errno != EPERM) {
		message_debug("fentry: %s; taking kprobes", strerror(errno));
		forget_absent(watcher);
		watcher->kprobes = true;
		error = load_part(watcher, name);
	}
	if (!error && name == PART_VFIO && send_open_files(&watcher->parts[name]))
		message_warning("cannot tell which devices are open already: %s", strerror(errno));
	return error;
}

void watcher_pick_up_modules(struct watcher *watcher)
{
	for (enum part_name name = PART_VFIO; name < PARTS; name++) {
		struct part *part = &watcher->parts[name];
		bool loaded = has_module(name);

		if (!loaded) {
			close_part(watcher, part);
			part->warned = false;
		} else if (!part->object && open_part(watcher, name) && !part->warned) {
			/* It may only just be loading: it is tried again. */
			message_warning("what %s does is not seen: %s", part_modules[name],
					strerror(errno));
			part->warned = true;
		}
	}
}

/*
 * Events
 */

static int receive_event(void *context, void *data, size_t bytes)
{
	struct watcher *watcher = context;

	if (bytes >= sizeof(struct lifecycle_event))
		watcher->receive(data, watcher->argument);
	return 0;
}

int watcher_poll(struct watcher *watcher, watcher_receive receive, void *argument)
{
	watcher->receive = receive;
	watcher->argument = argument;
	return ring_buffer__consume(watcher->ring) < 0 ? -1 : 0;
}

int watcher_event_fd(const struct watcher *watcher)
{
	return ring_buffer__epoll_fd(watcher->ring);
}

void watcher_losses(const struct watcher *watcher, struct watcher_losses *losses)
{
	int dropped =
		bpf_object__find_map_fd_by_name(watcher->parts[PART_KERNEL].object, "dropped");
	__u32 first = 0;

	*losses = (struct watcher_losses){
		.missed = watcher->missed_before,
		.absent = watcher->absent_count,
		.names = (const char **)watcher->absent,
	};
	bpf_map_lookup_elem(dropped, &first, &losses->dropped);
	for (size_t i = 0; i < PARTS; i++)
		losses->missed += missed_by_part(&watcher->parts[i]);
}

struct watcher *watcher_open(bool stack)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));

	if (!watcher) {
		message_error("out of memory");
		return NULL;
	}
	watcher->stack = stack;
	if (open_part(watcher, PART_KERNEL)) {
		message_error("cannot load BPF programs: %s%s", strerror(errno),
			      errno == EPERM ? ": run as root, or with CAP_BPF, CAP_PERFMON and "
					       "CAP_SYS_ADMIN" :
					       " (-v shows what the kernel says)");
		watcher_close(watcher);
		return NULL;
	}
	watcher->ring = ring_buffer__new(
		bpf_object__find_map_fd_by_name(watcher->parts[PART_KERNEL].object, "events"),
		receive_event, watcher, NULL);
	if (!watcher->ring) {
		message_error("cannot read events: %s", strerror(errno));
		watcher_close(watcher);
		return NULL;
	}
	watcher_pick_up_modules(watcher);
	return watcher;
}

void watcher_close(struct watcher *watcher)
{
	if (!watcher)
		return;
	ring_buffer__free(watcher->ring);
	for (size_t i = PARTS; i-- > 0;)
		close_part(watcher, &watcher->parts[i]);
	forget_absent(watcher);
	free(watcher);
}

/* Just the iterators, of which no trampoline is asked. */
static struct bpf_object *load_iterators(void)
{
	struct bpf_object *object = open_object(true);
	struct bpf_program *program;

	if (!object)
		return NULL;
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, is_iterator(program));
	return bpf_object_load(object, 0);
}

int watcher_list_open(watcher_receive receive, void *argument)
{
	struct watcher watcher = { .receive = receive, .argument = argument };
	struct part part = { 0 };
	int error = -1;

	if (!has_module(PART_VFIO))
		return 0;
	part.object = load_iterators();
	if (part.object)
		watcher.ring =
			ring_buffer__new(bpf_object__find_map_fd_by_name(part.object, "events"),
					 receive_event, &watcher, NULL);
	if (watcher.ring && !send_open_files(&part))
		error = ring_buffer__consume(watcher.ring) < 0 ? -1 : 0;
	if (error)
		message_error("cannot tell which devices are open already: %s", strerror(errno));
	ring_buffer__free(watcher.ring);
	bpf_object__close(part.object);
	return error;
}
