// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "output.h"

#include "../message.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct output {
	struct run *run;
	FILE *before;
	int file;
	int error; /* errno of what failed first: what comes later must not look whole */
} output;

/* Some terminals say that they take output and do not: returns EINTR when it is time to give up. */
static int wait_while_full(const struct run *run, unsigned int *tries)
{
	const unsigned int pause_ms = 10;

	if (run->signalled && ++*tries * pause_ms > OUTPUT_GRACE_MS)
		return EINTR;
	usleep(pause_ms * 1000);
	return 0;
}

/*
 * A description of our own that does not block: others may write to a pipe, and
 * a terminal takes less than we have. Files and sockets stay as they are.
 */
static int open_unblocked(void)
{
	struct stat status;

	if (fstat(STDOUT_FILENO, &status) || !(S_ISFIFO(status.st_mode) || isatty(STDOUT_FILENO)))
		return -1;
	return open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* stdio wants 0 for an error. */
static ssize_t write_when_read(void *cookie, const char *buffer, size_t bytes)
{
	struct output *to = cookie;
	unsigned int tries = 0;
	size_t done = 0;

	while (!to->error && done < bytes) {
		/* A pipe that takes anything takes this much. */
		size_t most = bytes - done < PIPE_BUF ? bytes - done : PIPE_BUF;
		ssize_t written = -1;

		if (!run_wait_for_output(to->run, to->file))
			written = write(to->file, buffer + done, most);
		if (written >= 0)
			done += (size_t)written;
		else if (errno == EAGAIN)
			to->error = wait_while_full(to->run, &tries);
		else
			to->error = errno;
		if (written > 0)
			tries = 0;
	}
	errno = to->error;
	return to->error ? 0 : (ssize_t)done;
}

int output_open(struct run *run)
{
	const cookie_io_functions_t functions = { .write = write_when_read };
	FILE *file;

	output = (struct output){ .run = run, .before = stdout, .file = open_unblocked() };
	if (output.file < 0)
		output.file = STDOUT_FILENO;
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
	if (output.file != STDOUT_FILENO)
		close(output.file);
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
