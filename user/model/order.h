/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Orders in which locks are taken, as a graph: an edge from each lock that was held to the one that
 * was wanted then. Who takes the edges of a cycle at the same time never goes on. Pure: no I/O, no
 * kernel.
 *
 * The rules are lockdep's, and ours: a cycle whose edges were all seen under one and the same
 * lock, read at one of them at most, cannot happen, nor can one of readers alone. All of them, as
 * one task may be at several places, one after the other; but of OPEN two will do, as who has it
 * has it until nothing else is held. Where a reader waits for a reader,
 * another task has to wait in between to write, which nothing keeps away that is held then. Who
 * writes at several places is not judged together.
 */
#ifndef VFIOSCOPE_ORDER_H
#define VFIOSCOPE_ORDER_H

#include "cycles.h"

#include <vfioscope/lockorder.h>

#define ORDER_CLASS_BYTES 192
#define ORDER_FRAME_BYTES 128

/* A class for who held no lock and wanted to write: readers wait behind it. */
#define ORDER_NOTHING "(nothing)"

/* The name of a host, with its NUL. */
#define ORDER_HOST_BYTES 65

/* A lock that was held too, each time an order was seen. */
struct order_guard {
	char class[ORDER_CLASS_BYTES];
	enum order_mode mode; /* shared: it was read at least once */
};

struct order_task {
	__u32 tid, pid;
	__u64 start_ns; /* with tid it tells tasks of one source apart */
	char comm[COMM_BYTES];
	char host[ORDER_HOST_BYTES]; /* where orders of several are; else empty */
};

/* So many that did so by one task each are told apart; more are many tasks. */
#define ORDER_RUNS 4096

/* The one task that did so in a run. */
struct order_run {
	unsigned int source;
	__u32 tid;
	__u64 start_ns;
	char comm[COMM_BYTES];
};

/*
 * What was seen of one order. Classes say what a lock is, and of which device: "zdev.state_lock of
 * 0001:00:00.0", "OPEN(0001:00:00.0)", "kn->active of 0000:01:00.0/rescan",
 * "pci_rescan_remove_lock".
 */
struct order_edge {
	char from[ORDER_CLASS_BYTES], to[ORDER_CLASS_BYTES];
	enum order_mode from_mode, to_mode;
	__u64 count;		 /* how often */
	__u64 first_ns, last_ns; /* CLOCK_REALTIME */
	unsigned int source;	 /* which run it is of: numbers of tasks mean something within it */
	struct order_task task;	 /* who did so first */
	bool many_tasks;	 /* and others of one run did too */
	size_t runs;		 /* 0: only one has it, source */
	struct order_run *run;	 /* sorted by source: one of them is source */
	char scope[ORDER_CLASS_BYTES]; /* what it did: "write", "sysfs", ... */
	size_t guards;
	struct order_guard guard[ORDER_GUARDS];
	bool guards_cut;		 /* more may have been held than there was room for */
	unsigned int frames;		 /* of the kernel stack, when it was first seen */
	const char *frame[STACK_FRAMES]; /* less than ORDER_FRAME_BYTES each */
};

/* From the least to the most grave. */
enum order_label {
	ORDER_NONE, /* it cannot block: readers alone */
	/* All of it was seen in one task only (of each run), which cannot be at two places. */
	ORDER_LOW,
	ORDER_GUARDED,	 /* one lock that all of them hold keeps them apart */
	ORDER_SUSPECTED, /* readers are in it, who block only behind a writer */
	ORDER_PREDICTED,
	ORDER_LABELS,
};

/* Each edge leads to where the next one begins, the last one to where the first one does. */
struct order_cycle {
	__u64 id; /* 1, 2, ...: in the order in which they were reported first */
	enum order_label label;
	size_t count;
	const struct order_edge *edge[CYCLE_MOST_EDGES];
	const char *guard; /* of ORDER_GUARDED, else NULL */
	/* If a reader waits for a reader: one that waits between them to write. Else NULL */
	const struct order_edge *writer;
	bool is_about_writer; /* the label: that one is what makes the cycle no graver */
	/* The guard: a device that is in use at one of the places, and at another no more */
	bool is_about_removal;
};

struct order_graph;

struct order_graph *order_graph_new(void); /* NULL: out of memory */
void order_graph_free(struct order_graph *graph);

/*
 * Adds what was seen to what is known of the order from @edge's from to its to, in these modes:
 * counts add up (to LLONG_MAX at most), times widen, of the guards stays what both have, read if
 * one does. Task, scope and stack are those that were added first, if that had a stack. Nothing of
 * @edge has to last.
 * Returns 0, or -1: out of memory.
 */
