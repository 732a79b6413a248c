// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"

#include <limits.h>
#include <string.h>

json_t *json_line(const char *type)
{
	return json_pack("{s:s, s:i}", "type", type, "schema", 1);
}

void json_add_number(json_t *object, const char *name, __u64 number)
{
	json_object_set_new(object, name,
			    json_integer(number > LLONG_MAX ? LLONG_MAX : (json_int_t)number));
}

void json_add_text(json_t *object, const char *name, const char *text, size_t bytes)
{
	size_t length = strnlen(text, bytes);
	json_t *value = json_stringn(text, length);
	char replaced[256];

	if (!value) {
		if (length >= sizeof(replaced))
			length = sizeof(replaced) - 1;
		for (size_t i = 0; i < length; i++)
			replaced[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
		value = json_stringn(replaced, length);
	}
	json_object_set_new(object, name, value);
}

void json_add_string(json_t *object, const char *name, const char *string)
{
	if (string)
		json_add_text(object, name, string, strlen(string));
	else
		json_object_set_new(object, name, json_null());
}

void json_add_bool(json_t *object, const char *name, bool value)
{
	json_object_set_new(object, name, json_boolean(value));
}

void json_add_names(json_t *object, const char *name, const char *const *names, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(names[i]));
	json_object_set_new(object, name, array);
}

void json_add_stack(json_t *object, char (*frame)[FRAME_BYTES], unsigned int frames)
{
	json_t *stack;

	if (!frames)
		return;
	stack = json_array();
	for (unsigned int i = 0; i < frames; i++)
		json_array_append_new(stack, json_string(frame[i]));
	json_object_set_new(object, "stack", stack);
}

int json_write(FILE *output, json_t *object)
{
	int error = json_dumpf(object, output, JSON_COMPACT);

	json_decref(object);
	if (error || fputc('\n', output) == EOF)
		return -1;
	return 0;
}
