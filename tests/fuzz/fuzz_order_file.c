// SPDX-License-Identifier: GPL-2.0-only
/*
 * For libFuzzer: any text as a file of orders. What is refused leaves no trace but a message; what
 * is taken can be generalised, merged with itself, checked and reported. tests/fuzz/orders has
 * texts to begin with: there a line that begins with a tab goes on where the one before ended.
 */
#define _GNU_SOURCE
#include "../../user/lockorder/file.h"
#include "../../user/message.h"
#include "../../user/model/order_hosts.h"
#include "../../user/render/order.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static char path[64];
static int file;
static FILE *nowhere, *messages;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("orders", MFD_CLOEXEC);
	nowhere = fopen("/dev/null", "we");
	messages = tmpfile();
	if (file < 0 || !nowhere || !messages)
		abort();
	message_stream(messages);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return 0;
}

static void report(const struct order_cycle *cycle, void *argument)
{
	(void)argument;
	if (render_order_cycle_text(nowhere, cycle, 0) ||
	    render_order_cycle_json(nowhere, cycle, 1) || render_order_cycle_dot(nowhere, cycle))
		abort();
}

/* Returns whether the file was taken. */
static bool read_file(struct order_graph *graph, struct order_file_origin *origin)
{
	unsigned int sources = 0;

	if (!order_file_read(path, graph, &sources, origin))
		return true;
	if (sources || origin->host[0])
		abort();
	return false;
}

/* As it is, and besides as orders of any device: of two hosts, or runs of one. */
static void generalise(struct order_graph *graph, const struct order_file_origin *origin)
{
	struct order_hosts *hosts = order_hosts_new();

	if (!hosts || order_hosts_add(hosts, origin->host, graph) ||
	    order_hosts_add(hosts, "host", graph) || order_hosts_merge(hosts, graph))
		abort();
	order_hosts_free(hosts);
}

static void put(const uint8_t *data, size_t bytes)
{
	char *text = malloc(bytes + 1);
	size_t length = 0;

	if (!text)
		abort();
	for (size_t i = 0; i < bytes; i++) {
		if (data[i] == '\n' && i + 1 < bytes && data[i + 1] == '\t')
			i++;
		else
			text[length++] = (char)data[i];
	}
	if (ftruncate(file, 0) || pwrite(file, text, length, 0) != (ssize_t)length)
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct order_graph *graph = order_graph_new();
	struct order_file_origin origin = { 0 };
	const struct order_edge *const *edges;
	bool taken;

	rewind(messages);
	if (!graph)
		abort();
	put(data, bytes);
	taken = read_file(graph, &origin);
	/* Whoever is refused is told why. */
	if (!taken && (order_graph_edges(graph, &edges) || ftell(messages) == 0))
		abort();
	if (taken) {
		generalise(graph, &origin);
		order_graph_check(graph, report, NULL);
	}
	order_graph_free(graph);
	return 0;
}
