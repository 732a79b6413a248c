// SPDX-License-Identifier: GPL-2.0-only
#include "policy_random.h"
#include "policy_reference.h"
#include "unit.h"

#include "../../user/model/policy_explain.h"

#include <stdio.h>
#include <string.h>
#include <vfioscope/policy_glob.h>
#include <vfioscope/policy_match.h>

/*
 * A compiled policy, evaluated as the BPF programs do it
 */

static const struct policy_value *find(const struct policy_table *table,
				       enum policy_record_kind kind, __u32 number, const char *name)
{
	struct policy_key key = { .kind = kind, .number = number };

	if (name)
		snprintf(key.name, sizeof(key.name), "%s", name);
	for (size_t i = 0; i < table->count; i++)
		if (!memcmp(&table->records[i].key, &key, sizeof(key)))
			return &table->records[i].value;
	return NULL;
}

static bool texts_match(const struct policy_table *table, const struct policy_rule *rule,
			const struct policy_access *access)
{
	const struct policy_value *driver = find(table, POLICY_TEXT, rule->driver, NULL);
	const struct policy_value *cgroup = find(table, POLICY_TEXT, rule->cgroup, NULL);
	const struct policy_value *executable = find(table, POLICY_TEXT, rule->executable, NULL);

	return (!driver || policy_texts_equal(driver->text, access->driver, POLICY_DRIVER_BYTES)) &&
	       (!cgroup || policy_path_is_below(access->cgroup.text, cgroup->text)) &&
	       (!executable ||
		policy_texts_equal(executable->text, access->executable.text, POLICY_TEXT_BYTES));
}

struct evaluation {
	const struct policy_table *table;
	const struct policy_access *access;
	const struct policy_rule *first;
	enum policy_match match;
};

static void walk(struct evaluation *evaluation, __u32 entry)
{
	while (entry) {
		const struct policy_rule *rule =
			&find(evaluation->table, POLICY_RULE, entry, NULL)->rule;
		enum policy_match match = policy_rule_matches(rule, evaluation->access);

		if (evaluation->first && rule->number >= evaluation->first->number)
			return;
		if (match && texts_match(evaluation->table, rule, evaluation->access)) {
			evaluation->first = rule;
			evaluation->match = match;
			return;
		}
		entry = rule->next;
	}
}

static void walk_list(struct evaluation *evaluation, enum policy_record_kind kind, __u32 number,
		      const char *name)
{
	const struct policy_value *value = find(evaluation->table, kind, number, name);

	if (value)
		walk(evaluation, value->list);
}

static struct policy_decision evaluate(const struct policy_table *table,
				       const struct policy_access *access)
{
	const struct policy_header *header = &find(table, POLICY_HEADER, 0, NULL)->header;
	struct evaluation evaluation = { .table = table, .access = access };
	struct policy_decision decision = { 0 };

	walk(&evaluation, header->any_device);
	walk_list(&evaluation, POLICY_BY_ADDRESS, 0, access->address);
	walk_list(&evaluation, POLICY_BY_ID, (__u32)access->vendor << 16 | access->device, NULL);
	walk_list(&evaluation, POLICY_BY_VENDOR, access->vendor, NULL);
	walk_list(&evaluation, POLICY_BY_DRIVER, 0, access->driver);
	if (access->has_group)
		walk_list(&evaluation, POLICY_BY_GROUP, access->group, NULL);
	for (__u32 i = 0; i < header->globs; i++) {
		const struct policy_glob *glob = &find(table, POLICY_GLOB, i, NULL)->glob;

		if (policy_glob_matches(glob, access->address))
			walk(&evaluation, glob->list);
	}
	if (evaluation.first)
		policy_conclude(header, evaluation.first, evaluation.match, &decision);
	else
		policy_conclude_default(header, access->class, &decision);
	return decision;
}

static void says_what_the_reference_says(void **state)
{
	unsigned int outcomes[4] = { 0 }, unknown = 0, rules = 0;
	__u64 random = 1;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		struct policy *policy = policy_random(&random);
		struct policy_table table;
		struct policy_error error;

		assert_non_null(policy);
		assert_int_equal(policy_compile(policy, &table, &error), 0);
		for (unsigned int j = 0; j < 20; j++) {
			struct policy_access access = policy_random_access(&random);
			struct policy_decision wanted = policy_reference(policy, &access);
			struct policy_decision got = evaluate(&table, &access);

			if (memcmp(&wanted, &got, sizeof(got)) != 0)
				fail_msg("policy %u, access %u: rule %u, not %u", i, j, got.rule,
					 wanted.rule);
			outcomes[got.outcome]++;
			unknown += got.unknown;
			rules += got.rule < POLICY_MOST_RULES;
		}
		policy_table_free(&table);
		policy_free(policy);
	}
	/* Of everything there has to be enough for this to mean something. */
	for (unsigned int i = 0; i < 4; i++)
		assert_true(outcomes[i] > 2000);
	assert_true(unknown > 1000 && rules > 30000);
}

