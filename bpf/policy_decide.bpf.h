/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which rule of a policy decides about an access. The whole policy is one inner map, looked up once
 * for a decision: whatever replaces it meanwhile, a decision is of one policy. Without a JIT it has
 * to be looked up for each rule; a policy that was replaced meanwhile has decided nothing.
 */
#ifndef VFIOSCOPE_POLICY_DECIDE_BPF_H
#define VFIOSCOPE_POLICY_DECIDE_BPF_H

#include <vfioscope/policy_glob.h>
#include <vfioscope/policy_match.h>

#include <bpf/bpf_helpers.h>

struct policy_table_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct policy_key);
	__type(value, struct policy_value);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, POLICY_SLOTS);
	__type(key, __u32);
	__array(values, struct policy_table_map);
} policy_in_force SEC(".maps");

/* Without a JIT there are no callbacks: rules are looked at no further than this. */
#ifdef HOOK_KPROBE
#define POLICY_STEPS 1024
#define POLICY_GLOB_STEPS 256
#else
#define POLICY_STEPS 131072
#endif

/* A device's lists: of all devices, by address, id, vendor, driver, group, and of patterns. */
#define POLICY_LISTS (6 + POLICY_GLOBS_OF_DEVICE)

/* Why not everything was looked at. */
#define POLICY_STEPS_LEFT 1
#define POLICY_PATTERNS_LEFT 2
#define POLICY_REPLACED 4
#define POLICY_SUBJECT_LEFT 8

/*
 * How far a decision has come. It lies in a map: there the verifier knows nothing of what changes
 * with each step, and so has to follow one step only.
 */
struct policy_progress {
	__u32 lists[POLICY_LISTS];
	__u32 list_count;
	__u32 list;  /* to go on with after this one */
	__u32 entry; /* to look at next, 0: the list is at its end */
	/* The earliest match so far. */
	__u32 found;
	__u32 number;
	__u32 match;	/* enum policy_match */
	__u32 unjudged; /* POLICY_..._LEFT */
	__u32 table;	/* enum policy_slot: of which policy */
	struct policy_globs_of matching;
};

struct policy_search {
	void *table;
	struct policy_access *access;
	struct policy_progress *progress;
	struct policy_key key;
};

/* The policy that is in force there, or NULL. */
static __always_inline void *policy_table(__u32 slot)
{
	return bpf_map_lookup_elem(&policy_in_force, &slot);
}

static __always_inline struct policy_value *
policy_record(struct policy_search *search, enum policy_record_kind kind, __u32 number)
{
	search->key.kind = kind;
	search->key.number = number;
	return bpf_map_lookup_elem(search->table, &search->key);
}

/*
 * Global functions: verified once, whatever calls them how often.
 */

__noinline int policy_match_rule(const struct policy_rule *rule, const struct policy_access *access)
{
	if (!rule || !access)
		return POLICY_NO_MATCH;
	return policy_rule_matches(rule, access);
}

__noinline int policy_match_cgroup(const struct policy_value *value,
				   const struct policy_access *access)
{
	return value && access && policy_path_is_below(access->cgroup.text, value->text);
}

__noinline int policy_match_executable(const struct policy_value *value,
				       const struct policy_access *access)
{
	return value && access &&
	       policy_texts_equal(value->text, access->executable.text, POLICY_TEXT_BYTES);
}

__noinline int policy_match_driver(const struct policy_value *value,
				   const struct policy_access *access)
{
	return value && access &&
	       policy_texts_equal(value->text, access->driver, POLICY_DRIVER_BYTES);
}

__noinline int policy_match_glob(const struct policy_value *value,
				 const struct policy_access *access)
{
	return value && access && policy_glob_matches(&value->glob, access->address);
}

/*
 * Rules
 */

/* A text that is not there matches nothing. */
static __always_inline bool policy_match_texts(struct policy_search *search,
					       const struct policy_rule *rule)
{
	struct policy_access *access = search->access;

	if (rule->driver &&
	    !policy_match_driver(policy_record(search, POLICY_TEXT, rule->driver), access))
		return false;
	if (rule->cgroup &&
	    !policy_match_cgroup(policy_record(search, POLICY_TEXT, rule->cgroup), access))
		return false;
	return !rule->executable ||
	       policy_match_executable(policy_record(search, POLICY_TEXT, rule->executable),
				       access);
}

