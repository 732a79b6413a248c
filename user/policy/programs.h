/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs that decide: loaded, attached, and pinned so that they outlive the tool. */
#ifndef VFIOSCOPE_POLICY_PROGRAMS_H
#define VFIOSCOPE_POLICY_PROGRAMS_H

#include <stdbool.h>
#include <vfioscope/policy_state.h>

/* The best way that this kernel has. */
enum policy_hooks policy_hooks_here(void);
const char *policy_hooks_name(enum policy_hooks hooks);

/* What is missing for a policy to be enforced at all, or NULL. */
const char *policy_cannot_enforce(enum policy_hooks hooks);

/* Maps that programs share; each is a descriptor, -1: none. */
struct policy_maps {
	int in_force; /* array of maps, by enum policy_slot */
	int events;   /* ring buffer of struct policy_event */
	int state;    /* struct policy_state, in the memory of the programs */
	int settings; /* struct policy_settings, likewise */
};

struct policy_programs;

/* What policy_programs_load() would give its programs now. */
struct policy_settings policy_settings_wanted(enum policy_hooks hooks);

/*
 * Loads and attaches; with @shared's maps, if it has any. With @enforce nothing may be missing,
 * else there are warnings. NULL after an error message.
 */
struct policy_programs *policy_programs_load(const struct policy_settings *settings,
					     const struct policy_maps *shared, bool enforce);
struct policy_maps policy_programs_maps(const struct policy_programs *programs);
/* Maps and links, as files in @folder. Returns 0, or -1 after an error message. */
int policy_programs_pin(struct policy_programs *programs, const char *folder);
/* What is not pinned goes. */
void policy_programs_close(struct policy_programs *programs);

#endif
