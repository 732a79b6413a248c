/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types of a kernel's BTF as it lies in /sys/kernel/btf, read in place. libbpf
 * keeps two copies, and looks through all of them for each type that a program
 * is relocated against, which takes longer than all else that a start needs.
 */
#ifndef VFIOSCOPE_BTF_TYPES_H
#define VFIOSCOPE_BTF_TYPES_H

#include <linux/btf.h>
#include <stddef.h>

struct btf_types {
	void *data;
	size_t mapped_bytes; /* 0: data was allocated */
	const unsigned char *types;
	const char *strings; /* type_bytes and string_bytes lie within data */
	size_t type_bytes, string_bytes;
	/* Of a module: what comes before its own, in vmlinux's. */
	const struct btf_types *base;
	unsigned int first_id, end_id; /* end_id: behind the last, known after a walk */
	/* Where the types from first_id on begin in `types`; after a walk. */
	__u32 *offsets;
};

/*
 * name: "vmlinux" or a module's; base: vmlinux, walked before, or NULL for itself.
 * Returns 0 or a negative errno.
 */
int btf_types_open(struct btf_types *btf, const char *name, const struct btf_types *base);

/* The same of BTF in memory, which has to stay until it is closed. */
int btf_types_of(struct btf_types *btf, const void *data, size_t bytes,
		 const struct btf_types *base);
void btf_types_close(struct btf_types *btf);

/*
 * Calls visit, unless it is NULL, for each type. Returns 0, -EINVAL if the end
 * does not fit, or -ENOMEM.
 */
typedef void (*btf_visit)(unsigned int id, const struct btf_type *type, void *argument);
int btf_types_walk(struct btf_types *btf, btf_visit visit, void *argument);

/* A type of this BTF or its base; NULL if there is none, as for void. After a walk. */
const struct btf_type *btf_types_by_id(const struct btf_types *btf, unsigned int id);

/* A string of the BTF, "" if there is none at the offset. */
const char *btf_types_string(const struct btf_types *btf, unsigned int offset);

#endif
