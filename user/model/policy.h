/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy as its file says it: rules in order, of which the first that matches an access decides,
 * and defaults. Read from text by policy_read(), made into what the BPF programs take by
 * policy_compile(). Pure.
 */
#ifndef VFIOSCOPE_POLICY_MODEL_H
#define VFIOSCOPE_POLICY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/policy.h>

#define POLICY_NAME_BYTES 64
#define POLICY_MOST_ADDRESSES 64
#define POLICY_MOST_VALUES 16 /* of every other list */

struct policy_device_id {
	__u16 vendor;
	__u16 device;
	bool any_device;
};

struct policy_range {
	__u64 first, last;
};

/* One rule. A list that is empty is no condition; of a list one member has to match. */
struct policy_statement {
	char name[POLICY_NAME_BYTES];
	/* Which device. */
	char address[POLICY_MOST_ADDRESSES][DEVICE_NAME_BYTES]; /* shell patterns too */
	size_t addresses;
	struct policy_device_id id[POLICY_MOST_VALUES];
	size_t ids;
	char driver[POLICY_MOST_VALUES][POLICY_DRIVER_BYTES];
	size_t drivers;
	__u32 group[POLICY_MOST_VALUES];
	size_t groups;
	__u8 classes; /* bits by enum policy_class */
	/* By whom. */
	char cgroup[POLICY_MOST_VALUES][POLICY_TEXT_BYTES]; /* and what is below it */
	size_t cgroups;
	__u32 uid[POLICY_MOST_VALUES];
	size_t uids;
	char comm[POLICY_MOST_VALUES][COMM_BYTES + 1]; /* a * at its end: what begins so */
	size_t comms;
	char executable[POLICY_MOST_VALUES][POLICY_TEXT_BYTES];
	size_t executables;
	/* What is done. */
	__u32 operations; /* bits; never 0 */
	__u64 ioctls;	  /* bits, 0: any */
	__u64 regions;	  /* bits, 0: any */
	struct policy_range range[POLICY_MOST_VALUES];
	size_t ranges;
	__u32 width[POLICY_WIDTHS];
	size_t widths;
	bool other_widths; /* those that are not listed */
	enum policy_alignment alignment;
	__u8 ways; /* bits by enum policy_way, 0: any */
	__u8 when; /* POLICY_WHEN_... */
	/* And what comes of it. */
	enum policy_action action;
	__u32 error;  /* positive errno of a denial */
	__u32 events; /* a second at most, 0: all */
};

struct policy {
	char name[POLICY_NAME_BYTES];
	bool enforce;
	enum policy_action on_unknown;
	enum policy_action defaults[POLICY_CLASSES];
	struct policy_statement *rules;
	size_t rule_count;
};

/* Line and column from 1 on; 0: of the file as a whole. */
struct policy_error {
	size_t line, column;
	char text[256]; /* what is wrong, and what was expected */
};

/* Returns NULL and tells the first error. The text need not end with 0. */
struct policy *policy_read(const char *text, size_t bytes, struct policy_error *error);
void policy_free(struct policy *policy);

/* A record of the map that a policy is compiled into. */
struct policy_record {
	struct policy_key key;
	struct policy_value value;
};

struct policy_table {
	struct policy_record *records;
	size_t count, room;
};

/* Returns 0, or -1 and the error: out of memory, or more than there may be. */
int policy_compile(const struct policy *policy, struct policy_table *table,
		   struct policy_error *error);
void policy_table_free(struct policy_table *table);

#endif
