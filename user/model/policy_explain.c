// SPDX-License-Identifier: GPL-2.0-only
#include "policy_explain.h"

#include <fnmatch.h>
#include <string.h>

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?");
}

/*
 * Whether some address matches both patterns. An address has no * or ? in it, so that each of the
 * two can be followed character by character.
 */
static bool patterns_meet(const char *one, const char *other)
{
	if (!*one && !*other)
		return true;
	if (*one == '*')
		return patterns_meet(one + 1, other) || (*other && patterns_meet(one, other + 1));
	if (*other == '*')
		return patterns_meet(one, other + 1) || (*one && patterns_meet(one + 1, other));
	return *one && *other && (*one == *other || *one == '?' || *other == '?') &&
	       patterns_meet(one + 1, other + 1);
}

static bool is_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	if (!strcmp(above, "/"))
		return true;
	return !strncmp(path, above, length) && (!path[length] || path[length] == '/');
}

/*
 * Single members of lists: whether the one takes in all of the other, and whether they meet
 */

typedef bool (*relation)(const struct policy_statement *one, size_t i,
			 const struct policy_statement *other, size_t j);

static bool address_takes(const struct policy_statement *one, size_t i,
			  const struct policy_statement *other, size_t j)
{
	const char *pattern = one->address[i], *text = other->address[j];

	return !strcmp(pattern, text) || !strcmp(pattern, "*") ||
	       (!is_pattern(text) && !fnmatch(pattern, text, 0));
}

static bool address_meets(const struct policy_statement *one, size_t i,
			  const struct policy_statement *other, size_t j)
{
	return patterns_meet(one->address[i], other->address[j]);
}

static bool id_takes(const struct policy_statement *one, size_t i,
		     const struct policy_statement *other, size_t j)
{
	return one->id[i].vendor == other->id[j].vendor &&
	       (one->id[i].any_device ||
		(!other->id[j].any_device && one->id[i].device == other->id[j].device));
}

static bool id_meets(const struct policy_statement *one, size_t i,
		     const struct policy_statement *other, size_t j)
{
	return id_takes(one, i, other, j) ||
	       (one->id[i].vendor == other->id[j].vendor && other->id[j].any_device);
}

static bool driver_equals(const struct policy_statement *one, size_t i,
			  const struct policy_statement *other, size_t j)
{
	return !strcmp(one->driver[i], other->driver[j]);
}

static bool group_equals(const struct policy_statement *one, size_t i,
			 const struct policy_statement *other, size_t j)
{
	return one->group[i] == other->group[j];
}

static bool cgroup_takes(const struct policy_statement *one, size_t i,
			 const struct policy_statement *other, size_t j)
{
	return is_below(other->cgroup[j], one->cgroup[i]);
}

static bool cgroup_meets(const struct policy_statement *one, size_t i,
			 const struct policy_statement *other, size_t j)
{
	return is_below(other->cgroup[j], one->cgroup[i]) ||
	       is_below(one->cgroup[i], other->cgroup[j]);
}

static bool uid_equals(const struct policy_statement *one, size_t i,
		       const struct policy_statement *other, size_t j)
{
	return one->uid[i] == other->uid[j];
}

static bool name_takes(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (length && pattern[length - 1] == '*')
		return !strncmp(pattern, name, length - 1);
	return !strcmp(pattern, name);
}

static bool comm_takes(const struct policy_statement *one, size_t i,
		       const struct policy_statement *other, size_t j)
{
	return name_takes(one->comm[i], other->comm[j]);
}

static bool comm_meets(const struct policy_statement *one, size_t i,
		       const struct policy_statement *other, size_t j)
{
	return name_takes(one->comm[i], other->comm[j]) || name_takes(other->comm[j], one->comm[i]);
}

static bool executable_equals(const struct policy_statement *one, size_t i,
			      const struct policy_statement *other, size_t j)
{
	return !strcmp(one->executable[i], other->executable[j]);
}

static bool range_takes(const struct policy_statement *one, size_t i,
			const struct policy_statement *other, size_t j)
{
	return one->range[i].first <= other->range[j].first &&
	       one->range[i].last >= other->range[j].last;
}

/* Of two that allow each has to take in all of an access: one that is in both. */
static bool range_meets(const struct policy_statement *one, size_t i,
			const struct policy_statement *other, size_t j)
{
	if (one->action != POLICY_ALLOW && other->action != POLICY_ALLOW)
		return true; /* an access can be long enough for both */
	return one->range[i].first <= other->range[j].last &&
	       one->range[i].last >= other->range[j].first;
}

/* An empty list takes everything in. */
static bool list_takes(const struct policy_statement *one, size_t ones,
		       const struct policy_statement *other, size_t others, relation takes)
{
	for (size_t j = 0; ones && j < others; j++) {
		size_t i = 0;

		while (i < ones && !takes(one, i, other, j))
			i++;
		if (i == ones)
			return false;
	}
	return !ones || others;
}

