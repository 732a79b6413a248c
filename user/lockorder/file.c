// SPDX-License-Identifier: GPL-2.0-only
#include "file.h"

#include "../message.h"
#include "../model/order_runs.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest line there can be is about 740,000: each byte of each name takes up to 6. */
#define LINE_BYTES (1UL << 20)
/* Runs that one file has orders of. */
#define MOST_SOURCES (1U << 31)

struct reader {
	const char *path;
	FILE *file;
	size_t line;
	char *text;
	struct order_graph *graph; /* of this file alone */
	struct order_file_origin origin;
	__u64 edges; /* that there are to be */
};

/* Of what is in the file nothing is shown: it may be anything. */
static int __attribute__((format(printf, 2, 3)))
complain(const struct reader *reader, const char *format, ...)
{
	va_list arguments;
	char text[256];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_error("%s:%zu: %s", reader->path, reader->line, text);
	return -1;
}

static int out_of_memory(void)
{
	message_error("out of memory");
	return -1;
}

/*
 * Lines
 */

static int complain_of_json(const struct reader *reader, const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_out_of_memory:
		return out_of_memory();
	case json_error_premature_end_of_input:
		return complain(reader, "the line ends in the middle of a JSON object");
	case json_error_duplicate_key:
		return complain(reader, "a member is there twice");
	case json_error_numeric_overflow:
		return complain(reader, "a number is too large");
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return complain(reader, "a text has a NUL in it");
	case json_error_invalid_utf8:
		return complain(reader, "a text is not UTF-8");
	default:
		return complain(reader, "not one JSON object a line (column %d)", error->column);
	}
}

/* Returns 1, 0 at the file's end, or -1. */
static int read_text_line(struct reader *reader, size_t *bytes)
{
	int character;

	*bytes = 0;
	reader->line++;
	while ((character = getc(reader->file)) != EOF && character != '\n') {
		if (*bytes == LINE_BYTES)
			return complain(reader, "the line has more than %lu bytes", LINE_BYTES);
		reader->text[(*bytes)++] = (char)character;
	}
	if (ferror(reader->file)) {
		message_error("%s: %s", reader->path, strerror(errno));
		return -1;
	}
	return *bytes || character == '\n';
}

static int read_line(struct reader *reader, json_t **object)
{
	json_error_t error;
	size_t bytes;
	int result = read_text_line(reader, &bytes);

	*object = NULL;
	if (result <= 0)
		return result;
	if (!bytes)
		return complain(reader, "the line is empty");
	*object = json_loadb(reader->text, bytes, JSON_REJECT_DUPLICATES, &error);
	return *object ? 1 : complain_of_json(reader, &error);
}

/*
 * Members
 */

/* JSON_TRUE: either of these. NULL after an error message. */
static json_t *member(const struct reader *reader, const json_t *object, const char *name,
		      json_type type)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a text",      [JSON_INTEGER] = "a whole number",
		[JSON_TRUE] = "true or false",
	};
	json_t *value = json_object_get(object, name);

	if (!value)
		complain(reader, "\"%s\" is missing", name);
	else if (json_typeof(value) == type || (type == JSON_TRUE && json_is_boolean(value)))
		return value;
	else
		complain(reader, "\"%s\" is not %s", name, types[type]);
	return NULL;
}

static int copy_text(const struct reader *reader, const json_t *value, const char *name, char *text,
		     size_t bytes)
{
	size_t length = json_string_length(value);

	if (length >= bytes)
		return complain(reader, "\"%s\" has a text of more than %zu bytes", name,
				bytes - 1);
	memcpy(text, json_string_value(value), length + 1);
	return 0;
}

static int read_text(const struct reader *reader, const json_t *object, const char *name,
		     char *text, size_t bytes)
{
	const json_t *value = member(reader, object, name, JSON_STRING);

	return value ? copy_text(reader, value, name, text, bytes) : -1;
}

static int read_number(const struct reader *reader, const json_t *object, const char *name,
		       __u64 most, __u64 *number)
{
	const json_t *value = member(reader, object, name, JSON_INTEGER);

	if (!value)
		return -1;
	if (json_integer_value(value) < 0 || (__u64)json_integer_value(value) > most)
		return complain(reader, "\"%s\" is not from 0 to %llu", name,
				(unsigned long long)most);
	*number = (__u64)json_integer_value(value);
	return 0;
}

static int read_number_32(const struct reader *reader, const json_t *object, const char *name,
			  __u32 *number)
{
	__u64 wide = 0;

	if (read_number(reader, object, name, UINT_MAX, &wide))
		return -1;
	*number = (__u32)wide;
	return 0;
}

static int read_truth(const struct reader *reader, const json_t *object, const char *name,
		      bool *truth)
{
	const json_t *value = member(reader, object, name, JSON_TRUE);

	if (!value)
		return -1;
	*truth = json_is_true(value);
	return 0;
}

