// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "output.h"

#include "../message.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct output {
	struct run *run;
	FILE *before;
	int error; /* errno of what failed first: what comes later must not look whole */
} output;

/* stdio wants 0 for an error. */
static ssize_t write_when_read(void *cookie, const char *buffer, size_t bytes)
{
	struct output *to = cookie;
	size_t done = 0;

	while (!to->error && done < bytes) {
		/* A pipe that takes anything takes this much without a wait. */
		size_t most = bytes - done < PIPE_BUF ? bytes - done : PIPE_BUF;
		ssize_t written = -1;

		if (!run_wait_for_output(to->run, STDOUT_FILENO))
			written = write(STDOUT_FILENO, buffer + done, most);
		if (written < 0)
			to->error = errno;
		else
			done += (size_t)written;
	}
	errno = to->error;
	return to->error ? 0 : (ssize_t)done;
}

int output_open(struct run *run)
{
	const cookie_io_functions_t functions = { .write = write_when_read };
	FILE *file;

	output = (struct output){ .run = run, .before = stdout };
	file = fopencookie(&output, "w", functions);
	if (!file) {
		message_error("out of memory");
		return -1;
	}
	if (isatty(STDOUT_FILENO))
		setvbuf(file, NULL, _IOLBF, 0);
	stdout = file;
	return 0;
}

void output_close(void)
{
	/* Who writes a report flushes it, and has checked that. */
	fclose(stdout);
	stdout = output.before;
}

int output_check(int error)
{
	int reason = output.error ?: errno;

	if (error && reason == EINTR)
		message_error("interrupted while nobody read the output: not all was written");
	else if (error && reason != EPIPE)
		message_error("cannot write the output: %s", strerror(reason));
	return error;
}