/*
 * Remarks
 */

struct remarks {
	bool never[16];
	bool meet[16][16];
	unsigned int nevers;
};

static void take_remark(const struct policy_remark *remark, void *argument)
{
	struct remarks *remarks = argument;

	if (remark->kind == POLICY_NEVER) {
		remarks->never[remark->rule] = true;
		remarks->nevers++;
	} else {
		remarks->meet[remark->rule][remark->before] = true;
	}
}

/* The rule alone with the rest of the policy: whether it is about the access. */
static bool is_about(const struct policy *policy, size_t rule, const struct policy_access *access)
{
	struct policy alone = *policy;

	alone.rules = &policy->rules[rule];
	alone.rule_count = 1;
	return policy_reference(&alone, access).rule == 0;
}

/* No access at random is decided by a rule that never decides, or is about two that do not meet. */
static void remarks_are_true(void **state)
{
	unsigned int nevers = 0, meetings = 0;
	__u64 random = 2;

	(void)state;
	for (unsigned int i = 0; i < 4000; i++) {
		struct policy *policy = policy_random(&random);
		struct remarks remarks = { 0 };

		assert_non_null(policy);
		policy_explain(policy, take_remark, &remarks);
		nevers += remarks.nevers;
		for (unsigned int j = 0; j < 50; j++) {
			struct policy_access access = policy_random_access(&random);
			__u32 decides = policy_reference(policy, &access).rule;

			if (decides >= policy->rule_count)
				continue;
			assert_false(remarks.never[decides]);
			/* What is not known may be anything. */
			if (!access.knows_range || !access.knows_width)
				continue;
			for (size_t later = decides + 1; later < policy->rule_count; later++) {
				if (remarks.never[later] ||
				    policy->rules[later].action == policy->rules[decides].action)
					continue;
				if (!is_about(policy, later, &access))
					continue;
				assert_true(remarks.meet[later][decides]);
				meetings++;
			}
		}
		policy_free(policy);
	}
	assert_true(nevers > 500 && meetings > 5000);
}

/*
 * Files
 */

static struct policy *read_text(const char *text, struct policy_error *error)
{
	return policy_read(text, strlen(text), error);
}

/* What is said of a file, "LINE:COLUMN: TEXT". */
static void expect_error(const char *file, const char *said)
{
	struct policy_error error;
	struct policy *policy = read_text(file, &error);
	char text[320];

	assert_null(policy);
	snprintf(text, sizeof(text), "%zu:%zu: %s", error.line, error.column, error.text);
	assert_string_equal(text, said);
}

#define HEAD "policy: p\nmode: enforce\nrules:\n"

static void everything_is_read(void **state)
{
	static const char file[] = "policy: all\n"
				   "description: what there is\n"
				   "mode: audit\n"
				   "on-unknown: allow\n"
				   "defaults: { pf: deny, vf: allow }\n"
				   "rules:\n"
				   "  - name: first\n"
				   "    device:\n"
				   "      address: [\"1:A.0\", \"0000:01:1*\"]\n"
				   "      id: [\"8086:10ca\", \"1b36:*\"]\n"
				   "      driver: [vfio-pci]\n"
				   "      group: [12, 0x10]\n"
				   "      class: [pf, vf]\n"
				   "    subject:\n"
				   "      cgroup: [/machine.slice]\n"
				   "      uid: [0]\n"
				   "      comm: [\"qemu*\"]\n"
				   "      executable: [/usr/bin/qemu-system-x86_64]\n"
				   "    operation: [read, write]\n"
				   "    region: [bar0, msix-table, zpci-io]\n"
				   "    offset: [\"0x10\", \"0x20-0x2f\"]\n"
				   "    width-not: [1, 2, 4, 8]\n"
				   "    alignment: misaligned\n"
				   "    access: [plain, vectored]\n"
				   "    when: [vf-open, open-elsewhere]\n"
				   "    action: deny\n"
				   "    errno: EACCES\n"
				   "    events: 10\n"
				   "  - name: second\n"
				   "    ioctl: [DEVICE_RESET, irq]\n"
				   "    action: allow\n";
	struct policy_error error;
	struct policy *policy = read_text(file, &error);
	const struct policy_statement *rule;

	(void)state;
	if (!policy)
		fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
	assert_string_equal(policy->name, "all");
	assert_false(policy->enforce);
	assert_int_equal(policy->on_unknown, POLICY_ALLOW);
	assert_int_equal(policy->defaults[POLICY_PF], POLICY_DENY);
	assert_int_equal(policy->defaults[POLICY_OTHER], POLICY_ALLOW);
	assert_int_equal(policy->rule_count, 2);
	rule = &policy->rules[0];
	assert_string_equal(rule->address[0], "0000:01:0a.0");
	assert_string_equal(rule->address[1], "0000:01:1*");
	assert_int_equal(rule->id[0].device, 0x10ca);
	assert_true(rule->id[1].any_device);
	assert_int_equal(rule->group[1], 16);
	assert_int_equal(rule->classes, 3);
	assert_int_equal(rule->operations, 1 << POLICY_READ | 1 << POLICY_WRITE);
	assert_true(rule->regions == (1ULL << 63 | 1ULL << 62 | 1));
	assert_true(rule->range[0].first == 0x10 && rule->range[0].last == 0x10);
	assert_true(rule->range[1].first == 0x20 && rule->range[1].last == 0x2f);
	assert_true(rule->other_widths && rule->widths == 4 && rule->width[3] == 8);
	assert_int_equal(rule->alignment, POLICY_MISALIGNED);
	assert_int_equal(rule->when, POLICY_WHEN_VF_OPEN | POLICY_WHEN_OTHER_OPEN);
	assert_int_equal(rule->error, 13);
	assert_int_equal(rule->events, 10);
	/* No operation named: the one that its condition is about. */
	assert_int_equal(policy->rules[1].operations, 1 << POLICY_IOCTL);
	assert_true(policy->rules[1].ioctls == (1ULL << 11 | 1ULL << 10));
	policy_free(policy);
}

