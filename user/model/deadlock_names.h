/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that reports about deadlocks use. */
#ifndef VFIOSCOPE_DEADLOCK_NAMES_H
#define VFIOSCOPE_DEADLOCK_NAMES_H

#include "deadlock.h"

/* "?" for a number that is none. */
const char *lock_kind_name(unsigned int kind);
const char *lock_use_name(unsigned int operation);

/* "confirmed", or "suspected" */
const char *deadlock_label(const struct deadlock *deadlock);

#endif
