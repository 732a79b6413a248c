// SPDX-License-Identifier: GPL-2.0-only
#include "dot_file.h"

#include "output.h"

#include "../message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(struct dot_file *dot)
{
	message_error("--dot %s: %s", dot->path, output_file_error());
	dot->failed = -1;
	return -1;
}

/* -1 with errno. */
static int open_or_make(struct dot_file *dot, struct run *run)
{
	int descriptor = output_open_descriptor(run, dot->path, O_CREAT | O_EXCL);

	dot->is_new = descriptor >= 0;
	if (descriptor >= 0 || errno != EEXIST)
		return descriptor;
	return output_open_descriptor(run, dot->path, O_CREAT);
}

int dot_file_open(struct dot_file *dot, const char *path, struct run *run)
{
	*dot = (struct dot_file){ .path = path };
	if (!path)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	dot->descriptor = open_or_make(dot, run);
	if (dot->descriptor < 0)
		return failed(dot);
	dot->file = output_file(run, dot->descriptor);
	if (dot->file)
		return 0;
	close(dot->descriptor);
	return failed(dot);
}

static int status_of(const char *path, struct stat *status)
{
	return strcmp(path, "-") ? stat(path, status) : fstat(STDIN_FILENO, status);
}

int dot_file_is_other(struct dot_file *dot, const char *option, const char *path)
{
	struct stat this, other;

	if (!dot->file || !path || fstat(dot->descriptor, &this) || status_of(path, &other) ||
	    !S_ISREG(this.st_mode) || this.st_dev != other.st_dev || this.st_ino != other.st_ino)
		return 0;
	message_error("--dot %s: it is the file of %s, too", dot->path, option);
	return -1;
}

int dot_file_begin(struct dot_file *dot)
{
	dot->is_new = false;
	/* A pipe needs none of it. */
	if (!dot->file || !ftruncate(dot->descriptor, 0) || errno == EINVAL)
		return 0;
	return failed(dot);
}

void dot_file_wrote(struct dot_file *dot, int error)
{
	if (!error && !fflush(dot->file))
		return;
	failed(dot);
	fclose(dot->file);
	dot->file = NULL;
}

int dot_file_close(struct dot_file *dot)
{
	FILE *file = dot->file;

	dot->file = NULL;
	if (dot->is_new)
		unlink(dot->path);
	if (file && fclose(file))
		return failed(dot);
	return dot->failed;
}
