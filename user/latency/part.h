/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One load of bpf/latency.bpf.c for one set of hooks. Modules that come later,
 * hooks that can wait and hooks that must be attached in a lesser way get a load
 * of their own; all loads share the maps of the first.
 */
#ifndef VFIOSCOPE_PART_H
#define VFIOSCOPE_PART_H

#include "tracer.h"

struct bpf_object;
struct part;

/*
 * Loads the programs of the wanted hooks (one bool for each). first: the load
 * whose maps to use, NULL for the first one. Returns 0 or a negative errno.
 */
int part_load(struct part **loaded, enum hook_type type, const struct kernel *kernel,
	      const struct tracer_options *options, const bool *wanted, const struct part *first);

/* Detaches; the maps stay while another load has them. */
void part_free(struct part *part);

/* Attaches all programs of a hook or none; returns 0 or a negative errno. */
int part_attach_hook(struct part *part, const struct hook *hook);

/* Attaches the programs that follow processes, if they are wanted; of the first load only. */
int part_attach_follow(struct part *part, const struct latency_config *config);

/*
 * Closes the links to a function that went away with its module, and adds what
 * they missed. Returns whether anything is left that is attached.
 */
bool part_detach_hook(struct part *part, const struct hook *hook, __u64 *missed);

/* What probes and programs missed so far. */
__u64 part_missed_probes(const struct part *part);
__u64 part_missed_runs(const struct part *part);

/* The object that has the maps. */
const struct bpf_object *part_object(const struct part *part);

#endif
