// SPDX-License-Identifier: GPL-2.0-only
#include "plain.h"

#include <stdio.h>
#include <time.h>

void render_plain(char *text)
{
	/* Names of threads are whatever the thread wants them to be. */
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

const char *render_time(__u64 time_ns, const char *format, char text[CLOCK_BYTES])
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm local;

	localtime_r(&seconds, &local);
	strftime(text, CLOCK_BYTES, format, &local);
	return text;
}

const char *render_clock(__u64 time_ns, char text[CLOCK_BYTES])
{
	char seconds[CLOCK_BYTES];

	snprintf(text, CLOCK_BYTES, "%.8s.%06llu", render_time(time_ns, "%H:%M:%S", seconds),
		 (unsigned long long)(time_ns % 1000000000 / 1000));
	return text;
}

const char *render_who(const char *comm, __u32 id, char text[WHO_BYTES])
{
	char name[COMM_BYTES + 1];

	snprintf(name, sizeof(name), "%.*s", COMM_BYTES, comm);
	render_plain(name);
	snprintf(text, WHO_BYTES, "%s[%u]", name, id);
	return text;
}
