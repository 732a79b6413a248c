/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the running kernel preempts tasks in kernel mode. */
#ifndef VFIOSCOPE_PREEMPTION_H
#define VFIOSCOPE_PREEMPTION_H

#include <stdbool.h>

/*
 * A task that is preempted while it runs a tracing program keeps the program
 * busy on that CPU: the kernel skips the program for all other tasks there
 * (__bpf_prog_enter_recur) until the first one goes on. Kprobes are not
 * concerned, they run with preemption off. True in doubt.
 */
bool preemption_in_kernel(void);

/* From the two texts that tell it: debugfs's sched/preempt ("" if unknown), uname's version. */
bool preemption_of(const char *mode, const char *version);

#endif
