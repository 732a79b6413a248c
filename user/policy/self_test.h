/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the hooks deny what they are to deny and let pass the rest, by trying. */
#ifndef VFIOSCOPE_POLICY_SELF_TEST_H
#define VFIOSCOPE_POLICY_SELF_TEST_H

#include "programs.h"

/*
 * With a policy of its own, for a file that only this process has: nobody else is judged by it. By
 * kprobes, which can deny nothing, it is seen whether they would. Returns 0, or -1 after an error
 * message.
 */
int policy_self_test(const struct policy_maps *maps, enum policy_hooks hooks);

#endif
