/* SPDX-License-Identifier: GPL-2.0-only */
/* The privileges that tracing takes, and giving up all others. */
#ifndef VFIOSCOPE_PRIVILEGES_H
#define VFIOSCOPE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

struct privilege {
	const char *name;    /* "cap_bpf" */
	const char *purpose; /* what does not work without it */
	bool needed;	     /* nothing works without it */
};

extern const struct privilege privileges[];
extern const size_t privilege_count;

/* Whether this process has it in effect. */
bool privilege_held(const struct privilege *privilege);

/*
 * Gives up every capability but those above, for good. A command that is to run
 * with what the user has must be started before.
 */
void privileges_limit(void);

#endif
