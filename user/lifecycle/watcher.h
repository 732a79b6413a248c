/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lifecycle domain: loads and attaches bpf/lifecycle.bpf.c, and hands out its events. The only
 * code that touches its maps.
 */
#ifndef VFIOSCOPE_WATCHER_H
#define VFIOSCOPE_WATCHER_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/lifecycle.h>

/* What was not seen. */
struct watcher_losses {
	__u64 dropped;	    /* events that found no room */
	__u64 missed;	    /* runs of programs that the kernel skipped */
	size_t absent;	    /* kernel functions that could not be hooked, */
	const char **names; /* their names */
};

struct watcher;

/* Returns NULL after an error message. What is open already is among the first events. */
struct watcher *watcher_open(bool stack);
void watcher_close(struct watcher *watcher);

/* Attaches to the modules that were loaded meanwhile, lets go of those that went. */
void watcher_pick_up_modules(struct watcher *watcher);

/* Readable when there are events. */
int watcher_event_fd(const struct watcher *watcher);

typedef void (*watcher_receive)(const struct lifecycle_event *event, void *argument);
/* Calls @receive for each event that is there. Returns 0, or -1 with errno. */
int watcher_poll(struct watcher *watcher, watcher_receive receive, void *argument);

/*
 * Calls @receive for each device that is open through VFIO, or mapped, by whoever has it; nothing
 * stays loaded. Returns 0, or -1 after an error message.
 */
int watcher_list_open(watcher_receive receive, void *argument);

void watcher_losses(const struct watcher *watcher, struct watcher_losses *losses);

#endif
