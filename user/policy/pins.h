/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What outlives the tool, as files of the BPF file system:
 *
 *	/sys/fs/bpf/vfioscope/policy/set      maps and links that belong together
 *	/sys/fs/bpf/vfioscope/policy/coming   while they are made, or have been replaced
 *	/sys/fs/bpf/vfioscope/policy/going    while they are removed
 *
 * A set comes into its place by renaming: what is half made or half removed is never taken for one.
 */
#ifndef VFIOSCOPE_POLICY_PINS_H
#define VFIOSCOPE_POLICY_PINS_H

#include "programs.h"

struct policy_pins {
	int folder; /* locked: one tool at a time; -1 */
	bool has_set;
	struct policy_maps maps; /* of the set */
	struct policy_settings settings;
};

/*
 * Opens what there is; with @change it may be changed, and what a tool left that was killed is
 * cleared away. Returns 0, or -1 after an error message.
 */
int policy_pins_open(struct policy_pins *pins, bool change);
void policy_pins_close(struct policy_pins *pins);
/* Lets other tools change it. */
void policy_pins_unlock(struct policy_pins *pins);

/* Makes @programs the set, in place of the one before. Returns 0, or -1 after an error message. */
int policy_pins_replace(struct policy_pins *pins, struct policy_programs *programs);
/* Removes the set, and the folders. */
int policy_pins_remove(struct policy_pins *pins);

/* Runs of the set's programs that the kernel left out. */
__u64 policy_pins_missed(const struct policy_pins *pins);

#endif
