// SPDX-License-Identifier: GPL-2.0-only
#include "dot_file.h"

#include "../message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(struct dot_file *dot)
{
	message_error("--dot %s: %s", dot->path, strerror(errno));
	dot->failed = -1;
	return -1;
}

int dot_file_open(struct dot_file *dot, const char *path)
{
	int descriptor;

	*dot = (struct dot_file){ .path = path };
	if (!path)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (descriptor < 0)
		return failed(dot);
	dot->file = fdopen(descriptor, "w");
	if (dot->file)
		return 0;
	close(descriptor);
	return failed(dot);
}

int dot_file_is_other(struct dot_file *dot, const char *option, const char *path)
{
	struct stat this, other;

	if (!dot->file || !path || fstat(fileno(dot->file), &this) || stat(path, &other) ||
	    !S_ISREG(this.st_mode) || this.st_dev != other.st_dev || this.st_ino != other.st_ino)
		return 0;
	message_error("--dot %s: it is the file of %s, too", dot->path, option);
	return -1;
}

int dot_file_begin(struct dot_file *dot)
{
	/* A pipe needs none of it. */
	if (!dot->file || !ftruncate(fileno(dot->file), 0) || errno == EINVAL)
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
	if (file && fclose(file))
		return failed(dot);
	return dot->failed;
}