/* One entry of a list. What comes later than a match cannot win any more. */
static __always_inline void policy_look_at(struct policy_search *search)
{
	__u32 entry = search->progress->entry;
	struct policy_value *value = policy_record(search, POLICY_RULE, entry);
	struct policy_rule *rule;
	int match;

	search->progress->entry = 0;
	if (!value)
		return;
	rule = &value->rule;
	if (search->progress->found && rule->number >= search->progress->number)
		return;
	match = policy_match_rule(rule, search->access);
	if (match && policy_match_texts(search, rule)) {
		search->progress->found = entry;
		search->progress->number = rule->number;
		search->progress->match = match;
	} else {
		search->progress->entry = rule->next;
	}
}

#ifdef HOOK_KPROBE

/* A global function is given no map: it takes up a search by what is in memory. */
static __always_inline bool policy_resume(struct policy_search *search)
{
	if (!search->access || !search->progress)
		return false;
	search->table = policy_table(search->progress->table);
	return search->table;
}

#endif

/* 1: all lists are at their ends. */
static __always_inline long policy_take_step(struct policy_search *search)
{
	__u32 list = search->progress->list;

	if (!search->progress->entry) {
		if (list >= search->progress->list_count || list >= POLICY_LISTS) {
			search->progress->unjudged &= ~POLICY_STEPS_LEFT;
			return 1;
		}
		search->progress->entry = search->progress->lists[list];
		search->progress->list = list + 1;
	}
	policy_look_at(search);
	return 0;
}

#ifdef HOOK_KPROBE

/* Global, so that the verifier goes through it once and not for each step. */
__noinline long policy_step(struct policy_access *access, struct policy_progress *progress)
{
	struct policy_search search = { .access = access, .progress = progress };

	return policy_resume(&search) ? policy_take_step(&search) : 1;
}

static __always_inline void policy_take_steps(struct policy_search *search)
{
	for (__u32 i = 0; i < POLICY_STEPS; i++)
		if (policy_step(search->access, search->progress))
			return;
}

#else

static long policy_step(__u32 index, struct policy_search *search)
{
	return policy_take_step(search);
}

static __always_inline void policy_take_steps(struct policy_search *search)
{
	bpf_loop(POLICY_STEPS, policy_step, search, 0);
}

#endif

static __always_inline void policy_look_at_all(struct policy_search *search)
{
	search->progress->unjudged |= POLICY_STEPS_LEFT;
	policy_take_steps(search);
}

/*
 * Lists
 */

static __always_inline void policy_add_list(struct policy_search *search, __u32 entry)
{
	__u32 count = search->progress->list_count;

	if (!entry || count >= POLICY_LISTS)
		return;
	search->progress->lists[count] = entry;
	search->progress->list_count = count + 1;
}

static __always_inline void policy_find_list(struct policy_search *search,
					     enum policy_record_kind kind, __u32 number)
{
	struct policy_value *value = policy_record(search, kind, number);

	if (value)
		policy_add_list(search, value->list);
}

/* What is found by a name; nothing else has one in its key. */
static __always_inline struct policy_value *policy_named(struct policy_search *search,
							 enum policy_record_kind kind,
							 const char *name, __u32 bytes)
{
	struct policy_value *value;

	__builtin_memcpy(search->key.name, name, bytes);
	value = policy_record(search, kind, 0);
	__builtin_memset(search->key.name, 0, sizeof(search->key.name));
	return value;
}

static __always_inline void policy_find_named(struct policy_search *search,
					      enum policy_record_kind kind, const char *name,
					      __u32 bytes)
{
	struct policy_value *value = policy_named(search, kind, name, bytes);

	if (value)
		policy_add_list(search, value->list);
}

/*
 * Patterns. Which of them match a device is found out once for each policy: it is kept in the
 * policy's own map.
 */

/* 1: there is no room for more. */
static __always_inline long policy_take_glob(struct policy_search *search, __u32 index)
{
	struct policy_globs_of *matching = &search->progress->matching;
	struct policy_value *value = policy_record(search, POLICY_GLOB, index);
	__u32 count = matching->count;

	if (!value || !policy_match_glob(value, search->access))
		return 0;
	if (count >= POLICY_GLOBS_OF_DEVICE) {
		matching->overflow = 1;
		return 1;
	}
	matching->lists[count] = value->glob.list;
	matching->count = count + 1;
	return 0;
}

#ifdef HOOK_KPROBE

__noinline long policy_try_glob(struct policy_access *access, struct policy_progress *progress,
				__u32 index)
{
	struct policy_search search = { .access = access, .progress = progress };

	return policy_resume(&search) ? policy_take_glob(&search, index) : 1;
}

static __always_inline void policy_try_globs(struct policy_search *search, __u32 number)
{
	search->progress->matching.overflow = number > POLICY_GLOB_STEPS;
	for (__u32 i = 0; i < POLICY_GLOB_STEPS; i++)
		if (i >= number || policy_try_glob(search->access, search->progress, i))
			return;
}

