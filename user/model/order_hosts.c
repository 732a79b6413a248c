// SPDX-License-Identifier: GPL-2.0-only
#include "order_hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct host {
	char *name;
	struct order_graph *graph;
};

struct order_hosts {
	struct host *host;
	size_t count;
	__u64 unnamed;
};

struct order_hosts *order_hosts_new(void)
{
	return calloc(1, sizeof(struct order_hosts));
}

void order_hosts_free(struct order_hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t i = 0; i < hosts->count; i++) {
		free(hosts->host[i].name);
		order_graph_free(hosts->host[i].graph);
	}
	free(hosts->host);
	free(hosts);
}

__u64 order_hosts_unnamed(const struct order_hosts *hosts)
{
	return hosts->unnamed;
}

/*
 * What was seen on each of them
 */

/* NULL: out of memory. */
static struct order_graph *add_host(struct order_hosts *hosts, const char *name)
{
	struct host *larger = reallocarray(hosts->host, hosts->count + 1, sizeof(*larger));
	struct host host;

	if (!larger)
		return NULL;
	hosts->host = larger;
	host = (struct host){ strdup(name), order_graph_new() };
	if (!host.name || !host.graph) {
		free(host.name);
		order_graph_free(host.graph);
		return NULL;
	}
	hosts->host[hosts->count++] = host;
	return host.graph;
}

static struct order_graph *graph_of(struct order_hosts *hosts, const char *name)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (!strcmp(hosts->host[i].name, name))
			return hosts->host[i].graph;
	return add_host(hosts, name);
}

/* An address is another lock in the next run. False: the order is of nothing else. */
static bool keep_names(struct order_edge *edge)
{
	size_t kept = 0;

	for (size_t i = 0; i < edge->guards; i++) {
		if (order_class_is_address(edge->guard[i].class))
			edge->guards_cut = true;
		else
			edge->guard[kept++] = edge->guard[i];
	}
	edge->guards = kept;
	return !order_class_is_address(edge->from) && !order_class_is_address(edge->to);
}

int order_hosts_add(struct order_hosts *hosts, const char *host, const struct order_graph *graph)
{
	struct order_graph *all = graph_of(hosts, host);
	const struct order_edge *const *edges;
	size_t count = order_graph_edges(graph, &edges);

	for (size_t i = 0; i < count && all; i++) {
		struct order_edge edge = *edges[i];

		/* A file that is of several hosts has them. */
		if (!edge.task.host[0] && strcmp(host, "*") != 0)
			snprintf(edge.task.host, sizeof(edge.task.host), "%s", host);
		if (!keep_names(&edge))
			hosts->unnamed++;
		else if (order_graph_add(all, &edge))
			return -1;
	}
	return all ? 0 : -1;
}

/*
 * As of one
 */

struct merging {
	struct order_hosts *hosts;
	const struct host *host;
	struct order_graph *graph;
	int error;
};

static void add_to_all(struct merging *merging, struct order_edge *edge)
{
	if (!order_edge_put_host(edge, merging->host->name))
		merging->hosts->unnamed++;
	else if (!merging->error)
		merging->error = order_graph_add(merging->graph, edge);
}

/* What is no other order by "*" for the device is there already. */
static void merge_of_device(const struct order_edge *edge, void *argument)
{
	struct order_edge own = *edge, general = *edge;

	order_edge_generalise(&general);
	if (strcmp(general.from, own.from) || strcmp(general.to, own.to))
		add_to_all(argument, &own);
}

static int merge_host(struct merging *merging)
{
	const struct order_edge *const *edges;
	size_t count = order_graph_edges(merging->host->graph, &edges);

	for (size_t i = 0; i < count; i++) {
		struct order_edge edge = *edges[i];

		order_edge_generalise(&edge);
		add_to_all(merging, &edge);
	}
	/* Cycles through two devices are of these alone. */
	if (order_graph_between_devices(merging->host->graph, merge_of_device, merging))
		return -1;
	return merging->error;
}

int order_hosts_merge(struct order_hosts *hosts, struct order_graph *graph)
{
	for (size_t i = 0; i < hosts->count; i++) {
		struct merging merging = { hosts, &hosts->host[i], graph, 0 };

		if (merge_host(&merging))
			return -1;
	}
	return 0;
}
