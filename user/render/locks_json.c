// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"
#include "locks.h"

#include "../model/deadlock_names.h"

static json_t *task_json(const struct lock_task *task)
{
	json_t *object = json_object();

	json_add_number(object, "tid", task->tid);
	json_add_number(object, "pid", task->pid);
	json_add_text(object, "comm", task->comm, sizeof(task->comm));
	return object;
}

/* What it does with the device that the task before waits for, if it does; else with any. */
static void add_use(json_t *object, const struct deadlock *deadlock, size_t place)
{
	const struct lock_task *task = &deadlock->task[place];
	const struct lock_task *before =
		&deadlock->task[(place + deadlock->count - 1) % deadlock->count];
	const struct lock_wait *wait = deadlock_wait(before);
	bool is_open = wait->kind == LOCK_OPEN && task->use.vfio != wait->lock;

	if (!is_open && !task->use.vfio && !task->has_open[0])
		return;
	is_open |= !task->use.vfio;
	json_add_string(object, "in", is_open ? "open" : lock_use_name(task->use.operation));
	json_add_text(object, "device",
		      wait->kind == LOCK_OPEN ? before->waits.device : task->uses.device,
		      sizeof(task->uses.device));
}

static json_t *cycle_json(const struct rendered_deadlock *rendered)
{
	json_t *tasks = json_array();
	char address[24];

	for (size_t i = 0; i < rendered->deadlock->count; i++) {
		const struct lock_task *task = &rendered->deadlock->task[i];
		const struct lock_wait *wait = deadlock_wait(task);
		json_t *object = task_json(task);

		json_add_string(object, "kind", lock_kind_name(wait->kind));
		json_add_string(object, "lock", rendered->task[i].lock);
		snprintf(address, sizeof(address), "0x%llx", (unsigned long long)wait->lock);
		json_add_string(object, "address", address);
		json_add_number(object, "waited_ns", rendered->now_ns - wait->since_ns);
		json_add_bool(object, "waited_longer", wait->flags & LOCK_WAIT_BEFORE);
		json_add_bool(object, "interruptible", deadlock_is_breakable(task));
		add_use(object, rendered->deadlock, i);
		json_add_stack(object, rendered->task[i].frame, rendered->task[i].frames);
		json_array_append_new(tasks, object);
	}
	return tasks;
}

static json_t *behind_json(const struct deadlock *deadlock)
{
	json_t *tasks = json_array();

	for (size_t i = 0; i < deadlock->behind && i < DEADLOCK_BEHIND; i++)
		json_array_append_new(tasks, task_json(&deadlock->behind_task[i]));
	return tasks;
}

int render_deadlock_json(FILE *output, const struct rendered_deadlock *rendered)
{
	const struct deadlock *deadlock = rendered->deadlock;
	bool resolved = rendered->news == DEADLOCK_RESOLVED;
	json_t *object = json_line("deadlock");

	json_add_number(object, "time_ns", rendered->time_ns);
	json_add_number(object, "id", deadlock->id);
	json_add_string(object, "news", resolved ? "resolved" : "found");
	json_add_string(object, "label", deadlock_label(deadlock));
	json_add_bool(object, "breakable", deadlock_breakable_by(deadlock));
	if (resolved) {
		json_add_number(object, "lasted_ns", rendered->now_ns - deadlock->found_ns);
	} else {
		json_object_set_new(object, "tasks", cycle_json(rendered));
		json_object_set_new(object, "behind", behind_json(deadlock));
		json_add_number(object, "behind_count", deadlock->behind);
	}
	return json_write(output, object);
}

int render_lock_total_json(FILE *output, const struct lock_total *total)
{
	json_t *object = json_line("lock-total");

	json_add_number(object, "deadlocks", total->reported);
	json_add_number(object, "lasting", total->lasting);
	json_add_number(object, "long_waits", total->long_waits);
	json_add_number(object, "waits_without_room", total->waits_without_room);
	json_add_number(object, "uses_without_room", total->uses_without_room);
	json_add_number(object, "waits_elsewhere", total->waits_elsewhere);
	json_add_number(object, "missed_runs", total->missed_runs);
	json_add_number(object, "searches_cut", total->searches_cut);
	json_add_bool(object, "hooks_were_off", total->hooks_were_off);
	json_add_names(object, "absent", total->names, total->absent);
	return json_write(output, object);
}
