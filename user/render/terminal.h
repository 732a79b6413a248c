/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking the terminal for a screen, and giving it back as it was. */
#ifndef VFIOSCOPE_RENDER_TERMINAL_H
#define VFIOSCOPE_RENDER_TERMINAL_H

#include <stdbool.h>

struct terminal;

/* Why there cannot be a screen, and what to do; NULL if there can be. */
const char *terminal_obstacle(void);

/* NULL if there is no memory, or an obstacle. */
struct terminal *terminal_open(void);
void terminal_close(struct terminal *terminal);

/* Whether colours are there, and the user does not mind them. */
bool terminal_has_colors(void);
/* Whether the terminal will never have a key again. */
bool terminal_gone(void);
/* Looks how large it is now. */
void terminal_resize(void);

#endif
