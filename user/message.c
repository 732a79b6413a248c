// SPDX-License-Identifier: GPL-2.0-only
#include "message.h"

#include <bpf/libbpf.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool as_json;
static bool verbose;
static FILE *stream; /* NULL: standard error */

void message_stream(FILE *file)
{
	stream = file;
}

static void say(const char *kind, const char *format, va_list arguments)
{
	FILE *output = stream ? stream : stderr;
	char text[1024];

	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	if (as_json) {
		json_t *object =
			json_pack("{s:s, s:i, s:s}", "type", kind, "schema", 1, "message", text);

		json_dumpf(object, output, JSON_COMPACT);
		json_decref(object);
		fputc('\n', output);
	} else {
		fprintf(output, "vfioscope: %s%s%s\n", strcmp(kind, "error") ? kind : "",
			strcmp(kind, "error") ? ": " : "", text);
	}
}

static int say_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	return verbose ? vfprintf(stream ? stream : stderr, format, arguments) : 0;
}

void message_as_json(bool json)
{
	as_json = json;
}

void message_verbose(bool on)
{
	verbose = on;
	libbpf_set_print(say_libbpf);
}

bool message_is_verbose(void)
{
	return verbose;
}

void message_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("error", format, arguments);
	va_end(arguments);
}

void message_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say("warning", format, arguments);
	va_end(arguments);
}

void message_debug(const char *format, ...)
{
	va_list arguments;

	if (!verbose)
		return;
	va_start(arguments, format);
	say("debug", format, arguments);
	va_end(arguments);
}
