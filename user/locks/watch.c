// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include "../clock.h"
#include "../iterator.h"
#include "../message.h"
#include "../program_parts.h"
#include "locks_fentry.skel.h"
#include "locks_kprobe.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Hooks that are named when this kernel lacks them. */
#define ABSENT_MOST 32

struct lock_watch {
	struct program_parts parts;
	__u64 open_without_room;
	struct lock_waits waits;
	const char *absent[ABSENT_MOST];
	__u64 hooked_ns; /* VFIO, CLOCK_MONOTONIC */
};

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
static bool is_in(const struct bpf_program *program, enum program_part part)
{
	return program_is(program, "iter/") || is_of_locks(program) == (part == PART_KERNEL);
}

static const struct program_source source = {
	.name = "vfioscope_locks",
	.fentry_elf = locks_fentry__elf_bytes,
	.kprobe_elf = locks_kprobe__elf_bytes,
	.is_in = is_in,
};

bool lock_watch_pick_up_modules(struct lock_watch *watch)
{
	bool is_new = program_parts_pick_up_vfio(&watch->parts);

	if (is_new)
		watch->hooked_ns = clock_ns(CLOCK_MONOTONIC);
	return is_new;
}

void lock_watch_set_hooked(struct lock_watch *watch, bool hooked)
{
	if (!hooked)
		watch->hooked_ns = UINT64_MAX;
	else if (watch->hooked_ns == UINT64_MAX)
		watch->hooked_ns = clock_ns(CLOCK_MONOTONIC);
}

__u64 lock_watch_hooked_ns(const struct lock_watch *watch)
{
	return watch->parts.sets[PART_VFIO].object ? watch->hooked_ns : UINT64_MAX;
}

struct lock_watch *lock_watch_open(void)
{
	struct lock_watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		message_error("out of memory");
		return NULL;
	}
	if (!program_parts_open(&watch->parts, &source)) {
		lock_waits_of(&watch->waits, watch->parts.sets[PART_KERNEL].object);
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
	program_parts_close(&watch->parts);
	free(watch);
}

/*
 * Reading
 */

/* With VFIO's types, if they are there. */
static const struct bpf_object *with_types(const struct lock_watch *watch)
{
	const struct bpf_object *vfio = watch->parts.sets[PART_VFIO].object;

	return vfio ?: watch->parts.sets[PART_KERNEL].object;
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

	for (size_t i = 0; i < PROGRAM_PARTS; i++) {
		const struct program_set *set = &watch->parts.sets[i];

		for (size_t j = 0; j < set->absent_count && count < ABSENT_MOST; j++)
			if (!program_parts_is_of_group(set->absent[j]))
				watch->absent[count++] = set->absent[j];
	}
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
		.missed_runs = program_parts_missed(&watch->parts),
	};
	struct lock_state state = { 0 };
	const __u32 first = 0;

	bpf_map_lookup_elem(program_parts_map(&watch->parts, ".bss"), &first, &state);
	losses.waits_without_room = state.waits_without_room + watch->waits.without_room;
	losses.uses_without_room = state.uses_without_room + watch->open_without_room;
	return losses;
}
