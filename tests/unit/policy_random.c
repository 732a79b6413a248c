// SPDX-License-Identifier: GPL-2.0-only
#include "policy_random.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <vfioscope/policy_match.h>

static const char *const addresses[] = { "0000:01:10.0", "0000:01:10.2", "0000:01:00.0",
					 "0001:00:00.0", "10000:e1:1f.7" };
static const char *const patterns[] = {
	"*",	 "0000:01:*", "0000:01:1?.*", "*.0",	      "000?:0*:*0.0", "0000:01:10.2",
	"*1*1*", "?*:00.0",   "**:10.*",      "0000:01:10.?", "*f.7",	      "00*"
};
static const char *const drivers[] = { "vfio-pci", "zpci-vfio-pci", "igb" };
static const char *const paths[] = { "/",	 "/machine.slice", "/machine.slice/vm-1.scope",
				     "/machine", "/user.slice",	   "/machine.slice/vm-10.scope" };
static const char *const executables[] = { "/usr/bin/qemu-system-x86_64", "/usr/bin/qemu",
					   "/bin/dd" };
static const char *const comms[] = { "qemu-system-x86", "qemu*", "*", "dd", "CPU 0/KVM", "d*" };
static const __u32 errors[] = { 1, 13, 5, 16 };

#define PICK(array) array[random_number(state) % COUNT_OF(array)]

static bool chance(__u64 *state, unsigned int of)
{
	return random_number(state) % of == 0;
}

/* How many members a list has: none, mostly. */
static size_t members(__u64 *state, unsigned int of)
{
	return chance(state, of) ? 1 + random_number(state) % 3 : 0;
}

static void random_device(__u64 *state, struct policy_statement *rule)
{
	rule->addresses = members(state, 3);
	for (size_t i = 0; i < rule->addresses; i++)
		strcpy(rule->address[i], chance(state, 2) ? PICK(addresses) : PICK(patterns));
	rule->ids = members(state, 6);
	for (size_t i = 0; i < rule->ids; i++) {
		rule->id[i].vendor = chance(state, 2) ? 0x8086 : 0x1b36;
		rule->id[i].device = (__u16)(0x10c9 + random_number(state) % 3);
		rule->id[i].any_device = chance(state, 3);
	}
	rule->drivers = members(state, 6);
	for (size_t i = 0; i < rule->drivers; i++)
		strcpy(rule->driver[i], PICK(drivers));
	rule->groups = members(state, 8);
	for (size_t i = 0; i < rule->groups; i++)
		rule->group[i] = (__u32)(random_number(state) % 4);
	if (chance(state, 5))
		rule->classes = 1 + random_number(state) % 7;
}

static void random_subject(__u64 *state, struct policy_statement *rule)
{
	rule->cgroups = members(state, 6);
	for (size_t i = 0; i < rule->cgroups; i++)
		strcpy(rule->cgroup[i], PICK(paths));
	rule->uids = members(state, 8);
	for (size_t i = 0; i < rule->uids; i++)
		rule->uid[i] = (__u32)(random_number(state) % 3);
	rule->comms = members(state, 8);
	for (size_t i = 0; i < rule->comms; i++)
		strcpy(rule->comm[i], PICK(comms));
	rule->executables = members(state, 8);
	for (size_t i = 0; i < rule->executables; i++)
		strcpy(rule->executable[i], PICK(executables));
}

