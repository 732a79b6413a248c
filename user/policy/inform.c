// SPDX-License-Identifier: GPL-2.0-only
#include "inform.h"

#include "table.h"

#include "../message.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct policy_inform {
	struct policy_pins pins;
	int table;
	struct policy_header header;
	struct ring_buffer *ring;
	policy_receive receive;
	void *argument;
};

/* Returns -1: none is in force. */
static int take_table(struct policy_inform *inform)
{
	struct policy_value value;
	int table = policy_table_open(inform->pins.maps.in_force, POLICY_IN_FORCE);

	if (table < 0)
		return -1;
	if (policy_table_read(table, POLICY_HEADER, 0, &value)) {
		close(table);
		return -1;
	}
	if (inform->table >= 0)
		close(inform->table);
	inform->table = table;
	inform->header = value.header;
	return 0;
}

struct policy_inform *policy_inform_open(void)
{
	struct policy_inform *inform = calloc(1, sizeof(*inform));

	if (!inform) {
		message_error("out of memory");
		return NULL;
	}
	inform->table = -1;
	if (policy_pins_open(&inform->pins, false)) {
		free(inform);
		return NULL;
	}
	if (!inform->pins.has_set || take_table(inform)) {
		message_error("no policy is in force: vfioscope policy load FILE");
		policy_inform_close(inform);
		return NULL;
	}
	policy_pins_unlock(&inform->pins);
	return inform;
}

void policy_inform_close(struct policy_inform *inform)
{
	if (!inform)
		return;
	ring_buffer__free(inform->ring);
	if (inform->table >= 0)
		close(inform->table);
	policy_pins_close(&inform->pins);
	free(inform);
}

const struct policy_header *policy_inform_header(const struct policy_inform *inform)
{
	return &inform->header;
}

enum policy_hooks policy_inform_hooks(const struct policy_inform *inform)
{
	return inform->pins.settings.hooks;
}

int policy_inform_renew(struct policy_inform *inform)
{
	__u64 before = inform->header.generation;

	return take_table(inform) ? -1 : inform->header.generation != before;
}

struct policy_counts policy_inform_counts(const struct policy_inform *inform, __u32 rule)
{
	struct policy_value value = { 0 };

	policy_table_read(inform->table, POLICY_COUNTS, rule, &value);
	return value.counts;
}

const char *policy_inform_rule(const struct policy_inform *inform, __u32 rule,
			       char text[POLICY_TEXT_BYTES])
{
	struct policy_value value;

	if (policy_table_read(inform->table, POLICY_NAME, rule, &value))
		return NULL;
	snprintf(text, POLICY_TEXT_BYTES, "%s", value.text);
	return text;
}

struct policy_state policy_inform_state(const struct policy_inform *inform)
{
	struct policy_state state = { 0 };
	const __u32 first = 0;

	bpf_map_lookup_elem(inform->pins.maps.state, &first, &state);
	return state;
}

__u64 policy_inform_missed(const struct policy_inform *inform)
{
	return policy_pins_missed(&inform->pins);
}

static int receive_event(void *context, void *data, size_t bytes)
{
	const struct policy_inform *inform = context;

	if (bytes == sizeof(struct policy_event))
		inform->receive(data, inform->argument);
	return 0;
}

int policy_inform_event_fd(struct policy_inform *inform, policy_receive receive, void *argument)
{
	inform->receive = receive;
	inform->argument = argument;
	inform->ring = ring_buffer__new(inform->pins.maps.events, receive_event, inform, NULL);
	return inform->ring ? ring_buffer__epoll_fd(inform->ring) : -1;
}

int policy_inform_poll(const struct policy_inform *inform)
{
	return ring_buffer__consume(inform->ring) < 0 ? -1 : 0;
}
