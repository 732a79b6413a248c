// SPDX-License-Identifier: GPL-2.0-only
#include "bpf_object.h"

#include <bpf/libbpf.h>
#include <errno.h>

#define FREE_OF_A_PROCESSOR 128

struct bpf_object *bpf_object_keep(struct bpf_object *object, int error)
{
	if (!error)
		return object;
	bpf_object__close(object);
	errno = -error;
	return NULL;
}

/*
 * Of a map of what was used last each processor takes so many free elements for itself, and once
 * there are none left, what the others have just added goes. (kernel/bpf/bpf_lru_list.c; since
 * Linux 6.16 they take less.) Maps that are shared are there already.
 */
static int make_room_for_processors(struct bpf_object *object)
{
	const int processors = libbpf_num_possible_cpus();
	struct bpf_map *map;
	int error = processors < 0 ? processors : 0;

	bpf_object__for_each_map (map, object) {
		__u32 entries = bpf_map__max_entries(map);

		if (error || bpf_map__type(map) != BPF_MAP_TYPE_LRU_HASH || bpf_map__fd(map) >= 0)
			continue;
		entries += FREE_OF_A_PROCESSOR * (__u32)processors;
		error = bpf_map__set_max_entries(map, entries);
	}
	return error;
}

struct bpf_object *bpf_object_load(struct bpf_object *object, int error)
{
	error = error ?: make_room_for_processors(object);
	return bpf_object_keep(object, error ?: bpf_object__load(object));
}