/* An array of texts, each of which has @bytes in @texts. Returns how many, or -1. */
static long read_texts(const struct reader *reader, const json_t *object, const char *name,
		       char *texts, size_t bytes, size_t most)
{
	const json_t *array = member(reader, object, name, JSON_ARRAY), *value;
	size_t count = json_array_size(array), i;

	if (!array)
		return -1;
	if (count > most)
		return complain(reader, "\"%s\" has more than %zu texts", name, most);
	json_array_foreach(array, i, value)
	{
		if (!json_is_string(value))
			return complain(reader, "\"%s\" has something that is not a text", name);
		if (copy_text(reader, value, name, texts + i * bytes, bytes))
			return -1;
	}
	return (long)count;
}

static int read_mode(const struct reader *reader, const json_t *object, const char *name,
		     enum order_mode *mode)
{
	char text[16];

	if (read_text(reader, object, name, text, sizeof(text)))
		return -1;
	for (*mode = 0; *mode < ORDER_MODES; (*mode)++)
		if (!strcmp(text, order_mode_name(*mode)))
			return 0;
	return complain(reader, "\"%s\" is neither exclusive nor shared", name);
}

static int read_type(const struct reader *reader, const json_t *object, const char *type)
{
	const json_t *value;

	if (!json_is_object(object))
		return complain(reader, "not one JSON object a line");
	value = member(reader, object, "type", JSON_STRING);
	if (!value)
		return -1;
	if (strcmp(json_string_value(value), type))
		return complain(reader, "\"type\" is not %s: give a file that --save wrote", type);
	value = member(reader, object, "schema", JSON_INTEGER);
	if (!value)
		return -1;
	if (json_integer_value(value) != 1)
		return complain(reader, "\"schema\" is not 1: another version wrote this");
	return 0;
}

/*
 * The file
 */

static int read_class(const struct reader *reader, const json_t *object, const char *name,
		      char class[ORDER_CLASS_BYTES])
{
	if (read_text(reader, object, name, class, ORDER_CLASS_BYTES))
		return -1;
	return class[0] ? 0 : complain(reader, "\"%s\" is empty", name);
}

static int read_task(const struct reader *reader, const json_t *edge, struct order_task *task)
{
	const json_t *object = member(reader, edge, "task", JSON_OBJECT);

	if (!object || read_number_32(reader, object, "tid", &task->tid) ||
	    read_number_32(reader, object, "pid", &task->pid) ||
	    read_number(reader, object, "start_ns", LLONG_MAX, &task->start_ns))
		return -1;
	if (json_object_get(object, "host") &&
	    read_text(reader, object, "host", task->host, sizeof(task->host)))
		return -1;
	return read_text(reader, object, "comm", task->comm, sizeof(task->comm));
}

static int read_count(const struct reader *reader, const json_t *object, __u64 *count)
{
	if (read_number(reader, object, "count", LLONG_MAX, count))
		return -1;
	return *count ? 0 : complain(reader, "\"count\" is 0: what was not seen is no order");
}

static int read_source(const struct reader *reader, const json_t *object, unsigned int *source)
{
	__u64 number = 0;

	if (read_number(reader, object, "source", MOST_SOURCES - 1, &number))
		return -1;
	*source = (unsigned int)number;
	return 0;
}

/* What one order was, and how often it was seen. */
static int read_sightings(const struct reader *reader, const json_t *object,
			  struct order_edge *edge)
{
	if (read_class(reader, object, "from", edge->from) ||
	    read_mode(reader, object, "from_mode", &edge->from_mode) ||
	    read_class(reader, object, "to", edge->to) ||
	    read_mode(reader, object, "to_mode", &edge->to_mode) ||
	    read_count(reader, object, &edge->count) ||
	    read_number(reader, object, "first_ns", LLONG_MAX, &edge->first_ns) ||
	    read_number(reader, object, "last_ns", LLONG_MAX, &edge->last_ns) ||
	    read_truth(reader, object, "many_tasks", &edge->many_tasks) ||
	    read_source(reader, object, &edge->source))
		return -1;
	if (!strcmp(edge->to, ORDER_NOTHING))
		return complain(reader, "\"to\" is %s: that is never wanted", ORDER_NOTHING);
	if (edge->first_ns > edge->last_ns)
		return complain(reader, "\"first_ns\" is after \"last_ns\"");
	return 0;
}

/* Files of earlier versions lack it. */
static int read_guards_cut(const struct reader *reader, const json_t *object,
			   struct order_edge *edge)
{
	return json_object_get(object, "guards_cut") ?
		       read_truth(reader, object, "guards_cut", &edge->guards_cut) :
		       0;
}

