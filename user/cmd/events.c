// SPDX-License-Identifier: GPL-2.0-only
/* vfioscope events: what happens to PFs and VFs, and when that is dangerous. */
#include "commands.h"
#include "options.h"
#include "output.h"
#include "run.h"

#include "../clock.h"
#include "../lifecycle/watcher.h"
#include "../message.h"
#include "../model/lifecycle.h"
#include "../privileges.h"
#include "../render/events.h"
#include "../symbols.h"

static const char description[] =
	"Show what happens to PFs and VFs, by whom, and who has them open: VFs made and taken "
	"away, resets, unbinding, capabilities that PFs switch off, refused VF tokens.";

struct events {
	const struct options *options;
	struct symbols *symbols;
	struct lifecycle *lifecycle;
	__u64 realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	__u64 left;		  /* events still to show, 0: no limit */
	struct event_losses told; /* the losses that were shown last */
	bool done;
	int error;
};

static void show_finding(const struct finding *finding, void *argument)
{
	struct events *events = argument;
	const struct lifecycle_event *event = finding->event;
	char frames[STACK_FRAMES][FRAME_BYTES];
	struct rendered_finding rendered = {
		.finding = finding,
		.time_ns = event->time_ns + events->realtime_offset_ns,
		.frame = frames,
	};

	struct symbol_stack stack = { 0 };
	unsigned int frames_taken = 0;

	if (events->error || events->done || (events->options->hazards && !finding->hazard))
		return;
	if (event->stack_bytes > 0)
		frames_taken = (unsigned int)event->stack_bytes / sizeof(event->stack[0]);
	for (unsigned int i = 0; i < frames_taken; i++) {
		char *frame = frames[rendered.frames];

		symbol_name(events->symbols, event->stack[i], frame);
		rendered.frames += symbol_stack_shows(&stack, frame);
	}
	events->error = events->options->json ? render_event_json(stdout, &rendered) :
						render_event_text(stdout, &rendered);
	if (events->left && !--events->left)
		events->done = true;
}

static void take_event(const struct lifecycle_event *event, void *argument)
{
	struct events *events = argument;

	lifecycle_feed(events->lifecycle, event);
}

static struct event_losses find_losses(const struct events *events, const struct watcher *watcher)
{
	struct watcher_losses seen;

	watcher_losses(watcher, &seen);
	return (struct event_losses){
		.dropped = seen.dropped,
		.missed = seen.missed,
		.not_understood = lifecycle_lost(events->lifecycle),
		.absent = seen.absent,
		.names = seen.names,
	};
}

static void show_losses(struct events *events, const struct event_losses *losses)
{
	events->told = *losses;
	events->error = events->options->json ? render_event_losses_json(stdout, losses) :
						render_event_losses_text(stdout, losses);
}

/* Whoever watches for days has to know at once that something was not seen. */
static void show_new_losses(struct events *events, const struct watcher *watcher)
{
	const struct event_losses losses = find_losses(events, watcher);

	if (losses.dropped != events->told.dropped || losses.missed != events->told.missed ||
	    losses.not_understood != events->told.not_understood ||
	    losses.absent != events->told.absent)
		show_losses(events, &losses);
}

static int show(struct events *events, struct watcher *watcher, struct run *run)
{
	enum run_event event = RUN_TICK;
	struct event_losses losses;

	if (!events->options->json)
		events->error = render_events_heading(stdout);
	/* Who has devices open already; and a reader may wait for the heading. */
	watcher_poll(watcher, take_event, events);
	if (!events->error && fflush(stdout))
		events->error = -1;
	run_start(run, events->options);
	while (!events->error && !events->done && event != RUN_END && event != RUN_FAILED) {
		event = run_wait(run, watcher_event_fd(watcher));
		watcher_poll(watcher, take_event, events);
		if (event == RUN_TICK && !events->error && !events->done) {
			watcher_pick_up_modules(watcher);
			symbols_renew(&events->symbols);
			show_new_losses(events, watcher);
		}
		if (!events->error && fflush(stdout))
			events->error = -1;
	}
	losses = find_losses(events, watcher);
	if (!events->error)
		show_losses(events, &losses);
	return output_check(events->error) || event == RUN_FAILED ? -1 : 0;
}

static int events_with(const struct options *options, __u64 count, struct watcher *watcher,
		       struct run *run)
{
	struct events events = {
		.options = options,
		.left = count,
		.realtime_offset_ns = clock_realtime_offset_ns(),
	};
	int error = -1;

	events.lifecycle = lifecycle_new(show_finding, &events);
	if (options->stack)
		events.symbols = symbols_load(false);
	if (events.lifecycle)
		error = show(&events, watcher, run);
	else
		message_error("out of memory");
	symbols_free(events.symbols);
	lifecycle_free(events.lifecycle);
	return error;
}

int command_events(int argc, char **argv)
{
	struct options options;
	struct watcher *watcher;
	struct run run;
	int status, error = -1;
	__u64 count;

	status = options_parse(&options, OPTIONS_COMMON | OPTIONS_TIME | OPTIONS_EVENTS, "events",
			       description, argc, argv);
	if (status >= 0)
		return status;
	count = options.count;
	options.count = 0;
	if (run_open(&run, &options))
		return STATUS_FAILURE;
	if (output_open(&run)) {
		run_close(&run);
		return STATUS_FAILURE;
	}
	privileges_limit();
	watcher = watcher_open(options.stack);
	if (watcher)
		error = events_with(&options, count, watcher, &run);
	watcher_close(watcher);
	output_close();
	status = run_close(&run);
	return error ? STATUS_FAILURE : status;
}
