// SPDX-License-Identifier: GPL-2.0-only
#include "policy_reference.h"

#include <fnmatch.h>
#include <string.h>

enum judgement {
	NO,
	YES,
	PERHAPS,
};

static bool device_is_meant(const struct policy_statement *rule, const struct policy_access *access)
{
	bool address = !rule->addresses, id = !rule->ids, driver = !rule->drivers;
	bool group = !rule->groups, class = !rule->classes;

	for (size_t i = 0; i < rule->addresses; i++)
		address |= fnmatch(rule->address[i], access->address, 0) == 0;
	for (size_t i = 0; i < rule->ids; i++)
		id |= rule->id[i].vendor == access->vendor &&
		      (rule->id[i].any_device || rule->id[i].device == access->device);
	for (size_t i = 0; i < rule->drivers; i++)
		driver |= strcmp(rule->driver[i], access->driver) == 0;
	for (size_t i = 0; i < rule->groups; i++)
		group |= access->has_group && rule->group[i] == access->group;
	for (unsigned int i = 0; i < POLICY_CLASSES; i++)
		class |= (rule->classes >> i & 1) && access->class == i;
	return address && id && driver && group && class;
}

static bool comm_is_meant(const char *wanted, const char *comm)
{
	size_t length = strlen(wanted);

	if (length && wanted[length - 1] == '*')
		return strncmp(wanted, comm, length - 1) == 0;
	return strcmp(wanted, comm) == 0;
}

static bool is_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	if (strcmp(above, "/") == 0)
		return path[0] == '/';
	return strncmp(path, above, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool subject_is_meant(const struct policy_statement *rule,
			     const struct policy_access *access)
{
	bool cgroup = !rule->cgroups, uid = !rule->uids, comm = !rule->comms;
	bool executable = !rule->executables;

	for (size_t i = 0; i < rule->cgroups; i++)
		cgroup |= is_below(access->cgroup.text, rule->cgroup[i]);
	for (size_t i = 0; i < rule->uids; i++)
		uid |= rule->uid[i] == access->uid;
	for (size_t i = 0; i < rule->comms; i++)
		comm |= comm_is_meant(rule->comm[i], access->comm);
	for (size_t i = 0; i < rule->executables; i++)
		executable |= strcmp(rule->executable[i], access->executable.text) == 0;
	return cgroup && uid && comm && executable;
}

static bool operation_is_meant(const struct policy_statement *rule,
			       const struct policy_access *access)
{
	bool when = true;

	if (!(rule->operations >> access->operation & 1))
		return false;
	if (rule->ioctls && !(rule->ioctls >> access->command & 1))
		return false;
	if (rule->ways && !(rule->ways >> access->way & 1))
		return false;
	for (unsigned int bit = 0; bit < 8; bit++)
		when &= !(rule->when >> bit & 1) || (access->when >> bit & 1);
	return when;
}

static bool range_is_meant(const struct policy_statement *rule, const struct policy_access *access)
{
	/* 128 bits, so that nothing wraps. */
	unsigned __int128 first = access->offset;
	unsigned __int128 end = first + (access->length ? access->length : 1);
	bool meant = !rule->ranges;

	for (size_t i = 0; i < rule->ranges; i++) {
		unsigned __int128 range_end = (unsigned __int128)rule->range[i].last + 1;

		if (rule->action == POLICY_ALLOW)
			meant |= first >= rule->range[i].first && end <= range_end;
		else
			meant |= first < range_end && end > rule->range[i].first;
	}
	return meant;
}

static bool region_is_meant(const struct policy_statement *rule, const struct policy_access *access)
{
	if (!rule->regions)
		return true;
	if (rule->regions >> POLICY_REGION_MSIX & 1 && access->in_msix)
		return true;
	if (rule->regions >> REGION_ZPCI_IO & 1 && access->by_zpci_io)
		return true;
	return access->region != POLICY_REGION_MSIX && access->region < 64 &&
	       (rule->regions >> access->region & 1);
}

static bool width_is_meant(const struct policy_statement *rule, const struct policy_access *access)
{
	bool power_of_two = false, listed = false, natural;

	for (unsigned int i = 0; i < 64; i++)
		power_of_two |= access->length == 1ULL << i;
	natural = power_of_two && access->offset % access->length == 0;
	for (size_t i = 0; i < rule->widths; i++)
		listed |= rule->width[i] == access->length;
	if (rule->widths && listed == rule->other_widths)
		return false;
	if (rule->alignment == POLICY_NATURAL && !natural)
		return false;
	return rule->alignment != POLICY_MISALIGNED || !natural;
}

static bool has_place(const struct policy_access *access)
{
	return access->operation == POLICY_READ || access->operation == POLICY_WRITE ||
	       access->operation == POLICY_MMAP || access->operation == POLICY_SYSFS_CONFIG_READ ||
	       access->operation == POLICY_SYSFS_CONFIG_WRITE;
}

static enum judgement judge(const struct policy_statement *rule, const struct policy_access *access)
{
	bool asks_place = rule->regions || rule->ranges,
	     asks_width = rule->widths || rule->alignment;

	if (!device_is_meant(rule, access) || !subject_is_meant(rule, access) ||
	    !operation_is_meant(rule, access))
		return NO;
	if (!has_place(access))
		return YES;
	if (asks_place && access->knows_range &&
	    (!region_is_meant(rule, access) || !range_is_meant(rule, access)))
		return NO;
	if (asks_width && access->knows_width && !width_is_meant(rule, access))
		return NO;
	if ((asks_place && !access->knows_range) || (asks_width && !access->knows_width))
		return PERHAPS;
	return YES;
}

static void deny(const struct policy *policy, __u32 error, struct policy_decision *decision)
{
	decision->outcome = policy->enforce ? POLICY_DENIED : POLICY_WOULD_DENY;
	decision->error = error;
}

struct policy_decision policy_reference(const struct policy *policy,
					const struct policy_access *access)
{
	struct policy_decision decision = { .outcome = POLICY_ALLOWED };

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_statement *rule = &policy->rules[i];
		enum judgement judgement = judge(rule, access);

		if (judgement == NO)
			continue;
		decision.rule = (__u32)i;
		decision.unknown = judgement == PERHAPS;
		if (judgement == PERHAPS && policy->on_unknown == POLICY_DENY)
			deny(policy, rule->action == POLICY_DENY ? rule->error : 1, &decision);
		else if (judgement == YES && rule->action == POLICY_DENY)
			deny(policy, rule->error, &decision);
		else if (judgement == YES && rule->action == POLICY_AUDIT)
			decision.outcome = POLICY_AUDITED;
		return decision;
	}
	decision.rule = POLICY_DEFAULT_RULE(access->class);
	if (policy->defaults[access->class] == POLICY_DENY)
		deny(policy, 1, &decision);
	return decision;
}
