/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory that the programs which decide and the tool share. */
#ifndef VFIOSCOPE_POLICY_STATE_MAPPING_H
#define VFIOSCOPE_POLICY_STATE_MAPPING_H

#include <vfioscope/policy_state.h>

/* Of the map @file, see struct policy_maps. NULL after an error message. */
struct policy_state *policy_state_map(int file);
void policy_state_unmap(struct policy_state *state);

#endif
