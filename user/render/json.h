/* SPDX-License-Identifier: GPL-2.0-only */
/* JSON Lines: one object a line, its type and schema first. */
#ifndef VFIOSCOPE_RENDER_JSON_H
#define VFIOSCOPE_RENDER_JSON_H

#include "stack.h"

#include <jansson.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>

json_t *json_line(const char *type);

/* JSON's integers are signed here: what is beyond becomes the largest. */
void json_add_number(json_t *object, const char *name, __u64 number);

/* NULL becomes null. What is not UTF-8 is replaced: names come from user space. */
void json_add_string(json_t *object, const char *name, const char *string);
void json_add_text(json_t *object, const char *name, const char *text, size_t bytes);

void json_add_bool(json_t *object, const char *name, bool value);

/* An array of strings, that may be empty. */
void json_add_names(json_t *object, const char *name, const char *const *names, size_t count);

/* A kernel stack's frames, if there are any. */
void json_add_stack(json_t *object, char (*frame)[FRAME_BYTES], unsigned int frames);

/* Writes and frees the object; 0, or -1 if it cannot be written. */
int json_write(FILE *output, json_t *object);

#endif
