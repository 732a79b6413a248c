// SPDX-License-Identifier: GPL-2.0-only
#include "losses.h"

#include "json.h"

#include "../model/names.h"

void json_add_losses(json_t *object, const struct report_losses *losses)
{
	for (enum latency_loss cause = 0; cause < LOSSES; cause++)
		json_add_number(object, loss_name(cause), losses->by_cause[cause]);
	json_add_number(object, "missed_runs", losses->missed_runs);
	json_add_number(object, "missed_probes", losses->missed_probes);
	json_add_number(object, "unattached_hooks", losses->unattached);
	json_add_number(object, "in_flight", losses->in_flight);
}

static int write_loss(FILE *output, const char *cause, __u64 count)
{
	if (!count)
		return 0;
	return fprintf(output, ", %s %llu", cause, (unsigned long long)count) < 0;
}

int write_losses(FILE *output, const struct report_losses *losses)
{
	int error;

	error = fprintf(output, "lost %llu", (unsigned long long)report_lost(losses)) < 0;
	for (enum latency_loss cause = 0; cause < LOSSES; cause++)
		error |= write_loss(output, loss_name(cause), losses->by_cause[cause]);
	error |= write_loss(output, "missed_runs", losses->missed_runs);
	error |= write_loss(output, "missed_probes", losses->missed_probes);
	error |= write_loss(output, "unattached_hooks", losses->unattached);
	error |= fprintf(output, "; in flight %llu\n", (unsigned long long)losses->in_flight) < 0;
	return error ? -1 : 0;
}
