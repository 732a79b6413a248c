// SPDX-License-Identifier: GPL-2.0-only
#include "force.h"

#include "pins.h"
#include "self_test.h"
#include "state.h"
#include "table.h"

#include "../message.h"

#include <string.h>
#include <unistd.h>

static bool is_in_force(int in_force)
{
	int table = policy_table_open(in_force, POLICY_IN_FORCE);

	if (table >= 0)
		close(table);
	return table >= 0;
}

/*
 * Sharing memory with programs of another layout is not possible, and replacing them without a
 * gap neither.
 */
static bool can_share(const struct policy_pins *pins)
{
	struct policy_state *state;
	bool same;

	if (!pins->has_set)
		return true;
	state = policy_state_map(pins->maps.state);
	if (!state)
		return false;
	same = state->abi == POLICY_ABI || !state->abi;
	policy_state_unmap(state);
	if (!same)
		message_error("another version of vfioscope put the policy in force that is: "
			      "unload it with vfioscope policy unload, then load this one");
	return same;
}

/* The set's programs if they are what is wanted, else new ones. */
static int make_set(struct policy_pins *pins, const struct policy_settings *wanted, bool enforce)
{
	struct policy_programs *programs;
	struct policy_maps maps;
	int error;

	if (pins->has_set && !memcmp(wanted, &pins->settings, sizeof(*wanted)))
		return policy_self_test(&pins->maps, wanted->hooks);
	programs = policy_programs_load(wanted, &pins->maps, enforce);
	if (!programs)
		return -1;
	maps = policy_programs_maps(programs);
	error = policy_self_test(&maps, wanted->hooks);
	error = error ?: policy_pins_replace(pins, programs);
	policy_programs_close(programs);
	return error;
}

static int put_in_force(const struct policy_pins *pins, struct policy_table *table,
			struct policy_loaded *loaded)
{
	struct policy_state *state = policy_state_map(pins->maps.state);
	int error;

	if (!state)
		return -1;
	state->abi = POLICY_ABI;
	loaded->replaced = is_in_force(pins->maps.in_force);
	loaded->generation = ++state->generation;
	error = policy_table_put(pins->maps.in_force, POLICY_IN_FORCE, table, loaded->generation);
	policy_state_unmap(state);
	return error;
}

static int load_with(const struct policy *policy, enum policy_hooks hooks,
		     struct policy_table *table, struct policy_loaded *loaded)
{
	const struct policy_settings wanted = policy_settings_wanted(hooks);
	struct policy_pins pins;
	int error;

	if (policy_pins_open(&pins, true))
		return -1;
	error = !can_share(&pins) || make_set(&pins, &wanted, policy->enforce) ||
		put_in_force(&pins, table, loaded);
	/* What was made for nothing goes again. */
	if (error && !(pins.has_set && is_in_force(pins.maps.in_force)))
		policy_pins_remove(&pins);
	policy_pins_close(&pins);
	return error ? -1 : 0;
}

int policy_force_load(const struct policy *policy, enum policy_hooks hooks,
		      struct policy_loaded *loaded)
{
	struct policy_error error;
	struct policy_table table;
	const char *reason;
	int result;

	loaded->hooks = hooks == POLICY_HOOKS ? policy_hooks_here() : hooks;
	reason = policy_cannot_enforce(loaded->hooks);
	if (reason && policy->enforce) {
		message_error("cannot enforce: %s", reason);
		return -1;
	}
	if (reason && loaded->hooks != POLICY_HOOKS_KPROBE)
		message_warning("not all is judged: %s", reason);
	if (policy_compile(policy, &table, &error)) {
		message_error("%s", error.text);
		return -1;
	}
	result = load_with(policy, loaded->hooks, &table, loaded);
	policy_table_free(&table);
	return result;
}

int policy_force_unload(void)
{
	struct policy_pins pins;
	int error = 0, none;

	if (policy_pins_open(&pins, true))
		return -1;
	none = !pins.has_set;
	if (pins.has_set)
		error = policy_table_clear(pins.maps.in_force, POLICY_IN_FORCE);
	error = error ?: policy_pins_remove(&pins);
	policy_pins_close(&pins);
	return error ? -1 : none;
}
