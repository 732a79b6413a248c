/* SPDX-License-Identifier: GPL-2.0-only */
/* What graphs for Graphviz are made of. */
#ifndef VFIOSCOPE_RENDER_DOT_H
#define VFIOSCOPE_RENDER_DOT_H

#include <stdio.h>

/* What is within quotes in Graphviz's language, on one line. 0, or not if it cannot be written. */
int dot_write_quoted(FILE *output, const char *text);

#endif