static void random_place(__u64 *state, struct policy_statement *rule)
{
	for (unsigned int i = 0; chance(state, 3) && i < 3; i++)
		rule->regions |= 1ULL << (random_number(state) % 2 ? 0 : 7);
	if (rule->action != POLICY_ALLOW && chance(state, 10))
		rule->regions |= 1ULL << POLICY_REGION_MSIX;
	rule->ranges = members(state, 3);
	for (size_t i = 0; i < rule->ranges; i++) {
		rule->range[i].first = chance(state, 20) ? ~0ULL - random_number(state) % 4 :
							   random_number(state) % 32;
		rule->range[i].last = rule->range[i].first + random_number(state) % 8;
		if (rule->range[i].last < rule->range[i].first)
			rule->range[i].last = ~0ULL;
	}
	rule->widths = members(state, 3);
	for (size_t i = 0; i < rule->widths; i++)
		rule->width[i] = (__u32)(1 + random_number(state) % 9);
	rule->other_widths = chance(state, 2);
	if (chance(state, 4))
		rule->alignment = 1 + random_number(state) % 2;
	if (chance(state, 6))
		rule->ways = 1 + random_number(state) % 3;
}

static void random_rule(__u64 *state, struct policy_statement *rule)
{
	rule->action = random_number(state) % 3;
	rule->error = PICK(errors);
	rule->operations = 1U << (random_number(state) % POLICY_OPERATIONS) |
			   1U << (random_number(state) % POLICY_OPERATIONS);
	if (chance(state, 3))
		rule->operations = (1U << POLICY_OPERATIONS) - 1;
	if (chance(state, 8))
		rule->when = 1 + random_number(state) % 3;
	random_device(state, rule);
	random_subject(state, rule);
	if (chance(state, 5)) {
		rule->ioctls = 1ULL << (random_number(state) % 3) | 1ULL << POLICY_IOCTL_OTHER;
		rule->operations = 1U << POLICY_IOCTL;
	} else if (chance(state, 2)) {
		/* A condition has to mean something for every operation, as in a file. */
		random_place(state, rule);
		rule->operations &= POLICY_HAS_RANGE;
		if (!rule->operations)
			rule->operations = 1U << POLICY_READ | 1U << POLICY_WRITE;
	}
}

struct policy *policy_random(__u64 *state)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->rule_count = random_number(state) % 12;
	policy->rules = calloc(policy->rule_count + 1, sizeof(*policy->rules));
	if (!policy->rules) {
		free(policy);
		return NULL;
	}
	policy->enforce = !chance(state, 4);
	policy->on_unknown = random_number(state) % 2;
	for (size_t class = 0; class < POLICY_CLASSES; class ++)
		policy->defaults[class] = random_number(state) % 2;
	for (size_t i = 0; i < policy->rule_count; i++) {
		snprintf(policy->rules[i].name, sizeof(policy->rules[i].name), "rule-%zu", i);
		random_rule(state, &policy->rules[i]);
	}
	return policy;
}

struct policy_access policy_random_access(__u64 *state)
{
	struct policy_access access = {
		.offset = chance(state, 20) ? ~0ULL - random_number(state) % 8 :
					      random_number(state) % 40,
		.length = random_number(state) % 10,
		.operation = (__u32)(random_number(state) % POLICY_OPERATIONS),
		.region = chance(state, 10) ? REGION_NONE : (chance(state, 2) ? 0 : 7),
		.command = chance(state, 4) ? POLICY_IOCTL_OTHER :
					      (__u32)(random_number(state) % 4),
		.uid = (__u32)(random_number(state) % 3),
		.group = (__u32)(random_number(state) % 4),
		.when = (__u32)(random_number(state) % 4),
		.vendor = chance(state, 2) ? 0x8086 : 0x1b36,
		.device = (__u16)(0x10c9 + random_number(state) % 3),
		.class = random_number(state) % POLICY_CLASSES,
		.way = random_number(state) % POLICY_WAYS,
		.has_group = !chance(state, 4),
		.knows_range = !chance(state, 6),
		.in_msix = chance(state, 10),
		.knows_width = !chance(state, 4),
		.by_zpci_io = chance(state, 6),
	};

	strcpy(access.address, PICK(addresses));
	strcpy(access.driver, PICK(drivers));
	strcpy(access.comm, PICK(comms));
	strcpy(access.cgroup.text, PICK(paths));
	strcpy(access.executable.text, PICK(executables));
	return access;
}
