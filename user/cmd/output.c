// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "output.h"

#include "../message.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
	struct run *run;
	int file;
	int error; /* errno of what failed first: what comes later must not look whole */
};

static struct output standard;
static FILE *stdout_before;

/* Returns EINTR when it is time to give up. */
static int wait_a_while(struct run *run, int *tries)
{
	const int pause_ms = 10;

	if (run->signalled && ++*tries * pause_ms > OUTPUT_GRACE_MS)
		return EINTR;
	return run_pause(run, pause_ms) ? EINTR : 0;
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
	int tries = 0;
	size_t done = 0;

	while (!to->error && done < bytes) {
		/* A pipe that takes anything takes this much. */
		size_t most = bytes - done < PIPE_BUF ? bytes - done : PIPE_BUF;
		ssize_t written = -1;

		if (!run_wait_for_output(to->run, to->file))
			written = write(to->file, buffer + done, most);
		if (written >= 0)
			done += (size_t)written;
		else if (errno == EAGAIN) /* some terminals say that they take output and do not */
			to->error = wait_a_while(to->run, &tries);
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

	standard = (struct output){ .run = run, .file = open_unblocked() };
	if (standard.file < 0)
		standard.file = STDOUT_FILENO;
	file = fopencookie(&standard, "w", functions);
	if (!file) {
		message_error("out of memory");
		return -1;
	}
	if (isatty(STDOUT_FILENO))
		setvbuf(file, NULL, _IOLBF, 0);
	stdout_before = stdout;
	stdout = file;
	return 0;
}

void output_close(void)
{
	/* Who writes a report flushes it, and has checked that. */
	fclose(stdout);
	stdout = stdout_before;
	if (standard.file != STDOUT_FILENO)
		close(standard.file);
}

int output_check(int error)
{
	int reason = standard.error ?: errno;

	if (error && reason == EINTR)
		message_error("interrupted while nobody read the output: not all was written");
	else if (error && reason != EPIPE)
		message_error("cannot write the output: %s", strerror(reason));
	return error;
}

/*
 * Other files
 */

/* By errno of opening it; a socket, or a device that is not there, has the same. */
static bool is_unread_pipe(const char *path)
{
	struct stat status;
	int reason = errno;
	bool is_it = reason == ENXIO && !stat(path, &status) && S_ISFIFO(status.st_mode);

	errno = reason;
	return is_it;
}

/* Nobody reads a pipe, perhaps: open() would wait, and heed no signal. */
static int open_when_read(struct run *run, const char *path, int flags)
{
	int tries = 0;

	for (;;) {
		int file = open(path, flags | O_NONBLOCK, 0666);

		if (file >= 0 || !is_unread_pipe(path))
			return file;
		if (wait_a_while(run, &tries)) {
			errno = EINTR;
			return -1;
		}
	}
}

static int close_file(void *cookie)
{
	struct output *output = cookie;
	int error = close(output->file);

	free(output);
	return error;
}

FILE *output_file(struct run *run, int descriptor)
{
	const cookie_io_functions_t functions = { .write = write_when_read, .close = close_file };
	struct output *output;
	FILE *file;

	if (!run)
		return fdopen(descriptor, "w");
	output = malloc(sizeof(*output));
	if (!output)
		return NULL;
	*output = (struct output){ .run = run, .file = descriptor };
	file = fopencookie(output, "w", functions);
	if (!file)
		free(output);
	return file;
}

const char *output_file_error(void)
{
	return errno == EINTR ? "interrupted while nobody read it" : strerror(errno);
}

int output_open_descriptor(struct run *run, const char *path, int flags)
{
	flags |= O_WRONLY | O_NOCTTY | O_CLOEXEC;
	return run ? open_when_read(run, path, flags) : open(path, flags, 0666);
}
