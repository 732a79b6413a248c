/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the events of PFs and VFs an operator has to know: each as one finding, with a severity,
 * and with those who have the devices open. Pure: it keeps what it learns from the events, and
 * looks at nothing else.
 */
#ifndef VFIOSCOPE_LIFECYCLE_MODEL_H
#define VFIOSCOPE_LIFECYCLE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <vfioscope/lifecycle.h>

enum severity {
	SEVERITY_INFO,	   /* it happened */
	SEVERITY_WARNING,  /* something is not as its user wants it */
	SEVERITY_CRITICAL, /* a device in use stops working, or is waited for */
};

const char *severity_name(enum severity severity);

struct lifecycle_user {
	char device[DEVICE_NAME_BYTES];
	__u32 pid;
	char comm[COMM_BYTES];
};

/* Those that a finding tells of; more are counted. */
#define FINDING_USERS 16

struct finding {
	const char *name; /* "pf-reset" */
	enum severity severity;
	bool hazard;			     /* shared state of a device that is in use */
	const struct lifecycle_event *event; /* its begin, or the moment */
	__s64 result;
	/* Who did it: event's, unless somebody else did, or nobody is known (0). */
	__u32 pid, tid;
	const char *comm;
	const char *detail; /* a sentence's end, or NULL */
	size_t users;	    /* who have the devices open that it is about */
	struct lifecycle_user user[FINDING_USERS];
};

typedef void (*lifecycle_report)(const struct finding *finding, void *argument);

struct lifecycle;

/* NULL: no memory. */
struct lifecycle *lifecycle_new(lifecycle_report report, void *argument);
void lifecycle_free(struct lifecycle *lifecycle);

/* An event, in the order of their times. Reports what comes of it. */
void lifecycle_feed(struct lifecycle *lifecycle, const struct lifecycle_event *event);

/* Events that were not understood for want of memory. */
__u64 lifecycle_lost(const struct lifecycle *lifecycle);

#endif
