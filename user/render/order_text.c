// SPDX-License-Identifier: GPL-2.0-only
#include "order.h"
#include "plain.h"

#include <string.h>

#define COLUMNS 100

/* "comm[tid]"; of some tasks the number is all that is known. */
static const char *who(const struct order_task *task, char text[WHO_BYTES])
{
	if (task->comm[0])
		return render_who(task->comm, task->tid, text);
	snprintf(text, WHO_BYTES, "task %u", task->tid);
	return text;
}

/* A name that may come from a file, which anybody may have written. */
static const char *plain(const char *name, char text[ORDER_CLASS_BYTES])
{
	snprintf(text, ORDER_CLASS_BYTES, "%s", name);
	render_plain(text);
	return text;
}

/* Where that was, if orders are of several hosts. */
static int write_host(FILE *output, const struct order_task *task)
{
	char text[ORDER_CLASS_BYTES];

	return task->host[0] && fprintf(output, " on %s", plain(task->host, text)) < 0;
}

/*
 * A cycle
 */

static int write_heading(FILE *output, const struct order_cycle *cycle, __u64 time_ns)
{
	char clock[CLOCK_BYTES];
	int error = 0;

	if (time_ns)
		error |= fprintf(output, "%s ", render_clock(time_ns, clock)) < 0;
	error |= fprintf(output, "ORDER %llu, %s: ", (unsigned long long)cycle->id,
			 order_label_name(cycle->label)) < 0;
	if (cycle->count == 1)
		return error | (fputs("an order of locks that can meet itself in a deadlock\n",
				      output) < 0);
	return error | (fprintf(output, "%zu orders of locks that can meet in a deadlock\n",
				cycle->count) < 0);
}

static const char *moment(__u64 time_ns, bool with_date, char text[CLOCK_BYTES])
{
	return with_date ? render_time(time_ns, "%Y-%m-%d %H:%M:%S", text) :
			   render_clock(time_ns, text);
}

static int write_sightings(FILE *output, const struct order_edge *edge, bool with_date)
{
	const char *whose = edge->many_tasks || edge->runs ? "by other tasks too" :
							     "by no other task";
	char first[CLOCK_BYTES], last[CLOCK_BYTES];

	if (edge->count <= 1)
		return fprintf(output, "    |    seen once, at %s;\n",
			       moment(edge->first_ns, with_date, first)) < 0;
	return fprintf(output, "    |    seen %llu times, %s, %s to %s;\n",
		       (unsigned long long)edge->count, whose,
		       moment(edge->first_ns, with_date, first),
		       moment(edge->last_ns, with_date, last)) < 0;
}

/* How @guard was held beside the order's lock. */
static const char *guard_words(const struct order_guard *guard)
{
	const bool is_exclusive = guard->mode == ORDER_EXCLUSIVE;

	if (order_class_is_open(guard->class))
		return is_exclusive ? "after the end of" : "within";
	return is_exclusive ? "holding" : "reading";
}

static int write_edge(FILE *output, const struct order_edge *edge, bool is_first, bool with_date)
{
	char name[WHO_BYTES], text[ORDER_CLASS_BYTES];
	int error =
		fprintf(output, "    %s %s\n", is_first ? "+>" : "| ", plain(edge->from, text)) < 0;

	error |= fprintf(output, "    |    was held (%s) by %s", order_mode_name(edge->from_mode),
			 who(&edge->task, name)) < 0;
	error |= write_host(output, &edge->task);
	if (edge->scope[0])
		error |= fprintf(output, " in %s", plain(edge->scope, text)) < 0;
	error |= fputs(",\n", output) < 0;
	for (size_t i = 0; i < edge->guards; i++)
		error |= fprintf(output, "    |    always %s %s too,\n",
				 guard_words(&edge->guard[i]),
				 plain(edge->guard[i].class, text)) < 0;
	error |= write_sightings(output, edge, with_date);
	return error | (fprintf(output, "    |    the same task then wanted (%s)\n",
				order_mode_name(edge->to_mode)) < 0);
}

/* The cycle, drawn at the left of what it is. */
static int write_cycle(FILE *output, const struct order_cycle *cycle, bool with_date)
{
	char text[ORDER_CLASS_BYTES];
	int error = 0;

	for (size_t i = 0; i < cycle->count; i++)
		error |= write_edge(output, cycle->edge[i], !i, with_date);
	return error | (fprintf(output, "    +- %s\n", plain(cycle->edge[0]->from, text)) < 0);
}

