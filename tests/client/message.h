/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors said in one line, numbers and errno names read from the command line. */
#ifndef CLIENT_MESSAGE_H
#define CLIENT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CLIENT_NAME "vfio-client"
#define CLIENT_SCHEMA 1

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/*
 * Not an errno of the kernel: a call that succeeded but moved fewer bytes than asked for. Kept
 * in the same number space so that "expect=SHORT" works like any errno.
 */
#define ERR_SHORT 4096

/* In JSON mode an error is an object on standard output as well as a line on standard error. */
void message_json(bool on);
void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A remark that is no error, on standard error; silent with message_quiet(true). */
void message_quiet(bool on);
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *err_name(int err);	     /* "EINVAL", "SHORT" */
const char *err_text(int err);	     /* "Invalid argument" */
int err_from_name(const char *name); /* 0 when there is no such name */

/* A whole string as a number: decimal, 0x hexadecimal, with an optional K, M or G behind it. */
bool parse_number(const char *text, uint64_t max, uint64_t *value);

void json_string(FILE *out, const char *text);

#endif
