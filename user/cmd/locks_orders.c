// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "locks_orders.h"
#include "options.h"
#include "output.h"

#include "../lockorder/file.h"
#include "../message.h"
#include "../model/order_hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/*
 * Reports
 */

bool orders_is_hazard(const struct order_cycle *cycle)
{
	return cycle->label >= ORDER_SUSPECTED;
}

static bool is_shown(const struct options *options, const struct order_cycle *cycle)
{
	return orders_is_hazard(cycle) || options->all;
}

int orders_show(const struct options *options, struct dot_file *dot,
		const struct order_cycle *cycle, __u64 time_ns)
{
	int error;

	if (!is_shown(options, cycle))
		return 0;
	error = options->json ? render_order_cycle_json(stdout, cycle, time_ns) :
				render_order_cycle_text(stdout, cycle, time_ns);
	if (dot->file)
		dot_file_wrote(dot, render_order_cycle_dot(dot->file, cycle));
	return error ? -1 : 0;
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static int out_of_memory(void)
{
	message_error("out of memory");
	return -1;
}

static bool is_copy(const struct order_edge *edge)
{
	return order_edge_place(edge) == ORDER_COPY;
}

static size_t count_names(const char **names, size_t count)
{
	size_t different = 0;

	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		different += !i || strcmp(names[i - 1], names[i]) != 0;
	return different;
}

/* How many there are, and of how many locks. 0, or -1. */
static int count_orders(const struct order_edge *const *edges, size_t count,
			struct order_total *total)
{
	const char **names = calloc(2 * count + 1, sizeof(*names));

	if (!names)
		return out_of_memory();
	total->orders = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_copy(edges[i]))
			continue;
		names[2 * total->orders] = edges[i]->from;
		names[2 * total->orders++ + 1] = edges[i]->to;
	}
	total->classes = count_names(names, 2 * total->orders);
	free(names);
	return 0;
}

int orders_count(const struct order_graph *graph, struct order_total *total)
{
	const struct order_edge *const *edges;
	size_t count = order_graph_edges(graph, &edges);

	if (count_orders(edges, count, total))
		return -1;
	total->predicted = order_graph_cycles(graph, ORDER_PREDICTED);
	total->suspected = order_graph_cycles(graph, ORDER_SUSPECTED);
	total->guarded = order_graph_cycles(graph, ORDER_GUARDED);
	total->low = order_graph_cycles(graph, ORDER_LOW);
	return 0;
}

/*
 * Saving
 */

/* What cannot be put in another's place, as a pipe, is written as it is. */
static int save_into(const char *path, struct run *run, const struct rendered_order_graph *rendered)
{
	int descriptor = output_open_descriptor(run, path, O_CREAT | O_TRUNC);
	FILE *file;
	int error;

	if (descriptor < 0)
		return -1;
	file = output_file(run, descriptor);
	if (!file) {
		close(descriptor);
		return -1;
	}
	error = render_order_graph_json(file, rendered);
	return fclose(file) || error ? -1 : 0;
}

static int write_whole(int descriptor, mode_t mode, const struct rendered_order_graph *rendered)
{
	FILE *file = fdopen(descriptor, "w");
	int error;

	if (!file) {
		close(descriptor);
		return -1;
	}
	error = render_order_graph_json(file, rendered) || fflush(file) ||
		fchmod(descriptor, mode) || fsync(descriptor);
	return fclose(file) || error ? -1 : 0;
}

/* Beside the file, then in its place: nobody reads half of it. */
static int save_in_place_of(const char *path, mode_t mode,
			    const struct rendered_order_graph *rendered)
{
	char temporary[PATH_MAX];
	int descriptor, reason;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	descriptor = mkostemp(temporary, O_CLOEXEC);
	if (descriptor < 0)
		return -1;
	if (!write_whole(descriptor, mode, rendered) && !rename(temporary, path))
		return 0;
	reason = errno;
	unlink(temporary);
	errno = reason;
	return -1;
}

static int save(const char *path, struct run *run, const struct rendered_order_graph *rendered)
{
	mode_t mask = umask(077);
	char resolved[PATH_MAX];
	struct stat status;
	int error;

	umask(mask);
	if (stat(path, &status))
		error = save_in_place_of(path, 0600 & ~mask, rendered);
	else if (!S_ISREG(status.st_mode) || !realpath(path, resolved))
		error = save_into(path, run, rendered);
	else
		error = save_in_place_of(resolved, status.st_mode & 0777, rendered);
	if (error)
		message_error("%s: %s", path, output_file_error());
	return error;
}

