// SPDX-License-Identifier: GPL-2.0-only
#include "table.h"

#include "../clock.h"
#include "../message.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Devices whose patterns are remembered; those of more are matched each time. */
#define REMEMBERED_DEVICES 4096

static int fill(int map, const struct policy_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (bpf_map_update_elem(map, &table->records[i].key, &table->records[i].value,
					BPF_NOEXIST))
			return -1;
	return 0;
}

static struct policy_header *header_of(struct policy_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->records[i].key.kind == POLICY_HEADER)
			return &table->records[i].value.header;
	return NULL;
}

int policy_table_new(__u32 entries)
{
	return bpf_map_create(BPF_MAP_TYPE_HASH, "vfioscope_rules", sizeof(struct policy_key),
			      sizeof(struct policy_value), entries, NULL);
}

int policy_table_put(int in_force, enum policy_slot slot, struct policy_table *table,
		     __u64 generation)
{
	struct policy_header *header = header_of(table);
	const __u32 place = slot;
	int map, error = -1;

	header->generation = generation;
	header->loaded_ns = clock_ns(CLOCK_REALTIME);
	map = policy_table_new((__u32)table->count + (header->globs ? REMEMBERED_DEVICES : 0));
	if (map >= 0 && !fill(map, table))
		error = bpf_map_update_elem(in_force, &place, &map, BPF_ANY);
	if (error)
		message_error("cannot put the policy into the kernel: %s", strerror(errno));
	if (map >= 0)
		close(map);
	return error ? -1 : 0;
}

int policy_table_clear(int in_force, enum policy_slot slot)
{
	const __u32 place = slot;

	if (!bpf_map_delete_elem(in_force, &place) || errno == ENOENT)
		return 0;
	message_error("cannot take the policy out of the kernel: %s", strerror(errno));
	return -1;
}

int policy_table_open(int in_force, enum policy_slot slot)
{
	const __u32 place = slot;
	__u32 id;

	return bpf_map_lookup_elem(in_force, &place, &id) ? -1 : bpf_map_get_fd_by_id(id);
}

int policy_table_read(int table, enum policy_record_kind kind, __u32 number,
		      struct policy_value *value)
{
	const struct policy_key key = { .kind = kind, .number = number };

	return bpf_map_lookup_elem(table, &key, value) ? -1 : 0;
}