/* What the label says of an order that meets itself. */
static int write_meaning_alone(FILE *output, const struct order_cycle *cycle)
{
	char text[ORDER_CLASS_BYTES];

	switch (cycle->label) {
	case ORDER_PREDICTED:
		return fputs("    one task is enough: it waits for itself\n", output) < 0;
	case ORDER_SUSPECTED:
		return fputs("    nothing hung: that takes one task, and another one that comes to "
			     "write in between\n",
			     output) < 0;
	case ORDER_GUARDED:
		return fprintf(output,
			       "    cannot happen as long as it, and who writes, hold, as "
			       "they did,\n        %s\n",
			       cycle->guard ? plain(cycle->guard, text) : "?") < 0;
	default:
		return fputs("    one task did all of this, and cannot write in between: that "
			     "takes another one\n",
			     output) < 0;
	}
}

static int write_removal(FILE *output, const char *open)
{
	char text[ORDER_CLASS_BYTES];

	return fprintf(output,
		       "    cannot happen as long as one of them comes, as it did, after the end "
		       "of all others'\n"
		       "        %s\n",
		       plain(open, text)) < 0;
}

/* What the label says. */
static int write_meaning(FILE *output, const struct order_cycle *cycle)
{
	char text[ORDER_CLASS_BYTES], tasks[32] = "2";

	/* One can be at several of the places, one after the other. */
	if (cycle->count > 2)
		snprintf(tasks, sizeof(tasks), "2 to %zu", cycle->count);
	if (cycle->count == 1)
		return write_meaning_alone(output, cycle);

	switch (cycle->label) {
	case ORDER_PREDICTED:
		return fprintf(output,
			       "    nothing hung: that takes %s tasks at these places at the same "
			       "time\n",
			       tasks) < 0;
	case ORDER_SUSPECTED:
		return fprintf(output,
			       "    nothing hung: that takes %s tasks at the same time, and "
			       "writers between the readers\n",
			       tasks) < 0;
	case ORDER_GUARDED:
		if (cycle->is_about_removal)
			return write_removal(output, cycle->guard);
		return fprintf(output,
			       "    cannot happen as long as %s hold, as they did,\n"
			       "        %s\n",
			       cycle->is_about_writer ? "one of them, and who writes in between," :
							"all of them",
			       cycle->guard ? plain(cycle->guard, text) : "?") < 0;
	case ORDER_LOW:
		return fputs(cycle->is_about_writer ?
				     "    who writes in between is at one of these places itself: "
				     "that takes another task\n" :
				     "    one task did all of this, and cannot be at two places: "
				     "that takes another one\n",
			     output) < 0;
	default:
		return fputs("    readers alone do not wait for each other\n", output) < 0;
	}
}

static bool has_class(const struct order_cycle *cycle, const char *prefix)
{
	for (size_t i = 0; i < cycle->count; i++)
		if (!strncmp(cycle->edge[i]->from, prefix, strlen(prefix)))
			return true;
	return false;
}

/* What is no lock has to be explained. */
static int write_waits(FILE *output, const struct order_cycle *cycle)
{
	int error = 0;

	if (has_class(cycle, "OPEN("))
		error |= fputs("    OPEN(device): nobody closes it within an operation on it, "
			       "and its removal waits until all have\n",
			       output) < 0;
	if (has_class(cycle, "kn->active of "))
		error |=
			fputs("    kn->active of a file: who writes the file holds it, its removal "
			      "waits for them\n",
			      output) < 0;
	return error;
}

static int write_unseen_guards(FILE *output, const struct order_edge *edge)
{
	char text[ORDER_CLASS_BYTES];

	if (!edge->guards_cut)
		return 0;
	return fprintf(output, "    more locks may have been held beside %s than were noted\n",
		       plain(edge->from, text)) < 0;
}

/* What could not be noted may change the verdict. */
static int write_unseen(FILE *output, const struct order_cycle *cycle)
{
	int error = 0;

	if (cycle->label == ORDER_GUARDED)
		return 0;
	for (size_t i = 0; i < cycle->count; i++)
		error |= write_unseen_guards(output, cycle->edge[i]);
	return error | (cycle->writer ? write_unseen_guards(output, cycle->writer) : 0);
}

