// SPDX-License-Identifier: GPL-2.0-only
#include "locks.h"
#include "plain.h"

#include "../model/deadlock_names.h"
#include "../model/parse.h"

static const char *who(const struct lock_task *task, char text[WHO_BYTES])
{
	return render_who(task->comm, task->tid, text);
}

static int write_heading(FILE *output, const struct rendered_deadlock *rendered)
{
	const struct deadlock *deadlock = rendered->deadlock;
	char clock[CLOCK_BYTES], text[WHO_BYTES];
	const struct lock_task *first = &deadlock->task[0];

	if (deadlock->count == 1)
		return fprintf(output, "%s DEADLOCK %llu, %s: %s %s itself\n",
			       render_clock(rendered->time_ns, clock),
			       (unsigned long long)deadlock->id, deadlock_label(deadlock),
			       who(first, text),
			       deadlock->suspected ? "may wait for" : "waits for") < 0;
	return fprintf(output, "%s DEADLOCK %llu, %s: %zu tasks %s each other\n",
		       render_clock(rendered->time_ns, clock), (unsigned long long)deadlock->id,
		       deadlock_label(deadlock), deadlock->count,
		       deadlock->suspected ? "may wait for" : "wait for") < 0;
}

static int write_use(FILE *output, const struct lock_wait *wait, const struct lock_task *holder)
{
	if (holder->use.vfio != wait->lock)
		return fputs("which lasts while this one has it open, if nobody closes it:\n",
			     output) < 0;
	return fprintf(output, "which lasts while this one is in %s():\n",
		       lock_use_name(holder->use.operation)) < 0;
}

/* How the next task holds what this one waits for. */
static int write_holding(FILE *output, const struct lock_task *waiter,
			 const struct lock_task *holder)
{
	switch (deadlock_wait(waiter)->kind) {
	case LOCK_OPEN:
		return write_use(output, deadlock_wait(waiter), holder);
	case LOCK_ACTIVE:
		return fprintf(output, "which lasts while this one %s in the file:\n",
			       holder->flags & LOCK_IN_FILE_MAYBE ? "may be" : "is") < 0;
	default:
		break;
	}
	if (waiter->flags & LOCK_OWNER_READS)
		return fputs("which readers hold; the last one that came, and may have gone, is\n",
			     output) < 0;
	if (waiter->flags & LOCK_OWNER_LATER)
		return fputs("which is held by one that came later, or has the memory of one that "
			     "held it and ended:\n",
			     output) < 0;
	return fputs("which is held by\n", output) < 0;
}

static int write_waiting(FILE *output, const struct rendered_deadlock *rendered, size_t place)
{
	const struct lock_task *task = &rendered->deadlock->task[place];
	const struct lock_wait *wait = deadlock_wait(task);
	const char *lock = rendered->task[place].lock;
	const char *longer = wait->flags & LOCK_WAIT_BEFORE ? "longer than " : "";
	char waited[TIME_TEXT_BYTES];

	format_time(rendered->now_ns - wait->since_ns, waited);
	if (deadlock_waits_for_use(task))
		return fprintf(output, "    |    has waited %s%s for the end of %s,\n", longer,
			       waited, lock) < 0;
	return fprintf(output, "    |    has waited %s%s for the %s %s,\n", longer, waited,
		       lock_kind_name(wait->kind), lock) < 0;
}

/* The cycle, drawn at the left of what it is. */
static int write_cycle(FILE *output, const struct rendered_deadlock *rendered)
{
	const struct deadlock *deadlock = rendered->deadlock;
	char name[WHO_BYTES];
	int error = 0;

	for (size_t i = 0; i < deadlock->count; i++) {
		const struct lock_task *task = &deadlock->task[i];

		error |= fprintf(output, "    %s %s\n", i ? "| " : "+>", who(task, name)) < 0;
		error |= write_waiting(output, rendered, i);
		error |= fputs("    |    ", output) < 0;
		error |= write_holding(output, task, &deadlock->task[(i + 1) % deadlock->count]);
	}
	error |= fprintf(output, "    +- %s\n", who(&deadlock->task[0], name)) < 0;
	return error;
}

