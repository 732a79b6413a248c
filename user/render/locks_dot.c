// SPDX-License-Identifier: GPL-2.0-only
#include "dot.h"
#include "locks.h"
#include "plain.h"

#include "../model/deadlock_names.h"

static int write_task(FILE *output, const struct lock_task *task)
{
	char name[WHO_BYTES];
	int error = fprintf(output, "\t\"%u\" [shape=box, label=\"", task->tid) < 0;

	error |= dot_write_quoted(output, render_who(task->comm, task->tid, name));
	return error | (fputs("\"];\n", output) < 0);
}

static const char *holding(const struct lock_wait *wait, const struct lock_task *holder)
{
	switch (wait->kind) {
	case LOCK_OPEN:
		return holder->use.vfio == wait->lock ? lock_use_name(holder->use.operation) :
							"opened by";
	case LOCK_ACTIVE:
		return "in use by";
	default:
		return "held by";
	}
}

static int write_edges(FILE *output, const struct lock_task *waiter, const char *lock,
		       const struct lock_task *holder)
{
	int error = fprintf(output, "\t\"%u\" -> \"", waiter->tid) < 0;

	error |= dot_write_quoted(output, lock);
	error |= fprintf(output, "\" [label=\"waits for\"];\n\t\"") < 0;
	error |= dot_write_quoted(output, lock);
	return error | (fprintf(output, "\" -> \"%u\" [label=\"%s\"];\n", holder->tid,
				holding(deadlock_wait(waiter), holder)) < 0);
}

int render_deadlock_dot(FILE *output, const struct rendered_deadlock *rendered)
{
	const struct deadlock *deadlock = rendered->deadlock;
	int error = fprintf(output, "digraph deadlock_%llu {\n\tlabel=\"%s\";\n",
			    (unsigned long long)deadlock->id, deadlock_label(deadlock)) < 0;

	for (size_t i = 0; i < deadlock->count; i++) {
		error |= write_task(output, &deadlock->task[i]);
		error |= write_edges(output, &deadlock->task[i], rendered->task[i].lock,
				     &deadlock->task[(i + 1) % deadlock->count]);
	}
	error |= fputs("}\n", output) < 0;
	return error ? -1 : 0;
}
