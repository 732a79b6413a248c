// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope latency: histograms by key, at intervals and in total. */
#include "commands.h"
#include "options.h"
#include "output.h"
#include "run.h"

#include "../latency/snapshot.h"
#include "../message.h"
#include "../privileges.h"
#include "../render/latency.h"

static const char description[] =
	"Measure how long VFIO and PCI operations take, until Ctrl-C, for a time, or while a "
	"command runs (then only its own).";

static int write_report(const struct options *options, struct report *report)
{
	int error;

	if (!report) {
		message_error("out of memory");
		return -1;
	}
	report_sort(report, options->order);
	error = options->json ? render_latency_json(stdout, report) :
				render_latency_text(stdout, report, options->histogram);
	return output_check(error);
}

static int measure(const struct options *options, struct tracer *tracer, struct run *run)
{
	struct snapshot *snapshot = snapshot_new(tracer);
	enum run_event event = RUN_TICK;
	int error = snapshot ? 0 : -1;

	if (error)
		message_error("out of memory");
	tracer_start(tracer);
	tracer_attach_rest(tracer);
	run_start(run, options);
	while (!error && event != RUN_END && event != RUN_FAILED) {
		event = run_wait(run, -1);
		if (event == RUN_END)
			tracer_stop(tracer);
		if (event == RUN_TICK)
			tracer_pick_up_modules(tracer);
		if (event == RUN_END || (event == RUN_TICK && options->interval_ns))
			error = write_report(options, snapshot_interval(snapshot));
	}
	/* Without intervals the only report is the total. */
	if (!error && options->interval_ns)
		error = write_report(options, snapshot_total(snapshot));
	snapshot_free(snapshot);
	return error || event == RUN_FAILED ? -1 : 0;
}

int latency_run(const struct options *options)
{
	struct tracer *tracer;
	struct run run;
	int status, error = -1;

	if (run_open(&run, options))
		return STATUS_FAILURE;
	if (output_open(&run)) {
		run_close(&run);
		return STATUS_FAILURE;
	}
	privileges_limit();
	tracer = tracer_open(&options->tracer);
	if (tracer && !(run.child && tracer_follow(tracer, run.child)))
		error = measure(options, tracer, &run);
	tracer_close(tracer);
	output_close();
	status = run_close(&run);
	return error ? STATUS_FAILURE : status;
}

int command_latency(int argc, char **argv)
{
	struct options options;
	int status;

	status = options_parse(&options,
			       OPTIONS_COMMON | OPTIONS_FILTER | OPTIONS_KEYS | OPTIONS_TIME |
				       OPTIONS_SORT | OPTIONS_LATENCY,
			       "latency", description, argc, argv);
	return status >= 0 ? status : latency_run(&options);
}
