// SPDX-License-Identifier: GPL-2.0-only
#include "events.h"
#include "plain.h"

#include "../model/names.h"

int render_events_heading(FILE *output)
{
	return fprintf(output, "%-15s %-8s %-15s %-13s %s\n", "TIME", "SEVERITY", "EVENT", "DEVICE",
		       "BY") < 0 ?
		       -1 :
		       0;
}

static const char *who(const char *comm, __u32 pid, char text[WHO_BYTES])
{
	return pid ? render_who(comm, pid, text) : "?";
}

static int write_details(FILE *output, const struct finding *finding)
{
	const struct lifecycle_event *event = finding->event;
	char text[ERRNO_NAME_BYTES];
	int error = 0;

	if (event->kind == LIFECYCLE_NUMVFS)
		error |= fprintf(output, " %u->%u", event->vfs, event->value) < 0;
	if (event->pf[0])
		error |= fprintf(output, " of PF %s", event->pf) < 0;
	if (finding->result < 0)
		error |= fprintf(output, ": %s", errno_text((int)-finding->result, text)) < 0;
	if (event->signal)
		error |= fprintf(output, ", signal %u", event->signal) < 0;
	return error;
}

int render_event_text(FILE *output, const struct rendered_finding *rendered)
{
	const struct finding *finding = rendered->finding;
	char clock[CLOCK_BYTES], text[WHO_BYTES];
	int error;

	error = fprintf(output, "%s %-8s %-15s %-13s %s", render_clock(rendered->time_ns, clock),
			severity_name(finding->severity), finding->name, finding->event->device,
			who(finding->comm, finding->pid, text)) < 0;
	error |= write_details(output, finding);
	error |= fprintf(output, "\n") < 0;
	if (finding->detail)
		error |= fprintf(output, "    %s\n", finding->detail) < 0;
	for (size_t i = 0; i < finding->users && i < FINDING_USERS; i++)
		error |= fprintf(output, "    %s is open: %s\n", finding->user[i].device,
				 who(finding->user[i].comm, finding->user[i].pid, text)) < 0;
	if (finding->users > FINDING_USERS)
		error |= fprintf(output, "    and %zu more\n", finding->users - FINDING_USERS) < 0;
	for (unsigned int i = 0; i < rendered->frames; i++)
		error |= fprintf(output, "    %s\n", rendered->frame[i]) < 0;
	return error ? -1 : 0;
}

int render_event_losses_text(FILE *output, const struct event_losses *losses)
{
	int error = fprintf(output, "lost: dropped %llu, missed %llu, not understood %llu",
			    (unsigned long long)losses->dropped, (unsigned long long)losses->missed,
			    (unsigned long long)losses->not_understood) < 0;

	if (losses->absent)
		error |= fprintf(output, "; not seen, for want of:") < 0;
	for (size_t i = 0; i < losses->absent; i++)
		error |= fprintf(output, " %s", losses->names[i]) < 0;
	error |= fprintf(output, "\n") < 0;
	return error || fflush(output) ? -1 : 0;
}
