// SPDX-License-Identifier: GPL-2.0-only
#include "dot.h"

int dot_write_quoted(FILE *output, const char *text)
{
	int error = 0;

	for (; *text; text++) {
		char character = *text < ' ' || *text > '~' ? '?' : *text;

		error |= fprintf(output, character == '"' || character == '\\' ? "\\%c" : "%c",
				 character) < 0;
	}
	return error;
}