#else

static long policy_try_glob(__u32 index, struct policy_search *search)
{
	return policy_take_glob(search, index);
}

static __always_inline void policy_try_globs(struct policy_search *search, __u32 number)
{
	bpf_loop(number, policy_try_glob, search, 0);
}

#endif

/* With a key: clang 14 describes the types of an inner map only if they are used elsewhere too. */
static const struct {
	struct policy_key key;
	struct policy_value value;
} no_globs;

/* For the next time, if there is room. Who does so at the same time writes the same. */
static __always_inline void policy_keep_globs(struct policy_search *search)
{
	const char *address = search->access->address;
	struct policy_value *value;

	search->key.kind = POLICY_GLOBS_OF;
	search->key.number = 0;
	__builtin_memcpy(search->key.name, address, POLICY_ADDRESS_BYTES);
	bpf_map_update_elem(search->table, &search->key, &no_globs.value, BPF_NOEXIST);
	value = policy_named(search, POLICY_GLOBS_OF, address, POLICY_ADDRESS_BYTES);
	if (!value)
		return;
	search->progress->matching.ready = 0;
	__builtin_memcpy(&value->globs_of, &search->progress->matching, sizeof(value->globs_of));
	__sync_fetch_and_add(&value->globs_of.ready, 1);
}

static __always_inline void policy_find_globs(struct policy_search *search, __u32 number)
{
	struct policy_globs_of *matching = &search->progress->matching;
	struct policy_value *value;

	if (!number)
		return;
	value = policy_named(search, POLICY_GLOBS_OF, search->access->address,
			     POLICY_ADDRESS_BYTES);
	if (value && value->globs_of.ready) {
		__builtin_memcpy(matching, &value->globs_of, sizeof(*matching));
	} else {
		__builtin_memset(matching, 0, sizeof(*matching));
		policy_try_globs(search, number);
		policy_keep_globs(search);
	}
	if (matching->overflow)
		search->progress->unjudged |= POLICY_PATTERNS_LEFT;
	for (__u32 i = 0; i < POLICY_GLOBS_OF_DEVICE && i < matching->count; i++)
		policy_add_list(search, matching->lists[i]);
}

static __always_inline void policy_find_lists(struct policy_search *search,
					      const struct policy_header *header)
{
	struct policy_access *access = search->access;

	policy_add_list(search, header->any_device);
	policy_find_named(search, POLICY_BY_ADDRESS, access->address, POLICY_ADDRESS_BYTES);
	policy_find_list(search, POLICY_BY_ID, (__u32)access->vendor << 16 | access->device);
	policy_find_list(search, POLICY_BY_VENDOR, access->vendor);
	policy_find_named(search, POLICY_BY_DRIVER, access->driver, POLICY_DRIVER_BYTES);
	if (access->has_group)
		policy_find_list(search, POLICY_BY_GROUP, access->group);
	policy_find_globs(search, header->globs);
}

/*
 * Deciding
 */

/* Returns the header of a policy, NULL: there is none. With search's progress. */
static __always_inline const struct policy_header *policy_open(struct policy_search *search,
							       __u32 slot)
{
	struct policy_value *value;

	search->table = policy_table(slot);
	if (!search->table)
		return NULL;
	__builtin_memset(search->progress, 0, __builtin_offsetof(struct policy_progress, matching));
	search->progress->table = slot;
	value = policy_record(search, POLICY_HEADER, 0);
	return value ? &value->header : NULL;
}

#ifdef HOOK_KPROBE

static __noinline void policy_check_replaced(struct policy_progress *progress, __u64 generation)
{
	struct policy_search now = { .table = policy_table(progress->table) };
	struct policy_value *value;

	value = now.table ? policy_record(&now, POLICY_HEADER, 0) : NULL;
	if (!value || value->header.generation != generation)
		progress->unjudged |= POLICY_REPLACED;
}

#else

static __always_inline void policy_check_replaced(struct policy_progress *progress,
						  __u64 generation)
{
}

#endif

/* With what policy_open() found, and search's access. */
static __always_inline void policy_decide(struct policy_search *search,
					  const struct policy_header *header,
					  struct policy_decision *decision)
{
	struct policy_value *value;

	policy_find_lists(search, header);
	policy_look_at_all(search);
	policy_check_replaced(search->progress, header->generation);
	if (search->progress->unjudged) {
		policy_conclude_unjudged(header, search->access->class, decision);
		return;
	}
	value = policy_record(search, POLICY_RULE, search->progress->found);
	if (value)
		policy_conclude(header, &value->rule, search->progress->match, decision);
	else
		policy_conclude_default(header, search->access->class, decision);
}

#endif