int order_graph_add(struct order_graph *graph, const struct order_edge *edge);

/*
 * One task of that run did so, too. True: it was not known, or is another one. @edge is not that of
 * a graph, and the caller's to free.
 */
bool order_edge_add_run(struct order_edge *edge, const struct order_run *run);
void order_edge_free_runs(struct order_edge *edge);

/* The class turns out to be called otherwise, and may be one that is there already. 0, or -1. */
int order_graph_rename(struct order_graph *graph, const char *from, const char *to);
/* Only where it is a guard: before the classes of the orders that it guards are renamed, too. */
void order_graph_rename_guards(struct order_graph *graph, const char *from, const char *to);

/* Removes the edges of classes for which @is_gone is true. Returns how many. */
size_t order_graph_forget(struct order_graph *graph,
			  bool (*is_gone)(const char *class, void *argument), void *argument);

/* All edges, sorted by from, to and modes; until the graph is changed. */
size_t order_graph_edges(const struct order_graph *graph, const struct order_edge *const **edges);
const struct order_edge *order_graph_edge(const struct order_graph *graph, const char *from,
					  const char *to, enum order_mode from_mode,
					  enum order_mode to_mode);
/* The order of the same classes and modes; NULL: it is not known. */
const struct order_edge *order_graph_find(const struct order_graph *graph,
					  const struct order_edge *edge);

/* NULL: @name is none of its guards. */
const struct order_guard *order_find_guard(const struct order_edge *edge, const char *name);

/* LLONG_MAX at most, as each of them is: more cannot be saved. */
__u64 order_add_counts(__u64 one, __u64 other);

/* There is room for ORDER_GUARDS. One that is there is held as the weaker one is. */
void order_edge_add_guard(struct order_edge *edge, const char *class, enum order_mode mode);

/* What @old was always seen under, @edge was not, or only where that was read. NULL: nothing. */
const char *order_edge_lost_guard(const struct order_edge *edge, const struct order_edge *old);
bool order_edge_is_less_guarded(const struct order_edge *edge, const struct order_edge *old);

/* @cycle, and what it leads to, stays until the graph is changed or checked again. */
typedef void (*order_report)(const struct order_cycle *cycle, void *argument);

/*
 * Reports each cycle that is new, or has become graver since it was reported, the gravest first,
 * and of these the shortest. Nothing is done if nothing has changed since the last call.
 * CYCLES_CUT: not all were looked for.
 */
enum cycles_result order_graph_check(struct order_graph *graph, order_report report,
				     void *argument);

/* How many searches were CYCLES_CUT. */
__u64 order_graph_searches_cut(const struct order_graph *graph);

/* How many cycles there are of a label, of those that were reported. */
size_t order_graph_cycles(const struct order_graph *graph, enum order_label label);

/*
 * Puts "*" for the device, so that orders of many devices and hosts are one: if the edge is about
 * one device alone. An order between two devices (a bridge and what is behind it) stays as it is.
 */
void order_edge_generalise(struct order_edge *edge);

/*
 * Calls @found for each edge that may be of a cycle with an order between two devices, or of who
 * writes to a lock of one. By its devices alone it is one: such a cycle is none of any device.
 * Returns 0, or -1: out of memory.
 */
int order_graph_between_devices(struct order_graph *graph,
				void (*found)(const struct order_edge *edge, void *argument),
				void *argument);

bool order_edge_is_between_devices(const struct order_edge *edge);

/* "OPEN(DEVICE)" */
bool order_class_is_open(const char *class);

/* Whether the class has "*" for the device: two of these may be of two devices. */
bool order_class_is_of_any_device(const char *class);

/*
 * Where an edge still has a device's name, which is another device elsewhere: " on HOST" behind it.
 * False: there is no room.
 */
bool order_edge_put_host(struct order_edge *edge, const char *host);

/* An order by the name of its host, or not: see order_hosts_merge(). */
enum order_place {
	ORDER_ANYWHERE,
	ORDER_BETWEEN, /* two devices of a host */
	ORDER_COPY, /* is there by "*" for the device, too: it may be of a cycle with such a one */
};

enum order_place order_edge_place(const struct order_edge *edge);

/*
 * Whether the lock has no name, but is "mutex at 0xffff888003a2b510#7", which means something in
 * one run only.
 */
bool order_class_is_address(const char *class);

/* "predicted", "guarded", ...; "exclusive", "shared". "?" for a number that is none. */
const char *order_label_name(unsigned int label);
const char *order_mode_name(unsigned int mode);
/* "write", "sysfs", ... of enum order_scope */
const char *order_scope_name(unsigned int scope);

#endif
