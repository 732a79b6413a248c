// SPDX-License-Identifier: GPL-2.0-only
/* Files of orders: written, read, merged, compared; and files that are none. */
#include "unit.h"

#include "../../user/cmd/locks_orders.h"
#include "../../user/cmd/options.h"
#include "../../user/lockorder/file.h"
#include "../../user/message.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK "zdev.state_lock of 0001:00:00.0"
#define OPEN "OPEN(0001:00:00.0)"

/* All files are there. */
static char folder[] = "/tmp/test_order_file.XXXXXX";

static void put(const char *name, const char *text, size_t bytes)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

/*
 * What goes to standard output and to standard error, taken down
 */

static char *output, *errors;
static size_t output_bytes, error_bytes;
static FILE *real_stdout, *error_stream;

static void listen(void)
{
	real_stdout = stdout;
	stdout = open_memstream(&output, &output_bytes);
	error_stream = open_memstream(&errors, &error_bytes);
	assert_true(stdout && error_stream);
	message_stream(error_stream);
}

static void listen_no_more(void)
{
	fclose(stdout);
	stdout = real_stdout;
	message_stream(NULL);
	fclose(error_stream);
}

static void forget(void)
{
	free(output);
	free(errors);
	output = errors = NULL;
}

/* One line, which begins with the file's name. */
static void assert_error(const char *name, const char *what)
{
	char begin[160];

	snprintf(begin, sizeof(begin), "vfioscope: %s", name);
	assert_memory_equal(errors, begin, strlen(begin));
	assert_ptr_equal(strchr(errors, '\n'), errors + error_bytes - 1);
	if (!strstr(errors, what))
		fail_msg("\"%s\" is not in: %s", what, errors);
}

/*
 * Graphs
 */

static struct order_edge edge_of(const char *from, const char *to, __u32 tid)
{
	struct order_edge edge = {
		.count = 3,
		.first_ns = 1700000000000000000,
		.last_ns = 1700000001000000000,
		.task = { .tid = tid, .pid = tid, .start_ns = tid + 1000, .comm = "qemu" },
		.scope = "write",
		.frames = 1,
		.frame = { "mutex_lock+0x10" },
	};

	snprintf(edge.from, sizeof(edge.from), "%s", from);
	snprintf(edge.to, sizeof(edge.to), "%s", to);
	return edge;
}

static struct order_graph *graph_of(const struct order_edge *edges, size_t count)
{
	struct order_graph *graph = order_graph_new();

	assert_non_null(graph);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(order_graph_add(graph, &edges[i]), 0);
	return graph;
}

static void save_edges(const char *name, const struct order_edge *edges, size_t count)
{
	struct order_graph *graph = graph_of(edges, count);

	assert_int_equal(orders_save(name, NULL, graph, 0, 0), 0);
	order_graph_free(graph);
}

static size_t edges_of(const struct order_graph *graph)
{
	const struct order_edge *const *edges;

	return order_graph_edges(graph, &edges);
}

static char *text_of(const struct order_graph *graph)
{
	const struct rendered_order_graph rendered = { graph, "host", "kernel", 5, 0 };
	char *text;
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);

	assert_int_equal(render_order_graph_json(file, &rendered), 0);
	fclose(file);
	return text;
}

/* -1 with what was said in errors. */
static int try_to_read(const char *name, struct order_graph *graph)
{
	struct order_file_origin origin = { 0 };
	unsigned int sources = 0;
	int result;

	listen();
	result = order_file_read(name, graph, &sources, &origin);
	listen_no_more();
	if (result) {
		assert_int_equal(edges_of(graph), 0);
		assert_int_equal(sources, 0);
		assert_string_equal(origin.host, "");
	}
	return result;
}

static void random_name(__u64 *state, char *name, size_t bytes)
{
	static const char *const parts[] = {
		"a", "\"", "\\", "\n", "\x1b[1m", "\xc3\xa4", " ", "("
	};
	size_t length = 1 + random_number(state) % (bytes - 1);

	*name = '\0';
	while (strlen(name) + 4 < length)
		strcat(name, parts[random_number(state) % COUNT_OF(parts)]);
	strcat(name, "x");
}

/* Its frames are the ones here. */
static struct order_edge random_edge(__u64 *state)
{
	static char frame[STACK_FRAMES][ORDER_FRAME_BYTES];
	struct order_edge edge = { .source = (unsigned int)(random_number(state) % 7) };

	random_name(state, edge.from, sizeof(edge.from));
	random_name(state, edge.to, sizeof(edge.to));
	random_name(state, edge.scope, sizeof(edge.scope));
	random_name(state, edge.task.comm, sizeof(edge.task.comm));
	edge.from_mode = random_number(state) % ORDER_MODES;
	edge.to_mode = random_number(state) % ORDER_MODES;
	edge.count = random_magnitude(state, 63) ?: 1;
	edge.first_ns = random_magnitude(state, 63);
	edge.last_ns = edge.first_ns | random_magnitude(state, 63);
	edge.many_tasks = random_number(state) % 2;
	edge.task.tid = (__u32)random_magnitude(state, 32);
	edge.task.pid = (__u32)random_magnitude(state, 32);
	edge.task.start_ns = random_magnitude(state, 63);
	for (size_t i = random_number(state) % (ORDER_GUARDS + 1); i; i--) {
		char guard[ORDER_CLASS_BYTES];

		random_name(state, guard, sizeof(guard));
		order_edge_add_guard(&edge, guard, random_number(state) % ORDER_MODES);
	}
	edge.guards_cut = random_number(state) % 2;
	edge.frames = random_number(state) % (STACK_FRAMES + 1);
	for (size_t i = 0; i < edge.frames; i++) {
		random_name(state, frame[i], sizeof(frame[i]));
		edge.frame[i] = frame[i];
	}
	return edge;
}
/* Of a run that it is of already it is another task: they are many then. */
static void add_runs_at_random(__u64 *state, struct order_edge *edge)
{
	for (size_t i = random_number(state) % 4; i; i--) {
		const struct order_run run = {
			.source = (unsigned int)(random_number(state) % 7),
			.tid = (__u32)random_magnitude(state, 32),
			.start_ns = random_magnitude(state, 63),
		};

		order_edge_add_run(edge, &run);
	}
}

