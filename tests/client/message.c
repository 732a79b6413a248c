// SPDX-License-Identifier: GPL-2.0-only
/* Errors said in one line, numbers and errno names read from the command line. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static bool as_json, quiet;

void message_json(bool on)
{
	as_json = on;
}

void message_quiet(bool on)
{
	quiet = on;
}

void message_error(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fflush(stdout);
	fprintf(stderr, CLIENT_NAME ": %s\n", text ? text : "out of memory");
	if (as_json) {
		printf("{\"type\":\"error\",\"schema\":%d,\"message\":", CLIENT_SCHEMA);
		json_string(stdout, text ? text : "out of memory");
		printf("}\n");
	}
	free(text);
}

void message_note(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	fprintf(stderr, CLIENT_NAME ": ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

const char *err_name(int err)
{
	const char *name;

	if (err == ERR_SHORT)
		return "SHORT";
	name = strerrorname_np(err);
	return name ? name : "E?";
}

const char *err_text(int err)
{
	if (err == ERR_SHORT)
		return "fewer bytes moved than asked for";
	return strerror(err);
}

int err_from_name(const char *name)
{
	if (!strcmp(name, "SHORT"))
		return ERR_SHORT;
	/* Two names for one number: glibc's table knows only the first. */
	if (!strcmp(name, "EWOULDBLOCK"))
		return EWOULDBLOCK;
	for (int err = 1; err < ERR_SHORT; err++) {
		const char *known = strerrorname_np(err);

		if (known && !strcmp(known, name))
			return err;
	}
	return 0;
}

bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
	unsigned long long number;
	unsigned int shift = 0;
	char *end;

	if (text[0] < '0' || text[0] > '9') /* strtoull takes signs and spaces */
		return false;
	errno = 0;
	number = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
	if (errno)
		return false;
	if (*end == 'K' || *end == 'M' || *end == 'G')
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 30;
	if (*end && (!shift || end[1]))
		return false;
	if (number > max || number > UINT64_MAX >> shift || number << shift > max)
		return false;
	*value = number << shift;
	return true;
}

void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}
