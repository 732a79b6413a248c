// SPDX-License-Identifier: GPL-2.0-only
/*
 * For libFuzzer: any text as a policy file. Whatever is taken as a policy has to compile, and each
 * entry of a list has to be after the one before. make fuzz-policy; tests/fuzz/policies has texts
 * to begin with.
 */
#include "../../user/model/policy.h"
#include "../../user/model/policy_explain.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_table(const struct policy_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct policy_record *record = &table->records[i];

		if (record->key.kind == POLICY_RULE && record->value.rule.next &&
		    record->value.rule.next <= record->key.number)
			abort();
	}
}

/* A remark is about two rules that are there, in this order. */
static void check_remark(const struct policy_remark *remark, void *argument)
{
	const struct policy *policy = argument;

	if (remark->before >= remark->rule || remark->rule >= policy->rule_count)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct policy *policy;
	struct policy_table table;
	struct policy_error error;

	policy = policy_read((const char *)data, bytes, &error);
	if (!policy) {
		/* Whoever is refused is told why. */
		if (!error.text[0])
			abort();
		return 0;
	}
	if (!policy_compile(policy, &table, &error))
		check_table(&table);
	policy_table_free(&table);
	policy_explain(policy, check_remark, policy);
	policy_free(policy);
	return 0;
}
