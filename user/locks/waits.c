// SPDX-License-Identifier: GPL-2.0-only
#include "waits.h"

#include "../kernel_file.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

static const char *const names[WAITS_MAPS] = {
	[WAITS_FOR_LOCKS] = "lock_waits",
	[WAITS_FOR_USERS] = "lock_open_waits",
	[WAITS_FOR_FILES] = "lock_active_waits",
};

void lock_waits_of(struct lock_waits *waits, const struct bpf_object *object)
{
	*waits = (struct lock_waits){ .of_all_tasks = kernel_shows_all_tasks() };
	for (size_t i = 0; i < WAITS_MAPS; i++)
		waits->map[i] = bpf_object__find_map_fd_by_name(object, names[i]);
}

/* Each wait is met, unless tasks begin and end to wait all the time. */
#define MOST_STEPS (2UL * LOCK_WAITS)

/* Through a map, from key to key; anew from the first one when a key goes away that it is at. */
struct walk {
	int map;
	size_t steps;
	__u32 tid;
};

static bool next_wait(struct walk *walk, struct lock_wait *wait)
{
	for (; walk->steps < MOST_STEPS; walk->steps++) {
		if (bpf_map_get_next_key(walk->map, walk->steps ? &walk->tid : NULL, &walk->tid))
			return false;
		if (bpf_map_lookup_elem(walk->map, &walk->tid, wait))
			continue;
		walk->steps++;
		return true;
	}
	return false;
}

bool lock_waits_are_long(const struct lock_waits *waits, __u64 before_ns)
{
	struct lock_wait wait;

	for (size_t i = 0; i < WAITS_MAPS; i++)
		for (struct walk walk = { .map = waits->map[i] }; next_wait(&walk, &wait);)
			if (wait.since_ns <= before_ns)
				return true;
	return false;
}

static int map_of(const struct lock_waits *waits, __u32 kind)
{
	switch (kind) {
	case LOCK_OPEN:
		return waits->map[WAITS_FOR_USERS];
	case LOCK_ACTIVE:
		return waits->map[WAITS_FOR_FILES];
	default:
		return waits->map[WAITS_FOR_LOCKS];
	}
}

bool lock_waits_add(struct lock_waits *waits, __u32 tid, const struct lock_wait *wait)
{
	if (!bpf_map_update_elem(map_of(waits, wait->kind), &tid, wait, BPF_NOEXIST))
		return true;
	waits->without_room += errno != EEXIST;
	return false;
}

void lock_waits_remove(const struct lock_waits *waits, __u32 tid, const struct lock_wait *wait)
{
	int map = map_of(waits, wait->kind);
	struct lock_wait now;

	if (!bpf_map_lookup_elem(map, &tid, &now) && now.task == wait->task &&
	    now.lock == wait->lock && now.since_ns == wait->since_ns)
		bpf_map_delete_elem(map, &tid);
}

static bool is_told(__u32 tid, const struct lock_wait *wait, const struct lock_task *tasks,
		    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct lock_wait *told = wait->kind == LOCK_OPEN ? &tasks[i].open_wait :
									 &tasks[i].active_wait;

		if (tasks[i].tid == tid && told->lock == wait->lock &&
		    told->since_ns == wait->since_ns)
			return true;
	}
	return false;
}

static void forget_ended(const struct lock_waits *waits, enum lock_waits_map name,
			 const struct lock_task *tasks, size_t count, __u64 as_of_ns)
{
	__u32 key, next, *before = NULL;
	struct lock_wait wait;

	while (!bpf_map_get_next_key(waits->map[name], before, &next)) {
		bool ended = !bpf_map_lookup_elem(waits->map[name], &next, &wait) &&
			     wait.since_ns < as_of_ns && !is_told(next, &wait, tasks, count);

		if (ended) {
			lock_waits_remove(waits, next, &wait);
			continue;
		}
		key = next;
		before = &key;
	}
}

void lock_waits_forget_ended(const struct lock_waits *waits, const struct lock_task *tasks,
			     size_t count, __u64 as_of_ns)
{
	if (!waits->of_all_tasks)
		return;
	forget_ended(waits, WAITS_FOR_USERS, tasks, count, as_of_ns);
	forget_ended(waits, WAITS_FOR_FILES, tasks, count, as_of_ns);
}

static int compare_numbers(const void *one, const void *other)
{
	__u32 left = *(const __u32 *)one, right = *(const __u32 *)other;

	return (left > right) - (left < right);
}

/* NULL with errno. */
static __u32 *sorted_numbers(const struct lock_task *tasks, size_t count)
{
	__u32 *tids = calloc(count + 1, sizeof(*tids));

	for (size_t i = 0; tids && i < count; i++)
		tids[i] = tasks[i].tid;
	if (tids)
		qsort(tids, count, sizeof(*tids), compare_numbers);
	return tids;
}

static bool is_among(__u32 tid, const __u32 *tids, size_t count)
{
	return bsearch(&tid, tids, count, sizeof(*tids), compare_numbers);
}

static size_t count_distinct(__u32 *tids, size_t count)
{
	size_t distinct = 0;

	qsort(tids, count, sizeof(*tids), compare_numbers);
	for (size_t i = 0; i < count; i++)
		distinct += !i || tids[i] != tids[i - 1];
	return distinct;
}

/* A walk that begins anew comes by the same ones again. Returns -1 with errno. */
static long count_others(int map, const __u32 *tids, size_t count, __u64 before_ns)
{
	__u32 *others = calloc(MOST_STEPS, sizeof(*others));
	struct walk walk = { .map = map };
	struct lock_wait wait;
	size_t found = 0;

	if (!others)
		return -1;
	while (next_wait(&walk, &wait))
		if (wait.since_ns < before_ns && !is_among(walk.tid, tids, count))
			others[found++] = walk.tid;
	found = count_distinct(others, found);
	free(others);
	return (long)found;
}

int lock_waits_count_elsewhere(struct lock_waits *waits, const struct lock_task *tasks,
			       size_t count, __u64 before_ns)
{
	__u64 elsewhere = 0;
	long others = 0;
	__u32 *tids;

	if (waits->of_all_tasks)
		return 0;
	tids = sorted_numbers(tasks, count);
	if (!tids)
		return -1;
	for (size_t i = 0; i < WAITS_MAPS && others >= 0; i++) {
		others = count_others(waits->map[i], tids, count, before_ns);
		elsewhere += others > 0 ? (__u64)others : 0;
	}
	free(tids);
	if (elsewhere > waits->elsewhere)
		waits->elsewhere = elsewhere;
	return others < 0 ? -1 : 0;
}
