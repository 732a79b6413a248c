/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes to standard error: one line for each thing that is wrong. */
#ifndef VFIOSCOPE_MESSAGE_H
#define VFIOSCOPE_MESSAGE_H

#include <stdbool.h>
#include <stdio.h>

/* Exit status, see the manual page. */
enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
	STATUS_FOUND = 3,
};

/* Errors and warnings become JSON objects. */
void message_as_json(bool json);

/* Where messages go: standard error, unless set. */
void message_stream(FILE *file);

/* Debug messages, and those of libbpf, are shown too. */
void message_verbose(bool verbose);
bool message_is_verbose(void);

/* What is wrong and what to do, without a final newline. */
void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