static bool list_meets(const struct policy_statement *one, size_t ones,
		       const struct policy_statement *other, size_t others, relation meets)
{
	for (size_t i = 0; i < ones; i++)
		for (size_t j = 0; j < others; j++)
			if (meets(one, i, other, j))
				return true;
	return !ones || !others;
}

/*
 * Rules
 */

static const struct list {
	size_t count; /* where in a rule */
	relation takes, meets;
} lists[] = {
	{ offsetof(struct policy_statement, addresses), address_takes, address_meets },
	{ offsetof(struct policy_statement, ids), id_takes, id_meets },
	{ offsetof(struct policy_statement, drivers), driver_equals, driver_equals },
	{ offsetof(struct policy_statement, groups), group_equals, group_equals },
	{ offsetof(struct policy_statement, cgroups), cgroup_takes, cgroup_meets },
	{ offsetof(struct policy_statement, uids), uid_equals, uid_equals },
	{ offsetof(struct policy_statement, comms), comm_takes, comm_meets },
	{ offsetof(struct policy_statement, executables), executable_equals, executable_equals },
	{ offsetof(struct policy_statement, ranges), range_takes, range_meets },
};

static size_t count_of(const struct policy_statement *rule, const struct list *list)
{
	return *(const size_t *)((const char *)rule + list->count);
}

/* Bits of which 0 is any. */
static bool bits_take(__u64 one, __u64 other)
{
	return !one || (other && !(other & ~one));
}

static bool bits_meet(__u64 one, __u64 other)
{
	return !one || !other || one & other;
}

/* The MSI-X table lies in some BAR. */
static bool regions_meet(__u64 one, __u64 other)
{
	return bits_meet(one, other) || (one | other) >> POLICY_REGION_MSIX & 1;
}

static bool has_width(const struct policy_statement *rule, __u32 width)
{
	for (size_t i = 0; i < rule->widths; i++)
		if (rule->width[i] == width)
			return true;
	return false;
}

static bool widths_take(const struct policy_statement *one, const struct policy_statement *other)
{
	const struct policy_statement *listed = one->other_widths ? one : other;
	const struct policy_statement *within = one->other_widths ? other : one;

	if (!one->widths)
		return true;
	if (!other->widths || (other->other_widths && !one->other_widths))
		return false;
	/* All of one's exceptions are the other's too, or none of them is in the other's list. */
	for (size_t i = 0; i < listed->widths; i++)
		if (has_width(within, listed->width[i]) !=
		    (one->other_widths == other->other_widths))
			return false;
	return true;
}

static bool widths_meet(const struct policy_statement *one, const struct policy_statement *other)
{
	if (!one->widths || !other->widths || (one->other_widths && other->other_widths))
		return true;
	if (one->other_widths)
		return widths_meet(other, one);
	for (size_t i = 0; i < one->widths; i++)
		if (has_width(other, one->width[i]) != other->other_widths)
			return true;
	return false;
}

/*
 * Of an access whose width or place is not known the earlier rule decides too, by on-unknown. What
 * only has to be touched is not taken in by what has to take in the access.
 */
static bool takes(const struct policy_statement *one, const struct policy_statement *other)
{
	if ((one->ranges && one->action == POLICY_ALLOW && other->action != POLICY_ALLOW) ||
	    (other->operations & ~one->operations) || (one->when & ~other->when) ||
	    (one->alignment && one->alignment != other->alignment))
		return false;
	if (!bits_take(one->classes, other->classes) || !bits_take(one->ioctls, other->ioctls) ||
	    !bits_take(one->regions, other->regions) || !bits_take(one->ways, other->ways) ||
	    !widths_take(one, other))
		return false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!list_takes(one, count_of(one, &lists[i]), other, count_of(other, &lists[i]),
				lists[i].takes))
			return false;
	return true;
}

static bool meets(const struct policy_statement *one, const struct policy_statement *other)
{
	if (!(one->operations & other->operations) ||
	    (one->alignment && other->alignment && one->alignment != other->alignment) ||
	    !bits_meet(one->classes, other->classes) || !bits_meet(one->ioctls, other->ioctls) ||
	    !regions_meet(one->regions, other->regions) || !bits_meet(one->ways, other->ways) ||
	    !widths_meet(one, other))
		return false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!list_meets(one, count_of(one, &lists[i]), other, count_of(other, &lists[i]),
				lists[i].meets))
			return false;
	return true;
}

void policy_explain(const struct policy *policy, policy_remark_report report, void *argument)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_statement *rule = &policy->rules[i];
		size_t before = 0;

		while (before < i && !takes(&policy->rules[before], rule))
			before++;
		if (before < i) {
			report(&(struct policy_remark){ POLICY_NEVER, i, before }, argument);
			continue;
		}
		for (before = 0; before < i; before++)
			if (policy->rules[before].action != rule->action &&
			    meets(&policy->rules[before], rule))
				report(&(struct policy_remark){ POLICY_MEET, i, before }, argument);
	}
}
