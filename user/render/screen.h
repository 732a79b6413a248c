/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports on a terminal that somebody looks at. The only code that uses ncurses.
 * Nothing else may write to the terminal between screen_open() and screen_close().
 */
#ifndef VFIOSCOPE_RENDER_SCREEN_H
#define VFIOSCOPE_RENDER_SCREEN_H

#include "../model/report.h"

#include <stdbool.h>

struct screen;

/* Why there cannot be a screen, and what to do; NULL if there can be. */
const char *screen_obstacle(void);

/* NULL if there is no memory, or an obstacle. */
struct screen *screen_open(enum report_order order, __u64 interval_ns);
/* The terminal is as it was found. */
void screen_close(struct screen *screen);

/* An interval's report, then the total at its end. 0, or -1 if there is no memory. */
int screen_take(struct screen *screen, const struct report *report);

/* Takes the keys that have been pressed. False: the user, or the terminal, has gone. */
bool screen_keys(struct screen *screen);

/* The terminal may have another size. */
void screen_resize(struct screen *screen);

void screen_draw(struct screen *screen);

#endif