static int write_remedy(FILE *output, const struct deadlock *deadlock)
{
	const struct lock_task *task = deadlock_breakable_by(deadlock);
	char name[WHO_BYTES];

	if (task)
		return fprintf(output, "    breakable%s: %s can be interrupted; kill -KILL %u\n",
			       deadlock->suspected ? ", if it is one" : "", who(task, name),
			       task->pid) < 0;
	return fputs("    no kill ends it: none of these tasks can be interrupted\n", output) < 0;
}

static int write_behind(FILE *output, const struct deadlock *deadlock)
{
	char name[WHO_BYTES];
	int error = 0;

	if (!deadlock->behind)
		return 0;
	error |= fputs("    behind them wait:", output) < 0;
	for (size_t i = 0; i < deadlock->behind && i < DEADLOCK_BEHIND; i++)
		error |= fprintf(output, " %s", who(&deadlock->behind_task[i], name)) < 0;
	if (deadlock->behind > DEADLOCK_BEHIND)
		error |= fprintf(output, " and %zu more", deadlock->behind - DEADLOCK_BEHIND) < 0;
	return error | (fputs("\n", output) < 0);
}

static int write_stacks(FILE *output, const struct rendered_deadlock *rendered)
{
	char name[WHO_BYTES];
	int error = 0;

	for (size_t i = 0; i < rendered->deadlock->count; i++) {
		const bool known = rendered->task[i].frames;

		error |= fprintf(output, "    %s is in%s\n",
				 who(&rendered->deadlock->task[i], name),
				 known ? "" : " functions that are not known") < 0;
		for (unsigned int j = 0; j < rendered->task[i].frames; j++)
			error |= fprintf(output, "        %s\n", rendered->task[i].frame[j]) < 0;
	}
	return error;
}

int render_deadlock_text(FILE *output, const struct rendered_deadlock *rendered)
{
	const struct deadlock *deadlock = rendered->deadlock;
	char clock[CLOCK_BYTES], lasted[TIME_TEXT_BYTES];
	int error;

	if (rendered->news == DEADLOCK_RESOLVED)
		return fprintf(output, "%s DEADLOCK %llu is resolved: %s after it was found\n",
			       render_clock(rendered->time_ns, clock),
			       (unsigned long long)deadlock->id,
			       format_time(rendered->now_ns - deadlock->found_ns, lasted)) < 0 ?
			       -1 :
			       0;
	error = write_heading(output, rendered);
	error |= write_cycle(output, rendered);
	error |= write_remedy(output, deadlock);
	error |= write_behind(output, deadlock);
	error |= write_stacks(output, rendered);
	return error ? -1 : 0;
}

int render_lock_total_text(FILE *output, const struct lock_total *total)
{
	int error =
		fprintf(output,
			"%llu deadlock%s found, %llu last; long waits that last %llu; not seen: "
			"waits without room %llu, uses without room %llu, waits elsewhere "
			"%llu, runs missed %llu, searches cut %llu",
			(unsigned long long)total->reported, total->reported == 1 ? "" : "s",
			(unsigned long long)total->lasting, (unsigned long long)total->long_waits,
			(unsigned long long)total->waits_without_room,
			(unsigned long long)total->uses_without_room,
			(unsigned long long)total->waits_elsewhere,
			(unsigned long long)total->missed_runs,
			(unsigned long long)total->searches_cut) < 0;

	if (total->hooks_were_off)
		error |= fprintf(output, "; functions were not hooked for a time") < 0;
	if (total->absent)
		error |= fprintf(output, "; for want of:") < 0;
	for (size_t i = 0; i < total->absent; i++)
		error |= fprintf(output, " %s", total->names[i]) < 0;
	error |= fprintf(output, "\n") < 0;
	return error ? -1 : 0;
}
