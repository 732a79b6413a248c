// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include "../iterator.h"
#include "../kernel_file.h"
#include "../message.h"
#include "../preemption.h"
#include "../program_set.h"
#include "locks_fentry.skel.h"
#include "locks_kprobe.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Programs that hook VFIO are loaded with it: its types are there only then. */
enum part_name {
	PART_LOCKS,
	PART_VFIO,
	PARTS,
};

/* What could not be loaded so often is tried again only after so many looks. */
#define FAILURES 4
#define PAUSE 60

/* Hooks that are named when this kernel lacks them. */
#define ABSENT_MOST 32

struct lock_watch {
	bool kprobes;
	unsigned int failures, pause; /* of VFIO's part */
	struct program_set parts[PARTS];
	__u64 open_without_room;
	struct lock_waits waits;
	const char *absent[ABSENT_MOST];
};

static const char *const shared_maps[] = { ".bss", "lock_uses" };

/*
 * Loading
 */

/* What hooks no module. */
static bool is_of_locks(const struct bpf_program *program)
{
	return program_is(program, "tp_btf/") ||
	       !strncmp(bpf_program__name(program), "kernfs_", strlen("kernfs_"));
}

/* Both parts have the iterators: with VFIO's types they tell of devices too. */
static void choose_programs(struct bpf_object *object, enum part_name part)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program,
					  program_is(program, "iter/") ||
						  is_of_locks(program) == (part == PART_LOCKS));
}

static int share_maps(struct bpf_object *object, const struct bpf_object *with)
{
	return program_set_share_maps(object, with, lock_waits_names, WAITS_MAPS) ?:
		       program_set_share_maps(object, with, shared_maps,
					      sizeof(shared_maps) / sizeof(shared_maps[0]));
}

/* NULL with errno. */
static struct bpf_object *load_object(const struct lock_watch *watch, enum part_name part)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "vfioscope_locks");
	struct bpf_object *object;
	const void *elf;
	size_t bytes;
	int error = 0;

	elf = watch->kprobes ? locks_kprobe__elf_bytes(&bytes) : locks_fentry__elf_bytes(&bytes);
	object = bpf_object__open_mem(elf, bytes, &options);
	if (!object)
		return NULL;
	choose_programs(object, part);
	if (part != PART_LOCKS)
		error = share_maps(object, watch->parts[PART_LOCKS].object);
	error = error ?: bpf_object__load(object);
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

/* Returns -1 with errno. */
static int open_part(struct lock_watch *watch, enum part_name name)
{
	return program_set_open(&watch->parts[name], load_object(watch, name));
}

bool lock_watch_pick_up_modules(struct lock_watch *watch)
{
	struct program_set *part = &watch->parts[PART_VFIO];

	if (!kernel_has_vfio()) {
		program_set_close(part);
		watch->failures = watch->pause = 0;
		return false;
	}
	if (part->object || (watch->pause && --watch->pause))
		return false;
	if (!open_part(watch, PART_VFIO))
		return true;
	message_debug("VFIO: %s", strerror(errno));
	/* It may only just be loading; or this kernel has no trampolines. */
	if (++watch->failures % FAILURES)
		return false;
	if (!watch->kprobes) {
		watch->kprobes = true;
		return false;
	}
	watch->pause = PAUSE;
	message_warning("who uses and who removes VFIO devices is not seen: %s", strerror(errno));
	return false;
}

struct lock_watch *lock_watch_open(void)
{
	struct lock_watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		message_error("out of memory");
		return NULL;
	}
	/* Other programs would be skipped at times (preemption.h), or have no trampolines. */
	watch->kprobes = preemption_in_kernel() || !kernel_has_jit();
	if (!open_part(watch, PART_LOCKS)) {
		lock_waits_of(&watch->waits, watch->parts[PART_LOCKS].object);
		lock_watch_pick_up_modules(watch);
		return watch;
	}
	program_set_say_failure("watch waits for locks");
	lock_watch_close(watch);
	return NULL;
}

struct lock_waits *lock_watch_waits(struct lock_watch *watch)
{
	return &watch->waits;
}

void lock_watch_close(struct lock_watch *watch)
{
	if (!watch)
		return;
	for (size_t i = PARTS; i-- > 0;)
		program_set_close(&watch->parts[i]);
	free(watch);
}

/*
 * Reading
 */

/* With VFIO's types, if they are there. */
static const struct bpf_object *with_types(const struct lock_watch *watch)
{
	const struct bpf_object *vfio = watch->parts[PART_VFIO].object;

	return vfio ?: watch->parts[PART_LOCKS].object;
}

long lock_watch_tasks(const struct lock_watch *watch, struct lock_task **tasks)
{
	return iterator_run(with_types(watch), "lock_tasks", 0, sizeof(**tasks), (void **)tasks);
}

/* Adds to the records what a process has; all of them, if @pid is 0. Returns how many, or -1. */
static long add_files(const struct lock_watch *watch, __u32 pid, struct lock_file **files,
		      long count)
{
	struct lock_file *more, *both;
	long found =
		iterator_run(with_types(watch), "lock_files", pid, sizeof(*more), (void **)&more);

	if (found <= 0)
		return found < 0 ? -1 : count;
	both = realloc(*files, (size_t)(count + found) * sizeof(*both));
	if (both) {
		memcpy(both + count, more, (size_t)found * sizeof(*both));
		*files = both;
	}
	free(more);
	return both ? count + found : -1;
}

long lock_watch_files(const struct lock_watch *watch, const __u32 *pids, size_t pid_count,
		      struct lock_file **files)
{
	long count = 0;

	*files = NULL;
	if (!pid_count)
		count = add_files(watch, 0, files, count);
	for (size_t i = 0; i < pid_count && count >= 0; i++)
		count = add_files(watch, pids[i], files, count);
	if (count >= 0)
		return count;
	free(*files);
	*files = NULL;
	return -1;
}

long lock_watch_sleepers(const struct lock_watch *watch, struct lock_sleeper **sleepers)
{
	return iterator_run(with_types(watch), "lock_sleepers", 0, sizeof(**sleepers),
			    (void **)sleepers);
}

/*
 * Losses
 */

static size_t name_absent(struct lock_watch *watch)
{
	size_t count = 0;

	for (size_t i = 0; i < PARTS; i++)
		for (size_t j = 0; j < watch->parts[i].absent_count && count < ABSENT_MOST; j++)
			watch->absent[count++] = watch->parts[i].absent[j];
	return count;
}

void lock_watch_lose_uses(struct lock_watch *watch, __u64 uses)
{
	if (uses > watch->open_without_room)
		watch->open_without_room = uses;
}

struct lock_watch_losses lock_watch_losses(struct lock_watch *watch)
{
	struct lock_watch_losses losses = {
		.waits_elsewhere = watch->waits.elsewhere,
		.absent = name_absent(watch),
		.names = watch->absent,
	};
	struct lock_state state = { 0 };
	const __u32 first = 0;

	bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(watch->parts[PART_LOCKS].object,
							    ".bss"),
			    &first, &state);
	losses.waits_without_room = state.waits_without_room + watch->waits.without_room;
	losses.uses_without_room = state.uses_without_room + watch->open_without_room;
	for (size_t i = 0; i < PARTS; i++)
		losses.missed_runs += program_set_missed(&watch->parts[i]);
	return losses;
}
