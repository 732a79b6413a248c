/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy means, as simply as it can be said: rule by rule, list by list, from the file's own
 * form. It shares nothing with the compiler and the programs that it judges.
 */
#ifndef VFIOSCOPE_POLICY_REFERENCE_H
#define VFIOSCOPE_POLICY_REFERENCE_H

#include "../../user/model/policy.h"

struct policy_decision policy_reference(const struct policy *policy,
					const struct policy_access *access);

#endif
