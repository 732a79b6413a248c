/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies and accesses at random, of a world so small that they often meet. */
#ifndef VFIOSCOPE_POLICY_RANDOM_H
#define VFIOSCOPE_POLICY_RANDOM_H

#include "../../user/model/policy.h"

/* To be freed with policy_free(). NULL: out of memory. */
struct policy *policy_random(__u64 *state);
struct policy_access policy_random_access(__u64 *state);

#endif
