/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standard output that may fail, and whose reader may be slow or not read at
 * all: a signal that ends the run ends the wait for it too.
 */
#ifndef VFIOSCOPE_OUTPUT_H
#define VFIOSCOPE_OUTPUT_H

#include "run.h"

#include <stdio.h>

/*
 * Makes stdout heed the signals of the run. Call it with all privileges: a user's
 * pipe or terminal is opened anew. Returns 0, or -1 after an error message.
 */
int output_open(struct run *run);

/* Writes what is left and makes stdout as it was. After output_open(), before run_close(). */
void output_close(void);

/*
 * The same for another file, that is written only: opens it, waiting for the reader of a pipe, and
 * makes a stream of it, which closes it. @flags: besides O_WRONLY. @run: NULL if there is none, and
 * signals do what they usually do. -1 and NULL with errno.
 */
int output_open_descriptor(struct run *run, const char *path, int flags);
FILE *output_file(struct run *run, int descriptor);
/* Why opening or writing it failed, by errno. */
const char *output_file_error(void);

/*
 * Says why writing failed, by errno, unless the reader has gone: that is its
 * own decision. Returns `error`.
 */
int output_check(int error);

#endif
