/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether an entry of a compiled policy is about an access, and what comes of it: in BPF programs
 * and in user space. Texts are compared by whoever has them: an entry has their numbers only.
 */
#ifndef VFIOSCOPE_POLICY_MATCH_H
#define VFIOSCOPE_POLICY_MATCH_H

#include "policy.h"

#define POLICY_EPERM 1

enum policy_match {
	POLICY_NO_MATCH,
	POLICY_MATCH,
	POLICY_UNKNOWN, /* all that is known matches */
};

#define POLICY_OPERATION_BIT(operation) (1U << (operation))
#define POLICY_HAS_RANGE                                                                           \
	(POLICY_OPERATION_BIT(POLICY_READ) | POLICY_OPERATION_BIT(POLICY_WRITE) |                  \
	 POLICY_OPERATION_BIT(POLICY_MMAP) | POLICY_OPERATION_BIT(POLICY_SYSFS_CONFIG_READ) |      \
	 POLICY_OPERATION_BIT(POLICY_SYSFS_CONFIG_WRITE))

static inline _Bool policy_comm_matches(const struct policy_rule *rule,
					const struct policy_access *access)
{
	for (__u32 i = 0; i < COMM_BYTES; i++) {
		if (i >= rule->comm_bytes)
			return 1;
		if (rule->comm[i] != access->comm[i])
			return 0;
		if (!rule->comm[i])
			return 1;
	}
	return 1;
}

static inline _Bool policy_device_matches(const struct policy_rule *rule,
					  const struct policy_access *access)
{
	if (rule->classes && !(rule->classes & 1U << (access->class & 7)))
		return 0;
	if (rule->vendor && rule->vendor != access->vendor)
		return 0;
	if (rule->has_device && rule->device != access->device)
		return 0;
	return !rule->has_group || (access->has_group && rule->group == access->group);
}

static inline _Bool policy_width_matches(const struct policy_rule *rule,
					 const struct policy_access *access)
{
	_Bool natural = access->length && !(access->length & (access->length - 1)) &&
			!(access->offset & (access->length - 1));
	_Bool listed = 0;

	for (__u32 i = 0; i < POLICY_WIDTHS; i++)
		if (i < rule->width_count && rule->widths[i] == access->length)
			listed = 1;
	if (rule->width_count && listed == (_Bool)rule->other_widths)
		return 0;
	if (rule->alignment == POLICY_NATURAL)
		return natural;
	return rule->alignment != POLICY_MISALIGNED || !natural;
}

/* What denies or audits is about an access of which part is in the range, what allows about all. */
static inline _Bool policy_range_matches(const struct policy_rule *rule,
					 const struct policy_access *access)
{
	__u64 last = access->offset + (access->length ? access->length - 1 : 0);

	_Bool wraps = last < access->offset;

	if (rule->action == POLICY_ALLOW)
		return !wraps && access->offset >= rule->first_offset && last <= rule->last_offset;
	if (wraps)
		last = ~0ULL;
	return access->offset <= rule->last_offset && last >= rule->first_offset;
}

static inline _Bool policy_region_matches(const struct policy_rule *rule,
					  const struct policy_access *access)
{
	if (rule->regions & 1ULL << POLICY_REGION_MSIX && access->in_msix)
		return 1;
	if (rule->regions & 1ULL << REGION_ZPCI_IO && access->by_zpci_io)
		return 1;
	return access->region <= REGION_ZPCI_IO && access->region != POLICY_REGION_MSIX &&
	       rule->regions & 1ULL << (access->region & 63);
}