/* Adds those that are held so. Files of earlier versions lack "shared_guards". */
static int read_guards(const struct reader *reader, const json_t *object, const char *name,
		       enum order_mode mode, struct order_edge *edge)
{
	char class[ORDER_GUARDS][ORDER_CLASS_BYTES];
	long count;

	if (mode == ORDER_SHARED && !json_object_get(object, name))
		return 0;
	count = read_texts(reader, object, name, class[0], sizeof(class[0]),
			   ORDER_GUARDS - edge->guards);
	for (long i = 0; i < count; i++) {
		if (!strcmp(class[i], ORDER_NOTHING))
			return complain(reader, "%s is a guard: that is never held", ORDER_NOTHING);
		order_edge_add_guard(edge, class[i], mode);
	}
	return count < 0 ? -1 : 0;
}

/* Files of earlier versions lack them. What is allocated here is the caller's to free. */
static int read_runs(const struct reader *reader, const json_t *object, struct order_edge *edge)
{
	const json_t *array, *value;
	size_t i;

	if (!json_object_get(object, "runs"))
		return 0;
	array = member(reader, object, "runs", JSON_ARRAY);
	if (!array)
		return -1;
	if (json_array_size(array) > ORDER_RUNS)
		return complain(reader, "\"runs\" has more than %d objects", ORDER_RUNS);
	json_array_foreach(array, i, value)
	{
		struct order_run run;

		if (!json_is_object(value))
			return complain(reader, "\"runs\" has something that is not an object");
		if (read_source(reader, value, &run.source) ||
		    read_number_32(reader, value, "tid", &run.tid) ||
		    read_number(reader, value, "start_ns", LLONG_MAX, &run.start_ns) ||
		    read_text(reader, value, "comm", run.comm, sizeof(run.comm)))
			return -1;
		order_edge_add_run(edge, &run);
	}
	return 0;
}

/* As they are in the file. */
struct frames {
	char text[STACK_FRAMES][ORDER_FRAME_BYTES];
};

/* The names are those in @frames. */
static int read_stack(const struct reader *reader, const json_t *object, struct frames *frames,
		      struct order_edge *edge)
{
	long count = read_texts(reader, object, "stack", frames->text[0], sizeof(frames->text[0]),
				STACK_FRAMES);

	for (long i = 0; i < count; i++)
		edge->frame[i] = frames->text[i];
	edge->frames = count < 0 ? 0 : (unsigned int)count;
	return count < 0 ? -1 : 0;
}

static int read_edge(const struct reader *reader, const json_t *object, struct order_edge *edge)
{
	if (read_sightings(reader, object, edge) || read_task(reader, object, &edge->task) ||
	    read_text(reader, object, "scope", edge->scope, sizeof(edge->scope)) ||
	    read_guards(reader, object, "guards", ORDER_EXCLUSIVE, edge) ||
	    read_guards(reader, object, "shared_guards", ORDER_SHARED, edge) ||
	    read_guards_cut(reader, object, edge))
		return -1;
	return 0;
}

static int take_header(struct reader *reader, const json_t *object)
{
	struct order_file_origin *origin = &reader->origin;

	if (read_type(reader, object, "lock-order-graph") ||
	    read_text(reader, object, "host", origin->host, sizeof(origin->host)) ||
	    read_text(reader, object, "kernel", origin->kernel, sizeof(origin->kernel)) ||
	    read_number(reader, object, "edges", ORDER_FILE_EDGES, &reader->edges))
		return -1;
	/* Files of earlier versions lack it. */
	if (json_object_get(object, "unnamed") &&
	    read_number(reader, object, "unnamed", LLONG_MAX, &origin->unnamed))
		return -1;
	return read_number(reader, object, "lost", LLONG_MAX, &origin->lost);
}

static int add_edge(struct reader *reader, const struct order_edge *edge)
{
	if (order_graph_find(reader->graph, edge))
		return complain(reader, "this order is there already");
	return order_graph_add(reader->graph, edge) ? out_of_memory() : 0;
}

static int take_edge(struct reader *reader, const json_t *object)
{
	struct order_edge edge = { 0 };
	struct frames frames;
	int error = read_type(reader, object, "lock-order-edge") ||
		    read_edge(reader, object, &edge) || read_runs(reader, object, &edge) ||
		    read_stack(reader, object, &frames, &edge) || add_edge(reader, &edge);

	order_edge_free_runs(&edge);
	return error ? -1 : 0;
}

static int read_header(struct reader *reader)
{
	json_t *object;
	int result = read_line(reader, &object);

	if (!result)
		return complain(reader, "the file is empty");
	result = result < 0 ? -1 : take_header(reader, object);
	json_decref(object);
	return result;
}

