/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The latency domain: loads and attaches bpf/latency.bpf.c, and reads what it
 * counted. The only code that touches its maps.
 */
#ifndef VFIOSCOPE_TRACER_H
#define VFIOSCOPE_TRACER_H

#include "../model/report.h"
#include "kernel.h"

#include <stdbool.h>
#include <sys/types.h>
#include <vfioscope/latency.h>

struct tracer_options {
	struct latency_config config;
	bool groups[HOOK_GROUP_DEVICE_ACCESS + 1]; /* hooks to attach */
	enum hook_type cheapest_type; /* none cheaper is tried; HOOK_TYPES: the most exact */
	__u32 event_bytes;	      /* ring buffer, a power of two; 0: no events */
};

/* How a hook is attached. */
struct hook_state {
	enum hook_presence presence;
	__u64 module; /* see kernel_modules(); when that was found */
	bool attached;
	enum hook_type type;
	int error; /* errno of the last attempt, 0 if there was none */
};

struct tracer;

/*
 * Loads and attaches; nothing is counted before tracer_start(). That is done
 * for reads only, which a device does all the time, unless there is a command
 * to follow, a trace, or widths that reach the device: tracer_attach_rest() is
 * to follow. Returns NULL after an error message.
 */
struct tracer *tracer_open(const struct tracer_options *options);
void tracer_close(struct tracer *tracer);

void tracer_start(struct tracer *tracer);
void tracer_stop(struct tracer *tracer);

/* Follows a process and its children; 0, or -1 after an error message. */
int tracer_follow(struct tracer *tracer, pid_t pid);

/* Attaches what tracer_open() left; call it soon after tracer_start(). Returns how many hooks. */
int tracer_attach_rest(struct tracer *tracer);

/* Attaches the hooks of modules that were loaded, or loaded anew, meanwhile; returns how many. */
int tracer_pick_up_modules(struct tracer *tracer);

/* The kernel's counters, shared memory that goes on changing. */
struct latency_stats *tracer_stats(const struct tracer *tracer, __u32 *count);
const struct device_info *tracer_device(const struct tracer *tracer, __u32 index);

/* Failures of all keys by errno, at most MAX_ERRNOS; returns how many entries were filled in. */
size_t tracer_errnos(const struct tracer *tracer, struct errno_key *keys, __u64 *counts);

void tracer_losses(const struct tracer *tracer, struct report_losses *losses);

const struct tracer_options *tracer_options(const struct tracer *tracer);
struct kernel *tracer_kernel(struct tracer *tracer);
const struct hook_state *tracer_hooks(const struct tracer *tracer);
/* Whether the kernel lets the accesses that reach BARs be hooked. */
bool tracer_sees_bar_widths(const struct tracer *tracer);
__u64 tracer_map_bytes(const struct tracer *tracer);

/* Readable when there are events. */
int tracer_event_fd(const struct tracer *tracer);

/*
 * Waits up to timeout_ms for events and calls `receive` for each, at most for
 * EVENTS_PER_POLL. Returns for how many, or -1 with errno (EINTR for a signal).
 */
#define EVENTS_PER_POLL 1024
typedef void (*tracer_receive)(const struct latency_event *event, void *argument);
int tracer_poll(struct tracer *tracer, int timeout_ms, tracer_receive receive, void *argument);

#endif
