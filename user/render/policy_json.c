// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"
#include "policy.h"

#include "../model/names.h"
#include "../model/policy_names.h"

int render_policy_remark_json(FILE *output, const struct policy *policy,
			      const struct policy_remark *remark)
{
	json_t *object = json_line("policy-remark");

	json_add_string(object, "remark", remark->kind == POLICY_NEVER ? "never-decides" : "meets");
	json_add_number(object, "rule", remark->rule + 1);
	json_add_string(object, "name", policy->rules[remark->rule].name);
	json_add_number(object, "before", remark->before + 1);
	json_add_string(object, "before_name", policy->rules[remark->before].name);
	return json_write(output, object);
}

int render_policy_checked_json(FILE *output, const struct policy_checked *checked)
{
	json_t *object = json_line("policy-check");

	json_add_string(object, "policy", checked->policy->name);
	json_add_string(object, "mode", policy_mode_name(checked->policy->enforce));
	json_add_number(object, "rules", checked->policy->rule_count);
	json_add_string(object, "hooks", checked->hooks);
	json_add_bool(object, "can_enforce", !checked->reason);
	json_add_string(object, "reason", checked->reason);
	return json_write(output, object);
}

int render_policy_user_json(FILE *output, const struct policy_user *user)
{
	json_t *object = json_line("policy-already-open");

	json_add_string(object, "device", user->device);
	json_add_number(object, "pid", user->pid);
	json_add_string(object, "comm", user->comm);
	return json_write(output, object);
}

int render_policy_json(FILE *output, const struct policy_shown *shown)
{
	const struct policy_header *header = shown->header;
	json_t *object = json_line("policy");

	json_add_text(object, "policy", header->name, sizeof(header->name));
	json_add_string(object, "mode", policy_mode_name(header->enforce));
	json_add_string(object, "on_unknown", policy_action_name(header->on_unknown));
	json_add_number(object, "rules", header->rules);
	json_add_string(object, "hooks", shown->hooks);
	json_add_number(object, "generation", header->generation);
	json_add_number(object, "loaded_ns", header->loaded_ns);
	if (shown->loaded)
		json_add_bool(object, "replaced", shown->replaced);
	return json_write(output, object);
}

static void add_counts(json_t *object, const struct policy_counts *counts)
{
	json_add_number(object, "allowed", counts->allowed);
	json_add_number(object, "denied", counts->denied);
	json_add_number(object, "would_deny", counts->would_deny);
	json_add_number(object, "audited", counts->audited);
	json_add_number(object, "unknown", counts->unknown);
	json_add_number(object, "events_limited", counts->limited);
}

int render_policy_counts_json(FILE *output, const struct policy_rule_shown *rule)
{
	json_t *object = json_line("policy-counts");

	json_add_number(object, "generation", rule->header->generation);
	if (rule->is_default)
		json_add_string(object, "default", rule->name);
	else
		json_add_number(object, "rule", rule->number + 1);
	if (!rule->is_default)
		json_add_string(object, "name", rule->name);
	add_counts(object, rule->counts);
	return json_write(output, object);
}

int render_policy_total_json(FILE *output, const struct policy_total *total)
{
	json_t *object = json_line("policy-total");

	json_add_number(object, "generation", total->header->generation);
	add_counts(object, &total->sum);
	json_add_number(object, "events_lost", total->lost);
	json_add_number(object, "no_memory", total->no_memory);
	json_add_number(object, "missed_runs", total->missed_runs);
	return json_write(output, object);
}

/* What only some operations have. */
static void add_place(json_t *object, const struct policy_event *event)
{
	char name[COMMAND_NAME_BYTES];

	if (event->operation == POLICY_IOCTL)
		json_add_string(object, "cmd", policy_command_name(event->command, name));
	if (event->knows_range) {
		json_add_string(object, "region", policy_region_name(event->region) ?: "beyond");
		json_add_number(object, "offset", event->offset);
		json_add_number(object, "width", event->length);
		json_add_bool(object, "msix_table", event->in_msix);
		json_add_bool(object, "zpci_io", event->by_zpci_io);
	}
	if (event->operation <= POLICY_WRITE)
		json_add_string(object, "access", policy_way_name(event->way));
}

int render_policy_decision_json(FILE *output, const struct policy_decided *decided)
{
	const struct policy_event *event = decided->event;
	json_t *object = json_line("decision");
	char text[ERRNO_NAME_BYTES];

	json_add_number(object, "time_ns", decided->time_ns);
	json_add_number(object, "generation", event->generation);
	json_add_string(object, "outcome", policy_outcome_name(event->decision.outcome));
	if (event->decision.error)
		json_add_string(object, "errno", errno_text((int)event->decision.error, text));
	json_add_bool(object, "unknown", event->decision.unknown);
	if (event->rule[0]) {
		json_add_number(object, "rule", event->decision.rule + 1);
		json_add_text(object, "name", event->rule, sizeof(event->rule));
	} else {
		json_add_string(object, "default",
				policy_class_name(event->decision.rule - POLICY_MOST_RULES));
	}
	json_add_string(object, "op", policy_operation_name(event->operation));
	json_add_text(object, "device", event->address, sizeof(event->address));
	json_add_text(object, "driver", event->driver, sizeof(event->driver));
	add_place(object, event);
	json_add_number(object, "pid", event->pid);
	json_add_number(object, "tid", event->tid);
	json_add_text(object, "comm", event->comm, sizeof(event->comm));
	json_add_number(object, "uid", event->uid);
	json_add_number(object, "cgroup", event->cgroup);
	return json_write(output, object);
}