static void errors_have_a_place(void **state)
{
	(void)state;
	expect_error("", "0:0: there is nothing in it; expected a policy");
	expect_error("a: [", "2:1: no YAML: did not find expected node content");
	expect_error("[]", "1:1: expected keys and their values");
	expect_error("policy: p\n", "1:1: mode is missing");
	expect_error("policy: p\nmode: strict\n",
		     "2:7: unknown: \"strict\"; expected audit or enforce");
	expect_error("policy: p\nmode: audit\nmode: enforce\n", "3:1: mode is there twice");
	expect_error("policy: p\nmode: audit\n---\npolicy: q\n", "3:1: expected one document");
	expect_error("policy: p\nmode: audit\nrule: []\n",
		     "3:1: unknown key \"rule\"; expected policy, description, mode, on-unknown, "
		     "defaults, rules");
	expect_error(HEAD "  - name: a\n    acton: deny\n",
		     "5:5: unknown key \"acton\"; expected name, description, device, subject, "
		     "operation, ioctl, region, offset, width, width-not, alignment, access, "
		     "when, action, errno, events");
	expect_error(HEAD "  - name: a\n", "4:5: action is missing");
	expect_error(HEAD "  - name: a\n    width: 4\n    action: deny\n",
		     "5:12: expected a list, as in [one, another]");
	expect_error(HEAD "  - name: a\n    width: [1, four]\n    action: deny\n",
		     "5:16: \"four\" is no number from 1 on");
	expect_error(HEAD "  - name: a\n    operation: [read,\n      wirte]\n    action: deny\n",
		     "6:7: unknown: \"wirte\"; expected read, write, ioctl, mmap, open, "
		     "sysfs-config-read, sysfs-config-write, sysfs-resource, sysfs-numvfs, "
		     "sysfs-reset, sysfs-remove, sysfs-unbind");
	expect_error(HEAD "  - name: a\n    operation: [ioctl]\n    width: [4]\n"
			  "    action: deny\n",
		     "6:12: width says nothing about ioctl");
	expect_error(HEAD "  - name: a\n    ioctl: [irq]\n    width: [4]\n    action: deny\n",
		     "4:11: no operation has all that the rule asks for");
	expect_error(HEAD "  - name: a\n    offset: [0x8-0x4]\n    action: deny\n",
		     "5:14: \"0x8-0x4\" is no range; expected 0x4 or 0x4-0x5");
	expect_error(HEAD "  - name: a\n    action: allow\n    errno: EPERM\n",
		     "6:12: only a rule that denies has one");
	expect_error(HEAD "  - name: a\n    action: deny\n    errno: EPERMM\n",
		     "6:12: unknown: \"EPERMM\"; expected the name of an error, such as EPERM");
	expect_error(HEAD "  - name: a\n    action: deny\n  - name: a\n    action: deny\n",
		     "6:11: \"a\" is the name of rule 1 already");
	expect_error(HEAD "  - name: a\n    device:\n      address: [01:10]\n    action: deny\n",
		     "6:17: \"01:10\" is no PCI address; expected 0000:01:10.0 or a pattern such "
		     "as 0000:01:1*");
	expect_error(HEAD "  - name: a\n    subject: { comm: [\"a*b\"] }\n    action: deny\n",
		     "5:23: \"a*b\": expected a name of up to 15 characters, with at most a * at "
		     "its end");
	expect_error(HEAD "  - &a { name: a, action: deny }\n  - *a\n",
		     "5:5: aliases are not taken; expected what it stands for");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_the_reference_says),
		cmocka_unit_test(remarks_are_true),
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(errors_have_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
