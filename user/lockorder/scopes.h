/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of the kernel that arm a task while they run, besides those that programs name. */
#ifndef VFIOSCOPE_LOCKORDER_SCOPES_H
#define VFIOSCOPE_LOCKORDER_SCOPES_H

#include <linux/types.h>
#include <stdbool.h>

struct bpf_object;
struct scopes;

/*
 * Hooks the usual ones that this kernel has, and all of @wanted, which ends with NULL or is NULL
 * and has to last, as has @object. NULL after an error message: the kernel lacks one of @wanted.
 */
struct scopes *scopes_open(const struct bpf_object *object, char *const *wanted);
void scopes_close(struct scopes *scopes); /* NULL is fine */

/*
 * A module has come: functions that were not there may be. @gone: one has left since they were
 * hooked, and has taken the probes of its functions with it.
 */
void scopes_attach_again(struct scopes *scopes, bool gone);

/* Runs that the kernel left out, since it was opened; 0 for NULL. */
__u64 scopes_missed(const struct scopes *scopes);

#endif
