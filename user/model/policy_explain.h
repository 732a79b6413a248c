/* SPDX-License-Identifier: GPL-2.0-only */
/* What a reader of a policy may not see in it: rules that never decide, rules that meet. */
#ifndef VFIOSCOPE_POLICY_EXPLAIN_H
#define VFIOSCOPE_POLICY_EXPLAIN_H

#include "policy.h"

enum policy_remark_kind {
	POLICY_NEVER, /* whatever the rule is about, one before it decides */
	POLICY_MEET,  /* with different actions: where both match, the one before decides */
};

struct policy_remark {
	enum policy_remark_kind kind;
	size_t rule, before; /* from 0 on */
};

typedef void (*policy_remark_report)(const struct policy_remark *remark, void *argument);

/* In the order of the rules; for each that never decides, the first reason. */
void policy_explain(const struct policy *policy, policy_remark_report report, void *argument);

#endif
