// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope top: what latency reports, live on a terminal. */
#include "commands.h"
#include "held.h"
#include "options.h"
#include "output.h"
#include "run.h"

#include "../latency/snapshot.h"
#include "../message.h"
#include "../privileges.h"
#include "../render/latency.h"
#include "../render/screen.h"

#include <unistd.h>

static const char description[] =
	"Watch how long VFIO and PCI operations take, live on a terminal; with --json, what "
	"'vfioscope latency --json' prints. Once the screen has closed, a report on COMMAND "
	"follows."
	"\v"
	"Keys: q quit, < > change the order, Enter shows a device and its histogram, t total "
	"or interval, p pause, ? help.\n\n"
	"What COMMAND reads from or writes to the terminal goes to /dev/null instead: redirect "
	"its output to keep it.";

static int out_of_memory(void)
{
	message_error("out of memory");
	return -1;
}

static int show_reports(struct screen *screen, struct tracer *tracer, struct snapshot *snapshot)
{
	struct report *report;

	tracer_pick_up_modules(tracer);
	report = snapshot_interval(snapshot);
	if (!report || screen_take(screen, report) || screen_take(screen, snapshot_total(snapshot)))
		return out_of_memory();
	return 0;
}

/* Returns when the time is up, the user has seen enough, or -1 if something failed. */
static int watch(struct screen *screen, struct tracer *tracer, struct snapshot *snapshot,
		 struct run *run)
{
	for (;;) {
		int error = 0;

		screen_draw(screen);
		switch (run_wait(run, STDIN_FILENO)) {
		case RUN_TICK:
			error = show_reports(screen, tracer, snapshot);
			break;
		case RUN_READY:
			if (!screen_keys(screen))
				return 0;
			break;
		case RUN_RESIZE:
			screen_resize(screen);
			break;
		case RUN_END:
			return 0;
		case RUN_FAILED:
			return -1;
		}
		if (error)
			return error;
	}
}

/* What a command did would be gone with the screen. */
static int report_on_command(const struct options *options, struct snapshot *snapshot)
{
	struct report *report;

	if (!options->command)
		return 0;
	if (!snapshot_interval(snapshot))
		return out_of_memory();
	report = snapshot_total(snapshot);
	report_sort(report, options->order);
	return output_check(render_latency_text(stdout, report, false));
}

static int show(const struct options *options, struct tracer *tracer, struct run *run, FILE *held)
{
	struct snapshot *snapshot = snapshot_new(tracer);
	struct screen *screen;
	int error;

	if (!snapshot)
		return out_of_memory();
	screen = screen_open(options->order, options->interval_ns);
	if (!screen) {
		message_error("the terminal cannot be taken: use 'vfioscope latency -i 1'");
		snapshot_free(snapshot);
		return -1;
	}
	message_stream(held);
	tracer_start(tracer);
	tracer_attach_rest(tracer);
	run_start(run, options);
	error = watch(screen, tracer, snapshot, run);
	tracer_stop(tracer);
	screen_close(screen);
	error = error ?: report_on_command(options, snapshot);
	snapshot_free(snapshot);
	return error;
}

static int run_on_terminal(const struct options *options, FILE *held)
{
	struct tracer *tracer;
	struct run run;
	int status, error = -1;

	/* The command may have to say that it cannot be run when the screen is there. */
	message_stream(held);
	error = run_open(&run, options);
	message_stream(NULL);
	if (error)
		return STATUS_FAILURE;
	error = -1;
	privileges_limit();
	tracer = tracer_open(&options->tracer);
	if (tracer && !(run.child && tracer_follow(tracer, run.child)))
		error = show(options, tracer, &run, held);
	tracer_close(tracer);
	status = run_close(&run);
	return error ? STATUS_FAILURE : status;
}

int command_top(int argc, char **argv)
{
	struct options options;
	const char *obstacle;
	FILE *held;
	int status;

	status = options_parse(&options,
			       OPTIONS_COMMON | OPTIONS_FILTER | OPTIONS_KEYS | OPTIONS_TIME |
				       OPTIONS_SORT | OPTIONS_LIVE,
			       "top", description, argc, argv);
	if (status >= 0)
		return status;
	if (options.json)
		return latency_run(&options);
	obstacle = screen_obstacle();
	if (obstacle) {
		message_error("%s", obstacle);
		return STATUS_FAILURE;
	}
	options.takes_terminal = true;
	held = held_open();
	if (!held)
		return STATUS_FAILURE;
	status = run_on_terminal(&options, held);
	held_show(held);
	return status;
}