/* An errno, or 0. A link to a file stays one: what matters is the folder of that. */
static int obstacle_to_saving(const char *path)
{
	char resolved[PATH_MAX], copy[PATH_MAX];
	struct stat status;

	if (strlen(path) >= sizeof(copy))
		return ENAMETOOLONG;
	strcpy(copy, realpath(path, resolved) ? resolved : path);
	if (stat(path, &status) || S_ISREG(status.st_mode))
		return eaccess(dirname(copy), W_OK | X_OK) ? errno : 0;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	if (S_ISSOCK(status.st_mode))
		return ENXIO;
	return eaccess(path, W_OK) ? errno : 0;
}

int orders_check_save(const char *path)
{
	int error = obstacle_to_saving(path);

	if (error)
		message_error("--save %s: %s: give a file in a folder that root owns", path,
			      strerror(error));
	return error ? -1 : 0;
}

int orders_save(const char *path, struct run *run, const struct order_graph *graph, __u64 lost,
		__u64 unnamed)
{
	struct rendered_order_graph rendered = {
		.graph = graph,
		.lost = lost,
		.unnamed = unnamed,
	};
	struct utsname here;

	uname(&here);
	rendered.host = here.nodename;
	rendered.kernel = here.release;
	return save(path, run, &rendered);
}

/*
 * Files in place of a kernel
 */

struct offline {
	const struct options *options;
	struct order_graph *graph;
	struct order_file_origin origin;
	bool across; /* orders of all devices as of one */
	struct dot_file dot;
	__u64 shown;
	bool found;
	int error; /* of the output */
};

/* Twice the same orders would be counted twice. */
static const char *find_twice(char **files, size_t count)
{
	const char *twice = NULL;
	struct stat *status = calloc(count + 1, sizeof(*status));

	for (size_t i = 0; status && i < count && !twice; i++) {
		if (stat(files[i], &status[i]) || !S_ISREG(status[i].st_mode))
			continue; /* its turn to be opened comes */
		for (size_t j = 0; j < i; j++)
			if (status[j].st_ino == status[i].st_ino &&
			    status[j].st_dev == status[i].st_dev)
				twice = files[i];
	}
	free(status);
	return twice;
}

/* By their hosts. */
static int read_of_host(const char *file, struct order_hosts *hosts, unsigned int *sources,
			struct order_file_origin *origin)
{
	struct order_graph *graph = order_graph_new();
	struct order_file_origin own = { 0 };
	int error = graph ? order_file_read(file, graph, sources, &own) : out_of_memory();

	if (!error) {
		order_file_merge_origin(origin, &own);
		error = order_hosts_add(hosts, own.host, graph) ? out_of_memory() : 0;
	}
	order_graph_free(graph);
	return error;
}

static int read_across(char **files, size_t count, struct order_graph *graph,
		       struct order_file_origin *origin)
{
	struct order_hosts *hosts = order_hosts_new();
	unsigned int sources = 0;
	int error = hosts ? 0 : out_of_memory();

	for (size_t i = 0; i < count && !error; i++)
		error = read_of_host(files[i], hosts, &sources, origin);
	if (!error && order_hosts_merge(hosts, graph))
		error = out_of_memory();
	if (!error)
		origin->unnamed = order_add_counts(origin->unnamed, order_hosts_unnamed(hosts));
	order_hosts_free(hosts);
	return error;
}

/* @across: orders of all devices as of one, as it is to be for several files. */
static int read_into(struct order_graph *graph, char **files, size_t count, bool across,
		     struct order_file_origin *origin)
{
	unsigned int sources = 0;

	return across ? read_across(files, count, graph, origin) :
			order_file_read(files[0], graph, &sources, origin);
}

/* NULL after an error message. */
static struct order_graph *read_files(char **files, size_t count, bool across,
				      struct order_file_origin *origin)
{
	const char *twice = find_twice(files, count);
	struct order_graph *graph;

	if (twice) {
		message_error("--from %s: it is given twice, and would count twice", twice);
		return NULL;
	}
	graph = order_graph_new();
	if (!graph) {
		out_of_memory();
		return NULL;
	}
	if (!read_into(graph, files, count, across, origin))
		return graph;
	order_graph_free(graph);
	return NULL;
}

static void report(const struct order_cycle *cycle, void *argument)
{
	struct offline *offline = argument;

	offline->found |= orders_is_hazard(cycle);
	if (offline->options->count && offline->shown == offline->options->count)
		return;
	offline->shown += is_shown(offline->options, cycle);
	offline->error |= orders_show(offline->options, &offline->dot, cycle, 0);
}

