// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"
#include "losses.h"
#include "trace.h"

#include "../model/names.h"

int render_trace_json(FILE *output, const struct traced_operation *operation)
{
	const struct latency_event *event = operation->event;
	const struct device_info *device = operation->device;
	json_t *object = json_line("operation");
	__u32 flags = device ? device->flags : 0;
	char text[COMMAND_NAME_BYTES];

	json_add_number(object, "time_ns", operation->time_ns);
	json_add_string(object, "device", device ? device->name : NULL);
	json_add_string(object, "driver", device ? device->driver : NULL);
	json_add_string(object, "region", region_name(event->region, flags & DEVICE_IS_PCI, text));
	json_add_string(object, "op", operation_name(event->operation));
	if (event->command)
		json_add_string(object, "cmd",
				command_name(event->command, flags & DEVICE_IS_CONTAINER, text));
	json_add_number(object, "width", event->width);
	if (event->region != REGION_NONE)
		json_add_number(object, "offset", event->offset);
	json_object_set_new(object, "result", json_integer(event->result));
	if (event->result < 0 && event->result >= -4095)
		json_add_string(object, "errno", errno_text((int)-event->result, text));
	json_add_number(object, "duration_ns", event->duration_ns);
	json_add_number(object, "pid", event->pid);
	json_add_number(object, "tid", event->tid);
	json_add_text(object, "comm", event->comm, sizeof(event->comm));
	json_add_number(object, "cgroup", event->cgroup);
	json_add_stack(object, operation->frame, operation->frames);
	return json_write(output, object);
}

int render_trace_losses_json(FILE *output, const struct report_losses *losses)
{
	json_t *object = json_line("loss");

	json_add_losses(object, losses);
	return json_write(output, object) || fflush(output) ? -1 : 0;
}
