// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "held.h"

#include "../message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

FILE *held_open(void)
{
	int file = memfd_create("vfioscope-messages", MFD_CLOEXEC);
	FILE *held = file < 0 ? NULL : fdopen(file, "a+");

	if (!held) {
		message_error("cannot keep messages: %s", strerror(errno));
		if (file >= 0)
			close(file);
		return NULL;
	}
	/* Two processes write, and one of them ends without flushing. */
	fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_APPEND);
	setvbuf(held, NULL, _IONBF, 0);
	return held;
}

void held_show(FILE *held)
{
	int character;

	message_stream(NULL);
	rewind(held);
	while ((character = getc(held)) != EOF)
		putc(character, stderr);
	fclose(held);
}