static void reads_what_it_wrote(void **state)
{
	struct order_graph *written = order_graph_new(), *read = order_graph_new();
	struct order_file_origin origin = { 0 };
	unsigned int sources = 0;
	__u64 random = 1;
	char *one, *other;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct order_edge edge = random_edge(&random);

		add_runs_at_random(&random, &edge);
		assert_int_equal(order_graph_add(written, &edge), 0);
		order_edge_free_runs(&edge);
	}
	assert_int_equal(orders_save("all", NULL, written, 7, 0), 0);
	assert_int_equal(order_file_read("all", read, &sources, &origin), 0);
	one = text_of(written);
	other = text_of(read);
	assert_string_equal(one, other);
	assert_int_equal(origin.lost, 7);
	assert_true(origin.host[0] && origin.kernel[0]);
	assert_int_equal(sources, 7);
	free(one);
	free(other);
	order_graph_free(written);
	order_graph_free(read);
}

static void ignore_cycle(const struct order_cycle *cycle, void *argument)
{
	(void)cycle;
	(void)argument;
}

/* What is low, or not, stays so in a file. */
static void runs_are_kept(void **state)
{
	struct order_edge edges[] = { edge_of("a", "b", 7), edge_of("b", "a", 7),
				      edge_of("b", "c", 7), edge_of("c", "b", 7) };
	struct order_graph *read = order_graph_new();
	const struct order_edge *const *known;
	struct order_file_origin origin = { 0 };
	unsigned int sources = 0;

	(void)state;
	save_edges("one", edges, 4);
	save_edges("half", edges, 3);
	assert_int_equal(order_file_read("one", read, &sources, &origin), 0);
	assert_int_equal(order_file_read("half", read, &sources, &origin), 0);
	assert_int_equal(orders_save("both", NULL, read, 0, 0), 0);
	order_graph_free(read);
	read = order_graph_new();
	sources = 5;
	assert_int_equal(order_file_read("both", read, &sources, &origin), 0);
	assert_int_equal(sources, 7);
	assert_int_equal(order_graph_edges(read, &known), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(known[i]->runs, strcmp(known[i]->from, "c") ? 2 : 0);
	assert_int_equal(known[0]->run[0].source, 5);
	assert_int_equal(known[0]->run[1].source, 6);
	assert_int_equal(known[0]->run[1].tid, 7);
	assert_int_equal(order_graph_check(read, ignore_cycle, NULL), CYCLES_ALL);
	assert_int_equal(order_graph_cycles(read, ORDER_LOW), 1);
	assert_int_equal(order_graph_cycles(read, ORDER_PREDICTED), 1);
	order_graph_free(read);
	forget();
}

/* Numbers of runs mean something within a file; what comes of them can be saved, and read again. */
static void numbers_runs_and_counts_so_that_they_can_be_saved(void **state)
{
	struct order_edge edges[] = { edge_of("a", "b", 7), edge_of("b", "c", 7),
				      edge_of("c", "d", 7) };
	struct order_graph *read = order_graph_new();
	const struct order_edge *const *known;
	struct order_file_origin origin = { 0 };
	unsigned int sources = 3;

	(void)state;
	edges[0].source = edges[2].source = 2147483647;
	edges[1].source = 5;
	edges[0].count = LLONG_MAX;
	save_edges("large", edges, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(order_file_read("large", read, &sources, &origin), 0);
	assert_int_equal(sources, 9);
	order_graph_edges(read, &known);
	assert_int_equal(known[0]->source, 4);
	assert_int_equal(known[1]->source, 3);
	assert_int_equal(known[2]->source, 4);
	assert_int_equal(known[0]->count, LLONG_MAX);
	assert_int_equal(known[1]->count, 9);
	assert_int_equal(orders_save("sum", NULL, read, LLONG_MAX, 0), 0);
	assert_int_equal(order_file_read("sum", read, &sources, &origin), 0);
	assert_int_equal(order_file_read("sum", read, &sources, &origin), 0);
	assert_int_equal(origin.lost, LLONG_MAX);
	/* More than there are numbers for. */
	sources = 2147483647;
	listen();
	assert_int_equal(order_file_read("sum", read, &sources, &origin), -1);
	listen_no_more();
	assert_error("sum", ": with it, there are more than 2147483648 runs\n");
	assert_int_equal(sources, 2147483647);
	order_graph_free(read);
	forget();
}

#define MOST_SOURCE 2147483647U

/* What the longest names there are become in JSON is no line too long. */
static void reads_the_longest_line(void **state)
{
	static struct order_edge edge = { .count = 1 };
	static char frame[ORDER_FRAME_BYTES];
	struct order_graph *read = order_graph_new();

	(void)state;
	memset(edge.from, 1, sizeof(edge.from) - 1);
	memset(edge.to, 1, sizeof(edge.to) - 1);
	memset(edge.scope, 1, sizeof(edge.scope) - 1);
	memset(edge.task.comm, 1, sizeof(edge.task.comm) - 1);
	edge.guards = ORDER_GUARDS;
	for (size_t i = 0; i < ORDER_GUARDS; i++)
		memset(edge.guard[i].class, 1, sizeof(edge.guard[i].class) - 1);
	memset(frame, 1, sizeof(frame) - 1);
	edge.frames = STACK_FRAMES;
	for (size_t i = 0; i < STACK_FRAMES; i++)
		edge.frame[i] = frame;
	edge.source = MOST_SOURCE;
	edge.task.tid = UINT_MAX;
	edge.task.start_ns = LLONG_MAX;
	for (unsigned int i = 0; i < ORDER_RUNS; i++) {
		struct order_run run = { MOST_SOURCE - i, UINT_MAX, LLONG_MAX, "" };

		memset(run.comm, 1, sizeof(run.comm) - 1);
		order_edge_add_run(&edge, &run);
	}
	save_edges("long", &edge, 1);
	assert_int_equal(edge.runs, ORDER_RUNS);
	order_edge_free_runs(&edge);
	assert_int_equal(try_to_read("long", read), 0);
	assert_int_equal(edges_of(read), 1);
	order_graph_free(read);
	forget();
}

/*
 * Saving
 */

static void replaces_a_file_whole(void **state)
{
	const struct order_edge edges[] = { edge_of(LOCK, OPEN, 7), edge_of(OPEN, LOCK, 8) };
	struct order_graph *read = order_graph_new();
	struct stat status;

	(void)state;
	put("kept", "something else", 14);
	assert_int_equal(chmod("kept", 0640), 0);
	assert_int_equal(symlink("kept", "link"), 0);
	save_edges("link", edges, 2);
	assert_int_equal(lstat("link", &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat("kept", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(try_to_read("kept", read), 0);
	assert_int_equal(edges_of(read), 2);
	order_graph_free(read);
	forget();
}

static void says_where_it_cannot_write(void **state)
{
	struct order_graph *graph = order_graph_new();

	(void)state;
	listen();
	assert_int_equal(orders_save("none/file", NULL, graph, 0, 0), -1);
	listen_no_more();
	assert_error("none/file", ": No such file or directory");
	forget();
	listen();
	assert_int_equal(orders_save("/dev/full", NULL, graph, 0, 0),
			 -1); /* it is written to, and stays */
	listen_no_more();
	assert_string_equal(errors, "vfioscope: /dev/full: No space left on device\n");
	assert_int_equal(access("/dev/full", F_OK), 0);
	forget();
	order_graph_free(graph);
}

/*
 * Files that are none
 */

#define HEADER                                                                                     \
	"{\"type\":\"lock-order-graph\",\"schema\":1,\"host\":\"h\",\"kernel\":\"6.12\","          \
	"\"edges\":1,\"lost\":0}\n"
#define EDGE                                                                                       \
	"{\"type\":\"lock-order-edge\",\"schema\":1,\"from\":\"a\",\"from_mode\":\"exclusive\","   \
	"\"to\":\"b\",\"to_mode\":\"shared\",\"count\":3,\"first_ns\":10,\"last_ns\":20,"          \
	"\"many_tasks\":false,\"task\":{\"tid\":7,\"pid\":8,\"start_ns\":9,\"comm\":\"qemu\"},"    \
	"\"scope\":\"write\",\"guards\":[\"g\"],\"stack\":[\"f+0x1\"],\"source\":0}\n"

#define RUN(source) "{\"source\":" #source ",\"tid\":7,\"start_ns\":9,\"comm\":\"sh\"}"

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define TWO_HUNDRED FIFTY FIFTY FIFTY FIFTY
#define NINE_GUARDS "\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\""
#define THREE "\"f\",\"f\",\"f\""
#define THIRTY_THREE                                                                               \
	THREE "," THREE "," THREE "," THREE "," THREE "," THREE "," THREE "," THREE "," THREE      \
	      "," THREE "," THREE

/* What is put in the place of what, and what is said of it. */
static const struct {
	const char *part, *instead, *error;
} spoilt[] = {
	{ "lock-order-graph", "lock-order", ":1: \"type\" is not lock-order-graph" },
	{ "lock-order-edge", "lock-order-graph", ":2: \"type\" is not lock-order-edge" },
	{ "\"type\":\"lock-order-edge\",", "", ":2: \"type\" is missing" },
	{ "\"schema\":1,\"host\"", "\"schema\":2,\"host\"", ":1: \"schema\" is not 1" },
	{ "\"schema\":1,\"from\"", "\"schema\":\"1\",\"from\"", ":2: \"schema\" is not a whole" },
	{ "\"schema\":1,\"from\"", "\"from\"", ":2: \"schema\" is missing" },
	{ "\"host\":\"h\",", "", ":1: \"host\" is missing" },
	{ "\"h\"", "5", ":1: \"host\" is not a text" },
	{ "\"qemu\"}", "\"qemu\",\"host\":5}", ":2: \"host\" is not a text" },
	{ "\"h\"", "\"" FIFTY TEN "01234\"", ":1: \"host\" has a text of more than 64 bytes" },
	{ "\"6.12\"", "null", ":1: \"kernel\" is not a text" },
	{ "\"edges\":1", "\"edges\":0", ":2: more orders than the first line tells of" },
	{ "\"edges\":1", "\"edges\":2", ":3: the file ends after 1 of 2 orders" },
	{ "\"edges\":1", "\"edges\":-1", ":1: \"edges\" is not from 0 to" },
	{ "\"edges\":1", "\"edges\":16777217", ":1: \"edges\" is not from 0 to 16777216" },
	{ "\"edges\":1", "\"edges\":1.0", ":1: \"edges\" is not a whole number" },
	{ "\"lost\":0", "\"lost\":99999999999999999999", ":1: a number is too large" },
	{ "\"lost\":0", "\"lost\":0,\"lost\":0", ":1: a member is there twice" },
	{ "\"lost\":0", "\"lost\":0,\"unnamed\":-1", ":1: \"unnamed\" is not from 0 to" },
	{ "\"from\":\"a\",", "", ":2: \"from\" is missing" },
	{ "\"a\"", "\"\"", ":2: \"from\" is empty" },
	{ "\"a\"", "[\"a\"]", ":2: \"from\" is not a text" },
	{ "\"a\"", "\"" TWO_HUNDRED "\"", ":2: \"from\" has a text of more than 191 bytes" },
	{ "\"a\"", "\"a\\u0000\"", ":2: a text has a NUL in it" },
	{ "\"a\"", "\"\xff\"", ":2: a text is not UTF-8" },
	{ "\"exclusive\"", "\"both\"", ":2: \"from_mode\" is neither exclusive nor shared" },
	{ "\"exclusive\"", "1", ":2: \"from_mode\" is not a text" },
	{ "\"b\"", "\"\"", ":2: \"to\" is empty" },
	{ "\"b\"", "\"(nothing)\"", ":2: \"to\" is (nothing): that is never wanted" },
	{ "\"shared\"", "\"" TWO_HUNDRED "\"", ":2: \"to_mode\" has a text of more than" },
	{ "\"count\":3", "\"count\":0", ":2: \"count\" is 0" },
	{ "\"count\":3", "\"count\":-3", ":2: \"count\" is not from 0 to" },
	{ "\"count\":3", "\"count\":\"3\"", ":2: \"count\" is not a whole number" },
	{ "\"first_ns\":10", "\"first_ns\":-10", ":2: \"first_ns\" is not from 0 to" },
	{ "\"first_ns\":10", "\"first_ns\":21", ":2: \"first_ns\" is after \"last_ns\"" },
	{ "\"last_ns\":20,", "", ":2: \"last_ns\" is missing" },
	{ "false", "0", ":2: \"many_tasks\" is not true or false" },
	{ "{\"tid\"", "5,\"t\":{\"tid\"", ":2: \"task\" is not an object" },
	{ "\"tid\":7", "\"tid\":4294967296", ":2: \"tid\" is not from 0 to 4294967295" },
	{ "\"pid\":8,", "", ":2: \"pid\" is missing" },
	{ "\"start_ns\":9", "\"start_ns\":true", ":2: \"start_ns\" is not a whole number" },
	{ "\"qemu\"", "\"" TEN "012345\"", ":2: \"comm\" has a text of more than 15 bytes" },
	{ "\"write\"", "{}", ":2: \"scope\" is not a text" },
	{ "[\"g\"]", "\"g\"", ":2: \"guards\" is not an array" },
	{ "[\"g\"]", "[5]", ":2: \"guards\" has something that is not a text" },
	{ "[\"g\"]", "[" NINE_GUARDS "]", ":2: \"guards\" has more than 8 texts" },
	{ "\"g\"", "\"" TWO_HUNDRED "\"", ":2: \"guards\" has a text of more than 191 bytes" },
	{ "\"g\"", "\"(nothing)\"", ":2: (nothing) is a guard: that is never held" },
	{ "[\"g\"]", "[\"g\"],\"guards_cut\":1", ":2: \"guards_cut\" is not true or false" },
	{ "[\"g\"]", "[\"g\"],\"shared_guards\":5", ":2: \"shared_guards\" is not an array" },
	{ "[\"g\"]", "[\"g\"],\"shared_guards\":[" NINE_GUARDS "]",
	  ":2: \"shared_guards\" has more than 7 texts" },
	{ "\"f+0x1\"", THIRTY_THREE, ":2: \"stack\" has more than 32 texts" },
	{ "\"f+0x1\"", "\"" TWO_HUNDRED "\"", ":2: \"stack\" has a text of more than 127 bytes" },
	{ "\"source\":0", "\"source\":2147483648", ":2: \"source\" is not from 0 to 2147483647" },
	{ "\"source\":0", "\"source\":0,\"runs\":5", ":2: \"runs\" is not an array" },
	{ "\"source\":0", "\"source\":0,\"runs\":[5]",
	  ":2: \"runs\" has something that is not an object" },
	{ "\"source\":0", "\"source\":0,\"runs\":[" RUN(0) "," RUN(2147483648) "]",
	  ":2: \"source\" is not from 0 to 2147483647" },
	{ "\"source\":0", "\"source\":0,\"runs\":[{\"source\":1,\"tid\":1}]",
	  ":2: \"start_ns\" is missing" },
	{ "\"source\":0", "\"source\":0,\"runs\":[{\"source\":1,\"tid\":1,\"start_ns\":1}]",
	  ":2: \"comm\" is missing" },
	{ ",\"source\":0}\n", "", ":2: the line ends in the middle of a JSON object" },
	{ "\"source\":0}", "\"source\":0} {}", ":2: not one JSON object a line" },
	{ "\"source\":0}", "\"source\":0}\n", ":3: the line is empty" },
	{ "{\"type\":\"lock-order-edge\"", "\x1b[1m", ":2: not one JSON object a line" },
	{ EDGE, "[]\n", ":2: not one JSON object a line" },
	{ EDGE, "null", ":2: not one JSON object a line" },
	{ EDGE, "", ":2: the file ends after 0 of 1 orders" },
	{ "\"edges\":1,\"lost\":0}\n", "\"edges\":2,\"lost\":0}\n" EDGE,
	  ":3: this order is there" },
	{ HEADER EDGE, "", ":1: the file is empty" },
	{ HEADER EDGE, "\n", ":1: the line is empty" },
};

/* The text with @instead in the place of @part. */
static size_t spoil(const char *part, const char *instead, char *text, size_t bytes)
{
	static const char whole[] = HEADER EDGE;
	const char *place = strstr(whole, part);

	assert_non_null(place);
	return (size_t)snprintf(text, bytes, "%.*s%s%s", (int)(place - whole), whole, instead,
				place + strlen(part));
}

static void refuses_what_is_no_graph(void **state)
{
	struct order_graph *graph = order_graph_new();
	char text[4096];
	size_t bytes;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(spoilt); i++) {
		bytes = spoil(spoilt[i].part, spoilt[i].instead, text, sizeof(text));
		put("spoilt", text, bytes);
		assert_int_equal(try_to_read("spoilt", graph), -1);
		assert_error("spoilt", spoilt[i].error);
		forget();
	}
	order_graph_free(graph);
}

/* Members that are not known are none of its business, nor is whether the last line has an end. */
static void takes_what_is_a_graph(void **state)
{
	static const char *const instead[] = { "\"source\":0}\n", "\"source\":0}",
					       "\"new\":[{}],\"source\":0}\n" };
	char text[4096];
	size_t bytes;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(instead); i++) {
		struct order_graph *graph = order_graph_new();

		bytes = spoil("\"source\":0}\n", instead[i], text, sizeof(text));
		put("whole", text, bytes);
		assert_int_equal(try_to_read("whole", graph), 0);
		assert_string_equal(errors, "");
		assert_int_equal(edges_of(graph), 1);
		order_graph_free(graph);
		forget();
	}
}

static void refuses_what_was_cut(void **state)
{
	static const char whole[] = HEADER EDGE;
	struct order_graph *graph = order_graph_new();

	(void)state;
	for (size_t bytes = 0; bytes < strlen(whole) - 1; bytes++) {
		put("cut", whole, bytes);
		assert_int_equal(try_to_read("cut", graph), -1);
		assert_error("cut", bytes < strlen(HEADER) - 1 ? ":1: " : ":2: ");
		forget();
	}
	order_graph_free(graph);
}

static void refuses_long_lines_and_no_files(void **state)
{
	struct order_graph *graph = order_graph_new();
	size_t bytes = (1 << 20) + 1;
	char *text = malloc(bytes);

	(void)state;
	memset(text, ' ', bytes);
	put("wide", text, bytes);
	assert_int_equal(try_to_read("wide", graph), -1);
	assert_error("wide", ":1: the line has more than 1048576 bytes");
	forget();
	memset(text, '[', bytes);
	put("deep", text, 60000);
	assert_int_equal(try_to_read("deep", graph), -1);
	assert_error("deep", ":1: not one JSON object a line");
	forget();
	assert_int_equal(try_to_read("nothing", graph), -1);
	assert_error("nothing", ": No such file or directory");
	forget();
	assert_int_equal(try_to_read(".", graph), -1);
	assert_error(".", ": Is a directory");
	forget();
	free(text);
	order_graph_free(graph);
}

/* It is taken or refused with one line, whatever is wrong. */
static void bears_any_change(void **state)
{
	static const char whole[] = HEADER EDGE;
	__u64 random = 2;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct order_graph *graph = order_graph_new();
		char text[sizeof(whole)];

		memcpy(text, whole, sizeof(whole));
		for (__u64 changes = 1 + random_number(&random) % 3; changes; changes--)
			text[random_number(&random) % (sizeof(whole) - 1)] =
				(char)random_number(&random);
		put("any", text, sizeof(whole) - 1);
		if (try_to_read("any", graph))
			assert_error("any", ":");
		else
			assert_int_equal(edges_of(graph), 1);
		order_graph_free(graph);
		forget();
	}
}

/*
 * The command
 */

static int run(struct options *options, const char *first, const char *second)
{
	char *files[] = { (char *)first, (char *)second, NULL };
	int status;

	listen();
	status = orders_offline(options, files);
	listen_no_more();
	return status;
}

static void assert_said(const char *text)
{
	if (!strstr(output, text))
		fail_msg("\"%s\" is not in: %s", text, output);
}

static void save_edge_of(const char *host, const char *name, const struct order_edge *edge)
{
	const struct rendered_order_graph rendered = { graph_of(edge, 1), host, "6.12", 0, 0 };
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(render_order_graph_json(file, &rendered), 0);
	fclose(file);
	order_graph_free((struct order_graph *)rendered.graph);
}

/* Each host has seen half of it, on a device of another name. */
static void finds_across_files_what_none_has(void **state)
{
	struct order_edge one = edge_of(LOCK, OPEN, 7);
	const struct order_edge other =
		edge_of("OPEN(0002:00:00.0)", "zdev.state_lock of 0002:00:00.0", 8);
	struct options options = { .save = "merged" };
	struct options alone = { 0 };

	(void)state;
	strcpy(one.task.comm, "sh");
	save_edge_of("h1", "one", &one);
	save_edge_of("h2", "other", &other);
	assert_int_equal(run(&alone, "one", NULL), STATUS_OK);
	assert_said("1 order of 2 locks; cycles: 0 predicted");
	forget();
	assert_int_equal(run(&options, "one", "other"), STATUS_FOUND);
	assert_said("ORDER 1, predicted: 2 orders of locks that can meet in a deadlock\n");
	assert_said("    +> OPEN(*)\n    |    was held (exclusive) by qemu[8] on h2 in write,\n");
	assert_said(" by sh[");
	assert_said("] on h1 in ");
	assert_said("] on h1 wanted ");
	assert_said("2 orders of 2 locks; cycles: 1 predicted");
	forget();
	options = (struct options){ .json = true };
	assert_int_equal(run(&options, "merged", NULL), STATUS_FOUND);
	assert_said("{\"type\":\"lock-order\",\"schema\":1,\"time_ns\":0,\"id\":1,"
		    "\"label\":\"predicted\",\"guard\":null,\"edges\":[{\"from\":\"OPEN(*)\",");
	assert_said("\"comm\":\"sh\",\"host\":\"h1\"}");
	assert_said("\n{\"type\":\"lock-order-total\",\"schema\":1,\"orders\":2,\"classes\":2,"
		    "\"predicted\":1,\"suspected\":0,\"guarded\":0,\"low\":0,");
	forget();
}

/* What was left out of a file of several is counted with it. */
static void counts_what_has_no_name(void **state)
{
	struct order_edge edges[] = { edge_of("a", "mutex at 0xffff888003a2b510#7", 1),
				      edge_of("a", "b", 1) };
	struct options options = { .save = "both" };

	(void)state;
	save_edges("all", edges, 2);
	save_edges("one", edges + 1, 1);
	assert_int_equal(run(&options, "all", "one"), STATUS_OK);
	assert_said(", 1 without a name\n");
	forget();
	options.save = NULL;
	assert_int_equal(run(&options, "both", "all"), STATUS_OK);
	assert_said(", 2 without a name\n");
	forget();
}

/* An order of two devices is one host's: there others are called so elsewhere. */
static void keeps_devices_of_hosts_apart(void **state)
{
	const struct order_edge one = edge_of("lock of 0001:00:00.0", "lock of 0002:00:00.0", 7);
	const struct order_edge other = edge_of("lock of 0002:00:00.0", "lock of 0001:00:00.0", 8);
	struct options options = { .save = "merged" };

	(void)state;
	save_edge_of("here", "one", &one);
	save_edge_of("there", "other", &other);
	assert_int_equal(run(&options, "one", "other"), STATUS_OK);
	assert_said("2 orders of 4 locks; cycles: 0 predicted");
	forget();
	/* Once more, with what one of them has seen later. */
	options.save = NULL;
	save_edge_of("there", "other", &one);
	assert_int_equal(run(&options, "merged", "other"), STATUS_FOUND);
	assert_said("    +> lock of 0001:00:00.0 on there\n");
	assert_said("3 orders of 4 locks; cycles: 1 predicted");
	forget();
}

/* Numbers of tasks are one host's: who has the same on another is another task. */
static void tells_runs_apart(void **state)
{
	struct order_edge both[] = { edge_of("a", "b", 7), edge_of("b", "a", 7) };
	struct options options = { .all = true };

	(void)state;
	strcpy(both[1].task.comm, "sh");
	save_edges("one", &both[0], 1);
	save_edges("other", &both[1], 1);
	save_edges("both", both, 2);
	assert_int_equal(run(&options, "both", NULL), STATUS_OK);
	assert_said("ORDER 1, low: ");
	forget();
	options.all = false;
	assert_int_equal(run(&options, "both", NULL), STATUS_OK);
	assert_null(strstr(output, "ORDER"));
	assert_said("0 predicted, 0 suspected, 0 guarded, 1 low\n");
	forget();
	options.save = "merged";
	assert_int_equal(run(&options, "one", "other"), STATUS_FOUND);
	forget();
	options.save = NULL; /* and still do so when they come from one file */
	assert_int_equal(run(&options, "merged", NULL), STATUS_FOUND);
	forget();
}

/* A graph as Graphviz takes it, whatever the names. */
static void draws_what_it_finds(void **state)
{
	const struct order_edge edges[] = { edge_of("a\"\\\n", "b", 7),
					    edge_of("b", "a\"\\\n", 8) };
	struct options options = { .graph = "dot" };
	char text[512];
	FILE *file;

	(void)state;
	save_edges("both", edges, 2);
	/* What was there before is longer. */
	file = fopen("dot", "w");
	assert_non_null(file);
	assert_int_equal(fprintf(file, "%1000s", "old"), 1000);
	fclose(file);
	assert_int_equal(run(&options, "both", NULL), STATUS_FOUND);
	file = fopen("dot", "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(text, "digraph order_1 {\n\tlabel=\"predicted\";\n\tnode [shape=box];\n"
				  "\t\"a\\\"\\\\?\" -> \"b\" [label=\"write: qemu[7]\"];\n"
				  "\t\"b\" -> \"a\\\"\\\\?\" [label=\"write: qemu[8]\"];\n}\n");
	forget();
}

/* What it takes depends on what meets itself. */
static void says_what_an_order_that_meets_itself_takes(void **state)
{
	struct order_edge edges[] = { edge_of("a", "a", 7), edge_of("b", "b", 7),
				      edge_of("c", "c", 7), edge_of("d", "d", 7),
				      edge_of("x", "b", 8), edge_of("g", "c", 8),
				      edge_of("x", "d", 7) };
	struct options options = { .all = true };

	(void)state;
	for (int i = 1; i < 4; i++)
		edges[i].from_mode = edges[i].to_mode = ORDER_SHARED;
	strcpy(edges[2].guard[edges[2].guards++].class, "g");
	edges[2].guard[0].mode = ORDER_SHARED;
	save_edges("one", edges, COUNT_OF(edges));
	assert_int_equal(run(&options, "one", NULL), STATUS_FOUND);
	assert_said("    one task is enough: it waits for itself\n");
	assert_said("    nothing hung: that takes one task, and another one that comes to write in "
		    "between\n");
	assert_said("    qemu[8] wanted to write b in\n        mutex_lock+0x10\n");
	assert_said("    |    always reading g too,\n");
	assert_said("    cannot happen as long as it, and who writes, hold, as they did,\n"
		    "        g\n");
	assert_said("    one task did all of this, and cannot write in between: that takes another "
		    "one\n");
	assert_said("1 predicted, 1 suspected, 1 guarded, 1 low\n");
	forget();
}

/* Who reads in both orders, and who would have to write in between. */
static void says_what_keeps_a_writer_away(void **state)
{
	struct order_edge edges[] = { edge_of("a", "b", 7), edge_of("b", "a", 8),
				      edge_of("c", "d", 7), edge_of("d", "c", 8),
				      edge_of("g", "a", 9), edge_of("g", "b", 9),
				      edge_of("x", "c", 7), edge_of("x", "d", 8) };
	struct options options = { .all = true };

	(void)state;
	for (int i = 0; i < 4; i++)
		edges[i].from_mode = edges[i].to_mode = ORDER_SHARED;
	for (int i = 0; i < 2; i++) {
		strcpy(edges[i].guard[0].class, "g");
		edges[i].guard[0].mode = ORDER_SHARED;
		edges[i].guards = 1;
	}
	save_edges("both", edges, COUNT_OF(edges));
	assert_int_equal(run(&options, "both", NULL), STATUS_OK);
	assert_said("    cannot happen as long as one of them, and who writes in between, hold, as "
		    "they did,\n        g\n");
	assert_said(
		"    who writes in between is at one of these places itself: that takes another "
		"task\n");
	assert_said("0 predicted, 0 suspected, 1 guarded, 1 low\n");
	forget();
	/* It may have held more. */
	edges[0].guards = edges[1].guards = 0;
	edges[4].guards_cut = edges[5].guards_cut = true;
	save_edges("both", edges, COUNT_OF(edges));
	assert_int_equal(run(&options, "both", NULL), STATUS_FOUND);
	assert_said("    more locks may have been held beside g than were noted\n");
	forget();
}

static void draw_in_vain(struct options *options, const char *why)
{
	assert_int_equal(run(options, "both", NULL), STATUS_FAILURE);
	assert_error(why, "");
	assert_int_equal(output_bytes, 0);
	forget();
}

/* What was there stays until all else is ready, and what is read or saved is not drawn over. */
static void keeps_what_it_cannot_draw_over(void **state)
{
	const struct order_edge edges[] = { edge_of("a", "b", 7), edge_of("b", "a", 8) };
	struct options options = { .graph = "both" };
	struct order_graph *graph = order_graph_new();

	(void)state;
	save_edges("both", edges, 2);
	save_edges("old", edges, 2);
	draw_in_vain(&options, "--dot both: it is the file of --from, too");
	options.graph = "./both";
	draw_in_vain(&options, "--dot ./both: it is the file of --from, too");
	options.graph = "old";
	options.compare = "./old";
	draw_in_vain(&options, "--dot old: it is the file of --compare, too");
	options.compare = "nowhere";
	draw_in_vain(&options, "nowhere: No such file");
	options.compare = NULL;
	options.save = "./old";
	draw_in_vain(&options, "--dot old: it is the file of --save, too");
	options.graph = "new";
	options.save = "new";
	draw_in_vain(&options, "--dot new: it is the file of --save, too");
	assert_int_equal(access("new", F_OK), -1);
	assert_int_equal(try_to_read("both", graph), 0);
	forget();
	assert_int_equal(try_to_read("old", graph), 0);
	forget();
	order_graph_free(graph);
}

/* All is reported, without the graph, and what fails is named once. */
static void reports_although_there_is_no_room_to_draw(void **state)
{
	const struct order_edge edges[] = { edge_of("a", "b", 7), edge_of("b", "a", 8),
					    edge_of("c", "d", 7), edge_of("d", "c", 8) };
	struct options options = { .graph = "/dev/full" };

	(void)state;
	save_edges("both", edges, 4);
	assert_int_equal(run(&options, "both", NULL), STATUS_FAILURE);
	assert_error("--dot /dev/full: ", "No space left on device");
	assert_said("2 predicted, 0 suspected, 0 guarded, 0 low\n");
	forget();
}

/* Each lock within each other one: too much to read. The gravest come first, then the shortest. */
static void reports_as_many_as_are_wanted(void **state)
{
	const struct order_edge edges[] = {
		edge_of("a", "b", 7), edge_of("b", "a", 7), edge_of("b", "c", 7),
		edge_of("c", "b", 8), edge_of("c", "a", 7), edge_of("a", "c", 8),
	};
	struct options options = { .count = 2, .all = true };
	const char *second;

	(void)state;
	save_edges("both", edges, 6);
	assert_int_equal(run(&options, "both", NULL), STATUS_FOUND);
	second = strstr(strstr(output, "ORDER") + 1, "ORDER");
	assert_non_null(second);
	assert_null(strstr(second + 1, "ORDER"));
	assert_non_null(strstr(second, "predicted: 2 orders"));
	assert_said("3 predicted, 0 suspected, 0 guarded, 2 low\n");
	forget();
}

static void tells_what_is_new_and_what_is_gone(void **state)
{
	struct order_edge old[] = { edge_of("a", "b", 7), edge_of("b", "c", 7) };
	const struct order_edge new[] = { edge_of("b", "c", 7), edge_of("c", LOCK, 7) };
	struct options options = { .compare = "old" };

	(void)state;
	strcpy(old[1].guard[old[1].guards++].class, "g");
	save_edges("old", old, 2);
	save_edges("new", new, 2);
	assert_int_equal(run(&options, "new", NULL), STATUS_OK);
	assert_said("~ b -> c (exclusive, exclusive) 3 qemu[7] write\n"
		    "+ c -> zdev.state_lock of * (exclusive, exclusive) 3 qemu[7] write\n"
		    "- a -> b (exclusive, exclusive) 3 qemu[7] write\n"
		    "1 order new, 1 gone, 1 in both, 1 of them less guarded; events lost 0 now, "
		    "0 then\n");
	forget();
	options.json = true;
	assert_int_equal(run(&options, "new", NULL), STATUS_OK);
	assert_said("{\"type\":\"lock-order-difference\",\"schema\":1,\"only_in\":\"new\","
		    "\"from\":\"c\",");
	assert_said("{\"type\":\"lock-order-difference\",\"schema\":1,\"only_in\":null,"
		    "\"from\":\"b\",");
	assert_said("{\"type\":\"lock-order-difference\",\"schema\":1,\"only_in\":\"old\","
		    "\"from\":\"a\",");
	assert_said(
		"{\"type\":\"lock-order-difference-total\",\"schema\":1,\"only_new\":1,"
		"\"only_old\":1,\"both\":1,\"less_guarded\":1,\"lost_new\":0,\"lost_old\":0}\n");
	forget();
}

static void fails_whole_when_a_file_is_none(void **state)
{
	const struct order_edge edge = edge_of("a", "b", 7);
	struct options options = { .save = "unsaved" };

	(void)state;
	save_edges("one", &edge, 1);
	put("none", "{", 1);
	assert_int_equal(run(&options, "one", "none"), STATUS_FAILURE);
	assert_string_equal(output, "");
	assert_error("none", ":1: the line ends in the middle of a JSON object");
	assert_int_equal(access("unsaved", F_OK), -1);
	forget();
	options.compare = "none";
	assert_int_equal(run(&options, "one", NULL), STATUS_FAILURE);
	assert_string_equal(output, "");
	forget();
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? chdir(folder) : -1;
}

/* Nothing is left behind beside what was saved. */
static int remove_folder(void **state)
{
	static const char *const names[] = { "all",    "large", "sum",	"long",	  "kept", "link",
					     "spoilt", "whole", "cut",	"wide",	  "deep", "any",
					     "one",    "other", "both", "merged", "dot",  "old",
					     "new",    "none",	"half" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		unlink(names[i]);
	return chdir("/") || rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(runs_are_kept),
		cmocka_unit_test(counts_what_has_no_name),
		cmocka_unit_test(numbers_runs_and_counts_so_that_they_can_be_saved),
		cmocka_unit_test(reads_the_longest_line),
		cmocka_unit_test(replaces_a_file_whole),
		cmocka_unit_test(says_where_it_cannot_write),
		cmocka_unit_test(refuses_what_is_no_graph),
		cmocka_unit_test(takes_what_is_a_graph),
		cmocka_unit_test(refuses_what_was_cut),
		cmocka_unit_test(refuses_long_lines_and_no_files),
		cmocka_unit_test(bears_any_change),
		cmocka_unit_test(finds_across_files_what_none_has),
		cmocka_unit_test(keeps_devices_of_hosts_apart),
		cmocka_unit_test(tells_runs_apart),
		cmocka_unit_test(draws_what_it_finds),
		cmocka_unit_test(says_what_an_order_that_meets_itself_takes),
		cmocka_unit_test(says_what_keeps_a_writer_away),
		cmocka_unit_test(keeps_what_it_cannot_draw_over),
		cmocka_unit_test(reports_although_there_is_no_room_to_draw),
		cmocka_unit_test(reports_as_many_as_are_wanted),
		cmocka_unit_test(tells_what_is_new_and_what_is_gone),
		cmocka_unit_test(fails_whole_when_a_file_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
