/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that policy files and reports about policies use for the numbers in policy.h. */
#ifndef VFIOSCOPE_POLICY_NAMES_H
#define VFIOSCOPE_POLICY_NAMES_H

#include "names.h"

#include <stdbool.h>
#include <vfioscope/policy.h>

/* NULL: no such number. */
const char *policy_operation_name(unsigned int operation);
const char *policy_class_name(unsigned int class);
const char *policy_way_name(unsigned int way);
const char *policy_alignment_name(unsigned int alignment); /* none for POLICY_ANY_ALIGNMENT */
const char *policy_action_name(unsigned int action);
const char *policy_region_name(unsigned int region);
const char *policy_when_name(unsigned int bit); /* by the number of the bit */
const char *policy_outcome_name(unsigned int outcome);
const char *policy_mode_name(bool enforce);
/* Of an ioctl, as policy_access has it; in @buffer if it has no other name. */
const char *policy_command_name(unsigned int command, char buffer[COMMAND_NAME_BYTES]);

/* The bits of a command, "DEVICE_RESET", or of a group of commands, "irq"; 0: there is none. */
__u64 policy_ioctl_bits(const char *name);

/* A positive errno, 0: no error has that name, or it says that there was none. */
__u32 policy_errno(const char *name);

#endif
