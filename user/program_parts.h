/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs of one BPF source as two objects: what hooks the kernel itself, and what hooks VFIO.
 * VFIO may be a module: its types are there only while it is loaded, and so is the second object.
 */
#ifndef VFIOSCOPE_PROGRAM_PARTS_H
#define VFIOSCOPE_PROGRAM_PARTS_H

#include "program_set.h"

#include <stdbool.h>
#include <stddef.h>

enum program_part {
	PART_KERNEL,
	PART_VFIO,
	PROGRAM_PARTS,
};

struct program_source {
	const char *name; /* of the objects */
	/* Both ways to hook, as compiled. */
	const void *(*fentry_elf)(size_t *bytes);
	const void *(*kprobe_elf)(size_t *bytes);
	bool (*is_in)(const struct bpf_program *program, enum program_part part);
};

/* Modules whose functions VFIO's part hooks. */
#define VFIO_MODULES 2

struct program_parts {
	const struct program_source *source;
	bool kprobes;
	unsigned long vfio_modules[VFIO_MODULES]; /* kernel_module_number(), when it was loaded */
	bool vfio_gone[VFIO_MODULES];		  /* and not hooked again since */
	unsigned int failures, pause;		  /* to load VFIO's part */
	struct program_set sets[PROGRAM_PARTS];
};

/*
 * Loads and attaches the kernel's part, by fentry if this kernel has it and skips nothing by it,
 * otherwise by kprobes. Returns 0, or -1 with errno, and nothing is to be closed. @parts is all
 * zero; @source has to last.
 */
int program_parts_open(struct program_parts *parts, const struct program_source *source);

/*
 * To be called now and then: VFIO may be loaded, or unloaded, or both, meanwhile. Its part has the
 * maps of the kernel's. True: it is new.
 */
bool program_parts_pick_up_vfio(struct program_parts *parts);

/*
 * The kernel's that could not be attached, once more. VFIO's are loaded anew when there is more of
 * it: they do not know its types yet.
 */
void program_parts_retry(struct program_parts *parts);

/* Not each kernel has groups; to know the devices that they are asked for, one of two will do. */
bool program_parts_is_of_group(const char *program);

/* A map of both, by its name. */
int program_parts_map(const struct program_parts *parts, const char *name);

/* Runs that the kernel left out, since they were opened. */
__u64 program_parts_missed(const struct program_parts *parts);

/* Nothing is done to parts that are not open. */
void program_parts_close(struct program_parts *parts);

#endif
