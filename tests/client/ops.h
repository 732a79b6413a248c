/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations that can be asked for, and one step of the list that was asked for. */
#ifndef CLIENT_OPS_H
#define CLIENT_OPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "device.h"
#include "stats.h"
#include "zpci.h"

#define MAX_PARTS 2
#define MAX_WIDTH 4096
#define MAX_SEGMENTS 1024
#define MAX_PAGES 65536

enum step_key {
	KEY_BAR = 1 << 0,
	KEY_REGION = 1 << 1,
	KEY_OFFSET = 1 << 2,
	KEY_WIDTH = 1 << 3,
	KEY_VALUE = 1 << 4,
	KEY_SEGMENTS = 1 << 5,
	KEY_CMD = 1 << 6,
	KEY_INDEX = 1 << 7,
	KEY_PAGES = 1 << 8,
	KEY_SIZE = 1 << 9,
	KEY_IOVA = 1 << 10,
	KEY_MS = 1 << 11,
	KEY_FORCE = 1 << 12,
	KEY_EXPECT = 1 << 13,
	KEY_LENGTH = 1 << 14,
	KEY_FLAGS = 1 << 15,
	KEY_GADDR = 1 << 16,
	KEY_PCIAS = 1 << 17,
	KEY_RESERVED = 1 << 18,
	KEY_RESERVED2 = 1 << 19,
	KEY_AT = 1 << 20,
	KEY_BYTES = 1 << 21,
	KEY_PATH = 1 << 22,
	KEY_TEXT = 1 << 23,
};

enum op_flag {
	OP_REGION = 1 << 0,    /* works on a region: @region is to be looked up */
	OP_WRITES = 1 << 1,    /* the buffer holds @value before the first call */
	OP_UNCOUNTED = 1 << 2, /* no VFIO operation: neither reported nor split nor paced */
	OP_REPLACES_FD = 1 << 3,
	OP_URING = 1 << 4,
	OP_ZPCI = 1 << 5,    /* needs the zPCI I/O region */
	OP_VECTOR2 = 1 << 6, /* by the newer system call */
};

struct worker;
struct step;
struct uring;

struct op {
	const char *name;
	const char *help;
	/* What the operation is in the kernel's terms; "fault" is an mmap and a fault. */
	const char *parts[MAX_PARTS];
	unsigned int keys;     /* enum step_key that are allowed */
	unsigned int required; /* ... and those that must be there */
	unsigned int flags;
	int region; /* the fixed one, or -1 */
	/* Does the operation once, records its parts; 0, an errno or ERR_SHORT. */
	int (*run)(struct worker *worker, const struct step *step, uint64_t nth);
};

struct step {
	const struct op *op;
	uint64_t count;
	unsigned int keys; /* enum step_key that were given */
	unsigned int region, index, width, segments, pages, ms;
	uint64_t offset, value, size, iova;
	unsigned long cmd;
	char cmd_name[40];
	char path[80], text[80];
	struct zpci_request zpci; /* offset, length and BAR are the step's if it has those keys */
	bool force;
	int expect; /* errno, ERR_SHORT, or 0 */
};

struct mapping {
	uint64_t iova, size;
	bool in_arena;
};

/* What one thread works with. */
struct worker {
	struct session *session;
	struct device *device;
	struct stats *stats;	/* the parts of the step that is being done */
	unsigned int last_part; /* the part that was recorded last */
	uint64_t budget;	/* samples that may still be kept */
	unsigned char *buffer;
	struct uring *ring; /* if some operation wants one */

	void *dma_memory;
	uint64_t dma_memory_size;
	uint64_t arena_start; /* this thread's own piece of the I/O address space */
	uint64_t arena_used, arena_stride;
	struct mapping *mappings;
	size_t nr_mappings, mappings_room;
};

extern const struct op ops[];
extern const unsigned int nr_ops;

/* Says what is wrong with the text and returns false, or fills *step. */
bool step_parse(const char *text, struct step *step);
bool step_is_open(const struct step *step);
/* Does any thread need memory decoding of its device for this step? */
bool step_needs_memory(const struct step *step);

bool worker_init(struct worker *worker, const struct step *steps, unsigned int nr_steps,
		 unsigned int id);
void worker_free(struct worker *worker);
void step_begin(struct worker *worker, const struct step *step);

void ops_describe(FILE *out);
/* "bar-read bar0 offset 0x10 width 4" */
void step_describe(const struct step *step, char *text, size_t size);

#endif
