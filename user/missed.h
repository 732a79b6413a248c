/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs have not seen because the kernel did not run them. */
#ifndef VFIOSCOPE_MISSED_H
#define VFIOSCOPE_MISSED_H

#include <linux/types.h>

struct bpf_link;
struct bpf_object;

/* Runs of a kprobe or kretprobe that the kernel skipped; 0 for other links, and for NULL. */
__u64 missed_by_link(const struct bpf_link *link);

/* Runs of the program that @file is that were skipped because it ran already. */
__u64 missed_by_program(int file);

/* Likewise of all the object's programs. */
__u64 missed_by_programs(const struct bpf_object *object);

#endif