static int read_edges(struct reader *reader)
{
	json_t *object;
	__u64 count = 0;
	int result;

	while ((result = read_line(reader, &object)) > 0) {
		result = ++count > reader->edges ?
				 complain(reader, "more orders than the first line tells of") :
				 take_edge(reader, object);
		json_decref(object);
		if (result)
			return -1;
	}
	if (!result && count < reader->edges)
		return complain(reader, "the file ends after %llu of %llu orders: it is not whole",
				(unsigned long long)count, (unsigned long long)reader->edges);
	return result;
}

static void merge_name(char name[ORDER_ORIGIN_BYTES], const char *other)
{
	if (!name[0])
		strcpy(name, other);
	else if (strcmp(name, other))
		strcpy(name, "*");
}

static int compare_numbers(const void *one, const void *other)
{
	unsigned int left = *(const unsigned int *)one, right = *(const unsigned int *)other;

	return (left > right) - (left < right);
}

/* Runs that a file has orders of, by the numbers that they have in it. */
struct sources {
	size_t count;
	unsigned int *number; /* sorted */
};

static size_t count_sources(const struct order_edge *const *edges, size_t count)
{
	size_t sources = count;

	for (size_t i = 0; i < count; i++)
		sources += edges[i]->runs;
	return sources;
}

/* 0, or -1: out of memory. */
static int find_sources(struct sources *sources, const struct order_edge *const *edges,
			size_t count)
{
	size_t all = 0, kept = 0;
	unsigned int *number = calloc(count_sources(edges, count) + 1, sizeof(*number));

	*sources = (struct sources){ .number = number };
	if (!number)
		return -1;
	for (size_t i = 0; i < count; i++) {
		number[all++] = edges[i]->source;
		for (size_t j = 0; j < edges[i]->runs; j++)
			number[all++] = edges[i]->run[j].source;
	}
	qsort(number, all, sizeof(*number), compare_numbers);
	for (size_t i = 0; i < all; i++)
		if (!i || number[i] != number[kept - 1])
			number[kept++] = number[i];
	sources->count = kept;
	return 0;
}

/* One after the other, whatever they are in the file. */
static unsigned int number_of_source(const struct sources *sources, unsigned int number)
{
	const unsigned int *place = bsearch(&number, sources->number, sources->count,
					    sizeof(*sources->number), compare_numbers);

	return (unsigned int)(place - sources->number);
}

/* With numbers that no other file has: from @first on. */
static int add_as(struct order_graph *graph, const struct order_edge *edge,
		  const struct sources *sources, unsigned int first)
{
	struct order_edge numbered = *edge;
	int error = order_runs_copy(&numbered, edge);

	numbered.source = first + number_of_source(sources, edge->source);
	for (size_t i = 0; i < edge->runs && !error; i++)
		numbered.run[i].source = first + number_of_source(sources, edge->run[i].source);
	error = error || order_graph_add(graph, &numbered);
	order_edge_free_runs(&numbered);
	return error ? out_of_memory() : 0;
}

/* @first: the number of the next run. */
static int merge(struct reader *reader, struct order_graph *graph, unsigned int *first)
{
	const struct order_edge *const *edges;
	size_t count = order_graph_edges(reader->graph, &edges);
	struct sources sources;
	int error = 0;

	if (find_sources(&sources, edges, count))
		return out_of_memory();
	if (sources.count > MOST_SOURCES - *first)
		error = complain(reader, "with it, there are more than %u runs", MOST_SOURCES);
	for (size_t i = 0; i < count && !error; i++)
		error = add_as(graph, edges[i], &sources, *first);
	if (!error)
		*first += (unsigned int)sources.count;
	free(sources.number);
	return error;
}

void order_file_merge_origin(struct order_file_origin *origin,
			     const struct order_file_origin *other)
{
	merge_name(origin->host, other->host);
	merge_name(origin->kernel, other->kernel);
	origin->lost = order_add_counts(origin->lost, other->lost);
	origin->unnamed = order_add_counts(origin->unnamed, other->unnamed);
}

int order_file_read(const char *path, struct order_graph *graph, unsigned int *sources,
		    struct order_file_origin *origin)
{
	struct reader reader = {
		.path = path,
		.file = strcmp(path, "-") ? fopen(path, "re") : stdin,
		.text = malloc(LINE_BYTES),
		.graph = order_graph_new(),
	};
	int error = -1;

	if (!reader.file)
		message_error("%s: %s", path, strerror(errno));
	else if (!reader.text || !reader.graph)
		out_of_memory();
	else
		error = read_header(&reader) || read_edges(&reader) ||
			merge(&reader, graph, sources);
	if (!error)
		order_file_merge_origin(origin, &reader.origin);
	if (reader.file && reader.file != stdin)
		fclose(reader.file);
	order_graph_free(reader.graph);
	free(reader.text);
	return error ? -1 : 0;
}
