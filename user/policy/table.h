/* SPDX-License-Identifier: GPL-2.0-only */
/* A compiled policy in the kernel: an inner map. One update of the outer map puts it in force. */
#ifndef VFIOSCOPE_POLICY_TABLE_H
#define VFIOSCOPE_POLICY_TABLE_H

#include "../model/policy.h"

/*
 * An empty map of the kind that holds a policy, with room for @entries; -1 with errno. Kernels of
 * before 6.2 take only inner maps that are described as the first of them was: not at all.
 */
int policy_table_new(__u32 entries);

/*
 * Puts a policy in force, whatever is there, with this generation. Returns 0, or -1 after an error
 * message: then nothing has changed.
 */
int policy_table_put(int in_force, enum policy_slot slot, struct policy_table *table,
		     __u64 generation);
/* From then on there is none. */
int policy_table_clear(int in_force, enum policy_slot slot);

/* The map of the policy in force, -1: there is none. To be closed. */
int policy_table_open(int in_force, enum policy_slot slot);
/* Returns 0, or -1: there is no such record. */
int policy_table_read(int table, enum policy_record_kind kind, __u32 number,
		      struct policy_value *value);

#endif
