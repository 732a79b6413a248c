// SPDX-License-Identifier: GPL-2.0-only
#include "plain.h"
#include "policy.h"

#include "../model/names.h"
#include "../model/policy_names.h"

#include <string.h>

static int written(int bytes)
{
	return bytes < 0 ? -1 : 0;
}

int render_policy_remark_text(FILE *output, const struct policy *policy,
			      const struct policy_remark *remark)
{
	const char *name = policy->rules[remark->rule].name;
	const char *before = policy->rules[remark->before].name;

	if (remark->kind == POLICY_NEVER)
		return written(fprintf(output,
				       "rule %zu \"%s\" never decides: whatever it is about, rule "
				       "%zu \"%s\" decides before\n",
				       remark->rule + 1, name, remark->before + 1, before));
	return written(fprintf(output,
			       "rules %zu \"%s\" and %zu \"%s\" meet: where both match, rule %zu "
			       "decides (%s)\n",
			       remark->before + 1, before, remark->rule + 1, name,
			       remark->before + 1,
			       policy_action_name(policy->rules[remark->before].action)));
}

int render_policy_checked_text(FILE *output, const struct policy_checked *checked)
{
	int error = fprintf(output, "policy \"%s\": mode %s, %zu rule%s\n", checked->policy->name,
			    policy_mode_name(checked->policy->enforce), checked->policy->rule_count,
			    checked->policy->rule_count == 1 ? "" : "s") < 0;

	if (checked->reason)
		error |= fprintf(output, "this kernel cannot enforce it: %s\n", checked->reason) <
			 0;
	else
		error |= fprintf(output, "this kernel can enforce it, by %s%s\n", checked->hooks,
				 strcmp(checked->hooks, "fmod_ret") ?
					 "" :
					 ": a weaker promise than the bpf LSM's, see the "
					 "manual") < 0;
	return error ? -1 : 0;
}

int render_policy_user_text(FILE *output, const struct policy_user *user)
{
	char text[WHO_BYTES];

	return written(fprintf(output, "already open: %s by %s\n", user->device,
			       render_who(user->comm, user->pid, text)));
}

int render_policy_text(FILE *output, const struct policy_shown *shown)
{
	const struct policy_header *header = shown->header;
	char loaded[CLOCK_BYTES];

	return written(fprintf(output,
			       "policy \"%s\": mode %s, %u rule%s, hooked by %s, generation %llu, "
			       "in force since %s%s\n",
			       header->name, policy_mode_name(header->enforce), header->rules,
			       header->rules == 1 ? "" : "s", shown->hooks,
			       (unsigned long long)header->generation,
			       render_time(header->loaded_ns, "%Y-%m-%d %H:%M:%S", loaded),
			       shown->replaced ? " (another before)" : ""));
}

int render_policy_counts_heading(FILE *output)
{
	return written(fprintf(output, "%10s %10s %10s %10s %10s %10s  %s\n", "ALLOWED", "DENIED",
			       "WOULD-DENY", "AUDITED", "UNKNOWN", "LIMITED", "RULE"));
}

static int write_counts(FILE *output, const struct policy_counts *counts)
{
	return written(
		fprintf(output, "%10llu %10llu %10llu %10llu %10llu %10llu  ",
			(unsigned long long)counts->allowed, (unsigned long long)counts->denied,
			(unsigned long long)counts->would_deny, (unsigned long long)counts->audited,
			(unsigned long long)counts->unknown, (unsigned long long)counts->limited));
}

int render_policy_counts_text(FILE *output, const struct policy_rule_shown *rule)
{
	int error = write_counts(output, rule->counts);

	if (rule->is_default)
		error |= fprintf(output, "default of %s\n", rule->name) < 0;
	else
		error |= fprintf(output, "%u %s\n", rule->number + 1, rule->name) < 0;
	return error ? -1 : 0;
}

int render_policy_total_text(FILE *output, const struct policy_total *total)
{
	int error = write_counts(output, &total->sum);

	error |= fprintf(output,
			 "all of generation %llu; events lost %llu, not judged for want of memory "
			 "%llu, runs missed %llu\n",
			 (unsigned long long)total->header->generation,
			 (unsigned long long)total->lost, (unsigned long long)total->no_memory,
			 (unsigned long long)total->missed_runs) < 0;
	return error ? -1 : 0;
}

/* "bar0+0x10 width 4", the name of an ioctl, or nothing. */
static int write_place(FILE *output, const struct policy_event *event)
{
	const char *region = policy_region_name(event->region);
	char name[COMMAND_NAME_BYTES];
	int error = 0;

	if (event->operation == POLICY_IOCTL)
		return written(fprintf(output, " %s", policy_command_name(event->command, name)));
	if (event->knows_range)
		error |= fprintf(output, " %s+0x%llx width %llu", region ? region : "beyond",
				 (unsigned long long)event->offset,
				 (unsigned long long)event->length) < 0;
	if (event->in_msix)
		error |= fputs(" (msix-table)", output) < 0;
	if (event->by_zpci_io)
		error |= fputs(" (zpci-io)", output) < 0;
	if (event->operation <= POLICY_WRITE && event->way == POLICY_VECTORED)
		error |= fputs(" vectored", output) < 0;
	return error ? -1 : 0;
}

int render_policy_decision_text(FILE *output, const struct policy_decided *decided)
{
	const struct policy_event *event = decided->event;
	char clock[CLOCK_BYTES], user[WHO_BYTES], text[ERRNO_NAME_BYTES];
	int error;

	error = fprintf(output, "%s %-10s %s %.*s", render_clock(decided->time_ns, clock),
			policy_outcome_name(event->decision.outcome) ?: "?",
			policy_operation_name(event->operation) ?: "?", POLICY_ADDRESS_BYTES,
			event->address) < 0;
	error |= write_place(output, event);
	error |= fprintf(output, " by %s", render_who(event->comm, event->pid, user)) < 0;
	if (event->decision.error)
		error |= fprintf(output, ": %s", errno_text((int)event->decision.error, text)) < 0;
	if (event->rule[0])
		error |= fprintf(output, " (%u %.*s", event->decision.rule + 1, POLICY_RULE_BYTES,
				 event->rule) < 0;
	else
		error |= fprintf(output, " (default of %s",
				 policy_class_name(event->decision.rule - POLICY_MOST_RULES) ?:
					 "?") < 0;
	error |= fprintf(output, "%s, generation %llu)\n",
			 event->decision.unknown ? ", could not be judged" : "",
			 (unsigned long long)event->generation) < 0;
	return error ? -1 : 0;
}
