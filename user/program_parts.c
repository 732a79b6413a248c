// SPDX-License-Identifier: GPL-2.0-only
#include "program_parts.h"

#include "bpf_object.h"
#include "kernel_file.h"
#include "message.h"
#include "preemption.h"

#include <errno.h>
#include <string.h>

/* What could not be loaded so often is tried again only after so many looks. */
#define FAILURES 4
#define PAUSE 60

/* Constants are each object's own: fentry's and those of kprobes need not be the same. */
static bool is_constant(const struct bpf_map *map)
{
	return strstr(bpf_map__name(map), ".rodata") || strstr(bpf_map__name(map), ".kconfig");
}

/* Before the object is loaded: its maps will be those of another one. Returns a negative errno. */
static int share_maps(struct bpf_object *object, const struct bpf_object *other)
{
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map (map, object) {
		if (is_constant(map))
			continue;
		error = bpf_map__reuse_fd(map, bpf_object__find_map_fd_by_name(other,
									       bpf_map__name(map)));
		if (error)
			break;
	}
	return error;
}

/* NULL with errno. */
static struct bpf_object *load_object(const struct program_parts *parts, enum program_part part)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = parts->source->name);
	struct bpf_program *program;
	struct bpf_object *object;
	const void *elf;
	size_t bytes;
	int error = 0;

	elf = parts->kprobes ? parts->source->kprobe_elf(&bytes) :
			       parts->source->fentry_elf(&bytes);
	object = bpf_object__open_mem(elf, bytes, &options);
	if (!object)
		return NULL;
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, parts->source->is_in(program, part));
	if (part != PART_KERNEL)
		error = share_maps(object, parts->sets[PART_KERNEL].object);
	return bpf_object_load(object, error);
}

/* Returns -1 with errno. */
static int open_part(struct program_parts *parts, enum program_part part)
{
	return program_set_open(&parts->sets[part], load_object(parts, part));
}

int program_parts_open(struct program_parts *parts, const struct program_source *source)
{
	int error;

	parts->source = source;
	/* Other programs would be skipped at times (preemption.h), or have no trampolines. */
	parts->kprobes = preemption_in_kernel() || !kernel_has_jit();
	error = open_part(parts, PART_KERNEL);
	/* Some kernels load such programs and do not attach them, or call locks otherwise. */
	if (!error || parts->kprobes || errno == EPERM)
		return error;
	message_debug("fentry: %s; taking kprobes", strerror(errno));
	parts->kprobes = true;
	return open_part(parts, PART_KERNEL);
}

static void number_modules(unsigned long number[VFIO_MODULES])
{
	static const char *const modules[VFIO_MODULES] = { "vfio", "vfio_pci_core" };

	for (size_t i = 0; i < VFIO_MODULES; i++)
		number[i] = kernel_module_number(modules[i]);
}

static void close_vfio(struct program_parts *parts)
{
	program_set_close(&parts->sets[PART_VFIO]);
	parts->failures = parts->pause = 0;
}

/*
 * Programs are loaded with the types that the kernel has then. For a moment both hook VFIO: what
 * begins or ends twice is one use. True: they are loaded; else those of before are closed, too.
 */
static bool load_vfio_anew(struct program_parts *parts)
{
	struct program_set *vfio = &parts->sets[PART_VFIO], before = *vfio;
	bool is_loaded;

	*vfio = (struct program_set){ 0 };
	is_loaded = !open_part(parts, PART_VFIO);
	program_set_close(&before);
	vfio->missed_before += before.missed_before;
	return is_loaded;
}

static void say_gone(void)
{
	message_warning("VFIO's modules went: what is done with devices until they are hooked "
			"again is not seen");
}

/* Not before all are there that went; what came while programs were loaded they may not know. */
static void say_hooked(struct program_parts *parts)
{
	unsigned long number[VFIO_MODULES];
	bool was_gone = false;

	number_modules(number);
	for (size_t i = 0; i < VFIO_MODULES; i++) {
		if (number[i] != parts->vfio_modules[i] || (parts->vfio_gone[i] && !number[i]))
			return;
		was_gone |= parts->vfio_gone[i];
	}
	if (was_gone)
		message_warning("VFIO's modules are hooked again");
	memset(parts->vfio_gone, 0, sizeof(parts->vfio_gone));
}

/*
 * Kprobes go with the module that they are in, and do not come again with it. What comes later than
 * VFIO itself brings types. True: VFIO's part is new.
 */
static bool follow_modules(struct program_parts *parts)
{
	unsigned long number[VFIO_MODULES];
	bool has_come = false, has_gone = false;

	number_modules(number);
	for (size_t i = 0; i < VFIO_MODULES; i++) {
		const unsigned long before = parts->vfio_modules[i];

		has_come |= !before && number[i];
		if (before && before != number[i])
			has_gone = parts->vfio_gone[i] = true;
	}
	memcpy(parts->vfio_modules, number, sizeof(number));
	if (!has_gone)
		return has_come && load_vfio_anew(parts);
	say_gone();
	close_vfio(parts);
	return false;
}

static bool load_vfio(struct program_parts *parts)
{
	struct program_set *vfio = &parts->sets[PART_VFIO];

	if (vfio->object && follow_modules(parts))
		return true;
	if (vfio->object || (parts->pause && --parts->pause))
		return false;
	number_modules(parts->vfio_modules);
	if (!open_part(parts, PART_VFIO))
		return true;
	message_debug("VFIO: %s", strerror(errno));
	/* It may only just be loading; or this kernel has no trampolines. */
	if (++parts->failures % FAILURES)
		return false;
	if (!parts->kprobes) {
		parts->kprobes = true;
		return false;
	}
	parts->pause = PAUSE;
	message_warning("who uses and who removes VFIO devices is not seen: %s", strerror(errno));
	return false;
}

bool program_parts_pick_up_vfio(struct program_parts *parts)
{
	bool is_new;

	if (!kernel_has_vfio()) {
		if (parts->sets[PART_VFIO].object)
			follow_modules(parts);
		close_vfio(parts);
		return false;
	}
	is_new = load_vfio(parts);
	if (is_new)
		say_hooked(parts);
	return is_new;
}

void program_parts_retry(struct program_parts *parts)
{
	program_set_retry(&parts->sets[PART_KERNEL]);
}

bool program_parts_is_of_group(const char *program)
{
	return strstr(program, "_group_fops_") || strstr(program, "_core_match_") ||
	       strstr(program, "_try_get_");
}

int program_parts_map(const struct program_parts *parts, const char *name)
{
	return bpf_object__find_map_fd_by_name(parts->sets[PART_KERNEL].object, name);
}

__u64 program_parts_missed(const struct program_parts *parts)
{
	__u64 missed = 0;

	for (size_t i = 0; i < PROGRAM_PARTS; i++)
		missed += program_set_missed(&parts->sets[i]);
	return missed;
}

void program_parts_close(struct program_parts *parts)
{
	for (size_t i = PROGRAM_PARTS; i-- > 0;)
		program_set_close(&parts->sets[i]);
}