static inline enum policy_match policy_place_matches(const struct policy_rule *rule,
						     const struct policy_access *access)
{
	_Bool judges_width = rule->width_count || rule->alignment;
	_Bool unknown = 0;

	if (rule->regions || rule->has_range) {
		if (!access->knows_range)
			unknown = 1;
		else if ((rule->regions && !policy_region_matches(rule, access)) ||
			 (rule->has_range && !policy_range_matches(rule, access)))
			return POLICY_NO_MATCH;
	}
	if (judges_width) {
		if (!access->knows_width)
			unknown = 1;
		else if (!policy_width_matches(rule, access))
			return POLICY_NO_MATCH;
	}
	return unknown ? POLICY_UNKNOWN : POLICY_MATCH;
}

/* All but the texts. */
static inline enum policy_match policy_rule_matches(const struct policy_rule *rule,
						    const struct policy_access *access)
{
	__u32 operation = POLICY_OPERATION_BIT(access->operation & 31);

	if (!(rule->operations & operation) || !policy_device_matches(rule, access))
		return POLICY_NO_MATCH;
	if ((rule->has_uid && rule->uid != access->uid) || rule->when & ~access->when)
		return POLICY_NO_MATCH;
	if ((rule->ways && !(rule->ways & 1U << (access->way & 7))) ||
	    (rule->ioctls && !(rule->ioctls & 1ULL << (access->command & 63))))
		return POLICY_NO_MATCH;
	if (rule->comm_bytes && !policy_comm_matches(rule, access))
		return POLICY_NO_MATCH;
	return operation & POLICY_HAS_RANGE ? policy_place_matches(rule, access) : POLICY_MATCH;
}

/* Whether a path is another or below it. */
static inline _Bool policy_path_is_below(const char path[POLICY_TEXT_BYTES],
					 const char above[POLICY_TEXT_BYTES])
{
	for (__u32 i = 0; i < POLICY_TEXT_BYTES; i++) {
		if (!above[i])
			return !path[i] || path[i] == '/' || (i == 1 && above[0] == '/');
		if (above[i] != path[i])
			return 0;
	}
	return 0;
}

static inline _Bool policy_texts_equal(const char *one, const char *other, __u32 bytes)
{
	for (__u32 i = 0; i < bytes; i++) {
		if (one[i] != other[i])
			return 0;
		if (!one[i])
			return 1;
	}
	return 1;
}

static inline void policy_deny(const struct policy_header *header, __u32 error,
			       struct policy_decision *decision)
{
	decision->outcome = header->enforce ? POLICY_DENIED : POLICY_WOULD_DENY;
	decision->error = error;
}

/* What a rule says of an access that it is the first to be about. */
static inline void policy_conclude(const struct policy_header *header,
				   const struct policy_rule *rule, enum policy_match match,
				   struct policy_decision *decision)
{
	decision->rule = rule->number;
	decision->unknown = match == POLICY_UNKNOWN;
	decision->outcome = POLICY_ALLOWED;
	decision->error = 0;
	if (match == POLICY_UNKNOWN) {
		if (header->on_unknown == POLICY_DENY)
			policy_deny(header,
				    rule->action == POLICY_DENY ? rule->error : POLICY_EPERM,
				    decision);
	} else if (rule->action == POLICY_DENY) {
		policy_deny(header, rule->error, decision);
	} else if (rule->action == POLICY_AUDIT) {
		decision->outcome = POLICY_AUDITED;
	}
}

/* What becomes of an access that no rule is about. */
static inline void policy_conclude_default(const struct policy_header *header, __u32 class,
					   struct policy_decision *decision)
{
	*decision = (struct policy_decision){ .rule = POLICY_DEFAULT_RULE(class) };
	if (class < POLICY_CLASSES && header->denied_by_default[class])
		policy_deny(header, POLICY_EPERM, decision);
}

/* What becomes of an access for which not all rules could be looked at. */
static inline void policy_conclude_unjudged(const struct policy_header *header, __u32 class,
					    struct policy_decision *decision)
{
	*decision = (struct policy_decision){ .rule = POLICY_DEFAULT_RULE(class), .unknown = 1 };
	if (header->on_unknown == POLICY_DENY)
		policy_deny(header, POLICY_EPERM, decision);
}

#endif
