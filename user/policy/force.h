/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting a policy in force, replacing it, taking it out: whole, or not at all. */
#ifndef VFIOSCOPE_POLICY_FORCE_H
#define VFIOSCOPE_POLICY_FORCE_H

#include "../model/policy.h"
#include "programs.h"

/* What was put in force. */
struct policy_loaded {
	__u64 generation;
	enum policy_hooks hooks;
	bool replaced; /* another policy */
};

/*
 * hooks: POLICY_HOOKS: the best that there is. Returns 0, or -1 after an error message: then what
 * was in force before is.
 */
int policy_force_load(const struct policy *policy, enum policy_hooks hooks,
		      struct policy_loaded *loaded);
/* Returns 0; 1: none was in force; or -1 after an error message. */
int policy_force_unload(void);

#endif