/* @what: "wanted" */
static int write_stack(FILE *output, const struct order_edge *edge, const char *what)
{
	char name[WHO_BYTES], text[ORDER_CLASS_BYTES];
	int error = fprintf(output, "    %s", who(&edge->task, name)) < 0;

	error |= write_host(output, &edge->task);
	if (!edge->frames)
		return error | (fprintf(output, " %s %s in functions that are not known\n", what,
					plain(edge->to, text)) < 0);
	error |= fprintf(output, " %s %s in\n", what, plain(edge->to, text)) < 0;
	for (unsigned int i = 0; i < edge->frames; i++)
		error |= fprintf(output, "        %s\n", plain(edge->frame[i], text)) < 0;
	return error;
}

int render_order_cycle_text(FILE *output, const struct order_cycle *cycle, __u64 time_ns)
{
	int error = write_heading(output, cycle, time_ns);

	error |= write_cycle(output, cycle, !time_ns);
	error |= write_meaning(output, cycle);
	error |= write_waits(output, cycle);
	error |= write_unseen(output, cycle);
	for (size_t i = 0; i < cycle->count; i++)
		error |= write_stack(output, cycle->edge[i], "wanted");
	if (cycle->writer)
		error |= write_stack(output, cycle->writer, "wanted to write");
	return error ? -1 : 0;
}

/*
 * A comparison
 */

int render_order_only_text(FILE *output, const struct order_edge *edge, const char *in)
{
	char from[ORDER_CLASS_BYTES], to[ORDER_CLASS_BYTES], scope[ORDER_CLASS_BYTES];
	char name[WHO_BYTES], sign = '~';

	if (in)
		sign = strcmp(in, "new") ? '-' : '+';
	return fprintf(output, "%c %s -> %s (%s, %s) %llu %s %s\n", sign, plain(edge->from, from),
		       plain(edge->to, to), order_mode_name(edge->from_mode),
		       order_mode_name(edge->to_mode), (unsigned long long)edge->count,
		       who(&edge->task, name), plain(edge->scope, scope)) < 0 ?
		       -1 :
		       0;
}

int render_order_difference_text(FILE *output, const struct order_difference *difference)
{
	return fprintf(output,
		       "%zu order%s new, %zu gone, %zu in both, %zu of them less guarded; events "
		       "lost %llu now, %llu then\n",
		       difference->only_new, difference->only_new == 1 ? "" : "s",
		       difference->only_old, difference->both, difference->less_guarded,
		       (unsigned long long)difference->lost_new,
		       (unsigned long long)difference->lost_old) < 0 ?
		       -1 :
		       0;
}

/*
 * The total
 */

static int write_unseen_total(FILE *output, const struct order_total *total)
{
	const struct order_state *state = &total->state;

	return fprintf(output,
		       "    not seen: events lost %llu, guards lost %llu, tasks without room "
		       "%llu, held locks without room %llu,\n"
		       "    locks without room %llu, orders without room %llu, stacks %llu, runs "
		       "missed %llu,\n"
		       "    ends of scopes %llu, searches cut %llu; left out: %llu that were not "
		       "held, %llu without a name\n",
		       (unsigned long long)state->events_lost,
		       (unsigned long long)total->guards_lost,
		       (unsigned long long)state->tasks_without_room,
		       (unsigned long long)state->held_without_room,
		       (unsigned long long)state->locks_without_room,
		       (unsigned long long)state->edges_without_room,
		       (unsigned long long)state->stacks_failed,
		       (unsigned long long)total->missed_runs,
		       (unsigned long long)state->exits_missed,
		       (unsigned long long)total->searches_cut,
		       (unsigned long long)state->not_owned,
		       (unsigned long long)total->unnamed) < 0;
}

/* In as many lines as it takes. */
static int write_absent(FILE *output, const struct order_total *total)
{
	int column = fprintf(output, "    for want of:"), error = column < 0;

	for (size_t i = 0; i < total->absent; i++) {
		int bytes = (int)strlen(total->names[i]) + 1;

		if (column + bytes >= COLUMNS) {
			error |= fputs("\n       ", output) < 0;
			column = 7;
		}
		error |= fprintf(output, " %s", total->names[i]) < 0;
		column += bytes;
	}
	return error | (fputs("\n", output) < 0);
}

int render_order_total_text(FILE *output, const struct order_total *total)
{
	int error = fprintf(output,
			    "%zu order%s of %zu lock%s; cycles: %zu predicted, %zu suspected, %zu "
			    "guarded, %zu low\n",
			    total->orders, total->orders == 1 ? "" : "s", total->classes,
			    total->classes == 1 ? "" : "s", total->predicted, total->suspected,
			    total->guarded, total->low) < 0;

	error |= write_unseen_total(output, total);
	if (total->absent)
		error |= write_absent(output, total);
	return error ? -1 : 0;
}
