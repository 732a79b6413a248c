/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies, what they decided, and what came of it. All return 0, or -1 if it cannot be written. */
#ifndef VFIOSCOPE_RENDER_POLICY_H
#define VFIOSCOPE_RENDER_POLICY_H

#include "../model/policy_explain.h"

#include <stdio.h>
#include <vfioscope/policy_state.h>

/* A file, and what this kernel can do with it. */
struct policy_checked {
	const struct policy *policy;
	const char *hooks;
	const char *reason; /* why nothing can be enforced here, or NULL */
};

struct policy_shown {
	const struct policy_header *header;
	const char *hooks;
	bool loaded;   /* just now, */
	bool replaced; /* in place of another */
};

struct policy_rule_shown {
	const struct policy_header *header;
	const struct policy_counts *counts;
	const char *name; /* of a rule, or of whose default it is */
	__u32 number;	  /* of a rule, from 0 on */
	bool is_default;
};

struct policy_total {
	const struct policy_header *header;
	struct policy_counts sum;
	__u64 no_memory, lost, missed_runs;
};

struct policy_decided {
	const struct policy_event *event;
	__u64 time_ns; /* CLOCK_REALTIME */
};

struct policy_user {
	const char *device, *comm;
	__u32 pid;
};

int render_policy_remark_text(FILE *output, const struct policy *policy,
			      const struct policy_remark *remark);
int render_policy_remark_json(FILE *output, const struct policy *policy,
			      const struct policy_remark *remark);
int render_policy_checked_text(FILE *output, const struct policy_checked *checked);
int render_policy_checked_json(FILE *output, const struct policy_checked *checked);
int render_policy_user_text(FILE *output, const struct policy_user *user);
int render_policy_user_json(FILE *output, const struct policy_user *user);
int render_policy_text(FILE *output, const struct policy_shown *shown);
int render_policy_json(FILE *output, const struct policy_shown *shown);
int render_policy_counts_heading(FILE *output);
int render_policy_counts_text(FILE *output, const struct policy_rule_shown *rule);
int render_policy_counts_json(FILE *output, const struct policy_rule_shown *rule);
int render_policy_total_text(FILE *output, const struct policy_total *total);
int render_policy_total_json(FILE *output, const struct policy_total *total);
int render_policy_decision_text(FILE *output, const struct policy_decided *decided);
int render_policy_decision_json(FILE *output, const struct policy_decided *decided);

#endif