static void show_order(struct offline *offline, const struct order_edge *edge, const char *in)
{
	offline->error |= offline->options->json ? render_order_only_json(stdout, edge, in) :
						   render_order_only_text(stdout, edge, in);
}

/* Orders that only the graph @in has, and those that are less guarded there. */
static void show_only(struct offline *offline, const struct order_graph *of,
		      const struct order_graph *other, const char *in,
		      struct order_difference *difference)
{
	const struct order_edge *const *edges;
	size_t count = order_graph_edges(of, &edges), only = 0, both = 0;
	bool is_new = of == offline->graph;

	for (size_t i = 0; i < count; i++) {
		const struct order_edge *edge = edges[i];
		const struct order_edge *same = order_graph_find(other, edge);

		if (is_copy(edge))
			continue;
		both += same != NULL;
		if (!same) {
			only++;
			show_order(offline, edge, in);
		} else if (is_new && order_edge_is_less_guarded(edge, same)) {
			difference->less_guarded++;
			show_order(offline, edge, NULL);
		}
	}
	*(is_new ? &difference->only_new : &difference->only_old) = only;
	difference->both = both;
}

static void show_difference(struct offline *offline, const struct order_graph *old, __u64 lost)
{
	struct order_difference difference = {
		.lost_new = offline->origin.lost,
		.lost_old = lost,
	};

	show_only(offline, offline->graph, old, "new", &difference);
	show_only(offline, old, offline->graph, "old", &difference);
	offline->error |= offline->options->json ?
				  render_order_difference_json(stdout, &difference) :
				  render_order_difference_text(stdout, &difference);
}

static int show_total(struct offline *offline)
{
	struct order_total total = {
		.searches_cut = order_graph_searches_cut(offline->graph),
		.state.events_lost = offline->origin.lost,
		.unnamed = offline->origin.unnamed,
	};

	if (orders_count(offline->graph, &total))
		return -1;
	offline->error |= offline->options->json ? render_order_total_json(stdout, &total) :
						   render_order_total_text(stdout, &total);
	return 0;
}

/* @old: NULL if there is nothing to compare with. */
static int check_graph(struct offline *offline, const struct order_graph *old, __u64 old_lost)
{
	if (order_graph_check(offline->graph, report, offline) == CYCLES_NO_MEMORY)
		return out_of_memory();
	if (old)
		show_difference(offline, old, old_lost);
	if (show_total(offline))
		return -1;
	if (fflush(stdout))
		offline->error = -1;
	return output_check(offline->error);
}

static int save_merged(const struct offline *offline)
{
	const struct rendered_order_graph rendered = {
		.graph = offline->graph,
		.host = offline->origin.host,
		.kernel = offline->origin.kernel,
		.lost = offline->origin.lost,
		.unnamed = offline->origin.unnamed,
	};

	return offline->options->save ? save(offline->options->save, NULL, &rendered) : 0;
}

/* What is asked for as a file is there even if nobody reads the report to its end. */
static int check_files(struct offline *offline)
{
	char *compare = (char *)offline->options->compare;
	struct order_file_origin origin = { 0 };
	struct order_graph *old = NULL;
	int error = -1;

	if (compare)
		old = read_files(&compare, 1, offline->across, &origin);
	if (!compare == !old)
		error = dot_file_begin(&offline->dot) || save_merged(offline) ||
					check_graph(offline, old, origin.lost) ?
				-1 :
				0;
	order_graph_free(old);
	return error;
}

static int with_dot(struct offline *offline, char **files)
{
	const struct options *options = offline->options;
	int error = dot_file_open(&offline->dot, options->graph, NULL);

	for (size_t i = 0; files[i] && !error; i++)
		error = dot_file_is_other(&offline->dot, "--from", files[i]);
	if (!error)
		error = dot_file_is_other(&offline->dot, "--compare", options->compare)	  ?:
				dot_file_is_other(&offline->dot, "--save", options->save) ?:
				check_files(offline);
	return dot_file_close(&offline->dot) || error ? -1 : 0;
}

int orders_offline(const struct options *options, char **files)
{
	struct offline offline = { .options = options };
	size_t count = 0;
	int error = -1;

	while (files[count])
		count++;
	/* A device's name says nothing on another host, or of another run with other devices. */
	offline.across = options->across || options->compare || count > 1;
	offline.graph = read_files(files, count, offline.across, &offline.origin);
	if (offline.graph)
		error = with_dot(&offline, files);
	order_graph_free(offline.graph);
	if (error)
		return STATUS_FAILURE;
	return offline.found ? STATUS_FOUND : STATUS_OK;
}
