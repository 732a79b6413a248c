/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages that wait while the terminal shows something else. */
#ifndef VFIOSCOPE_HELD_H
#define VFIOSCOPE_HELD_H

#include <stdio.h>

/*
 * Where messages can wait; a command that is started has it too, until it is what it
 * is to become. NULL after an error message.
 */
FILE *held_open(void);

/* Shows on standard error what waits, and lets messages go there again. */
void held_show(FILE *held);

#endif
