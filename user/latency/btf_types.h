/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One walk through the types of a kernel's BTF as it lies in /sys/kernel/btf.
 * libbpf builds an index of 130,000 types first, which takes longer than all
 * else that a start needs; it is left to where relocations need it.
 */
#ifndef VFIOSCOPE_BTF_TYPES_H
#define VFIOSCOPE_BTF_TYPES_H

#include <linux/btf.h>
#include <stddef.h>

struct btf_types {
	void *data;
	const unsigned char *types;
	const char *strings; /* type_bytes and string_bytes lie within data */
	size_t type_bytes, string_bytes;
	/* Of a module: what comes before its own, in vmlinux's. */
	const struct btf_types *base;
	unsigned int first_id, end_id; /* end_id: behind the last, known after a walk */
};

/*
 * name: "vmlinux" or a module's; base: vmlinux, walked before, or NULL for itself.
 * Returns 0 or a negative errno.
 */
int btf_types_open(struct btf_types *btf, const char *name, const struct btf_types *base);
void btf_types_close(struct btf_types *btf);

/* Calls visit for each type. Returns 0, or -EINVAL if the end does not fit. */
typedef void (*btf_visit)(unsigned int id, const struct btf_type *type, void *argument);
int btf_types_walk(struct btf_types *btf, btf_visit visit, void *argument);

/* A string of the BTF, "" if there is none at the offset. */
const char *btf_types_string(const struct btf_types *btf, unsigned int offset);

#endif
