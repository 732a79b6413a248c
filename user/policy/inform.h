/* SPDX-License-Identifier: GPL-2.0-only */
/* What is in force, what it counted, and its events. */
#ifndef VFIOSCOPE_POLICY_INFORM_H
#define VFIOSCOPE_POLICY_INFORM_H

#include "pins.h"

struct policy_inform;

/* NULL after an error message: no policy is in force, too. */
struct policy_inform *policy_inform_open(void);
void policy_inform_close(struct policy_inform *inform);

/* All that follow are of one policy, until policy_inform_renew() finds another. */
const struct policy_header *policy_inform_header(const struct policy_inform *inform);
enum policy_hooks policy_inform_hooks(const struct policy_inform *inform);
/* Returns 1 if another is in force now, 0 if not, -1 if none is. */
int policy_inform_renew(struct policy_inform *inform);

/* By number of the rule, or POLICY_DEFAULT_RULE(). */
struct policy_counts policy_inform_counts(const struct policy_inform *inform, __u32 rule);
/* In @text; NULL: there is no such rule. */
const char *policy_inform_rule(const struct policy_inform *inform, __u32 rule,
			       char text[POLICY_TEXT_BYTES]);
/* Of all policies so far. */
struct policy_state policy_inform_state(const struct policy_inform *inform);
__u64 policy_inform_missed(const struct policy_inform *inform);

typedef void (*policy_receive)(const struct policy_event *event, void *argument);
/* Readable when there are events; -1 with errno. */
int policy_inform_event_fd(struct policy_inform *inform, policy_receive receive, void *argument);
/* Each event is handed out once, whoever asks. Returns 0, or -1 with errno. */
int policy_inform_poll(const struct policy_inform *inform);

#endif
