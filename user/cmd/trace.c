// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope trace: one line for each operation, or each slow one. */
#include "commands.h"
#include "options.h"
#include "output.h"
#include "run.h"

#include "../clock.h"
#include "../latency/tracer.h"
#include "../message.h"
#include "../privileges.h"
#include "../render/trace.h"
#include "../symbols.h"

#include <string.h>

static const char description[] =
	"Show operations one by one: when, which, by whom, how it ended and how long it took.";

struct trace {
	const struct options *options;
	const struct tracer *tracer;
	struct symbols *symbols;
	__u64 realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	__u64 left;		  /* events still to show, 0: no limit */
	bool done;
	int error;
};

static void show_event(const struct latency_event *event, void *argument)
{
	struct trace *trace = argument;
	char frames[STACK_FRAMES][FRAME_BYTES];
	struct traced_operation operation = {
		.event = event,
		.device = tracer_device(trace->tracer, event->device),
		.time_ns = event->start_ns + trace->realtime_offset_ns,
		.frame = frames,
	};
	struct symbol_stack stack = { 0 };
	unsigned int frames_taken = 0;

	if (trace->error || trace->done)
		return;
	if (event->stack_bytes > 0)
		frames_taken = (unsigned int)event->stack_bytes / sizeof(event->stack[0]);
	for (unsigned int i = 0; i < frames_taken; i++) {
		char *frame = frames[operation.frames];

		symbol_name(trace->symbols, event->stack[i], frame);
		operation.frames += symbol_stack_shows(&stack, frame);
	}
	trace->error = trace->options->json ? render_trace_json(stdout, &operation) :
					      render_trace_text(stdout, &operation);
	if (trace->left && !--trace->left)
		trace->done = true;
}

static int show_losses(const struct trace *trace)
{
	struct report_losses losses;

	tracer_losses(trace->tracer, &losses);
	return trace->options->json ? render_trace_losses_json(stdout, &losses) :
				      render_trace_losses_text(stdout, &losses);
}

static int show(struct trace *trace, struct tracer *tracer, struct run *run)
{
	enum run_event event = RUN_TICK;
	int events;

	if (!trace->options->json)
		trace->error = render_trace_heading(stdout);
	tracer_start(tracer);
	run_start(run, trace->options);
	while (!trace->error && !trace->done && event != RUN_END && event != RUN_FAILED) {
		event = run_wait(run, tracer_event_fd(tracer));
		if (event == RUN_END)
			tracer_stop(tracer);
		/* What was there when it ended is shown to its end. */
		do
			events = tracer_poll(tracer, 0, show_event, trace);
		while (event == RUN_END && events == EVENTS_PER_POLL && !trace->error &&
		       !trace->done);
		if (event == RUN_TICK) {
			tracer_pick_up_modules(tracer);
			symbols_renew(&trace->symbols);
		}
		if (!trace->error && fflush(stdout))
			trace->error = -1;
	}
	tracer_stop(tracer);
	if (!trace->error)
		trace->error = show_losses(trace);
	return output_check(trace->error) || event == RUN_FAILED ? -1 : 0;
}

static int trace_with(const struct options *options, __u64 operations, struct tracer *tracer,
		      struct run *run)
{
	struct trace trace = {
		.options = options,
		.tracer = tracer,
		.left = operations,
		.realtime_offset_ns = clock_realtime_offset_ns(),
	};
	int error;

	if (options->stack)
		trace.symbols = symbols_load(false);
	error = show(&trace, tracer, run);
	symbols_free(trace.symbols);
	return error;
}

int command_trace(int argc, char **argv)
{
	struct options options;
	struct tracer *tracer;
	struct run run;
	int status, error = -1;
	__u64 operations;

	status = options_parse(&options,
			       OPTIONS_COMMON | OPTIONS_FILTER | OPTIONS_TIME | OPTIONS_TRACE,
			       "trace", description, argc, argv);
	if (status >= 0)
		return status;
	options.tracer.config.trace = options.tracer.config.by_moment = 1;
	options.tracer.config.trace_stack = options.stack;
	options.tracer.config.slower_ns = options.slower_ns;
	options.tracer.event_bytes = (__u32)options.event_bytes;
	operations = options.count;
	options.count = 0;
	if (run_open(&run, &options))
		return STATUS_FAILURE;
	if (output_open(&run)) {
		run_close(&run);
		return STATUS_FAILURE;
	}
	privileges_limit();
	tracer = tracer_open(&options.tracer);
	if (tracer && !(run.child && tracer_follow(tracer, run.child)))
		error = trace_with(&options, operations, tracer, &run);
	tracer_close(tracer);
	output_close();
	status = run_close(&run);
	return error ? STATUS_FAILURE : status;
}
