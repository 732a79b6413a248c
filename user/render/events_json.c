// SPDX-License-Identifier: GPL-2.0-only
#include "events.h"
#include "json.h"

#include "../model/names.h"

static json_t *users_json(const struct finding *finding)
{
	json_t *users = json_array();

	for (size_t i = 0; i < finding->users && i < FINDING_USERS; i++) {
		const struct lifecycle_user *user = &finding->user[i];
		json_t *object = json_object();

		json_add_text(object, "device", user->device, sizeof(user->device));
		json_add_number(object, "pid", user->pid);
		json_add_text(object, "comm", user->comm, sizeof(user->comm));
		json_array_append_new(users, object);
	}
	return users;
}

/* What only some kinds of events have. */
static void add_details(json_t *object, const struct finding *finding)
{
	const struct lifecycle_event *event = finding->event;
	char text[ERRNO_NAME_BYTES];

	if (event->pf[0])
		json_add_text(object, "pf", event->pf, sizeof(event->pf));
	if (event->is_physfn)
		json_add_number(object, "vfs", event->vfs);
	if (event->kind == LIFECYCLE_NUMVFS)
		json_add_number(object, "numvfs", event->value);
	if (finding->result < 0)
		json_add_string(object, "errno", errno_text((int)-finding->result, text));
	if (event->signal)
		json_add_number(object, "signal", event->signal);
	if (finding->detail)
		json_add_string(object, "detail", finding->detail);
}

int render_event_json(FILE *output, const struct rendered_finding *rendered)
{
	const struct finding *finding = rendered->finding;
	json_t *object = json_line("event");

	json_add_number(object, "time_ns", rendered->time_ns);
	json_add_string(object, "event", finding->name);
	json_add_string(object, "severity", severity_name(finding->severity));
	json_add_bool(object, "hazard", finding->hazard);
	json_add_text(object, "device", finding->event->device, sizeof(finding->event->device));
	json_add_number(object, "pid", finding->pid);
	json_add_number(object, "tid", finding->tid);
	json_add_text(object, "comm", finding->comm, COMM_BYTES);
	add_details(object, finding);
	json_object_set_new(object, "users", users_json(finding));
	json_add_number(object, "user_count", finding->users);
	json_add_stack(object, rendered->frame, rendered->frames);
	return json_write(output, object);
}

int render_event_losses_json(FILE *output, const struct event_losses *losses)
{
	json_t *object = json_line("loss");

	json_add_number(object, "dropped", losses->dropped);
	json_add_number(object, "missed", losses->missed);
	json_add_number(object, "not_understood", losses->not_understood);
	json_add_names(object, "absent_hooks", losses->names, losses->absent);
	return json_write(output, object) || fflush(output) ? -1 : 0;
}
